"""Desks that tests may harm."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.desks import Desk, open_desk, open_session
from tests.outside import Run, outside


@pytest.fixture
def victim(engine: Engine) -> Iterator[Desk]:
    """A desk that the test will tamper with: nobody asks afterwards whether its log agrees."""
    session = open_session(engine)
    yield open_desk(session)
    session.close()


@pytest.fixture
def run(engine: Engine) -> Iterator[Run]:
    """Statements from outside, past all guards of ours."""
    with outside(engine.url) as run:
        yield run
