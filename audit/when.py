"""Filters that ask when: the period, and the time zone in which times are written and shown."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, bindparam

from audit import asking
from audit.asking import Asked, Complain
from audit.base import UtcDateTime
from audit.log import event_table
from audit.periods import (
    ANY,
    OWN,
    Period,
    dated,
    default,
    is_span,
    own,
    preset,
    read_wall,
    span_of,
    span_words,
    wall_length,
    write_wall,
)
from audit.question import Filter, Ground, Hear, Pairs, Phrase, Query, Test, Word

_c: Final = event_table.c

#: What the ends of the period are called in SQL.
START: Final = "period_start"
END: Final = "period_end"


def _read_period(asked: Asked, ground: Ground, complain: Complain) -> Mapping[str, Any]:
    exempt = _is_exempt(asked)
    period = asking.period(asked, complain) or default_period(ground, exempt)
    if period.name == OWN and period.start is None and period.end is None:
        period = own(ground.now, ground.zone, ground.longest)
    if not exempt:
        asking.check_length(wall_length(period, ground.now, ground.zone), ground.longest, complain)
    asking.check_order(span_of(period, ground.now, ground.zone), ground.now, complain)
    return {"period": period}


def _is_exempt(asked: Asked) -> bool:
    found = asking.target(asked.get("object", []), lambda _: None)
    return bool(asked.get("context")) or (found is not None and found[1] is not None)


def default_period(ground: Ground, exempt: bool) -> Period:
    """The period of a question that names none."""
    return Period(ANY) if exempt else default(ground.longest)


def _write_period(query: Query, ground: Ground) -> Pairs:
    if query.period == default_period(ground, query.is_exempt):
        return []
    ends = (("from", write_wall(query.period.start)), ("to", write_wall(query.period.end)))
    return [("period", query.period.name), *((name, value) for name, value in ends if value)]


def _period_condition(query: Query, ground: Ground) -> Iterable[ColumnElement[bool]]:
    span = span_of(query.period, ground.now, ground.zone)
    return [
        *([_c.created_datetime >= bindparam(START, span.start, UtcDateTime)] if span.start is not None else []),
        *([_c.created_datetime < bindparam(END, span.end, UtcDateTime)] if span.end is not None else []),
    ]


def ends_of(query: Query, ground: Ground) -> dict[str, datetime]:
    """Another period's ends for the SQL of a question that is the same otherwise."""
    span = span_of(query.period, ground.now, ground.zone)
    return {name: end for name, end in ((START, span.start), (END, span.end)) if end is not None}


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


def _hear_since(word: Word, ground: Ground, complain: Complain) -> Pairs:
    if preset(word.value.lower()) is not None:
        return [("period", word.value.lower())]
    day = dated(word.value, ground.now, ground.zone)
    if read_wall(day) is None:
        complain(
            f"“since” takes a span up to now, such as 45m, 24h or 7d, or a day such as tuesday or 2026-03-02, and"
            f" {asking.listed([word.value])} is neither."
        )
    return [("from", day)]


def _hear_on(word: Word, ground: Ground, complain: Complain) -> Pairs:
    day = dated(word.value, ground.now, ground.zone)
    if type(read_wall(day)) is not date:
        complain(
            f"“on” takes a day such as tuesday, yesterday or 2026-03-02, and {asking.listed([word.value])} is none."
        )
    return [("from", day), ("to", day)]


def _hear_period(word: Word, _ground: Ground, complain: Complain) -> Pairs:
    asking.period({"period": [word.value.lower()]}, complain)
    return [("period", word.value.lower())]


def _hear_end(name: str) -> Hear:
    def hear(word: Word, ground: Ground, complain: Complain) -> Pairs:
        day = dated(word.value, ground.now, ground.zone)
        asking.wall(name, [day], complain)
        return [(name, day)]

    return hear


def _say_period(query: Query, ground: Ground) -> Iterable[Word]:
    period = query.period
    if period == default_period(ground, query.is_exempt):
        return []
    if period.name != OWN:
        return [Word("since" if is_span(period.name) else "period", period.name)]
    ends = (("from", write_wall(period.start)), ("to", write_wall(period.end)))
    return [Word(key, value) for key, value in ends if value]


PERIOD: Final = Filter(
    field="period",
    label="Period",
    parameters=("period", "from", "to"),
    read=_read_period,
    write=_write_period,
    condition=_period_condition,
    tests=_period_tests,
    words=_period_words,
    hear={
        "since": _hear_since,
        "on": _hear_on,
        "period": _hear_period,
        "from": _hear_end("from"),
        "to": _hear_end("to"),
    },
    say=_say_period,
)


def _read_times(asked: Asked, _ground: Ground, complain: Complain) -> Mapping[str, Any]:
    asking.zone(asked.get("times", []), complain)  # the ground has it already
    return {}


def by_its_clock(asked: Asked, ground: Ground) -> Ground:
    """The ground by whose clock on the wall an address is meant: that of the zone it names, else the account's."""
    name = asking.zone(asked.get("times", []), lambda _: None)
    zone = ZoneInfo(name) if name else ground.home or ground.zone
    return replace(ground, zone=zone, times=name)


def for_keeps(query: Query, ground: Ground) -> Ground:
    """The ground by which a question that is kept means the same whatever clock its reader has: dates name theirs."""
    return replace(ground, times=ground.zone.key) if query.period.name == OWN else ground


#: It finds nothing by itself: it only says which clock on the wall is meant, and stays in every address.
TIMES: Final = Filter(
    field="times",
    label="Times in",
    parameters=("times",),
    read=_read_times,
    write=lambda _, ground: [("times", ground.times)] if ground.times else [],
    condition=lambda _query, _ground: [],
    tests=lambda _query, _ground: [],
    words=lambda _query, _ground: Phrase(),
    hear={"times": lambda word, _ground, _complain: [("times", word.value)]},
    say=lambda _query, ground: [Word("times", ground.times)] if ground.times else [],
)
