"""A ticket's own event trail: what happened to it and its messages, newest first, in words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from audit.changes import Labels, Teller, mentioned
from audit.hues import hue_of
from audit.log import event_table
from audit.rows import teller_for
from audit.sessions import scoped
from audit.types import registry
from helpdesk.events import RULE_SUGGESTION_SUGGESTED
from helpdesk.models import TicketMessage

PAGE: Final = 60
#: Of the newest events of its chains, so many are looked at for one that is the ticket's own.
MOST_OF_OTHERS: Final = 5

_event = event_table.c


@dataclass(frozen=True)
class Line:
    """One event as the trail shows it."""

    id: int
    at: datetime
    type: str
    label: str
    hue: str
    meaning: str
    member: str | None  #: None is "No user"
    acted: str  #: what really acted, where no team member did
    rule_id: int | None  #: the rule that acted: its page says why
    change: str
    first_of_action: bool  #: whether an action begins here, read from the top


@dataclass(frozen=True)
class Trail:
    """A stretch of the trail."""

    lines: list[Line]
    newest: int
    before: int | None  #: whence the next stretch goes on


def newest_id(session: Session, ticket_id: int) -> int:
    """The id of the newest event of a ticket."""
    newest = (
        scoped(session, _event.id, _event.object_type, _event.object_id, _event.changes, table=event_table)
        .where(_about(session, ticket_id))
        .order_by(_event.id.desc())
        .limit(MOST_OF_OTHERS)
    )
    return next((row.id for row in session.execute(newest) if _belongs(row, ticket_id)), 0)


def trail_of(
    session: Session, ticket_id: int, now: datetime, *, before: int | None = None, known: Labels | None = None
) -> Trail:
    """The newest events of a ticket, or those before this one; `now` is in the account's time zone.

    What objects are called is looked up, unless all names that are needed are `known`.
    """
    return _told(session, _about(session, ticket_id), now, before, lambda row: _belongs(row, ticket_id), known)


def event_of(session: Session, ticket_id: int, event_id: int) -> Row[Any] | None:
    """An event of a ticket's trail."""
    found = session.execute(
        scoped(session, table=event_table).where(_event.id == event_id, _about(session, ticket_id))
    ).first()
    return found if found is not None and _belongs(found, ticket_id) else None


def trail_of_object(
    session: Session, object_type: str, number: int, now: datetime, *, before: int | None = None
) -> Trail:
    """The newest events of something that is no ticket, or those before this one."""
    about = and_(_event.object_type == object_type, _event.object_id == number)
    return _told(session, about, now, before, lambda _row: True)


def newest_id_of_object(session: Session, object_type: str, number: int) -> int:
    """The id of the newest event of something that is no ticket; 0 if there is none."""
    about = and_(_event.object_type == object_type, _event.object_id == number)
    found = scoped(session, _event.id, table=event_table).where(about).order_by(_event.id.desc()).limit(1)
    return session.scalar(found) or 0


def _told(
    session: Session,
    about: ColumnElement[bool],
    now: datetime,
    before: int | None,
    belongs: Callable[[Row[Any]], bool],
    known: Labels | None = None,
) -> Trail:
    statement = scoped(session, table=event_table).where(about)
    if before is not None:
        statement = statement.where(_event.id < before)
    found = session.execute(statement.order_by(_event.id.desc()).limit(PAGE + 1)).all()
    shown = [row for row in found[:PAGE] if belongs(row)]
    is_known = known is not None and mentioned(shown) <= known.keys()
    teller = Teller(known, now) if known is not None and is_known else teller_for(session, now, shown)
    lines = [_line(row, shown[index - 1] if index else None, teller) for index, row in enumerate(shown)]
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
    suggested = and_(_event.type == RULE_SUGGESTION_SUGGESTED.name, _event.context.in_(contexts))
    return or_(own, of_messages, suggested)


def _belongs(row: Row[Any], ticket_id: int) -> bool:
    # One chain may reach several tickets: a message, or a rule that is suggested, may be another one's.
    if row.object_type == "Ticket" or not row.changes:
        return True
    field = "suggested_ticket_id" if row.object_type == "Rule" else "ticket_id"
    sides = row.changes.get(f"{row.object_type}:{row.object_id}", {}).get(field)
    return sides is None or ticket_id in sides


def _line(row: Row[Any], above: Row[Any] | None, teller: Teller) -> Line:
    type_ = registry.get(row.type)
    return Line(
        id=row.id,
        at=row.created_datetime,
        type=row.type,
        label=type_.label if type_ else row.type,
        hue=hue_of(row.type),
        meaning=type_.meaning if type_ else "",
        member=row.actor_name if row.user_id is not None else None,
        acted=teller.acted(row),
        rule_id=row.actor_id if row.actor_kind == "rule" else None,
        change=teller.line(row),
        first_of_action=above is None or (above.context, above.created_datetime) != (row.context, row.created_datetime),
    )
