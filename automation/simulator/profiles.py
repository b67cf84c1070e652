"""What kind of days are simulated: how many write when and about what, and how much goes wrong. One file for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from automation.simulator import habits, talk
from automation.simulator.sheets import HERE, BadSheet, Sheet

FOLDER: Final = HERE / "profiles"
ORDER: Final = ("quiet-day", "black-friday", "outage", "spam-wave", "holiday-backlog")

HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Surge:
    """Hours of a day in which more is written, mostly about one thing."""

    start: int
    end: int
    factor: float
    topic: str  #: "" is what is written about anyway

    def holds(self, hour: int) -> bool:
        """Whether it is on in this hour."""
        return self.start <= hour < self.end


@dataclass(frozen=True)
class Profile:
    """A kind of day."""

    key: str
    name: str
    about: str
    days: int
    closed_days: int
    tickets: float
    orders: float
    habit: str
    patience: timedelta
    spam: float
    chat: float
    twins: float
    slips: float
    topics: Mapping[str, float]
    surges: tuple[Surge, ...]

    def rate(self, local: datetime, agents: int) -> float:
        """How many customers write to so many agents in the hour of this moment, on the desk's wall."""
        return agents * self.tickets * self._share(local) * self._factor(local.hour)

    def order_rate(self, local: datetime, agents: int) -> float:
        """How many orders are placed in it."""
        return agents * self.orders * self._share(local)

    def by_hour(self) -> list[float]:
        """How many write in each hour of a Tuesday, for each agent: for a drawing."""
        tuesday = datetime(2026, 3, 3, tzinfo=ZoneInfo("UTC"))
        return [self.rate(tuesday + HOUR * hour, 1) for hour in range(24)]

    def topic(self, local: datetime, rng: Random) -> str:
        """What somebody writes about who writes now."""
        for surge in self.surges:
            if surge.topic and surge.holds(local.hour) and rng.random() < 1 - 1 / surge.factor:
                return surge.topic
        (found,) = rng.choices(list(self.topics), list(self.topics.values()))
        return found

    def _share(self, local: datetime) -> float:
        hours, days = habits.HOURS[self.habit], habits.WEEKDAYS[self.habit]
        return habits.weight(self.habit, local) * len(days) / (sum(hours) * sum(days))

    def _factor(self, hour: int) -> float:
        return max([1.0, *(surge.factor for surge in self.surges if surge.holds(hour))])


@cache
def all_profiles() -> dict[str, Profile]:
    """The profiles there are, by key; raises BadSheet."""
    found = {(path.stem.replace("_", "-")): path for path in sorted(FOLDER.glob("*.toml"))}
    ordered = sorted(found, key=lambda key: (ORDER.index(key) if key in ORDER else len(ORDER), key))
    return {key: _read(key, found[key]) for key in ordered}


def _read(key: str, path: Path) -> Profile:
    sheet = Sheet.read(path)
    profile = Profile(
        key=key,
        name=sheet.take("name", str),
        about=sheet.take("about", str),
        days=sheet.take("days", int, 1),
        closed_days=sheet.take("closed_days", int, 0),
        tickets=sheet.take("tickets", float),
        orders=sheet.take("orders", float),
        habit=sheet.take("habit", str),
        patience=timedelta(hours=sheet.take("patience", float)),
        spam=sheet.take("spam", float),
        chat=sheet.take("chat", float),
        twins=sheet.take("twins", float),
        slips=sheet.take("slips", float, 0.015),
        topics={name: float(share) for name, share in sheet.take("topics", dict).items()},
        surges=tuple(_surge(each) for each in sheet.sheets("surges")),
    )
    sheet.finish()
    _check(profile)
    return profile


def _surge(sheet: Sheet) -> Surge:
    surge = Surge(
        start=sheet.take("from", int),
        end=sheet.take("to", int),
        factor=sheet.take("factor", float),
        topic=sheet.take("topic", str, ""),
    )
    sheet.finish()
    return surge


def _check(profile: Profile) -> None:
    strange = {*profile.topics, *(surge.topic for surge in profile.surges if surge.topic)} - talk.load().topics.keys()
    if strange:
        raise BadSheet(f"{profile.key}: talk.toml has no topic {', '.join(sorted(strange))}.")
    if profile.habit not in habits.HOURS:
        raise BadSheet(f"{profile.key}: habit is one of {', '.join(habits.HOURS)}.")
    shares = (profile.spam, profile.chat, profile.twins, profile.slips)
    if not all(0 <= share <= 1 for share in shares) or not profile.topics or profile.tickets <= 0:
        raise BadSheet(f"{profile.key}: shares lie between 0 and 1, and somebody writes about something.")
