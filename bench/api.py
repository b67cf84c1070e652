"""The REST API: events read from millions, a hundred programs at once, tickets opened with their messages."""

import base64
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.action import begin
from audit.actors import Actor
from audit.db import db
from audit.log import event_table
from audit.replay import replay
from bench.biglog import a_big_log
from bench.desks import a_desk
from bench.processes import Helper
from bench.results import Result, Wrong
from bench.sizes import Sizes
from bench.visitors import a_server
from helpdesk import config as settings
from helpdesk import keys
from helpdesk.models import User
from wsgi import create_app

EVENTS: Final = "/api/events?limit=100"
SECONDS_A_PART: Final = 0.015
TICKETS_A_SECOND: Final = 150
PROGRAMS: Final = 100
#: What each opening of a ticket with a message writes.
EVENTS_A_TICKET: Final = 3


def measure(sizes: Sizes, wrong: Wrong) -> Iterator[Result]:
    """On the default database, as it is served; the first part of the log as it is asked for within the server."""
    with a_big_log("SQLite", sizes.log) as log:
        header = _header(log.session(), log.account_id)
        rows = f"count(*) = {log.events:,}"
        walls, work = _within(log.url, header, sizes, wrong)
        yield Result(
            name="api: GET events?limit=100", database="SQLite", rows=rows, measured=walls, unit="ms",
            goal=SECONDS_A_PART, at_most=True,
        )  # fmt: skip
        yield Result(name="  of that, work", database="SQLite", rows=rows, measured=work, unit="ms")
        with a_server(log.url, API_RATE_LIMIT="off") as server:
            crowd = Helper("bench.readers", server.port, header, PROGRAMS, EVENTS)
            read, bad, wait = map(float, crowd.ask(sizes.crowd_seconds).split())
            crowd.stop()
        wrong.unless(not bad, f"{bad:.0f} of {read:.0f} calls of {PROGRAMS} programs went wrong")
        many = f"{PROGRAMS} programs at once, {read:,.0f} calls, {bad:.0f} errors"
        rate = [read / sizes.crowd_seconds]
        yield Result(name="api: the same, by a hundred", database="SQLite", rows=many, measured=rate, unit="/s")
        yield Result(name="  longest wait", database="SQLite", rows=many, measured=[wait], unit="s")
    yield from _opening(sizes, wrong)


def _within(url: str, header: str, sizes: Sizes, wrong: Wrong) -> tuple[list[float], list[float]]:
    app = create_app(
        replace(settings.from_environment({}), database_url=url, secret_key="only for benchmarks", api_rate=None)
    )
    client, key = app.test_client(), dict([header.split(": ", 1)])
    turns = [_once(client, key, wrong) for _ in range(sizes.visits + 2)][2:]  # the first ones warm up
    with app.app_context():
        db.engine.dispose()
    return [wall for wall, _ in turns], [work for _, work in turns]


def _once(client: FlaskClient, key: dict[str, str], wrong: Wrong) -> tuple[float, float]:
    started, worked = time.perf_counter(), time.thread_time()
    answer = client.get(EVENTS, headers=key)
    taken = time.perf_counter() - started, time.thread_time() - worked
    wrong.unless(answer.status_code == 200, f"{EVENTS} answered {answer.status_code}")
    return taken


def _opening(sizes: Sizes, wrong: Wrong) -> Iterator[Result]:
    with a_desk("SQLite", 10) as place:
        header = _header(place.session(), place.account_id)
        before = _count(place.session)
        rates, work, made = [], [], 0.0
        with a_server(place.url, API_RATE_LIMIT="off") as server:
            programs = Helper("bench.callers", server.port, header, sizes.writers)
            for turn in range(sizes.rounds + 1):
                worked = server.cpu()
                opened, bad, seconds = map(float, programs.ask(sizes.tickets).split())
                wrong.unless(not bad, f"{bad:.0f} tickets could not be opened")
                made += opened
                if turn:  # the first round warms up
                    rates.append(opened / seconds)
                    work.append(opened / max(server.cpu() - worked, 0.001))
            programs.stop()
        written = _count(place.session) - before
        wrong.unless(written == made * EVENTS_A_TICKET, f"{made:,.0f} tickets have {written:,} events")
        with place.session() as session:
            report = replay(session, place.account_id)
        wrong.unless(report.agrees, f"replay disagrees: {report.differences[:3]}")
    rows = f"{sizes.writers} programs, {made:,.0f} tickets, {written:,} events, replay agrees: {report.agrees}"
    yield Result(
        name="api: POST tickets with a message", database="SQLite", rows=rows, measured=rates, unit="/s",
        goal=TICKETS_A_SECOND,
    )  # fmt: skip
    yield Result(name="  for each second of the server's work", database="SQLite", rows=rows, measured=work, unit="/s")


def _count(session: Callable[[], Session]) -> int:
    with session() as opened:
        return opened.execute(select(func.count()).select_from(event_table)).scalar_one()


def _header(session: Session, account_id: int) -> str:
    """What a program of the owner's sends with each call."""
    with session:
        begin(session, account_id, source="cli")
        owner = session.scalars(select(User).where(User.role == "owner")).one()
        _, key = keys.create(owner, name="bench", by=Actor.system("command line"))
        words = f"{owner.email}:{key}"
        session.commit()
    return f"Authorization: Basic {base64.b64encode(words.encode()).decode()}"
