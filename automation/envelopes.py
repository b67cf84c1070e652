"""Turns what is queued into mail: a reply in its thread, with its files, or a letter that stands alone."""

import re
from collections.abc import Sequence
from html import escape

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk.mail.compose import OutgoingAttachment, OutgoingMail, reply_subject
from helpdesk.models import Account, Customer, Delivery, StoredFile, Ticket, TicketMessage

_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")


class NothingToSend(Exception):
    """What was to be sent is not there any more; the message says why."""


def envelope_for(session: Session, delivery: Delivery) -> OutgoingMail:
    """The mail of a delivery, read now; raises NothingToSend."""
    return _letter(session, delivery) if delivery.payload else _reply(session, delivery)


def _letter(session: Session, delivery: Delivery) -> OutgoingMail:
    account, words = session.get_one(Account, delivery.account_id), delivery.payload
    return OutgoingMail(
        from_name=account.name,
        from_address=account.mail_address,
        to=[(words["to_name"], delivery.recipient)],
        subject=words["subject"],
        body_text=words["body_text"],
        body_html=_as_html(words["body_text"]),
        message_id=delivery.stable_id,
        auto_submitted="auto-generated",
    )


def _reply(session: Session, delivery: Delivery) -> OutgoingMail:
    message = session.get(TicketMessage, delivery.ticket_message_id) if delivery.ticket_message_id else None
    if message is None:
        raise NothingToSend("The message was deleted before it was sent.")
    ticket, account = message.ticket, session.get_one(Account, delivery.account_id)
    earlier = _said_before(session, message)
    received = [each.message_id for each in earlier if not each.from_agent and each.message_id]
    return OutgoingMail(
        from_name=f"{message.sender_name} via {account.name}" if message.sender_user_id else account.name,
        from_address=account.mail_address,
        reply_to=(account.name, account.mail_address),
        to=[(_name_of(session, ticket, delivery.recipient), delivery.recipient)],
        subject=_subject(message, ticket, answers=bool(earlier)),
        body_text=message.body_text or "",
        body_html=message.body_html or _as_html(message.body_text or ""),
        message_id=message.message_id or delivery.stable_id,
        in_reply_to=received[-1] if received else None,
        references=[each.message_id for each in earlier if each.message_id],
        auto_submitted=None if message.sender_user_id and not message.is_automatic else "auto-replied",
        attachments=_files(session, message),
        date=None,
    )


def _said_before(session: Session, message: TicketMessage) -> Sequence[TicketMessage]:
    """The public messages of the thread before this one, oldest first."""
    return session.scalars(
        select(TicketMessage)
        .where(
            TicketMessage.ticket_id == message.ticket_id,
            TicketMessage.public,
            TicketMessage.channel == "email",
            TicketMessage.id < message.id,
        )
        .order_by(TicketMessage.created_datetime, TicketMessage.id)
    ).all()


def _name_of(session: Session, ticket: Ticket, address: str) -> str:
    customer = session.get(Customer, ticket.customer_id)
    return (customer.name or "") if customer is not None and customer.email == address else ""


def _subject(message: TicketMessage, ticket: Ticket, *, answers: bool) -> str:
    subject = reply_subject(message.subject or ticket.subject, ticket.id)
    return subject if answers else subject.removeprefix("Re: ")


def _as_html(text: str) -> str:
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "".join(f"<p>{_lines(paragraph)}</p>\n" for paragraph in paragraphs)


def _lines(paragraph: str) -> str:
    pieces, end = [], 0
    for link in _LINK.finditer(paragraph):
        address = escape(link[0])
        pieces += [escape(paragraph[end : link.start()]), f'<a href="{address}">{address}</a>']
        end = link.end()
    return "".join([*pieces, escape(paragraph[end:])]).replace("\n", "<br>\n")


def _files(session: Session, message: TicketMessage) -> list[OutgoingAttachment]:
    found = []
    for attachment in message.attachments:
        content = session.scalar(
            select(StoredFile.content).where(
                StoredFile.account_id == message.account_id, StoredFile.digest == attachment.digest
            )
        )
        if content is None:
            raise NothingToSend(f"The file {attachment.name} is missing.")
        found.append(OutgoingAttachment(attachment.name, attachment.content_type, content))
    return found
