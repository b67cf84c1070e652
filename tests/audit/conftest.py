"""Desks that tests may harm."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from audit import live
from tests.audit.site import browser
from tests.desks import Desk, find_desk, open_desk, open_session
from tests.outside import Run, outside
from tests.sites import open_site


@pytest.fixture
def victim(engine: Engine) -> Iterator[Desk]:
    """A desk that the test will tamper with: nobody asks afterwards whether its log agrees."""
    session = open_session(engine)
    yield find_desk(session) or open_desk(session)
    session.close()


@pytest.fixture
def run(engine: Engine) -> Iterator[Run]:
    """Statements from outside, past all guards of ours."""
    with outside(engine.url) as run:
        yield run


@pytest.fixture
def site(database_url: URL, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application on the desk's database; the hearts of its streams beat fast."""
    monkeypatch.setattr(live, "HEARTBEAT", 0.3)
    with open_site(database_url) as app:
        yield app


@pytest.fixture
def ada(site: Flask) -> FlaskClient:
    """The admin's browser."""
    return browser(site)
