"""Counts what a question finds, over time and by whom: exactly, or as far as the time allows."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
    String,
    bindparam,
    cast,
    column,
    exists,
    extract,
    func,
    literal,
    select,
    text,
    type_coerce,
)
from sqlalchemy.orm import Session

from audit import queries, when
from audit.bars import Span
from audit.base import MICROSECOND, UtcDateTime, to_microseconds
from audit.log import event_head, event_table
from audit.periods import span_of
from audit.queries import Total, branches, driver, is_swept, statement, together
from audit.question import Ground, Query
from audit.scales import Scale, scale_for
from audit.sessions import scoped
from audit.sweeping import SECONDS, windows
from audit.types import registry
from audit.what import chosen_types
from audit.who import MEMBERS

#: Events that one look at a trail or a chain counts at most; the newest are taken.
MOST_OF_A_TRAIL: Final = 50_000
#: So many are always counted: a small log is never told by halves because a machine was busy.
LEAST_COUNTED: Final = 50_000
#: Counted without bars: more than what a busy desk does in a week.
MOST_AT_ONCE: Final = 250_000
#: Bars that are counted while a list is asked for; more come after it.
FEW: Final = 4
#: Bars that one statement counts: between two, the clock is looked at.
_BARS_AT_ONCE: Final = 16

_c: Final = event_table.c


@dataclass
class Counts:
    """How many events there are in each bar and by each type, and from when on they were counted."""

    scale: Scale | None  #: None while there is nothing to draw
    bars: Counter[tuple[int, str]] = field(default_factory=Counter)  #: by bar and type
    types: Counter[str] = field(default_factory=Counter)  #: as if no types were chosen
    counted_to: datetime | None = None  #: None: all of them

    @property
    def total(self) -> Total:
        """How many the question finds."""
        return Total(self.bars.total(), is_partial=self.counted_to is not None, most=None)


def count(session: Session, query: Query, ground: Ground, *, seconds: float = SECONDS) -> Counts:
    """Count a question's events; after so many seconds, what was counted so far."""
    start, end = _ends(session, query, ground)
    if start is None or end is None or end <= start:
        return Counts(None)
    counts = Counts(scale_for(start, end, ground.zone))
    if is_covered(query):
        _by_ranges(session, query, ground, counts, time.perf_counter() + seconds)
    elif is_swept(query):
        _by_windows(session, query, ground, counts, seconds)
    else:
        _by_groups(session, query, ground, counts)
    return counts


def count_at_once(session: Session, query: Query, ground: Ground) -> Counts | None:
    """The same where all but a few bars are remembered; None where it would keep somebody waiting."""
    if not is_covered(query) or span_of(query.period, ground.now, ground.zone).start is None:
        return None
    start, end = _ends(session, query, ground)
    if start is None or end is None or end <= start:
        return None
    scale = scale_for(start, end, ground.zone)
    if sum(not ground.bars.knows(query.members, bar) for bar in scale.bars) > FEW:
        return None
    counts = Counts(scale)
    _by_ranges(session, query, ground, counts, time.perf_counter() + SECONDS)
    return counts if counts.counted_to is None else None


def total(session: Session, query: Query, ground: Ground) -> Total:
    """How many events a question finds: all of a busy week, or as many as are counted in time."""
    if is_swept(query):
        return count(session, query, ground).total
    return queries.total(session, query, ground, most=MOST_AT_ONCE)


def total_of(session: Session, query: Query, ground: Ground, counts: Counts) -> Total:
    """The same where bars were counted already: a drawing by halves is no reason for a total by halves."""
    if counts.counted_to is None or is_swept(query):
        return counts.total
    return queries.total(session, query, ground, most=MOST_AT_ONCE)


def is_covered(query: Query) -> bool:
    """Whether the indexes by type and by member hold all that is asked."""
    rest = (query.texts, query.doers, query.sources, query.set_off_by)
    return driver(query) in ("types", "members", "period") and not any(rest)


def _ends(session: Session, query: Query, ground: Ground) -> tuple[datetime | None, datetime | None]:
    span = span_of(query.period, ground.now, ground.zone)
    if span.start is not None:
        return span.start, span.end if span.end is not None and span.end <= ground.now else _just_after(ground.now)
    first, last = (
        session.execute(statement(session, query, ground, [], 1, ascending=way)).first() for way in (True, False)
    )
    if first is None or last is None:
        return None, None
    return first.created_datetime, _just_after(last.created_datetime)


def _just_after(moment: datetime) -> datetime:
    return moment + MICROSECOND


# ---- One range of an index for each bar and type: their sum is the total


def _by_ranges(session: Session, query: Query, ground: Ground, counts: Counts, deadline: float) -> None:
    scale = counts.scale
    assert scale is not None
    over = session.execute(scoped(session, event_head.c.last_datetime, table=event_head)).scalar()
    present, chosen = _present(session, query, ground), chosen_types(query)
    # The others are not drawn, only told beside the options.
    drawn = {name for name in present if _is_asked(name, query, chosen)}
    newest_first = list(enumerate(scale.bars))[::-1]
    for some in _portions(query, ground, newest_first, present) if present else ():
        for place, held in _counted(session, query, ground, dict(some), present).items():
            counts.types.update(held)
            counts.bars.update({(place, name): number for name, number in held.items() if name in drawn})
            start, end = scale.bars[place]
            # Nothing comes into a bar that is over; one that is cut has other ends a moment later.
            if over is not None and end <= over and end - start == scale.width:
                ground.bars.keep(query.members, (start, end), held)
        is_last = some[-1][0] == 0
        if time.perf_counter() > deadline and counts.types.total() > LEAST_COUNTED and not is_last:
            counts.counted_to = some[-1][1][0]
            return


def _portions(
    query: Query, ground: Ground, bars: list[tuple[int, Span]], names: list[str]
) -> Iterator[list[tuple[int, Span]]]:
    """The bars, so many at once that one statement counts what is not known of them."""
    some, unknown = [], 0
    for bar in bars:
        some.append(bar)
        unknown += ground.bars.get(query.members, bar[1], names) is None
        if unknown == _BARS_AT_ONCE:
            yield some
            some, unknown = [], 0
    if some:
        yield some


def _counted(
    session: Session, query: Query, ground: Ground, bars: dict[int, Span], names: list[str]
) -> dict[int, Mapping[str, int]]:
    """What each bar holds: remembered, where it was counted before."""
    found: dict[int, Mapping[str, int]] = {}
    for place, span in bars.items():
        held = ground.bars.get(query.members, span, names)
        if held is not None:
            found[place] = {name: held[name] for name in names}
    unknown = {place: span for place, span in bars.items() if place not in found}
    fresh: dict[int, dict[str, int]] = {place: {} for place in unknown}
    for place, name, number in session.execute(_ranges(session, query, ground, unknown, names)) if unknown else ():
        fresh[place][name] = number
    return {**found, **fresh}


def _is_asked(name: str, query: Query, chosen: tuple[str, ...] | None) -> bool:
    return name in chosen if chosen is not None else query.api_only or registry[name].in_drop_down


def _present(session: Session, query: Query, ground: Ground) -> list[str]:
    """The types of which there is something in the period."""
    named = _listed(type_.name for type_ in registry)
    some = exists(
        scoped(session, literal(1), table=event_table)
        .where(_c.type == named.c.name, *when.PERIOD.condition(query, ground))
        .correlate(named)
    )
    return list(session.scalars(select(named.c.name).where(some)))


def _ranges(session: Session, query: Query, ground: Ground, bars: Mapping[int, Span], names: list[str]) -> Any:
    bar, named = _spans(bars), _listed(names)
    number = (
        scoped(session, func.count(), table=event_table)
        .where(_c.type == named.c.name, _c.created_datetime >= bar.c.start, _c.created_datetime < bar.c.end)
        .where(*MEMBERS.condition(query, ground))
        .correlate(bar, named)
        .scalar_subquery()
    )
    return select(bar.c.place, named.c.name, number).select_from(bar.join(named, literal(1) == 1))


# Tables of values as text: SQLAlchemy would put them together anew each time.


def _spans(bars: Mapping[int, Span]) -> CTE:
    """Bars as a table."""
    rows = ", ".join(f"(:place{row}, :start{row}, :end{row})" for row in range(len(bars)))
    listed = text(f'SELECT column1 AS place, column2 AS start, column3 AS "end" FROM (VALUES {rows}) AS listed')
    bound = [
        bindparam(f"{name}{row}", value, type_=type_)
        for row, (place, (start, end)) in enumerate(bars.items())
        for name, value, type_ in (("place", place, Integer), ("start", start, UtcDateTime), ("end", end, UtcDateTime))
    ]
    columns = column("place", Integer), column("start", UtcDateTime), column("end", UtcDateTime)
    return listed.bindparams(*bound).columns(*columns).cte("bar")


def _listed(names: Iterable[str]) -> CTE:
    """Types of the registry as a table."""
    rows = ", ".join(f"('{name}')" for name in names)
    listed = text(f"SELECT column1 AS name FROM (VALUES {rows}) AS listed")
    return listed.columns(column("name", String)).cte("named")


# ---- What an index leads to, or windows of the log, put into bars by the database


def _by_groups(session: Session, query: Query, ground: Ground, counts: Counts) -> None:
    for part in branches(session, query, ground, []):
        newest = part.with_only_columns(_c.created_datetime, _c.type).order_by(_c.created_datetime.desc())
        found = newest.limit(MOST_OF_A_TRAIL).subquery()
        before = counts.bars.total()
        _add(session, counts, found)
        if counts.bars.total() - before == MOST_OF_A_TRAIL:
            oldest = session.execute(select(func.min(found.c.created_datetime))).scalar_one()
            counts.counted_to = max(oldest, counts.counted_to or oldest)


def _by_windows(session: Session, query: Query, ground: Ground, counts: Counts, seconds: float) -> None:
    for window in windows(session, query, ground, seconds=seconds):
        parts = branches(session, query, ground, window.bounds)
        found = together([part.with_only_columns(_c.created_datetime, _c.type) for part in parts]).subquery()
        _add(session, counts, found)
        counts.counted_to = window.lowest.at if window.lowest else None


def _add(session: Session, counts: Counts, found: Any) -> None:
    scale = counts.scale
    assert scale is not None
    place = _place(session, found.c.created_datetime, scale).label("place")
    grouped = select(place, found.c.type, func.count()).group_by(place, found.c.type)
    for number, name, times in session.execute(grouped):
        counts.bars[int(number), name] += times
        counts.types[name] += times


def _place(session: Session, at: Any, scale: Scale) -> ColumnElement[Any]:
    """In which bar a moment lies."""
    width = literal(scale.width // MICROSECOND, BigInteger)
    if session.get_bind().dialect.name == "sqlite":
        return (type_coerce(at, BigInteger) - to_microseconds(scale.begin)) // width
    passed = extract("epoch", at - literal(scale.begin, UtcDateTime)) * 1_000_000
    return cast(func.floor(passed / width), Integer)
