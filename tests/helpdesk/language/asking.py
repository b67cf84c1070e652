"""A desk with tickets of every sort, and random questions that can be asked of them."""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from sqlalchemy.orm import Session

from audit.action import begin
from helpdesk.language import trees
from helpdesk.language.trees import Tree
from helpdesk.language.vocabulary import FUNCTIONS, OWN, TICKET, Field
from helpdesk.models import Customer, CustomField, Tag, Team, Ticket, TicketFieldValue, TicketTag
from tests.desks import Desk

WORDS = ["refund", "Refund", "REFUND order", "order 100% late_", "a_b", "aXb", "Ä Straße", "ä strasse", "İstanbul",
         "istanbul", "ΣΑΣ", "σας", "back\\slash", "it's", "", " ", "😀 ok", "50/50", "%", "_"]  # fmt: skip
SPANS = ["30m", "2h", "1d 2h", "3d", "1w", "400d"]


def people_the_desk(desk: Desk) -> None:
    """Fill the open transaction with random rows; whoever calls rolls it back, as nobody recorded them."""
    chance, session = random.Random(3), desk.session
    begin(session, desk.account_id, source="cli")
    now = desk.now()
    tags = [_add(session, Tag(account_id=desk.account_id, name=f"{word} {place}"[:200], created_datetime=now))
            for place, word in enumerate(["refund", "REFUND", "Ä", "ä", "vip_1", "vip%", "it's"])]  # fmt: skip
    fields = [
        _add(session, CustomField(account_id=desk.account_id, object_type="Ticket", label=f"Field {number}",
                                  definition={"data_type": "text"}, created_datetime=now))
        for number in range(2)
    ]  # fmt: skip
    teams = [_add(session, Team(account_id=desk.account_id, name=word, created_datetime=now)) for word in WORDS[:6]]
    customers = [
        _add(session, Customer(account_id=desk.account_id, name=chance.choice([None, *WORDS]), created_datetime=now,
                               email=chance.choice([None, f"{place}@Mail.example"]), updated_datetime=now))
        for place in range(8)
    ]  # fmt: skip
    users = [desk.ana_id, desk.ben_id, None]
    for _ in range(40):
        ticket = _add(session, _ticket(chance, desk, now, chance.choice(customers).id))
        ticket.assignee_user_id = chance.choice(users)
        ticket.assignee_team_id = chance.choice([None, *(team.id for team in teams)])
        for tag in chance.sample(tags, chance.choice([0, 0, 1, 2, 3])):
            session.add(TicketTag(account_id=desk.account_id, ticket_id=ticket.id, tag_id=tag.id))
        for field in fields:
            if chance.random() < 0.7:
                value = chance.choice([*WORDS, 0, 1, 5, 2.5, -3, 0.1, True, False])
                session.add(
                    TicketFieldValue(
                        account_id=desk.account_id, ticket_id=ticket.id, custom_field_id=field.id, value=value
                    )
                )
    session.flush()
    session.expire_all()


def _add(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row


def _ticket(chance: random.Random, desk: Desk, now: datetime, customer_id: int) -> Ticket:
    def moment() -> datetime:
        return now - chance.choice([timedelta(minutes=29), timedelta(hours=2), timedelta(days=3), timedelta(days=500)])

    def perhaps() -> datetime | None:
        return chance.choice([None, moment()])

    return Ticket(
        account_id=desk.account_id,
        customer_id=customer_id,
        subject=chance.choice([None, *WORDS]),
        status=chance.choice(["open", "closed"]),
        priority=chance.choice(["critical", "high", "normal", "low"]),
        channel=chance.choice(["email", "chat", "facebook", "facebook-mention"]),
        via=chance.choice(["email", "api"]),
        language=chance.choice([None, "en", "de"]),
        spam=chance.random() < 0.3,
        from_agent=chance.random() < 0.3,
        created_datetime=moment(),
        updated_datetime=moment(),
        last_message_datetime=perhaps(),
        last_received_message_datetime=perhaps(),
        closed_datetime=perhaps(),
        snooze_datetime=perhaps(),
        trashed_datetime=perhaps(),
    )


def questions(facts: list[Mapping[str, Any]]) -> st.SearchStrategy[Tree]:
    """Random expressions over all fields and tests, with values that some of these tickets have, or nearly have."""
    own = sorted({path for held in facts for path in held if path.startswith(OWN)})
    fields = [*TICKET, *(Field(path, path, "own") for path in own)]
    tests = [
        _test(field, name, facts)
        for field in fields
        for name, function in FUNCTIONS.items()
        if field.kind in function.kinds
    ]
    return st.recursive(st.one_of(*tests), _combined, max_leaves=5)


def _combined(children: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    negation = children.map(lambda part: {"type": "UnaryExpression", "operator": "!", "prefix": True, "argument": part})
    chain = st.builds(trees.joined, st.sampled_from(["&&", "||"]), st.lists(children, min_size=2, max_size=3))
    return st.one_of(negation, chain)


def _test(field: Field, name: str, facts: list[Mapping[str, Any]]) -> st.SearchStrategy[Tree]:
    takes, path = FUNCTIONS[name].takes, trees.path(field.path)
    if takes == "nothing":
        return st.just(trees.call(name, path))
    values = _values(field, name, facts)
    if takes == "several":
        return st.lists(values, min_size=1, max_size=3).map(lambda found: trees.call(name, path, trees.list_of(found)))
    if name in ("eq", "neq"):
        values = st.one_of(values, values, st.none())
    return values.map(lambda value: trees.call(name, path, trees.literal(value)))


def _values(field: Field, name: str, facts: list[Mapping[str, Any]]) -> st.SearchStrategy[Any]:
    seen = [held.get(field.path) for held in facts if held.get(field.path) is not None] or ["x"]
    match field.kind:
        case "truth":
            return st.booleans()
        case "number":
            return st.one_of(st.sampled_from(seen), st.integers(-5, 5), st.just("{{current_user.id}}"))
        case "moment":
            exact = st.sampled_from(seen).map(lambda moment: moment.isoformat() if moment != "x" else "2026-01-01")
            return exact if name in ("eq", "neq") else st.one_of(exact, st.sampled_from(SPANS), st.just("2026-03-01"))
        case "list":
            return _parts(sorted({member for members in seen for member in members or ()}) or ["x"])
        case "own" if name in ("lt", "lte", "gt", "gte"):
            return st.sampled_from([0, 1, 2.5, 0.1, -3, 100])
        case "own" if name in ("eq", "neq"):
            return st.sampled_from([*WORDS, 0, 1, 2.5, 0.1, -3, True, False])
    return _parts([text for text in seen if isinstance(text, str)] or ["x"])


def _parts(texts: list[str]) -> st.SearchStrategy[str]:
    whole = st.sampled_from(texts)
    part = st.builds(lambda text, start, size: text[start : start + size], whole, st.integers(0, 4), st.integers(0, 5))
    return st.one_of(whole, part, part.map(str.upper), part.map(str.lower), st.sampled_from(WORDS))
