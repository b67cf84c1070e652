"""Bars of equal width that cover a span of time, and where they begin on the clock of a time zone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from audit.bars import Span

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
    bars: tuple[Span, ...]  #: cut to the span

    def is_whole(self, bar: Span) -> bool:
        """Whether the span does not cut a bar; one that it cuts has other ends a moment later."""
        return bar[1] - bar[0] == self.width


def scale_for(start: datetime, end: datetime, zone: ZoneInfo) -> Scale:
    """The bars of a span, none of them cut by a full hour or day of the zone's clock that would fit."""
    width = next((width for width in _WIDTHS if (end - start) / width <= MOST - 1), (end - start) / (MOST - 1))
    begin = _floor(start, width, zone)
    number = -((begin - end) // width)  # the last one may be cut, and is not left out
    whole = _whole(begin, width, number)
    first, last = whole[0], whole[-1]
    if number == 1:
        return Scale(begin, width, ((start, end),))
    return Scale(begin, width, ((start, first[1]), *whole[1:-1], (last[0], end)))


@lru_cache(maxsize=256)
def _whole(begin: datetime, width: timedelta, number: int) -> tuple[Span, ...]:
    """The bars of a clock, uncut: the same ones for hours."""
    return tuple((begin + place * width, begin + (place + 1) * width) for place in range(number))


def _floor(moment: datetime, width: timedelta, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    passed = local.replace(tzinfo=None) - midnight
    if width >= timedelta(days=1):
        return moment - passed
    return moment - passed % width
