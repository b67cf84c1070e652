"""Fills a log with millions of events over a year: the database itself makes them, from their numbers alone.

What is in it is the same on both databases: numbers are turned into times, members, types and objects by arithmetic.
Guards and indexes are taken off while it is filled, and put back as they were.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, create_engine

from audit.base import to_microseconds
from tests.databases import owner_url

#: How long the log is, and when it ends: today, so that "the last 7 days" are its last week.
YEAR: Final = timedelta(days=365)
MEMBERS: Final = 40
#: So many events in a row are on things of one number.
TRAIL: Final = 16
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


def fill(engine: Engine, account_id: int, events: int) -> None:
    """Put so many events into the log of an account, the last of them now, instead of what was in it."""
    end = to_microseconds(datetime.now(UTC))
    step = int(YEAR.total_seconds() * 1_000_000) // events
    is_sqlite = engine.dialect.name == "sqlite"
    owner = engine if is_sqlite else create_engine(owner_url(engine.url), isolation_level="AUTOCOMMIT")
    statement = _statement(account_id, events, end - events * step, step, is_sqlite=is_sqlite)
    with owner.connect() as connection:
        (_fill_sqlite if is_sqlite else _fill_postgres)(connection, statement, account_id)
    owner.dispose()


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
        told AS (SELECT n, {_by_lot()} AS type, n / {TRAIL} + 1 AS object_id, chance,
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
