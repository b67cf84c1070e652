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
    scale, asked, zone = counts.scale, counts.asked, ground.zone
    tallest, groups = _sum_over(tuple(counts.over.values()), asked)
    lately = _sum(tuple(counts.fresh.values()), asked)
    tallest, totals = max(tallest, lately[0]), groups + lately[1]
    if scale is None or not totals:
        return None
    this_year = datetime(ground.now.astimezone(zone).year, 7, 1, tzinfo=zone)  # all that words depend on
    over = tuple(counts.over.items())
    bars = dict(_bars_over(over, scale.begin, scale.width, zone, asked, tallest, this_year))
    for place, bar in enumerate(scale.bars):
        if place not in bars:
            held = _grouped(counts.fresh[place], asked) if place in counts.fresh else ()
            is_counted = counts.counted_to is None or bar[0] >= counts.counted_to
            bars[place] = _bar(place, bar, zone, held, tallest, is_counted, this_year)
    return Histogram(
        bars=[bars[place] for place in range(len(scale.bars))],
        legend=[(hue, name, totals[hue]) for hue, name in _GROUPS.items() if totals[hue]],
        ticks=_ticks(scale, ground),
        tallest=tallest,
        each=_length(scale.width),
        lasts=int(scale.width.total_seconds() * 1000),
        counted_to=_moment(counts.counted_to.astimezone(zone), ground.now) if counts.counted_to else "",
    )


def _sum(stretches: tuple[Held, ...], asked: frozenset[str] | None) -> tuple[int, Counter[str]]:
    """How much the fullest of them holds, and how much there is of each group."""
    most, groups = 0, Counter[str]()
    for held in stretches:
        each = dict(_grouped(held, asked))
        most = max(most, sum(each.values()))
        groups.update(each)
    return most, groups


#: Bars that are over stay the same ones from one look to the next, and so does what is made of them.
_sum_over: Final = lru_cache(maxsize=256)(_sum)


@lru_cache(maxsize=128)
def _bars_over(
    held: tuple[tuple[int, Held], ...], begin: datetime, width: timedelta, zone: ZoneInfo,
    asked: frozenset[str] | None, tallest: int, now: datetime,
) -> dict[int, Bar]:  # fmt: skip
    return {
        place: _bar(
            place, (begin + place * width, begin + (place + 1) * width), zone, _grouped(one, asked), tallest, True, now
        )
        for place, one in held
    }


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
