"""One event's story: before and after, who and why, the chain it belongs to, and its object's life around it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, literal, select, tuple_, union_all
from sqlalchemy.orm import Session

from audit import queries
from audit.base import BigId, UtcDateTime
from audit.chains import Chain, acted_in, chain_of, chain_rows, who_did
from audit.changes import Teller, Touched, day_words, digests
from audit.directory import Addresses
from audit.export import document
from audit.filters import Ground
from audit.hues import hue_of
from audit.log import event_table
from audit.rows import EventRow, label_of, line_of, named, teller_for
from audit.sessions import scoped
from audit.types import registry

#: Events of the object's life on either side.
BESIDE: Final = 4

_c: Final = event_table.c


@dataclass(frozen=True)
class Moment:
    """An event of the object's life."""

    id: int
    label: str
    hue: str
    at: datetime
    day: str
    who: str
    change: str
    is_this: bool


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
    chain: Chain
    cause_id: int | None
    recorded: datetime
    recorded_day: str
    target: str  #: the object, as the filter writes it
    life: list[Moment]
    document: dict[str, Any]  #: the whole event, as its export has it


def story(session: Session, directory: Addresses, ground: Ground, found: Row[Any]) -> Story:
    """One event with everything."""
    chain, life = chain_rows(session, found), _life(session, found)
    links = directory.links(session.info["account_id"], {*named(found), *acted_in(chain)})
    teller = teller_for(session, ground.now.astimezone(ground.zone), [*chain, *life, found])
    touched, recorded = teller.touched(found), found.recorded_datetime.astimezone(ground.zone)
    type_ = registry.get(found.type)
    return Story(
        row=line_of(found, ground, teller, links),
        meaning=type_.meaning if type_ else "",
        touched=touched,
        texts=queries.long_texts(session, digests(touched)),
        data=found.data,
        data_words=_data_words(found),
        actor=teller.actor(found),
        initiator=teller.member(found.initiator_id) if found.initiator_id is not None else None,
        source=found.source,
        context=str(found.context),
        chain=chain_of(session, found, chain, teller, links),
        cause_id=found.cause_id,
        recorded=recorded,
        recorded_day=day_words(recorded, teller.now),
        target=f"{found.object_type}:{found.object_id}",
        life=[_moment(row, found, teller) for row in life] if len(life) > 1 else [],
        document=document(found),
    )


def _life(session: Session, found: Row[Any]) -> list[Row[Any]]:
    """The events of the same object around this one, in order."""
    own = scoped(session, table=event_table).where(_c.object_type == found.object_type, _c.object_id == found.object_id)
    here, key = tuple_(_c.created_datetime, _c.id), (_c.created_datetime, _c.id)
    place = tuple_(literal(found.created_datetime, UtcDateTime), literal(found.id, BigId))
    falling = own.where(here < place).order_by(*(column.desc() for column in key)).limit(BESIDE)
    rising = own.where(here > place).order_by(*key).limit(BESIDE)
    around = union_all(select(falling.subquery()), select(rising.subquery()))
    return sorted([*session.execute(around), found], key=lambda row: (row.created_datetime, row.id))


def _moment(row: Row[Any], found: Row[Any], teller: Teller) -> Moment:
    at = row.created_datetime.astimezone(teller.now.tzinfo)
    return Moment(
        id=row.id,
        label=label_of(row.type),
        hue=hue_of(row.type),
        at=at,
        day=day_words(at, teller.now),
        who=who_did(row, teller),
        change=teller.line(row),
        is_this=row.id == found.id,
    )


def _data_words(row: Row[Any]) -> str:
    type_ = registry.get(row.type)
    return type_.tell_data(row.data) if row.data and type_ is not None and type_.tell_data is not None else ""
