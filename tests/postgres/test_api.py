"""The API on PostgreSQL, where several processes serve it: one bucket per key, one answer per repetition, its lists."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from audit.action import begin
from helpdesk import customers, tags, tickets
from helpdesk.models import Account
from tests.desks import Desk, open_session
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


def test_who_makes_the_same_tag_or_customer_at_once_waits_and_takes_what_the_first_made(
    app: Flask, desk: Desk, engine: Engine
) -> None:
    api, number, by_ana = key_for(app, desk, "owner@demo.example"), desk.a_ticket().id, desk.by_ana
    opened = {
        "customer": {"email": "Zoe@mail.example"},
        "messages": [{"channel": "email", "via": "api", "from_agent": False, "body_text": "Hello?"}],
        "tags": [{"name": "lost"}, {"name": "broken", "decoration": {"color": "#0f766e"}}],
    }
    calls: list[tuple[str, str, Any]] = [
        ("POST", "/tickets", opened),
        ("POST", "/tickets", opened),
        ("POST", f"/tickets/{number}/tags", {"names": ["broken", "lost"]}),
        ("POST", "/tags", {"name": "lost"}),
        ("POST", "/customers", {"email": "zoe@mail.example"}),
    ]
    with open_session(engine) as first, desk.watched() as trail, ThreadPoolExecutor(len(calls)) as pool:
        begin(first, desk.account_id, source="web")
        account = first.get_one(Account, desk.account_id)
        zoe = customers.create(account, name="Zoe", email="zoe@mail.example", by=by_ana)
        opening = tickets.Opening(customer=zoe, tags=("lost", "broken"))
        tickets.create(account, opening, by=by_ana)  # flushed, not yet committed
        late = [pool.submit(api_of(app, api).call, *call) for call in calls]
        assert wait(late, 0.5).done == set()
        first.commit()
        answers = [each.result(30) for each in late]
    said = [(answer.status_code, answer.text) for answer in answers]
    assert [status for status, _ in said] == [201, 201, 201, 409, 409], said
    assert "There is a tag 'lost' already." in said[3][1]
    assert "There is a customer with the address zoe@mail.example already." in said[4][1]
    assert (trail.types.count("tag-created"), trail.types.count("customer-created")) == (2, 1)


def test_what_is_kept_as_json_is_shown_in_one_order(app: Flask, desk: Desk) -> None:
    """PostgreSQL keeps the parts of JSON by the length of their names."""
    api = key_for(app, desk, "owner@demo.example")
    settings = {"input_type": "dropdown", "choices": ["S", "L"], "default": "S"}
    definition = {"data_type": "text", "input_settings": settings}
    field = api.post("/custom-fields", {"object_type": "Ticket", "label": "Size", "definition": definition})
    assert json.dumps(field["definition"]) == json.dumps(definition)
    params = {"ticket_ids": [desk.a_ticket().id], "updates": {"priority": "high"}}
    job = api.post("/jobs", {"type": "updateTicket", "params": params})
    assert json.dumps(job["params"]) == json.dumps(params)


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
