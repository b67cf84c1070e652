"""PostgreSQL keeps accounts apart by itself: what the application's role sees, may write, and can't undo."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Engine

from audit.base import Base
from tests.desks import Desk, open_desk, open_session
from tests.outside import REFUSED, Run, as_application, outside, postgres_only

pytestmark = postgres_only

#: Every table that holds rows of accounts: all but these.
WITHOUT_ACCOUNT = {"alembic_version", "log_state"}
TABLES = sorted(Base.metadata.tables.keys() - WITHOUT_ACCOUNT)

FORBIDDEN = (psycopg.errors.InsufficientPrivilege, *REFUSED)


@pytest.fixture
def desks(engine: Engine) -> Iterator[tuple[Desk, Desk]]:
    """Two accounts of one installation, each with a ticket."""
    session = open_session(engine)
    pair = open_desk(session, "demo"), open_desk(session, "other")
    for desk in pair:
        desk.a_ticket()
    session.rollback()
    yield pair
    session.close()


@pytest.fixture
def owner(engine: Engine) -> Iterator[Run]:
    """Raw SQL as the owner of the tables."""
    with outside(engine.url) as run:
        yield run


@pytest.fixture
def app(engine: Engine) -> Iterator[Run]:
    """Raw SQL with the application's own role."""
    with as_application(engine.url) as run:
        yield run


def enter(app: Run, account_id: int | None) -> None:
    """What a session tells the database."""
    app("SELECT set_config('desk.account', ?, false)", "all" if account_id is None else str(account_id))


def test_every_table_with_an_account_is_guarded(desks: tuple[Desk, Desk], owner: Run) -> None:
    guarded = owner(
        "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity AND relkind = 'r' ORDER BY relname"
    )
    assert [name for (name,) in guarded] == sorted(TABLES)
    unguarded = owner(
        "SELECT relname FROM pg_class"
        " WHERE relkind = 'r' AND NOT relrowsecurity AND relnamespace = 'public'::regnamespace"
    )
    assert {name for (name,) in unguarded} == WITHOUT_ACCOUNT


def test_raw_sql_sees_one_account_only(desks: tuple[Desk, Desk], app: Run) -> None:
    for table in TABLES:
        column = "id" if table == "account" else "account_id"
        enter(app, None)
        everything = app(f'SELECT {column}, count(*) FROM "{table}" GROUP BY 1 ORDER BY 1')
        for desk in desks:
            enter(app, desk.account_id)
            seen = app(f'SELECT {column}, count(*) FROM "{table}" GROUP BY 1')
            assert seen == [line for line in everything if line[0] == desk.account_id], table


def test_who_has_entered_nothing_sees_nothing(desks: tuple[Desk, Desk], app: Run) -> None:
    for table in TABLES:
        assert app(f'SELECT count(*) FROM "{table}"') == [(0,)]
    for odd in ("", "0", "-1", "1 OR true", "ALL", "null"):
        app("SELECT set_config('desk.account', ?, false)", odd)
        assert app("SELECT count(*) FROM ticket") == [(0,)]


def test_nothing_can_be_written_into_another_account(desks: tuple[Desk, Desk], app: Run) -> None:
    demo, other = desks
    enter(app, demo.account_id)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        app("INSERT INTO tag (account_id, name, created_datetime) VALUES (?, 'planted', now())", other.account_id)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        app("UPDATE ticket SET account_id = ?", other.account_id)
    app("UPDATE ticket SET subject = 'mine' WHERE account_id = ?", other.account_id)
    app("DELETE FROM ticket_message WHERE account_id = ?", other.account_id)
    enter(app, other.account_id)
    assert app("SELECT count(*) FROM ticket WHERE subject = 'mine'") == [(0,)]
    assert app("SELECT count(*) FROM ticket_message") == [(2,)]


def test_no_event_can_be_written_for_another_account(desks: tuple[Desk, Desk], app: Run) -> None:
    demo, other = desks
    enter(app, demo.account_id)
    columns = "type, object_type, object_id, object_label, actor_kind, actor_name, source, context"
    more = "created_datetime, recorded_datetime"
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        app(
            f"INSERT INTO event (id, account_id, {columns}, {more})"
            f" SELECT nextval('event_id_seq'), ?, {columns}, {more} FROM event LIMIT 1",
            other.account_id,
        )


#: What would undo the protection of the log.
UNDOING = [
    "ALTER TABLE ticket DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE event NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY account_only ON ticket",
    "CREATE POLICY mine ON ticket USING (true)",
    "ALTER TABLE event DISABLE TRIGGER ALL",
    "DROP TRIGGER event_no_change ON event",
    "CREATE OR REPLACE FUNCTION log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "SET session_replication_role = replica",
    "SET ROLE postgres",
    "TRUNCATE event",
    "TRUNCATE ticket CASCADE",
    "UPDATE event SET type = 'ticket-closed'",
    "DELETE FROM event",
    "UPDATE stored_text SET content = ''",
    "DELETE FROM stored_text",
    "DELETE FROM event_head",
    "UPDATE event_head SET last_id = 0",
    "SELECT setval('event_id_seq', 1)",
    "DROP TABLE event",
    "ALTER ROLE helpdesk_app SUPERUSER",
    "CREATE TABLE mine (id integer)",
]


def test_the_application_can_not_undo_what_protects_the_log(desks: tuple[Desk, Desk], app: Run) -> None:
    enter(app, None)
    for statement in UNDOING:
        with pytest.raises(FORBIDDEN):
            app(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_state SET digest_key = 'mine'",
        "DELETE FROM log_state",
        "UPDATE alembic_version SET version_num = 'mine'",
    ],
)
def test_the_application_only_reads_the_installations_own_rows(
    desks: tuple[Desk, Desk], app: Run, statement: str
) -> None:
    enter(app, None)
    with pytest.raises(FORBIDDEN):
        app(statement)


def test_the_application_owns_nothing_and_is_nobody_special(desks: tuple[Desk, Desk], app: Run) -> None:
    assert app(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    ) == [(False, False, False, False)]
    assert app("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole") == [(0,)]
    assert app("SELECT count(*) FROM pg_proc WHERE proowner = current_user::regrole") == [(0,)]
