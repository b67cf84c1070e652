"""The database itself refuses to change what was written, to whoever comes past the house, and says if it can't."""

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import URL, Engine

from audit.base import to_microseconds
from audit.log import LOG_TABLES, LogUnguarded, check_guards, event_table, renew_functions
from helpdesk import migrations
from tests.databases import engine_for, owner_url
from tests.desks import Desk
from tests.outside import REFUSED, Run, postgres_only, sqlite_only

COLUMNS = [column.name for column in event_table.columns]


def copied(**values: str) -> str:
    """The INSERT of the last event once more, with other values where given."""
    chosen = ", ".join(values.get(name, f"event.{name}") for name in COLUMNS)
    return f"INTO event ({', '.join(COLUMNS)}) SELECT {chosen} FROM event ORDER BY event.id DESC LIMIT 1"


CHANGES = [
    "UPDATE event SET type = 'ticket-closed'",
    "UPDATE event SET actor_name = 'Nobody' WHERE id = 1",
    "UPDATE event SET id = id + 1000",
    "DELETE FROM event",
    "DELETE FROM event WHERE id = 1",
    "DELETE FROM event_head",
    "UPDATE event_head SET last_id = 0",
    "UPDATE event_head SET account_id = 77",
]


def test_changing_the_log_from_outside_is_refused(desk: Desk, run: Run) -> None:
    before = run("SELECT * FROM event ORDER BY id")
    for statement in CHANGES:
        with pytest.raises(REFUSED, match=r"append-only|never moves back|never deleted"):
            run(statement)
    assert run("SELECT * FROM event ORDER BY id") == before


@postgres_only
def test_truncating_the_log_from_outside_is_refused(desk: Desk, run: Run) -> None:
    for table in ("event", "event_head", "stored_text"):
        with pytest.raises(REFUSED, match="append-only: TRUNCATE"):
            run(f"TRUNCATE {table}")


def test_an_event_can_be_neither_replaced_nor_put_on_top_of_another(desk: Desk, run: Run) -> None:
    with pytest.raises(REFUSED, match=r"append-only|only grows"):
        run(f"INSERT {copied()} ON CONFLICT (id) DO UPDATE SET type = 'ticket-closed'")
    assert run("SELECT count(*) FROM event WHERE type = 'ticket-closed'") == [(0,)]


@sqlite_only
def test_an_insert_or_something_of_a_written_id_is_refused(desk: Desk, run: Run) -> None:
    for how in ("REPLACE", "IGNORE", "FAIL", "ABORT"):
        with pytest.raises(REFUSED, match="only grows"):
            run(f"INSERT OR {how} {copied()}")


@sqlite_only
def test_not_even_an_insert_or_ignore_leaves_the_head_behind(victim: Desk, run: Run) -> None:
    run(f"INSERT OR IGNORE {copied(id='event.id + 10')}")
    with pytest.raises(REFUSED, match="behind the last id"):
        run(f"INSERT {copied(id='event.id - 5')}")


def test_an_event_behind_the_last_id_is_refused(desk: Desk, run: Run) -> None:
    for number in ("0", "-5", "event.id"):
        with pytest.raises((*REFUSED, psycopg.errors.UniqueViolation)):
            run(f"INSERT {copied(id=number)}")


def test_an_event_behind_the_last_time_is_refused(desk: Desk, run: Run, engine: Engine) -> None:
    earlier = desk.now() - timedelta(microseconds=1)
    value = str(to_microseconds(earlier)) if engine.dialect.name == "sqlite" else f"timestamptz '{earlier.isoformat()}'"
    with pytest.raises(REFUSED, match="behind the last id or time"):
        run(f"INSERT {copied(id='event.id + 1', created_datetime=value)}")


@postgres_only
def test_times_may_not_run_backwards_within_one_statement_either(desk: Desk, run: Run) -> None:
    later = "event.created_datetime + interval '1 hour' - make_interval(secs => step)"
    one = copied(id="event.id + step", created_datetime=later).replace("LIMIT 1", "LIMIT 2")
    with pytest.raises(REFUSED, match="times run backwards"):
        run("INSERT " + one.replace("FROM event", "FROM event, generate_series(1, 2) AS step"))


def test_long_texts_can_be_neither_changed_nor_removed(desk: Desk, run: Run) -> None:
    insert = "INSERT INTO stored_text (account_id, digest, content) VALUES (1, 'a', '{0}')"
    run(insert.format("once"))
    for statement in (
        "UPDATE stored_text SET content = 'another'",
        "DELETE FROM stored_text",
        insert.format("another") + " ON CONFLICT (account_id, digest) DO UPDATE SET content = 'another'",
    ):
        with pytest.raises(REFUSED, match="append-only"):
            run(statement)
    assert run("SELECT content FROM stored_text WHERE digest = 'a'") == [("once",)]


@sqlite_only
def test_replacing_is_no_way_around_either(desk: Desk, run: Run) -> None:
    run("INSERT INTO stored_text (account_id, digest, content) VALUES (1, 'a', 'once')")
    with pytest.raises(REFUSED, match="append-only: REPLACE"):
        run("INSERT OR REPLACE INTO stored_text (account_id, digest, content) VALUES (1, 'a', 'another')")
    with pytest.raises(REFUSED, match="never moves back"):
        run("INSERT OR REPLACE INTO event_head (account_id, last_id, last_datetime) VALUES (1, 0, 0)")


def guards_standing(engine: Engine) -> None:
    """What the server asks at its start."""
    with engine.connect() as connection:
        check_guards(connection)


def dropped(name: str, table: str, engine: Engine) -> str:
    """The statement that takes a trigger away."""
    return f"DROP TRIGGER {name}" + ("" if engine.dialect.name == "sqlite" else f" ON {table}")


def test_a_dropped_trigger_is_noticed_at_the_start_and_after_a_migration(
    victim: Desk, run: Run, engine: Engine
) -> None:
    guards_standing(engine)
    run(dropped("event_in_order", "event", engine))
    with pytest.raises(LogUnguarded, match=r"missing: event_in_order$"):
        guards_standing(engine)
    with pytest.raises(LogUnguarded, match="event_in_order"):
        migrations.upgrade(engine)


def test_every_single_trigger_is_missed(victim: Desk, run: Run, engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        standing = run("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")
    else:
        standing = run("SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
    found = [(name, table) for name, table in standing if table in LOG_TABLES]  # others keep the search's words
    assert len(found) >= 5
    for name, table in found:
        run(dropped(name, table, engine))
        with pytest.raises(LogUnguarded, match=name):
            guards_standing(engine)


@sqlite_only
def test_a_trigger_that_was_gutted_is_noticed(victim: Desk, run: Run, engine: Engine) -> None:
    run("DROP TRIGGER event_no_update")
    run("CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT 1; END")
    with pytest.raises(LogUnguarded, match="event_no_update"):
        guards_standing(engine)


@postgres_only
def test_a_trigger_that_was_switched_off_or_gutted_is_noticed(victim: Desk, run: Run, engine: Engine) -> None:
    run("ALTER TABLE event DISABLE TRIGGER event_no_change")
    with pytest.raises(LogUnguarded, match=r"missing: event_no_change$"):
        guards_standing(engine)
    run("ALTER TABLE event ENABLE TRIGGER event_no_change")
    guards_standing(engine)
    run("CREATE OR REPLACE FUNCTION log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$")
    with pytest.raises(
        LogUnguarded, match="event_head_no_delete, event_no_change, stored_file_no_change, stored_text_no_change"
    ):
        guards_standing(engine)


def test_a_database_without_a_log_is_no_desk(engine: Engine, run: Run) -> None:
    run("DROP TABLE event")
    with pytest.raises(LogUnguarded, match="helpdesk migrate"):
        guards_standing(engine)


@postgres_only
def test_what_triggers_do_is_renewed(victim: Desk, run: Run, engine: Engine, database_url: URL) -> None:
    run("CREATE OR REPLACE FUNCTION event_in_order() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$")
    with pytest.raises(LogUnguarded, match=r"missing: event_in_order$"):
        guards_standing(engine)
    owner = engine_for(owner_url(database_url))
    with owner.connect().execution_options(desk_migrates=True) as connection:
        renew_functions(connection)
        connection.commit()
    owner.dispose()
    guards_standing(engine)
