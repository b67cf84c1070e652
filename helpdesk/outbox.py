"""The desk's outbox: what is to leave by mail is queued in the transaction that says so, and sent afterwards."""

import uuid

from audit.action import current
from audit.clock import wall_now
from helpdesk.drafts import Draft
from helpdesk.models import Account, Delivery, Ticket, TicketMessage
from helpdesk.sessions import session_of


def message_id(ticket: Ticket, draft: Draft) -> str | None:
    """A Message-ID for what the desk says by mail; None for what never travels."""
    if not draft.from_agent or not draft.public or draft.channel != "email":
        return None
    account = session_of(ticket).get_one(Account, ticket.account_id)
    host = account.mail_address.rsplit("@", 1)[-1]
    return f"ticket-{ticket.id}.{uuid.uuid4().hex}@{host}"


def queue_reply(message: TicketMessage) -> None:
    """Queue what the desk says in public for the customer's mailbox, if it goes by mail and was not said elsewhere."""
    if not message.from_agent or message.channel != "email" or message.imported or not message.public:
        return
    session, recipient = session_of(message), message.ticket.customer.email
    account = session.get_one(Account, message.account_id)
    if not recipient or recipient.lower() == account.mail_address.lower():  # what we send ourselves would come back
        return
    session.add(
        Delivery(
            account_id=message.account_id,
            kind="mail",
            stable_id=message.message_id or f"message-{message.id}",
            ticket_id=message.ticket_id,
            ticket_message_id=message.id,
            recipient=recipient,
            payload={},
            created_datetime=current(session).at,
            next_attempt_datetime=wall_now(),
        )
    )
