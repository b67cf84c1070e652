"""How much of a question is whose: exactly where an index tells, else as far as one look at its events comes."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, ScalarSelect, String, case, column, func, literal_column, null, select, values
from sqlalchemy.orm import Session

from audit import when
from audit.base import BigId
from audit.counting import MOST_OF_A_TRAIL, is_covered
from audit.log import NOT_BY_HAND, event_table
from audit.queries import branches, driver
from audit.question import NO_USER, Doer, Ground, Query
from audit.sessions import scoped
from audit.sweeping import SECONDS, windows
from audit.types import registry
from audit.what import chosen_types
from audit.who import DOERS, MEMBERS, SET_OFF_BY, SOURCES

#: What acted most is named, the rest is not.
_MOST_DOERS: Final = 8

_c: Final = event_table.c

#: The filters that ask who or by which way, and what an event counts for in each.
_ASKING_WHO: Final[tuple[tuple[Any, Callable[[Any], Any]], ...]] = (
    (MEMBERS, lambda row: row.user_id or NO_USER),
    (DOERS, lambda row: row.actor_kind),
    (SET_OFF_BY, lambda row: row.initiator_id),
    (SOURCES, lambda row: row.source),
)


@dataclass
class Facet:
    """How many events there are of each, as if nothing of its kind were chosen."""

    numbers: Counter[Any] = field(default_factory=Counter)
    is_whole: bool = False  #: whether that is all of them, and there are none of the rest


@dataclass(frozen=True)
class Facets:
    """How much is whose."""

    members: Facet = field(default_factory=Facet)
    kinds: Facet = field(default_factory=Facet)
    set_off_by: Facet = field(default_factory=Facet)
    sources: Facet = field(default_factory=Facet)
    doers: list[tuple[Doer, str, int]] = field(default_factory=list)  #: with the name it last had
    looked_to: datetime | None = None  #: how far back looking at events came; None: all the way


def facets(session: Session, query: Query, ground: Ground, *, seconds: float = SECONDS) -> Facets:
    """Who did it, what acted, who set it off and how it came in, as far as that is told in time."""
    deadline = time.perf_counter() + seconds
    if not is_covered(query):
        return _looked(session, query, ground, seconds)
    kinds, members, set_off_by, doers = Facet(_kinds(session, query, ground)), Facet(), Facet(), []
    if time.perf_counter() < deadline:
        doers = _doer_counts(session, query, ground)
    if time.perf_counter() < deadline:
        members = Facet(_member_counts(session, query, ground), is_whole=True)
        by_hand = (number for number in query.members or ground.people if number != NO_USER)
        kinds.numbers["user"] = sum(members.numbers[number] for number in by_hand)
        kinds.is_whole = True
    if time.perf_counter() < deadline:
        set_off_by = Facet(_set_off_counts(session, query, ground), is_whole=True)
    looked = _looked(session, query, ground, max(deadline - time.perf_counter(), 0))
    return Facets(members, kinds, set_off_by, looked.sources, doers, looked.looked_to)


# ---- Looking at every event, newest first


def _looked(session: Session, query: Query, ground: Ground, seconds: float) -> Facets:
    tests = [list(filter_.tests(query, ground)) for filter_, _ in _ASKING_WHO]
    found = [Facet(is_whole=True) for _ in _ASKING_WHO]
    looked_to: datetime | None = None
    for rows, came_to in _stretches(session, query, ground, seconds):
        looked_to = came_to
        for row in rows:
            failed = [place for place, asked in enumerate(tests) if not all(test(row) for test in asked)]
            for place, (_, key) in enumerate(_ASKING_WHO):
                if failed in ([], [place]):
                    found[place].numbers[key(row)] += row.times
    for facet in found:
        facet.is_whole = looked_to is None
    members, kinds, set_off_by, sources = found
    return Facets(members, kinds, set_off_by, sources, looked_to=looked_to)


def _stretches(
    session: Session, query: Query, ground: Ground, seconds: float
) -> Iterator[tuple[list[Any], datetime | None]]:
    """Groups of what is asked, whoever did it, stretch by stretch, each with the place to which it leads."""
    by_anybody = replace(query, members=(), doers=(), set_off_by=(), sources=())
    named = sorted({doer.kind for doer in query.doers if doer.id})
    actor = case((_c.actor_kind.in_(named), _c.actor_id)) if named else null()
    keys = [_c.user_id, _c.actor_kind, actor.label("actor_id"), _c.initiator_id, _c.source]
    if driver(by_anybody) in ("context", "target"):
        for part in branches(session, by_anybody, ground, []):
            newest = part.with_only_columns(*keys, _c.created_datetime).order_by(_c.created_datetime.desc())
            held = newest.limit(MOST_OF_A_TRAIL).subquery()
            rows = _grouped(session, held)
            is_cut = sum(row.times for row in rows) == MOST_OF_A_TRAIL
            yield rows, session.scalar(select(func.min(held.c.created_datetime))) if is_cut else None
        return
    for window in windows(session, by_anybody, ground, seconds=seconds):
        parts = branches(session, window.query, ground, window.bounds, window.by)
        # In the order in which they are found: else SQLite reads all the log there is in the order of the groups.
        found = [
            part.with_only_columns(*keys).order_by(_c.created_datetime.desc()).limit(window.size) for part in parts
        ]
        rows = [row for part in found for row in _grouped(session, part.subquery())]
        yield rows, window.lowest.at if window.lowest else None


def _grouped(session: Session, held: Any) -> list[Any]:
    keys = [held.c[name] for name in ("user_id", "actor_kind", "actor_id", "initiator_id", "source")]
    return list(session.execute(select(*keys, func.count().label("times")).group_by(*keys)))


# ---- Numbers that an index tells


def _set_off_counts(session: Session, query: Query, ground: Ground) -> Counter[int]:
    if not ground.people:
        return Counter()
    fitting = (*when.PERIOD.condition(query, ground), *MEMBERS.condition(query, ground), _offered(query))
    number = scoped(session, func.count(), table=event_table).where(*fitting)
    asked = values(column("id", BigId), name="asked").data([(one,) for one in sorted(ground.people)]).cte("asked")
    each = select(asked.c.id, number.where(_c.initiator_id == asked.c.id).correlate(asked).scalar_subquery())
    return Counter(dict(session.execute(each).all()))


def _member_counts(session: Session, query: Query, ground: Ground) -> Counter[int]:
    number = scoped(session, func.count(), table=event_table).where(
        *when.PERIOD.condition(query, ground), _offered(query)
    )
    asked = values(column("id", BigId), name="asked").data([(one,) for one in sorted(ground.people)]).cte("asked")
    each = select(asked.c.id, number.where(_c.user_id == asked.c.id).correlate(asked).scalar_subquery())
    found: Counter[int] = Counter(dict(session.execute(each).all()) if ground.people else {})
    found[NO_USER] = session.execute(number.where(_c.user_id.is_(None))).scalar_one()
    return found


def _offered(query: Query) -> ColumnElement[bool]:
    chosen = chosen_types(query)
    if chosen is None:
        chosen = tuple(type_.name for type_ in registry if query.api_only or type_.in_drop_down)
    return func.coalesce(_c.type, "").in_(chosen)


def _of_machines(session: Session, query: Query, ground: Ground, *columns: Any) -> Any:
    """Events that no team member did, from the index that holds nothing else."""
    return scoped(session, *columns, table=event_table).where(
        literal_column(NOT_BY_HAND), *when.PERIOD.condition(query, ground), _offered(query)
    )


def _kinds(session: Session, query: Query, ground: Ground) -> Counter[str]:
    machines = ("customer", "rule", "macro", "integration", "schedule", "system")
    if query.members and NO_USER not in query.members:
        return Counter()
    kinds = values(column("kind", String), name="kinds").data([(kind,) for kind in machines]).cte("kinds")
    number = _of_machines(session, query, ground, func.count()).where(_c.actor_kind == kinds.c.kind)
    each = select(kinds.c.kind, number.correlate(kinds).scalar_subquery())
    return Counter(dict(session.execute(each).all()))


def _doer_counts(session: Session, query: Query, ground: Ground) -> list[tuple[Doer, str, int]]:
    if query.members and NO_USER not in query.members:
        return []
    times = func.count().label("times")
    found: list[tuple[Doer, int]] = []
    for kind in ("rule", "macro", "integration"):
        counted = (
            _of_machines(session, query, ground, _c.actor_id, times)
            .where(_c.actor_kind == kind, _c.actor_id.is_not(None))
            .group_by(_c.actor_id)
            .order_by(times.desc(), _c.actor_id)
            .limit(_MOST_DOERS)
        )
        found += [(Doer(kind, row.actor_id), row.times) for row in session.execute(counted)]
    found.sort(key=lambda one: -one[1])
    counted = found[:_MOST_DOERS]
    names = session.execute(select(*(_last_name(session, doer) for doer, _ in counted))).one() if counted else ()
    return [(doer, str(name or ""), number) for (doer, number), name in zip(counted, names, strict=True)]


def _last_name(session: Session, doer: Doer) -> ScalarSelect[Any]:
    return (
        scoped(session, _c.actor_name, table=event_table)
        .where(literal_column(NOT_BY_HAND), _c.actor_kind == doer.kind, _c.actor_id == doer.id)
        .order_by(_c.created_datetime.desc())
        .limit(1)
        .scalar_subquery()
    )
