"""Reads what the ticket page shows, in a fixed number of statements however long the thread is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import nh3
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, raiseload, selectinload

from helpdesk.models import Attachment, Tag, Team, Ticket, TicketAlias, TicketMessage, TicketTag, User
from helpdesk.web.formats import zone
from helpdesk.web.shell import Clock, desk_clock
from helpdesk.web.snoozing import Choice, choices
from helpdesk.web.trail import Trail, trail_of

MOST_TAGS: Final = 500


@dataclass(frozen=True)
class Named:
    """Something that can be chosen."""

    id: int
    name: str
    sign: str = ""


@dataclass(frozen=True)
class Message:
    """A message of the thread."""

    id: int
    kind: str  #: "customer", "agent" or "note"
    sender: str
    address: str | None
    at: datetime
    via: str
    text: str
    quoted: str | None  #: the whole text, if what is new in it is shown alone
    original: str | None  #: sanitised HTML, without pictures
    attachments: list[Attachment]


@dataclass(frozen=True)
class TicketPage:
    """Everything that the ticket's page and its partials show."""

    ticket: Ticket
    thread: list[Message]
    trail: Trail
    members: list[Named]
    teams: list[Named]
    tags: list[Named]
    snooze_choices: list[Choice]
    clock: Clock
    time_zone: str


def read_ticket(session: Session, ticket_id: int) -> Ticket | None:
    """The ticket with what its page shows of it; anything else must be asked for by name."""
    found = session.scalars(
        select(Ticket)
        .where(Ticket.id == ticket_id, Ticket.account_id == session.info["account_id"])
        .options(
            joinedload(Ticket.customer).options(raiseload("*")),
            joinedload(Ticket.assignee).options(raiseload("*")),
            joinedload(Ticket.team).options(raiseload("*")),
            joinedload(Ticket.tag_links).joinedload(TicketTag.tag),
            raiseload("*"),
        )
        .execution_options(populate_existing=True)
    )
    return found.unique().one_or_none()


def survivor_of(session: Session, ticket_id: int) -> int | None:
    """The ticket that a merged one leads to."""
    return session.scalar(
        select(TicketAlias.ticket_id).where(
            TicketAlias.account_id == session.info["account_id"], TicketAlias.former_id == ticket_id
        )
    )


def read_page(session: Session, ticket: Ticket, time_zone: str) -> TicketPage:
    """The page of a ticket."""
    account_id = ticket.account_id
    members = _named(session, select(User.id, User.name).where(User.account_id == account_id, User.active))
    teams = _named(session, select(Team.id, Team.name, Team.decoration).where(Team.account_id == account_id))
    tags = _named(session, select(Tag.id, Tag.name).where(Tag.account_id == account_id).limit(MOST_TAGS))
    clock = desk_clock(account_id)
    return TicketPage(
        ticket=ticket,
        thread=_thread(session, ticket.id),
        trail=trail_of(session, ticket.id, clock.now.astimezone(zone(time_zone))),
        members=members,
        teams=teams,
        tags=tags,
        snooze_choices=choices(clock.now, time_zone),
        clock=clock,
        time_zone=time_zone,
    )


def _named(session: Session, statement: Select[*tuple[Any, ...]]) -> list[Named]:
    rows = session.execute(statement.order_by("name", "id")).mappings()
    return [Named(row["id"], row["name"], str((row.get("decoration") or {}).get("emoji") or "")) for row in rows]


def _thread(session: Session, ticket_id: int) -> list[Message]:
    found = session.scalars(
        select(TicketMessage)
        .where(TicketMessage.ticket_id == ticket_id)
        .options(selectinload(TicketMessage.attachments).options(raiseload("*")), raiseload("*"))
        .order_by(TicketMessage.created_datetime, TicketMessage.id)
        .execution_options(populate_existing=True)
    )
    return [_message(message) for message in found]


def _message(message: TicketMessage) -> Message:
    whole, new = message.body_text or "", message.stripped_text or ""
    shown = new.strip() or whole.strip()
    kind = "note" if not message.public else "agent" if message.from_agent else "customer"
    return Message(
        id=message.id,
        kind=kind,
        sender=message.sender_name or message.sender_address or "Somebody",
        address=message.sender_address if message.sender_address != message.sender_name else None,
        at=message.created_datetime,
        via=message.via,
        text=shown,
        quoted=whole.strip() if whole.strip() != shown else None,
        original=_original(message.body_html) if message.body_html else None,
        attachments=list(message.attachments),
    )


# Sanitised when it came in; once more here, and without whatever would load something.
_KEPT: Final = set(nh3.ALLOWED_TAGS) - {"img", "map", "area", "picture", "source"}
_ATTRIBUTES: Final[dict[str, set[str]]] = {
    "a": {"href", "title"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}


def _original(html: Any) -> str:
    return nh3.clean(str(html), tags=_KEPT, attributes=_ATTRIBUTES, url_schemes={"http", "https", "mailto", "tel"})
