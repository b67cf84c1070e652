"""Get, change a field, put the whole back: what a thing shows may come back with a change, and stays as it is."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from audit.rest.calls import Call
from audit.rest.echoes import STAYS, fields_of, moves
from automation.jobs import run_all
from tests.desks import Desk
from tests.helpdesk.api.programs import Program
from tests.helpdesk.web.everywhere import application, furnish_everything, things_of

CALLS: list[Call] = [call for call in application().extensions["api_calls"] if call.kinds and not call.is_bulk]
#: What a program changes in the whole that it got, of everything; a list stands for a part of a part.
CHANGED: dict[str, tuple[str, Any]] = {
    "account_update": ("data", {"days": 31}),
    "tickets_update": ("priority", "high"),
    "messages_update": ("body_text", "It went out."),
    "customers_update": ("note", "Rings at noon"),
    "tags_update": ("description", "About money"),
    "teams_update": ("description", "By night"),
    "users_update": ("bio", "Mornings only"),
    "macros_update": ("external_id", "m-7"),
    "rules_update": ("description", "For those who wait"),
    "custom_fields_update": ("label", "Cause"),
    "views_update": ("name", "Later"),
    "widgets_replace": ("order", 7),
    "integrations_update": ("description", "In Ghent"),
    "surveys_update": ("score", 4),
    "jobs_update": ("meta", {"asked by": "the night shift"}),
    "desk_time_set_rate": ("rate", 2.0),
}
#: What follows from it.
FOLLOWS = {
    "tickets_update": {"updated_datetime"},
    "messages_update": {"stripped_text"},
    "surveys_update": {"scored_datetime", "sent_datetime", "should_send_datetime"},
}


def whole(api: Program, call: Call, path: str, number: Any) -> Iterator[dict[str, Any]]:
    """The thing as it is shown alone, and in a list."""
    if call.as_shown is not None:
        yield next(row for row in api.get("/account/settings")["data"] if row["id"] == number)
        return
    yield api.get(path)
    above = path.rpartition("/")[0]
    asked = "?object_type=Ticket" if call.endpoint == "custom_fields_update" else ""
    if len(call.kinds) > 1:
        yield from (row for row in api.get(f"{above}{asked}")["data"] if row["id"] == number)


def test_everything_can_be_put_back_whole_and_with_a_change(app: Flask, desk: Desk, api: Program) -> None:
    assert {call.endpoint for call in CALLS} == CHANGED.keys()
    furnish_everything(desk)
    things = things_of(desk.session, desk.account_id)
    wrong: list[Any] = []
    for call in CALLS:
        path, number = _path(call, things)
        before = list(whole(api, call, path, number))
        for got in before:
            with desk.watched() as trail:
                answer = api.call("PUT", path, got)
            told = [event.type for event in trail.events if event.user_id is not None]  # not by rules
            if answer.status_code >= 300 or told or list(whole(api, call, path, number)) != before:
                wrong.append((call.endpoint, len(got), answer.status_code, answer.text[:400], told))
        name, value = CHANGED[call.endpoint]
        answer = api.call("PUT", path, {**before[0], name: value})
        after = next(whole(api, call, path, number))
        changed = {each for each in after if after[each] != before[0][each]} - FOLLOWS.get(call.endpoint, set())
        moving = {each for each, kind in fields_of(*call.kinds).items() if moves(kind)}
        if after[name] != value or changed - moving != {name}:
            wrong.append((call.endpoint, name, answer.status_code, answer.text[:400], changed))
    assert not wrong, "\n".join(map(str, wrong))


def test_what_is_only_shown_in_a_list_moves_by_itself() -> None:
    """It is compared with what is shown of the thing alone, where it isn't."""
    for call in CALLS:
        alone = fields_of(call.kinds[-1])
        assert {name for name, kind in fields_of(*call.kinds).items() if name not in alone and not moves(kind)} == set()


def test_something_else_is_refused_where_it_stands(desk: Desk, api: Program) -> None:
    number = desk.a_ticket().id
    got = api.get(f"/tickets/{number}")
    whose = {**got["customer"]["channels"][0], "customer": {}}
    with desk.watched() as trail:
        for sent, field in (
            ({"id": number + 1}, "id"),
            ({"id": True}, "id"),
            ({"uri": None}, "uri"),
            ({"created_datetime": "2020-01-01T00:00:00Z"}, "created_datetime"),
            ({"assignee_user_id": desk.ben_id}, "assignee_user_id"),
            ({"customer": {**got["customer"], "data": {"points": 1}}}, "customer.data"),
            ({"customer": {**got["customer"], "channels": [whose]}}, "customer.channels.0.customer"),
            ({"requester": {**got["requester"], "name": "Else"}}, "requester"),
        ):  # fmt: skip
            assert api.fail("PUT", f"/tickets/{number}", sent) == (
                400, {"msg": "Failed to update ticket", "data": {field: [STAYS]}},
            ), sent  # fmt: skip
        assert api.fail("PUT", f"/tickets/{number}", {"colour": 1})[1]["data"] == {"colour": ["Unknown field."]}
        assert api.fail("POST", "/tags", {"name": "x", "usage": 0})[1]["data"] == {"usage": ["Unknown field."]}
        assert api.fail("PUT", "/tags/999", {"id": 999})[0] == 404
        assert api.put(f"/tickets/{number}", {"created_datetime": got["created_datetime"].replace("+00:00", "Z")})
        assert api.put(f"/tickets/{number}", {"messages_count": 99, "excerpt": "moved", "messages": []})
    assert trail.types == []
    other = api.post("/customers", {"email": "dora@mail.example", "name": "Dora Dent"})
    swapped = {**got["customer"], **{name: other[name] for name in ("id", "email", "name", "firstname", "lastname")}}
    swapped["channels"] = other["channels"]
    with desk.watched() as trail:  # what belongs to another than the one who is shown is theirs
        api.put(f"/tickets/{number}", {**got, "customer": swapped})
    assert [event.type for event in trail.events if event.user_id] == ["ticket-updated", "ticket-customer-updated"]


def test_a_list_of_things_is_put_back_too(app: Flask, desk: Desk, api: Program) -> None:
    furnish_everything(desk)
    rows = api.get("/custom-fields?object_type=Ticket")["data"]
    with desk.watched() as trail:
        assert api.put("/custom-fields", rows) == rows
        wrong = [{**rows[0], "label": "Else"}, {"id": rows[0]["id"], "created_datetime": "2020-01-01T00:00:00Z"}]
        assert api.fail("PUT", "/custom-fields", wrong)[1]["data"] == {"1.created_datetime": [STAYS]}
        bodies: list[Any] = [[{**rows[0], "id": number}] for number in (True, None, "1", 999, 2**63)]
        for body in [*bodies, [1], {}]:
            assert api.fail("PUT", "/custom-fields", body)[0] in (400, 404), body
    assert trail.types == []
    assert api.put("/custom-fields", [{**rows[0], "label": "Cause"}])[0]["label"] == "Cause"


@pytest.mark.parametrize("lenient", [False, True])
def test_what_stays_as_it_is_can_be_put_back_too(
    app: Flask, desk: Desk, api: Program, monkeypatch: pytest.MonkeyPatch, lenient: bool
) -> None:
    """The desk's own views, a shop, a job that is done: whole they change nothing, and else they are refused."""
    monkeypatch.setitem(app.config, "API_LENIENT", lenient)
    furnish_everything(desk)
    run_all(desk.session)
    (shop,) = (row for row in api.get("/integrations")["data"] if row["type"] != "http")
    (job,) = (row for row in api.get("/jobs")["data"] if row["type"] == "updateTicket")
    assert (job["status"], shop["http"]) == ("done", None)
    system = [view for view in api.get("/views?limit=100")["data"] if view["category"] == "system"]
    assert len(system) == 8
    with desk.watched() as trail:
        for view in system:
            assert api.put(f"/views/{view['id']}", view) == view
            assert api.fail("PUT", f"/views/{view['id']}", {**view, "name": "Else"})[0] == 403
        assert api.put(f"/integrations/{shop['id']}", shop) == shop
        assert api.put(f"/jobs/{job['id']}", {**job, "meta": {"seen": True}})["meta"] == {"seen": True}
        assert api.fail("PUT", f"/jobs/{job['id']}", {**job, "scheduled_datetime": "2026-03-03T09:30:00Z"})[0] == 409
        own = next(view for view in api.get("/views?limit=100")["data"] if view["category"] == "user")
        other = api.call("PUT", f"/views/{own['id']}", {"category": "system"})
        assert other.status_code == (200 if lenient else 400)
        for kind in ("tickets", "customers"):
            row = api.get(f"/{kind}?limit=1")["data"][0]
            assert api.put(f"/{kind}/{row['id']}", row)["custom_fields"] == row["custom_fields"] == {}
    assert trail.types == []


def test_the_document_tells_what_may_come_back(app: Flask) -> None:
    document = app.test_client().get("/api/openapi.json").json
    assert document is not None
    bodies = {
        operation["operationId"]: operation["requestBody"]["content"]["application/json"]["schema"]
        for path in document["paths"].values()
        if "requestBody" in (operation := path.get("put", {}))
    }
    for call in CALLS:
        taken = bodies[call.endpoint]["properties"]
        fields = fields_of(*call.kinds)
        assert fields.keys() <= taken.keys(), call.endpoint
        beside = {name for name, part in taken.items() if part.get("readOnly")}
        assert beside == fields.keys() - fields_of(call.body).keys(), call.endpoint
        assert {name for name in beside if "Passed over" in taken[name]["description"]} == {
            name for name in beside if moves(fields[name])
        }


def _path(call: Call, things: dict[str, Any]) -> tuple[str, Any]:
    path, number = call.path, None
    for part in call.path.split("/"):
        if part.startswith("<"):
            number = things[part.partition(":")[2][:-1]]
            path = path.replace(part, str(number))
    return path, number
