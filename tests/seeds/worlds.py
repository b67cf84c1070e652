"""Demo worlds for tests: what was written, as far as the same seed must write the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from audit.log import event_table
from seeds import world
from tests.databases import engine_for, sqlite_url
from tests.desks import open_session

#: When the worlds of tests end: a Friday afternoon.
FRIDAY: Final = datetime(2026, 3, 20, 15, 37, tzinfo=UTC)


def small_world(session: Session, seed: int = 1) -> int:
    """Three days with forty tickets; answers the account's number."""
    return world.seed(session, seed=seed, until=FRIDAY, days=3, tickets=40).id


def events_of(session: Session) -> list[Row[Any]]:
    """All events, in order."""
    session.rollback()
    return list(session.execute(select(event_table).order_by(event_table.c.id)))


def what_happened(session: Session) -> list[tuple[Any, ...]]:
    """The log without what differs from one telling to the next: wall time, and digests of salted secrets."""
    return [
        (
            event.id, event.type, event.object_type, event.object_id, event.object_label, event.actor_kind,
            event.actor_name, event.user_id, event.source, event.context, event.created_datetime, repr(event.data),
        )
        for event in events_of(session)
    ]  # fmt: skip


@contextmanager
def empty_desk(folder: Path) -> Iterator[Session]:
    """A session on a migrated SQLite database with nothing in it."""
    folder.mkdir(exist_ok=True)
    with sqlite_url(folder) as url:
        engine: Engine = engine_for(url)
        with open_session(engine) as session:
            yield session
        engine.dispose()
