"""When tickets arrive: in the evening, at office hours or at any time, less at weekends, hardly ever at four."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from automation.simulator.habits import HOURS, weight

HOUR: Final = timedelta(hours=1)


class Arrivals:
    """Draws moments between a start and an end."""

    def __init__(self, start: datetime, end: datetime, zone: ZoneInfo) -> None:
        count = max(int((end - start) / HOUR), 1)
        self._hours = [start + HOUR * number for number in range(count)]
        self._weights = {habit: self._weigh(habit, zone) for habit in HOURS}

    def draw(self, habit: str, rng: Random, share: float = 1) -> datetime:
        """A moment at which somebody of this habit writes, in the first share of the time there is."""
        count = max(int(len(self._hours) * share), 1)
        (hour,) = rng.choices(self._hours[:count], cum_weights=self._weights[habit][:count])
        return (hour + HOUR * rng.random()).astimezone(UTC)

    def _weigh(self, habit: str, zone: ZoneInfo) -> list[float]:
        local = [hour.astimezone(zone) for hour in self._hours]
        # A world of a few hours may lie wholly in somebody's night: even then somebody writes.
        return list(accumulate(weight(habit, hour) + 0.001 for hour in local))
