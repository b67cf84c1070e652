"""Calls that go out and come in by the pages: a shop's signed reports, the echo, what was sent, and notices."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import select

from audit.action import enter as enter_account
from automation import calls, webhooks
from helpdesk import integrations, outgoing
from helpdesk.models import Delivery, EchoCall, Integration, Notice, ShopOrder
from tests.desks import Desk, open_session
from tests.helpdesk.web.browsers import Browser
from tests.helpdesk.web.connected import connect, key_of, newest, order_at

Enter = Callable[[str], Browser]

ORDER = {"number": "A-1", "amount": "24.00", "currency": "EUR", "email": "dora@mail.example", "name": "Dora"}


def report(app: Flask, path: str, secret: str, *, body: bytes, at: int | None = None, sign: str | None = None) -> Any:
    """What a shop of somebody's own hands in."""
    moment = str(at if at is not None else int(time.time()))
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"X-Shop-Timestamp": moment, "X-Shop-Signature": sign or f"sha256={digest}"}
    return app.test_client().post(path, data=body, headers=headers)


def test_a_shop_s_signed_reports_are_taken_once_and_nobody_else_s(desk: Desk, app: Flask, client: Browser) -> None:
    app.config["WTF_CSRF_ENABLED"] = True  # whoever reports is no browser
    shop = connect(desk, "shop")
    path, secret = f"/hooks/shop/{integrations.public_key(shop)}", str(shop.hmac_secret)

    def told(id_: str, topic: str, **more: Any) -> bytes:
        return json.dumps({"id": id_, "topic": topic, "order": {**ORDER, **more}}).encode()

    with desk.watched() as trail:
        assert report(app, path, secret, body=told("1", "orders/placed")).status_code == 200
        assert report(app, path, secret, body=told("2", "orders/fulfilled")).status_code == 200
        assert report(app, path, secret, body=told("3", "orders/cancelled")).status_code == 200
        again = report(app, path, secret, body=told("3", "orders/cancelled"))
        assert (again.status_code, "taken in before" in again.json["said"]) == (200, True)
        assert report(app, path, secret, body=told("4", "orders/cancelled")).status_code == 200  # it is so already
        assert report(app, path, secret, body=told("5", "orders/refunded")).status_code == 200
    assert trail.actors == [
        ("customer-created", "integration"), ("order-cancelled", "integration"), ("order-refunded", "integration"),
    ]  # fmt: skip
    assert {event.source for event in trail.events} == {"webhook"}
    assert trail["order-refunded"].data == {"order_number": "A-1", "amount": "24.00", "currency": "EUR"}
    with desk.watched() as trail:
        good = told("6", "orders/refunded", number="A-2")
        for refused in (
            report(app, path, "wrong", body=good),
            report(app, path, secret, body=good, at=int(time.time()) - 3600),
            report(app, path, secret, body=good, sign="sha256="),
            app.test_client().post(path, data=good),
        ):
            assert refused.status_code == 401
        strange_ones = (b"", b"[]", b"\xff", b'{"id": 1}', told("7", "orders/eaten"), told("x" * 99, "orders/placed"))
        for strange in (*strange_ones, *(told(amount, "orders/placed", amount=amount) for amount in ("-1", "nan"))):
            assert report(app, path, secret, body=strange).status_code == 422, strange
        assert report(app, "/hooks/shop/1-abcdefghijklmnopqrst", secret, body=good).status_code == 404
    assert trail.types == []
    assert [order.status for order in desk.session.scalars(select(ShopOrder))] == ["refunded"]


def test_admins_are_told_on_their_page_until_they_have_read_it(desk: Desk, client: Browser, enter: Enter) -> None:
    order = order_at(client, key_of(desk, "shop"))
    client.post(f"{order}/refund")
    page = client.get("/notices").text
    assert "Order 1001 was refunded: 24.00 EUR" in page
    assert 'class="bell-count">1<' in page
    desk.session.rollback()
    assert len(desk.session.scalars(select(Notice)).all()) == 2  # the owner and the admin
    client.post("/notices/read")
    assert "bell-count" not in client.get("/notices").text
    assert enter("ana@demo.example").get("/notices").status_code == 403


def test_a_call_arrives_at_the_echo_and_is_sent_again_from_its_page(
    desk: Desk, app: Flask, client: Browser, engine: Any
) -> None:
    page = client.get("/settings/echo").text
    path = page.split("<code>http://127.0.0.1:", 1)[1].split("</code>")[0].split("/", 1)[1]
    stranger = app.test_client()
    assert stranger.post(f"/{path}?status=500", data=b"<script>alert(1)</script>").status_code == 500
    assert stranger.post("/echo/MQ.nonsense", data=b"x").status_code == 404
    page = client.get("/settings/echo").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    desk.session.rollback()
    assert desk.session.scalars(select(EchoCall.status)).all() == [500]
    client.post("/settings/echo/clear")
    desk.session.rollback()
    assert desk.session.scalars(select(EchoCall.status)).all() == []

    http = {"url": "http://127.0.0.1:9/closed", "triggers": {"ticket-created": True}}
    number = connect(desk, "http", http=http, headers={"X-Key": "sesame"}).id
    desk.a_ticket()
    webhooks.follow(desk.session, desk.account_id)
    outgoing.use([outgoing.Place("127.0.0.1", 9)])
    calls.send_due(lambda: open_session(engine))
    outgoing.use([])
    delivery = newest(desk, Delivery)
    where = f"/settings/integrations/{number}/deliveries"
    assert f"{where}/{delivery.id}" in client.get(where).text
    shown = client.get(f"{where}/{delivery.id}").text
    assert "Nobody answers at 127.0.0.1:9" in shown
    assert "&#34;trigger&#34;: &#34;ticket-created&#34;" in shown
    assert "X-Key" in shown
    assert "sesame" not in shown
    with desk.watched() as trail:
        assert client.post(f"{where}/{delivery.id}/redeliver").status_code == 303
    assert trail.types == []
    again = newest(desk, Delivery)
    assert (again.payload["again"], again.payload["body"]) == (delivery.stable_id, delivery.payload["body"])
    assert client.post(f"{where}/{again.id + 1}/redeliver").status_code == 404
    enter_account(desk.session, desk.account_id)
    with desk.acting():
        integrations.deactivate(desk.session.get_one(Integration, number), by=desk.by_admin)
    assert client.post(f"{where}/{delivery.id}/redeliver").status_code == 409


def test_a_parcel_leaves_the_shop_by_a_click(desk: Desk, client: Browser) -> None:
    order_at(client, key_of(desk, "shop"))
    order = newest(desk, ShopOrder)
    asked = {
        deed: client.get(f"/orders/{order.id}/{deed}?shop={order.integration_id}").text
        for deed in ("fulfil", "cancel", "refund")
    }
    assert "Send the parcel" in asked["fulfil"]
    assert [deed for deed, page in asked.items() if "admins get a mail" in page] == ["cancel", "refund"]
    with desk.watched() as trail:
        client.post(f"/orders/{order.id}/fulfil")
    assert (trail.types, newest(desk, ShopOrder).status) == ([], "fulfilled")
    with desk.watched() as trail:
        assert client.post(f"/settings/integrations/{order.integration_id}/secret").status_code == 303
    assert trail.types == ["integration-updated"]
    assert "$secret" in str(trail.events[0].changes)
