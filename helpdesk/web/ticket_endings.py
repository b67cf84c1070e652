"""A ticket deleted for good, and a ticket that is somebody else's: an old customer, or a new one."""

from typing import Final

from flask import Response, abort, g, request, url_for
from sqlalchemy import or_, select

from audit.db import db
from helpdesk import customers, tickets
from helpdesk.forms.tickets import NewCustomerForm
from helpdesk.models import Account, Customer, Ticket
from helpdesk.refusals import Refused
from helpdesk.web import answers, reading
from helpdesk.web.changing import acting, held, me, needs
from helpdesk.web.htmx import go_to, wants_partial
from helpdesk.web.races import Stale, refuse_stale
from helpdesk.web.sheets import sheet
from helpdesk.web.tickets import blueprint

#: Customers that a search offers at once.
MOST_FOUND: Final = 8


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
    return sheet(
        "tickets/_customers.html",
        f"Ticket {ticket_id}",
        ticket=ticket,
        found=found,
        wanted=wanted,
        form=_new_customer(wanted),
        problem=None,
    )


@blueprint.post("/tickets/<number:ticket_id>/new-customer")
@needs("update ticket")
def swap_for_new_customer(ticket_id: int) -> Response:
    """Add a customer, and say that the ticket is theirs: one action."""
    form = NewCustomerForm(request.form)
    if not form.validate():
        return _whose(ticket_id, form, None, 422)
    try:
        with acting() as session:
            ticket = held(session, ticket_id)
            refuse_stale(session, ticket, request.form.get("row_version"), g.user.id)
            account = session.get_one(Account, g.account.id)
            customer = customers.create(account, name=form.name.data or None, email=form.email.data or None, by=me())
            tickets.swap_customer(ticket, customer, by=me())
    except (Refused, Stale) as refusal:
        return _whose(ticket_id, form, f"{refusal} Nothing was changed.", 409)
    return answers.done(ticket_id, "Customer added and swapped")


def _whose(ticket_id: int, form: NewCustomerForm, problem: str | None, status: int) -> Response:
    ticket = _brief(ticket_id)
    name = f"Ticket {ticket_id}"
    answer = sheet(
        "tickets/_customers.html", name, status, ticket=ticket, found=[], wanted="", form=form, problem=problem
    )
    if wants_partial():
        answer.headers["HX-Retarget"] = "#dialog"
        answer.headers["HX-Reswap"] = "innerHTML"
    return answer


def _new_customer(wanted: str) -> NewCustomerForm:
    return NewCustomerForm(data={"email": wanted} if "@" in wanted else {"name": wanted})


def _brief(ticket_id: int) -> Ticket:
    ticket = reading.read_ticket(db.session(), ticket_id)
    if ticket is None:
        abort(404, f"There is no ticket {ticket_id} here: it was deleted, or never existed in this account.")
    return ticket
