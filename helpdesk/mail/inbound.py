"""Takes in a mail that reached a desk: whose it is, which ticket it continues, and never a mail that gets lost."""

import logging
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit.actors import Actor
from helpdesk import customers, messages, tickets
from helpdesk.desk import acting
from helpdesk.drafts import Draft, File
from helpdesk.mail.addresses import Mailbox, valid_address
from helpdesk.mail.parse import IncomingAttachment, IncomingMail
from helpdesk.models import Account, Customer, Ticket, TicketAlias, TicketMessage
from helpdesk.refusals import Refused

UNKNOWN_SENDER: Final = "Unknown sender"
UNREADABLE: Final = "This mail could not be read. It is attached as it came."

# Marks the one customer of an account to whom all mail belongs that names no sender.
_UNKNOWN_KEY: Final = "unknown-sender"
_MOST_TRIES: Final = 3
_INTAKE_LOCK: Final = 0x6D61696C

_log = logging.getLogger(__name__)


def take_in(session: Session, account_id: int, mail: IncomingMail) -> int:
    """Accept a mail in an action of its own, and commit it; answers the ticket's number.

    Two mails at once may want the same new customer; whoever loses begins anew.
    """
    for tries_left in reversed(range(_MOST_TRIES)):
        try:
            with acting(session, account_id, source="email"):
                return accept(session, session.get_one(Account, account_id), mail).id
        except IntegrityError:
            if not tries_left:
                raise
            _log.info("A mail collided with another writer, trying again", exc_info=True)
    raise AssertionError("unreachable")


def accept(session: Session, account: Account, mail: IncomingMail) -> Ticket:
    """Put a mail where it belongs: into the thread it answers, else into a new ticket. It is the customer's act.

    The same mail again changes nothing; the ticket is that which has it.
    """
    _wait_for_turn(session, account)
    known = _same_mail(session, account, mail)
    if known is not None:
        return known
    customer = _customer(session, account, mail)
    draft, by = _draft(account, mail, customer), Actor("customer", customer.id, customer.display_name)
    ticket = _continued(session, account, mail)
    if ticket is not None:
        messages.receive(ticket, draft, by=by)
        return ticket
    opening = tickets.Opening(customer=customer, channel="email", via="email", subject=mail.subject, messages=(draft,))
    return tickets.create(account, opening, by=by)


def unreadable(raw: bytes, mail: IncomingMail) -> IncomingMail:
    """What is left to take in when a mail itself can't be: who sent it, and the mail as an attachment."""
    return IncomingMail(
        sender_address=mail.sender_address,
        subject=mail.subject,
        message_id=mail.message_id,
        body_text=UNREADABLE,
        stripped_text=UNREADABLE,
        attachments=(IncomingAttachment("message.eml", "message/rfc822", raw),),
        is_automatic=True,  # nobody may answer by machine what nobody could read
    )


def _wait_for_turn(session: Session, account: Account) -> None:
    # The same mail may come twice at the same moment, and no unique key tells it from another with the same id.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            text("SELECT pg_advisory_xact_lock(:intake, :account)"),
            {"intake": _INTAKE_LOCK, "account": account.id % 2**31},
        )


def _same_mail(session: Session, account: Account, mail: IncomingMail) -> Ticket | None:
    """The ticket that has this mail already. Some programs give different mails one id: those are different mails."""
    if mail.message_id is None:
        return None
    held = session.scalars(
        select(TicketMessage).where(TicketMessage.account_id == account.id, TicketMessage.message_id == mail.message_id)
    )
    for message in held:
        if message.from_agent:  # our own words, come back to us, perhaps with a list's footer
            if _flat(message.body_text) in _flat(mail.body_text):
                return message.ticket
        elif message.body_text == mail.body_text and (message.subject or "") == (mail.subject or ""):
            return message.ticket
    return None


def _flat(text: str | None) -> str:
    return " ".join((text or "").split())


def _continued(session: Session, account: Account, mail: IncomingMail) -> Ticket | None:
    """The ticket that a mail goes on with, locked and as it is now."""
    while (number := _ticket_number(session, account, mail)) is not None:
        ticket = session.get(Ticket, number, with_for_update=True, populate_existing=True)
        if ticket is not None:  # else an agent merged or deleted it just now
            return ticket
    return None


def _ticket_number(session: Session, account: Account, mail: IncomingMail) -> int | None:
    """By the mails it answers, newest first, else by `[#id]` in its subject."""
    answered = [*mail.in_reply_to, *reversed(mail.references)]
    number = _ticket_with(session, account, answered)
    if number is None and mail.ticket_number is not None:
        number = _ticket_numbered(session, account, mail.ticket_number)
    return number


def _ticket_with(session: Session, account: Account, ids: Sequence[str]) -> int | None:
    if not ids:
        return None
    found = session.execute(
        select(TicketMessage.message_id, TicketMessage.ticket_id)
        .where(TicketMessage.account_id == account.id, TicketMessage.message_id.in_(ids))
        .order_by(TicketMessage.id)
    )
    holders = {line.message_id: line.ticket_id for line in found}
    return next((holders[identifier] for identifier in ids if identifier in holders), None)


def _ticket_numbered(session: Session, account: Account, number: int) -> int | None:
    own = session.scalar(select(Ticket.id).where(Ticket.account_id == account.id, Ticket.id == number))
    if own is not None:
        return own
    merged = select(TicketAlias.ticket_id).where(TicketAlias.account_id == account.id, TicketAlias.former_id == number)
    return session.scalar(merged)


def _customer(session: Session, account: Account, mail: IncomingMail) -> Customer:
    writer = _writer(account, mail)
    if writer is None:
        return _unknown_sender(session, account)
    known = customers.awaited(account, writer.address)
    if known is not None:
        return known
    try:
        return customers.meet(account, name=writer.name or None, email=writer.address)
    except Refused:  # an address that exists on the wire only, such as one with a quoted space
        return _unknown_sender(session, account)


def _writer(account: Account, mail: IncomingMail) -> Mailbox | None:
    """Who wrote: From; but a form on the shop's own page sends as the desk, and names the customer in Reply-To."""
    own = valid_address(account.mail_address)
    candidates = [
        Mailbox(mail.sender_name, mail.sender_address) if mail.sender_address else None,
        mail.reply_to,
        _envelope_sender(mail),
    ]
    people = [person for person in candidates if person is not None]
    return next((person for person in people if person.address != own), people[0] if people else None)


def _envelope_sender(mail: IncomingMail) -> Mailbox | None:
    address = valid_address(mail.headers.get("return-path", "").strip().strip("<>"))
    return Mailbox("", address) if address else None


def _unknown_sender(session: Session, account: Account) -> Customer:
    held = session.scalar(
        select(Customer)
        .where(Customer.account_id == account.id, Customer.external_id == _UNKNOWN_KEY)
        .order_by(Customer.id)
        .limit(1)
    )
    return held or customers.meet(account, name=UNKNOWN_SENDER, email=None, external_id=_UNKNOWN_KEY)


def _draft(account: Account, mail: IncomingMail, customer: Customer) -> Draft:
    from_ourselves = mail.sender_address == valid_address(account.mail_address)
    return Draft(
        sender=customer,
        body_text=mail.body_text,
        body_html=mail.body_html,
        stripped_text=mail.stripped_text,
        subject=mail.subject,
        via="email",
        message_id=mail.message_id,
        in_reply_to=next(iter(mail.in_reply_to), None),
        source=_source(mail),
        headers=dict(mail.headers),
        is_automatic=mail.is_automatic or from_ourselves,
        files=tuple(File(each.name, each.content_type, each.content, each.content_id) for each in mail.attachments),
    )


def _source(mail: IncomingMail) -> dict[str, Any]:
    sender = Mailbox(mail.sender_name, mail.sender_address or "")
    return {
        "type": "email",
        "from": sender._asdict(),
        "to": [each._asdict() for each in mail.to],
        "cc": [each._asdict() for each in mail.cc],
        "bcc": [],
    }
