"""Looks at events one by one where no index knows what is asked of them: window by window, and never for long."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, literal, tuple_
from sqlalchemy.orm import Session

from audit import when
from audit.base import BigId, UtcDateTime
from audit.log import event_table
from audit.periods import ANY, Period
from audit.queries import PAGE, Cursor, Driver, Page, before_cursor, driver, is_wide, statement
from audit.question import Ground, Query
from audit.sessions import scoped
from audit.when import END, START, ends_of

#: A look takes no longer than this; what it did not reach is said, and found by looking further.
SECONDS: Final = 0.15
#: Events in the first window; the next one is larger, as far as the time that is left allows.
WINDOW: Final = 2_000
#: So many are always looked at: a small log is never told by halves because a machine was busy.
LEAST: Final = 10_000

_c: Final = event_table.c
_KEY: Final = (_c.created_datetime, _c.id)


@dataclass(frozen=True)
class Window:
    """A stretch of the log: so many events before a place, whatever they are."""

    query: Query  #: what is asked, without its period: of two beginnings SQLite might take the one that is further back
    bounds: list[ColumnElement[bool]]
    size: int  #: as many events, or fewer
    by: Driver  #: of so many types, all events of a window are looked at sooner than those of each type
    lowest: Cursor | None  #: its oldest event; None where the period begins


def windows(
    session: Session, query: Query, ground: Ground, *, before: Cursor | None = None, seconds: float = SECONDS
) -> Iterator[Window]:
    """The period from its end, or from a cursor, in windows, until the time is over."""
    deadline, size, looked_at = time.perf_counter() + seconds, WINDOW, 0
    by: Driver = "period" if is_wide(query) else driver(query)
    while True:
        started = time.perf_counter()
        lowest = _lowest(session, query, ground, before, size)
        yield Window(
            replace(query, period=Period(ANY)), _bounds(ends_of(query, ground), before, lowest), size, by, lowest
        )
        now, looked_at = time.perf_counter(), looked_at + size
        in_time = int(size * (deadline - now) / (now - started))
        if lowest is None or (in_time < WINDOW // 2 and looked_at >= LEAST):
            return
        before, size = lowest, max(min(size * 2, in_time), WINDOW)


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
        found += session.execute(
            statement(session, window.query, ground, window.bounds, size + 1 - len(found), by=window.by)
        )
        if len(found) > size:
            rows = found[:size]
            return Page(rows, Cursor(rows[-1].created_datetime, rows[-1].id))
    return Page(found, lowest, searched_to=lowest.at if lowest else None)


def _bounds(ends: Mapping[str, datetime], before: Cursor | None, lowest: Cursor | None) -> list[ColumnElement[bool]]:
    found = before_cursor(before) if before is not None else []
    if END in ends and (before is None or before.at >= ends[END]):
        found.append(_c.created_datetime < ends[END])
    if lowest is not None:
        found.append(tuple_(*_KEY) >= tuple_(literal(lowest.at, UtcDateTime), literal(lowest.id, BigId)))
    elif START in ends:
        found.append(_c.created_datetime >= ends[START])
    return found


def _lowest(session: Session, query: Query, ground: Ground, before: Cursor | None, size: int) -> Cursor | None:
    """The oldest of so many events; found in the index by time alone."""
    every = scoped(session, *_KEY, table=event_table).where(*when.PERIOD.condition(query, ground))
    if before is not None:
        every = every.where(*before_cursor(before))
    row = session.execute(every.order_by(*(key.desc() for key in _KEY)).limit(1).offset(size - 1)).first()
    return Cursor(row.created_datetime, row.id) if row is not None else None
