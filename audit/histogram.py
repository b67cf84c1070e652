"""The histogram above the list: what each bar holds by group, how tall it is, and what it says in words."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from audit.bars import Held, Span
from audit.base import MICROSECOND
from audit.counting import Counts
from audit.hues import group_hue
from audit.periods import day_words
from audit.question import Ground
from audit.scales import Scale
from audit.types import registry

#: Of a bar in the drawing, whose height is that of the tallest bar.
WIDTH: Final = 10
HEIGHT: Final = 72
GAP: Final = 1.5

#: How the groups are called, from the bottom of a bar to its top.
_GROUPS: Final = {
    "hue-ticket": "Tickets",
    "hue-message": "Messages",
    "hue-people": "People",
    "hue-configuration": "Configuration",
    "hue-account": "Account",
}
#: The least that is still seen.
_LEAST: Final = 1.5


@dataclass(frozen=True)
class Piece:
    """A part of a bar: one group of events."""

    hue: str
    number: int
    y: float
    height: float


@dataclass(frozen=True, eq=False)
class Bar:
    """One bar: from when to when, as the period's ends are written, and what it holds. It stays the same one."""

    x: float
    begin: int  #: in milliseconds since 1970, for what is added while one looks
    start: str
    end: str
    span: str
    words: str
    pieces: tuple[Piece, ...]
    is_counted: bool


@dataclass(frozen=True)
class Histogram:
    """All bars, the legend with totals, and the words under the axis."""

    bars: list[Bar]
    legend: list[tuple[str, str, int]]  #: hue, name, how many
    ticks: list[str]
    tallest: int
    each: str  #: what one bar covers
    lasts: int  #: the same in milliseconds
    counted_to: str

    @property
    def width(self) -> int:
        """Of the drawing."""
        return WIDTH * len(self.bars)


def histogram_of(counts: Counts, ground: Ground) -> Histogram | None:
    """The drawing of what was counted; None if there is nothing to draw."""
    scale = counts.scale
    grouped = {place: _grouped(held, counts.asked) for place, held in counts.bars.items()}
    if scale is None or not any(grouped.values()):
        return None
    this_year = datetime(ground.now.astimezone(ground.zone).year, 7, 1, tzinfo=ground.zone)  # all that words depend on
    tallest = max(sum(number for _, number in each) for each in grouped.values())
    totals: Counter[str] = Counter()
    for each in grouped.values():
        for hue, number in each:
            totals[hue] += number
    return Histogram(
        bars=[
            _bar(
                place,
                bar,
                ground.zone,
                grouped.get(place, ()),
                tallest,
                counts.counted_to is None or bar[0] >= counts.counted_to,
                this_year,
            )
            for place, bar in enumerate(scale.bars)
        ],
        legend=[(hue, name, totals[hue]) for hue, name in _GROUPS.items() if totals[hue]],
        ticks=_ticks(scale, ground),
        tallest=tallest,
        each=_length(scale.width),
        lasts=int(scale.width.total_seconds() * 1000),
        counted_to=_moment(counts.counted_to.astimezone(ground.zone), ground.now) if counts.counted_to else "",
    )


@lru_cache(maxsize=8192)
def _grouped(held: Held, asked: frozenset[str] | None) -> tuple[tuple[str, int], ...]:
    """How many there are of each group, of what was asked."""
    found: Counter[str] = Counter()
    for name, number in held.numbers.items():
        if asked is None or name in asked:
            found[_hue(name)] += number
    return tuple(found.items())


@cache
def _hue(type_name: str) -> str:
    type_ = registry.get(type_name)
    return group_hue(type_.object if type_ is not None else "")


@lru_cache(maxsize=4096)
def _bar(
    place: int, bar: Span, zone: ZoneInfo, held: tuple[tuple[str, int], ...], tallest: int, is_counted: bool,
    now: datetime,
) -> Bar:  # fmt: skip
    """Nearly all bars are over, and look as they did when they were last drawn."""
    start, end = (moment.astimezone(zone) for moment in bar)
    last = end - MICROSECOND  # in its last minute something may have happened, however young that minute is
    numbers, pieces, top = Counter(dict(held)), [], float(HEIGHT)
    for hue in _GROUPS:
        if numbers[hue]:
            height = max(numbers[hue] / tallest * HEIGHT, _LEAST)
            top -= height
            pieces.append(Piece(hue, numbers[hue], round(max(top, 0), 2), round(height, 2)))
    clock = "%H:%M:%S" if end - start < timedelta(minutes=1) else "%H:%M"
    span = f"{day_words(start, now)}, {start:{clock}} to {end:{clock}}"
    return Bar(
        x=place * WIDTH,
        begin=int(start.timestamp() * 1000),
        start=f"{start:%Y-%m-%dT%H:%M}",
        end=f"{last:%Y-%m-%dT%H:%M}",
        span=span,
        words=f"{span}: {_held(numbers, is_counted)}",
        pieces=tuple(pieces),
        is_counted=is_counted,
    )


def _held(held: Counter[str], is_counted: bool) -> str:
    if not is_counted and not held:
        return "not counted yet"
    named = ", ".join(f"{name} {held[hue]:,}" for hue, name in _GROUPS.items() if held[hue])
    number = held.total()
    least = "" if is_counted else "at least "
    return f"{least}{number:,} event{'' if number == 1 else 's'}{f' ({named})' if named else ''}"


def _ticks(scale: Scale, ground: Ground) -> list[str]:
    moments = [scale.bars[0][0], scale.bars[len(scale.bars) // 2][0], scale.bars[-1][1]]
    return [_moment(moment.astimezone(ground.zone), ground.now) for moment in moments]


def _moment(local: datetime, now: datetime) -> str:
    return f"{day_words(local, now)}, {local:%H:%M}"


def _length(width: timedelta) -> str:
    for name, unit in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if width >= unit:
            number = round(width / unit)
            return f"{number} {name}s" if number != 1 else f"one {name}"
    return f"{width.seconds} seconds" if width.seconds != 1 else "one second"
