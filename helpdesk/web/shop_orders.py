"""What agents do with a customer's orders: call one off, or pay it back; the shop then reports it to the log."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, abort, g, request, url_for

from audit.db import db
from helpdesk import shop, shop_reports
from helpdesk.models import Integration, ShopOrder
from helpdesk.refusals import Refused
from helpdesk.web import answers
from helpdesk.web.changing import acting, held_row, needs
from helpdesk.web.directory import ticket_address
from helpdesk.web.htmx import go_to
from helpdesk.web.security import LARGEST_ID
from helpdesk.web.sheets import sheet

blueprint = Blueprint("shop_orders", __name__)


@dataclass(frozen=True)
class Deed:
    """Something done to an order."""

    verb: Callable[[ShopOrder, Integration], None]
    question: str
    consequence: str
    act: str
    keep: str
    done: str
    none: str


REPORTED: Final = "The shop reports it to the audit log, and the account's admins get a mail."

CANCEL: Final = Deed(
    shop.cancel,
    "Cancel order {}?",
    "The shop won't send it. Whether the money goes back is another matter: refund it as well. " + REPORTED,
    "Cancel the order",
    "Leave it",
    "Order {} cancelled",
    "Order {} was cancelled already, so nothing was done.",
)
REFUND: Final = Deed(
    shop.refund,
    "Refund order {}?",
    "The customer gets {} back. " + REPORTED,
    "Refund",
    "Leave it",
    "Order {} refunded",
    "Order {} was refunded already, so nothing was done.",
)


FULFIL: Final = Deed(
    shop.fulfil,
    "Send the parcel of order {}?",
    "It leaves the shop, and can't be called off any more. Neither the audit log nor anybody by mail is told.",
    "Send it",
    "Leave it",
    "Order {} has left the shop",
    "Order {} has left the shop. That is the shop's own business: the audit log says nothing of it.",
)


@blueprint.get("/orders/<number:order_id>/fulfil")
@needs("act on integration")
def confirm_fulfil(order_id: int) -> Response:
    """Ask before a parcel leaves."""
    return _ask(order_id, FULFIL, "shop_orders.fulfil")


@blueprint.post("/orders/<number:order_id>/fulfil")
@needs("act on integration")
def fulfil(order_id: int) -> Response:
    """Send a parcel."""
    return _do(order_id, FULFIL, "shop_orders.fulfil")


@blueprint.get("/orders/<number:order_id>/cancel")
@needs("act on integration")
def confirm_cancel(order_id: int) -> Response:
    """Ask before an order is called off."""
    return _ask(order_id, CANCEL, "shop_orders.cancel")


@blueprint.post("/orders/<number:order_id>/cancel")
@needs("act on integration")
def cancel(order_id: int) -> Response:
    """Call an order off."""
    return _do(order_id, CANCEL, "shop_orders.cancel")


@blueprint.get("/orders/<number:order_id>/refund")
@needs("act on integration")
def confirm_refund(order_id: int) -> Response:
    """Ask before the money goes back."""
    return _ask(order_id, REFUND, "shop_orders.refund")


@blueprint.post("/orders/<number:order_id>/refund")
@needs("act on integration")
def refund(order_id: int) -> Response:
    """Pay an order back."""
    return _do(order_id, REFUND, "shop_orders.refund")


def _do(order_id: int, deed: Deed, endpoint: str) -> Response:
    try:
        with acting() as session:
            # The shop before its order, as the shop's own pages do it: two who act never wait for each other in a ring.
            shop_id = _read(order_id).integration_id
            integration = held_row(session, Integration, shop_id, "shop")
            order = held_row(session, ShopOrder, order_id, "order")
            number = order.number
            deed.verb(order, integration)
    except Refused as refusal:
        return _ask(order_id, deed, endpoint, str(refusal), 409)
    answers.tell(deed.done.format(number), deed.none.format(number))
    return go_to(_back())


def _ask(order_id: int, deed: Deed, endpoint: str, problem: str | None = None, status: int = 200) -> Response:
    order = _read(order_id)
    amount = f"{shop_reports.amount(order.amount_cents)} {order.currency}"
    return sheet(
        "orders/_confirm.html",
        f"Order {order.number}",
        status,
        order=order,
        address=url_for(endpoint, order_id=order_id, ticket=request.args.get("ticket"), shop=request.args.get("shop")),
        question=deed.question.format(order.number),
        consequence=deed.consequence.format(amount),
        problem=problem,
        act=deed.act,
        keep=deed.keep,
        back=_back(),
    )


def _read(order_id: int) -> ShopOrder:
    order: ShopOrder | None = db.session.get(ShopOrder, order_id)
    if order is None or order.account_id != g.account.id:
        abort(404, f"There is no order {order_id} here.")
    return order


def _back() -> str:
    number = request.args.get("ticket", 0, type=int)
    if 0 < number <= LARGEST_ID:
        return ticket_address(number)
    shop_number = request.args.get("shop", 0, type=int)
    if 0 < shop_number <= LARGEST_ID and g.user.may("manage integrations"):
        return url_for("integrations.show", integration_id=shop_number)
    return url_for("tickets.index")
