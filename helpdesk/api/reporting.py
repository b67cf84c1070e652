"""Statistics by API: how much was opened, closed, said and answered, and how fast."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from audit.db import db
from audit.rest.calls import Resource
from audit.rest.paging import Cursor, Order, Page, read_cursor
from audit.rest.problems import Problem
from audit.rest.shapes import Body, Paged, write_moment
from helpdesk import reporting
from helpdesk.reporting_scopes import SCOPES, UNANSWERABLE

resource = Resource(
    "reporting",
    "Reporting",
    noun="statistics",
    scope="statistics",
    about="Facts of one scope, grouped by dimensions and by time. Spam and trash don't count. Days begin where the"
    " asker is (`timezone`), and are written in UTC; spans are in seconds.",
    terms={
        name: f"{scope.says} By {', '.join(scope.dimensions)}; dated by {', '.join(scope.times)};"
        f" tells {', '.join(scope.measures)}."
        for name, scope in SCOPES.items()
    }
    | {name: f"Not answered: {why}." for name, why in UNANSWERABLE.items()},
)

FAILED: Final = "Failed to read statistics"
MOST_ROWS: Final = 10_000
#: Rows are reckoned up for each call, so a cursor only counts them.
_PLACES: Final = Order((None,), (int,), False)

Cell = int | float | str | None


class StatParts(Paged):
    """Which part of the rows."""

    limit: int = Field(30, ge=1, le=MOST_ROWS, description="How many at most.")


class StatFilter(Body):
    """Only facts of which this holds; `periodStart` and `periodEnd` mean the scope's first time.

    Every scope takes `tags`, by number, and `customFields`, as `{"id": 4, "value": "Late"}` or `"4::Late"`.
    """

    member: str = Field(max_length=64)
    operator: reporting.Operator
    values: list[Any] = Field([], max_length=1000)


class TimeDimension(Body):
    """Group by hours, days, weeks or months."""

    dimension: str = Field(max_length=64)
    granularity: reporting.Granularity


class StatFacts(Body):
    """Which facts of a scope."""

    scope: str = Field(max_length=64, json_schema_extra={"enum": [*SCOPES, *UNANSWERABLE]})
    filters: list[StatFilter] = Field([], max_length=50)
    timezone: str = Field("UTC", max_length=64)


class StatQuery(StatFacts):
    """What is asked; without measures, all that the scope has."""

    dimensions: list[str] = Field([], max_length=10)
    measures: list[str] = Field([], max_length=20)
    time_dimensions: list[TimeDimension] = Field([], max_length=3)
    order: list[tuple[str, Literal["asc", "desc"]]] = Field([], max_length=10)


class StatBody(Body):
    """A question."""

    query: StatQuery


@resource.call(
    "POST /reporting/stats", needs="read", query=StatParts, body=StatBody, gives=dict[str, Cell], status=200,
    reads=True,
    sample={"query": {
        "scope": "tickets-created", "filters": [], "timezone": "UTC", "dimensions": ["channel"],
        "measures": ["ticketCount"], "time_dimensions": [{"dimension": "createdDatetime", "granularity": "day"}],
    }},
)  # fmt: skip
def stats(asked: StatParts, body: StatBody) -> Page:
    """Answer a question about the desk's work, one row for each group."""
    query = body.query
    question = replace(
        facts(query, "query", FAILED),
        dimensions=query.dimensions,
        measures=query.measures,
        times=[(each.dimension, each.granularity) for each in query.time_dimensions],
        order=query.order,
    )
    try:
        rows = reporting.answer(db.session(), question)
    except reporting.WrongQuestion as wrong:
        raise Problem(400, FAILED, {f"query.{wrong.field}": [str(wrong)]}) from wrong
    return _part([_shown(row) for row in rows], asked)


def facts(given: StatFacts, field: str, failed: str) -> reporting.Question:
    """The question about these facts that asks nothing yet."""
    try:
        zone = ZoneInfo(given.timezone)
    except (ValueError, KeyError, OSError):  # KeyError: there is none; OSError: a folder of them
        raise Problem(400, failed, {f"{field}.timezone": [f"There is no time zone {given.timezone!r}."]}) from None
    filters = [reporting.Filter(each.member, each.operator, each.values) for each in given.filters]
    return reporting.Question(given.scope, (), (), (), filters, zone, ())


def _part(rows: list[reporting.Row], asked: StatParts) -> Page:
    first = _place(asked)
    before, after = max(first - asked.limit, 0), first + asked.limit
    return Page(
        rows[first:after],
        Cursor("prev", (before,), before + 1).write() if first > 0 else None,
        Cursor("next", (after,), after + 1).write() if after < len(rows) else None,
    )


def _place(asked: StatParts) -> int:
    place: int = read_cursor(asked.cursor, _PLACES).keys[0] if asked.cursor else 0
    return max(place, 0)


def _shown(row: reporting.Row) -> reporting.Row:
    return {name: write_moment(value) if isinstance(value, datetime) else value for name, value in row.items()}


@resource.call("GET /stats/<string:name>", needs="read")
def old_stats(name: str) -> None:
    """The way to statistics before `/reporting/stats`: it is gone, and every name is answered so."""
    raise Problem(400, f"The statistic {name[:64]!r} does not exist. Ask POST /api/reporting/stats.")


@resource.call("POST /stats/<string:name>", needs="read", reads=True)
def old_stats_posted(name: str) -> None:
    """The same for those who posted their question."""
    old_stats(name)
