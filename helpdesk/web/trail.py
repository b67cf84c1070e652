"""A ticket's own event trail: what happened to it and its messages, newest first, in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from audit.log import event_table
from audit.sessions import scoped
from audit.types import registry
from helpdesk.models import TicketMessage
from helpdesk.web.telling import Known, Names, names_for, tell

PAGE: Final = 60

#: Types whose dot warns.
_DANGER: Final = frozenset(
    {"ticket-deleted", "ticket-trashed", "ticket-marked-spam", "ticket-message-deleted", "user-login-failed"}
)
_HUES: Final = {
    "Ticket": "ticket",
    "TicketMessage": "message",
    "SatisfactionSurvey": "message",
    "Customer": "people",
    "User": "people",
    "Team": "people",
    "Account": "account",
    "ApiKey": "account",
}

_event = event_table.c


@dataclass(frozen=True)
class Line:
    """One event as the trail shows it."""

    id: int
    at: datetime
    type: str
    label: str
    tone: str
    meaning: str
    who: str | None  #: the team member; None is shown as "No user"
    acted: str  #: what really acted behind "No user"
    change: str
    context: str
    first_of_action: bool  #: whether an action begins here, read from the top


@dataclass(frozen=True)
class Trail:
    """A stretch of the trail."""

    lines: list[Line]
    newest: int
    before: int | None  #: whence the next stretch goes on


def tone_of(type_name: str) -> str:
    """The colour of an event: its group's hue, or danger."""
    type_ = registry.get(type_name)
    if type_name in _DANGER or type_ is None:
        return "danger"
    return _HUES.get(type_.object, "config")


def newest_id(session: Session, ticket_id: int) -> int:
    """The id of the newest event of a ticket."""
    found = session.scalar(
        scoped(session, _event.id, table=event_table)
        .where(_about(session, ticket_id))
        .order_by(_event.id.desc())
        .limit(1)
    )
    return found or 0


def trail_of(
    session: Session, ticket_id: int, time_zone: str, *, before: int | None = None, known: Known | None = None
) -> Trail:
    """The newest events of a ticket, or those before this one; `known` are names that need no asking for."""
    statement = scoped(session, table=event_table).where(_about(session, ticket_id))
    if before is not None:
        statement = statement.where(_event.id < before)
    found = session.execute(statement.order_by(_event.id.desc()).limit(PAGE + 1)).all()
    shown = [row for row in found[:PAGE] if _belongs(row, ticket_id)]
    names = names_for(session, [row.changes for row in shown], time_zone, known or {})
    lines = [_line(row, shown[index - 1] if index else None, names) for index, row in enumerate(shown)]
    return Trail(lines, shown[0].id if shown else 0, found[PAGE - 1].id if len(found) > PAGE else None)


def _about(session: Session, ticket_id: int) -> ColumnElement[bool]:
    # Messages that were deleted, or moved on with a merge, have left the table: their events stand in the same
    # action as one of the ticket's.
    account = _event.account_id == session.info["account_id"]
    own = and_(_event.object_type == "Ticket", _event.object_id == ticket_id)
    contexts = select(_event.context).where(account, own)
    present = select(TicketMessage.id).where(TicketMessage.ticket_id == ticket_id)
    of_messages = and_(
        _event.object_type == "TicketMessage", or_(_event.object_id.in_(present), _event.context.in_(contexts))
    )
    return or_(own, of_messages)


def _belongs(row: Row[Any], ticket_id: int) -> bool:
    # One chain may reach several tickets: a message that names another one is not ours.
    if row.object_type == "Ticket" or not row.changes:
        return True
    sides = row.changes.get(f"TicketMessage:{row.object_id}", {}).get("ticket_id")
    return sides is None or ticket_id in sides


def _line(row: Row[Any], above: Row[Any] | None, names: Names) -> Line:
    type_ = registry.get(row.type)
    return Line(
        id=row.id,
        at=row.created_datetime,
        type=row.type,
        label=type_.label if type_ else row.type,
        tone=tone_of(row.type),
        meaning=type_.meaning if type_ else "",
        who=row.actor_name if row.user_id is not None else None,
        acted=_acted(row, names),
        change=tell(row, names),
        context=str(row.context),
        first_of_action=above is None or (above.context, above.created_datetime) != (row.context, row.created_datetime),
    )


def _acted(row: Row[Any], names: Names) -> str:
    if row.user_id is not None:
        return ""
    if row.actor_kind in ("schedule", "system"):
        return str(row.actor_name)
    version = f" v{row.actor_version}" if row.actor_version is not None else ""
    by = f" by {names.user(row.initiator_id)}" if row.initiator_id is not None else ""
    return f"{row.actor_kind} {row.actor_name}{version}{by}"
