"""What the desk does by itself because a setting says so, and no rule: it hands out a team's tickets, merges doubles,
and proposes a rule where agents keep doing the same by hand.

All of it follows the log as rules do, after them, and is no user's act.
"""

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from audit.action import begin
from audit.actors import Actor
from audit.folding import fold
from audit.ledger import seal
from audit.log import event_table
from audit.sessions import scoped
from helpdesk import merging, rules, tickets, turns
from helpdesk.events import (
    MACRO_APPLIED,
    RULE_SUGGESTION_SUGGESTED,
    TICKET_CREATED,
    TICKET_TAGS_ADDED,
    TICKET_TEAM_ASSIGNED,
)
from helpdesk.language.trees import raw
from helpdesk.models import Account, Macro, Rule, Tag, Team, Ticket
from helpdesk.refusals import Refused

ASSIGNMENT: Final = Actor.system("team assignment")
AUTO_MERGE: Final = Actor.system("auto-merge")
SUGGESTIONS: Final = Actor.system("suggestions")

#: How often agents do the same before the desk proposes a rule, how far it looks back for it, and at how much.
OFTEN: Final = 3
LOOKS_BACK: Final = timedelta(days=30)
MOST_LOOKED_AT: Final = 200

_event = event_table.c
_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_ANSWER: Final = re.compile(r"^(?:\s*(?:re|aw|fwd?|wg|sv|tr)\s*:)+", re.IGNORECASE)
#: Words that say nothing of what a subject is about.
_EMPTY: Final = frozenset(
    {
        *("about", "again", "after", "been", "from", "have", "hello", "help", "here", "into", "just", "more", "need"),
        *("order", "please", "question", "still", "that", "them", "then", "there", "they", "this", "what", "when"),
        *("where", "which", "will", "with", "your", "yours", "bitte", "eine", "ihre", "meine", "nach", "oder"),
        *("ueber", "wegen", "avec", "dans", "mais", "pour", "votre", "como", "para", "pero", "sobre"),
    }
)

Setting = Mapping[str, Any]
#: What is to be done.
Deed = Callable[[], None]
#: Looks at something that happened, which changes nothing; answers what is to be done, if there is something.
Habit = Callable[[Session, Setting, Row[Any]], Deed | None]

_log = logging.getLogger(__name__)


def meet(session: Session, settings: Mapping[str, Setting], event: Row[Any]) -> int:
    """Do what the settings say about something that happened; answers how often something was done."""
    return sum(
        _try(session, done, settings[setting], event)
        for type_, setting, done in _HABITS
        if event.type == type_ and setting in settings
    )


def _try(session: Session, look: Habit, setting: Setting, event: Row[Any]) -> bool:
    """Do it, or leave no trace: what can't be done by itself is left to people."""
    try:
        do = look(session, setting, event)
        if do is None:
            return False
        with session.begin_nested():
            _begin(session, event)
            do()
            session.flush()
    except Refused:
        return False
    except Exception:
        _log.exception("What the desk does by itself broke on event %d", event.id)
        return False
    seal(session)
    return True


# ---- A team's tickets


def _hand_out(session: Session, _setting: Setting, event: Row[Any]) -> Deed | None:
    """Give a team's ticket that nobody has to whoever's turn it is."""
    ticket = session.get(Ticket, event.object_id)
    if ticket is None or ticket.assignee_team_id is None or ticket.assignee_user_id is not None:
        return None
    if ticket.spam or ticket.is_trashed or not ticket.is_open:
        return None
    team = session.get_one(Team, ticket.assignee_team_id)
    user = turns.next_in(team)  # refuses where nobody is there: it waits for somebody to take it

    def hand_out() -> None:
        tickets.assign(ticket, user, by=ASSIGNMENT)
        turns.note(team, user)

    return hand_out


# ---- Doubles


def _merge_double(session: Session, setting: Setting, event: Row[Any]) -> Deed | None:
    """Merge a new ticket into an open one in which the same customer wrote of the same thing."""
    if event.actor_kind != "customer":
        return None
    ticket = session.get(Ticket, event.object_id, with_for_update=True, populate_existing=True)
    if ticket is None or not _may_merge(ticket):
        return None
    since = event.created_datetime - timedelta(hours=int(setting.get("hours") or 24))
    earlier = session.scalars(
        select(Ticket)
        .where(
            Ticket.account_id == ticket.account_id,
            Ticket.customer_id == ticket.customer_id,
            Ticket.id < ticket.id,
            Ticket.created_datetime >= since,
            Ticket.status == "open",
        )
        .order_by(Ticket.id.desc())
        .with_for_update()
    ).all()
    into = next((each for each in earlier if _may_merge(each) and _same(each.subject, ticket.subject)), None)
    if into is None:
        return None
    return partial(_merge, ticket, into)


def _merge(ticket: Ticket, into: Ticket) -> None:
    merging.merge(
        ticket, into, subject=into.subject, customer=into.customer, assignee=into.assignee, team=into.team,
        by=AUTO_MERGE,
    )  # fmt: skip


def _may_merge(ticket: Ticket) -> bool:
    is_ours = ticket.from_agent or ticket.excluded_from_auto_merge
    return ticket.is_open and not (is_ours or ticket.spam or ticket.is_trashed) and _plain(ticket.subject) != ""


def _same(one: str | None, other: str | None) -> bool:
    return _plain(one) == _plain(other)


def _plain(subject: str | None) -> str:
    return fold(" ".join(_ANSWER.sub("", subject or "").split()))


# ---- Suggestions


def _suggest_for_tags(session: Session, _setting: Setting, event: Row[Any]) -> Deed | None:
    """Agents put the same tag on tickets of the same kind."""
    if event.actor_kind != "user" or not (ticket := _with_words(session, event.object_id)):
        return None
    before = _lately(session, event)
    for number in (event.data or {}).get("tags_added", ()):
        tag = session.get(Tag, number)
        if tag is None:
            continue
        alike = [each.object_id for each in before if number in (each.data or {})["tags_added"]]
        action = f"Action('addTags', {{tags: {raw(tag.name)}}});"
        proposal = _suggest(session, ticket, alike, f"Tag “{tag.name}”", action)
        if proposal is not None:
            return proposal
    return None


def _suggest_for_macro(session: Session, _setting: Setting, event: Row[Any]) -> Deed | None:
    """Agents apply the same macro to tickets of the same kind."""
    macro = session.get(Macro, event.object_id)
    if macro is None or event.initiator_id is None:
        return None
    number = _tickets_of_chains(session, [event]).get(event.context)
    if number is None or not (ticket := _with_words(session, number)):
        return None
    before = [each for each in _lately(session, event) if each.object_id == macro.id and each.initiator_id is not None]
    action = f"Action('applyMacro', {{macro_id: {macro.id}}});"
    alike = _tickets_of_chains(session, before).values()
    return _suggest(session, ticket, alike, f"Macro “{macro.name}”", action)


def _with_words(session: Session, number: int) -> Ticket | None:
    """The ticket, if it is still there and its subject says anything."""
    ticket: Ticket | None = session.get(Ticket, number)
    return ticket if ticket is not None and _words(ticket.subject) else None


def _suggest(session: Session, ticket: Ticket, alike: Iterable[int], what: str, action: str) -> Deed | None:
    """Propose a rule, if the tickets share a word and it has not been proposed yet."""
    word = _shared_word(session, ticket, {*alike, ticket.id})
    if word is None:
        return None
    name = f"{what} where the subject says “{word}”"
    waiting = select(func.count()).where(Rule.account_id == ticket.account_id, Rule.is_draft)
    if (session.scalar(waiting) or 0) >= rules.MOST_SUGGESTED:
        return None
    proposed = scoped(session, _event.id, table=event_table).where(
        _event.type == RULE_SUGGESTION_SUGGESTED.name, _event.object_label == name
    )
    if session.scalar(proposed.limit(1)) is not None or _is_known(session, ticket.account_id, action, word):
        return None
    shape = rules.Shape(
        name=name,
        description=f"Agents did this by hand {OFTEN} times to tickets whose subjects share a word.",
        code=f"if (containsAny(ticket.subject, [{raw(word)}])) {{\n    {action}\n}}",
        event_types=(TICKET_CREATED.name,),
    )
    account = session.get_one(Account, ticket.account_id)
    return partial(_propose, account, shape, ticket)


def _propose(account: Account, shape: rules.Shape, ticket: Ticket) -> None:
    rules.suggest(account, shape, ticket, by=SUGGESTIONS)


def _lately(session: Session, event: Row[Any]) -> Sequence[Any]:
    """What was done by hand in the same way before it, the newest first."""
    wanted = _event.object_id, _event.initiator_id, _event.context, _event.data
    return session.execute(
        scoped(session, *wanted, table=event_table)
        .where(
            _event.type == event.type,
            _event.created_datetime >= event.created_datetime - LOOKS_BACK,
            _event.id < event.id,
            _event.actor_kind == event.actor_kind,
        )
        .order_by(_event.created_datetime.desc(), _event.id.desc())
        .limit(MOST_LOOKED_AT)
    ).all()


def _tickets_of_chains(session: Session, events: Sequence[Any]) -> dict[UUID, int]:
    """To which ticket each of these happened: the first in its chain."""
    contexts = {each.context for each in events}
    lines = session.execute(
        scoped(session, _event.context, _event.object_id, table=event_table)
        .where(_event.context.in_(contexts), _event.object_type == "Ticket")
        .order_by(_event.id.desc())
    )
    return {line.context: line.object_id for line in lines}


def _shared_word(session: Session, ticket: Ticket, numbers: set[int]) -> str | None:
    """The word of this ticket's subject that most of the others have, if there are enough of them."""
    mine = _words(ticket.subject)
    if len(numbers) < OFTEN or not mine:
        return None
    subjects = session.scalars(select(Ticket.subject).where(Ticket.id.in_(numbers)))
    counts = Counter(word for subject in subjects for word in _words(subject) & mine)
    best = min(counts, key=lambda word: (-counts[word], -len(word), word), default=None)
    return best if best is not None and counts[best] >= OFTEN else None


def _words(subject: str | None) -> set[str]:
    return set(_WORD.findall(fold(subject or ""))) - _EMPTY


def _is_known(session: Session, account_id: int, action: str, word: str) -> bool:
    """Whether a rule does this already where it sees that word."""
    codes = session.scalars(
        select(Rule.code).where(Rule.account_id == account_id, Rule.code.contains(raw(word), autoescape=True))
    )
    return any(action.removesuffix(";") in code for code in codes)


def _begin(session: Session, event: Row[Any]) -> None:
    begin(
        session, event.account_id, source="automation",
        at=event.created_datetime, context=event.context, cause_id=event.id,
    )  # fmt: skip


_HABITS: Final[tuple[tuple[str, str, Habit], ...]] = (
    (TICKET_TEAM_ASSIGNED.name, "ticket-assignment", _hand_out),
    (TICKET_CREATED.name, "auto-merge", _merge_double),
    (TICKET_TAGS_ADDED.name, "rule-suggestions", _suggest_for_tags),
    (MACRO_APPLIED.name, "rule-suggestions", _suggest_for_macro),
)

#: The types of events that are looked at.
TRIGGERS: Final = frozenset(type_ for type_, _setting, _done in _HABITS)
