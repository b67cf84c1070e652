"""The shop's own pages, and the orders beside a ticket: who may come in, and what is reported."""

from collections.abc import Callable

import pytest

from helpdesk.models import Role, ShopOrder
from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser, hire
from tests.helpdesk.web.connected import HOSTILE, key_of, newest, order_at

Enter = Callable[[str], Browser]


def test_anybody_with_the_address_can_shop(desk: Desk, stranger: Browser) -> None:
    key = key_of(desk, "shop")
    assert "Harbour mug" in stranger.get(f"/shop/{key}").text
    with desk.watched() as trail:
        address = order_at(stranger, key, "new@mail.example")
        assert "Order 1001" in stranger.get(address).text
        assert stranger.post(f"{address}/cancel").status_code == 303
        assert "ask for your money back" in stranger.get(address).text
        assert stranger.post(f"{address}/refund").status_code == 303
        assert stranger.post(f"{address}/refund").status_code == 303
    assert trail.actors == [
        ("customer-created", "integration"), ("order-cancelled", "integration"), ("order-refunded", "integration"),
    ]  # fmt: skip
    assert {event.source for event in trail.events} == {"webhook"}


def test_nobody_guesses_their_way_in(desk: Desk, stranger: Browser) -> None:
    key, other = key_of(desk, "shop"), key_of(desk, "shop")
    address = order_at(stranger, key)
    for path in (f"/shop/{key[:-1]}x", "/shop/1-aaaaaaaaaaaaaaaaaaaaaa", f"/shop/{key}/orders/1", f"{address}x",
                 address.replace(key, other), f"/chat/{key}"):  # fmt: skip
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"/shop/{key}/orders/1/refund").status_code == 404


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_buyers(desk: Desk, stranger: Browser, text: str) -> None:
    key = key_of(desk, "shop")
    odd = stranger.post(f"/shop/{key}", **{"harbour-mug": "1", "email": text, "name": text})
    assert odd.status_code in (303, 409)
    assert "<script>alert" not in odd.text
    assert stranger.post(f"/shop/{key}", **{"harbour-mug": text, "email": "a@b.example"}).status_code == 409
    named = stranger.post(f"/shop/{key}", **{"harbour-mug": "1", "email": "a@mail.example", "name": text})
    assert named.status_code == 303


def test_agents_see_and_refund_orders_beside_the_ticket(desk: Desk, enter: Enter, stranger: Browser) -> None:
    key = key_of(desk, "shop")
    order_at(stranger, key)
    number, order = desk.a_ticket().id, newest(desk, ShopOrder)
    ana, lite = enter("ana@demo.example"), enter(hire(desk, Role.LITE))
    assert "Refund" in ana.fragment(f"/tickets/{number}/widgets").text
    assert "1001" in lite.fragment(f"/tickets/{number}/widgets").text
    assert "Refund" not in lite.fragment(f"/tickets/{number}/widgets").text
    assert lite.post(f"/orders/{order.id}/refund").status_code == 403
    assert "24.00 EUR" in ana.fragment(f"/orders/{order.id}/refund?ticket={number}").text
    with desk.watched() as trail:
        done = ana.post(f"/orders/{order.id}/refund?ticket={number}")
        again = ana.post(f"/orders/{order.id}/refund?ticket={number}")
    assert (done.headers["Location"], again.status_code) == (f"/tickets/{number}", 303)
    assert trail.actors == [("order-refunded", "integration")]
    assert (trail.events[0].user_id, trail.events[0].source) == (None, "web")
    assert ana.post(f"/orders/{order.id}/cancel").status_code == 409
