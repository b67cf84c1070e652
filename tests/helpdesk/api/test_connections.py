"""Widgets by API: shapes, what each call writes, what it refuses."""

from typing import Any, get_args

from helpdesk import integrations, widgets
from helpdesk.api.widgets import SHOPIFY, Type
from tests.desks import Desk
from tests.helpdesk.api.programs import Program
from tests.helpdesk.api.shapes import WIDGET, fits

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
        assert widget["template"] == {
            "type": "wrapper",
            "title": "Customer data",
            "widgets": [{"type": "text", "title": "Address", "path": "customer.email"}],
        }
        assert (widget["order"], widget["context"], widget["updated_datetime"]) == (7, "ticket", None)
        path = f"/widgets/{widget['id']}"
        api.put(path, given)
        orders = api.put(path, {"type": "shopify", "template": {"type": "wrapper"}, "integration_id": shop})
        assert fits(orders, WIDGET)
        assert (orders["type"], orders["order"], orders["app_id"]) == ("shopify", 0, None)
        hidden = api.put(path, {**given, "deactivated_datetime": "2026-03-01T00:00:00Z"})
        assert api.put(path, {**given, "deactivated_datetime": "2026-03-01T00:00:00Z"}) == hidden
    assert trail.types == ["widget-created", "widget-updated", "widget-updated"]
    other = api.post("/widgets", {**given, "order": 3, "integration_id": shop})
    assert [row["id"] for row in api.get("/widgets?order_by=order:asc")["data"]] == [other["id"], widget["id"]]
    assert [row["id"] for row in api.get(f"/widgets?integration_id={shop}")["data"]] == [other["id"]]
    assert len(api.get("/widgets?app_id=abc&limit=1")["data"]) == 1
    with desk.watched() as trail:
        for wrong in (
            {},
            {"type": "cat", "template": NESTED},
            {"type": "http", "template": NESTED},
            {"type": "shopify", "template": NESTED, "integration_id": 999},
            {"type": "custom", "template": {"type": "wrapper"}},
            {"type": "custom", "template": {"type": "wrapper", "widgets": [{"path": "a[b"}]}},
            {**given, "order": -1},
        ):
            assert api.fail("POST", "/widgets", wrong)[0] == 400, wrong
            assert api.fail("PUT", path, wrong)[0] == 400, wrong
        api.delete(path)
        assert api.fail("DELETE", path)[0] == 404
    assert trail.types == ["widget-deleted"]
