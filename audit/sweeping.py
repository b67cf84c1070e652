"""Looks at events one by one where no index knows what is asked of them: window by window, and never for long."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, literal, tuple_
from sqlalchemy.orm import Session

from audit import when
from audit.base import BigId, UtcDateTime
from audit.log import event_table
from audit.queries import PAGE, Cursor, Page, before_cursor, statement
from audit.question import Ground, Query
from audit.sessions import scoped

#: A look takes no longer than this; what it did not reach is said, and found by looking further.
SECONDS: Final = 0.15
#: Events in the first window; a quick one makes the next one larger.
WINDOW: Final = 2_000
_QUICK: Final = 0.03
#: So many are always looked at: a small log is never told by halves because a machine was busy.
LEAST: Final = 10_000

_c: Final = event_table.c
_KEY: Final = (_c.created_datetime, _c.id)


@dataclass(frozen=True)
class Window:
    """A stretch of the log: so many events before a place, whatever they are."""

    bounds: list[ColumnElement[bool]]
    lowest: Cursor | None  #: its oldest event; None where the period begins


def windows(
    session: Session, query: Query, ground: Ground, *, before: Cursor | None = None, seconds: float = SECONDS
) -> Iterator[Window]:
    """The period from its end, or from a cursor, in windows, until the time is over."""
    deadline, size, looked_at = time.perf_counter() + seconds, WINDOW, 0
    while True:
        started = time.perf_counter()
        lowest = _lowest(session, query, ground, before, size)
        bounds = before_cursor(before) if before else []
        if lowest is not None:
            bounds.append(tuple_(*_KEY) >= tuple_(literal(lowest.at, UtcDateTime), literal(lowest.id, BigId)))
        yield Window(bounds, lowest)
        now, looked_at = time.perf_counter(), looked_at + size
        if lowest is None or (now >= deadline and looked_at >= LEAST):
            return
        before, size = lowest, size * 2 if now - started < _QUICK else size


def sweep(
    session: Session,
    query: Query,
    ground: Ground,
    *,
    before: Cursor | None = None,
    size: int = PAGE,
    seconds: float = SECONDS,
) -> Page:
    """The newest events of a question, as far as they are found in time; `searched_to` says how far that was."""
    found: list[Any] = []
    lowest: Cursor | None = None
    for window in windows(session, query, ground, before=before, seconds=seconds):
        lowest = window.lowest
        found += session.execute(statement(session, query, ground, window.bounds, size + 1 - len(found)))
        if len(found) > size:
            rows = found[:size]
            return Page(rows, Cursor(rows[-1].created_datetime, rows[-1].id))
    return Page(found, lowest, searched_to=lowest.at if lowest else None)


def _lowest(session: Session, query: Query, ground: Ground, before: Cursor | None, size: int) -> Cursor | None:
    """The oldest of so many events; found in the index by time alone."""
    every = scoped(session, *_KEY, table=event_table).where(*when.PERIOD.condition(query, ground))
    if before is not None:
        every = every.where(*before_cursor(before))
    row = session.execute(every.order_by(*(key.desc() for key in _KEY)).limit(1).offset(size - 1)).first()
    return Cursor(row.created_datetime, row.id) if row is not None else None
