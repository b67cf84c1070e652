"""Statistics of the desk's work: facts of one scope, filtered, grouped by what they have in common, and reckoned up."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, false, not_, or_, select, true
from sqlalchemy.orm import Session

from helpdesk.language import filters
from helpdesk.models import Ticket, TicketTag
from helpdesk.refusals import Refused
from helpdesk.reporting_scopes import SCOPES, UNANSWERABLE, Dimension, Scope

Granularity = Literal["hour", "day", "week", "month"]
Operator = Literal[
    "one-of", "not-one-of", "all-of", "afterDate", "beforeDate", "set", "inDateRange", "contains"
]  # fmt: skip
Row = dict[str, Any]

LARGEST: Final = 2**63 - 1
#: Filters that every scope takes beside its dimensions: of its first date, of the ticket's tags and custom fields.
_PERIOD: Final[Mapping[str, Operator]] = {"periodStart": "afterDate", "periodEnd": "beforeDate"}
_TAGS: Final = ("tags", "tagId")
_FIELDS: Final = "customFields"
_FIELD_AND_VALUE: Final = re.compile(r"([1-9][0-9]{0,17})::(.*)", re.ASCII | re.DOTALL)
_YEARS: Final = range(1970, 2200)


class WrongQuestion(Refused):
    """A part of the question can't be answered; says which."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Filter:
    """Only facts of which this holds."""

    member: str
    operator: Operator
    values: Sequence[Any]


@dataclass(frozen=True)
class Question:
    """What somebody wants to know."""

    scope: str
    dimensions: Sequence[str]
    measures: Sequence[str]
    times: Sequence[tuple[str, Granularity]]
    filters: Sequence[Filter]
    zone: ZoneInfo
    order: Sequence[tuple[str, Literal["asc", "desc"]]]


def answer(session: Session, question: Question) -> list[Row]:
    """One row for each group, in the order asked for; without any grouping there is one row, of all facts."""
    scope = _scope(question.scope)
    dimensions = [_one(scope.dimensions, name, "dimensions") for name in question.dimensions]
    times = [_one(scope.times, name, "time_dimensions") for name, _ in question.times]
    measures = {name: _one(scope.measures, name, "measures") for name in question.measures or scope.measures}
    statement = scope.source(*(dimension.column for dimension in dimensions), *times, *scope.values)
    statement = statement.where(*(_condition(scope, each, question.zone) for each in question.filters))
    statement = statement.where(*(column.is_not(None) for column in times))
    groups: dict[tuple[Any, ...], list[Any]] = {} if dimensions or times else {(): []}
    for found in session.execute(statement):
        values, facts = found[: len(dimensions)], found[len(dimensions) :]
        moments = zip(facts, question.times, strict=False)
        starts = (_start(moment, question.zone, size) for moment, (_, size) in moments)
        groups.setdefault((*map(_plain, values), *starts), []).append(facts[len(times) :])
    names = [*question.dimensions, *(name for name, _ in question.times)]
    rows = [
        {**dict(zip(names, group, strict=True)), **{name: measure(facts) for name, measure in measures.items()}}
        for group, facts in groups.items()
    ]
    return _sorted(rows, question.order, [*reversed(names)])


def tickets_behind(session: Session, question: Question, most: int) -> list[int]:
    """The tickets of a question's facts, by number, as many as this at most; groups and measures don't matter."""
    scope = _scope(question.scope)
    found = scope.source(Ticket.id).where(*(_condition(scope, each, question.zone) for each in question.filters))
    return list(session.scalars(found.where(Ticket.id.is_not(None)).distinct().order_by(Ticket.id).limit(most)))


def _scope(name: str) -> Scope:
    if name in SCOPES:
        return SCOPES[name]
    why = UNANSWERABLE.get(name, "there is no such scope")
    raise WrongQuestion("scope", f"{name!r} can't be answered: {why}. There are {', '.join(SCOPES)}.")


def _one(known: Mapping[str, Any], name: str, field: str) -> Any:
    if name not in known:
        raise WrongQuestion(field, f"This scope has no {name[:64]!r}. It has {', '.join(known)}.")
    return known[name]


def _condition(scope: Scope, given: Filter, zone: ZoneInfo) -> ColumnElement[bool]:
    if given.member in _PERIOD:
        main = next(iter(scope.times.values()))
        return _dated(main, Filter(given.member, _PERIOD[given.member], given.values), zone)
    if given.member in scope.times:
        return _dated(scope.times[given.member], given, zone)
    if given.member in _TAGS and given.member not in scope.dimensions:
        return _tagged(given)
    if given.member == _FIELDS:
        return _any_or_all(given, [_held(value) for value in given.values])
    return _compared(_one(scope.dimensions, given.member, "filters"), given)


def _dated(column: SQLColumnExpression[Any], given: Filter, zone: ZoneInfo) -> ColumnElement[bool]:
    if given.operator == "set":
        return column.is_not(None)
    moments = [_moment(value, zone) for value in given.values]
    if given.operator == "inDateRange" and len(moments) == 2:
        return column.between(moments[0], moments[1])
    if given.operator not in ("afterDate", "beforeDate") or len(moments) != 1:
        raise WrongQuestion("filters", f"{given.member} takes afterDate or beforeDate with one date, inDateRange two.")
    return column >= moments[0] if given.operator == "afterDate" else column <= moments[0]


def _tagged(given: Filter) -> ColumnElement[bool]:
    numbers = _values(Dimension(TicketTag.tag_id, int), given)

    def having(number: int) -> ColumnElement[bool]:
        return Ticket.id.in_(select(TicketTag.ticket_id).where(TicketTag.tag_id == number))

    return _any_or_all(given, [having(number) for number in numbers])


def _held(given: Any) -> ColumnElement[bool]:
    """Of tickets with a value in a custom field: `{"id": 4, "value": "Late"}`, or the same as `4::Late`."""
    if isinstance(given, dict) and given.keys() == {"id", "value"}:
        number, value = given["id"], given["value"]
        is_some = isinstance(value, str) or (isinstance(value, int | float) and abs(value) <= LARGEST)
        if type(number) is int and 0 < number <= LARGEST and is_some:
            return filters.having(number, value)
    if isinstance(given, str) and (found := _FIELD_AND_VALUE.fullmatch(given)) is not None:
        number, text = int(found[1]), found[2]
        return or_(*(filters.having(number, value) for value in _readings(text)))
    raise WrongQuestion(
        "filters", f'{_FIELDS} are {{"id": 4, "value": "Late"}} or "4::Late"; {str(given)[:64]!r} is none.'
    )


def _readings(text: str) -> Iterator[str | float | bool]:
    """What a text may stand for; a field holds only one kind of values."""
    yield text
    if text in ("true", "false"):
        yield text == "true"
    elif re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", text, re.ASCII):
        yield float(text)


def _any_or_all(given: Filter, conditions: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    if given.operator == "all-of":
        return and_(true(), *conditions)
    if given.operator in ("one-of", "not-one-of"):
        found = or_(false(), *conditions)
        return found if given.operator == "one-of" else not_(found)
    raise WrongQuestion("filters", f"{given.member} takes one-of, not-one-of or all-of.")


def _compared(dimension: Dimension, given: Filter) -> ColumnElement[bool]:
    column = dimension.column
    if given.operator == "set":
        return column.is_not(None)
    values = _values(dimension, given)
    if given.operator == "one-of":
        return column.in_(values)
    if given.operator == "not-one-of":
        return or_(column.not_in(values), column.is_(None))
    if given.operator == "contains" and dimension.kind is str:
        return or_(false(), *(column.icontains(value, autoescape=True) for value in values))
    raise WrongQuestion("filters", f"{given.member} can't be compared by {given.operator}.")


def _values(dimension: Dimension, given: Filter) -> list[Any]:
    if dimension.kind is None:
        raise WrongQuestion("filters", f"{given.member} can be grouped, but not filtered.")
    for value in given.values:
        if type(value) is not dimension.kind or (isinstance(value, int) and abs(value) > LARGEST):
            kind = "numbers" if dimension.kind is int else "texts"
            raise WrongQuestion("filters", f"The values of {given.member} are {kind}; {str(value)[:64]!r} is none.")
    return list(given.values)


def _moment(value: Any, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        moment = (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)
        if moment.year in _YEARS:
            return moment
    except (TypeError, ValueError, OverflowError):
        pass
    raise WrongQuestion("filters", f"{str(value)[:64]!r} is no date: write it like 2026-08-26T18:40:54Z.")


def _start(moment: datetime, zone: ZoneInfo, size: Granularity) -> datetime:
    """When the hour, day, week or month of this moment began where the asker is."""
    local = moment.astimezone(zone)
    if size == "hour":
        return local.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    day = local.date()
    if size == "week":
        day -= timedelta(days=day.weekday())
    if size == "month":
        day = day.replace(day=1)
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _plain(value: Any) -> Any:
    """A group's value; what a custom field holds is written as text."""
    is_plain = value is None or isinstance(value, str) or type(value) is int
    return value if is_plain else json.dumps(value)


def _sorted(rows: list[Row], order: Sequence[tuple[str, str]], names: Sequence[str]) -> list[Row]:
    for name in names:
        rows.sort(key=lambda row: _rank(row[name]))
    for name, direction in reversed(order):
        if rows and name not in rows[0]:
            raise WrongQuestion("order", f"The answer has no {name[:64]!r}. It has {', '.join(rows[0])}.")
        rows.sort(key=lambda row: _rank(row[name]), reverse=direction == "desc")
    return rows


def _rank(value: Any) -> tuple[int, Any, str]:
    """Nothing first, then numbers and dates, then texts."""
    if value is None:
        return 0, 0, ""
    if isinstance(value, str):
        return 2, 0, value
    return 1, value.timestamp() if isinstance(value, datetime) else value, ""
