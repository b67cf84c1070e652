"""When a rule runs by the clock: a line of cron, understood in the account's time zone."""

import re
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.base import EPOCH
from helpdesk.models import Rule
from helpdesk.refusals import Refused

LONGEST: Final = 255

_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAYS: Final = re.compile(r"(?:([0-7])(?:-([0-7]))?|\*)(?:/([1-7]))?")


def tidy(line: str | None) -> str | None:
    """A line of cron as it is kept, None for none; raises Refused."""
    words = (line or "").split()
    if not words:
        return None
    kept = " ".join(words)
    if len(kept) > LONGEST:
        raise Refused(f"A schedule has at most {LONGEST} characters; this one has {len(kept):,}.")
    if next_after(kept, EPOCH, "UTC") is None:
        raise Refused(f"The schedule {kept!r} names a day that never comes.")
    return kept


def next_after(line: str, moment: datetime, zone: str) -> datetime | None:
    """When it is time after a moment; None for never again. Raises Refused."""
    found: datetime | None = _trigger(line, zone).get_next_fire_time(moment, moment)
    return found.astimezone(moment.tzinfo) if found is not None else None


def count(line: str, after: datetime, upto: datetime, zone: str) -> int:
    """How often it is time after a moment and until another, give or take those of an hour that the clocks skip."""
    trigger, place = _trigger(line, zone), ZoneInfo(zone)
    first, last = after.astimezone(place).replace(tzinfo=None), upto.astimezone(place).replace(tzinfo=None)
    times = [
        time(hour, minute)
        for hour in _values(trigger, "hour", [EPOCH + timedelta(hours=hour) for hour in range(24)])
        for minute in _values(trigger, "minute", [EPOCH + timedelta(minutes=minute) for minute in range(60)])
    ]
    found, day = 0, first.date()
    while day <= last.date():
        noon = datetime.combine(day, time(12))
        if all(_values(trigger, part, [noon]) for part in ("month", "day", "day_of_week")):
            if first.date() < day < last.date():
                found += len(times)
            else:
                found += sum(first < datetime.combine(day, each) <= last for each in times)
        day += timedelta(days=1)
    return found


def _values(trigger: CronTrigger, part: str, moments: list[datetime]) -> list[int]:
    """The values of a part of the schedule at those of these moments that it names."""
    field = next(each for each in trigger.fields if each.name == part)
    pairs = [(field.get_value(moment), field.get_next_value(moment)) for moment in moments]
    return [value for value, following in pairs if value == following]


def arrange(rules: Iterable[Rule], zone: str, at: datetime) -> None:
    """Note when each rule runs next; no event, for nothing about the rules changes."""
    for rule in rules:
        rests = rule.is_draft or rule.deactivated_datetime is not None
        rule.next_run_datetime = next_after(rule.schedule, at, zone) if rule.schedule and not rests else None


def arrange_all(session: Session, account_id: int, zone: str, at: datetime) -> None:
    """Note it for all rules of an account, whose time zone is now this one."""
    arrange(session.scalars(select(Rule).where(Rule.account_id == account_id, Rule.schedule.is_not(None))), zone, at)


@lru_cache(maxsize=256)
def _trigger(line: str, zone: str) -> CronTrigger:
    words = line.split()
    if len(words) != 5:
        raise Refused(
            "A schedule has five parts: minute, hour, day of the month, month, day of the week, such as '0 9 * * 1-5'."
        )
    minute, hour, day, month, weekday = words
    if day != "*" and weekday != "*":
        raise Refused("A schedule names days of the month or days of the week, not both: put * for one of them.")
    try:
        return CronTrigger(
            minute=minute, hour=hour, day=day, month=month, day_of_week=_by_name(weekday), timezone=ZoneInfo(zone)
        )
    except ValueError as problem:
        raise Refused(f"The schedule {line[:60]!r} can't be understood: {problem}.") from None


def _by_name(weekdays: str) -> str:
    # Cron counts from Sunday, the library from Monday: names are the same for both.
    if weekdays == "*" or not any(character.isdigit() for character in weekdays):
        return weekdays
    numbers: list[int] = []
    for part in weekdays.split(","):
        found = _DAYS.fullmatch(part)
        if found is None:
            raise Refused(f"{part[:20]!r} is no day of the week: write 1 to 5, or mon to fri.")
        first = int(found[1] or 0)
        last = int(found[2]) if found[2] else first if found[1] else 6
        numbers += range(first, last + 1, int(found[3] or 1))
    if not numbers:
        raise Refused(f"{weekdays[:20]!r} names no day of the week: a span begins before it ends.")
    return ",".join(dict.fromkeys(_WEEKDAYS[number % 7] for number in numbers))
