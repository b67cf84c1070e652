"""The API on PostgreSQL, where several processes serve it: one bucket per key, one answer per repetition, its lists."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.engine import URL

from helpdesk import tags
from tests.desks import Desk
from tests.helpdesk.api.programs import Program, key_for
from tests.outside import postgres_only
from tests.sites import open_site

pytestmark = postgres_only


@pytest.fixture
def app(desk: Desk, database_url: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application as several processes share it."""
    with open_site(database_url) as app:
        monkeypatch.setitem(app.config, "DESK", replace(app.config["DESK"], api_rate=None))
        yield app


def test_processes_count_calls_together(app: Flask, desk: Desk) -> None:
    api = key_for(app, desk, "owner@demo.example")
    app.config["DESK"] = replace(app.config["DESK"], api_rate=(4, 60))
    assert not app.config["DESK"].is_embedded
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: api_of(app, api).call("GET", "/users/0"), range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [429] * 2
    used = sorted(answer.headers["X-Gorgias-Account-Api-Call-Limit"] for answer in answers)
    assert used == ["1/4", "2/4", "3/4", "4/4", "4/4", "4/4"]
    other = key_for(app, desk, "ana@demo.example")
    assert other.call("GET", "/users/0").headers["X-Gorgias-Account-Api-Call-Limit"] == "1/4"


def test_the_same_post_that_comes_twice_at_once_is_done_once(app: Flask, desk: Desk) -> None:
    api = key_for(app, desk, "owner@demo.example")
    again: Any = {"headers": {"Idempotency-Key": "once"}}
    with desk.watched() as trail, ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda _: api_of(app, api).call("POST", "/tags", {"name": "refund"}, **again), range(4))
        )
    assert trail.types == ["tag-created"]
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert 201 in {answer.status_code for answer in answers}
    assert api.post("/tags", {"name": "refund"}, **again)["name"] == "refund"


def test_lists_go_both_ways_and_hold_what_they_should(app: Flask, desk: Desk) -> None:
    api = key_for(app, desk, "owner@demo.example")
    number = desk.a_ticket().id
    with desk.acting():
        tags.put_on(desk.ticket(number), ["b", "a", "c>?~"], by=desk.by_ana)
    lists = ("/events", "/tickets", "/messages", "/customers", "/tags", "/teams", "/users")
    for path in (*lists, "/tags?order_by=usage:desc,name:desc"):
        join = "&" if "?" in path else "?"
        whole = [row["id"] for row in api.get(f"{path}{join}limit=100")["data"]]
        part = api.get(f"{path}{join}limit=1")
        seen = [row["id"] for row in part["data"]]
        while part["meta"]["next_cursor"]:
            cursor = part["meta"]["next_cursor"]
            assert not set(cursor) & set("+/&#%"), cursor
            part = api.get(f"{path}{join}limit=1&cursor={cursor}")
            seen += [row["id"] for row in part["data"]]
        assert seen == whole, path
        if len(whole) > 1:
            back = api.get(f"{path}{join}limit=1&cursor={part['meta']['prev_cursor']}")
            assert [row["id"] for row in back["data"]] == whole[-2:-1], path
    row = api.get(f"/tickets?ticket_ids={number}")["data"][0]
    assert [tag["name"] for tag in row["tags"]] == ["b", "a", "c>?~"]
    assert api.fail("POST", "/tags", {"name": "a"})[0] == 409
    assert api.get("/tags?search=C%3E")["data"][0]["usage"] == 1


def api_of(app: Flask, api: Program) -> Program:
    """The same program on a line of its own."""
    return Program(app.test_client(), api.email, api.key)
