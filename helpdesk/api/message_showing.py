"""Messages as they are shown: with what became of them on their way out."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import files
from helpdesk.api.message_shapes import AttachmentShown, Message, Sender
from helpdesk.models import Attachment, Customer, Delivery, Ticket, TicketMessage
from helpdesk.ways import halves


def shown(session: Session, rows: Sequence[TicketMessage]) -> list[Message]:
    """Messages of whichever tickets."""
    sent = _deliveries(session, [row.id for row in rows if row.from_agent])
    asked = {row.ticket_id for row in rows if row.from_agent and row.public}
    receivers = _customers(session, asked)
    return [_shown(row, sent.get(row.id), receivers.get(row.ticket_id)) for row in rows]


def attachment_url(attachment: Attachment) -> str:
    """Where a program gets the file."""
    return files.address(attachment.digest, attachment.name)


def _shown(row: TicketMessage, delivery: Delivery | None, customer: Customer | None) -> Message:
    failed = delivery if delivery is not None and delivery.status == "failed" else None
    error = delivery.last_error if delivery is not None else None
    receiver = None
    if customer is not None and row.from_agent and row.public:
        receiver = _person(customer.id, customer.display_name, customer.email)
    sender = _person(row.sender_user_id or row.sender_customer_id, row.sender_name, row.sender_address)
    return Message(
        id=row.id,
        uri=f"/api/tickets/{row.ticket_id}/messages/{row.id}/",
        message_id=row.message_id,
        ticket_id=row.ticket_id,
        external_id=row.external_id,
        public=row.public,
        channel=row.channel,
        via=row.via,
        source=row.source or _source(row, sender, receiver),
        sender=sender,
        auth_customer_identity=None,
        integration_id=row.integration_id,
        intents=row.intents or [],
        rule_id=row.rule_id,
        from_agent=row.from_agent,
        receiver=receiver,
        subject=row.subject,
        body_text=row.body_text,
        body_html=row.body_html,
        stripped_text=row.stripped_text,
        stripped_html=row.stripped_html,
        stripped_signature=row.stripped_signature,
        attachments=[_attachment(each) for each in row.attachments],
        macros=row.macros or [],
        actions=row.actions,
        headers=row.headers,
        imported=row.imported,
        meta=row.meta,
        created_datetime=row.created_datetime,
        processed_datetime=row.created_datetime,
        deleted_datetime=None,
        sent_datetime=row.created_datetime if delivery is None else delivery.sent_datetime,
        failed_datetime=failed.created_datetime if failed is not None else None,
        opened_datetime=None,
        last_sending_error={"error": error} if error else None,
        is_retriable=failed is not None,
    )


def _person(number: int | None, name: str, email: str | None) -> Sender:
    return Sender(id=number, email=email, name=name, meta=None, **halves(name))


def _source(row: TicketMessage, sender: Sender, receiver: Sender | None) -> dict[str, Any]:
    to = [{"name": receiver.name, "address": receiver.email}] if receiver is not None else []
    return {
        "type": row.channel,
        "from": {"name": sender.name, "address": sender.email},
        "to": to,
        "cc": [],
        "bcc": [],
        "extra": None,
    }


def _attachment(each: Attachment) -> AttachmentShown:
    return AttachmentShown(
        url=attachment_url(each),
        name=each.name,
        content_type=each.content_type,
        size=each.size,
        public=each.public,
        extra=each.extra,
    )


def _deliveries(session: Session, numbers: list[int]) -> dict[int, Delivery]:
    if not numbers:
        return {}
    wanted = select(Delivery).where(Delivery.ticket_message_id.in_(numbers), Delivery.kind == "mail")
    return {row.ticket_message_id or 0: row for row in session.scalars(wanted.order_by(Delivery.id))}


def _customers(session: Session, tickets: set[int]) -> dict[int, Customer]:
    if not tickets:
        return {}
    found = select(Ticket.id, Customer).join(Customer, Customer.id == Ticket.customer_id).where(Ticket.id.in_(tickets))
    return {row[0]: row[1] for row in session.execute(found)}
