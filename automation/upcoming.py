"""What waits for its time on a desk, in the order in which it will happen, and in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from automation import timers
from automation.timers import Due
from helpdesk.models import Delivery

#: What happens when it is time, after the ticket's number.
HAPPENS: Final[Mapping[str, str]] = {
    "snooze": "wakes",
    "survey": "gets its survey",
    "trash": "is deleted for good",
    "rule": "runs",
}

#: What is on its way out: one, many.
_LEAVING: Final[Mapping[str, tuple[str, str]]] = {"mail": ("mail", "mails"), "webhook": ("call", "calls")}


@dataclass(frozen=True)
class Line:
    """Something that waits, and what will happen."""

    at: datetime
    kind: str
    ticket_id: int
    happens: str
    rule_id: int = 0
    rule_name: str = ""

    @property
    def words(self) -> str:
        """ "#412 wakes", "the rule Zebra runs"."""
        return f"the rule {self.rule_name} {self.happens}" if self.rule_id else f"#{self.ticket_id} {self.happens}"


@dataclass(frozen=True)
class Queue:
    """What waits on a desk."""

    lines: list[Line]
    more: int  #: how many further lines there are
    leaving: list[str]  #: what is being sent, by the clock on the wall, in sentences


def queue(session: Session, account_id: int, limit: int) -> Queue:
    """The first things that wait, and what is on its way out of the desk."""
    lines = [_line(due) for due in timers.upcoming(session, account_id, limit)]
    more = timers.count_due(session, account_id, timers.AT_LAST) - len(lines) if len(lines) == limit else 0
    return Queue(lines, more, _leaving(session, account_id))


def first(session: Session, account_id: int) -> Line | None:
    """What happens next."""
    found = timers.upcoming(session, account_id, 1)
    return _line(found[0]) if found else None


def _line(due: Due) -> Line:
    return Line(due.at, due.kind, due.ticket_id, HAPPENS[due.kind], due.rule_id, due.rule_name)


def _leaving(session: Session, account_id: int) -> list[str]:
    asked = (
        select(Delivery.kind, func.count().label("count"), func.max(Delivery.attempts).label("attempts"))
        .where(Delivery.account_id == account_id, Delivery.status == "queued")
        .group_by(Delivery.kind)
        .order_by(Delivery.kind)
    )
    return [_going(row) for row in session.execute(asked)]


def _going(row: Any) -> str:
    one, many = _LEAVING.get(row.kind, (row.kind, row.kind))
    tried = f"; tried {row.attempts} time{'s' if row.attempts != 1 else ''} so far" if row.attempts else ""
    clock = "by this clock" if row.kind == "webhook" else "by the clock on the wall"
    return f"{row.count:,} {one if row.count == 1 else many} on the way out, {clock}{tried}."
