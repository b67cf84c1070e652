"""Logs made up for reading tests: many events in one statement, about nothing that has to exist."""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Text, bindparam, cast, func, insert, select, text
from sqlalchemy.orm import Session

import helpdesk.events  # noqa: F401  # fills the registry
from audit import queries
from audit.action import enter
from audit.clock import wall_now
from audit.filters import Doer, Ground, Query, matches
from audit.log import event_table, stored_text
from audit.naming import named
from audit.periods import Period, read_wall
from audit.sessions import scoped
from tests.desks import TUESDAY

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = timedelta(days=7)
NOW = TUESDAY + timedelta(days=30)

GROUND = Ground(
    NOW,
    BERLIN,
    WEEK,
    {1: "Olive Owner", 2: "Ada Admin", 3: "Ana Lopez", 4: "Ben Okafor"},
    frozenset({4}),
    acted=lambda: [
        (Doer("macro", 3), "Refund sent"),
        (Doer("rule", 7), "It woke up"),
        (Doer("rule", 8), "Stars"),
        (Doer("rule", 9), "Stale"),
    ],
)
LAST_WEEK = Period("7d")


def wall(words: str) -> datetime:
    """A minute on the wall clock, as a filter has it."""
    found = read_wall(words)
    assert isinstance(found, datetime)
    return found


@dataclass
class Made:
    """One event to be."""

    at: datetime
    type: str = "ticket-closed"
    user_id: int | None = 3
    object: tuple[str, int] = ("Ticket", 7)
    context: uuid.UUID = field(default_factory=uuid.uuid4)
    label: str = "Where is my order?"
    doer: tuple[str, int | None] = ("rule", 7)  #: what acted where no team member did
    initiator_id: int | None = None
    source: str = "web"
    changes: dict[str, Any] | None = None
    data: dict[str, Any] | None = None


def write_log(session: Session, account_id: int, made: Iterable[Made]) -> list[int]:
    """Put these events behind the account's log, in the order of their times; answers their numbers."""
    wanted = sorted(made, key=lambda one: one.at)
    session.rollback()
    enter(session, account_id)
    connection = session.connection(execution_options={"desk_writes": True})
    if connection.dialect.name == "sqlite":
        last = connection.execute(select(func.max(event_table.c.id))).scalar_one()
        ids = list(range(last + 1, last + 1 + len(wanted)))
    else:
        drawn = text("SELECT nextval('event_id_seq') FROM generate_series(1, :count)")
        ids = sorted(connection.execute(drawn, {"count": len(wanted)}).scalars())
    connection.info["witnessed"] = True
    rows = [_row(number, account_id, one) for number, one in zip(ids, wanted, strict=True)]
    # As the ledger writes it: a text, not a document that SQLAlchemy would write in its own way.
    on_sqlite = connection.dialect.name == "sqlite"
    documents = {name: bindparam(f"written_{name}", type_=Text) for name in ("changes", "data")}
    as_is = {
        name: text_of if on_sqlite else cast(text_of, event_table.c[name].type) for name, text_of in documents.items()
    }
    connection.execute(insert(event_table).values(as_is), rows)
    connection.info.pop("witnessed")
    session.commit()
    enter(session, account_id)
    return ids


def keep_texts(session: Session, account_id: int, texts: dict[str, str]) -> None:
    """Put long texts beside the log, by digest, as the ledger does."""
    session.rollback()
    enter(session, account_id)
    connection = session.connection(execution_options={"desk_writes": True})
    connection.info["witnessed"] = True
    rows = [{"account_id": account_id, "digest": name, "content": content} for name, content in texts.items()]
    connection.execute(insert(stored_text), rows)
    connection.info.pop("witnessed")
    session.commit()


def ground_now(session: Session, account_id: int, now: datetime = NOW) -> Ground:
    """The ground of a desk whose clock says `now`, with the people and the long texts of its log."""
    enter(session, account_id)
    people = queries.people(session)
    kept = {row.digest: row.content for row in session.execute(scoped(session, table=stored_text))}
    return Ground(
        now,
        BERLIN,
        WEEK,
        people,
        called=cache(lambda kind, number: queries.labels(session, [(kind, number)]).get((kind, number), "")),
        acted=cache(lambda: queries.acted_lately(session)),
        named=cache(lambda text: named(session, text)),
        long_text=lambda digest: kept.get(digest, ""),
    )


def slowly(rows: Iterable[Any], query: Query, ground: Ground) -> list[int]:
    """The ids that a query should find, newest first, by looking at every event in Python."""
    fits = matches(query, ground)
    found = sorted(((row.created_datetime, row.id) for row in rows if fits(row)), reverse=True)
    return [number for _, number in found]


def _row(number: int, account_id: int, one: Made) -> dict[str, Any]:
    return {
        "id": number,
        "account_id": account_id,
        "type": one.type,
        "object_type": one.object[0],
        "object_id": one.object[1],
        "object_label": one.label,
        "user_id": one.user_id,
        "actor_kind": "user" if one.user_id else one.doer[0],
        "actor_id": one.user_id or one.doer[1],
        "actor_name": f"Member {one.user_id}" if one.user_id else "Zebra",
        "actor_version": None if one.user_id else 3,
        "initiator_id": one.initiator_id,
        "source": one.source,
        "context": one.context,
        "created_datetime": one.at,
        "recorded_datetime": wall_now(),
        "written_changes": _written(one.changes),
        "written_data": _written(one.data),
    }


def _written(document: dict[str, Any] | None) -> str | None:
    return None if document is None else json.dumps(document, ensure_ascii=False, separators=(",", ":"))
