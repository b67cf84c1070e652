"""Remembers where the pages of things are that events are about, and what things are called that events point to.

All of it hangs on the log: nothing goes, moves or gets another name without an event. So what was found is good for
every reader until there is an event of a type that may do so; see `audit.known`, which then begins anew.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from audit.base import NAMED_BY
from audit.types import registry

#: Class name and number.
Thing = tuple[str, int]
Found = Mapping[Thing, str]
#: So much is remembered for one account; then it begins anew.
MOST: Final = 20_000

#: Columns that decide about a thing's name, where its page is, and for whom.
_DECISIVE: Final = frozenset({"*", *NAMED_BY, "ticket_id", "visibility", "owner_user_id"})


@dataclass
class Nearby:
    """What was found as of an event or a later one; whoever sees less of the log must not add to it."""

    since: int
    _pages: dict[tuple[str, int], dict[Thing, str]] = field(default_factory=dict)
    _names: dict[Thing, str] = field(default_factory=dict)

    def pages(self, reader: tuple[str, int], things: Collection[Thing], look: Callable[[set[Thing]], Found]) -> Found:
        """Addresses of those things that have a page for this reader, on this page of theirs."""
        return _remembered(self._pages.setdefault(reader, {}), things, look)

    def names(self, things: Collection[Thing], look: Callable[[list[Thing]], Found]) -> Found:
        """What the log last called these things."""
        return _remembered(self._names, things, lambda unknown: look(sorted(unknown)))


def _remembered(known: dict[Thing, str], things: Collection[Thing], look: Callable[[set[Thing]], Found]) -> Found:
    found = {thing: known.get(thing) for thing in things}
    unknown = {thing for thing, word in found.items() if word is None}
    if unknown:
        looked_up = look(unknown)
        if len(known) + len(unknown) > MOST:
            known.clear()
        # Nothing is an answer, too.
        known.update({thing: looked_up.get(thing, "") for thing in unknown})
        found.update(looked_up)
    return {thing: word for thing, word in found.items() if word}


def is_upset_by(type_names: Iterable[str]) -> bool:
    """Whether one of these events may have changed what was found."""
    return any(map(_upsets, type_names))


@cache
def _upsets(type_name: str) -> bool:
    type_ = registry.get(type_name)
    if type_ is None:
        return True
    if type_name.endswith("-created"):  # nobody can have asked for it before
        return False
    things = {each.object for each in registry}
    return any(thing in things and not _DECISIVE.isdisjoint(columns) for thing, columns in type_.claims.items())
