"""Arrivals: as many in each hour as the profile says, give or take what chance gives or takes."""

from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest

from automation.simulator.arriving import next_arrival
from automation.simulator.profiles import all_profiles
from automation.simulator.rota import Rota

TUESDAY = datetime(2026, 3, 3, tzinfo=UTC)


@pytest.mark.parametrize("name", ["black-friday", "outage"])
def test_as_many_come_in_each_hour_as_the_profile_says(name: str) -> None:
    rota, rng, profile = Rota("UTC"), Random(1), all_profiles()[name]
    came: Counter[int] = Counter()
    at = TUESDAY
    agents = 100
    while True:
        found = next_arrival(rota, at, rng, lambda local: profile.rate(local, agents))
        if found is None or found.date() != TUESDAY.date():
            break
        at = found
        came[at.hour] += 1
    for hour, expected in enumerate(profile.by_hour()):
        wanted = expected * agents
        assert abs(came[hour] - wanted) <= 4 * wanted**0.5 + 1, hour


def test_where_nobody_ever_comes_nobody_is_waited_for() -> None:
    assert next_arrival(Rota("UTC"), TUESDAY, Random(1), lambda _local: 0.0) is None
