"""The verbs of messages: said by the customer, answered, noted, corrected, deleted, summed up."""

from typing import Final

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk import files, outbox, tickets
from helpdesk.drafts import Draft
from helpdesk.events import (
    TICKET_MESSAGE_CREATED,
    TICKET_MESSAGE_DELETED,
    TICKET_MESSAGE_SUMMARY_CREATED,
    TICKET_MESSAGE_UPDATED,
)
from helpdesk.models import Customer, Ticket, TicketMessage, User
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of

LONGEST_EXCERPT: Final = 200


def receive(ticket: Ticket, draft: Draft, *, by: Actor) -> TicketMessage:
    """The customer writes: a closed or snoozed ticket opens again; spam and trash marks stay."""
    message = put(ticket, draft, by=by)
    tickets.reopen(ticket, by=by)
    return message


def reply(ticket: Ticket, draft: Draft, *, by: Actor) -> TicketMessage:
    """The desk answers in public; an unassigned ticket becomes that of the team member who answers."""
    _refuse_empty(draft)
    message = put(ticket, draft, by=by)
    if isinstance(draft.sender, User) and ticket.assignee_user_id is None and by.kind == "user":
        tickets.assign(ticket, draft.sender, by=by)
    outbox.queue_reply(message)
    return message


def note(ticket: Ticket, draft: Draft, *, by: Actor) -> TicketMessage:
    """An internal note: the customer never sees it, and neither status nor assignee changes."""
    _refuse_empty(draft)
    if draft.public:
        raise Refused("An internal note can't be public.")
    return put(ticket, draft, by=by)


def put(ticket: Ticket, draft: Draft, *, by: Actor) -> TicketMessage:
    """Add a message to the thread, with no other consequence."""
    session = session_of(ticket)
    sender = draft.sender
    message = TicketMessage(
        account_id=ticket.account_id,
        ticket=ticket,
        public=draft.public,
        from_agent=draft.from_agent,
        channel=draft.channel if draft.public else "internal-note",
        via=draft.via,
        sender_user_id=sender.id if isinstance(sender, User) else None,
        sender_customer_id=sender.id if isinstance(sender, Customer) else None,
        sender_name=(sender.name or sender.email or "") if sender is not None else by.name,
        sender_address=sender.email if sender is not None else None,
        source=draft.source,
        subject=draft.subject,
        body_text=draft.body_text,
        body_html=draft.body_html,
        stripped_text=draft.stripped_text if draft.stripped_text is not None else draft.body_text,
        message_id=draft.message_id or outbox.message_id(ticket, draft),
        in_reply_to=draft.in_reply_to,
        is_automatic=draft.is_automatic,
        external_id=draft.external_id,
        integration_id=draft.integration_id,
        rule_id=draft.rule_id,
        macros=draft.macros,
        headers=draft.headers,
        imported=draft.imported_at is not None,
        created_datetime=draft.imported_at or now(session),
    )
    session.add(message)
    for file in draft.files:
        files.attach(message, file)
    record(TICKET_MESSAGE_CREATED, message, by=by)
    recount(ticket)
    return message


def update(message: TicketMessage, body_text: str, *, by: Actor) -> None:
    """Correct the text of a message; what was sent stays sent."""
    if message.body_text == body_text:
        return
    message.body_text = message.stripped_text = body_text
    message.body_html = message.stripped_html = None
    message.updated_datetime = now(session_of(message))
    record(TICKET_MESSAGE_UPDATED, message, by=by)
    recount(message.ticket)


def delete(message: TicketMessage, *, by: Actor) -> None:
    """Remove a message from its ticket."""
    ticket = message.ticket
    session_of(message).delete(message)
    record(TICKET_MESSAGE_DELETED, message, by=by)
    session_of(ticket).expire(ticket, ["messages"])
    recount(ticket)


def summarise(ticket: Ticket, summary: str, *, by: Actor) -> None:
    """Put a summary on a ticket; the event names the newest message it takes in."""
    if not ticket.messages:
        raise Refused("There is nothing to sum up: the ticket has no messages.")
    if ticket.summary == summary:
        return
    ticket.summary = summary
    record(TICKET_MESSAGE_SUMMARY_CREATED, ticket.messages[-1], by=by)


def recount(ticket: Ticket) -> None:
    """Bring what a ticket says of its messages up to date; `ticket-updated` claims it."""
    public = [message for message in ticket.messages if message.public]
    received = [message for message in public if not message.from_agent]
    newest = public[-1] if public else None
    ticket.messages_count = len(ticket.messages)
    ticket.excerpt = _excerpt(newest) if newest else None
    ticket.last_message_datetime = newest.created_datetime if newest else None
    ticket.last_received_message_datetime = received[-1].created_datetime if received else None


def _excerpt(message: TicketMessage) -> str | None:
    words = " ".join((message.stripped_text or message.body_text or "").split())
    return words[:LONGEST_EXCERPT] or None


def _refuse_empty(draft: Draft) -> None:
    if not (draft.body_text or "").strip() and not draft.body_html and not draft.files:
        raise Refused("The message is empty. Nothing was sent.")
