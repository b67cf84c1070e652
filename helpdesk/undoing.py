"""Undo: what an action changed is read back from the log, and taken back with the ordinary verbs.

Each field is taken back only where it still is as the action left it: what somebody did since stays.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from audit.action import now
from audit.actors import Actor
from audit.log import event_table
from audit.sessions import scoped
from helpdesk import tags, tickets
from helpdesk.models import Customer, Tag, Team, Ticket, User
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of

#: An action that wrote nothing but these can be undone; of the others, something would stay.
_UNDOABLE: Final = frozenset(
    {
        "ticket-assigned",
        "ticket-closed",
        "ticket-customer-updated",
        "ticket-marked-spam",
        "ticket-reopened",
        "ticket-snoozed",
        "ticket-subject-updated",
        "ticket-tags-added",
        "ticket-tags-removed",
        "ticket-team-assigned",
        "ticket-team-unassigned",
        "ticket-trashed",
        "ticket-unassigned",
        "ticket-unmarked-spam",
        "ticket-untrashed",
        "ticket-updated",
    }
)
#: What may stand beside them, and stays.
_BESIDE: Final = frozenset(
    {"macro-applied", "satisfaction-survey-created", "tag-created", "ticket-satisfaction-survey-skipped"}
)
_FIELDS: Final = (
    "status",
    "snooze_datetime",
    "spam",
    "trashed_datetime",
    "assignee_user_id",
    "assignee_team_id",
    "customer_id",
    "subject",
    "priority",
    "language",
)

_event = event_table.c


@dataclass
class Step:
    """What an action did to one ticket: per field, how it was and how the action left it."""

    ticket_id: int
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    tags_added: list[int] = field(default_factory=list)
    tags_removed: list[int] = field(default_factory=list)


def is_undoable(types: Iterable[str]) -> bool:
    """Whether an action that wrote events of these types can be taken back as a whole."""
    names = set(types)
    return bool(names & _UNDOABLE) and names <= _UNDOABLE | _BESIDE


def can_undo(session: Session, context: uuid.UUID, user_id: int) -> bool:
    """Whether all that somebody did in a chain can be taken back, as far as the log says."""
    return is_undoable(session.scalars(_done_by(session, context, user_id, _event.type).distinct()))


def steps(session: Session, context: uuid.UUID, user_id: int, among: Sequence[int] = ()) -> list[Step]:
    """What somebody did in a chain, ticket by ticket, or only to some; raises Refused if it can't be undone."""
    wanted = _done_by(session, context, user_id, _event.type, _event.object_id, _event.changes)
    if among:
        wanted = wanted.where(_event.object_type == "Ticket", _event.object_id.in_(among))
    events = session.execute(wanted.order_by(_event.id)).all()
    if not is_undoable(event.type for event in events):
        raise Refused("This can't be undone any more. Look at the event trail, and change it by hand.")
    found: dict[int, Step] = {}
    for event in events:
        for row, columns in (event.changes or {}).items():
            kind, _, number = row.partition(":")
            if kind == "Ticket":
                _note_fields(found.setdefault(int(number), Step(int(number))), columns)
            elif kind == "TicketTag":
                _note_tag(found.setdefault(event.object_id, Step(event.object_id)), columns)
    return [step for step in found.values() if step.fields or step.tags_added or step.tags_removed]


def undo(ticket: Ticket, step: Step, *, by: Actor) -> None:
    """Take back what was done to a ticket; raises Refused, before anything is changed, if it has changed since."""
    _refuse_what_changed(ticket, step)
    was = {name: before for name, (before, _) in step.fields.items()}
    if "status" in was or "snooze_datetime" in was:
        _restore_status(ticket, was, by=by)
    if "spam" in was:
        (tickets.mark_spam if was["spam"] else tickets.unmark_spam)(ticket, by=by)
    if "trashed_datetime" in was:
        (tickets.trash if was["trashed_datetime"] else tickets.untrash)(ticket, by=by)
    _restore_people(ticket, was, by=by)
    if "subject" in was:
        tickets.set_subject(ticket, was["subject"], by=by)
    if "priority" in was:
        tickets.set_priority(ticket, was["priority"], by=by)
    if "language" in was:
        tickets.set_language(ticket, was["language"], by=by)
    if step.tags_added:
        tags.take_off(ticket, _names(ticket, step.tags_added), by=by)
    if step.tags_removed:
        tags.put_on(ticket, _names(ticket, step.tags_removed), by=by)


def _done_by(session: Session, context: uuid.UUID, user_id: int, *columns: Any) -> Select[Any]:
    mine = or_(_event.user_id == user_id, _event.initiator_id == user_id)
    return scoped(session, *columns, table=event_table).where(_event.context == context, mine)


def _note_fields(step: Step, columns: dict[str, list[Any]]) -> None:
    for name in _FIELDS:
        if name in columns:
            before, after = columns[name]
            step.fields[name] = (step.fields[name][0] if name in step.fields else before, after)


def _note_tag(step: Step, columns: dict[str, list[Any]]) -> None:
    before, after = columns.get("tag_id", (None, None))
    if before is None and after is not None:
        step.tags_added.append(after)
    elif after is None and before is not None:
        step.tags_removed.append(before)


def _refuse_what_changed(ticket: Ticket, step: Step) -> None:
    for name, (_, after) in step.fields.items():
        if _plain(getattr(ticket, name)) != _plain(after):
            raise Refused(f"Ticket {ticket.id} has changed since, so nothing was undone on it.")
    present = {link.tag_id for link in ticket.tag_links} if step.tags_added or step.tags_removed else set()
    if not present.issuperset(step.tags_added) or present.intersection(step.tags_removed):
        raise Refused(f"The tags of ticket {ticket.id} have changed since, so nothing was undone on it.")


def _plain(value: Any) -> Any:
    """A value as two sides of a comparison: moments stand as text in the log."""
    if isinstance(value, str) and len(value) > 18 and value[4:5] == "-":
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    return value


def _restore_status(ticket: Ticket, was: dict[str, Any], *, by: Actor) -> None:
    slept_until = _plain(was.get("snooze_datetime"))
    if was.get("status", ticket.status) == "open":
        tickets.reopen(ticket, by=by)
    elif slept_until is None:
        tickets.close(ticket, by=by)
    elif slept_until > now(session_of(ticket)):
        tickets.snooze(ticket, slept_until, by=by)
    else:
        tickets.reopen(ticket, by=by)  # its sleep would be over by now


def _restore_people(ticket: Ticket, was: dict[str, Any], *, by: Actor) -> None:
    session = session_of(ticket)
    if "assignee_user_id" in was:
        if was["assignee_user_id"] is None:
            tickets.unassign(ticket, by=by)
        else:
            tickets.assign(ticket, _still(session.get(User, was["assignee_user_id"]), "That team member"), by=by)
    if "assignee_team_id" in was:
        if was["assignee_team_id"] is None:
            tickets.unassign_team(ticket, by=by)
        else:
            tickets.assign_team(ticket, _still(session.get(Team, was["assignee_team_id"]), "That team"), by=by)
    if "customer_id" in was:
        tickets.swap_customer(ticket, _still(session.get(Customer, was["customer_id"]), "That customer"), by=by)


def _still(found: Any, what: str) -> Any:
    if found is None:
        raise Refused(f"{what} is gone, so this can't be undone.")
    return found


def _names(ticket: Ticket, numbers: list[int]) -> list[str]:
    session = session_of(ticket)
    named = {tag.id: tag.name for tag in session.scalars(select(Tag).where(Tag.id.in_(numbers)))}
    if len(named) < len(set(numbers)):
        raise Refused(f"A tag of ticket {ticket.id} is gone, so this can't be undone.")
    return [named[number] for number in numbers]
