"""From a message in a body to a draft for the verbs: who says it, what it brings along, and HTML made safe."""

from datetime import datetime
from typing import Any, Final

from flask import g
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import now
from audit.rest.problems import Problem
from audit.rest.shapes import write_moment
from helpdesk import messages
from helpdesk.api import fetching
from helpdesk.api.acting import me, named
from helpdesk.api.files import MOST_BYTES
from helpdesk.api.message_shapes import LONGEST_BODY, FileRef, MessageChange, NewMessage
from helpdesk.api.persons import PersonRef, customer_of
from helpdesk.drafts import Draft, File
from helpdesk.mail.charsets import clean_text
from helpdesk.mail.html import safe_html, within_limits
from helpdesk.mail.htmltext import html_text
from helpdesk.models import Customer, Integration, Macro, Ticket, TicketMessage, User

#: What a program may say that became of a message.
FATE: Final = ("sent_datetime", "opened_datetime", "failed_datetime", "deleted_datetime", "last_sending_error")

_UPLOAD_FIRST: Final = "Upload the file first, with POST /api/upload, and name its url; or name a public address."


def say(session: Session, ticket: Ticket, body: NewMessage, failed: str) -> TicketMessage:
    """Say it on a ticket: as the customer, in public, or as an internal note."""
    draft = draft_of(session, body, ticket.customer, failed)
    if not draft.from_agent:
        return messages.receive(ticket, draft, by=me())
    return messages.reply(ticket, draft, by=me()) if draft.public else messages.note(ticket, draft, by=me())


def draft_of(session: Session, body: NewMessage, customer: Customer, failed: str) -> Draft:
    """The message as a verb takes it."""
    html = safe(body.body_html)
    text = body.body_text if body.body_text is not None else html_text(html) if html else None
    public = is_public(body)
    if not body.from_agent and not public:
        raise Problem(400, failed, {"public": ["A customer's message is always public."]})
    _refuse_future(session, body, failed)
    refuse_unknown(session, body, failed)
    if body.integration_id is not None:
        named(session, Integration, [body.integration_id], "integration_id", failed)
    told = body.created_datetime is not None and not (body.from_agent and public)
    imported = told or body.sent_datetime is not None or body.failed_datetime is not None
    who = body.sender
    sender = _agent(session, who, failed) if body.from_agent else _customer(session, body, customer, failed)
    former = who.email if sender is None and who is not None else None
    if former and not imported:
        raise Problem(400, failed, {"sender.email": ["There is no team member with this address."]})
    return Draft(
        sender=sender,
        body_text=clean_text(text) if text is not None else None,
        body_html=html,
        stripped_text=body.stripped_text,
        stripped_html=safe(body.stripped_html),
        stripped_signature=body.stripped_signature,
        subject=body.subject,
        public=public,
        channel=body.channel,
        via=body.via,
        message_id=body.message_id,
        source=body.source.model_dump(by_alias=True) if body.source is not None else None,
        headers=body.headers,
        files=_files(session, body.attachments or [], failed),
        external_id=body.external_id,
        integration_id=body.integration_id,
        macros=macro_refs(body),
        actions=body.actions,
        meta=body.meta,
        mention_ids=body.mention_ids,
        said_at=body.created_datetime or body.sent_datetime or body.failed_datetime,
        imported=imported,
        fate=_fate(body),
        machine=(who.name or who.email) if who is not None else None,
        former=former,
    )


def is_public(body: NewMessage) -> bool:
    """Whether the customer reads it, too."""
    return body.public and body.channel != "internal-note"


def refuse_unknown(session: Session, body: MessageChange, failed: str) -> None:
    """Raise Problem if it names what is not in this account."""
    for model, numbers, field in (
        (User, body.mention_ids, "mention_ids"),
        (Macro, [ref.id for ref in body.macros or ()], "macros"),
    ):
        if numbers:
            named(session, model, numbers, field, failed)


def macro_refs(body: MessageChange) -> list[dict[str, Any]] | None:
    """The macros as a message keeps them."""
    return [dict(ref.sent()) for ref in body.macros] if body.macros is not None else None


def written(value: Any) -> Any:
    """A part of a message's fate as it is kept."""
    return write_moment(value) if isinstance(value, datetime) else value


def _fate(body: NewMessage) -> dict[str, Any] | None:
    told = {name: written(value) for name in FATE if (value := getattr(body, name)) is not None}
    if body.created_datetime in (None, body.sent_datetime):  # then it was sent when it was said
        told.pop("sent_datetime", None)
    return told or None


def _refuse_future(session: Session, body: NewMessage, failed: str) -> None:
    present = now(session)
    for name in ("created_datetime", *FATE):
        at = getattr(body, name)
        if isinstance(at, datetime) and at > present:
            raise Problem(400, failed, {name: ["It can't lie in the future."]})


def safe(html: str | None) -> str | None:
    """HTML that a page may show."""
    return clean_text(safe_html(within_limits(html, LONGEST_BODY))) or None if html else None


def _agent(session: Session, ref: PersonRef | None, failed: str) -> User | None:
    if ref is None or (ref.id is None and not ref.email):
        # Who has neither number nor address, and yet a name, is a machine, as messages of rules show it.
        return session.get_one(User, g.user.id) if ref is None or not ref.name else None
    if ref.id is not None:
        found: User = named(session, User, [ref.id], "sender.id", failed)[0]
        return found
    key = (ref.email or "").strip().lower()  # of somebody who left this may be all that is known
    return session.scalar(select(User).where(User.email_key == key, User.account_id == g.account.id))


def _customer(session: Session, body: NewMessage, customer: Customer, failed: str) -> Customer:
    ref = body.sender
    if ref is None or (ref.id is None and not ref.email):
        return customer
    return customer_of(session, ref, "sender", failed)


def _files(session: Session, refs: list[FileRef], failed: str) -> tuple[File, ...]:
    found = tuple(_file(session, ref, failed) for ref in refs)
    if sum(len(file.content) for file in found) > MOST_BYTES:
        raise Problem(400, failed, {"attachments": [f"A message takes files of up to {MOST_BYTES // 2**20} MB."]})
    return found


def _file(session: Session, ref: FileRef, failed: str) -> File:
    content = ref.content if ref.content is not None else fetching.uploaded(session, ref.url)
    if content is None:
        raise Problem(400, failed, {"attachments": [_UPLOAD_FIRST]})
    return File(ref.name, ref.content_type, content, public=ref.public, extra=ref.extra)
