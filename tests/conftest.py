"""What all tests share: both databases, a small desk, cheap password hashes, and the proof by replay after each."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from automation import beforehand
from helpdesk import desk as helpdesk_desk
from helpdesk import passwords
from tests.databases import engine_for, postgres_url, sqlite_url
from tests.desks import Desk, find_desk, open_desk, open_session


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> None:
    """argon2 takes 140 ms a hash on purpose; tests have better things to wait for."""
    passwords.use(passwords.CHEAP)


@pytest.fixture(autouse=True)
def connected_machines() -> None:
    """What is due is played before anybody acts, as `wsgi` sets it up."""
    helpdesk_desk.connect_machines(beforehand)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[URL]:
    """A fresh, migrated database; the test runs once on each kind."""
    furnished = "desk" in request.fixturenames
    on_sqlite = request.param == "sqlite"
    with sqlite_url(tmp_path, furnished=furnished) if on_sqlite else postgres_url(furnished=furnished) as url:
        yield url


@pytest.fixture
def engine(database_url: URL) -> Iterator[Engine]:
    """An engine on the test's database."""
    engine = engine_for(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def desk(engine: Engine) -> Iterator[Desk]:
    """A desk with its people; when the test is done, its log must rebuild it."""
    session = open_session(engine)
    desk = find_desk(session) or open_desk(session)
    yield desk
    session.rollback()
    report = desk.replay()
    session.close()
    assert report.agrees, report.differences
