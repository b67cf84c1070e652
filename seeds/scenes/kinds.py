"""What a scene is, and the list in which each module of scenes enters its own."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from audit.actors import ActorKind
from seeds.stage import Stage

#: One line of the log: type, and the kind of what acted.
Line = tuple[str, ActorKind]

Scene = Callable[[Stage, int], None]


@dataclass(frozen=True)
class Scenario:
    """How one event type comes about."""

    type: str
    title: str
    prepare: Callable[[Stage], int]  #: sets the stage; answers the number of the object it is about
    cause: Scene
    writes: tuple[Line, ...]
    data: dict[str, Any] | None = None  #: of the event itself, where it doesn't depend on numbers


@dataclass(frozen=True)
class Quiet:
    """An action that writes nothing: it changes nothing, or is refused."""

    type: str
    title: str
    prepare: Callable[[Stage], int]
    cause: Scene
    refusal: str | None = None  #: the sentence, if it is refused


def key_of(scene: Scenario | Quiet) -> str:
    """A scene's title as an address has it; unique among the scenes of its type."""
    return "-".join(re.findall(r"[a-z0-9]+", scene.title.lower().replace("'", "")))


_scenarios: dict[str, list[Scenario]] = {}
_quiet: list[Quiet] = []


def scenario(
    type_: str,
    title: str,
    *writes: Line,
    prepare: Callable[[Stage], int] | None = None,
    data: dict[str, Any] | None = None,
) -> Callable[[Scene], Scene]:
    """Register a scene for an event type."""

    def register(cause: Scene) -> Scene:
        _scenarios.setdefault(type_, []).append(Scenario(type_, title, prepare or _nothing, cause, writes, data))
        return cause

    return register


def quiet(
    type_: str, title: str, *, prepare: Callable[[Stage], int] | None = None, refusal: str | None = None
) -> Callable[[Scene], Scene]:
    """Register a scene after which nothing of this type is in the log."""

    def register(cause: Scene) -> Scene:
        _quiet.append(Quiet(type_, title, prepare or _nothing, cause, refusal))
        return cause

    return register


def all_scenarios() -> Iterator[Scenario]:
    """Every scene, by type."""
    for scenes in _scenarios.values():
        yield from scenes


def all_quiet() -> Iterator[Quiet]:
    """Every scene that writes nothing."""
    yield from _quiet


def covered_types() -> set[str]:
    """The types that have a scene."""
    return set(_scenarios)


def _nothing(_stage: Stage) -> int:
    return 0
