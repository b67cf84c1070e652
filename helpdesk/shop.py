"""The simulated shop: what it sells, who orders, and what it reports to the desk: an order called off, or paid back."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import bindparam, func, select

from audit.action import now
from audit.actors import Actor
from helpdesk import customers, shop_reports
from helpdesk.models import Account, Customer, Integration, ShopOrder
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of

MOST_OF_ONE: Final = 20
FIRST_NUMBER: Final = 1001

_IN_THIS_SHOP: Final = (
    ShopOrder.account_id == bindparam("account"),
    ShopOrder.integration_id == bindparam("shop"),
)
_NEWEST: Final = select(ShopOrder.number).where(*_IN_THIS_SHOP).order_by(ShopOrder.id.desc()).limit(1)
_COUNT: Final = select(func.count()).select_from(ShopOrder).where(*_IN_THIS_SHOP)


@dataclass(frozen=True)
class Product:
    """Something that can be bought."""

    code: str
    name: str
    about: str
    cents: int


@dataclass(frozen=True)
class Range:
    """All that the shop sells."""

    currency: str
    products: dict[str, Product]


@cache
def sold() -> Range:
    """What the shop sells, as its file says."""
    with Path(__file__).with_name("shop_products.toml").open("rb") as file:
        content = tomllib.load(file)
    products = [Product(**product) for product in content["products"]]
    return Range(content["currency"], {product.code: product for product in products})


def place(
    integration: Integration,
    *,
    name: str | None,
    email: str,
    basket: Mapping[str, int],
    buyer: Customer | None = None,
) -> ShopOrder:
    """Somebody buys; a buyer whom the desk does not know becomes a customer, which is the shop's act."""
    session = session_of(integration)
    _refuse_closed(integration)
    items, account = _items(basket), session.get_one(Account, integration.account_id)
    if not email.strip():
        raise Refused("The shop needs an e-mail address for your order. Nothing was bought.")
    customer = buyer or customers.awaited(account, email.strip())
    if customer is None:
        customer = customers.create(account, name=name, email=email, by=Actor.integration(integration))
        session.flush()
    order = ShopOrder(
        account_id=account.id,
        integration_id=integration.id,
        customer_id=customer.id,
        number=_next_number(integration),
        items=items,
        amount_cents=sum(item["quantity"] * item["price_cents"] for item in items),
        currency=sold().currency,
        status="paid",
        created_datetime=now(session),
    )
    session.add(order)
    session.flush()
    return order


def cancel(order: ShopOrder, integration: Integration) -> None:
    """Call an order off; the shop reports it. What has left the shop, or was paid back, can't be called off."""
    if order.cancelled_datetime is not None:
        return
    _refuse_closed(integration)
    if order.refunded_datetime is not None:
        raise Refused(f"Order {order.number} was paid back already; there is nothing left to cancel.")
    if order.status == "fulfilled":
        raise Refused(f"Order {order.number} has left the shop and can't be cancelled. Refund it instead.")
    shop_reports.send(integration, shop_reports.CANCELLED, order)


def refund(order: ShopOrder, integration: Integration) -> None:
    """Pay the money back, once, also for an order that was called off; the shop reports it."""
    if order.refunded_datetime is not None:
        return
    _refuse_closed(integration)
    shop_reports.send(integration, shop_reports.REFUNDED, order)


def fulfil(order: ShopOrder, integration: Integration) -> None:
    """Send the parcel; the shop reports it, and the log says nothing of it: it is the shop's own business."""
    if order.status != "paid":
        return
    _refuse_closed(integration)
    shop_reports.send(integration, shop_reports.FULFILLED, order)


def _items(basket: Mapping[str, int]) -> list[dict[str, Any]]:
    products, items = sold().products, []
    for code, quantity in basket.items():
        if code not in products:
            raise Refused("The shop does not sell that. Nothing was bought.")
        if not 0 <= quantity <= MOST_OF_ONE:
            raise Refused(f"The shop sells up to {MOST_OF_ONE} of one thing. Nothing was bought.")
        if quantity:
            product = products[code]
            items.append({"name": product.name, "quantity": quantity, "price_cents": product.cents})
    if not items:
        raise Refused("Choose something first. Nothing was bought.")
    return items


def _next_number(integration: Integration) -> str:
    # Whoever orders holds the shop's row: two never draw one number.
    session, asked = session_of(integration), {"account": integration.account_id, "shop": integration.id}
    newest = session.scalar(_NEWEST, asked)
    if newest is not None and newest.isdecimal():
        return str(int(newest) + 1)
    return str(FIRST_NUMBER + (session.scalar(_COUNT, asked) or 0))  # others numbered them in their own way


def _refuse_closed(integration: Integration) -> None:
    if integration.deactivated_datetime is not None:
        raise Refused(f"{integration.name} is switched off, so nothing was done.")
