"""What waits for its time on a desk, in the order in which it will happen, and in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import CompoundSelect, func, select, union_all
from sqlalchemy.orm import Session

from automation import stops, timers
from helpdesk.models import Delivery

#: What happens when it is time, after the name of what it happens to.
HAPPENS: Final[Mapping[str, str]] = {
    "snooze": "wakes",
    "survey": "gets its survey",
    "trash": "is deleted for good",
    "rule": "runs",
    stops.CALL: "is called again",
    stops.JOB: "begins",
}

#: What is on its way out: one, many.
_LEAVING: Final[Mapping[str, tuple[str, str]]] = {"mail": ("mail", "mails"), "webhook": ("call", "calls")}


@dataclass(frozen=True)
class Line:
    """Something that waits, and what will happen: to a ticket, or to what has a name."""

    at: datetime
    kind: str
    number: int
    name: str
    within: int = 0  #: of a call: its integration

    @property
    def happens(self) -> str:
        """ "wakes"."""
        return HAPPENS[self.kind]

    @property
    def words(self) -> str:
        """ "#412 wakes", "the rule Zebra runs", "Order system is called again"."""
        before = {"rule": "the rule ", stops.JOB: "the job "}.get(self.kind, "")
        return f"{before}{self.name or f'#{self.number}'} {self.happens}"


@dataclass(frozen=True)
class Queue:
    """What waits on a desk."""

    lines: list[Line]
    more: int  #: how many further lines there are
    leaving: list[str]  #: what is being sent, by the clock on the wall, in sentences


def queue(session: Session, account_id: int, limit: int) -> Queue:
    """The first things that wait, and what is on its way out of the desk."""
    lines, more = _lines(session, account_id, limit), 0
    if len(lines) == limit:
        waiting = timers.count_waiting(session, account_id) + stops.count(session, account_id, timers.AT_LAST)
        more = waiting - limit
    return Queue(lines, more, _leaving(session, account_id))


def first(session: Session, account_id: int) -> Line | None:
    """What happens next."""
    found = _lines(session, account_id, 1)
    return found[0] if found else None


def _lines(session: Session, account_id: int, limit: int) -> list[Line]:
    found = sorted(timers.due_of(row) for row in session.execute(_asked(limit), {"account": account_id}))
    return [Line(due.at, due.kind, due.number, due.name, due.within) for due in found[:limit]]


@lru_cache(maxsize=16)  # asked with every page, and always the same
def _asked(limit: int) -> CompoundSelect[Any]:
    return union_all(*timers.lines(limit), *stops.lines(limit))


def _leaving(session: Session, account_id: int) -> list[str]:
    asked = (
        select(Delivery.kind, func.count().label("count"), func.max(Delivery.attempts).label("attempts"))
        .where(Delivery.account_id == account_id, Delivery.status == "queued", Delivery.due_datetime.is_(None))
        .group_by(Delivery.kind)
        .order_by(Delivery.kind)
    )
    return [_going(row) for row in session.execute(asked)]


def _going(row: Any) -> str:
    one, many = _LEAVING.get(row.kind, (row.kind, row.kind))
    tried = f"; tried {row.attempts} time{'s' if row.attempts != 1 else ''} so far" if row.attempts else ""
    clock = "by the clock on the wall" if row.kind == "mail" else "now"
    return f"{row.count:,} {one if row.count == 1 else many} on the way out, {clock}{tried}."
