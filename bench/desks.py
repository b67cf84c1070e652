"""Desks to measure on, in databases that are thrown away: real ones, made by verbs."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from audit.action import begin
from audit.actors import Actor
from audit.clock import set_clock
from audit.ledger import seal
from audit.sessions import AuditedSession
from helpdesk import tickets
from helpdesk.models import Account, Customer
from tests.databases import engine_for, owner_url, postgres_url, sqlite_url
from tests.desks import open_desk

Database = Literal["SQLite", "PostgreSQL"]
DATABASES: Final[tuple[Database, ...]] = ("SQLite", "PostgreSQL")

#: Tickets opened in one transaction while a desk is made.
BATCH: Final = 500


@dataclass(frozen=True)
class Place:
    """A database with one desk in it."""

    url: str
    engine: Engine
    account_id: int
    carol_id: int
    ana: Actor
    tickets: list[int]

    def session(self) -> Session:
        """A session as the application has it."""
        return AuditedSession(bind=self.engine)

    def owner_engine(self) -> Engine:
        """PostgreSQL as its owner, who may do what the application may not."""
        return create_engine(owner_url(self.engine.url), isolation_level="AUTOCOMMIT")


@contextmanager
def a_desk(database: Database, count: int) -> Iterator[Place]:
    """A desk with so many open tickets, whose clock runs as the wall's."""
    with a_database(database) as url:
        engine = engine_for(url)
        try:
            place = _furnish(url.render_as_string(hide_password=False), engine, count)
            settle(place)
            yield place
        finally:
            engine.dispose()


@contextmanager
def a_database(database: Database) -> Iterator[URL]:
    """A migrated database that is thrown away."""
    if database == "PostgreSQL":
        with postgres_url() as url:
            yield url
        return
    with tempfile.TemporaryDirectory(prefix="desk-bench-") as folder, sqlite_url(Path(folder)) as url:
        yield url


def settle(place: Place) -> None:
    """Let the database take stock, so that no round pays for the making of the desk."""
    if place.engine.dialect.name == "sqlite":
        with place.engine.connect() as connection:
            connection.commit()
            connection.exec_driver_sql("ANALYZE")
            connection.commit()
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    owner = place.owner_engine()
    with owner.connect() as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
        connection.execute(text("CHECKPOINT"))
    owner.dispose()


def _furnish(url: str, engine: Engine, count: int) -> Place:
    with AuditedSession(bind=engine) as session:
        desk = open_desk(session, "bench")
        carol_id = desk.carol_id
        begin(session, desk.account_id, source="cli")
        set_clock(session, desk.account_id, desk=datetime.now(UTC), rate=1)
        session.commit()
        numbers: list[int] = []
        while len(numbers) < count:
            numbers += _open_some(session, desk.account_id, carol_id, len(numbers), min(BATCH, count - len(numbers)))
        return Place(url, engine, desk.account_id, carol_id, desk.by_ana, numbers)


def _open_some(session: Session, account_id: int, carol_id: int, first: int, count: int) -> list[int]:
    made = []
    for number in range(first, first + count):
        begin(session, account_id, source="email")
        account, carol = session.get_one(Account, account_id), session.get_one(Customer, carol_id)
        opening = tickets.Opening(customer=carol, subject=f"Where is order {number}?", via="email")
        made.append(tickets.create(account, opening, by=Actor("customer", carol_id, "Carol Diaz")).id)
        seal(session)
    session.commit()
    return made
