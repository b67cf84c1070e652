"""The application on a small desk in SQLite, and browsers without scripts in which somebody is logged in."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.engine import URL

from audit.db import db
from helpdesk import config as settings
from tests.databases import sqlite_url
from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser
from wsgi import create_app


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[URL]:
    """Pages are the same on both databases: SQLite will do."""
    with sqlite_url(tmp_path, furnished=True) as url:
        yield url


@pytest.fixture(autouse=True)
def own_instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test looks into the checkout's own data."""
    monkeypatch.setenv("HELPDESK_INSTANCE", str(tmp_path))


@pytest.fixture
def app(desk: Desk, database_url: URL) -> Iterator[Flask]:
    """The application; forms need no token, except where a test switches that on."""
    config = replace(
        settings.from_environment({}),
        database_url=database_url.render_as_string(),
        secret_key="only for tests",
        trusted_hosts=("localhost",),
    )
    app = create_app(config)
    app.config.update(WTF_CSRF_ENABLED=False)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def stranger(app: Flask) -> Browser:
    """Somebody who is not logged in."""
    return Browser(app.test_client())


@pytest.fixture
def enter(app: Flask) -> Callable[[str], Browser]:
    """A browser in which the team member with this address is logged in."""

    def enter(email: str) -> Browser:
        browser = Browser(app.test_client())
        assert browser.log_in(email).status_code == 303
        return browser

    return enter


@pytest.fixture
def client(enter: Callable[[str], Browser]) -> Browser:
    """Olive, the owner, who may do everything."""
    return enter("owner@demo.example")
