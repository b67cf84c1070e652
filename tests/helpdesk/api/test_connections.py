"""Widgets and integrations by API: shapes, what each call writes, what it refuses."""

from typing import Any, get_args

from helpdesk import integrations, widgets
from helpdesk.api.widgets import SHOPIFY, Type
from helpdesk.models import Integration
from tests.desks import Desk
from tests.helpdesk.api.programs import Program
from tests.helpdesk.api.shapes import HTTP, INTEGRATION, WIDGET, fits

NESTED: dict[str, Any] = {
    "type": "wrapper",
    "path": "customer",
    "widgets": [{"type": "card", "title": "Who", "widgets": [{"type": "text", "title": "Address", "path": "email"}]}],
}


def test_every_documented_type_of_widget_is_one_of_ours() -> None:
    assert {*get_args(Type)} == {*widgets.TYPES, *widgets.PLAIN} - {widgets.ORDERS} | {SHOPIFY}


def test_widgets(desk: Desk, api: Program) -> None:
    with desk.acting():
        shop = integrations.create(desk.account, "shop", "Shop", by=desk.by_admin).id
    given = {"type": "standalone", "template": NESTED, "order": 7, "app_id": "abc"}
    with desk.watched() as trail:
        widget = api.post("/widgets", given)
        assert fits(widget, WIDGET)
        assert widget["template"] == NESTED, "kept as it was sent"
        assert (widget["order"], widget["context"], widget["updated_datetime"]) == (7, "ticket", None)
        path = f"/widgets/{widget['id']}"
        api.put(path, given)
        orders = api.put(path, {"type": "shopify", "template": {"type": "wrapper"}, "integration_id": shop})
        assert fits(orders, WIDGET)
        assert (orders["type"], orders["order"], orders["app_id"]) == ("shopify", 0, None)
        hidden = api.put(path, {**given, "deactivated_datetime": "2026-03-01T00:00:00Z"})
        assert api.put(path, {**given, "deactivated_datetime": "2026-03-01T00:00:00Z"}) == hidden
    assert trail.types == ["widget-created", "widget-updated", "widget-updated"]
    hook = api.post("/integrations", {"name": "In", "type": "http", "http": {"url": "https://in.example/"}})["id"]
    for more in ({"type": "http"}, {"type": "http", "integration_id": hook}, {"type": "shopify"}):
        api.delete(f"/widgets/{api.post('/widgets', {'template': NESTED, **more})['id']}")
    other = api.post("/widgets", {**given, "order": 3, "integration_id": shop})
    assert [row["id"] for row in api.get("/widgets?order_by=order:asc")["data"]] == [other["id"], widget["id"]]
    assert [row["id"] for row in api.get(f"/widgets?integration_id={shop}")["data"]] == [other["id"]]
    assert len(api.get("/widgets?app_id=abc&limit=1")["data"]) == 1
    with desk.watched() as trail:
        for wrong in (
            {},
            {"type": "cat", "template": NESTED},
            {"type": "shopify", "template": NESTED, "integration_id": 999},
            {"type": "http", "template": NESTED, "integration_id": shop},
            {"type": "custom", "template": {"type": "wrapper"}},
            {"type": "custom", "template": {"type": "wrapper", "widgets": [{"path": "a[b"}]}},
            {**given, "order": -1},
        ):
            assert api.fail("POST", "/widgets", wrong)[0] == 400, wrong
            assert api.fail("PUT", path, wrong)[0] == 400, wrong
        api.delete(path)
        assert api.fail("DELETE", path)[0] == 404
    assert trail.types == ["widget-deleted"]


def test_integrations(desk: Desk, api: Program) -> None:
    http = {"url": "https://warehouse.example/hook", "headers": {"X-Key": "a"}, "hmac_secret": "sh", "form": {"a": 1}}
    given = {"name": "Warehouse", "type": "http", "http": {**http, "triggers": {"ticket-created": True}}}
    with desk.watched() as trail:
        made = api.post("/integrations", given)
    assert trail.types == ["integration-created"]
    assert fits(made, INTEGRATION)
    assert fits(made["http"], HTTP)
    assert (made["user"], made["http"]["headers"], made["http"]["method"]) == (
        {"id": desk.session.get_one(Integration, made["id"]).created_by_user_id},
        {"X-Key": None},
        "POST",
    )
    assert [name for name, is_on in made["http"]["triggers"].items() if is_on] == ["ticket-created"]
    path = f"/integrations/{made['id']}"
    elsewhere = {"url": "https://other.example/"}
    for change, written in (
        ({"name": "Warehouse"}, []),
        ({"name": "Depot", "http": made["http"]}, ["integration-updated"]),  # read, changed and sent back
        ({"name": "Depot", "http": {"url": "https://warehouse.example/in", "method": "PUT"}}, ["integration-updated"]),
        ({"name": "Depot", "deactivated_datetime": "2026-03-01T00:00:00Z"},
         ["integration-updated", "integration-deactivated"]),
        ({"name": "Depot", "deactivated_datetime": None}, ["integration-updated", "integration-reactivated"]),
        ({"name": "Depot", "http": {**elsewhere, "headers": {"X-Key": "b"}}}, ["integration-updated"]),
    ):  # fmt: skip
        with desk.watched() as trail:
            shown = api.put(path, change)
        assert trail.types == written, change
    assert (shown["http"]["form"], shown["http"]["method"]) == ({"a": 1}, "PUT")
    desk.session.rollback()
    row = desk.session.get_one(Integration, made["id"])
    assert (row.headers, row.hmac_secret) == ({"X-Key": "b"}, "sh")
    with desk.watched() as trail:
        for wrong in (
            {"name": "Depot", "http": {"url": "https://thief.example/"}},  # what it must not learn is a header
            {"name": "Depot", "http": {**elsewhere, "headers": {"X-New": None}}},
            {"name": "Depot", "http": {"url": "file:///etc/passwd"}},
            {"name": "Depot", "http": {**elsewhere, "triggers": {"rain": True}}},
            {"name": "Depot", "http": None},
            {"name": " "},
            {"description": "no name"},
        ):
            assert api.fail("PUT", path, wrong)[0] == 400, wrong
        assert api.fail("POST", "/integrations", {**given, "type": "email"})[0] == 400
        assert api.fail("POST", "/integrations", {"name": "x", "type": "http"})[1]["data"].keys() == {"http"}
    assert trail.types == []
    widget = {"type": "yotpo", "template": NESTED, "integration_id": made["id"]}
    number = api.post("/widgets", widget)["id"]
    assert api.fail("DELETE", path)[0] == 409
    api.delete(f"/widgets/{number}")
    with desk.acting():
        integrations.create(desk.account, "shop", "Shop", by=desk.by_admin)
    (shop, _) = api.get("/integrations")["data"]
    assert fits(shop, INTEGRATION)
    assert (shop["type"], shop["http"]) == ("shop", None)
    assert [row["id"] for row in api.get("/integrations?type=http")["data"]] == [made["id"]]
    with desk.watched() as trail:
        assert api.fail("PUT", f"/integrations/{shop['id']}", {"name": "S", "http": elsewhere})[0] == 400
        api.delete(path)
    assert trail.types == ["integration-deleted"]
