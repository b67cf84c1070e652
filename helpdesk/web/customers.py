"""The pages of customers: the list, the profile with its history, and what is edited in it."""

from functools import cache
from typing import Final
from zoneinfo import available_timezones

from flask import Blueprint, Response, g, make_response, render_template, request, url_for

from audit.db import db
from helpdesk import channels, customers
from helpdesk.forms.customers import KINDS, ChannelForm, NewCustomerForm, ProfileForm
from helpdesk.languages import LANGUAGES, name_of
from helpdesk.models import Account, Customer, CustomerChannel, Ticket
from helpdesk.refusals import Refused
from helpdesk.web import answers, customer_list, ticket_lines, trail
from helpdesk.web.changing import acting, held_row, me, needs
from helpdesk.web.customer_reading import read_customer, read_profile
from helpdesk.web.htmx import go_to, wants_partial
from helpdesk.web.overtaken import refuse_overtaken
from helpdesk.web.races import Stale
from helpdesk.web.security import LARGEST_ID
from helpdesk.web.shell import desk_clock

blueprint = Blueprint("customers", __name__)

PROFILE: Final = ("name", "email", "language", "timezone", "external_id", "note")


@blueprint.get("/customers")
@needs("read")
def index() -> Response:
    """The customers; the fragment is what is found while you type, or the rows after a cursor."""
    order = customer_list.ORDERS.get(request.args.get("sort", ""), customer_list.ORDERS["newest"])
    wanted, after = request.args.get("q", "").strip()[: customer_list.LONGEST_SEARCH], request.args.get("after")
    found = customer_list.page_of(db.session(), g.account.id, order, wanted, after)
    template = "customers/index.html"
    if wants_partial():
        template = "customers/_rows.html" if after else "customers/_results.html"
    return make_response(
        render_template(
            template,
            found=found,
            order=order,
            orders=customer_list.ORDERS.values(),
            wanted=wanted,
            after=after,
            now=desk_clock(g.account.id).now,
            time_zone=g.account.time_zone,
        )
    )


@blueprint.get("/customers/<number:customer_id>")
@needs("read")
def show(customer_id: int) -> Response:
    """A customer with what is known of them, their tickets, and what was done to the profile."""
    return _profile(customer_id)


@blueprint.get("/customers/<number:customer_id>/tickets")
@needs("read")
def tickets(customer_id: int) -> Response:
    """The history goes on: the tickets after a cursor."""
    return ticket_lines.further(
        Ticket.customer_id == customer_id,
        "customers.tickets",
        read_customer(customer_id).display_name,
        url_for("customers.show", customer_id=customer_id),
        customer_id=customer_id,
    )


@blueprint.get("/customers/new")
@needs("update ticket")
def new() -> Response:
    """An empty form."""
    return _new(NewCustomerForm(request.args))


@blueprint.post("/customers/new")
@needs("update ticket")
def create() -> Response:
    """Enter somebody by hand."""
    form = NewCustomerForm(request.form)
    if not form.validate():
        return _new(form, status=422)
    if not any((field.data or "").strip() for field in (form.name, form.email, form.phone)):
        form.name.errors = ["Write at least a name, an e-mail address or a phone number."]
        return _new(form, status=422)
    phone = (form.phone.data or "").strip()
    try:
        with acting() as session:
            number = customers.create(
                session.get_one(Account, g.account.id),
                others=[channels.Address(channels.PHONE, phone)] if phone else [],
                values=[],
                by=me(),
                **_typed(form),
            ).id
    except Refused as refusal:
        return _new(form, f"{refusal} Nobody was added.", 409)
    answers.tell("Customer created")
    return go_to(url_for("customers.show", customer_id=number))


@blueprint.get("/customers/<number:customer_id>/edit")
@needs("update ticket")
def edit(customer_id: int) -> Response:
    """The profile as a form."""
    customer = read_customer(customer_id)
    return _edit(customer, ProfileForm(obj=customer))


@blueprint.post("/customers/<number:customer_id>/edit")
@needs("update ticket")
def update(customer_id: int) -> Response:
    """Save the profile."""
    form = ProfileForm(request.form)
    if not form.validate():
        return _edit(read_customer(customer_id), form, status=422)
    try:
        with acting() as session:
            customer = held_row(session, Customer, customer_id, "customer")
            refuse_overtaken(session, "Customer", customer_id, "customer")
            customers.update(customer, _typed(form), by=me())
    except (Refused, Stale) as refusal:
        return _edit(read_customer(customer_id), form, str(refusal), 409)
    answers.tell("Customer saved")
    return go_to(url_for("customers.show", customer_id=customer_id))


@blueprint.post("/customers/<number:customer_id>/channels/add")
@needs("update ticket")
def add_channel(customer_id: int) -> Response:
    """Give them another address."""
    form = ChannelForm(request.form)
    if not form.validate():
        return _profile(customer_id, form, status=422)
    try:
        with acting() as session:
            customer = held_row(session, Customer, customer_id, "customer")
            channels.add(customer, form.type.data or "", form.address.data or "", by=me())
    except Refused as refusal:
        form.address.errors = [str(refusal)]
        return _profile(customer_id, form, status=409)
    answers.tell("Address added", none="They had this address already, so nothing changed and no event was written.")
    return go_to(url_for("customers.show", customer_id=customer_id))


@blueprint.post("/customers/<number:customer_id>/channels/prefer")
@needs("update ticket")
def prefer_channel(customer_id: int) -> Response:
    """Let this address be the first of its kind."""
    try:
        with acting() as session:
            channels.prefer(_channel(held_row(session, Customer, customer_id, "customer")), by=me())
    except Refused as refusal:
        return _profile(customer_id, problem=str(refusal), status=409)
    answers.tell("Address preferred")
    return go_to(url_for("customers.show", customer_id=customer_id))


@blueprint.post("/customers/<number:customer_id>/channels/remove")
@needs("update ticket")
def remove_channel(customer_id: int) -> Response:
    """Take an address from them."""
    try:
        with acting() as session:
            channels.remove(_channel(held_row(session, Customer, customer_id, "customer")), by=me())
    except Refused as refusal:
        return _profile(customer_id, problem=str(refusal), status=409)
    answers.tell("Address removed")
    return go_to(url_for("customers.show", customer_id=customer_id))


def _channel(customer: Customer) -> CustomerChannel:
    number = request.form.get("channel", 0, type=int)
    found = next((each for each in customer.channels if each.id == number <= LARGEST_ID), None)
    if found is None:
        raise Refused("Choose one of this customer's addresses. Nothing was changed.")
    return found


def _typed(form: ProfileForm) -> dict[str, str | None]:
    return {name: form[name].data or None for name in PROFILE}


def _profile(
    customer_id: int, form: ChannelForm | None = None, problem: str | None = None, status: int = 200
) -> Response:
    page = read_profile(read_customer(customer_id))
    return make_response(
        render_template(
            "customers/show.html",
            page=page,
            customer=page.customer,
            channels=channels.live(page.customer),
            form=form or ChannelForm(),
            kinds=KINDS,
            initials=customer_list.initials(page.customer.display_name),
            language=name_of(page.customer.language) if page.customer.language else None,
            problem=problem,
        ),
        status,
    )


def _new(form: NewCustomerForm, problem: str | None = None, status: int = 200) -> Response:
    return make_response(
        render_template("customers/new.html", form=form, problem=problem, holder=_holder(form, status), **_choices()),
        status,
    )


def _edit(customer: Customer, form: ProfileForm, problem: str | None = None, status: int = 200) -> Response:
    return make_response(
        render_template(
            "customers/edit.html",
            customer=customer,
            form=form,
            problem=problem,
            holder=_holder(form, status, but=customer.id),
            seen=trail.newest_id_of_object(db.session(), "Customer", customer.id),
            **_choices(),
        ),
        status,
    )


def _holder(form: ProfileForm, status: int, but: int = 0) -> Customer | None:
    """Whose the address is, if that is why it was refused."""
    email = (form.email.data or "").strip()
    if status != 409 or not email:
        return None
    found = customers.find(db.session().get_one(Account, g.account.id), email)
    return found if found is not None and found.id != but else None


def _choices() -> dict[str, object]:
    return {"languages": LANGUAGES, "zones": _zones()}


@cache
def _zones() -> list[str]:
    """What is offered while somebody types; any other name is taken, too."""
    return sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
