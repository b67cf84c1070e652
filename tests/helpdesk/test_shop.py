"""The simulated shop: who buys becomes a customer, and what it reports is written once."""

import pytest
from sqlalchemy import select

from helpdesk import integrations, shop
from helpdesk.models import Customer, Delivery, Integration, ShopOrder
from helpdesk.refusals import Refused
from tests.desks import Desk


def open_shop(desk: Desk) -> int:
    """A shop; answers its number."""
    with desk.acting():
        return integrations.create(desk.account, "shop", "Webshop", by=desk.by_admin).id


def buy(desk: Desk, number: int, email: str = "carol@mail.example", **basket: int) -> int:
    """Somebody buys; answers the order's number."""
    chosen = {code.replace("_", "-"): count for code, count in basket.items()} or {"harbour-mug": 2, "dune-plate": 0}
    with desk.acting("webhook"):
        held = desk.session.get_one(Integration, number, with_for_update=True)
        return shop.place(held, name="Dora Ek", email=email, basket=chosen).id


def act(desk: Desk, order: int, verb: object) -> None:
    """Something is done to an order."""
    with desk.acting("webhook"):
        row = desk.session.get_one(ShopOrder, order)
        verb(row, desk.session.get_one(Integration, row.integration_id))  # type: ignore[operator]


def test_an_order_of_a_known_customer_writes_nothing(desk: Desk) -> None:
    number = open_shop(desk)
    with desk.watched() as trail:
        order = desk.session.get_one(ShopOrder, buy(desk, number, "CAROL@mail.example"))
    assert trail.types == []
    assert (order.number, order.amount_cents, order.customer_id) == ("1001", 4800, desk.carol_id)
    assert order.items == [{"name": "Harbour mug", "quantity": 2, "price_cents": 2400}]


def test_who_is_not_known_becomes_a_customer_by_the_shop(desk: Desk) -> None:
    number = open_shop(desk)
    with desk.watched() as trail:
        buy(desk, number, "dora@mail.example")
    assert trail.actors == [("customer-created", "integration")]
    assert trail["customer-created"].user_id is None
    assert trail["customer-created"].actor_name == "Webshop"
    assert desk.session.scalars(select(Customer.name).where(Customer.email == "dora@mail.example")).one() == "Dora Ek"


def test_orders_are_numbered_by_shop(desk: Desk) -> None:
    one, two = open_shop(desk), open_shop(desk)
    numbers = [desk.session.get_one(ShopOrder, buy(desk, each)).number for each in (one, one, two)]
    assert numbers == ["1001", "1002", "1001"]


def test_what_is_called_off_is_reported_once_and_admins_are_told(desk: Desk) -> None:
    order = buy(desk, open_shop(desk))
    with desk.watched() as trail:
        act(desk, order, shop.cancel)
        act(desk, order, shop.cancel)
    assert trail.actors == [("order-cancelled", "integration")]
    event = trail["order-cancelled"]
    assert event.data == {"order_number": "1001", "amount": "48.00", "currency": "EUR"}
    assert (event.object_type, event.user_id, event.changes) == ("Integration", None, None)
    told = desk.session.scalars(select(Delivery).order_by(Delivery.id)).all()
    assert sorted(each.recipient for each in told) == ["admin@demo.example", "owner@demo.example"]
    assert told[0].payload["subject"] == "Order 1001 was cancelled: 48.00 EUR"


def test_money_goes_back_once_also_after_a_cancellation(desk: Desk) -> None:
    order = buy(desk, open_shop(desk))
    with desk.watched() as trail:
        for verb in (shop.cancel, shop.refund, shop.refund):
            act(desk, order, verb)
    assert trail.types == ["order-cancelled", "order-refunded"]
    with pytest.raises(Refused, match="paid back already"):
        act(desk, buy_and_refund(desk), shop.cancel)


def buy_and_refund(desk: Desk) -> int:
    """An order that was paid back."""
    order = buy(desk, open_shop(desk))
    act(desk, order, shop.refund)
    return order


def test_what_has_left_the_shop_can_only_be_refunded(desk: Desk) -> None:
    order = buy(desk, open_shop(desk))
    act(desk, order, shop.fulfil)
    with desk.watched() as trail:
        with pytest.raises(Refused, match="has left the shop"):
            act(desk, order, shop.cancel)
        act(desk, order, shop.refund)
    assert trail.types == ["order-refunded"]


@pytest.mark.parametrize(
    ("email", "basket", "sentence"),
    [
        ("", {"harbour_mug": 1}, "needs an e-mail address"),
        ("no address", {"harbour_mug": 1}, "is no e-mail address"),
        ("a@b.example\r\nBcc: x@y.example", {"harbour_mug": 1}, "is no e-mail address"),
        ("a@b.example", {"harbour_mug": 0}, "Choose something"),
        ("a@b.example", {"harbour_mug": 999}, "up to 20"),
        ("a@b.example", {"harbour_mug": -1}, "up to 20"),
        ("a@b.example", {"tank": 1}, "does not sell that"),
    ],
)
def test_what_can_t_be_bought(desk: Desk, email: str, basket: dict[str, int], sentence: str) -> None:
    number = open_shop(desk)
    with desk.watched() as trail, pytest.raises(Refused, match=sentence):
        buy(desk, number, email, **basket)
    assert trail.types == []
    assert desk.session.scalars(select(ShopOrder)).all() == []


def test_a_shop_that_is_off_does_nothing(desk: Desk) -> None:
    number = open_shop(desk)
    order = buy(desk, number)
    with desk.acting():
        integrations.deactivate(desk.session.get_one(Integration, number), by=desk.by_admin)
    for verb in (shop.cancel, shop.refund):
        with pytest.raises(Refused, match="switched off"):
            act(desk, order, verb)
    with pytest.raises(Refused, match="switched off"):
        buy(desk, number)


def test_a_shop_takes_its_orders_along(desk: Desk) -> None:
    number = open_shop(desk)
    buy(desk, number)
    with desk.watched() as trail, desk.acting():
        integrations.delete(desk.session.get_one(Integration, number), by=desk.by_admin)
    assert trail.types == ["integration-deleted"]
    assert desk.session.scalars(select(ShopOrder)).all() == []
