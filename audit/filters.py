"""The filters of the log: one table that feeds the form, the line, the address, the SQL and the sentence."""

from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import ColumnElement

from audit import asking, mentions, what, when, who
from audit.asking import Asked
from audit.periods import ANY, default
from audit.question import NO_USER, Doer, Filter, Ground, Phrase, Query, Target, Test
from audit.what import chosen_types

__all__ = ["FILTERS", "NO_USER", "Doer", "Filter", "Ground", "Phrase", "Query", "Reading", "Target", "Test"]

FILTERS: Final = (
    who.MEMBERS,
    who.SET_OFF_BY,
    who.DOERS,
    what.TYPES,
    what.TARGET,
    who.SOURCES,
    mentions.TEXTS,
    what.CONTEXT,
    when.PERIOD,
    when.TIMES,
)

PARAMETERS: Final = frozenset(name for filter_ in FILTERS for name in filter_.parameters)


@dataclass(frozen=True)
class Reading:
    """An address understood, and what in it could not be."""

    query: Query
    ground: Ground  #: by which clock on the wall it is meant
    complaints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Complaint:
    """What makes no sense, and the filters whose fault it is."""

    said: str
    filters: tuple[Filter, ...]


def read_query(asked: Asked, ground: Ground) -> Reading:
    """Understand an address; what can't be understood is said, never dropped in silence."""
    untidy: list[str] = []
    tidy = asking.tidy(asked, PARAMETERS, untidy.append)
    ground = when.by_its_clock(tidy, ground)
    query, complaints = judge(tidy, ground)
    if complaints:
        query = bounded(query, ground)  # of an object that is none, not everything is asked
    return Reading(query, ground, (*untidy, *(complaint.said for complaint in complaints)))


def judge(asked: Asked, ground: Ground) -> tuple[Query, list[Complaint]]:
    """The question of a tidy address, and what of it makes no sense, alone or together."""
    complaints: list[Complaint] = []
    values: dict[str, Any] = {}
    for filter_ in FILTERS:
        said: list[str] = []
        values.update(filter_.read(asked, ground, said.append))
        complaints += [Complaint(one, (filter_,)) for one in said]
    query = Query(**values)
    if not complaints and chosen_types(query) == ():
        complaints.append(_nothing_remains(query))
    return query, complaints


def _nothing_remains(query: Query) -> Complaint:
    if query.target is None:
        return Complaint("Every event is left out, so nothing remains. Take some of it back.", (what.TYPES,))
    said = "None of the events you chose happens to objects of that kind. Take one of the two back."
    return Complaint(said, (what.TYPES, what.TARGET))


def write_query(query: Query, ground: Ground) -> str:
    """The address that `read_query` understands as this query."""
    return urlencode([pair for filter_ in FILTERS for pair in filter_.write(query, ground)], safe=":*")


def without(query: Query, ground: Ground, field: str) -> Query:
    """The query with one filter taken off; a period without bounds goes with what it was allowed for."""
    bare = next(filter_.bare for filter_ in FILTERS if filter_.field == field)
    return bounded(replace(query, **bare), ground)


def bounded(query: Query, ground: Ground) -> Query:
    """The query with a period that it may have."""
    if query.period.name == ANY and not query.is_exempt and ground.longest is not None:
        return replace(query, period=default(ground.longest))
    return query


def conditions(query: Query, ground: Ground, *, leave_out: str = "") -> list[ColumnElement[bool]]:
    """All that must hold of an event, one filter left out where the query is driven by it."""
    return [
        condition for filter_ in FILTERS if filter_.field != leave_out for condition in filter_.condition(query, ground)
    ]


def matches(query: Query, ground: Ground) -> Test:
    """What `conditions` ask of the database, asked of an event in hand: for the live tail, and to check the SQL."""
    tests = [test for filter_ in FILTERS for test in filter_.tests(query, ground)]
    return lambda event: all(test(event) for test in tests)
