"""A log of millions of events over a year, made once and kept for the next run; `bench.filling` knows its content."""

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from audit.action import begin, enter
from audit.clock import set_clock
from audit.log import event_head, event_table
from audit.sessions import AuditedSession, prepare
from bench.desks import Database
from bench.filling import TRAIL, TYPES, fill
from bench.keeping import begin_postgres, folder, keep_postgres, kept_postgres
from helpdesk import migrations
from tests.databases import APP_ROLE, owner_url
from tests.desks import open_desk


@dataclass(frozen=True)
class BigLog:
    """A database with one desk and its long log."""

    url: str
    engine: Engine
    account_id: int
    events: int
    end: datetime  #: when the last of them happened
    ticket: int  #: one of the newest whose trail is whole, whatever was written after the log was made

    def session(self) -> Session:
        """A session as the application has it."""
        return AuditedSession(bind=self.engine)


@contextmanager
def a_big_log(database: Database, events: int) -> Iterator[BigLog]:
    """The log of so many events: one that was made before, or made now."""
    name = f"log_{events}_{_shape()}"
    url = _in_postgres(name, events) if database == "PostgreSQL" else _in_a_file(name, events)
    engine = create_engine(url)
    prepare(engine)
    with AuditedSession(bind=engine) as session:
        enter(session, None)
        account_id, end = session.execute(select(event_head.c.account_id, event_head.c.last_datetime)).one()
        # The desk's time goes on where the log ends, whenever it was made: its last week is "the last 7 days".
        begin(session, account_id, source="cli")
        set_clock(session, account_id, desk=end, rate=1)
        session.commit()
        count = session.execute(select(func.count()).select_from(event_table)).scalar_one()
    yield BigLog(url.render_as_string(hide_password=False), engine, account_id, count, end, events // TRAIL)
    engine.dispose()


def _in_a_file(name: str, events: int) -> URL:
    made, path = folder() / f"{name}.part", folder() / f"{name}.db"
    if not path.exists():
        for left in folder().glob(f"{made.name}*"):  # by a run that was ended
            left.unlink()
        _make(URL.create("sqlite", database=str(made)), events)
        made.rename(path)
    url = URL.create("sqlite", database=str(path))
    _bring_up_to_date(url)
    return url


def _in_postgres(name: str, events: int) -> URL:
    url = kept_postgres(name)
    if url is None:
        _make(begin_postgres(name), events)
        url = keep_postgres(name)
    _bring_up_to_date(owner_url(url))
    return url


def _make(url: URL, events: int) -> None:
    print(f"making {events:,} events, once …", file=sys.stderr, flush=True)
    _bring_up_to_date(url)
    engine = create_engine(url)
    prepare(engine)
    with AuditedSession(bind=engine) as session:
        account_id = open_desk(session, "bench").account_id
    fill(engine, account_id, events)
    engine.dispose()


def _bring_up_to_date(url: URL) -> None:
    engine = create_engine(url)
    prepare(engine)
    migrations.upgrade(engine, APP_ROLE if engine.dialect.name == "postgresql" else None)
    engine.dispose()


def _shape() -> str:
    columns = [*(column.name for column in event_table.c), *(str(index.name) for index in event_table.indexes)]
    return hashlib.sha256(repr((sorted(TYPES.items()), sorted(columns))).encode()).hexdigest()[:12]
