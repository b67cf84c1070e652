"""Bars of equal width that cover a span of time, and where they begin on the clock of a time zone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

#: More would be too thin to point at.
MOST: Final = 60

_WIDTHS: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        *(1, 5, 15, 30),
        *(60 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
        *(3600 * hours for hours in (1, 2, 3, 6, 12)),
        *(86_400 * days for days in (1, 2, 7, 14, 28, 91, 364, 3640)),
    )
)


@dataclass(frozen=True)
class Scale:
    """So many bars of one width, in UTC; the first and the last one may stick out of the span."""

    begin: datetime
    width: timedelta
    bars: tuple[tuple[datetime, datetime], ...]  #: cut to the span


def scale_for(start: datetime, end: datetime, zone: ZoneInfo) -> Scale:
    """The bars of a span, none of them cut by a full hour or day of the zone's clock that would fit."""
    width = next((width for width in _WIDTHS if (end - start) / width <= MOST - 1), (end - start) / (MOST - 1))
    begin = _floor(start, width, zone)
    places = range(int((end - begin) / width) + 1)
    bars = [(max(start, begin + place * width), min(end, begin + (place + 1) * width)) for place in places]
    return Scale(begin, width, tuple((first, last) for first, last in bars if first < last))


def _floor(moment: datetime, width: timedelta, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    passed = local.replace(tzinfo=None) - midnight
    if width >= timedelta(days=1):
        return moment - passed
    return moment - passed % width
