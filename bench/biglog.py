"""A log of millions of events over a year, made by the database itself, and kept for the next run.

What is in it is the same on both databases: numbers are turned into times, members, types and objects by arithmetic.
Guards and indexes are taken off while it is filled, and put back as they were.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, func, select
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from audit.action import begin, enter
from audit.base import to_microseconds
from audit.clock import set_clock
from audit.log import event_head, event_table
from audit.sessions import AuditedSession, prepare
from bench.desks import Database
from helpdesk import migrations
from tests.databases import owner_url, postgres_url
from tests.desks import open_desk

#: How long the log is, and when it ends: today, so that "the last 7 days" are its last week.
YEAR: Final = timedelta(days=365)
MEMBERS: Final = 40
#: Shares of a hundred events; `ticket-message-created` is API-only.
TYPES: Final = {
    "ticket-updated": 36,
    "ticket-message-created": 18,
    "ticket-closed": 9,
    "ticket-created": 8,
    "ticket-tags-added": 8,
    "ticket-assigned": 7,
    "ticket-reopened": 4,
    "customer-created": 3,
    "ticket-snoozed": 3,
    "ticket-self-unsnoozed": 2,
    "user-logged-in": 1,
    "ticket-trashed": 1,
}


@dataclass(frozen=True)
class BigLog:
    """A database with one desk and its long log."""

    url: str
    engine: Engine
    account_id: int
    events: int
    end: datetime  #: when the last of them happened

    def session(self) -> Session:
        """A session as the application has it."""
        return AuditedSession(bind=self.engine)


@contextmanager
def a_big_log(database: Database, events: int) -> Iterator[BigLog]:
    """The log of so many events: from the folder of made ones, or made now. PostgreSQL's is made for each run."""
    if database == "PostgreSQL":
        with postgres_url() as url:
            yield from _opened(url, events)
        return
    yield from _opened(_kept(events), events)


def _opened(url: URL, events: int) -> Iterator[BigLog]:
    engine = create_engine(url)
    prepare(engine)
    with AuditedSession(bind=engine) as session:
        enter(session, None)
        account_id = session.execute(select(event_head.c.account_id)).scalar()
        if account_id is None:
            account_id = open_desk(session, "bench").account_id
            session.rollback()
            _fill(engine, account_id, events)
        # The desk's time goes on where the log ends, whenever it was made: its last week is "the last 7 days".
        end = session.execute(select(event_head.c.last_datetime)).scalar_one()
        begin(session, account_id, source="cli")
        set_clock(session, account_id, desk=end, rate=1)
        session.commit()
        count = session.execute(select(func.count()).select_from(event_table)).scalar_one()
    yield BigLog(url.render_as_string(hide_password=False), engine, account_id, count, end)
    engine.dispose()


def _kept(events: int) -> URL:
    """A file per size and shape of the tables, outside the tree: BENCH_CACHE, or the system's temporary folder."""
    folder = Path(os.environ.get("BENCH_CACHE", Path(tempfile.gettempdir()) / "desk-bench"))
    folder.mkdir(parents=True, exist_ok=True)
    shape = hashlib.sha256(repr((sorted(TYPES.items()), _shape())).encode()).hexdigest()[:12]
    path = folder / f"log-{events}-{shape}.db"
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url)
    prepare(engine)
    migrations.upgrade(engine)
    engine.dispose()
    return url


def _shape() -> list[str]:
    return sorted([*(column.name for column in event_table.c), *(str(index.name) for index in event_table.indexes)])


def _fill(engine: Engine, account_id: int, events: int) -> None:
    end = to_microseconds(datetime.now(UTC))
    step = int(YEAR.total_seconds() * 1_000_000) // events
    is_sqlite = engine.dialect.name == "sqlite"
    owner = engine if is_sqlite else create_engine(owner_url(engine.url), isolation_level="AUTOCOMMIT")
    statement = _statement(account_id, events, end - events * step, step, is_sqlite=is_sqlite)
    with owner.connect() as connection:
        (_fill_sqlite if is_sqlite else _fill_postgres)(connection, statement, account_id)


def _fill_sqlite(connection: Connection, statement: str, account_id: int) -> None:
    raw = connection.connection.driver_connection
    assert raw is not None
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000"):
        raw.execute(f"PRAGMA {pragma}")
    off = raw.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE tbl_name IN ('event', 'event_head')"
        " AND type IN ('trigger', 'index') AND sql IS NOT NULL ORDER BY type"
    ).fetchall()
    for kind, name, _ in off:
        raw.execute(f"DROP {kind} {name}")
    raw.execute("BEGIN")
    raw.execute("DELETE FROM event")
    raw.execute(statement)
    raw.execute(
        "UPDATE event_head SET (last_id, last_datetime) ="
        " (SELECT id, created_datetime FROM event ORDER BY id DESC LIMIT 1) WHERE account_id = ?",
        (account_id,),
    )
    raw.execute("COMMIT")
    for _, _, sql in off:
        raw.execute(sql)
    raw.execute("ANALYZE")
    raw.execute("PRAGMA journal_mode=WAL")


def _fill_postgres(connection: Connection, statement: str, account_id: int) -> None:
    run = connection.exec_driver_sql
    run("ALTER TABLE event DISABLE TRIGGER USER")
    run("ALTER TABLE event NO FORCE ROW LEVEL SECURITY")
    indexes = [
        (row[0], row[1])
        for row in run(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'event' AND indexname LIKE 'ix_%%'"
        )
    ]
    for name, _ in indexes:
        run(f"DROP INDEX {name}")
    run("DELETE FROM event")
    run(statement)
    for _, definition in indexes:
        run(definition)
    run("ALTER TABLE event_head DISABLE TRIGGER USER")
    run(
        "UPDATE event_head SET (last_id, last_datetime) ="
        f" (SELECT id, created_datetime FROM event ORDER BY id DESC LIMIT 1) WHERE account_id = {account_id}"
    )
    run("SELECT setval('event_id_seq', (SELECT max(id) FROM event))")
    for table in ("event", "event_head"):
        run(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    run("ALTER TABLE event FORCE ROW LEVEL SECURITY")
    run("VACUUM ANALYZE event")


def _statement(account_id: int, events: int, start: int, step: int, *, is_sqlite: bool) -> str:
    """INSERT … SELECT: each event from its number alone."""
    numbers = (
        f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {events})"
        if is_sqlite
        else f"WITH numbers AS (SELECT n::bigint FROM generate_series(1, {events}) AS n)"
    )
    moment = f"{start} + n * {step}"
    at = moment if is_sqlite else f"timestamptz 'epoch' + ({moment}) * interval '1 microsecond'"
    context = "printf('%032x', n / 3)" if is_sqlite else "lpad(to_hex(n / 3), 32, '0')::uuid"
    json = "" if is_sqlite else "::json"
    return f"""
        INSERT INTO event (id, account_id, type, object_type, object_id, object_label, user_id, actor_kind, actor_id,
            actor_name, source, context, created_datetime, recorded_datetime, changes)
        {numbers},
        drawn AS (SELECT n, (n * 2654435761) % 4294967296 / 65536 % 100 AS lot,
                         (n * 40503) % 65536 % 100 AS chance, (n * 7919) % 65536 % {MEMBERS} + 1 AS member
                  FROM numbers),
        told AS (SELECT n, {_by_lot()} AS type, n / 16 + 1 AS object_id, chance,
                        CASE WHEN chance < 65 THEN member END AS user_id FROM drawn)
        SELECT n, {account_id}, type,
            CASE WHEN type LIKE 'customer%' THEN 'Customer' WHEN type LIKE 'user%' THEN 'User'
                 WHEN type LIKE 'ticket-message%' THEN 'TicketMessage' ELSE 'Ticket' END,
            object_id, 'Where is order ' || (object_id * 37 % 100000) || '?', user_id,
            CASE WHEN user_id IS NOT NULL THEN 'user' WHEN chance < 80 THEN 'rule' WHEN chance < 95 THEN 'customer'
                 ELSE 'schedule' END,
            CASE WHEN user_id IS NOT NULL THEN user_id WHEN chance < 80 THEN n % 7 + 1
                 WHEN chance < 95 THEN object_id END,
            CASE WHEN user_id IS NOT NULL THEN 'Member ' || user_id WHEN chance < 80 THEN 'Rule ' || (n % 7 + 1)
                 WHEN chance < 95 THEN 'Customer ' || object_id ELSE 'snooze timer' END,
            CASE WHEN user_id IS NOT NULL THEN 'web' WHEN chance < 80 THEN 'automation' ELSE 'email' END,
            {context}, {at}, {at},
            ('{{"Ticket:' || object_id || '":{{"status":["open","closed"],"row_version":[' || (n % 9) || ','
             || (n % 9 + 1) || ']}}}}'){json}
        FROM told
        """.replace("%", "%" if is_sqlite else "%%")


def _by_lot() -> str:
    upto, whens = 0, []
    for name, share in TYPES.items():
        upto += share
        whens.append(f"WHEN lot < {upto} THEN '{name}'")
    return f"CASE {' '.join(whens)} END"
