"""What holds for every call: who is let in, how addresses are read, limits, errors, repetitions, parts of lists."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from audit.clock import wall_now
from helpdesk import keys
from helpdesk.models import ApiKey
from tests.desks import Desk
from tests.helpdesk.api.programs import HOST, Program


def test_a_key_opens_the_desk_and_says_when_it_was_used(app: Flask, desk: Desk, api: Program) -> None:
    with desk.watched() as trail:
        assert api.get("/events?limit=1")["data"]
    assert trail.types == []
    (row,) = desk.session.query(ApiKey).all()
    first = row.last_used_datetime
    assert first is not None
    assert wall_now() - first < timedelta(minutes=1)
    api.get("/events?limit=1")
    desk.session.rollback()
    assert desk.session.get_one(ApiKey, row.id).last_used_datetime == first  # not on every call
    with desk.acting():
        keys.revoke(desk.session.get_one(ApiKey, row.id), by=desk.by_admin)
    assert api.fail("GET", "/events")[0] == 401


@pytest.mark.parametrize("auth", [None, ("owner@demo.example", "wrong"), ("ana@demo.example", ""), ("", "x")])
def test_without_a_key_nothing_opens(app: Flask, api: Program, auth: tuple[str, str] | None) -> None:
    answer = app.test_client().get("/api/events", auth=auth, base_url=HOST)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_a_key_opens_nothing_under_another_address(api: Program) -> None:
    api.email = "ana@demo.example"
    assert api.fail("GET", "/events")[0] == 401


def test_cookies_open_nothing(app: Flask) -> None:
    client = app.test_client()
    client.post("/login", data={"email": "owner@demo.example", "password": "correct horse battery"})
    assert client.get("/api/events").status_code == 401


def test_roles_hold(program: Callable[[str], Program]) -> None:
    ana = program("ana")
    assert ana.fail("GET", "/events") == (403, {"msg": "You do not have enough permissions to perform this action."})


@pytest.mark.parametrize("path", ["/events", "/events/", "//events", "/events//"])
def test_slashes_make_no_difference_and_lead_nowhere_else(api: Program, path: str) -> None:
    assert api.get(path)["uri"] == "/api/events?"


def test_errors_have_one_shape(api: Program) -> None:
    assert api.fail("GET", "/nothing") == (404, {"msg": "Resource not found."})
    assert api.fail("DELETE", "/events") == (405, {"msg": "The specified HTTP method is not allowed."})
    for number in ("0", "-1", "9223372036854775808", "99999999999999999999", "1.5", "x"):
        assert api.fail("GET", f"/events/{number}")[0] == 404, number
    status, error = api.fail("GET", "/events?limit=0&colour=red&cursor=%00&types=nothing&order_by=created_datetime")
    assert status == 400
    assert set(error["data"]) == {"limit", "colour", "types.0", "order_by"}
    assert error["data"]["colour"] == ["Unknown field."]
    assert api.fail("GET", "/events?limit=1&limit=2")[1]["data"] == {"limit": ["It can be given only once."]}


def test_looking_without_reading(desk: Desk, api: Program) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail:
        there, head = (api.call(method, f"/tickets/{number}") for method in ("GET", "HEAD"))
        assert (head.status_code, head.data, head.content_length) == (200, b"", there.content_length)
        assert (api.call("HEAD", "/tickets/999").status_code, api.call("HEAD", "/nothing").status_code) == (404, 404)
        options = api.call("OPTIONS", "/tickets")
        assert (options.status_code, options.data, "Content-Type" in options.headers) == (200, b"", False)
        assert set(options.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
        assert api.call("OPTIONS", "/nothing").status_code == 404
        status, _ = api.fail("PATCH", "/tickets", {"subject": "x"})
        assert status == 405
    assert trail.types == []


def test_what_is_unknown_is_passed_over_where_the_desk_is_lenient(
    app: Flask, api: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "API_LENIENT", True)
    assert api.get("/events?limit=1&colour=red")["data"]


def test_a_full_bucket_says_how_long_to_wait(app: Flask, api: Program) -> None:
    app.config["DESK"] = replace(app.config["DESK"], api_rate=(3, 60))
    answers = [api.call("GET", "/events?limit=1") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["X-Gorgias-Account-Api-Call-Limit"] for answer in answers] == ["1/3", "2/3", "3/3", "3/3"]
    assert int(answers[-1].headers["Retry-After"]) in range(1, 21)
    app.config["DESK"] = replace(app.config["DESK"], api_rate=None)
    assert api.call("GET", "/events?limit=1").status_code == 200


def test_a_list_is_read_in_parts_both_ways(desk: Desk, api: Program) -> None:
    every = [row["id"] for row in api.get("/events?limit=100&order_by=created_datetime:asc")["data"]]
    assert every == sorted(every)
    parts, path = [], "/events?limit=3&order_by=created_datetime:asc"
    part = api.get(path)
    assert part["meta"]["prev_cursor"] is None
    while True:
        parts.append(part)
        if part["meta"]["next_cursor"] is None:
            break
        part = api.get(f"{path}&cursor={part['meta']['next_cursor']}")
    assert [row["id"] for each in parts for row in each["data"]] == every
    back = part
    for before in reversed(parts[:-1]):
        back = api.get(f"{path}&cursor={back['meta']['prev_cursor']}")
        assert back["data"] == before["data"]
    assert back["meta"]["prev_cursor"] is None
