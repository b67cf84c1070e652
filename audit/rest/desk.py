"""What the log knows, for programs: all types of events, which of them were seen, and the proof by replay."""

from typing import Any

from audit import seen
from audit.db import db
from audit.replay import replay
from audit.rest.calls import Resource
from audit.rest.shapes import Moment, Shown
from audit.types import registry

resource = Resource(
    "desk_log", "Desk: the log", noun="log", scope="events", about="What the simulator's own log can tell a test."
)


class EventTypeShown(Shown):
    """A type of events, as the glossary has it."""

    name: str
    label: str
    object_type: str
    meaning: str
    actors: list[str]
    by_hand: str
    by_api: str
    by_machine: str
    companions: list[str]
    in_drop_down: bool


class EventTypes(Shown):
    """All types of events."""

    data: list[EventTypeShown]


class SeenShown(Shown):
    """How often a type was caused by a kind of actor."""

    count: int
    last_datetime: Moment
    last_event_id: int


class CoverageRow(Shown):
    """A type, and who caused it so far; who can't cause it is left out."""

    type: str
    object_type: str
    actors: dict[str, SeenShown | None]


class Coverage(Shown):
    """What of the catalogue this account has seen."""

    seen: int
    total: int
    data: list[CoverageRow]


class ReplayShown(Shown):
    """What replay found."""

    agrees: bool
    events: int
    rows: int
    differences: list[str]


@resource.call("GET /desk/event-types", needs="read", gives=EventTypes, is_ours=True)
def event_types() -> EventTypes:
    """List every type of events: what it means, who may cause it, and how."""
    return EventTypes(
        data=[
            EventTypeShown(
                name=type_.name,
                label=type_.label,
                object_type=type_.object,
                meaning=type_.meaning,
                actors=sorted(type_.actors),
                by_hand=type_.by_hand,
                by_api=type_.by_api,
                by_machine=type_.by_machine,
                companions=list(type_.companions),
                in_drop_down=type_.in_drop_down,
            )
            for type_ in registry
        ]
    )


@resource.call("GET /desk/coverage", needs="read audit log", gives=Coverage, is_ours=True)
def coverage() -> Coverage:
    """Say which types of events the account has seen, and who caused them."""
    found: dict[Any, Any] = dict(seen.ways(db.session()))
    rows = [
        CoverageRow(
            type=type_.name,
            object_type=type_.object,
            actors={kind: _seen(found.get((type_.name, kind))) for kind in sorted(type_.actors)},
        )
        for type_ in registry
    ]
    return Coverage(seen=sum(any(row.actors.values()) for row in rows), total=len(rows), data=rows)


@resource.call("POST /desk/replay", needs="read audit log", gives=ReplayShown, status=200, is_ours=True)
def prove() -> ReplayShown:
    """Fold all events from nothing, and compare the result with every row of the database."""
    session = db.session()
    account_id = session.info["account_id"]
    session.rollback()
    report = replay(session, account_id)
    session.rollback()
    return ReplayShown(
        agrees=report.agrees, events=report.events, rows=report.rows, differences=list(report.differences)
    )


def _seen(found: Any) -> SeenShown | None:
    if found is None:
        return None
    return SeenShown(count=found.count, last_datetime=found.at, last_event_id=found.event_id)
