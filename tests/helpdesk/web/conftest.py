"""The application on a small desk in SQLite, and browsers without scripts in which somebody is logged in."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.engine import URL

from tests.databases import fresh_sqlite
from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser
from tests.sites import open_site


@pytest.fixture
def database_url() -> URL:
    """Pages are the same on both databases: SQLite will do."""
    return fresh_sqlite(furnished=True)


@pytest.fixture(autouse=True)
def own_instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test looks into the checkout's own data."""
    monkeypatch.setenv("HELPDESK_INSTANCE", str(tmp_path))


@pytest.fixture
def app(desk: Desk, database_url: URL) -> Iterator[Flask]:
    """The application; forms need no token, except where a test switches that on."""
    with open_site(database_url) as app:
        yield app


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
