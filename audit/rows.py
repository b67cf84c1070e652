"""Events as the page shows them: who, what, on what, in words and with links."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from audit import queries
from audit.asking import noun
from audit.changes import Teller, day_words, mentioned
from audit.directory import Addresses
from audit.filters import Ground
from audit.hues import group_hue, hue_of
from audit.types import registry


class EventRow(NamedTuple):
    """One line of the list; a tuple, for every page makes fifty."""

    id: int
    type: str
    label: str
    hue: str
    group: str  #: the hue of its group in the histogram
    at: datetime  #: in the account's time zone
    moment: str  #: the same for programs
    day: str
    clock: str
    member: str | None  #: None is "No user"
    acted: str  #: what really acted, where no team member did
    acted_address: str | None  #: its page
    object: str
    address: str | None
    change: str


@dataclass(frozen=True)
class Word:
    """An event type as the page explains it."""

    name: str
    label: str
    meaning: str
    hue: str


def glossary() -> list[Word]:
    """What every event means."""
    return [Word(type_.name, type_.label, type_.meaning, hue_of(type_.name)) for type_ in registry]


def teller_for(session: Session, now: datetime, found: list[Row[Any]]) -> Teller:
    """Knows the names that these events mention; `now` is in the account's time zone."""
    return Teller(queries.labels(session, sorted(mentioned(found))), now)


def rows(session: Session, directory: Addresses, ground: Ground, found: list[Row[Any]]) -> list[EventRow]:
    """Events as lines."""
    links = directory.links(session.info["account_id"], {each for row in found for each in named(row)})
    teller = teller_for(session, ground.now.astimezone(ground.zone), found)
    return [line_of(row, ground, teller, links) for row in found]


def name_of(object_type: str, number: int, label: str) -> str:
    """Ticket 4213 "Where is my order?"."""
    return f'{noun(object_type)} {number} "{label}"' if label else f"{noun(object_type)} {number}"


#: What acts and has a page, beside team members.
_ACTORS: Final = {"rule": "Rule", "macro": "Macro", "integration": "Integration", "customer": "Customer"}


def named(row: Row[Any]) -> list[tuple[str, int]]:
    """What an event is about, and what acted, if that is something with a page."""
    acted = acted_by(row)
    return [(row.object_type, row.object_id), *([acted] if acted else [])]


def acted_by(row: Row[Any]) -> tuple[str, int] | None:
    """What acted beside team members, as the log names objects, if it may have a page: rule 7 is Rule 7."""
    kind = _ACTORS.get(row.actor_kind)
    return (kind, row.actor_id) if kind and row.actor_id else None


@cache
def label_of(type_name: str) -> str:
    """An event type in words."""
    type_ = registry.get(type_name)
    return type_.label if type_ is not None else type_name


def line_of(row: Row[Any], ground: Ground, teller: Teller, links: Mapping[tuple[str, int], str]) -> EventRow:
    """An event as a line."""
    acted = acted_by(row)
    at = row.created_datetime.astimezone(ground.zone)
    moment = at.isoformat(timespec="microseconds")
    return EventRow(
        id=row.id,
        type=row.type,
        label=label_of(row.type),
        hue=hue_of(row.type),
        group=group_hue(row.object_type),
        at=at,
        moment=moment,
        day=day_words(at, teller.now),
        clock=moment[11:19],
        member=row.actor_name if row.user_id is not None else None,
        acted=teller.acted(row),
        acted_address=links.get(acted) if acted else None,
        object=name_of(row.object_type, row.object_id, row.object_label),
        address=links.get((row.object_type, row.object_id)),
        change=teller.line(row),
    )
