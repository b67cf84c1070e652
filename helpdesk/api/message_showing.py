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
    fate: dict[str, Any] = {**_delivered(row, delivery), **(row.fate or {})}
    receiver = None
    if customer is not None and row.from_agent and row.public:
        receiver = _person(customer.id, customer.name, customer.email)
    sender = _person(row.sender_user_id or row.sender_customer_id, row.sender_name or None, row.sender_address)
    return Message(
        id=row.id,
        uri=f"/api/tickets/{row.ticket_id}/messages/{row.id}/",
        message_id=row.message_id,
        ticket_id=row.ticket_id,
        external_id=row.external_id,
        public=row.public,
        channel=row.channel,
        via=row.via,
        source=_source(row, sender, receiver),
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
        deleted_datetime=fate.get("deleted_datetime"),
        sent_datetime=fate.get("sent_datetime"),
        failed_datetime=fate.get("failed_datetime"),
        opened_datetime=fate.get("opened_datetime"),
        last_sending_error=fate.get("last_sending_error"),
        is_retriable=delivery is not None and delivery.status == "failed",
    )


def _delivered(row: TicketMessage, delivery: Delivery | None) -> dict[str, Any]:
    """What became of it here."""
    if delivery is None:
        is_out = "failed_datetime" not in (row.fate or {})
        return {"sent_datetime": row.created_datetime} if is_out else {}
    error = delivery.last_error
    return {
        "sent_datetime": delivery.sent_datetime,
        "failed_datetime": delivery.created_datetime if delivery.status == "failed" else None,
        "last_sending_error": {"error": error} if error else None,
    }


def _person(number: int | None, name: str | None, email: str | None) -> Sender:
    return Sender(id=number, email=email, name=name, meta=None, **halves(name))


def _source(row: TicketMessage, sender: Sender, receiver: Sender | None) -> dict[str, Any]:
    """The envelope, whole and in one order, however much of it was kept."""
    to = [{"name": receiver.name, "address": receiver.email}] if receiver is not None else []
    kept: dict[str, Any] = row.source or {"from": {"name": sender.name, "address": sender.email}, "to": to}
    return {
        "type": kept.get("type") or row.channel,
        "from": _mailbox(kept.get("from")),
        **{name: [_mailbox(each) for each in kept.get(name) or ()] for name in ("to", "cc", "bcc")},
        "extra": kept.get("extra"),
    }


def _mailbox(kept: dict[str, Any] | None) -> dict[str, Any] | None:
    return {"name": kept.get("name"), "address": kept.get("address")} if kept is not None else None


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
