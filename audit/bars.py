"""Remembers what was counted of stretches of time that are over: nothing is ever written behind the newest event."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

#: From when, and up to when.
Span = tuple[datetime, datetime]
#: So many stretches are remembered for one account; then it begins anew.
MOST: Final = 6_000


class Bars:
    """How many events of each type team members did in a stretch of time, by those members; none for everybody."""

    def __init__(self) -> None:
        self._held: dict[tuple[frozenset[int], Span], dict[str, int]] = {}

    def get(self, members: Iterable[int], span: Span, types: Iterable[str]) -> Mapping[str, int] | None:
        """What is known of a stretch; None if one of these types was never counted there."""
        held = self._held.get((frozenset(members), span))
        return held if held is not None and all(name in held for name in types) else None

    def knows(self, members: Iterable[int], span: Span) -> bool:
        """Whether anything was counted of a stretch."""
        return (frozenset(members), span) in self._held

    def keep(self, members: Iterable[int], span: Span, counted: Mapping[str, int]) -> None:
        """Remember what was counted of a stretch that ended before the newest event."""
        if len(self._held) >= MOST:
            self._held.clear()
        self._held.setdefault((frozenset(members), span), {}).update(counted)
