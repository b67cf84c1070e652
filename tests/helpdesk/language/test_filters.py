"""Filters: what each test means, and that SQL and the predicate always agree, on both databases."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from audit.base import EPOCH
from helpdesk import tags, tickets
from helpdesk.language import Mistake, filters, parse_rule, trees, unparse
from helpdesk.language.filters import check
from helpdesk.language.predicates import Facts, FactsOf, predicate
from helpdesk.language.trees import Tree
from helpdesk.language.vocabulary import FUNCTIONS, TICKET, of_views
from helpdesk.models import Ticket
from tests.desks import Desk
from tests.helpdesk.language.asking import people_the_desk, questions


def found(desk: Desk, text: str, viewer: int | None = None) -> set[int]:
    """The tickets that a filter means."""
    desk.session.info["account_id"] = desk.account_id
    return set(desk.session.scalars(select(Ticket.id).where(filters.condition(text, desk.session, viewer))))


def test_sql_and_the_predicate_agree(desk: Desk) -> None:
    people_the_desk(desk)
    now, session = desk.now(), desk.session
    everything = session.scalars(select(Ticket).where(Ticket.account_id == desk.account_id)).all()
    facts = {ticket.id: FactsOf(ticket) for ticket in everything}
    seen: set[int] = set()

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(questions(list(facts.values())), st.sampled_from([None, desk.ana_id, desk.ben_id]))
    def agree(tree: Tree, viewer: int | None) -> None:
        sql = filters.condition(trees.program_of(tree), session, viewer, now=now)
        by_sql = set(session.scalars(select(Ticket.id).where(Ticket.account_id == desk.account_id, sql)))
        by_hand = {
            number for number, held in facts.items() if predicate(tree, Facts(held, now, viewer), vocabulary=of_views())
        }
        assert by_sql == by_hand, unparse(tree)
        counted = session.scalar(
            select(func.count().filter(sql)).select_from(Ticket).where(Ticket.account_id == desk.account_id)
        )
        assert counted == len(by_hand), unparse(tree)
        seen.add(len(by_hand))

    agree()
    session.rollback()
    assert len(seen) > 5, "the questions told too few tickets apart"


def test_the_tests_that_gorgias_sends(desk: Desk) -> None:
    """Filters as programs for the public API write them."""
    plain, taken, spam, tagged = (desk.a_ticket(f"Ticket {number}").id for number in range(4))
    with desk.acting():
        tickets.assign(desk.ticket(taken), desk.ana, by=desk.by_admin)
        tickets.mark_spam(desk.ticket(spam), by=desk.by_admin)
        tags.put_on(desk.ticket(tagged), ["VIP", "refund"], by=desk.by_admin)
    welcome = found(desk, "") - {plain, taken, spam, tagged}
    assert found(desk, "eq(ticket.status, 'open') && eq(ticket.spam, true)") == {spam}
    assert found(desk, "eq(ticket.assignee_user.id, '{{current_user.id}}')", desk.ana_id) == {taken}
    assert found(desk, "eq(ticket.assignee_user.id, {{current_user.id}})", desk.ben_id) == set()
    assert found(desk, "eq(ticket.assignee_user.id, {{current_user.id}})") == set(), "nobody looks"
    assert found(desk, f"eq(ticket.assignee_user.id, '{desk.ana_id}')") == {taken}
    assert found(desk, "containsAny(ticket.tags.name, ['vip', 'nothing'])") == {tagged}
    assert found(desk, "notContainsAny(ticket.tags.name, ['vip']) && isEmpty(ticket.assignee_user.id)") == (
        {plain, spam} | welcome
    )
    assert found(desk, "isEmpty(ticket.trashed_datetime) && neq(ticket.spam, true)") == welcome | {plain, taken, tagged}
    assert found(desk, "gte(ticket.updated_datetime, '2026-01-01T00:00:00+00:00')") == found(desk, "")


def test_ages_count_from_the_desks_own_time(desk: Desk) -> None:
    old = desk.a_ticket("Old").id
    desk.move_clock(timedelta(days=3, hours=1))
    new = desk.a_ticket("New").id
    assert old in found(desk, "lt(ticket.created_datetime, '3d')")
    assert old not in found(desk, "lt(ticket.created_datetime, '3d 2h')")
    assert found(desk, "gte(ticket.created_datetime, '1h')") == {new}
    assert found(desk, "gt(ticket.created_datetime, '2026-03-06T10:59:00+01:00')") == {new}


def test_null_is_neither_like_nor_unlike(desk: Desk) -> None:
    number = desk.a_ticket("Subject").id
    everything = found(desk, "")
    assert number in found(desk, "eq(ticket.assignee_team.name, null)")
    assert number in found(desk, "neq(ticket.assignee_team.name, 'Returns')"), "null is something else than Returns"
    assert number in found(desk, "notContains(ticket.assignee_team.name, 'Ret')")
    assert found(desk, "lt(ticket.snooze_datetime, '1d')") == set()
    assert found(desk, "!lt(ticket.snooze_datetime, '1d')") == everything
    assert found(desk, "eq(ticket.subject, '') || isEmpty(ticket.subject)") == set()


def test_signs_of_like_are_letters_like_all_others(desk: Desk) -> None:
    number = desk.a_ticket("100%_sure \\ of / it's").id
    for part in ("100%", "%_s", "\\", "/ it's", "SURE"):
        assert found(desk, f"contains(ticket.subject, {trees.raw(part)})") == {number}
    for part in ("100_", "s%e", "%%", "//"):
        assert found(desk, f"contains(ticket.subject, {trees.raw(part)})") == set()


def test_capitals_of_every_language(desk: Desk) -> None:
    number = desk.a_ticket("ÄRGER in İstanbul, ΣΊΣΥΦΟΣ, Straße").id
    for part in ("ärger", "Ärger", "istanbul", "σίσυφοσ", "STRAßE"):
        assert found(desk, f"contains(ticket.subject, {trees.raw(part)})") == {number}, part
    assert found(desk, "eq(ticket.subject, 'ärger in istanbul, σίσυφος, straße')") == set(), "eq minds capitals"


def test_the_largest_filter_that_is_allowed(desk: Desk) -> None:
    number = desk.a_ticket("word 1").id
    words = ", ".join(f"'word {place}'" for place in range(3))
    text = " || ".join(f"containsAny(ticket.subject, [{words}])" for _ in range(200))
    assert found(desk, text) == {number}


def test_trees_of_somebody_else_are_filters_too(desk: Desk) -> None:
    tree = {
        "type": "Program",
        "body": [{
            "type": "ExpressionStatement",
            "expression": {
                "type": "CallExpression",
                "callee": {"type": "Identifier", "name": "eq"},
                "arguments": [
                    {"type": "MemberExpression", "computed": False, "object": {"type": "Identifier", "name": "ticket"},
                     "property": {"type": "Identifier", "name": "status"}},
                    {"type": "Literal", "raw": '"closed"', "value": "closed"},
                ],
            },
        }],
    }  # fmt: skip
    assert unparse(check(tree)) == "eq(ticket.status, 'closed')"
    desk.session.info["account_id"] = desk.account_id
    desk.session.scalars(select(Ticket.id).where(filters.condition(tree, desk.session, None))).all()


WRONG = [
    ("eq(ticket.stauts, 'open')", 4, "there is no field ticket.stauts. Did you mean ticket.status?"),
    ("eq(status, 'open')", 4, "there is no field status. Did you mean ticket.status?"),
    ("eq(ticket.tags, 'a')", 4, "there is no field ticket.tags. Did you mean ticket.tags.name?"),
    ("eq(message.body_text, 'a')", 4, "a view looks at tickets; only a rule can ask for message.body_text."),
    ("equals(ticket.status, 'open')", 1, "there is no test equals."),
    ("containsany(ticket.tags.name, ['a'])", 1, "there is no test containsany. Did you mean containsAny?"),
    ("Action('addTags', {tags: 'a'})", 1, "Action(…) is something that a rule does."),
    ("ticket.spam", 1, "a field alone is no test. Write eq(ticket.spam, true)"),
    ("true", 1, "a test was expected"),
    ("'open'", 1, "a test was expected"),
    ("!ticket.spam", 2, "a field alone is no test"),
    ("eq()", 1, "eq asks about a field: eq(ticket.status, 'open')."),
    ("eq(ticket.status)", 1, "eq has a field and one value between its brackets"),
    ("isEmpty(ticket.subject, 'a')", 1, "isEmpty has a field and nothing else"),
    ("eq('open', ticket.status)", 4, "here a field is expected"),
    ("eq(ticket.status, open)", 19, "Write the text in quotes: 'open'."),
    ("eq(ticket.status, ['open'])", 19, "eq takes one value, no list. containsAny takes a list."),
    ("eq(ticket.spam, 'true')", 17, "ticket.spam is true or false, without quotes."),
    ("eq(ticket.id, 'x')", 15, "ticket.id is a number: write it without quotes."),
    ("eq(ticket.id, 1.5)", 15, "ticket.id is a whole number, not a fraction."),
    ("eq(ticket.id, '{{current_user.email}}')", 15, "can be compared with {{current_user.id}}"),
    ("lt(ticket.subject, 'a')", 1, "ticket.subject is a text, and lt can't be asked of it."),
    ("eq(ticket.tags.name, 'a')", 1, "ticket.tags.name is a list, and eq can't be asked of it. Use isEmpty"),
    ("contains(ticket.spam, 'a')", 1, "ticket.spam is true or false, and contains can't be asked of it."),
    ("containsAny(ticket.tags.name, [])", 31, "this list is empty"),
    ("lt(ticket.updated_datetime, 3)", 29, "is a date: write it in quotes"),
    ("lt(ticket.updated_datetime, 'soon')", 29, "is compared with a date such as"),
    ("lt(ticket.updated_datetime, '3 fortnights')", 29, "has a wrong age"),
    ("lt(ticket.updated_datetime, '99999d')", 29, "ten years is the most"),
    ("eq(ticket.updated_datetime, '3d')", 29, "hardly ever exactly so old"),
    ("lt(ticket.updated_datetime, '0001-01-01T00:00:00+14:00')", 29, "is compared with"),
    ("lt(ticket.updated_datetime, '9999-12-31T23:59:59-14:00')", 29, "is compared with"),
    ("eq(ticket.subject, 5)", 20, "ticket.subject is a text, not a number: write it in quotes."),
    (f"contains(ticket.subject, '{'x' * 1001}')", 26, "at most 1000 characters; here are 1,001."),
    ("gt(ticket.custom_fields.5, 'a')", 28, "can only be compared with a number in gt."),
    ("ticket.status('open')", 1, "there is no test ticket.status."),
]


@pytest.mark.parametrize(("text", "column", "said"), WRONG, ids=[text[0][:40] for text in WRONG])
def test_what_can_not_be_asked(text: str, column: int, said: str) -> None:
    with pytest.raises(Mistake) as caught:
        check(f"eq(ticket.spam, false) &&\n{text}")
    assert said in caught.value.said
    assert (caught.value.line, caught.value.column) == (2, column)


def test_every_field_goes_with_every_test_or_says_why_not() -> None:
    for field in TICKET:
        for function in FUNCTIONS.values():
            value = {"truth": "true", "number": "1", "moment": "'2026-01-01'"}.get(field.kind, "'a'")
            text = f"{function.name}({field.path}{', ' + value if function.takes != 'nothing' else ''})"
            if field.kind in function.kinds:
                check(text)
            else:
                with pytest.raises(Mistake, match="can't be asked of it"):
                    check(text)


def test_a_rule_can_ask_for_its_message_but_nobody_looks_at_it() -> None:
    facts = Facts({"message.body_text": "Where is my ORDER?", "message.intents.name": ["Order/Status"]}, EPOCH)
    tree = parse_rule(
        "if (contains(message.body_text, 'order') && containsAny(message.intents.name, ['order/status'])) {}"
    )
    assert predicate(tree["body"][0]["test"], facts)
    mine = parse_rule("if (eq(ticket.assignee_user.id, {{current_user.id}})) {}")
    with pytest.raises(Mistake, match="nobody looks at a rule"):
        predicate(mine["body"][0]["test"], facts)
