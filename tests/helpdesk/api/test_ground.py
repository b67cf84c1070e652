"""What holds for every call: who is let in, how addresses are read, limits, errors, repetitions, parts of lists."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from importlib.metadata import version

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


def test_a_program_under_any_host_is_told_in_json_that_nothing_is_there(app: Flask) -> None:
    for path in ("/api", "/api/"):
        answer = app.test_client().get(path, base_url="http://acme.elsewhere.example")
        assert (answer.status_code, (answer.json or {}).keys()) == (404, {"error"}), path


def test_cookies_open_nothing(app: Flask) -> None:
    client = app.test_client()
    client.post("/login", data={"email": "owner@demo.example", "password": "correct horse battery"})
    assert client.get("/api/events").status_code == 401


def test_roles_hold(program: Callable[[str], Program]) -> None:
    ana = program("ana")
    assert ana.fail("GET", "/events") == (403, {"msg": "You do not have enough permissions to perform this action."})


@pytest.mark.parametrize("path", ["/api/events", "/api/events/", "/api//events//", "//api//events", "///api/events"])
def test_slashes_make_no_difference_and_lead_nowhere_else(api: Program, path: str) -> None:
    asked = {"environ_overrides": {"PATH_INFO": path}}  # the test client would read a host in it
    assert api.get("/x", **asked)["uri"] == "/api/events?"
    assert api.fail("POST", "/x", **asked)[0] == 405


def test_every_answer_says_which_call_it_was_and_of_which_release(app: Flask, api: Program) -> None:
    for answer in (api.call("GET", "/account"), app.test_client().get("/api/account")):
        assert uuid.UUID(answer.headers["X-Request-Id"]).version == 4
        assert (answer.headers["X-Gorgias-Release"], answer.headers["Vary"]) == (version("helpdesk"), "Cookie")
        assert answer.headers["X-Gorgias-Account-Api-Call-Limit"].endswith("/40")
    for given, kept in (("abc-1", True), ("a b", False), ("x" * 200, False), ("<script>", False)):
        answer = api.call("GET", "/account", headers={"X-Request-Id": given})
        assert (answer.headers["X-Request-Id"] == given) is kept, given
    assert api.call("POST", "/search", {"type": "tag"}).headers["X-Gorgias-Search-Engine"] == "ES"


def test_the_moment_that_the_api_prints_can_be_asked_for_as_it_stands(api: Program) -> None:
    printed = api.get("/events?limit=1")["data"][0]["created_datetime"]
    assert printed.endswith("+00:00")
    for moment in (printed, printed.replace("+00:00", "+0000"), printed[:19] + "+00:00"):
        assert api.get(f"/events?created_datetime[gte]={moment}")["data"], moment  # + comes as a space
        assert api.get(f"/events?created_datetime[gte]={moment.replace('+', '%2B')}")["data"], moment
    for wrong in ("2026-11-30T20:00:00 x", "2026-11-30 20:00:00 00", "2026-11-30T20:00:00%20%2000:00"):
        assert api.fail("GET", f"/events?created_datetime[gte]={wrong}")[0] == 400


def test_what_takes_no_body_is_given_none(api: Program) -> None:
    assert api.call("POST", "/desk/settle").status_code == 200
    assert api.call("POST", "/desk/settle", {}).status_code == 200
    assert api.fail("POST", "/desk/settle", {"x": 1})[1]["data"] == {"x": ["Unknown field."]}
    broken = {"data": "{", "content_type": "application/json"}
    assert api.fail("POST", "/desk/settle", **broken)[0] == 400


def test_the_old_statistics_are_gone_whatever_their_name(api: Program) -> None:
    for method in ("GET", "POST"):
        status, error = api.fail(method, "/stats/overview")
        assert (status, "does not exist" in error["msg"]) == (400, True)


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
    assert app.test_client().get("/api/account").headers["X-Gorgias-Account-Api-Call-Limit"] == "0/3"
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
