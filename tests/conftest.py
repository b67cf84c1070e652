"""What all tests share: both databases, a small desk, cheap password hashes, and the proof by replay after each."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from automation import beforehand
from helpdesk import desk as helpdesk_desk
from helpdesk import outgoing, passwords
from tests.databases import fresh_postgres, fresh_sqlite, shared_engine
from tests.desks import Desk, find_desk, open_desk, open_session

#: What takes long file by file comes first, so that no worker is left alone with it at the end.
LONGEST_FIRST = ("seeds/test_world.py", "automation", "browser", "seeds")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files for the workers, who take them one by one."""
    here = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(here).as_posix()
        return next((at for at, start in enumerate(LONGEST_FIRST) if path.startswith(start)), len(LONGEST_FIRST))

    items.sort(key=place)


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> None:
    """argon2 takes 140 ms a hash on purpose; tests have better things to wait for."""
    passwords.use(passwords.CHEAP)


@pytest.fixture(autouse=True)
def connected_machines() -> None:
    """What is due is played before anybody acts, as `wsgi` sets it up; calls go only where the public may go."""
    helpdesk_desk.connect_machines(beforehand)
    outgoing.use(set())


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> URL:
    """A fresh, migrated database; the test runs once on each kind.

    For newcomers: that is worth its price for what the two could answer differently, such as the order of events, what
    may be written and by whom, who waits for whom, the SQL of lists and searches. Where nothing can differ (pages,
    mails, texts), override this fixture for a folder or a module, as `helpdesk/web/conftest.py` and
    `audit/test_pages.py` do, or put `outside.sqlite_only` on a single test.
    """
    furnished = not {"desk", "victim"}.isdisjoint(request.fixturenames)
    return fresh_sqlite(furnished=furnished) if request.param == "sqlite" else fresh_postgres(furnished=furnished)


@pytest.fixture
def engine(database_url: URL) -> Engine:
    """An engine on the test's database."""
    return shared_engine(database_url)


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
