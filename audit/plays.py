"""The port through which the log's pages learn which scenes really cause an event; `wsgi` fills it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from audit.actors import ActorKind


@dataclass(frozen=True)
class Play:
    """A scene that can be fired: what it is called, and what the log says of it afterwards."""

    key: str  #: as an address has it
    title: str
    writes: tuple[tuple[str, ActorKind], ...]  #: type and what acted, line by line; none if nothing happens
    refusal: str | None = None  #: the sentence with which the desk says no


Source = Callable[[str], Sequence[Play]]

_sources: list[Source] = []


def connect(source: Source) -> None:
    """Ask here for the scenes of a type."""
    _sources[:] = [source]


def plays_of(type_name: str) -> list[Play]:
    """All scenes of a type: first those that write it, the plainest first, then those that write nothing."""
    return [play for source in _sources for play in source(type_name)]
