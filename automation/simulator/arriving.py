"""When the next one comes: a non-homogeneous Poisson process, whose rate changes from hour to hour."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Final

from automation.simulator.rota import Rota

HOUR: Final = timedelta(hours=1)
#: Where nobody comes for so long, nobody ever does.
SILENCE: Final = timedelta(days=14)


def next_arrival(rota: Rota, after: datetime, rng: Random, rate: Callable[[datetime], float]) -> datetime | None:
    """When the next one comes at this rate an hour: so much waiting is drawn, and used up hour by hour."""
    waiting, at = rng.expovariate(1), after
    while at < after + SILENCE:
        hour = at.replace(minute=0, second=0, microsecond=0) + HOUR
        here = rate(rota.local(at))
        passes = here * ((hour - at) / HOUR)
        if passes >= waiting:
            return at + HOUR * (waiting / here)
        waiting -= passes
        at = hour
    return None
