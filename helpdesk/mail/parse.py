"""Reads a mail that came in: bytes from anywhere become one plain, clean, honest record."""

import logging
from dataclasses import dataclass, field
from datetime import datetime

from helpdesk.mail import headers
from helpdesk.mail.addresses import Mailbox
from helpdesk.mail.body import LONGEST_TEXT, IncomingAttachment, read_body
from helpdesk.mail.charsets import clean_text, decode
from helpdesk.mail.mime import read_parts
from helpdesk.mail.quoting import new_words

__all__ = ["IncomingAttachment", "IncomingMail", "Mailbox", "parse"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class IncomingMail:
    """What a mail says. Every string can be encoded as UTF-8 and holds no NUL; ids are without their brackets.

    `sender_name` is empty where the sender gave none, and `sender_address` None where no valid one was given.
    `body_html` is safe to show as it is, None where the mail had none; images it brought along are `src="cid:…"`.
    `stripped_text` is `body_text` without quoted history and signature. `headers` has lower-case names.
    """

    sender_name: str = ""
    sender_address: str | None = None
    reply_to: Mailbox | None = None
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    subject: str | None = None
    message_id: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    ticket_number: int | None = None
    body_text: str = ""
    body_html: str | None = None
    stripped_text: str = ""
    attachments: tuple[IncomingAttachment, ...] = ()
    is_automatic: bool = False
    date: datetime | None = None
    headers: dict[str, str] = field(default_factory=dict)


def parse(raw: bytes) -> IncomingMail:
    """Read a mail (RFC 5322, MIME). Never raises, whatever the bytes are, and leaves nothing of the mail out.

    Of its envelope it knows only `Return-Path`: whoever accepts mail by SMTP puts that line in front of it.
    """
    try:
        return _read(raw)
    except Exception:
        # A defect of ours must not cost anybody their mail: they get it as it came, and we get the trace.
        _log.exception("A mail of %d bytes could not be read", len(raw))
        return _unread(raw)


def _read(raw: bytes) -> IncomingMail:
    mail = read_parts(raw)
    sender = headers.sender_of(mail)
    subject = headers.subject_of(mail)
    body = read_body(mail)
    return IncomingMail(
        sender_name=sender.name if sender else "",
        sender_address=sender.address if sender else None,
        reply_to=next(iter(headers.mailboxes(mail, "reply-to")), None),
        to=headers.mailboxes(mail, "to"),
        cc=headers.mailboxes(mail, "cc"),
        subject=subject,
        message_id=headers.message_id_of(mail),
        in_reply_to=headers.ids_in(mail, "in-reply-to"),
        references=headers.ids_in(mail, "references"),
        ticket_number=headers.ticket_number_in(subject),
        body_text=body.text,
        body_html=body.html,
        stripped_text=_stripped(body.text, subject, answers=headers.is_answer(mail, subject)),
        attachments=body.attachments,
        is_automatic=headers.is_automatic(mail),
        date=headers.date_of(mail),
        headers=headers.stored_headers(mail),
    )


def _stripped(text: str, subject: str | None, *, answers: bool) -> str:
    if headers.is_forward(subject):
        return text.strip()
    return new_words(text, answers=answers)


def _unread(raw: bytes) -> IncomingMail:
    text = clean_text(decode(raw[:LONGEST_TEXT])).strip()
    original = IncomingAttachment("message.eml", "message/rfc822", raw)
    return IncomingMail(body_text=text, stripped_text=text, attachments=(original,))
