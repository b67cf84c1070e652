"""Remembers what was counted of stretches of time that are over: nothing is ever written behind the newest event."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

#: From when, and up to when.
Span = tuple[datetime, datetime]
#: So many stretches are remembered for one account; then it begins anew.
MOST: Final = 6_000


@dataclass(frozen=True, eq=False)
class Held:
    """How many events of each type there are in a stretch; it is itself alone, so what is made of it can be kept."""

    numbers: Mapping[str, int]


class Bars:
    """What team members did in a stretch of time, by those members; by none of them, what everybody did."""

    def __init__(self) -> None:
        self._held: dict[frozenset[int], dict[Span, Held]] = {}
        self._number = 0

    def by(self, members: Iterable[int]) -> Mapping[Span, Held]:
        """All that is known of these members."""
        return self._held.get(frozenset(members), {})

    def keep(self, members: Iterable[int], span: Span, held: Held) -> None:
        """Remember what was counted of a stretch that ended before the newest event."""
        if self._number >= MOST:
            self._held, self._number = {}, 0
        self._held.setdefault(frozenset(members), {})[span] = held
        self._number += 1


@lru_cache(maxsize=256)
def together(stretches: tuple[Held, ...]) -> Mapping[str, int]:
    """How many events of each type they hold."""
    found: Counter[str] = Counter()
    for held in stretches:
        found.update(held.numbers)
    return found
