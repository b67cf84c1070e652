"""Events, tags and teams by API: their shapes, what each call writes, and what it refuses."""

from audit.rest.shapes import write_moment
from helpdesk import tags
from tests.desks import Desk
from tests.helpdesk.api.programs import Program
from tests.helpdesk.api.shapes import EVENT, TAG, TEAM, fits


def test_events_tell_what_happened_and_are_found_by_what_they_are_about(desk: Desk, api: Program) -> None:
    ticket = desk.a_ticket().id
    with desk.watched() as trail, desk.acting():
        tags.put_on(desk.ticket(ticket), ["refund"], by=desk.by_ana)
    rows = api.get(f"/events?object_id={ticket}&object_type=Ticket&limit=2")["data"]
    assert [row["type"] for row in rows] == ["ticket-tags-added", "ticket-updated"]
    assert fits(rows[0], EVENT)
    assert (rows[0]["user_id"], rows[0]["context"]) == (desk.ana_id, str(*trail.contexts))
    assert rows[0]["data"]["tags_added"]
    assert rows[0]["uri"] == f"/api/events/{rows[0]['id']}/"
    assert api.get(f"/events/{rows[0]['id']}/") == rows[0]
    assert api.get(f"/events?object_id={ticket}&limit=1")["data"] == rows[:1]
    found = api.get("/events?types=tag-created&types=ticket-created&order_by=created_datetime:asc")["data"]
    assert {row["type"] for row in found} == {"tag-created", "ticket-created"}
    assert all(row["user_id"] == desk.ana_id for row in api.get(f"/events?user_ids={desk.ana_id}")["data"])
    at = write_moment(desk.now()).replace("+00:00", "Z")
    assert api.get(f"/events?created_datetime[gt]={at}")["data"] == []
    assert api.get(f"/events?created_datetime[lt]={at}&created_datetime[gte]={at}")["data"] == []
    assert api.get(f"/events?created_datetime[lte]={at}&limit=2")["data"] == rows
    assert api.fail("GET", "/events?object_type=Ticket")[1]["data"]["object_id"]
    for kind in ("Message", "TicketRule"):
        assert api.fail("GET", f"/events?object_id=1&object_type={kind}")[0] == 400


def test_tags(desk: Desk, api: Program) -> None:
    with desk.watched() as trail:
        refund = api.post("/tags", {"name": "Refund", "decoration": {"color": "#0F766E"}})
        assert fits(refund, TAG)
        assert (refund["decoration"], refund["usage"]) == ({"color": "#0F766E"}, 0)
        renamed = api.put(f"/tags/{refund['id']}", {"name": "refund"})
        assert (renamed["name"], renamed["decoration"]) == ("refund", {"color": "#0F766E"})
        assert api.put(f"/tags/{refund['id']}", {"decoration": None})["decoration"] is None
        api.put(f"/tags/{refund['id']}", {})
    assert trail.types == ["tag-created", "tag-updated", "tag-renamed", "tag-updated"]
    assert {event.source for event in trail.events} == {"api"}
    ticket = desk.a_ticket().id
    with desk.acting():
        tags.put_on(desk.ticket(ticket), ["money", "late"], by=desk.by_ana)
    money = api.get("/tags?search=MON")["data"][0]
    assert money["usage"] == 1
    assert [row["name"] for row in api.get("/tags?order_by=usage:desc,name:desc")["data"]] == [
        "money",
        "late",
        "refund",
    ]
    part = api.get("/tags?order_by=usage:asc,name:asc&limit=1")
    rest = api.get(f"/tags?order_by=usage:asc,name:asc&cursor={part['meta']['next_cursor']}")
    assert [row["name"] for row in part["data"] + rest["data"]] == ["refund", "late", "money"]
    with desk.watched() as trail:
        merged = api.put(f"/tags/{refund['id']}/merge", {"source_tags_ids": [money["id"]]})
    assert trail.types == ["ticket-updated", "ticket-tags-removed", "ticket-tags-added", "tag-merged"]
    assert (trail["tag-merged"].object_id, len(trail.contexts), merged["usage"]) == (money["id"], 1, 1)
    late = api.get("/tags?search=late")["data"][0]["id"]
    with desk.watched() as trail:
        api.delete("/tags", {"ids": [refund["id"], late]})
    assert trail.types.count("tag-deleted") == 2
    assert api.get("/tags")["data"] == []


def test_tags_that_cannot_be(desk: Desk, api: Program) -> None:
    number = api.post("/tags", {"name": "refund"})["id"]
    with desk.watched() as trail:
        assert api.fail("POST", "/tags", {"name": "refund"})[0] == 409
        assert api.fail("POST", "/tags", {})[1] == {
            "msg": "Failed to create tag", "data": {"name": ["Missing data for required field."]},
        }  # fmt: skip
        for wrong in ({"name": 7}, {"name": None}, {"name": ""}, {"name": "x" * 257}, {"name": "a", "size": 1}):
            assert api.fail("POST", "/tags", wrong)[0] == 400, wrong
        assert api.fail("POST", "/tags", {"name": "a", "decoration": {"color": "red;"}})[0] == 400
        assert api.fail("POST", "/tags", ["refund"])[0] == 400
        assert api.fail("DELETE", "/tags", {"ids": [number, 999]})[0] == 404
        assert api.fail("PUT", f"/tags/{number}/merge", {"source_tags_ids": [number]})[0] == 400
        assert api.fail("POST", "/tags", data="name=refund")[0] == 415
        for broken in (b"{", b"", b"NaN", b'{"name": 1e999}', b"[" * 100_000, b"\xff"):
            answer = api.call("POST", "/tags", data=broken, content_type="application/json")
            assert answer.status_code in (400, 415), broken
        assert (
            api.call("POST", "/tags", data=b" " * (10 * 2**20 + 1), content_type="application/json").status_code == 413
        )
    assert trail.types == []
    assert api.post("/tags", {"name": "a\0b\ud800 ünïcode <b>"})["name"] == "a\ufffdb\ufffd ünïcode <b>"


def test_teams(desk: Desk, api: Program) -> None:
    with desk.watched() as trail:
        team = api.post("/teams", {"name": "Night", "members": [{"id": desk.ana_id}], "decoration": {"emoji": "🌙"}})
        assert fits(team, TEAM)
        assert team["members"] == [{"id": desk.ana_id, "name": "Ana Lopez", "email": "ana@demo.example", "meta": None}]
        changed = api.put(f"/teams/{team['id']}", {"members": [{"id": desk.ben_id}], "decoration": {}})
        assert ([member["id"] for member in changed["members"]], changed["decoration"]) == ([desk.ben_id], {})
        assert api.put(f"/teams/{team['id']}", {"description": "Late"})["members"] == changed["members"]
        assert [row["name"] for row in api.get("/teams?order_by=name:asc")["data"]] == ["Night", "Returns"]
        api.delete(f"/teams/{team['id']}")
        assert api.fail("POST", "/teams", {"name": "Returns"})[0] == 409
        assert api.fail("POST", "/teams", {"name": "Day", "members": [{"id": 999}]})[0] == 400
    assert trail.types == ["team-created", "team-updated", "team-updated", "team-deleted"]
