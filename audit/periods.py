"""Spans of time as a person asks for them, in the account's time zone, and as the log is searched, in UTC."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

#: A day, or a minute of a day, on the wall clock of the account's time zone.
Wall = date | datetime

#: The period of one's own choice, and the one without bounds (an object's trail, a chain).
OWN: Final = "own"
ANY: Final = "any"

_WALL: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d))?", re.ASCII)
_YEARS: Final = range(1970, 2200)
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def dated(word: str, now: datetime, zone: ZoneInfo) -> str:
    """The date of today, yesterday or tuesday, the last there was; other words stay as they are."""
    today, name = now.astimezone(zone).date(), word.lower()
    back = {"today": 0, "yesterday": 1}.get(name)
    if back is None and len(name) > 2:
        day = next((place for place, each in enumerate(DAYS) if each.lower().startswith(name)), None)
        back = (today.weekday() - day) % 7 if day is not None else None
    return f"{today - timedelta(days=back)}" if back is not None else word


@dataclass(frozen=True)
class Preset:
    """A period that has a name."""

    name: str
    label: str
    start: Callable[[datetime, ZoneInfo], datetime]  #: from now, in UTC
    length: timedelta  #: at most
    end: Callable[[datetime, ZoneInfo], datetime] | None = None  #: None: until now, and on


@dataclass(frozen=True)
class Period:
    """What was asked for: a preset by name, or wall times of one's own, ends included."""

    name: str
    start: Wall | None = None
    end: Wall | None = None


@dataclass(frozen=True)
class Span:
    """What that means in UTC: from `start` on, up to but not including `end`; None is open."""

    start: datetime | None = None
    end: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether events that happen from now on belong to it."""
        return self.end is None or self.end > now


def _midnight(days_ago: Callable[[date], int]) -> Callable[[datetime, ZoneInfo], datetime]:
    def start(now: datetime, zone: ZoneInfo) -> datetime:
        today = now.astimezone(zone).date()
        return _instant(datetime.combine(today - timedelta(days=days_ago(today)), time()), zone)

    return start


def _ago(span: timedelta) -> Callable[[datetime, ZoneInfo], datetime]:
    return lambda now, _zone: now - span


_TODAY: Final = _midnight(lambda _today: 0)

PRESETS: Final = {
    preset.name: preset
    for preset in (
        Preset("15m", "Last 15 minutes", _ago(timedelta(minutes=15)), timedelta(minutes=15)),
        Preset("1h", "Last hour", _ago(timedelta(hours=1)), timedelta(hours=1)),
        Preset("24h", "Last 24 hours", _ago(timedelta(days=1)), timedelta(days=1)),
        Preset("today", "Today", _TODAY, timedelta(days=1)),
        Preset("yesterday", "Yesterday", _midnight(lambda _today: 1), timedelta(days=1), end=_TODAY),
        Preset("week", "This week", _midnight(lambda today: today.weekday()), timedelta(days=7)),
        Preset("7d", "Last 7 days", _ago(timedelta(days=7)), timedelta(days=7)),
        Preset("30d", "Last 30 days", _ago(timedelta(days=30)), timedelta(days=30)),
    )
}


_SPAN: Final = re.compile(r"([1-9]\d{0,3})([mhdw])", re.ASCII)
_UNITS: Final = {
    "m": ("minute", timedelta(minutes=1)),
    "h": ("hour", timedelta(hours=1)),
    "d": ("day", timedelta(days=1)),
    "w": ("week", timedelta(weeks=1)),
}


def preset(name: str) -> Preset | None:
    """The period of that name: one that is offered, or any span up to now, `45m`, `36h`, `3d`, `2w`."""
    found = _SPAN.fullmatch(name)
    if name in PRESETS or found is None:
        return PRESETS.get(name)
    unit, one = _UNITS[found[2]]
    span = int(found[1]) * one
    return Preset(name, f"Last {found[1]} {unit}s" if found[1] != "1" else f"Last {unit}", _ago(span), span)


def is_span(name: str) -> bool:
    """Whether a period is so much time up to now."""
    return _SPAN.fullmatch(name) is not None


def offered(longest: timedelta | None) -> list[Preset]:
    """The presets that fit into the account's longest period."""
    return [named for named in PRESETS.values() if longest is None or named.length <= longest]


def default(longest: timedelta | None) -> Period:
    """The last seven days, or as much of them as the account may see at once."""
    names = [preset.name for preset in offered(longest)]
    return Period(next((name for name in ("7d", "24h") if name in names), "1h"))


def own(now: datetime, zone: ZoneInfo, longest: timedelta | None) -> Period:
    """Where a period of one's own begins, before any date is chosen: the days up to today, as many as allowed."""
    days = max(min(longest or timedelta(days=7), timedelta(days=7)).days - 1, 0)
    return Period(OWN, now.astimezone(zone).date() - timedelta(days=days))


def span_of(period: Period, now: datetime, zone: ZoneInfo) -> Span:
    """The period in UTC; a day is meant to its end, a minute to its end."""
    named = preset(period.name)
    if named is not None:
        return Span(named.start(now, zone), named.end(now, zone) if named.end else None)
    return Span(
        None if period.start is None else _instant(_first_minute(period.start), zone),
        None if period.end is None else _after(period.end, zone),
    )


def wall_length(period: Period, now: datetime, zone: ZoneInfo) -> timedelta | None:
    """How long it is on the wall clock, so that a week with a change of clocks is a week; None without a start."""
    named = preset(period.name)
    if named is not None:
        return named.length
    if period.start is None:
        return None
    if period.end is None:
        end = now.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
    elif isinstance(period.end, datetime):
        end = period.end
    else:
        end = datetime.combine(period.end + timedelta(days=1), time())
    return end - _first_minute(period.start)


def read_wall(words: str) -> Wall | None:
    """A day (2026-03-02) or a minute (2026-03-02T14:05); None if it is neither."""
    found = _WALL.fullmatch(words.strip())
    if found is None or int(found[1]) not in _YEARS:
        return None
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
        return day if found[4] is None else datetime.combine(day, time(int(found[4]), int(found[5])))
    except ValueError:
        return None


def write_wall(wall: Wall | None) -> str:
    """As `read_wall` reads it."""
    if wall is None:
        return ""
    return wall.strftime("%Y-%m-%dT%H:%M") if isinstance(wall, datetime) else wall.isoformat()


def minutes(period: Period) -> tuple[str, str]:
    """Both ends as a date-and-time input holds them."""
    start, end = period.start, period.end
    if end is not None and not isinstance(end, datetime):
        end = datetime.combine(end, time(23, 59))
    return write_wall(start and _first_minute(start)), write_wall(end)


def day_words(moment: datetime, now: datetime) -> str:
    """Monday 2 March, with the year where it is not this one."""
    year = f" {moment.year}" if moment.year != now.astimezone(moment.tzinfo).year else ""
    return f"{DAYS[moment.weekday()]} {moment.day} {_MONTHS[moment.month - 1]}{year}"


def span_words(span: Span, now: datetime, zone: ZoneInfo) -> str:
    """Since Monday 2 March, 14:05; or from … to …, both ends included."""
    start = None if span.start is None else moment_words(span.start.astimezone(zone), now)
    if span.end is None:
        return "at any time" if start is None else f"since {start}"
    end = moment_words((span.end - timedelta(minutes=1)).astimezone(zone), now)
    return f"until {end}" if start is None else f"from {start} to {end}"


def moment_words(moment: datetime, now: datetime) -> str:
    """Monday 2 March, 14:05."""
    return f"{day_words(moment, now)}, {moment:%H:%M}"


def _first_minute(wall: Wall) -> datetime:
    return wall if isinstance(wall, datetime) else datetime.combine(wall, time())


def _after(wall: Wall, zone: ZoneInfo) -> datetime:
    if not isinstance(wall, datetime):
        return _instant(datetime.combine(wall + timedelta(days=1), time()), zone)
    last = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    # In the hour that clocks skip no such minute exists: the end is the jump. In the doubled one, both are meant.
    return _jump(last, first, zone) if last < first else last + timedelta(minutes=1)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return _jump(second, first, zone) if second < first else first


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """When clocks were put forward, somewhere between these two moments."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)
