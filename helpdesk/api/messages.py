"""Messages by API: read, said, corrected, deleted, summed up."""

from datetime import datetime
from typing import Any, Final, Literal

from flask import g
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from audit.db import db
from audit.rest.calls import Resource
from audit.rest.paging import Page, both_ways, paged
from audit.rest.problems import Problem
from audit.rest.shapes import IdText, Paged
from helpdesk import messages, summaries
from helpdesk.api import drafting, fetching, message_showing
from helpdesk.api.acting import acting, found, held, me
from helpdesk.api.message_shapes import Message, MessageAction, MessageChange, NewMessage
from helpdesk.api.ticket_shapes import Summary, SummaryShown
from helpdesk.models import Ticket, TicketMessage

resource = Resource(
    "messages",
    "Messages",
    noun="message",
    scope="tickets",
    about="What is said in tickets: by customers, by agents in public, or as internal notes (`public: false`).",
)

FAILED: Final = "Failed to create message"
UPDATING: Final = "Failed to update message"
ORDERS: Final = both_ways("created_datetime", TicketMessage.created_datetime, datetime)
#: What of a message can be changed and is shown, too.
_AS_SHOWN: Final = messages.REVISABLE & Message.model_fields.keys()
_WITH_FILES: Final[Any] = selectinload(TicketMessage.attachments)


class MessageQuery(Paged):
    """Which messages."""

    order_by: Literal["created_datetime:desc", "created_datetime:asc"] = "created_datetime:desc"
    ticket_id: IdText | None = None


class OfTicket(Paged):
    """Which messages of a ticket."""

    order_by: Literal["created_datetime:desc", "created_datetime:asc"] = "created_datetime:asc"


@resource.call("GET /messages", needs="read", query=MessageQuery, gives=Message, asking="limit=5")
def index(asked: MessageQuery) -> Page:
    """List messages of all tickets, the newest first."""
    statement = select(TicketMessage).options(_WITH_FILES)
    if asked.ticket_id is not None:
        statement = statement.where(TicketMessage.ticket_id == asked.ticket_id)
    page = paged(db.session(), statement, ORDERS[asked.order_by], TicketMessage.id, asked)
    return page.map(lambda rows: message_showing.shown(db.session(), rows))


@resource.call("GET /messages/<number:message_id>", needs="read", gives=Message)
def show_alone(message_id: int) -> Message:
    """Show one message, whichever ticket it is of."""
    session = db.session()
    return message_showing.shown(session, [found(session, TicketMessage, message_id)])[0]


@resource.call("GET /tickets/<number:ticket_id>/messages", needs="read", query=OfTicket, gives=Message)
def of_ticket(ticket_id: int, asked: OfTicket) -> Page:
    """List what was said in a ticket, in order."""
    session = db.session()
    found(session, Ticket, ticket_id)
    statement = select(TicketMessage).options(_WITH_FILES).where(TicketMessage.ticket_id == ticket_id)
    page = paged(session, statement, ORDERS[asked.order_by], TicketMessage.id, asked)
    return page.map(lambda rows: message_showing.shown(session, rows))


@resource.call(
    "POST /tickets/<number:ticket_id>/messages", needs="write note", query=MessageAction, body=NewMessage,
    gives=Message, writes=("ticket-message-created", "ticket-updated", "ticket-assigned"),
    sample={"channel": "email", "via": "api", "from_agent": True, "body_text": "It is on its way."},
)  # fmt: skip
def create(ticket_id: int, asked: MessageAction, body: NewMessage) -> Message:
    """Say something in a ticket. A customer's words open a closed ticket; an agent's first answer takes the ticket."""
    if drafting.is_public(body) and not g.user.may("reply"):
        raise Problem(403)
    if body.attachments:
        found(db.session(), Ticket, ticket_id)
        fetching.fetch([("", body)], FAILED)
    with acting() as session:
        number = drafting.say(session, held(session, Ticket, ticket_id), body, FAILED).id
    return show_alone(number)


@resource.call("GET /tickets/<number:ticket_id>/messages/<number:message_id>", needs="read", gives=Message)
def show(ticket_id: int, message_id: int) -> Message:
    """Show one message of a ticket."""
    session = db.session()
    return message_showing.shown(session, [_of(found(session, TicketMessage, message_id), ticket_id)])[0]


@resource.call(
    "PUT /tickets/<number:ticket_id>/messages/<number:message_id>", needs="update ticket", query=MessageAction,
    body=MessageChange, gives=Message, status=202, writes=("ticket-updated", "ticket-message-updated"),
    sample={"channel": "email", "via": "helpdesk", "from_agent": True, "body_text": "It is on its way to you."},
)  # fmt: skip
def update(ticket_id: int, message_id: int, asked: MessageAction, body: MessageChange) -> Message:
    """Correct a message; what was sent stays sent."""
    with acting() as session:
        message = _held(session, ticket_id, message_id)
        if body.from_agent != message.from_agent:
            raise Problem(400, UPDATING, {"from_agent": ["Who said it stays."]})
        drafting.refuse_unknown(session, body, UPDATING)
        (shown,) = message_showing.shown(session, [message])
        messages.revise(message, {**_changes(body, shown), **_fate(message, body, shown)}, by=me())
    return show_alone(message_id)


@resource.call(
    "DELETE /tickets/<number:ticket_id>/messages/<number:message_id>", needs="delete",
    writes=("ticket-updated", "ticket-message-deleted"),
)  # fmt: skip
def delete(ticket_id: int, message_id: int) -> None:
    """Delete a message; the ticket stays."""
    with acting() as session:
        messages.delete(_held(session, ticket_id, message_id), by=me())


@resource.call(
    "POST /tickets/<number:ticket_id>/messages/summary", needs="update ticket", body=Summary, must_have_body=False,
    gives=SummaryShown, writes=("ticket-updated", "ticket-message-summary-created"), is_ours=True,
    sample={"text": "Maria waits for her parcel."},
)  # fmt: skip
def summarise(ticket_id: int, body: Summary) -> SummaryShown:
    """Put a summary on a ticket: this text, or the most telling sentences of what was said."""
    with acting() as session:
        ticket = held(session, Ticket, ticket_id)
        text = body.text if body.text is not None else summaries.of_ticket(ticket)
        messages.summarise(ticket, text, by=me())
    session = db.session()
    ticket = found(session, Ticket, ticket_id)
    return SummaryShown(ticket_id=ticket.id, message_id=ticket.messages[-1].id, summary=ticket.summary or "")


def _held(session: Session, ticket_id: int, message_id: int) -> TicketMessage:
    held(session, Ticket, ticket_id)
    return _of(held(session, TicketMessage, message_id), ticket_id)


def _of(message: TicketMessage, ticket_id: int) -> TicketMessage:
    if message.ticket_id != ticket_id:
        raise Problem(404)
    return message


def _changes(body: MessageChange, shown: Message) -> dict[str, Any]:
    """What of the body changes the message: not what only comes back as it was shown; who said it, and when, stays."""
    said = {name: value for name, value in body.sent() if name in messages.REVISABLE}
    for name in ("body_html", "stripped_html"):
        if name in said:
            said[name] = drafting.safe(said[name])
    if "macros" in said:
        said["macros"] = drafting.macro_refs(body) or []
    if body.source is not None:
        said["source"] = body.source.model_dump(by_alias=True)
    changes = {name: value for name, value in said.items() if name not in _AS_SHOWN or value != getattr(shown, name)}
    if "body_text" in changes:
        changes.setdefault("stripped_text", changes["body_text"])
    return changes


def _fate(message: TicketMessage, body: MessageChange, shown: Message) -> dict[str, Any]:
    """What of the body says anew what became of it: not what only comes back as it was shown."""
    sent = {name: value for name, value in body.sent() if name in drafting.FATE}
    if not sent:
        return {}
    told = dict(message.fate or {})
    for name, value in sent.items():
        if value is None:
            told.pop(name, None)
        elif value != getattr(shown, name):
            told[name] = drafting.written(value)
    return {"fate": told or None}
