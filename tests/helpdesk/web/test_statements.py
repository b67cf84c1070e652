"""No page asks the database more than a dozen questions, however full the desk is."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from audit.actors import Actor
from audit.clock import desk_now
from audit.db import db
from helpdesk import config as settings
from helpdesk import desk, jobs, rules, tags
from helpdesk.models import Account, Integration, Ticket, User
from seeds.office import DEMO_PASSWORD
from tests.databases import engine_for, sqlite_url
from tests.desks import open_session
from tests.helpdesk.web.browsers import Browser, statements
from tests.helpdesk.web.everywhere import RULE, Route, a_call, how_asked, routes, things_of
from tests.seeds.worlds import small_world
from wsgi import create_app

MOST = 12

#: A stream has no end, a mail is not in the database, a card asks another system, and no program asks for anything.
NO_PAGES = {"audit.live", "cards.load", "mailtrap.show", "oauth.authorize"}
PAGES = [
    route
    for route in routes()
    if route.method == "GET" and route.endpoint not in NO_PAGES and not {"token", "key"} & set(route.arguments)
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Browser, dict[str, Any]]]:
    """A small demo world, and the owner's browser."""
    folder: Path = tmp_path_factory.mktemp("world")
    patch = pytest.MonkeyPatch()
    patch.setenv("HELPDESK_INSTANCE", str(folder))
    with sqlite_url(folder) as url:
        engine = engine_for(url)
        with open_session(engine) as session:
            account_id = small_world(session)
            with desk.acting(session, account_id, source="cli"):
                jobs.queue(session, account_id, "bulk", {"title": "Close"}, by=Actor.system("command line"))
                owner = session.scalars(select(User).where(User.email == "owner@demo.example")).one()
                # What is asked tag by tag would be seen here.
                newest = session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()
                tags.put_on(newest, ["one", "two", "three", "four"], by=Actor.user(owner))
                # A suggestion is tried on the ticket in which it was made.
                integration_id = session.scalars(select(Integration.id).order_by(Integration.id).limit(1)).one()
                session.add(a_call(account_id, integration_id, desk_now(session, account_id)))
                rules.suggest(session.get_one(Account, account_id), RULE, newest, by=Actor.system("suggestions"))
            things = things_of(session, account_id)
        engine.dispose()
        config = replace(
            settings.from_environment({}),
            database_url=url.render_as_string(),
            secret_key="only for tests",
            trusted_hosts=("localhost",),
        )
        app = create_app(config)
        app.config.update(WTF_CSRF_ENABLED=False)
        browser = Browser(app.test_client())
        assert browser.log_in("owner@demo.example", DEMO_PASSWORD).status_code == 303
        yield app, browser, things
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    patch.undo()


@pytest.mark.parametrize("route", PAGES, ids=str)
def test_a_page_asks_a_dozen_questions_at_most(world: tuple[Flask, Browser, dict[str, Any]], route: Route) -> None:
    app, browser, things = world
    path, headers = how_asked(app, browser.client, route, things)  # read marks and the like are written at this visit
    with statements(app) as sent:
        response = browser.get(path, headers=headers)
    assert response.status_code in ({200, 204, 303})
    assert len(sent) <= MOST, sent
