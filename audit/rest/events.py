"""The log as a REST resource: to be read by admins and the owner, and by nobody to be changed."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field
from sqlalchemy import ColumnElement, Row, literal, tuple_
from sqlalchemy.orm import Session

from audit import queries
from audit.base import BigId, UtcDateTime, from_microseconds
from audit.db import db
from audit.filters import Ground, Target
from audit.filters import Query as Filter
from audit.log import event_table
from audit.periods import ANY, Period
from audit.rest.calls import Resource
from audit.rest.paging import Order, Page, part, read_cursor
from audit.rest.problems import Problem
from audit.rest.shapes import AskedMoment, IdText, Moment, Paged, Shown
from audit.types import registry

resource = Resource(
    "events",
    "Events",
    noun="events",
    scope="events",
    about="The audit log. Ids grow in the order of commits: who goes on from the last one that they saw misses none.",
)

#: What may be asked for by `object_type`; ours beside the public API's, which rejects `Message` and `TicketRule`.
ObjectType = Literal[
    "Account", "Macro", "Tag", "Customer", "Team", "View", "Widget", "User", "TicketMessage", "Ticket", "Rule",
    "Integration", "SatisfactionSurvey", "CustomField", "ApiKey",
]  # fmt: skip

_c: Final = event_table.c
#: For a query without a period nothing needs to be known of the account.
_GROUND: Final = Ground(now=from_microseconds(0), zone=ZoneInfo("UTC"), longest=None, people={})


def _known(name: str) -> str:
    if name not in registry:
        raise ValueError(f"There is no event type {name[:64]!r}.")
    return name


class EventQuery(Paged):
    """Which events."""

    order_by: Literal["created_datetime:asc", "created_datetime:desc"] = "created_datetime:desc"
    object_id: IdText | None = Field(None, description="What it happened to, by number.")
    object_type: ObjectType | None = Field(None, description="What it happened to; needs `object_id`.")
    types: list[Annotated[str, AfterValidator(_known)]] = Field([], max_length=100, description="May be repeated.")
    user_ids: list[IdText] = Field([], max_length=100, description="Who did it. May be repeated.")
    after: AskedMoment | None = Field(None, alias="created_datetime[gt]")
    since: AskedMoment | None = Field(None, alias="created_datetime[gte]")
    before: AskedMoment | None = Field(None, alias="created_datetime[lt]")
    until: AskedMoment | None = Field(None, alias="created_datetime[lte]")


class Event(Shown):
    """One event; what changed is told on the pages and in the export, not here."""

    id: int
    uri: str
    type: str
    object_type: str
    object_id: int
    user_id: int | None
    context: uuid.UUID | None
    data: dict[str, Any] | None
    created_datetime: Moment


@resource.call(
    "GET /events", needs="read audit log", query=EventQuery, gives=Event, asking="limit=3&types=ticket-created"
)
def index(asked: EventQuery) -> Page:
    """List the events of the account, newest first."""
    if asked.object_type is not None and asked.object_id is None:
        raise Problem(400, "Failed to read events", {"object_id": ["Missing data for required field."]})
    falling = asked.order_by.endswith(":desc")
    order = Order((_c.created_datetime,), (datetime,), falling)
    cursor = read_cursor(asked.cursor, order) if asked.cursor else None
    backwards = cursor is not None and cursor.direction == "prev"
    rising = falling is backwards
    bounds = _bounds(asked)
    if cursor is not None:
        place = tuple_(literal(cursor.keys[0], UtcDateTime), literal(cursor.id, BigId))
        here = tuple_(_c.created_datetime, _c.id)
        bounds.append(here > place if rising else here < place)
    rows = _rows(db.session(), asked, bounds, rising)
    return part([(row, row.created_datetime, row.id) for row in rows], asked, cursor).map(_shown)


@resource.call("GET /events/<number:event_id>", needs="read audit log", gives=Event)
def show(event_id: int) -> Event:
    """Show one event."""
    row = queries.event(db.session(), event_id)
    if row is None:
        raise Problem(404)
    return _shown([row])[0]


def _rows(session: Session, asked: EventQuery, bounds: list[ColumnElement[bool]], rising: bool) -> Sequence[Row[Any]]:
    kind, number = asked.object_type, asked.object_id
    query = Filter(
        Period(ANY),
        types=tuple(sorted(set(asked.types))),
        api_only=True,
        members=tuple(sorted(set(asked.user_ids))),
        target=Target(kind, number) if kind is not None and number is not None else None,
    )
    return list(session.execute(queries.statement(session, query, _GROUND, bounds, asked.limit + 1, ascending=rising)))


def _bounds(asked: EventQuery) -> list[ColumnElement[bool]]:
    at = _c.created_datetime
    bounds = [
        *([at > asked.after] if asked.after else []),
        *([at >= asked.since] if asked.since else []),
        *([at < asked.before] if asked.before else []),
        *([at <= asked.until] if asked.until else []),
    ]
    if asked.object_id is not None and asked.object_type is None:
        kinds = sorted({type_.object for type_ in registry})
        bounds += [_c.object_id == asked.object_id, _c.object_type.in_(kinds)]
    return bounds


def _shown(rows: Sequence[Row[Any]]) -> list[Event]:
    return [
        Event(
            id=row.id,
            uri=f"/api/events/{row.id}/",
            type=row.type,
            object_type=row.object_type,
            object_id=row.object_id,
            user_id=row.user_id,
            context=row.context,
            data=row.data,
            created_datetime=row.created_datetime,
        )
        for row in rows
    ]
