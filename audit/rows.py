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
from audit.log import stored_text
from audit.sessions import scoped
from audit.types import registry

#: The hue of each group of objects; what is not named here configures the desk.
_HUES: Final = {
    "Ticket": "ticket",
    "TicketMessage": "ticket",
    "SatisfactionSurvey": "ticket",
    "Customer": "people",
    "Team": "people",
    "User": "people",
    "Account": "account",
    "ApiKey": "account",
}


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
    actor: str
    initiator: str | None
    source: str
    context: str
    chain: int  #: how many events share the context
    cause_id: int | None
    recorded: datetime
    target: str  #: the object, as the filter writes it


def hue_of(object_type: str) -> str:
    """Which of the page's colours events on these objects have."""
    return f"group-{_HUES.get(object_type, 'configuration')}"


def glossary() -> list[Word]:
    """What every event means."""
    return [Word(type_.name, type_.label, type_.meaning, hue_of(type_.object)) for type_ in registry]


def rows(session: Session, directory: Directory, ground: Ground, found: list[Row[Any]]) -> list[EventRow]:
    """Events as lines."""
    links = directory.links(session.info["account_id"], {(row.object_type, row.object_id) for row in found})
    teller = Teller(queries.labels(session, sorted(mentioned(found))), ground.now.astimezone(ground.zone))
    return [_row(row, ground, teller, links) for row in found]


def story(session: Session, directory: Directory, ground: Ground, found: Row[Any]) -> Story:
    """One event with everything."""
    links = directory.links(session.info["account_id"], {(found.object_type, found.object_id)})
    teller = Teller(queries.labels(session, sorted(mentioned([found]))), ground.now.astimezone(ground.zone))
    touched = teller.touched(found)
    type_ = registry.get(found.type)
    return Story(
        row=_row(found, ground, teller, links),
        meaning=type_.meaning if type_ else "",
        touched=touched,
        texts=_texts(session, digests(touched)),
        data=found.data,
        actor=_actor(found, ground),
        initiator=_member(found.initiator_id, ground) if found.initiator_id is not None else None,
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


def _row(row: Row[Any], ground: Ground, teller: Teller, links: Mapping[tuple[str, int], str]) -> EventRow:
    type_ = registry.get(row.type)
    at = row.created_datetime.astimezone(ground.zone)
    return EventRow(
        id=row.id,
        type=row.type,
        label=type_.label if type_ else row.type,
        hue=hue_of(row.object_type),
        at=at,
        day=day_words(at, teller.now),
        member=row.actor_name if row.user_id is not None else None,
        acted=_actor(row, ground) if row.user_id is None else "",
        object=name_of(row.object_type, row.object_id, row.object_label),
        address=links.get((row.object_type, row.object_id)),
        change=teller.line(row),
    )


def _actor(row: Row[Any], ground: Ground) -> str:
    """rule Zebra v3, snooze timer, customer Carol, macro Refund by Ana."""
    if row.actor_kind in ("schedule", "system"):
        return str(row.actor_name)
    if row.actor_kind == "user":
        return f"team member {row.actor_name}"
    version = f" v{row.actor_version}" if row.actor_version is not None else ""
    by = f" by {_member(row.initiator_id, ground)}" if row.initiator_id is not None else ""
    return f"{row.actor_kind} {row.actor_name}{version}{by}"


def _member(number: int, ground: Ground) -> str:
    return ground.people.get(number, f"team member {number}")


def _texts(session: Session, names: set[str]) -> dict[str, str]:
    if not names:
        return {}
    columns = stored_text.c
    found = session.execute(
        scoped(session, columns.digest, columns.content, table=stored_text).where(columns.digest.in_(names))
    )
    return {row.digest: row.content for row in found}
