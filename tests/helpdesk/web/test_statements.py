"""No page asks the database more than a dozen questions, however full the desk is."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import enter
from audit.actors import Actor
from audit.clock import desk_now
from audit.db import db
from helpdesk import config as settings
from helpdesk import desk, jobs, rules, tags
from helpdesk.models import Account, Integration, Ticket, User
from seeds import drill_runs, lesson_runs
from seeds.drills import load_drills
from seeds.lessons import load_lessons
from seeds.office import DEMO_PASSWORD
from seeds.playing import newest
from tests.databases import engine_for, sqlite_url
from tests.desks import open_session
from tests.helpdesk.web.browsers import Browser, statements
from tests.helpdesk.web.everywhere import RULE, Route, a_call, how_asked, routes, teach, things_of
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
            learnt = {**_learn(session, account_id, owner.id), **teach(session, account_id, owner.id)}
            things = {**things_of(session, account_id), **learnt}
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


def _learn(session: Session, account_id: int, user_id: int) -> dict[str, Any]:
    """A lesson with a step taken, and a drill; answers a line of each."""
    drill, lesson = load_drills()["gone"], load_lessons()["a-day"]
    number = drill_runs.begin(session, account_id, user_id, drill)
    result = drill_runs.find(session, account_id, user_id, number)
    lesson_runs.begin(session, user_id, lesson)
    run = lesson_runs.current(session, user_id, lesson)
    assert result is not None
    assert run is not None
    clue = result.played["upto"]
    lesson_runs.take(session, run, lesson, 0, ["ticket-created"])
    line = newest(session, run.account_id)
    enter(session, account_id)
    return {"clue_id": clue, "line_id": line}


@pytest.mark.parametrize("route", PAGES, ids=str)
def test_a_page_asks_a_dozen_questions_at_most(world: tuple[Flask, Browser, dict[str, Any]], route: Route) -> None:
    app, browser, things = world
    path, headers = how_asked(app, browser.client, route, things)  # read marks and the like are written at this visit
    with statements(app) as sent:
        response = browser.get(path, headers=headers)
    assert response.status_code in ({200, 204, 303})
    assert len(sent) <= MOST, sent
