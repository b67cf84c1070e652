"""Reads rules for their pages: what sets each off, how often it ran, what it would do to a ticket."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Text, case, cast, func
from sqlalchemy.orm import Session

from audit.log import event_table
from audit.sessions import scoped
from helpdesk import rule_runs, rules
from helpdesk.language import Mistake
from helpdesk.models import Rule, Ticket
from helpdesk.rule_runs import Trial
from helpdesk.rules import TRIGGERS, Shape
from helpdesk.web import cron

_event = event_table.c

#: Words of a subject that say nothing about what it is about.
_EMPTY_WORDS: Final = frozenset({
    "about", "again", "also", "from", "have", "help", "here", "into", "just", "more", "need", "only", "order", "please",
    "question", "still", "than", "that", "them", "then", "there", "they", "this", "want", "what", "when", "where",
    "which", "with", "would", "your",
})  # fmt: skip


@dataclass(frozen=True)
class Runs:
    """How often a rule ran, as the log tells it."""

    count: int = 0
    failed: int = 0  #: of these, how often something was not done
    last: datetime | None = None


@dataclass(frozen=True)
class Line:
    """A rule in the list."""

    id: int
    name: str
    version: int
    priority: int
    set_off: list[str]
    runs: Runs
    is_off: bool
    next_run: datetime | None
    ticket_id: int | None  #: where it was suggested


@dataclass(frozen=True)
class Tried:
    """What a rule would do to a ticket, or why that can't be told."""

    ticket: Ticket
    trial: Trial | None
    problem: str = ""


def lines(session: Session, account_id: int) -> tuple[list[Line], list[Line]]:
    """The account's rules in the order in which they run, and the suggestions."""
    found = rules.in_order(session, account_id)
    ran = runs(session, [rule.id for rule in found])
    told = [(rule.is_draft, _line(rule, ran.get(rule.id, Runs()))) for rule in found]
    return [line for is_draft, line in told if not is_draft], [line for is_draft, line in told if is_draft]


def runs(session: Session, numbers: list[int]) -> Mapping[int, Runs]:
    """How often these rules ran."""
    if not numbers:
        return {}
    data = cast(_event.data, Text)
    is_whole = data.like('%"failed_actions":[]%') | data.like('%"failed_actions": []%')
    counted = (
        scoped(
            session,
            _event.object_id,
            func.count().label("times"),
            func.sum(case((is_whole, 0), else_=1)).label("failed"),
            func.max(_event.created_datetime).label("last"),
            table=event_table,
        )
        .where(_event.type == "rule-executed", _event.object_type == "Rule", _event.object_id.in_(numbers))
        .group_by(_event.object_id)
    )
    return {row.object_id: Runs(row.times, int(row.failed), row.last) for row in session.execute(counted)}


def set_off(rule: Rule) -> list[str]:
    """What sets a rule off, in words."""
    said = [TRIGGERS.get(name, name) for name in rules.triggers_of(rule)]
    if rule.schedule:
        said.append(f"By the clock: {cron.in_words(rule.schedule)}")
    return said


def try_on(rule: Rule, ticket: Ticket, code: str) -> Tried:
    """What the rule would do with this code; nothing is written."""
    try:
        return Tried(ticket, rule_runs.what_would(rule, ticket, code=code))
    except Mistake as mistake:
        return Tried(ticket, None, str(mistake))


def from_ticket(ticket: Ticket) -> Shape:
    """A rule to begin with, made from what a ticket is like."""
    word = _telling_word(ticket.subject or "")
    tests = [f"contains(ticket.subject, '{word}')"] if word else [f"eq(ticket.channel, '{ticket.channel}')"]
    names = sorted(link.tag.name for link in ticket.tag_links)
    act = f"Action('addTags', {{tags: {_quoted(','.join(names) or word or 'new')}}});"
    name = f"{'Tag' if names else 'Sort'} tickets about {word}" if word else f"Tickets by {ticket.channel}"
    code = f"if ({' && '.join(tests)}) {{\n    {act}\n}}"
    return Shape(name=name, code=code, event_types=("ticket-created",))


def _telling_word(subject: str) -> str:
    words = [word for word in re.findall(r"[^\W\d_]{4,}", subject.lower()) if word not in _EMPTY_WORDS]
    return max(words, key=len, default="")


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _line(rule: Rule, ran: Runs) -> Line:
    return Line(
        id=rule.id,
        name=rule.name,
        version=rule.version,
        priority=rule.priority,
        set_off=set_off(rule),
        runs=ran,
        is_off=rule.deactivated_datetime is not None,
        next_run=rule.next_run_datetime,
        ticket_id=rule.suggested_ticket_id,
    )
