"""People who buy in a simulated shop, and what becomes of their orders; the shop reports what it has to."""

from collections.abc import Callable, Generator
from random import Random
from typing import Any, Final

import simpy
from sqlalchemy import select

from automation.simulator.arriving import next_arrival
from automation.simulator.floor import HOUR, Floor
from helpdesk import shop
from helpdesk.models import Integration, ShopOrder

Process = Generator[simpy.Event, Any, None]

#: How many orders are called off soon after, and how many paid back some days later.
CALLED_OFF: Final = 0.012
PAID_BACK: Final = 0.01
#: How many of the newest orders people write about.
REMEMBERED: Final = 300


def buyers(floor: Floor) -> Process:
    """People who buy; most of them have nothing to ask."""
    rng, agents = Random(f"{floor.seed} buyers"), len(floor.office.agents)
    while floor.office.shop_id is not None:
        at = next_arrival(floor.rota, floor.now(), rng, lambda local: floor.profile.order_rate(local, agents))
        if at is None:
            return
        yield floor.at(at)
        floor.begin(_order(floor, Random(rng.getrandbits(64))))


def remember_orders(floor: Floor) -> None:
    """The newest orders of the shop, for people to write about."""
    newest = select(ShopOrder.id).where(
        ShopOrder.account_id == floor.player.account_id, ShopOrder.integration_id == floor.office.shop_id
    )
    floor.orders[:] = sorted(floor.player.session.scalars(newest.order_by(ShopOrder.id.desc()).limit(REMEMBERED)))


def _order(floor: Floor, rng: Random) -> Process:
    number = _buy(floor, rng)
    if number is None:
        return
    luck = rng.random()
    if luck < CALLED_OFF:
        yield floor.after(HOUR * 5 * rng.random())
        _act_on(floor, number, shop.cancel, ("paid",))
        return
    yield floor.after(HOUR * rng.uniform(4, 40))
    _act_on(floor, number, shop.fulfil, ("paid",))
    if luck < CALLED_OFF + PAID_BACK:
        yield floor.after(HOUR * rng.uniform(24, 96))
        _act_on(floor, number, shop.refund, ("paid", "fulfilled"))


def _buy(floor: Floor, rng: Random) -> int | None:
    person = floor.crowd.somebody()
    codes = list(shop.sold().products)
    basket = {code: rng.choice((1, 1, 1, 2, 2, 4)) for code in rng.sample(codes, rng.choice((1, 1, 1, 2, 2, 3)))}
    integration = _shop(floor)
    if integration is None:
        return None
    with floor.acting():
        order = shop.place(
            integration, name=person.name, email=person.email, basket=basket, buyer=floor.customer(person)
        )
    number, floor.known[person.email] = order.id, order.customer_id
    floor.orders.append(number)
    del floor.orders[:-REMEMBERED]
    return number


def _act_on(floor: Floor, number: int, verb: Callable[[ShopOrder, Integration], None], states: tuple[str, ...]) -> None:
    """The shop does something to an order, if it still can."""
    order, integration = floor.row(ShopOrder, number), _shop(floor)
    if order is not None and integration is not None and order.status in states:
        with floor.acting():
            verb(order, integration)


def _shop(floor: Floor) -> Integration | None:
    integration: Integration | None = floor.player.session.get(Integration, floor.office.shop_id)
    return integration if integration is not None and integration.deactivated_datetime is None else None
