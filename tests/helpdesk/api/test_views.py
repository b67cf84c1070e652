"""Views by API: their shape, what each call writes, what is in them, and who sees and changes which."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tests.desks import Desk
from tests.helpdesk.api.programs import Program
from tests.helpdesk.api.shapes import TICKET_ROW, VIEW, fits

OPEN = "eq(ticket.status, 'open')"


def test_views(desk: Desk, program: Callable[[str], Program]) -> None:
    api, ana = program("owner"), program("ana")
    with desk.watched() as trail:
        view = api.post("/views", {"name": "Mine", "filters": "eq(ticket.assignee_user.id, '{{current_user.id}}')"})
        path = f"/views/{view['id']}"
        assert fits(view, VIEW)
        assert view["filters"] == f"eq(ticket.assignee_user.id, {desk.owner_id})"
        changed = api.put(path, {"decoration": {"emoji": "🔥"}, "order_by": "created_datetime", "order_dir": "asc"})
        api.put(path, {"order_dir": "asc"})
        assert (changed["decoration"], changed["name"], changed["order_dir"]) == ({"emoji": "🔥"}, "Mine", "asc")
        assert api.put(path, {"deactivated_datetime": "2026-01-01T00:00:00Z"})["deactivated_datetime"] is not None
        assert ana.fail("PUT", path, {"name": "x"})[0] == 403
        assert ana.fail("POST", "/views", {"name": "x"})[0] == 403
        own = ana.post("/views", {"visibility": "private", "slug": "x"})["id"]
        assert api.fail("GET", f"/views/{own}")[0] == 404
        assert [row["id"] for row in api.get("/views")["data"]] == [view["id"]]
        assert [row["id"] for row in ana.get("/views")["data"]] == [own, view["id"]]
        api.delete(path)
        for wrong in ({"filters": "fly("}, {"fields": ["x"]}, {"type": "customer-list"}, {"order_by": "x"}):
            assert api.fail("POST", "/views", wrong)[0] == 400, wrong
    assert trail.types == ["view-created", "view-updated", "view-updated", "view-created", "view-deleted"]


def test_what_is_in_a_view_is_read_both_ways(desk: Desk, api: Program) -> None:
    numbers = [desk.a_ticket(f"Ticket {number}").id for number in range(5)]
    view = api.post("/views", {"filters": OPEN, "order_by": "created_datetime", "order_dir": "asc"})["id"]
    whole = [row["id"] for row in api.get(f"/views/{view}/items")["data"]]
    assert set(numbers) < set(whole)
    part: dict[str, Any] = api.get(f"/views/{view}/items?limit=2")
    assert fits(part["data"][0], TICKET_ROW)
    assert part.keys() == {"data", "meta"}
    assert (part["meta"]["prev_items"], part["meta"]["current_cursor"]) == (None, None)
    seen = [row["id"] for row in part["data"]]
    while part["meta"]["next_items"]:
        address = part["meta"]["next_items"]
        assert urlsplit(address).query.split("=")[0] not in ("cursor", "ignored_item")
        part = api.get(address.removeprefix("/api"))
        seen += [row["id"] for row in part["data"]]
    assert seen == whole
    back = api.get(part["meta"]["prev_items"].removeprefix("/api"))
    assert [row["id"] for row in back["data"]] == whole[-3:-1] if len(whole) % 2 else whole[-4:-2]
    assert api.get("/views/3/items?limit=1&order_by=priority:desc")["data"]
    assert numbers[0] not in [row["id"] for row in api.get(f"/views/{view}/items?ignored_item={numbers[0]}")["data"]]
    asked = api.put("/views/0/items?limit=100", {"view": {"filters": f"{OPEN} && eq(ticket.subject, 'Ticket 3')"}})
    assert [row["id"] for row in asked["data"]] == [numbers[3]]
    assert asked["meta"] == {"next_items": None, "prev_items": None, "current_cursor": None}
    assert api.fail("GET", "/views/999/items")[0] == 404
    assert api.fail("GET", f"/views/{view}/items?order_by=x")[0] == 400
    assert api.fail("PUT", "/views/0/items", {"view": {"filters": "fly("}})[0] == 400
