"""Views by API: their shape, what each call writes, what is in them, and who sees and changes which."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from audit.clock import wall_now
from tests.desks import Desk
from tests.helpdesk.api.programs import Program
from tests.helpdesk.api.shapes import ITEM, VIEW, fits

OPEN = "eq(ticket.status, 'open')"


def people_made(api: Program) -> list[int]:
    """The numbers of the views that are nobody's but people's."""
    return [row["id"] for row in api.get("/views")["data"] if row["category"] == "user"]


def items(api: Program, address: str) -> list[int]:
    """The numbers of what is in a view."""
    return [row["id"] for row in api.get(address)["data"]]


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
        assert people_made(api) == [view["id"]]
        assert people_made(ana) == [own, view["id"]]
        api.delete(path)
        for wrong in ({"filters": "fly("}, {"fields": ["x"]}, {"type": "customer-list"}, {"order_by": "x"}):
            assert api.fail("POST", "/views", wrong)[0] == 400, wrong
    assert trail.types == ["view-created", "view-updated", "view-updated", "view-created", "view-deleted"]


def test_a_view_keeps_its_slug_and_with_whom_it_was_shared(desk: Desk, api: Program) -> None:
    made = api.post("/views", {"slug": "s7", "visibility": "public", "shared_with_teams": [desk.team_id], "name": None})
    path = f"/views/{made['id']}"
    assert (made["name"], made["slug"], made["shared_with_teams"]) == ("", "s7", [desk.team_id])
    renamed = api.put(path, {"name": "Late", "visibility": "private"})
    assert (renamed["slug"], renamed["shared_with_teams"]) == ("s7", [desk.team_id])
    assert api.put(path, {"slug": None})["slug"] == "late"
    assert api.put(path, {"name": "Later"})["slug"] == "later"
    assert api.put(path, {"visibility": "shared"})["shared_with_teams"] == [desk.team_id]
    assert api.fail("PUT", path, {"shared_with_teams": [999]})[0] == 400
    assert api.fail("PUT", path, {"shared_with_teams": []})[0] == 400
    api.delete(f"/teams/{desk.team_id}")
    assert api.put(path, {**api.get(path), "name": "Last"})["shared_with_teams"] == []


def test_what_is_in_a_view_is_read_both_ways(desk: Desk, api: Program) -> None:
    numbers = [desk.a_ticket(f"Ticket {number}").id for number in range(5)]
    view = api.post("/views", {"filters": OPEN, "order_by": "created_datetime", "order_dir": "asc"})["id"]
    whole = [row["id"] for row in api.get(f"/views/{view}/items")["data"]]
    assert set(numbers) < set(whole)
    part: dict[str, Any] = api.get(f"/views/{view}/items?limit=2")
    assert fits(part["data"][0], ITEM)
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


def test_the_desks_own_views_are_listed_read_and_left_alone(desk: Desk, api: Program) -> None:
    view = api.post("/views", {"name": "Ours"})["id"]
    rows = api.get("/views?order_by=created_datetime:asc")["data"]
    assert all(fits(row, VIEW) for row in rows)
    assert [(row["id"], row["name"]) for row in rows[:8]] == [
        (1, "Inbox"), (2, "Unassigned"), (3, "All"), (4, "Snoozed"), (5, "Closed"), (6, "Trash"), (7, "Spam"),
        (8, "All customers"),
    ]  # fmt: skip
    assert {(row["category"], row["type"]) for row in rows[:7]} == {("system", "ticket-list")}
    assert (rows[7]["category"], rows[7]["type"]) == ("system", "customer-list")
    assert [row["id"] for row in api.get("/views")["data"]] == [view, 8, 7, 6, 5, 4, 3, 2, 1]
    seen, address = [], "/views?limit=4"
    while address:
        part = api.get(address)
        seen += [row["id"] for row in part["data"]]
        address = part["meta"]["next_cursor"] and f"/views?limit=4&cursor={part['meta']['next_cursor']}"
    assert seen == [view, 8, 7, 6, 5, 4, 3, 2, 1]
    back = api.get(f"/views?limit=4&cursor={part['meta']['prev_cursor']}")
    assert [row["id"] for row in back["data"]] == [5, 4, 3, 2]
    with desk.watched() as trail:
        for row in rows[:8]:
            path = f"/views/{row['id']}"
            assert api.get(path) == row
            for method, body in (("DELETE", None), ("PUT", {"name": "x"})):
                status, error = api.fail(method, path, body)
                assert (status, "stay as they are" in error["msg"]) == (403, True)
    assert trail.types == []
    customers = items(api, "/views/8/items?order_by=created_datetime:asc")
    assert customers == [row["id"] for row in api.get("/customers?order_by=created_datetime:asc")["data"]]
    assert api.fail("GET", "/views/8/items?order_by=priority:asc")[0] == 400


def test_the_filters_of_the_desks_own_views_say_what_is_in_them(desk: Desk, api: Program) -> None:
    numbers = [desk.a_ticket().id for _ in range(6)]
    later = (wall_now() + timedelta(days=9)).isoformat()
    changes = (
        {"assignee_user": {"id": desk.ana_id}}, {"status": "closed"}, {"snooze_datetime": later},
        {"spam": True}, {"trashed_datetime": "2026-01-01T00:00:00Z"},
    )  # fmt: skip
    for number, change in zip(numbers, changes, strict=False):
        api.put(f"/tickets/{number}", change)
    for view in range(1, 8):
        filters = api.get(f"/views/{view}")["filters"]
        by_filter = api.put("/views/0/items?limit=100", {"view": {"filters": filters}})["data"]
        found = items(api, f"/views/{view}/items?limit=100")
        assert [row["id"] for row in by_filter] == found
        assert found


def test_an_item_to_leave_out_is_left_out_on_every_page(desk: Desk, api: Program) -> None:
    numbers = [desk.a_ticket(f"Ticket {number}").id for number in range(6)]
    first = items(api, "/views/3/items?limit=100&order_by=created_datetime:asc")
    for ignored in (None, numbers[3]):
        own = f"&ignored_item={ignored}" if ignored else ""
        part = api.get(f"/views/3/items?limit=2&order_by=created_datetime:asc{own}")
        seen = [row["id"] for row in part["data"]]
        while part["meta"]["next_items"]:
            query = parse_qs(urlsplit(part["meta"]["next_items"]).query)
            assert {"cursor", "ignored_item", "direction"} <= query.keys()
            part = api.get(part["meta"]["next_items"].removeprefix("/api"))
            seen += [row["id"] for row in part["data"]]
        assert seen == [number for number in first if number != ignored]
        back: list[int] = []
        while part["meta"]["prev_items"]:
            part = api.get(part["meta"]["prev_items"].removeprefix("/api"))
            back = [row["id"] for row in part["data"]] + back
        assert back == seen[: len(back)]
        assert len(back) >= len(seen) - 2


def test_a_view_keeps_what_is_searched_for_and_its_section(desk: Desk, api: Program) -> None:
    parcel, teapot = desk.a_ticket("My blue parcel").id, desk.a_ticket("My blue teapot").id
    view = api.post("/views", {"filters": OPEN, "search": "parcel", "section_id": 4})
    assert (view["search"], view["section_id"]) == ("parcel", 4)
    path = f"/views/{view['id']}"
    assert items(api, f"{path}/items") == [parcel]
    assert [row["id"] for row in api.get(f"/tickets?view_id={view['id']}")["data"]] == [parcel]
    other = api.put(f"{path}/items", {"view": {"search": "teapot"}})
    assert [row["id"] for row in other["data"]] == [teapot]
    changed = api.put(path, {"search": "teapot", "section_id": None})
    assert (changed["search"], changed["section_id"], items(api, f"{path}/items")) == ("teapot", None, [teapot])
    assert len(items(api, f"{path}/items")) < len(api.put(f"{path}/items", {"view": {"search": None}})["data"])
    for asked in ({"search": "zzzznothing"}, {"search": "zzzznothing", "category": "system", "type": "ticket-list"}):
        assert api.put("/views/0/items", {"view": asked})["data"] == []


def test_who_may_read_a_view_may_read_what_is_in_it(desk: Desk, program: Callable[[str], Program]) -> None:
    api, ana = program("owner"), program("ana")
    ticket = desk.a_ticket("Shared").id
    view = api.post("/views", {"visibility": "shared", "shared_with_users": [desk.ben_id], "filters": OPEN})["id"]
    assert ticket in items(program("admin"), f"/views/{view}/items")
    assert ticket in [row["id"] for row in api.get(f"/tickets?view_id={view}")["data"]]
    assert ticket in items(program("ben"), f"/views/{view}/items")
    assert ana.fail("GET", f"/views/{view}/items")[0] == 404
    assert ana.fail("GET", f"/tickets?view_id={view}")[0] == 400


def test_whoever_calls_stands_in_the_text_and_in_the_tree(desk: Desk, api: Program) -> None:
    view = api.post("/views", {"filters": "eq(ticket.assignee_user.id, '{{current_user.id}}')"})
    plain = api.post("/views", {"filters": f"eq(ticket.assignee_user.id, {desk.owner_id})"})
    assert (view["filters"], view["filters_ast"]) == (plain["filters"], plain["filters_ast"])


def test_whoever_looks_is_still_meant_when_a_view_is_put_back(
    desk: Desk, api: Program, program: Callable[[str], Program]
) -> None:
    mine = "eq(ticket.assignee_user.id, '{{current_user.id}}')"
    path = f"/views/{api.post('/views', {'filters': f'{mine} && {OPEN}'})['id']}"
    with desk.watched() as trail:
        got = api.put(path, api.get(path))
        assert trail.types == []
        api.put(path, {**got, "name": "Mine", "filters": got["filters"].replace("'open'", "'closed'")})
    assert trail["view-updated"].changes.keys() == {f"View:{got['id']}"}
    assert program("admin").get(path)["filters"] == (
        f"eq(ticket.assignee_user.id, {desk.admin_id}) && eq(ticket.status, 'closed')"
    )
