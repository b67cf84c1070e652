"""The filters of the log: one table that feeds the form, the address, the SQL and the sentence above the list."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func

from audit import asking
from audit.asking import Asked, Complain
from audit.log import event_table
from audit.periods import ANY, OWN, Period, default, own, span_of, span_words, wall_length, write_wall
from audit.types import registry

#: Stands for "No user" among the numbers of team members, which begin at 1.
NO_USER: Final = 0

_c: Final = event_table.c


@dataclass(frozen=True)
class Target:
    """An object of the desk, by class name and number."""

    type: str
    id: int


@dataclass(frozen=True)
class Query:
    """What is asked of the log."""

    period: Period
    types: tuple[str, ...] = ()
    api_only: bool = False  #: whether "all events" means those too that only the API offers
    members: tuple[int, ...] = ()
    target: Target | None = None
    context: uuid.UUID | None = None

    @property
    def is_exempt(self) -> bool:
        """One object's trail and one chain may be as long as they are."""
        return self.target is not None or self.context is not None


@dataclass(frozen=True)
class Ground:
    """What filters must know of the account."""

    now: datetime
    zone: ZoneInfo
    longest: timedelta | None
    people: Mapping[int, str]  #: everybody whom the log or the team knows
    left: frozenset[int] = frozenset()  #: those of them who are in the team no more


@dataclass(frozen=True)
class Phrase:
    """A filter's part in the sentence: before the word "events", after it, or at the very end."""

    before: str = ""
    after: str = ""
    note: str = ""


#: Whether an event fits, asked in Python: anything with the columns of `audit.log`.
Test = Callable[[Any], bool]


@dataclass(frozen=True)
class Filter:
    """One filter: how it is called, and what it means in the address, in SQL, in Python and in the sentence."""

    field: str
    label: str
    parameters: tuple[str, ...]
    read: Callable[[Asked, Ground, Complain], Mapping[str, Any]]
    write: Callable[[Query, Ground], Iterable[tuple[str, str]]]
    condition: Callable[[Query, Ground], Iterable[ColumnElement[bool]]]  #: all must hold
    tests: Callable[[Query, Ground], Iterable[Test]]  #: the same, of one event in hand
    words: Callable[[Query, Ground], Phrase]


@dataclass(frozen=True)
class Reading:
    """An address understood, and what in it could not be."""

    query: Query
    complaints: tuple[str, ...] = ()


# ---- Team member


def _read_members(asked: Asked, ground: Ground, complain: Complain) -> Mapping[str, Any]:
    return {"members": asking.members(asked.get("member", []), ground.people, complain)}


def _write_members(query: Query, _ground: Ground) -> Iterable[tuple[str, str]]:
    return [("member", str(number) if number != NO_USER else asking.NO_USER_WORD) for number in query.members]


def _members_condition(query: Query, _ground: Ground) -> Iterable[ColumnElement[bool]]:
    # An expression no index knows: the planner is to follow what the query is driven by (see `audit.queries`).
    return [func.coalesce(_c.user_id, NO_USER).in_(query.members)] if query.members else []


def _members_tests(query: Query, _ground: Ground) -> Iterable[Test]:
    chosen = frozenset(query.members)
    return [lambda event: (event.user_id or NO_USER) in chosen] if chosen else []


def _members_words(query: Query, ground: Ground) -> Phrase:
    names = [ground.people[number] if number != NO_USER else "No user" for number in query.members]
    return Phrase(after=f"by {_some(names, 'any of {} team members')}" if names else "")


# ---- Event


def _read_types(asked: Asked, _ground: Ground, complain: Complain) -> Mapping[str, Any]:
    return {
        "types": asking.types(asked.get("event", []), complain),
        "api_only": asking.box("api_only", asked.get("api_only", []), complain),
    }


def _write_types(query: Query, _ground: Ground) -> Iterable[tuple[str, str]]:
    return [*(("event", name) for name in query.types), *([("api_only", "1")] if query.api_only else [])]


def _types_condition(query: Query, _ground: Ground) -> Iterable[ColumnElement[bool]]:
    if query.types:
        return [func.coalesce(_c.type, "").in_(query.types)]
    return [] if query.api_only else [_c.type.not_in([type_.name for type_ in registry if not type_.in_drop_down])]


def _types_tests(query: Query, _ground: Ground) -> Iterable[Test]:
    chosen = frozenset(query.types)
    if chosen:
        return [lambda event: event.type in chosen]
    left_out = frozenset() if query.api_only else frozenset(type_.name for type_ in registry if not type_.in_drop_down)
    return [lambda event: event.type not in left_out] if left_out else []


def _types_words(query: Query, _ground: Ground) -> Phrase:
    if not query.types:
        return Phrase(note="API-only events included" if query.api_only else "API-only events left out")
    chosen, names = set(query.types), []
    for group, types in registry.drop_down(with_api_only=True).items():
        offered = {type_.name for type_ in types if type_.in_drop_down}
        if len(offered) > 1 and offered <= chosen:
            names.append(group)
            chosen -= offered
        names += [f"“{type_.label}”" for type_ in types if type_.name in chosen]
    if len(names) > asking.NAMED:
        return Phrase(after=f"of {len(query.types)} types")
    return Phrase(before=_some(names, ""))


# ---- Object, chain, period


def _read_target(asked: Asked, _ground: Ground, complain: Complain) -> Mapping[str, Any]:
    found = asking.target(asked.get("object", []), complain)
    return {"target": Target(*found) if found else None}


def _target_tests(query: Query, _ground: Ground) -> Iterable[Test]:
    target = query.target
    return [lambda event: (event.object_type, event.object_id) == (target.type, target.id)] if target else []


def _read_context(asked: Asked, _ground: Ground, complain: Complain) -> Mapping[str, Any]:
    return {"context": asking.context(asked.get("context", []), complain)}


def _read_period(asked: Asked, ground: Ground, complain: Complain) -> Mapping[str, Any]:
    exempt = bool(asked.get("object") or asked.get("context"))
    period = asking.period(asked, complain) or _default_period(ground, exempt)
    if period.name == OWN and period.start is None and period.end is None:
        period = own(ground.now, ground.zone, ground.longest)
    if not exempt:
        asking.check_length(wall_length(period, ground.now, ground.zone), ground.longest, complain)
    asking.check_order(span_of(period, ground.now, ground.zone), ground.now, complain)
    return {"period": period}


def _default_period(ground: Ground, exempt: bool) -> Period:
    return Period(ANY) if exempt else default(ground.longest)


def _write_period(query: Query, ground: Ground) -> Iterable[tuple[str, str]]:
    if query.period == _default_period(ground, query.is_exempt):
        return []
    ends = (("from", write_wall(query.period.start)), ("to", write_wall(query.period.end)))
    return [("period", query.period.name), *((name, value) for name, value in ends if value)]


def _period_condition(query: Query, ground: Ground) -> Iterable[ColumnElement[bool]]:
    span = span_of(query.period, ground.now, ground.zone)
    return [
        *([_c.created_datetime >= span.start] if span.start is not None else []),
        *([_c.created_datetime < span.end] if span.end is not None else []),
    ]


def _period_tests(query: Query, ground: Ground) -> Iterable[Test]:
    span = span_of(query.period, ground.now, ground.zone)
    start, end = span.start, span.end
    return [
        *([lambda event: event.created_datetime >= start] if start is not None else []),
        *([lambda event: event.created_datetime < end] if end is not None else []),
    ]


def _period_words(query: Query, ground: Ground) -> Phrase:
    words = span_words(span_of(query.period, ground.now, ground.zone), ground.now, ground.zone)
    return Phrase(after=f"{words} ({ground.zone.key})")


FILTERS: Final = (
    Filter(
        "members",
        "Team member",
        ("member",),
        _read_members,
        _write_members,
        _members_condition,
        _members_tests,
        _members_words,
    ),
    Filter(
        "types", "Event", ("event", "api_only"), _read_types, _write_types, _types_condition, _types_tests, _types_words
    ),
    Filter(
        "target",
        "Object",
        ("object",),
        _read_target,
        lambda query, _: [("object", f"{query.target.type}:{query.target.id}")] if query.target else [],
        lambda query, _: [_c.object_type == query.target.type, _c.object_id == query.target.id] if query.target else [],
        _target_tests,
        lambda query, _: Phrase(after=f"on {asking.noun(query.target.type)} {query.target.id}" if query.target else ""),
    ),
    Filter(
        "context",
        "Chain",
        ("context",),
        _read_context,
        lambda query, _: [("context", str(query.context))] if query.context else [],
        lambda query, _: [_c.context == query.context] if query.context else [],
        lambda query, _: [lambda event: event.context == query.context] if query.context else [],
        lambda query, _: Phrase(after="in one chain" if query.context else ""),
    ),
    Filter(
        "period",
        "Period",
        ("period", "from", "to"),
        _read_period,
        _write_period,
        _period_condition,
        _period_tests,
        _period_words,
    ),
)

PARAMETERS: Final = frozenset(name for filter_ in FILTERS for name in filter_.parameters)


def read_query(asked: Asked, ground: Ground) -> Reading:
    """Understand an address; what can't be understood is said, never dropped in silence."""
    complaints: list[str] = []
    tidy = asking.tidy(asked, PARAMETERS, complaints.append)
    values: dict[str, Any] = {}
    for filter_ in FILTERS:
        values.update(filter_.read(tidy, ground, complaints.append))
    return Reading(Query(**values), tuple(complaints))


def write_query(query: Query, ground: Ground) -> str:
    """The address that `read_query` understands as this query."""
    return urlencode([pair for filter_ in FILTERS for pair in filter_.write(query, ground)])


def without(query: Query, ground: Ground, field: str) -> Query:
    """The query with one filter taken off; a period without bounds goes with what it was allowed for."""
    bare: dict[str, Any] = {"members": (), "types": (), "target": None, "context": None}
    rest = replace(query, **{field: bare[field]})
    if rest.period.name == ANY and not rest.is_exempt and ground.longest is not None:
        rest = replace(rest, period=default(ground.longest))
    return rest


def conditions(query: Query, ground: Ground, *, leave_out: str = "") -> list[ColumnElement[bool]]:
    """All that must hold of an event, one filter left out where the query is driven by it."""
    return [
        condition for filter_ in FILTERS if filter_.field != leave_out for condition in filter_.condition(query, ground)
    ]


def matches(query: Query, ground: Ground) -> Test:
    """What `conditions` ask of the database, asked of an event in hand: for the live tail, and to check the SQL."""
    tests = [test for filter_ in FILTERS for test in filter_.tests(query, ground)]
    return lambda event: all(test(event) for test in tests)


def _some(names: list[str], many: str) -> str:
    if len(names) > asking.NAMED:
        return many.format(len(names))
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
