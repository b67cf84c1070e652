"""Lists that are read while eight programs write: every event comes once, and every ticket, whichever way one walks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.engine import URL

from tests.desks import Desk
from tests.helpdesk.api.programs import Program, key_for
from tests.sites import open_site

WRITERS = 8
ASKS = {"channel": "email", "via": "email", "from_agent": False, "body_text": "Where is it?"}
RISING, FALLING = "order_by=created_datetime:asc", "order_by=created_datetime:desc"


@pytest.fixture
def app(desk: Desk, database_url: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application, in which programs may call as often as they like."""
    with open_site(database_url) as app:
        monkeypatch.setitem(app.config, "DESK", replace(app.config["DESK"], api_rate=None))
        yield app


def write(api: Program, writer: int, times: int) -> None:
    """Tickets are opened and closed."""
    for number in range(times):
        body = {"customer": {"email": f"writer{writer}@mail.example"}, "messages": [ASKS], "subject": f"{number}"}
        made = api.post("/tickets", body)
        api.put(f"/tickets/{made['id']}", {"status": "closed", "tags": [{"name": f"of {writer}"}]})


def walk(api: Program, path: str, way: str = "next", cursor: str | None = None) -> tuple[list[int], str | None]:
    """The numbers on the way to the end, and where the last part could be left again in the other direction."""
    numbers: list[int] = []
    while True:
        part = api.get(f"{path}&cursor={cursor}" if cursor else path)
        rows = [row["id"] for row in part["data"]]
        numbers += rows if way == "next" else reversed(rows)
        cursor = part["meta"][f"{way}_cursor"]
        if cursor is None:
            return numbers, part["meta"]["prev_cursor" if way == "next" else "next_cursor"]


def follow_events(api: Program, done: Event) -> list[int]:
    """Go on from the last time that was seen, part by part; what stood at that very time is known already."""
    seen: list[int] = []
    since = "1970-01-01T00:00:00Z"
    while True:
        is_last = done.is_set()
        cursor: Any = None
        while True:
            window = f"/events?limit=7&{RISING}&created_datetime[gte]={since.replace('+', '%2B')}"
            part = api.get(f"{window}&cursor={cursor}" if cursor else window)
            seen += [row["id"] for row in part["data"] if not seen or row["id"] > seen[-1]]
            newest = part["data"][-1]["created_datetime"] if part["data"] else since
            cursor = part["meta"]["next_cursor"]
            if cursor is None:
                break
        since = newest
        if is_last:
            return seen


def walk_tickets(api: Program, done: Event) -> list[tuple[set[int], list[int]]]:
    """Walks up and down: what was there before each, and what was met, on the way back too."""
    walks: list[tuple[set[int], list[int]]] = []
    while not done.is_set() or len(walks) < 3:
        before = set(walk(api, f"/tickets?limit=100&{FALLING}")[0])
        for order in (RISING, FALLING):
            there, back = walk(api, f"/tickets?limit=7&{order}")
            walks.append((before, there))
            again, _ = walk(api, f"/tickets?limit=7&{order}", "prev", back)
            walks.append((set(there[:-7]), again))
    return walks


def meet(app: Flask, desk: Desk, times: int) -> None:
    """Eight write, two read; afterwards everything was met once."""
    owner = key_for(app, desk, "owner@demo.example")
    programs = [Program(app.test_client(use_cookies=False), owner.email, owner.key) for _ in range(WRITERS + 2)]
    for number in range(20):
        desk.a_ticket(f"Before {number}")
    done = Event()
    with ThreadPoolExecutor(WRITERS + 2) as pool:
        followed = pool.submit(follow_events, programs[0], done)
        walked = pool.submit(walk_tickets, programs[1], done)
        writing = [pool.submit(write, program, place, times) for place, program in enumerate(programs[2:])]
        try:
            for each in writing:
                each.result(120)
        finally:
            done.set()
        seen, walks = followed.result(120), walked.result(120)
    assert seen == [event.id for event in desk.events_after()]
    for before, met in walks:
        assert len(met) == len(set(met))
        assert before <= set(met)
    every = walk(owner, f"/tickets?limit=9&{RISING}")[0]
    assert len(every) == len(set(every)) >= 20 + WRITERS * times
    assert walk(owner, f"/tickets?limit=9&{FALLING}")[0] == every[::-1]


def test_nothing_is_missed_and_nothing_comes_twice(app: Flask, desk: Desk) -> None:
    meet(app, desk, 3)


@pytest.mark.long
def test_nothing_is_missed_and_nothing_comes_twice_for_long(app: Flask, desk: Desk) -> None:
    meet(app, desk, 60)
