"""The desk's outbox: what is to leave by mail is queued in the transaction that says so, and sent afterwards."""

import uuid
from dataclasses import dataclass

from sqlalchemy import inspect

from audit.action import current
from audit.clock import wall_now
from helpdesk.drafts import Draft
from helpdesk.models import Account, Delivery, Ticket, TicketMessage
from helpdesk.sessions import session_of


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A mail that is about no message of a ticket: an invitation, a link for a new password, a survey."""

    purpose: str  #: the first word of its Message-ID, "invitation"
    to_name: str
    to_address: str
    subject: str
    body_text: str
    ticket_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call to another system, with everything filled in."""

    method: str
    url: str
    headers: dict[str, str]
    body: str | None = None


def queue_call(ticket: Ticket, call: Call) -> Delivery:
    """Queue a call that is made because of a ticket; the one client for everything that goes out makes it."""
    session = session_of(ticket)
    delivery = Delivery(
        account_id=ticket.account_id,
        kind="webhook",
        stable_id=f"call.{uuid.uuid4().hex}",
        ticket_id=ticket.id,
        recipient=call.url,
        payload={"url": call.url, "method": call.method, "headers": call.headers, "body": call.body},
        created_datetime=current(session).at,
        next_attempt_datetime=wall_now(),
    )
    session.add(delivery)
    return delivery


def queue_again(delivery: Delivery) -> Delivery:
    """Queue a call once more, just as it was: under an id of its own, and saying of which it is the repeat."""
    session = session_of(delivery)
    payload = {name: value for name, value in delivery.payload.items() if name not in ("tries", "answer")}
    again = Delivery(
        account_id=delivery.account_id,
        kind=delivery.kind,
        stable_id=f"again.{uuid.uuid4().hex}",
        ticket_id=delivery.ticket_id,
        ticket_message_id=delivery.ticket_message_id,
        integration_id=delivery.integration_id,
        recipient=delivery.recipient,
        payload={**payload, "again": payload.get("again") or delivery.stable_id},
        created_datetime=current(session).at,
        next_attempt_datetime=wall_now(),
    )
    session.add(again)
    return again


def queue_letter(account: Account, letter: Letter) -> Delivery:
    """Queue a letter; its words, which may hold a link that opens something, are forgotten once it was sent."""
    session, host = session_of(account), account.mail_address.rsplit("@", 1)[-1]
    delivery = Delivery(
        account_id=account.id,
        kind="mail",
        stable_id=f"{letter.purpose}.{uuid.uuid4().hex}@{host}",
        ticket_id=letter.ticket_id,
        recipient=letter.to_address,
        payload={"to_name": letter.to_name, "subject": letter.subject, "body_text": letter.body_text},
        created_datetime=current(session).at,
        next_attempt_datetime=wall_now(),
    )
    session.add(delivery)
    return delivery


def message_id(ticket: Ticket, draft: Draft) -> str | None:
    """A Message-ID for what the desk says by mail; None for what never travels."""
    if not draft.from_agent or not draft.public or draft.channel != "email":
        return None
    account = session_of(ticket).get_one(Account, ticket.account_id)
    host = account.mail_address.rsplit("@", 1)[-1]
    name = f"ticket-{ticket.id}" if inspect(ticket).persistent else "new-ticket"  # numbered with its first message
    return f"{name}.{uuid.uuid4().hex}@{host}"


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
