"""When tickets arrive: in the evening, at office hours or at any time, less at weekends, hardly ever at four."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

#: How many messages come in each hour of a day, beside one another; the account's time zone.
_HOURS: Final[Mapping[str, Sequence[int]]] = {
    "day": (3, 1, 1, 0, 0, 1, 4, 9, 14, 16, 17, 16, 15, 13, 13, 14, 15, 17, 19, 22, 24, 20, 13, 7),
    "office": (0, 0, 0, 0, 0, 0, 1, 6, 16, 24, 26, 22, 14, 18, 22, 20, 14, 7, 2, 1, 0, 0, 0, 0),
    "any": (7, 6, 6, 6, 6, 6, 7, 8, 9, 10, 10, 10, 10, 10, 10, 10, 10, 10, 9, 9, 9, 9, 8, 7),
}
#: And on each day of the week, from Monday.
_WEEKDAYS: Final[Mapping[str, Sequence[int]]] = {
    "day": (24, 20, 19, 18, 16, 11, 13),
    "office": (22, 22, 21, 20, 16, 2, 1),
    "any": (10, 10, 10, 10, 10, 9, 9),
}

HOUR: Final = timedelta(hours=1)


class Arrivals:
    """Draws moments between a start and an end."""

    def __init__(self, start: datetime, end: datetime, zone: ZoneInfo) -> None:
        count = max(int((end - start) / HOUR), 1)
        self._hours = [start + HOUR * number for number in range(count)]
        self._weights = {habit: self._weigh(habit, zone) for habit in _HOURS}

    def draw(self, habit: str, rng: Random, share: float = 1) -> datetime:
        """A moment at which somebody of this habit writes, in the first share of the time there is."""
        count = max(int(len(self._hours) * share), 1)
        (hour,) = rng.choices(self._hours[:count], cum_weights=self._weights[habit][:count])
        return (hour + HOUR * rng.random()).astimezone(UTC)

    def _weigh(self, habit: str, zone: ZoneInfo) -> list[float]:
        by_hour, by_day = _HOURS[habit], _WEEKDAYS[habit]
        local = [hour.astimezone(zone) for hour in self._hours]
        # A world of a few hours may lie wholly in somebody's night: even then somebody writes.
        return list(accumulate(by_hour[hour.hour] * by_day[hour.weekday()] + 0.001 for hour in local))
