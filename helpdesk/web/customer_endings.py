"""What can't be undone on a customer: two profiles that become one, and a profile that is deleted."""

from dataclasses import dataclass
from typing import Final

from flask import Response, abort, g, make_response, render_template, request, url_for
from sqlalchemy.orm import Session

from audit.db import db
from helpdesk import channels, customers
from helpdesk.languages import name_of
from helpdesk.models import Customer
from helpdesk.refusals import Refused
from helpdesk.web import cascading, customer_list, trail
from helpdesk.web.changing import acting, held_row, me, needs
from helpdesk.web.customer_reading import read_customer
from helpdesk.web.customers import blueprint
from helpdesk.web.htmx import wants_partial
from helpdesk.web.overtaken import refuse_overtaken
from helpdesk.web.races import Stale
from helpdesk.web.security import LARGEST_ID

#: Customers that a search offers at once.
MOST_FOUND: Final = 8

#: What a merged profile keeps is chosen field by field.
FIELDS: Final = (
    ("name", "Name"),
    ("email", "Main e-mail address"),
    ("language", "Language"),
    ("timezone", "Time zone"),
    ("external_id", "External id"),
    ("note", "Note"),
)
#: What stands between two notes that become one.
BETWEEN_NOTES: Final = "\n\n"


@dataclass(frozen=True)
class Choice:
    """A field of a merged profile: what each of the two has in it, and which is taken."""

    name: str
    label: str
    mine: str
    theirs: str
    taken: str  #: "this", "other", or "both"
    can_unite: bool

    @property
    def is_open(self) -> bool:
        """Whether there is anything to choose; without any address nobody could write to them."""
        return self.mine != self.theirs and (self.name != "email" or bool(self.mine and self.theirs))


@blueprint.get("/customers/<number:customer_id>/merge")
@needs("merge")
def confirm_merge(customer_id: int) -> Response:
    """Ask who else this customer is, then what the one profile keeps; the fragment is who is found while you type."""
    return _ask(customer_id, request.args.get("other", ""))


@blueprint.post("/customers/<number:customer_id>/merge")
@needs("merge")
def merge(customer_id: int) -> Response:
    """Take the other profile in; this one lives on."""
    other_id = request.form.get("other", 0, type=int)
    if not 0 < other_id <= LARGEST_ID:
        abort(422, "Choose the other customer first. Nobody was merged.")
    try:
        with acting() as session:
            first, second = sorted(
                (customer_id, other_id)
            )  # in one order, so that two who merge don't wait in a circle
            both = {number: held_row(session, Customer, number, "customer") for number in (first, second)}
            into, source = both[customer_id], both[other_id]
            refuse_overtaken(session, "Customer", customer_id, "customer")
            refuse_overtaken(session, "Customer", other_id, "customer", "other_seen")
            told = f"{source.display_name} and {into.display_name} are one customer now"
            job = cascading.number_of(customers.merge(source, into, values=_chosen(source, into), by=me()))
    except (Refused, Stale) as refusal:
        return _ask(customer_id, str(other_id), str(refusal), 409)
    return cascading.done(job, told, url_for("customers.show", customer_id=customer_id))


@blueprint.get("/customers/<number:customer_id>/delete")
@needs("delete")
def confirm_delete(customer_id: int) -> Response:
    """Ask before a profile is deleted."""
    return _ask_delete(read_customer(customer_id))


@blueprint.post("/customers/<number:customer_id>/delete")
@needs("delete")
def delete(customer_id: int) -> Response:
    """Delete the profile; the tickets stay."""
    try:
        with acting() as session:
            customer = held_row(session, Customer, customer_id, "customer")
            told = f"{customer.display_name} deleted"
            job = cascading.number_of(customers.delete(customer, by=me()))
    except Refused as refusal:
        return _ask_delete(read_customer(customer_id), str(refusal), 409)
    return cascading.done(job, told, url_for("customers.index"))


def _ask(customer_id: int, number: str, problem: str | None = None, status: int = 200) -> Response:
    customer, wanted = read_customer(customer_id), request.args.get("q", "").strip()[: customer_list.LONGEST_SEARCH]
    session = db.session()
    found = customer_list.found_by(session, g.account.id, wanted, but=customer_id, most=MOST_FOUND) if wanted else []
    if wants_partial():
        return make_response(
            render_template("customers/_merge_found.html", customer=customer, found=found, wanted=wanted), status
        )
    other = _other(customer_id, number) if number else None
    return make_response(
        render_template(
            "customers/merge.html",
            customer=customer,
            other=other,
            found=found,
            wanted=wanted,
            problem=problem,
            **(_preview(session, customer, other) if other is not None else {}),
        ),
        status,
    )


def _other(customer_id: int, number: str) -> Customer:
    if not (number.isascii() and number.isdigit() and 0 < int(number) <= LARGEST_ID) or int(number) == customer_id:
        abort(404, "Choose another customer of this account. Nobody was merged.")
    return read_customer(int(number))


def _preview(session: Session, customer: Customer, other: Customer) -> dict[str, object]:
    tickets = customer_list.ticket_counts(session, [customer.id, other.id])
    mine = {(channel.type, channel.address) for channel in channels.live(customer)}
    return {
        "choices": [
            _choice(name, label, customer, other)
            for name, label in FIELDS
            if getattr(customer, name) or getattr(other, name)
        ],
        "moved": tickets.get(other.id, (0, 0))[1],
        "kept": tickets.get(customer.id, (0, 0))[1],
        "addresses": [each.address for each in channels.live(other) if (each.type, each.address) not in mine],
        "seen": trail.newest_id_of_object(session, "Customer", customer.id),
        "other_seen": trail.newest_id_of_object(session, "Customer", other.id),
    }


def _choice(name: str, label: str, customer: Customer, other: Customer) -> Choice:
    mine, theirs = getattr(customer, name) or "", getattr(other, name) or ""
    taken = request.form.get(name) or ("this" if mine or not theirs else "other")
    shown = [name_of(each) if name == "language" and each else each for each in (mine, theirs)]
    can_unite = name == "note" and bool(mine and theirs) and len(mine) + len(theirs) < customers.LONGEST_NOTE
    return Choice(name, label, shown[0], shown[1], taken, can_unite)


def _chosen(source: Customer, into: Customer) -> dict[str, str | None]:
    """What the merged profile has in the fields that were asked for; of the others it keeps its own, and fills gaps."""
    chosen: dict[str, str | None] = {}
    for name, _ in FIELDS:
        wish = request.form.get(name)
        if wish in ("this", "other"):
            chosen[name] = getattr(into if wish == "this" else source, name)
    if request.form.get("note") == "both" and into.note and source.note:
        chosen["note"] = f"{into.note}{BETWEEN_NOTES}{source.note}"
    return chosen


def _ask_delete(customer: Customer, problem: str | None = None, status: int = 200) -> Response:
    return cascading.ask(
        customer,
        f"Delete {customer.display_name}?",
        "Delete customer",
        address=url_for("customers.delete", customer_id=customer.id),
        back=url_for("customers.show", customer_id=customer.id),
        problem=problem,
        status=status,
    )
