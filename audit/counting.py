"""Counts what a question finds, over time and by whom: exactly, or as far as the time allows."""

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
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
from audit.bars import Held, Span, together
from audit.base import MICROSECOND, BigId, UtcDateTime, to_microseconds
from audit.log import event_head, event_table
from audit.periods import span_of
from audit.queries import Total, branches, driver, is_swept, statement
from audit.question import NO_USER, Ground, Query
from audit.scales import Scale, scale_for
from audit.sessions import scoped
from audit.sweeping import SECONDS, windows
from audit.types import registry
from audit.what import chosen_types

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
    """How many events of each type there are in each bar, and from when on they were counted."""

    scale: Scale | None  #: None while there is nothing to draw
    asked: frozenset[str] | None = None  #: the types that the question finds, if more than they were counted
    over: dict[int, Held] = field(default_factory=dict)  #: by bar, as they were counted before
    fresh: dict[int, Held] = field(default_factory=dict)
    counted_to: datetime | None = None  #: None: all of them

    @property
    def bars(self) -> dict[int, Held]:
        """All that was counted, bar by bar."""
        return {**self.over, **self.fresh}

    @property
    def types(self) -> Counter[str]:
        """How many there are of each type, as if no types were chosen."""
        found = Counter(together(tuple(self.over.values())))
        for held in self.fresh.values():
            found.update(held.numbers)
        return found

    @property
    def total(self) -> Total:
        """How many the question finds."""
        found = sum(number for name, number in self.types.items() if self.asked is None or name in self.asked)
        return Total(found, is_partial=self.counted_to is not None, most=None)


def count(session: Session, query: Query, ground: Ground, *, seconds: float = SECONDS) -> Counts:
    """Count a question's events; after so many seconds, what was counted so far."""
    start, end = _ends(session, query, ground)
    if start is None or end is None or end <= start:
        return Counts(None)
    counts = Counts(scale_for(start, end, ground.zone))
    if is_covered(query):
        _by_index(session, query, ground, counts, time.perf_counter() + seconds)
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
    scale, known = scale_for(start, end, ground.zone), ground.memory.bars.by(query.members)
    if sum(bar not in known for bar in scale.bars) > FEW:
        return None
    counts = Counts(scale)
    _by_index(session, query, ground, counts, time.perf_counter() + SECONDS)
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


# ---- From the indexes by type and by member, bar by bar: their sum is the total


def _by_index(session: Session, query: Query, ground: Ground, counts: Counts, deadline: float) -> None:
    scale, known = counts.scale, ground.memory.bars.by(query.members)
    assert scale is not None
    # The others are not drawn, only told beside the options.
    counts.asked = _asked(chosen_types(query), query.api_only)
    counts.over = {place: known[bar] for place, bar in enumerate(scale.bars) if bar in known}
    unknown = [(place, bar) for place, bar in enumerate(scale.bars) if bar not in known][::-1]
    over = _newest(session) if any(scale.is_whole(bar) for _, bar in unknown) else None
    names = _present(session, query, ground) if len(unknown) > FEW else tuple(type_.name for type_ in registry)
    for first in range(0, len(unknown) if names else 0, _BARS_AT_ONCE):
        some = unknown[first : first + _BARS_AT_ONCE]
        for (place, bar), held in zip(some, _counted(session, query, [bar for _, bar in some], names), strict=True):
            counts.fresh[place] = held
            # Nothing comes into a bar that is over.
            if over is not None and bar[1] <= over and scale.is_whole(bar):
                ground.memory.bars.keep(query.members, bar, held)
        is_last = first + _BARS_AT_ONCE >= len(unknown)
        if time.perf_counter() > deadline and not is_last and counts.types.total() > LEAST_COUNTED:
            oldest, (counts.counted_to, _) = some[-1]
            counts.over = {place: held for place, held in counts.over.items() if place > oldest}
            return


@cache
def _asked(chosen: tuple[str, ...] | None, api_only: bool) -> frozenset[str] | None:
    if chosen is not None:
        return frozenset(chosen)
    return None if api_only else frozenset(type_.name for type_ in registry if type_.in_drop_down)


def _newest(session: Session) -> datetime | None:
    return session.execute(scoped(session, event_head.c.last_datetime, table=event_head)).scalar()


def _present(session: Session, query: Query, ground: Ground) -> tuple[str, ...]:
    """The types of which there is something in the period."""
    named = _listed(tuple(type_.name for type_ in registry))
    some = exists(
        scoped(session, literal(1), table=event_table)
        .where(_c.type == named.c.name, *when.PERIOD.condition(query, ground))
        .correlate(named)
    )
    return tuple(session.scalars(select(named.c.name).where(some)))


def _counted(session: Session, query: Query, bars: list[Span], names: tuple[str, ...]) -> list[Held]:
    """What each bar holds, asked at once."""
    by_hand = bool(query.members) and NO_USER not in query.members
    asked = _groups(len(bars)) if by_hand else _ranges(len(bars), names, bool(query.members))
    bound = {f"{end}{row}": bar[place] for row, bar in enumerate(bars) for place, end in enumerate(("start", "end"))}
    members = {"members": query.members} if query.members else {}
    found: list[dict[str, int]] = [{} for _ in bars]
    for row, name, number in session.execute(asked, {**bound, **members, "account": session.info["account_id"]}):
        if number:
            found[row][name] = number
    return [Held(numbers) for numbers in found]


# Made once for so many bars: SQLAlchemy takes longer to put a statement together than a database to answer it.

_MINE: Final = _c.account_id == bindparam("account", type_=BigId)
_MEMBERS: Final = bindparam("members", expanding=True, type_=BigId)


@cache
def _groups(number: int) -> Select[Any]:
    """Of those few events that the index of one member after the other leads to."""
    bar = _spans(number)
    within = (_MINE, _c.user_id.in_(_MEMBERS), _c.created_datetime >= bar.c.start, _c.created_datetime < bar.c.end)
    return (
        select(bar.c.place, _c.type, func.count())
        .select_from(bar.join(event_table, and_(*within)))
        .group_by(bar.c.place, _c.type)
    )


@lru_cache(maxsize=64)
def _ranges(number: int, names: tuple[str, ...], is_by_some: bool) -> Select[Any]:
    """One range of the index by type for each bar and type: of half the log, no row is looked at."""
    bar, named = _spans(number), _listed(names)
    times = (
        select(func.count())
        .where(_MINE, _c.type == named.c.name, _c.created_datetime >= bar.c.start, _c.created_datetime < bar.c.end)
        .where(*([func.coalesce(_c.user_id, NO_USER).in_(_MEMBERS)] if is_by_some else []))
        .correlate(bar, named)
        .scalar_subquery()
    )
    return select(bar.c.place, named.c.name, times).select_from(bar.join(named, literal(1) == 1))


def _spans(number: int) -> CTE:
    """Bars as a table, by their places in what is asked."""
    rows = ", ".join(f"({row}, :start{row}, :end{row})" for row in range(number))
    listed = text(f'SELECT column1 AS place, column2 AS start, column3 AS "end" FROM (VALUES {rows}) AS listed')
    ends = [bindparam(f"{end}{row}", type_=UtcDateTime) for row in range(number) for end in ("start", "end")]
    columns = column("place", Integer), column("start", UtcDateTime), column("end", UtcDateTime)
    return listed.bindparams(*ends).columns(*columns).cte("bar")


@lru_cache(maxsize=64)
def _listed(names: tuple[str, ...]) -> CTE:
    """Types of the registry as a table."""
    rows = ", ".join(f"('{name}')" for name in names)
    listed = text(f"SELECT column1 AS name FROM (VALUES {rows}) AS listed")
    return listed.columns(column("name", String)).cte("named")


# ---- What an index leads to, or windows of the log, put into bars by the database


def _by_groups(session: Session, query: Query, ground: Ground, counts: Counts) -> None:
    found: dict[int, Counter[str]] = {}
    for part in branches(session, query, ground, []):
        newest = part.with_only_columns(_c.created_datetime, _c.type).order_by(_c.created_datetime.desc())
        held = newest.limit(MOST_OF_A_TRAIL).subquery()
        if _add(session, counts, held, found) == MOST_OF_A_TRAIL:
            oldest = session.execute(select(func.min(held.c.created_datetime))).scalar_one()
            counts.counted_to = max(oldest, counts.counted_to or oldest)
    counts.fresh = {place: Held(numbers) for place, numbers in found.items()}


def _by_windows(session: Session, query: Query, ground: Ground, counts: Counts, seconds: float) -> None:
    found: dict[int, Counter[str]] = {}
    for window in windows(session, query, ground, seconds=seconds):
        parts = branches(session, window.query, ground, window.bounds, window.by)
        held = queries.together([part.with_only_columns(_c.created_datetime, _c.type) for part in parts]).subquery()
        _add(session, counts, held, found)
        counts.counted_to = window.lowest.at if window.lowest else None
    counts.fresh = {place: Held(numbers) for place, numbers in found.items()}


def _add(session: Session, counts: Counts, held: Any, found: dict[int, Counter[str]]) -> int:
    scale, added = counts.scale, 0
    assert scale is not None
    place = _place(session, held.c.created_datetime, scale).label("place")
    for number, name, times in session.execute(select(place, held.c.type, func.count()).group_by(place, held.c.type)):
        found.setdefault(int(number), Counter())[name] += times
        added += times
    return added


def _place(session: Session, at: Any, scale: Scale) -> ColumnElement[Any]:
    """In which bar a moment lies."""
    width = literal(scale.width // MICROSECOND, BigInteger)
    if session.get_bind().dialect.name == "sqlite":
        return (type_coerce(at, BigInteger) - to_microseconds(scale.begin)) // width
    passed = extract("epoch", at - literal(scale.begin, UtcDateTime)) * 1_000_000
    return cast(func.floor(passed / width), Integer)
