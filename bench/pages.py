"""Pages: what each page of the demo world costs the server, beside a page with nothing on it.

Counted is the processor's time, so that whatever else the machine does changes little; PostgreSQL's own is not in it.
"""

import logging
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from flask import Flask, render_template_string
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.clock import wall_now
from audit.db import db
from bench.desks import DATABASES, Database, a_database
from bench.results import Result, Wrong
from bench.sizes import Sizes
from helpdesk import config as settings
from helpdesk import integrations
from helpdesk.models import Account, Integration
from helpdesk.web import logins
from seeds import world
from seeds.office import DEMO_PASSWORD
from tests.databases import engine_for
from tests.desks import open_session
from tests.helpdesk.web.everywhere import Route, how_asked, routes, things_of
from wsgi import create_app

#: Seconds of the processor that 95 of 100 calls of any page may take at the server.
GOAL: Final = 0.05
#: The slowest pages are told, the rest is faster.
SHOWN: Final = 6


def measure(sizes: Sizes, wrong: Wrong) -> Iterator[Result]:
    """Every page that the owner can open, in turns, so that all share the weather."""
    for database in DATABASES:
        with _site(database, sizes) as (app, client, things):
            _log_in(app, client)
            taken = _visit(client, dict(_asked(app, client, things)), sizes, wrong)
        yield from _results(database, taken)


def _results(database: Database, taken: dict[str, list[float]]) -> Iterator[Result]:
    floor, count = statistics.median(taken.pop("floor")), len(taken)
    late = {name: _late(seconds) for name, seconds in taken.items()}
    for name in sorted(late, key=late.__getitem__, reverse=True)[:SHOWN]:
        yield Result(
            name=f"page {name}: 95 of 100 calls",
            database=database,
            rows=f"one of the {SHOWN} dearest of {count}; {len(taken[name])} calls, the median"
            f" {statistics.median(taken[name]) / floor:.1f} × an empty page",
            measured=[late[name]],
            unit="ms",
            goal=GOAL,
            at_most=True,
        )


def _late(seconds: list[float]) -> float:
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, round(len(ordered) * 0.95))]


@contextmanager
def _site(database: Database, sizes: Sizes) -> Iterator[tuple[Flask, FlaskClient, dict[str, Any]]]:
    with a_database(database) as url:
        engine = engine_for(url)
        with open_session(engine) as session:
            account = world.seed(session, until=wall_now(), days=sizes.demo_days, tickets=sizes.demo_tickets)
            things = {**things_of(session, account.id), **_keys(session, account.id)}
        engine.dispose()
        config = replace(
            settings.from_environment({}),
            database_url=url.render_as_string(hide_password=False),
            secret_key="only for benchmarks",
            trusted_hosts=("localhost",),
        )
        app = create_app(config)
        app.add_url_rule("/floor", "floor", logins.public(_floor))
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        client = app.test_client()
        yield app, client, things
        with app.app_context():
            db.engine.dispose()


def _keys(session: Session, account_id: int) -> dict[str, str | None]:
    found = session.scalars(select(Integration).where(Integration.account_id == account_id)).all()
    areas = {"chat": "chatroom key", "shop": "storefront key"}
    return {areas[each.type]: integrations.public_key(each) for each in found if each.type in areas}


def _floor() -> str:
    """A page as everybody could write it: one statement, one line."""
    name = db.session.scalar(select(Account.name).limit(1))
    return render_template_string("<!DOCTYPE html><title>{{ name }}</title>", name=name)


def _asked(app: Flask, client: FlaskClient, things: dict[str, Any]) -> Iterator[tuple[str, tuple[str, dict[str, str]]]]:
    """Every page that answers, and how it is asked; those under a secret link are asked under those that there are."""
    yield "floor", ("/floor", {})
    for route in routes():
        known = {**things, **_secrets(route, things)}
        if route.method == "GET" and all(known.get(name) is not None for name in route.arguments):
            asked = how_asked(app, client, route, known)
            if client.get(asked[0], headers=asked[1]).status_code == 200:
                yield route.endpoint, asked


def _secrets(route: Route, things: dict[str, Any]) -> dict[str, Any]:
    """The public keys of shop and chat stand in their addresses by one name."""
    area = route.endpoint.partition(".")[0]
    return {"key": things.get(f"{area} key")} if area in ("chatroom", "storefront") else {}


def _visit(
    client: FlaskClient, asked: dict[str, tuple[str, dict[str, str]]], sizes: Sizes, wrong: Wrong
) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in asked}
    for turn in range(sizes.visits + 1):
        for name, (path, headers) in asked.items():
            started = time.process_time()
            response = client.get(path, headers=headers)
            seconds = time.process_time() - started
            wrong.unless(response.status_code < 500, f"{path} answered {response.status_code}")
            if turn:  # the first visit compiles templates and statements
                taken[name].append(seconds)
    return taken


def _log_in(app: Flask, client: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    response = client.post("/login", data={"email": "owner@demo.example", "password": DEMO_PASSWORD})
    assert response.status_code == 303, response.status_code
