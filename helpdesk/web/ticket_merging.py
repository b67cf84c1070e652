"""Two tickets become one: the other one is looked for, what will happen is shown, and then it happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from flask import Response, abort, g, request
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, joinedload, raiseload

from audit.db import db
from helpdesk import merging, search
from helpdesk.models import Customer, Tag, Team, Ticket, TicketMessage, User
from helpdesk.refusals import Refused
from helpdesk.web import answers, reading
from helpdesk.web.changing import acting, held, me, needs
from helpdesk.web.races import Stale, refuse_stale
from helpdesk.web.security import LARGEST_ID
from helpdesk.web.sheets import sheet
from helpdesk.web.shell import desk_clock
from helpdesk.web.tickets import blueprint

#: Tickets that a search offers at once.
MOST_FOUND: Final = 8
#: Messages whose order is shown: the newest of both.
MOST_SHOWN: Final = 12

Holder = TypeVar("Holder", User, Team)


@dataclass(frozen=True)
class Piece:
    """A message in the thread that the two will make."""

    ticket_id: int
    sender: str
    at: datetime
    words: str


@dataclass(frozen=True)
class Outlook:
    """What a merge would make of two tickets."""

    pieces: list[Piece]
    earlier: int  #: messages before those
    count: int
    tags: list[tuple[Tag, bool]]  #: and whether it is new on the one that lives on


@blueprint.get("/tickets/<number:ticket_id>/merge")
@needs("merge")
def confirm_merge(ticket_id: int) -> Response:
    """Ask which ticket is to become part of this one, then what the merged one keeps."""
    ticket, wanted = _brief(ticket_id), request.args.get("q", "").strip()[: search.LONGEST]
    given = request.args.get("other", "").strip().lstrip("#")
    other, problem = _other(ticket, given) if given else (None, None)
    session = db.session()
    return sheet(
        "tickets/_merge.html",
        f"Ticket {ticket_id}",
        ticket=ticket,
        other=other,
        wanted=wanted,
        problem=problem,
        found=_found(session, ticket, wanted) if other is None else [],
        outlook=_outlook(session, ticket, other) if other is not None else None,
        now=desk_clock(g.account.id).now,
        time_zone=g.account.time_zone,
    )


@blueprint.post("/tickets/<number:ticket_id>/merge")
@needs("merge")
def merge(ticket_id: int) -> Response:
    """Take the other ticket in; this one lives on."""
    other_id = request.form.get("other", 0, type=int)
    if not 0 < other_id <= LARGEST_ID:
        abort(422, "Choose the ticket that should become part of this one. Nothing was merged.")
    try:
        with acting() as session:
            first, second = sorted((ticket_id, other_id))  # in one order, so that two who merge don't wait in a circle
            both = {number: held(session, number) for number in (first, second)}
            into, source = both[ticket_id], both[other_id]
            refuse_stale(session, into, request.form.get("row_version"), g.user.id)
            refuse_stale(session, source, request.form.get("other_version"), g.user.id)
            _merge(session, source, into)
    except (Refused, Stale) as refusal:
        return answers.refused(ticket_id, str(refusal))
    return answers.done(ticket_id, f"Ticket {other_id} is part of this one now")


def _merge(session: Session, source: Ticket, into: Ticket) -> None:
    def picked(field: str) -> Ticket:
        return source if request.form.get(field) == "other" else into

    merging.merge(
        source,
        into,
        subject=picked("subject").subject,
        customer=session.get_one(Customer, picked("customer").customer_id),
        assignee=_maybe(session, User, picked("assignee").assignee_user_id),
        team=_maybe(session, Team, picked("team").assignee_team_id),
        by=me(),
    )


def _maybe(session: Session, model: type[Holder], number: int | None) -> Holder | None:
    return session.get_one(model, number) if number is not None else None


def _brief(ticket_id: int) -> Ticket:
    ticket = reading.read_ticket(db.session(), ticket_id)
    if ticket is None:
        abort(404, f"There is no ticket {ticket_id} here: it was deleted, or never existed in this account.")
    return ticket


def _other(ticket: Ticket, given: str) -> tuple[Ticket | None, str | None]:
    if not given.isascii() or not given.isdigit() or not 0 < int(given[:20]) <= LARGEST_ID:
        return None, "Enter the number of a ticket, such as 4213."
    if int(given) == ticket.id:
        return None, "That is this ticket itself. Choose another one."
    other = reading.read_ticket(db.session(), int(given))
    return other, None if other else f"There is no ticket {given} in this account."


def _found(session: Session, ticket: Ticket, wanted: str) -> Sequence[Ticket]:
    """The tickets that are meant; without a word those of the same customer, who may have written twice."""
    asked = search.ask(wanted)
    is_meant = search.condition(session, asked) if asked else Ticket.customer_id == ticket.customer_id
    is_theirs = case((Ticket.customer_id == ticket.customer_id, 0), else_=1)
    by_number = [search.exact_first(session, asked).desc()] if asked.number is not None else []
    found: Sequence[Ticket] = session.scalars(
        select(Ticket)
        .where(Ticket.account_id == ticket.account_id, Ticket.id != ticket.id, is_meant)
        .options(joinedload(Ticket.customer).options(raiseload("*")), raiseload("*"))
        .order_by(*by_number, is_theirs, Ticket.updated_datetime.desc(), Ticket.id.desc())
        .limit(MOST_FOUND)
    ).all()
    return found


def _outlook(session: Session, ticket: Ticket, other: Ticket) -> Outlook:
    newest = session.execute(
        select(
            TicketMessage.ticket_id,
            func.coalesce(func.nullif(TicketMessage.sender_name, ""), TicketMessage.sender_address),
            TicketMessage.created_datetime,
            TicketMessage.stripped_text,
            TicketMessage.body_text,
        )
        .where(TicketMessage.ticket_id.in_((ticket.id, other.id)))
        .order_by(TicketMessage.created_datetime.desc(), TicketMessage.id.desc())
        .limit(MOST_SHOWN)
    ).all()
    pieces = [
        Piece(row[0], row[1] or "Somebody", row[2], " ".join((row[3] or row[4] or "(no text)").split())[:80])
        for row in reversed(newest)
    ]
    present = {tag.id for tag in ticket.tags}
    tags = [(tag, False) for tag in ticket.tags] + [(tag, True) for tag in other.tags if tag.id not in present]
    count = ticket.messages_count + other.messages_count
    return Outlook(pieces, max(count - len(pieces), 0), count, tags)
