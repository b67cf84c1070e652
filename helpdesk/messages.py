"""The verbs of messages: said by the customer, answered, noted, corrected, deleted, summed up."""

from collections.abc import Mapping
from typing import Any, Final

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk import outbox, thread, tickets
from helpdesk.drafts import Draft
from helpdesk.events import (
    TICKET_MESSAGE_DELETED,
    TICKET_MESSAGE_SUMMARY_CREATED,
    TICKET_MESSAGE_UPDATED,
)
from helpdesk.models import Ticket, TicketMessage, User
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of

#: What `revise` may change.
REVISABLE: Final = frozenset(
    {"body_text", "body_html", "stripped_text", "stripped_html", "stripped_signature", "subject", "channel", "via"}
    | {"source", "external_id", "headers", "meta", "actions", "macros", "mention_ids", "fate"}
)


def receive(ticket: Ticket, draft: Draft, *, by: Actor) -> TicketMessage:
    """The customer writes: a closed or snoozed ticket opens again; spam and trash marks stay."""
    message = thread.put(ticket, draft, by=by)
    tickets.reopen(ticket, by=by)
    return message


def reply(ticket: Ticket, draft: Draft, *, by: Actor) -> TicketMessage:
    """The desk answers in public; an unassigned ticket becomes that of the team member who answers."""
    _refuse_empty(draft)
    message = thread.put(ticket, draft, by=by)
    outbox.queue_reply(message)  # before it is assigned: then one flush is enough for both
    if isinstance(draft.sender, User) and ticket.assignee_user_id is None and by.kind == "user":
        tickets.assign(ticket, draft.sender, by=by)
    return message


def note(ticket: Ticket, draft: Draft, *, by: Actor) -> TicketMessage:
    """An internal note: the customer never sees it, and neither status nor assignee changes."""
    _refuse_empty(draft)
    if draft.public:
        raise Refused("An internal note can't be public.")
    return thread.put(ticket, draft, by=by)


def update(message: TicketMessage, body_text: str, *, by: Actor) -> None:
    """Correct the text of a message; what was sent stays sent."""
    if message.body_text == body_text:
        return
    plain = {"body_text": body_text, "stripped_text": body_text, "body_html": None, "stripped_html": None}
    revise(message, plain, by=by)


def revise(message: TicketMessage, changes: Mapping[str, Any], *, by: Actor) -> None:
    """Correct what a message says, or what is said about it; what was sent stays sent."""
    unknown = changes.keys() - REVISABLE
    if unknown:
        raise Refused(f"A message's {', '.join(sorted(unknown))} stays as it is.")
    different = {name: value for name, value in changes.items() if getattr(message, name) != value}
    if not different:
        return
    for name, value in different.items():
        setattr(message, name, value)
    message.updated_datetime = now(session_of(message))
    record(TICKET_MESSAGE_UPDATED, message, by=by)
    thread.recount(message.ticket)


def delete(message: TicketMessage, *, by: Actor) -> None:
    """Remove a message from its ticket."""
    ticket = message.ticket
    session_of(message).delete(message)
    record(TICKET_MESSAGE_DELETED, message, by=by)
    session_of(ticket).expire(ticket, ["messages"])
    thread.recount(ticket)


def summarise(ticket: Ticket, summary: str, *, by: Actor) -> None:
    """Put a summary on a ticket; the event names the newest message it takes in."""
    if not ticket.messages:
        raise Refused("There is nothing to sum up: the ticket has no messages.")
    if ticket.summary == summary:
        return
    ticket.summary = summary
    record(TICKET_MESSAGE_SUMMARY_CREATED, ticket.messages[-1], by=by)


def _refuse_empty(draft: Draft) -> None:
    if not (draft.body_text or "").strip() and not draft.body_html and not draft.files:
        raise Refused("The message is empty. Nothing was sent.", "body_text")
