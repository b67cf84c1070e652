"""Cards of the glossary: all that can be said of an event type, and where this account has seen it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from audit.actors import ActorKind
from audit.curls import Call, calls
from audit.hues import group_hue, hue_of
from audit.plays import Play, plays_of
from audit.rows import EventRow
from audit.types import EventType, registry


@dataclass(frozen=True)
class Who:
    """What may cause a type, and how the log shows it."""

    kind: ActorKind
    words: str
    shown: str


#: Every kind of actor in plain words, with what the column "Team member" says of it.
WHO: Final[Mapping[ActorKind, Who]] = {
    who.kind: who
    for who in (
        Who("user", "A team member", "by name"),
        Who("customer", "A customer", "No user · customer Carol Diaz"),
        Who("rule", "A rule", "No user · rule Tag refunds v3"),
        Who("macro", "A macro", "No user · macro Late parcel v2 by Ana"),
        Who("integration", "A connected system", "No user · integration Webshop"),
        Who("schedule", "A timer", "No user · snooze timer"),
        Who("system", "The desk itself", "No user · what it was busy with"),
    )
}


@dataclass(frozen=True)
class Brief:
    """A type in a list."""

    name: str
    label: str
    hue: str
    meaning: str
    who: list[Who]
    is_api_only: bool
    seen: str  #: when it came last, in words


@dataclass(frozen=True)
class Shelf:
    """The cards of one group of objects."""

    heading: str
    anchor: str
    hue: str
    cards: list[Brief]


@dataclass(frozen=True)
class Step:
    """One line of the log, as the drawing has it."""

    name: str
    label: str
    hue: str
    who: str
    is_this: bool


@dataclass(frozen=True)
class LookAlike:
    """A type that is easily taken for this one."""

    name: str
    label: str
    hue: str
    meaning: str
    difference: str


@dataclass(frozen=True)
class Card:
    """A type with all that belongs to it."""

    type: EventType
    hue: str
    who: list[Who]
    steps: list[Step]
    calls: list[Call]
    look_alikes: list[LookAlike]
    plays: list[Play]
    seen: str
    example: EventRow | None
    before: EventType | None
    after: EventType | None

    @property
    def causes(self) -> list[Play]:
        """The scenes that write it."""
        return [play for play in self.plays if play.writes]

    @property
    def refusals(self) -> list[Play]:
        """The scenes after which nothing is written."""
        return [play for play in self.plays if not play.writes]


def shelves(words: str, seen: Mapping[str, str]) -> list[Shelf]:
    """All cards in groups, or those in which all these words are found."""
    wanted = words.casefold().split()
    found = []
    for heading, types in registry.drop_down(with_api_only=True).items():
        cards = [_brief(type_, seen.get(type_.name, "")) for type_ in types if _says(type_, heading, wanted)]
        if cards:
            hue = group_hue(types[0].object)
            found.append(Shelf(heading, heading.lower().replace(" ", "-"), hue, cards))
    return found


def card(type_: EventType, numbers: Mapping[str, int], now: datetime, seen: str, example: EventRow | None) -> Card:
    """The card of a type; `now` is the desk's time, of which its calls are full."""
    order = [each for group in registry.drop_down(with_api_only=True).values() for each in group]
    place = order.index(type_)
    plays = plays_of(type_.name)
    return Card(
        type=type_,
        hue=hue_of(type_.name),
        who=_who(type_),
        steps=_steps(type_, plays),
        calls=calls(type_, numbers, now),
        look_alikes=[_look_alike(name, words) for name, words in type_.look_alikes.items()],
        plays=plays,
        seen=seen,
        example=example,
        before=order[place - 1] if place else None,
        after=order[place + 1] if place + 1 < len(order) else None,
    )


def _says(type_: EventType, heading: str, wanted: Iterable[str]) -> bool:
    told = (type_.name, type_.label, heading, type_.meaning, *(WHO[kind].words for kind in type_.actors))
    text = " ".join(told).casefold()
    return all(word in text for word in wanted)


def _brief(type_: EventType, seen: str) -> Brief:
    hue = hue_of(type_.name)
    return Brief(type_.name, type_.label, hue, type_.meaning, _who(type_), not type_.in_drop_down, seen)


def _who(type_: EventType) -> list[Who]:
    return [who for kind, who in WHO.items() if kind in type_.actors]


def _steps(type_: EventType, plays: list[Play]) -> list[Step]:
    """What its plainest scene writes; where there is none, what the registry says comes with it."""
    if plays and plays[0].writes:
        lines = plays[0].writes
        return [_step(name, WHO[kind].words, name == type_.name) for name, kind in lines]
    names = sorted((*type_.companions, type_.name), key=lambda name: registry[name].rank)
    return [_step(name, "", name == type_.name) for name in names]


def _step(name: str, who: str, is_this: bool) -> Step:
    return Step(name, registry[name].label, hue_of(name), who, is_this)


def _look_alike(name: str, difference: str) -> LookAlike:
    type_ = registry[name]
    return LookAlike(name, type_.label, hue_of(name), type_.meaning, difference)
