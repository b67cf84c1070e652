"""Who is in when: the shifts of simulated agents on real days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final, Protocol, TypeVar
from zoneinfo import ZoneInfo

#: Nobody answers a customer with the coat still on.
ARRIVING: Final = timedelta(minutes=6)
LEAVING: Final = timedelta(minutes=4)
#: How long after the shift begins the first things that lay waiting are done.
BACKLOG: Final = timedelta(minutes=70)


@dataclass(frozen=True, slots=True)
class Shift:
    """When an agent works: full hours of the account's time zone, on weekdays counted from Monday as 0."""

    start: int
    end: int
    weekdays: frozenset[int]


class Working(Protocol):
    """Whoever has a shift."""

    @property
    def shift(self) -> Shift: ...


Worker = TypeVar("Worker", bound=Working)


class Rota:
    """The shifts of agents, in the account's time zone."""

    def __init__(self, timezone: str) -> None:
        self.zone = ZoneInfo(timezone)

    def local(self, at: datetime) -> datetime:
        """A moment as the clock on the studio's wall shows it."""
        return at.astimezone(self.zone)

    def moment(self, day: date, hour: int, minute: int = 0) -> datetime:
        """A time of that clock on a day, as a moment."""
        return datetime.combine(day, time(hour % 24, minute), self.zone).astimezone(UTC) + timedelta(days=hour // 24)

    def shift(self, agent: Working, day: date) -> tuple[datetime, datetime] | None:
        """When the agent works on a day, from when to when."""
        if day.weekday() not in agent.shift.weekdays:
            return None
        return self.moment(day, agent.shift.start), self.moment(day, agent.shift.end)

    def is_in(self, agent: Working, at: datetime) -> bool:
        """Whether the agent sits at the desk."""
        shift = self.shift(agent, self.local(at).date())
        return shift is not None and shift[0] + ARRIVING <= at <= shift[1] - LEAVING

    def next_in(self, agent: Working, at: datetime) -> datetime:
        """The first moment from here on at which the agent sits at the desk."""
        day = self.local(at).date()
        while True:
            shift = self.shift(agent, day)
            if shift is not None and at <= shift[1] - LEAVING:
                return max(at, shift[0] + ARRIVING)
            day += timedelta(days=1)

    def work_at(self, agent: Working, at: datetime, rng: Random) -> datetime:
        """When the agent gets to something that could be done from this moment on."""
        start = self.next_in(agent, at)
        return start if start == at else start + BACKLOG * rng.random()

    def who_is_in(self, agents: Sequence[Worker], at: datetime, rng: Random) -> Worker:
        """One of those who are in; at night, who is in first."""
        present = [agent for agent in agents if self.is_in(agent, at)]
        return rng.choice(present) if present else min(agents, key=lambda agent: self.next_in(agent, at))
