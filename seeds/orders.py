"""The shop: its program tells the desk by API who has bought something, and its books hold what was bought."""

from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final

from sqlalchemy import select

from helpdesk import customers, shop
from helpdesk.models import Customer, ShopOrder
from seeds.arrivals import Arrivals
from seeds.cast import Product
from seeds.facts import Purchase
from seeds.plot import Kind
from seeds.thread import Thread, World

#: Most people who buy have nothing to ask.
ORDERS_A_TICKET: Final = 5
LANGUAGES: Final = {"en": 78, "de": 11, "fr": 6, "es": 5}

#: How many orders are called off, and paid back, without anybody writing a mail; and how soon.
CALLED_OFF: Final = 0.003
PAID_BACK: Final = 0.002
SOON: Final = timedelta(hours=5)
LATER: Final = timedelta(days=4)
PACKING: Final = timedelta(hours=30)

#: Where the shop's program runs (RFC 5737: such numbers are kept for examples).
PROGRAM: Final = "198.51.100.7"


def plan_orders(world: World, arrivals: Arrivals, tickets: int, rng: Random) -> None:
    """Let people buy, at the hours at which people write."""
    moments = sorted(arrivals.draw("day", rng) for _ in range(round(tickets * ORDERS_A_TICKET)))
    for number, at in enumerate(moments, 30001):
        (language,) = rng.choices(list(LANGUAGES), list(LANGUAGES.values()))
        world.player.plan(at, partial(_bought, world, language, f"PP-{number}", rng))


def enter(thread: Thread) -> None:
    """The order that a ticket speaks of stands in the shop's books, with the number that the customer writes."""
    if thread.story.is_about_an_order:
        buyer = thread.world.customers.get(thread.person.email, thread.customer)
        # What is to be called off has not left yet.
        status = "paid" if thread.story.has(Kind.CANCEL_ORDER) else "fulfilled"
        thread.order = _enter(thread.world, buyer, thread.purchase, status)


def ship_all(world: World, until: datetime) -> None:
    """What was bought a while ago has left the shop by now; of that the log says nothing."""
    waiting = select(ShopOrder).where(ShopOrder.status == "paid", ShopOrder.created_datetime < until - PACKING)
    for order in world.player.session.scalars(waiting):
        order.status = "fulfilled"  # long ago, and of that the log says nothing


def _bought(world: World, language: str, order: str, rng: Random, at: datetime) -> None:
    owner = world.staff.role("owner")
    person = world.crowd.somebody(language, rng)
    with world.player.acting(at, "api", remote_addr=PROGRAM):
        by, known = world.staff.by(owner), world.customers.get(person.email)
        if known is None:
            profile: dict[str, Any] = {"language": language, "meta": _meta(None, order)}
            known = customers.create(world.staff.account, name=person.name, email=person.email, by=by, **profile)
            world.customers[person.email] = known
        else:
            customers.update(known, {"meta": _meta(known.meta, order)}, by=by)
    luck = rng.random()
    bought = _enter(world, known, Purchase(order, at, _basket(world.staff.cast.products, rng)), "paid")
    if bought is not None and luck < CALLED_OFF:
        world.player.plan(at + SOON * rng.random(), partial(_call_off, world, bought))
    elif bought is not None and luck < CALLED_OFF + PAID_BACK:
        world.player.plan(at + LATER, partial(_pay_back, world, bought))


def _enter(world: World, buyer: Customer, purchase: Purchase, status: str) -> ShopOrder | None:
    if world.staff.shop is None:
        return None
    order = ShopOrder(
        account_id=world.staff.account.id,
        integration_id=world.staff.shop.id,
        customer_id=buyer.id,
        number=purchase.number,
        items=purchase.items,
        amount_cents=sum(item["quantity"] * item["price_cents"] for item in purchase.items),
        currency=shop.sold().currency,
        status=status,
        created_datetime=purchase.day,
    )
    world.player.session.add(order)
    return order


def _basket(products: tuple[Product, ...], rng: Random) -> list[dict[str, Any]]:
    chosen = rng.sample(products, rng.choice((1, 1, 1, 2, 2, 3)))
    return [
        {"name": product.name, "quantity": rng.choice((1, 1, 1, 2, 2, 4)), "price_cents": int(product.price * 100)}
        for product in chosen
    ]


def _call_off(world: World, order: ShopOrder, at: datetime) -> None:
    assert world.staff.shop is not None
    with world.player.acting(at, "webhook", remote_addr=PROGRAM):
        shop.cancel(order, world.staff.shop)


def _pay_back(world: World, order: ShopOrder, at: datetime) -> None:
    assert world.staff.shop is not None
    with world.player.acting(at, "webhook", remote_addr=PROGRAM):
        shop.refund(order, world.staff.shop)


def _meta(before: dict[str, Any] | None, order: str) -> dict[str, Any]:
    return {"orders": (before or {}).get("orders", 0) + 1, "last_order": order}
