"""The chat: a visitor of the shop's page writes, and the desk answers in the same window.

Who a visitor is rests on a secret in their browser alone. An address that they type is noted and never believed: a
visitor is a customer of their own, until an agent merges them with somebody who is known.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from audit.action import now
from audit.actors import Actor
from helpdesk import channels, customers, messages, tickets
from helpdesk.drafts import Draft, File
from helpdesk.models import Account, Customer, CustomerChannel, Integration, Ticket, TicketAlias, TicketMessage
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of

CHANNEL: Final = "chat"
LONGEST_TEXT: Final = 4000
LONGEST_NAME: Final = 100
#: Nobody knows who a visitor is, and files are kept for good: they may send less than a team member.
MOST_FILES: Final = 5
MOST_BYTES: Final = 5 * 2**20
#: A closed conversation that has been silent for so long is not gone on with: a new ticket begins.
SILENCE: Final = timedelta(days=3)


@dataclass(frozen=True)
class Visit:
    """A visitor's browser: its secret name, and the conversation it is in."""

    visitor: str
    ticket_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a visitor sends; `once` is the same if the same is sent again."""

    text: str
    name: str = ""
    address: str = ""
    once: str | None = None
    files: tuple[File, ...] = ()


def new_visit() -> Visit:
    """A browser that was not here before."""
    return Visit(uuid.uuid4().hex)


def write(integration: Integration, visit: Visit, words: Words) -> Ticket:
    """The visitor writes: their ticket goes on and opens again, or a new one begins. It is the customer's act."""
    session = session_of(integration)
    text = words.text.replace("\r\n", "\n").strip()
    if integration.deactivated_datetime is not None:
        raise Refused("The chat is closed, so nothing was sent.")
    if not text and not words.files:
        raise Refused("Write something first, or choose a file. Nothing was sent.")
    if len(text) > LONGEST_TEXT:
        raise Refused(f"A message has at most {LONGEST_TEXT} characters; this one has {len(text)}. Nothing was sent.")
    if len(words.files) > MOST_FILES or sum(len(file.content) for file in words.files) > MOST_BYTES:
        raise Refused(f"A message takes up to {MOST_FILES} files, 5 MB together. Nothing was sent: leave some out.")
    account = session.get_one(Account, integration.account_id)
    known = conversation(session, account, visit)
    ticket = session.get(Ticket, known.id, with_for_update=True, populate_existing=True) if known else None
    if ticket is not None and words.once and _has(session, ticket, words.once):
        return ticket
    customer = _customer(account, visit, words, ticket)
    draft, by = _draft(integration, customer, text, words), Actor("customer", customer.id, customer.display_name)
    if ticket is not None and _goes_on(ticket):
        messages.receive(ticket, draft, by=by)
        return ticket
    opening = tickets.Opening(
        customer=customer,
        channel=CHANNEL,
        via=CHANNEL,
        subject=f"Chat with {customer.display_name}",
        external_id=external_id(visit),
        messages=(draft,),
    )
    return tickets.create(account, opening, by=by)


def conversation(session: Session, account: Account, visit: Visit) -> Ticket | None:
    """The ticket that a visitor may read and go on with: their own, or one that took it in for the same person."""
    visitor = channels.holder(account, CHANNEL, visit.visitor)
    ticket = _named(session, account, visit.ticket_id) if visit.ticket_id is not None else None
    if ticket is not None and (
        ticket.external_id == external_id(visit) or (visitor is not None and visitor.id == ticket.customer_id)
    ):
        return ticket
    if visitor is None:
        return None
    return session.scalar(
        select(Ticket)
        .where(
            Ticket.account_id == account.id,
            Ticket.customer_id == visitor.id,
            Ticket.external_id == external_id(visit),
        )
        .order_by(Ticket.id.desc())
        .limit(1)
    )


def said(session: Session, ticket: Ticket) -> list[TicketMessage]:
    """What a visitor may read of a ticket: what was said in public and in the chat, nothing that came by mail."""
    return list(
        session.scalars(
            select(TicketMessage)
            .where(
                TicketMessage.ticket_id == ticket.id,
                TicketMessage.account_id == ticket.account_id,
                TicketMessage.public,
                TicketMessage.channel == CHANNEL,
            )
            .options(selectinload(TicketMessage.attachments))
            .order_by(TicketMessage.created_datetime, TicketMessage.id)
        )
    )


def external_id(visit: Visit) -> str:
    """By which a ticket knows the browser it began in."""
    return f"chat-{visit.visitor}"


def _named(session: Session, account: Account, number: int) -> Ticket | None:
    ticket = session.get(Ticket, number)
    if ticket is None:  # it may be part of another one by now
        survivor = session.scalar(
            select(TicketAlias.ticket_id).where(TicketAlias.account_id == account.id, TicketAlias.former_id == number)
        )
        ticket = session.get(Ticket, survivor) if survivor is not None else None
    # Whoever was deleted is forgotten: the browser begins anew.
    forgotten = ticket is None or ticket.account_id != account.id or ticket.customer.stands_for_deleted
    return None if forgotten else ticket


def _goes_on(ticket: Ticket) -> bool:
    last = ticket.last_message_datetime
    silent = last is not None and now(session_of(ticket)) - last > SILENCE
    return ticket.is_open or ticket.is_snoozed or not silent


def _has(session: Session, ticket: Ticket, once: str) -> bool:
    found = select(TicketMessage.id).where(TicketMessage.ticket_id == ticket.id, TicketMessage.external_id == once)
    return session.scalar(found.limit(1)) is not None


def _customer(account: Account, visit: Visit, words: Words, ticket: Ticket | None) -> Customer:
    session = session_of(account)
    known = channels.holder(account, CHANNEL, visit.visitor)
    if known is not None:
        return known
    if ticket is not None:  # an agent said that it is somebody else's, or removed the channel
        return session.get_one(Customer, ticket.customer_id)
    name = " ".join(words.name.split())
    if not name:
        raise Refused("Say who you are first. Nothing was sent.")
    if len(name) > LONGEST_NAME:
        raise Refused(f"A name has at most {LONGEST_NAME} characters. Nothing was sent.")
    address = " ".join(words.address.split())[:320]
    channel = CustomerChannel(
        account_id=account.id, type=CHANNEL, address=visit.visitor, preferred=True, created_datetime=now(session)
    )
    meta = {"address_given_in_chat": address} if address else None
    return customers.meet(account, name=name, email=None, channels=[channel], meta=meta)


def _draft(integration: Integration, customer: Customer, text: str, words: Words) -> Draft:
    return Draft(
        sender=customer,
        body_text=text,
        channel=CHANNEL,
        via=CHANNEL,
        source={"type": CHANNEL, "from": {"name": customer.display_name}, "to": [{"name": integration.name}]},
        external_id=words.once,
        files=words.files,
        integration_id=integration.id,
    )
