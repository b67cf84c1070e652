"""Reads what the ticket page shows, in a fixed number of statements however long the thread is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import nh3
from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session, joinedload, raiseload

from helpdesk.models import Attachment, Rule, Ticket, TicketAlias, TicketMessage, TicketTag
from helpdesk.web.formats import zone
from helpdesk.web.shell import Clock, desk_clock
from helpdesk.web.snoozing import Choice, choices
from helpdesk.web.ticket_choices import Choices, FieldLine, Named, choices_for
from helpdesk.web.trail import Trail, trail_of


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
    rich: str | None  #: sanitised HTML that is shown instead of the text: what a team member wrote in Markdown
    quoted: str | None  #: what an answer quotes
    whole: str | None  #: the whole text, where what is new in it can't be told from the rest so simply
    original: str | None  #: sanitised HTML, without pictures
    macros: list[str]  #: the names of the macros that it began with
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
    fields: list[FieldLine]
    snooze_choices: list[Choice]
    suggestions: list[Any]  #: rules that the desk proposes here: number and name
    clock: Clock
    time_zone: str


def read_ticket(session: Session, ticket_id: int | ScalarSelect[int]) -> Ticket | None:
    """The ticket with what its page shows of it; anything else must be asked for by name."""
    found = session.scalars(
        select(Ticket)
        .where(Ticket.id == ticket_id, Ticket.account_id == session.info["account_id"])
        .options(
            joinedload(Ticket.customer).options(raiseload("*")),
            joinedload(Ticket.assignee).options(raiseload("*")),
            joinedload(Ticket.team).options(raiseload("*")),
            joinedload(Ticket.tag_links).joinedload(TicketTag.tag),
            joinedload(Ticket.survey).options(raiseload("*")),
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
    choosable, clock = choices_for(session, ticket), desk_clock(ticket.account_id)
    return TicketPage(
        ticket=ticket,
        thread=thread_of(session, ticket.id),
        trail=trail_of(session, ticket.id, clock.now.astimezone(zone(time_zone)), known=_labels(ticket, choosable)),
        members=choosable.members,
        teams=choosable.teams,
        tags=choosable.tags,
        fields=choosable.fields,
        snooze_choices=choices(clock.now, time_zone),
        suggestions=_suggestions(session, ticket),
        clock=clock,
        time_zone=time_zone,
    )


def _suggestions(session: Session, ticket: Ticket) -> list[Any]:
    mine = Rule.account_id == ticket.account_id, Rule.suggested_ticket_id == ticket.id, Rule.is_draft
    return list(session.execute(select(Rule.id, Rule.name).where(*mine).order_by(Rule.id)))


def _labels(ticket: Ticket, choosable: Choices) -> dict[tuple[str, int], str]:
    own = {("Ticket", ticket.id): ticket.subject or "", ("Customer", ticket.customer_id): ticket.customer.display_name}
    return {**choosable.labels(), **own}


def thread_of(session: Session, ticket_id: int) -> list[Message]:
    """What was said in a ticket, oldest first."""
    found = session.scalars(
        select(TicketMessage)
        .where(TicketMessage.ticket_id == ticket_id)
        .options(joinedload(TicketMessage.attachments).options(raiseload("*")), raiseload("*"))
        .order_by(TicketMessage.created_datetime, TicketMessage.id)
        .execution_options(populate_existing=True)
    )
    return [_message(message) for message in found.unique()]


def _message(message: TicketMessage) -> Message:
    whole, new = (message.body_text or "").strip(), (message.stripped_text or "").strip()
    shown = new or whole
    kind = "note" if not message.public else "agent" if message.from_agent else "customer"
    html = _original(message.body_html) if message.body_html else None
    is_ours = message.from_agent and message.via == "helpdesk"
    begins = whole.startswith(shown)
    return Message(
        id=message.id,
        kind=kind,
        sender=message.sender_name or message.sender_address or "Somebody",
        address=message.sender_address if message.sender_name not in ("", message.sender_address) else None,
        at=message.created_datetime,
        via=message.via,
        text=shown,
        rich=html if is_ours else None,
        quoted=(whole[len(shown) :].strip("\n") or None) if begins and not is_ours else None,
        whole=whole if not begins and not is_ours else None,
        original=html if not is_ours else None,
        macros=[str(macro.get("name", "")) for macro in message.macros or () if isinstance(macro, dict)],
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
    return nh3.clean(
        str(html),
        tags=_KEPT,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        set_tag_attribute_values={"a": {"target": "_blank"}},  # what is being written stays on the screen
    )
