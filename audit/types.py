"""The registry: each event type is declared once, and everything else asks here."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from audit.actors import ACTOR_KINDS, ActorKind
from audit.notes import Changes, Side

#: A claim on every column of a row, birth and death included.
ALL: Final = frozenset({"*"})

ANYBODY: Final[frozenset[ActorKind]] = frozenset(ACTOR_KINDS)


class Nature(StrEnum):
    """How a type relates to changes of state."""

    STATE = "state"  #: claims changes, and must find some
    GATHERING = "gathering"  #: one event per action for all rows of its kind (tags added)
    COMPANION = "companion"  #: stands beside another event of the same action and may claim nothing
    SUMMARY = "summary"  #: written by the ledger itself, once per object and action
    FACT = "fact"  #: tells of something that changes no state (a log-in)


@dataclass(frozen=True, kw_only=True, eq=False)
class EventType:
    """One type of event: what it means to a person, who may cause it and how, and which columns it may change."""

    name: str  #: kebab-case, `ticket-closed`
    label: str  #: in words, "Ticket closed"
    object: str  #: class name of what it happens to, `Ticket`
    meaning: str  #: one or two sentences for a person who has never seen a log
    actors: frozenset[ActorKind]  #: who may cause it
    by_hand: str  #: the path of clicks, or "" where there is none
    by_api: str = ""  #: method and path, or ""
    by_machine: str = ""  #: which rule action, timer or cascade, or ""
    nature: Nature = Nature.STATE
    claims: Mapping[str, frozenset[str]] = field(default_factory=dict)  #: model name to columns it may change
    leaves: frozenset[str] = frozenset()  #: columns that a claim on all leaves to the object's summary
    is_general: bool = False  #: an edit as a whole: told once on an object in an action, however often it is recorded
    beside: frozenset[str] = frozenset()  #: types one of which must be in the same action if this one claims nothing
    companions: tuple[str, ...] = ()  #: what comes with it, in order
    look_alikes: Mapping[str, str] = field(default_factory=dict)  #: type name to "how to tell them apart"
    in_drop_down: bool = True  #: one of the audit page's own; else "API-only"
    rank: int = 3  #: 0 created, 1 message created, 2 summary, 3 specific
    silences: frozenset[str] = frozenset()  #: summaries that an action with this type does without
    silences_own: bool = False  #: the object's own summary is left out (it is gone)
    side: Side | None = None  #: claims only rows that came into being, or only rows that went
    gathered: Callable[[Changes], dict[str, Any]] | None = None  #: a gathering type's `data`, from what it claimed
    touch: Callable[[Any, datetime], None] | None = None  #: a summary's own mark on its object
    tell: Callable[[Changes], str] | None = None  #: what changed in one line, where column by column tells it badly
    tell_data: Callable[[Mapping[str, Any]], str] | None = None  #: the same for `data`
    always: str = ""  #: why no attempt at it can be refused or come to nothing, where that is so
    choice: str = ""  #: what we chose where public documentation is silent

    @property
    def group(self) -> str:
        """The heading it stands under."""
        return GROUPS.get(self.object, self.object)

    @property
    def constant(self) -> str:
        """The name it has in code, `TICKET_CLOSED`."""
        return self.name.upper().replace("-", "_")

    def __str__(self) -> str:
        return self.name


#: Headings of the drop-down, where they differ from the object's class name.
GROUPS: dict[str, str] = {
    "TicketMessage": "Ticket message",
    "SatisfactionSurvey": "Satisfaction survey",
    "CustomField": "Custom field",
    "ApiKey": "API key",
}


class DuplicateType(Exception):
    """A type was declared twice."""


class Registry:
    """All event types by name, in the order in which they were declared."""

    def __init__(self) -> None:
        self._types: dict[str, EventType] = {}
        self._summaries: dict[str, EventType] = {}
        self._offered: dict[bool, Mapping[str, tuple[EventType, ...]]] = {}

    def declare(self, type_: EventType) -> EventType:
        """Add a type; raises DuplicateType."""
        if type_.name in self._types:
            raise DuplicateType(type_.name)
        self._types[type_.name] = type_
        self._offered.clear()
        if type_.nature is Nature.SUMMARY:
            self._summaries[type_.object] = type_
        return type_

    def __getitem__(self, name: str) -> EventType:
        return self._types[name]

    def get(self, name: str) -> EventType | None:
        """The type of that name, if there is one."""
        return self._types.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self._types

    def __iter__(self) -> Iterator[EventType]:
        return iter(self._types.values())

    def __len__(self) -> int:
        return len(self._types)

    def summary_of(self, object_type: str) -> EventType | None:
        """The type that the ledger adds once per object and action (`ticket-updated`)."""
        return self._summaries.get(object_type)

    def drop_down(self, *, with_api_only: bool = False) -> Mapping[str, tuple[EventType, ...]]:
        """The types that the audit page offers, by heading, headings and labels in alphabetical order."""
        if with_api_only not in self._offered:
            groups: dict[str, list[EventType]] = {}
            for type_ in self:
                if type_.in_drop_down or with_api_only:
                    groups.setdefault(type_.group, []).append(type_)
            self._offered[with_api_only] = {
                name: tuple(sorted(groups[name], key=lambda type_: type_.label)) for name in sorted(groups)
            }
        return self._offered[with_api_only]


registry = Registry()
