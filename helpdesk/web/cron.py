"""A line of cron in words."""

from collections.abc import Callable
from typing import Final

#: Schedules to begin with.
USUAL: Final = (
    ("0 * * * *", "Every hour"),
    ("0 9 * * *", "Every day at 9:00"),
    ("0 9 * * 1-5", "Monday to Friday at 9:00"),
    ("0 9 * * 1", "Every Monday at 9:00"),
    ("0 9 1 * *", "On the first of each month at 9:00"),
)

_DAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_SHORT: Final = {day[:3].lower(): place for place, day in enumerate(_DAYS)}
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def in_words(line: str) -> str:
    """ "0 9 * * 1-5" as "at 09:00, Monday to Friday"; what is too odd is said part by part."""
    minute, hour, day, month, weekday = line.split()
    parts = [_time(minute, hour)]
    if weekday != "*":
        parts.append(_list(weekday, "on", "on days of the week", _day))
    elif day != "*":
        parts.append(_list(day, "on day", "on days", str))
    elif hour.isdigit() and minute.isdigit():
        parts.append("every day")
    if month != "*":
        parts.append(_list(month, "in", "in months", _month))
    return ", ".join(parts)


def _time(minute: str, hour: str) -> str:
    if minute.isdigit() and hour.isdigit():
        return f"at {int(hour):02d}:{int(minute):02d}"
    if hour == "*":
        if minute == "*":
            return "every minute"
        if minute.startswith("*/") and minute[2:].isdigit():
            return f"every {minute[2:]} minutes"
        return "every hour" if minute == "0" else f"{minute} minutes past every hour"
    if minute == "0" and hour.startswith("*/") and hour[2:].isdigit():
        return f"every {hour[2:]} hours"
    return f"at minute {minute} of the hours {hour}"


def _list(given: str, before: str, before_odd: str, say: Callable[[str], str]) -> str:
    first, dash, last = given.partition("-")
    if dash and "," not in given and "/" not in given:
        return f"{say(first)} to {say(last)}"
    if "-" in given or "/" in given:
        return f"{before_odd} {given}"
    names = [say(each) for each in given.split(",")]
    return f"{before} {' and '.join([', '.join(names[:-1]), names[-1]] if names[1:] else names)}"


def _day(word: str) -> str:
    place = int(word) % 7 if word.isdigit() else _SHORT.get(word.lower()[:3])
    return _DAYS[place] if place is not None else word


def _month(word: str) -> str:
    return _MONTHS[int(word) - 1] if word.isdigit() and 0 < int(word) < 13 else word
