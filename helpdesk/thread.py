"""A ticket's thread: where a message is added, with no other consequence, and what the ticket says of its messages."""

from typing import Final

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk import files, guessing, outbox
from helpdesk.drafts import Draft
from helpdesk.events import TICKET_MESSAGE_CREATED
from helpdesk.models import Customer, Ticket, TicketMessage, User
from helpdesk.sessions import session_of

LONGEST_EXCERPT: Final = 200


def put(ticket: Ticket, draft: Draft, *, by: Actor) -> TicketMessage:
    """Add a message to the thread, with no other consequence."""
    message = write(ticket, draft, by=by)
    record(TICKET_MESSAGE_CREATED, message, by=by)
    return message


def write(ticket: Ticket, draft: Draft, *, by: Actor) -> TicketMessage:
    """Write a message into the thread; whoever calls says that it happened."""
    session = session_of(ticket)
    sender = draft.sender
    message = TicketMessage(
        account_id=ticket.account_id,
        ticket=ticket,
        ticket_id=ticket.id,  # known before the flush: so the ledger marks the ticket at once, in the same flush
        public=draft.public,
        from_agent=draft.from_agent,
        channel=draft.channel if draft.public else "internal-note",
        via=draft.via,
        sender_user_id=sender.id if isinstance(sender, User) else None,
        sender_customer_id=sender.id if isinstance(sender, Customer) else None,
        sender_name=sender.name or "" if sender is not None else draft.machine or by.name,
        sender_address=sender.email if sender is not None else draft.former,
        source=draft.source,
        subject=draft.subject,
        body_text=draft.body_text,
        body_html=draft.body_html,
        stripped_text=draft.stripped_text if draft.stripped_text is not None else draft.body_text,
        stripped_html=draft.stripped_html,
        stripped_signature=draft.stripped_signature,
        message_id=draft.message_id or outbox.message_id(ticket, draft),
        in_reply_to=draft.in_reply_to,
        is_automatic=draft.is_automatic,
        external_id=draft.external_id,
        integration_id=draft.integration_id,
        rule_id=draft.rule_id,
        macros=draft.macros,
        actions=draft.actions,
        meta=draft.meta,
        mention_ids=draft.mention_ids,
        headers=draft.headers,
        imported=draft.imported,
        fate=draft.fate,
        created_datetime=draft.said_at or now(session),
        attachments=[],  # or it would be asked which there are
    )
    session.add(message)
    for file in draft.files:
        files.attach(message, file)
    if ticket.language is None and draft.public and sender is not None:
        ticket.language = guessing.language_of(message.stripped_text)
    recount(ticket)  # before it is told: then one flush is enough for both
    return message


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
