"""The simulated shop's own pages: outside the desk, without a log-in, for whoever has the address."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from flask import Blueprint, Response, abort, current_app, make_response, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session

from audit.action import enter
from audit.db import db
from helpdesk import desk, integrations, shop
from helpdesk.models import Integration, ShopOrder
from helpdesk.refusals import Refused
from helpdesk.web.auth import limiter
from helpdesk.web.htmx import go_to
from helpdesk.web.logins import public

CLOSED: Final = "There is no shop at this address, or it is closed at the moment."
LONGEST: Final = 320

blueprint = Blueprint("storefront", __name__)


def _visitor() -> str:
    return f"shop {request.remote_addr}"


@blueprint.get("/shop/<key>")
@public
def front(key: str) -> Response:
    """What there is to buy."""
    return _front(key, _shop(key))


@blueprint.post("/shop/<key>")
@public
@limiter.limit("30 per minute; 200 per hour", key_func=_visitor)
def buy(key: str) -> Response:
    """Order what is in the basket."""
    integration = _shop(key)
    try:
        with _acting(integration) as session:
            held = session.get_one(Integration, integration.id, with_for_update=True)
            name, email = request.form.get("name", "")[:LONGEST], request.form.get("email", "")[:LONGEST]
            order = shop.place(held, name=name, email=email, basket=_basket())
            address = _address(key, order)
    except Refused as refusal:
        return _front(key, _shop(key), str(refusal), 409)
    return go_to(address)


@blueprint.get("/shop/<key>/orders/<token>")
@public
def order(key: str, token: str) -> Response:
    """An order, for whoever has its address."""
    integration = _shop(key)
    return _order(key, integration, _held(integration, token))


@blueprint.post("/shop/<key>/orders/<token>/cancel")
@public
@limiter.limit("30 per minute", key_func=_visitor)
def cancel(key: str, token: str) -> Response:
    """The buyer calls it off."""
    return _change(key, token, shop.cancel)


@blueprint.post("/shop/<key>/orders/<token>/refund")
@public
@limiter.limit("30 per minute", key_func=_visitor)
def refund(key: str, token: str) -> Response:
    """The buyer wants the money back, and the shop pays."""
    return _change(key, token, shop.refund)


def order_address(integration: Integration, order: ShopOrder) -> str | None:
    """The page of an order, for the customer to whom it belongs."""
    key = integrations.public_key(integration)
    return _address(key, order) if key else None


def _change(key: str, token: str, act: Callable[[ShopOrder, Integration], None]) -> Response:
    integration = _shop(key)
    number = _held(integration, token).id
    try:
        with _acting(integration) as session:
            held = session.get_one(Integration, integration.id, with_for_update=True)
            act(session.get_one(ShopOrder, number, with_for_update=True, populate_existing=True), held)
    except Refused as refusal:
        integration = _shop(key)
        return _order(key, integration, _held(integration, token), str(refusal), 409)
    return go_to(url_for("storefront.order", key=key, token=token))


@contextmanager
def _acting(integration: Integration) -> Iterator[Session]:
    """One action of the shop on the account that it belongs to."""
    session = db.session()
    with desk.acting(session, integration.account_id, source="webhook", remote_addr=request.remote_addr):
        yield session


def _shop(key: str) -> Integration:
    session = db.session()
    enter(session, None)
    found = integrations.by_public_key(session, key, integrations.SHOP)
    if found is None:
        abort(404, CLOSED)
    enter(session, found.account_id)
    return found


def _held(integration: Integration, token: str) -> ShopOrder:
    try:
        number = _signer(integration.id).loads(token)
    except BadSignature:
        number = None
    order = db.session.get(ShopOrder, number) if isinstance(number, int) else None
    if order is None or order.account_id != integration.account_id or order.integration_id != integration.id:
        abort(404, "There is no such order in this shop.")
    return order


def _address(key: str, order: ShopOrder) -> str:
    return url_for("storefront.order", key=key, token=_signer(order.integration_id).dumps(order.id))


def _signer(integration_id: int) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", f"order {integration_id}")


def _basket() -> dict[str, int]:
    basket = {}
    for code in shop.sold().products:
        given = request.form.get(code, "").strip() or "0"
        if not (given.isascii() and given.isdigit() and len(given) < 6):
            raise Refused("Say with a whole number how many you would like. Nothing was bought.")
        basket[code] = int(given)
    return basket


def _front(key: str, integration: Integration, problem: str | None = None, status: int = 200) -> Response:
    return make_response(
        render_template("storefront/front.html", key=key, shop=integration, sold=shop.sold(), problem=problem), status
    )


def _order(
    key: str, integration: Integration, order: ShopOrder, problem: str | None = None, status: int = 200
) -> Response:
    return make_response(
        render_template("storefront/order.html", key=key, shop=integration, order=order, problem=problem), status
    )
