"""For every event type a scene that really causes it: what must stand, what is done, the exact sequence it writes."""

from audit.plays import Play
from seeds.scenes import (
    account,
    bulk,
    classroom,
    clock,
    configuration,
    connections,
    fields,
    habits,
    invitations,
    leaving,
    macros,
    messages,
    people,
    rules,
    surveys,
    tickets,
    views,
)
from seeds.scenes.kinds import (
    Line,
    Quiet,
    Scenario,
    all_quiet,
    all_scenarios,
    covered_types,
    key_of,
)

#: The modules whose scenes are entered, from what people do first to what is done for many tickets at once.
CHAPTERS = (
    tickets,
    messages,
    people,
    invitations,
    account,
    configuration,
    connections,
    fields,
    views,
    surveys,
    leaving,
    macros,
    rules,
    habits,
    clock,
    bulk,
    classroom,
)

_PLACES = {chapter.__name__: place for place, chapter in enumerate(CHAPTERS)}


def scenes_of(type_: str) -> list[Scenario]:
    """The scenes of a type, the plainest first: that is the one which its card fires."""
    return sorted((scene for scene in all_scenarios() if scene.type == type_), key=_place)


def quiet_of(type_: str) -> list[Quiet]:
    """The scenes after which nothing of this type is in the log."""
    return sorted((scene for scene in all_quiet() if scene.type == type_), key=_place)


def plays_of(type_: str) -> list[Play]:
    """The same for the log's pages, which know nothing of scenes."""
    return [
        *(Play(key_of(scene), scene.title, scene.writes) for scene in scenes_of(type_)),
        *(Play(key_of(scene), scene.title, (), scene.refusal) for scene in quiet_of(type_)),
    ]


def _place(scene: Scenario | Quiet) -> int:
    return _PLACES.get(scene.cause.__module__, len(_PLACES))


__all__ = [
    "CHAPTERS",
    "Line",
    "Quiet",
    "Scenario",
    "all_quiet",
    "all_scenarios",
    "covered_types",
    "key_of",
    "quiet_of",
    "scenes_of",
]
