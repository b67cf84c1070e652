"""What can't be undone: a ticket deleted for good, or merged with another; and the search for another customer."""

from typing import Final, TypeVar

from flask import Response, abort, g, make_response, render_template, request, url_for
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from audit.db import db
from helpdesk import merging, tickets
from helpdesk.models import Customer, Team, Ticket, User
from helpdesk.refusals import Refused
from helpdesk.web import answers, reading
from helpdesk.web.changing import acting, held, me, needs
from helpdesk.web.htmx import go_to, wants_partial
from helpdesk.web.races import Stale, refuse_stale
from helpdesk.web.security import LARGEST_ID
from helpdesk.web.sheets import sheet
from helpdesk.web.tickets import blueprint

#: Customers that a search offers at once.
MOST_FOUND: Final = 8

Holder = TypeVar("Holder", User, Team)


@blueprint.get("/tickets/<number:ticket_id>/delete")
@needs("delete")
def confirm_delete(ticket_id: int) -> Response:
    """Ask before deleting for good."""
    page = _brief(ticket_id)
    return sheet("tickets/_delete.html", f"Ticket {ticket_id}", ticket=page)


@blueprint.post("/tickets/<number:ticket_id>/delete")
@needs("delete")
def delete(ticket_id: int) -> Response:
    """Delete it for good, from the trash."""
    try:
        with acting() as session:
            ticket = held(session, ticket_id)
            refuse_stale(session, ticket, request.form.get("row_version"), g.user.id)
            tickets.delete(ticket, by=me())
    except (Refused, Stale) as refusal:
        return answers.refused(ticket_id, str(refusal))
    answers.tell(f"Ticket {ticket_id} deleted for good")
    return go_to(url_for("tickets.index", view="trash"))


@blueprint.get("/tickets/<number:ticket_id>/merge")
@needs("merge")
def confirm_merge(ticket_id: int) -> Response:
    """Ask which ticket is to become part of this one, then what the merged one keeps."""
    ticket, number = _brief(ticket_id), request.args.get("other", "").strip().lstrip("#")
    other, problem = None, None
    if number:
        other, problem = _other(ticket, number)
    return sheet(
        "tickets/_merge.html", f"Ticket {ticket_id}", ticket=ticket, other=other, number=number, problem=problem
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


@blueprint.get("/tickets/<number:ticket_id>/customers")
@needs("update ticket")
def find_customers(ticket_id: int) -> Response:
    """Customers whose name or address holds these letters, to choose from."""
    ticket, wanted = _brief(ticket_id), request.args.get("q", "").strip()[:100]
    found: list[Customer] = []
    if wanted:
        pattern = f"%{wanted.lower().replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
        found = list(
            db.session.scalars(
                select(Customer)
                .where(
                    Customer.account_id == g.account.id,
                    or_(Customer.email_key.like(pattern, escape="!"), Customer.name.ilike(pattern, escape="!")),
                    Customer.id != ticket.customer_id,
                )
                .order_by(Customer.name, Customer.id)
                .limit(MOST_FOUND)
            )
        )
    if not wants_partial():
        return sheet("tickets/_customers.html", f"Ticket {ticket_id}", ticket=ticket, found=found, wanted=wanted)
    return make_response(render_template("tickets/_customers.html", ticket=ticket, found=found, wanted=wanted))


def _merge(session: Session, source: Ticket, into: Ticket) -> None:
    def picked(field: str) -> Ticket:
        return source if request.form.get(field) == "other" else into

    merging.merge(
        source,
        into,
        subject=picked("subject").subject,
        customer=session.get_one(Customer, picked("customer").customer_id),
        assignee=_maybe(session, User, picked("assignee").assignee_user_id),
        team=_maybe(session, Team, picked("assignee").assignee_team_id),
        by=me(),
    )


def _maybe(session: Session, model: type[Holder], number: int | None) -> Holder | None:
    return session.get_one(model, number) if number is not None else None


def _brief(ticket_id: int) -> Ticket:
    ticket = reading.read_ticket(db.session(), ticket_id)
    if ticket is None:
        abort(404, f"There is no ticket {ticket_id} here: it was deleted, or never existed in this account.")
    return ticket


def _other(ticket: Ticket, number: str) -> tuple[Ticket | None, str | None]:
    if not number.isascii() or not number.isdigit() or not 0 < int(number) <= LARGEST_ID:
        return None, "Enter the number of a ticket, such as 4213."
    if int(number) == ticket.id:
        return None, "That is this ticket itself. Enter the number of another one."
    other = reading.read_ticket(db.session(), int(number))
    return other, None if other else f"There is no ticket {number} in this account."
