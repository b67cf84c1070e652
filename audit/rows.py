"""Events as the page shows them: who, what, on what, in words and with links."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.orm import Session

from audit import queries
from audit.asking import noun
from audit.changes import Teller, Touched, day_words, digests, mentioned
from audit.directory import Directory
from audit.filters import Ground
from audit.hues import hue_of
from audit.log import stored_text
from audit.sessions import scoped
from audit.types import registry


@dataclass(frozen=True)
class EventRow:
    """One line of the list."""

    id: int
    type: str
    label: str
    hue: str
    at: datetime  #: in the account's time zone
    day: str
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


@dataclass(frozen=True)
class Story:
    """All that the log knows of one event."""

    row: EventRow
    meaning: str
    touched: list[Touched]
    texts: Mapping[str, str]  #: long texts by digest
    data: dict[str, Any] | None
    data_words: str  #: the same as a sentence, where its type has words for it
    actor: str
    initiator: str | None
    source: str
    context: str
    chain: int  #: how many events share the context
    cause_id: int | None
    recorded: datetime
    target: str  #: the object, as the filter writes it


def glossary() -> list[Word]:
    """What every event means."""
    return [Word(type_.name, type_.label, type_.meaning, hue_of(type_.name)) for type_ in registry]


def teller_for(session: Session, now: datetime, found: list[Row[Any]]) -> Teller:
    """Knows the names that these events mention; `now` is in the account's time zone."""
    return Teller(queries.labels(session, sorted(mentioned(found))), now)


def rows(session: Session, directory: Directory, ground: Ground, found: list[Row[Any]]) -> list[EventRow]:
    """Events as lines."""
    links = directory.links(session.info["account_id"], {each for row in found for each in _named(row)})
    teller = teller_for(session, ground.now.astimezone(ground.zone), found)
    return [_row(row, ground, teller, links) for row in found]


def story(session: Session, directory: Directory, ground: Ground, found: Row[Any]) -> Story:
    """One event with everything."""
    links = directory.links(session.info["account_id"], set(_named(found)))
    teller = teller_for(session, ground.now.astimezone(ground.zone), [found])
    touched = teller.touched(found)
    type_ = registry.get(found.type)
    return Story(
        row=_row(found, ground, teller, links),
        meaning=type_.meaning if type_ else "",
        touched=touched,
        texts=_texts(session, digests(touched)),
        data=found.data,
        data_words=_data_words(found),
        actor=teller.actor(found),
        initiator=teller.member(found.initiator_id) if found.initiator_id is not None else None,
        source=found.source,
        context=str(found.context),
        chain=queries.chain_length(session, found),
        cause_id=found.cause_id,
        recorded=found.recorded_datetime.astimezone(ground.zone),
        target=f"{found.object_type}:{found.object_id}",
    )


def name_of(object_type: str, number: int, label: str) -> str:
    """Ticket 4213 "Where is my order?"."""
    return f'{noun(object_type)} {number} "{label}"' if label else f"{noun(object_type)} {number}"


#: What acts and has a page, beside team members.
_ACTORS: Final = {"rule": "Rule", "macro": "Macro", "integration": "Integration", "customer": "Customer"}


def _named(row: Row[Any]) -> list[tuple[str, int]]:
    """What an event is about, and what acted, if that is something with a page."""
    acted = _acted(row)
    return [(row.object_type, row.object_id), *([acted] if acted else [])]


def _acted(row: Row[Any]) -> tuple[str, int] | None:
    kind = _ACTORS.get(row.actor_kind)
    return (kind, row.actor_id) if kind and row.actor_id else None


def _row(row: Row[Any], ground: Ground, teller: Teller, links: Mapping[tuple[str, int], str]) -> EventRow:
    type_, acted = registry.get(row.type), _acted(row)
    at = row.created_datetime.astimezone(ground.zone)
    return EventRow(
        id=row.id,
        type=row.type,
        label=type_.label if type_ else row.type,
        hue=hue_of(row.type),
        at=at,
        day=day_words(at, teller.now),
        member=row.actor_name if row.user_id is not None else None,
        acted=teller.acted(row),
        acted_address=links.get(acted) if acted else None,
        object=name_of(row.object_type, row.object_id, row.object_label),
        address=links.get((row.object_type, row.object_id)),
        change=teller.line(row),
    )


def _data_words(row: Row[Any]) -> str:
    type_ = registry.get(row.type)
    return type_.tell_data(row.data) if row.data and type_ is not None and type_.tell_data is not None else ""


def _texts(session: Session, names: set[str]) -> dict[str, str]:
    if not names:
        return {}
    columns = stored_text.c
    found = session.execute(
        scoped(session, columns.digest, columns.content, table=stored_text).where(columns.digest.in_(names))
    )
    return {row.digest: row.content for row in found}
