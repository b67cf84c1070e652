"""What a statement writes to is read from its text, however it is dressed up."""

import pytest
from sqlalchemy import Engine, text

from audit.guards import UnwitnessedWrite, only_reads, written_tables
from helpdesk.models import Ticket
from tests.desks import Desk
from tests.outside import sqlite_only


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ("INSERT INTO ticket (a) VALUES (1)", {"ticket"}),
        ("insert or replace into ticket values (1)", {"ticket"}),
        ("REPLACE INTO ticket VALUES (1)", {"ticket"}),
        ("UPDATE ticket SET a = 1", {"ticket"}),
        ("UPDATE\n\tticket\nSET a = 1", {"ticket"}),
        ("UPDATE OR FAIL ticket SET a = 1", {"ticket"}),
        ("UPDATE ONLY ticket SET a = 1", {"ticket"}),
        ('UPDATE"ticket"SET a = 1', {"ticket"}),
        ("UPDATE [ticket] SET a = 1", {"ticket"}),
        ("UPDATE `ticket` SET a = 1", {"ticket"}),
        ('UPDATE "public" . "ticket" SET a = 1', {"ticket"}),
        ("UPDATE TICKET SET a = 1", {"ticket"}),
        ("UPDATE/**/ticket SET a = 1", {"ticket"}),
        ("UPDATE--\nticket SET a = 1", {"ticket"}),
        ("DELETE FROM ticket", {"ticket"}),
        ("DELETE FROM ONLY ticket USING tag", {"ticket"}),
        ("TRUNCATE ticket", {"ticket"}),
        ("TRUNCATE TABLE ONLY delivery, public.ticket, ONLY event CASCADE", {"delivery", "ticket", "event"}),
        ("MERGE INTO ticket USING tag ON true WHEN MATCHED THEN DELETE", {"ticket"}),
        ("COPY ticket (id) FROM STDIN", {"ticket"}),
        ("DROP TABLE IF EXISTS ticket", {"ticket"}),
        ("ALTER TABLE ticket DISABLE TRIGGER ALL", {"ticket"}),
        ("WITH gone AS (DELETE FROM tag RETURNING *) UPDATE ticket SET a = 1", {"tag", "ticket"}),
        ("SELECT 1; DELETE FROM ticket", {"ticket"}),
        ("SELECT id INTO ticket FROM tag; UPDATE tag SET a = 1", {"tag"}),
        (
            "INSERT INTO tag (name) VALUES ('UPDATE ticket') ON CONFLICT DO UPDATE SET name = 'DELETE FROM ticket'",
            {"tag"},
        ),
    ],
)
def test_written_tables_are_found(statement: str, tables: set[str]) -> None:
    assert written_tables(statement) == tables


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM ticket",
        "SELECT * FROM ticket FOR UPDATE",
        "SELECT * FROM ticket FOR NO KEY UPDATE OF ticket SKIP LOCKED",
        "SELECT * FROM ticket FOR UPDATE NOWAIT",
        "SELECT 'UPDATE ticket SET a = 1'",
        "SELECT 'it''s; DELETE FROM ticket'",
        "WITH open AS (SELECT * FROM ticket) SELECT updated_datetime, deleted FROM open",
        "SELECT updated_datetime FROM ticket -- UPDATE ticket",
        "/* DELETE FROM ticket */ SELECT 1",
        "PRAGMA foreign_keys",
        "BEGIN IMMEDIATE",
        "EXPLAIN QUERY PLAN SELECT * FROM ticket",
        "SELECT copy, updates FROM insertions",
    ],
)
def test_reading_is_no_writing(statement: str) -> None:
    assert written_tables(statement) == frozenset()


@pytest.mark.parametrize(
    ("statement", "reads"),
    [
        ("SELECT * FROM ticket", True),
        ("\n  WITH open AS (SELECT * FROM ticket) SELECT id FROM open", True),
        ("WITH made AS (INSERT INTO note (id) VALUES (1) RETURNING id) SELECT id FROM made", False),
        ("INSERT INTO note (id) VALUES (1)", False),
        ("DELETE FROM note", False),
        ("CREATE TABLE note (id integer)", False),
        ("DROP INDEX ix_note", False),
        ("SHOW server_version", True),
        ("SAVEPOINT one", False),
        ("SELECTED", False),
    ],
)
def test_what_may_have_changed_something_is_no_question(statement: str, reads: bool) -> None:
    assert only_reads(statement) is reads


def test_the_refusal_names_all_tables(desk: Desk, engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(UnwitnessedWrite, match="raw write to event, tag: only verbs"):
        connection.execute(text("WITH a AS (DELETE FROM tag RETURNING id) INSERT INTO event SELECT * FROM event"))


@sqlite_only  # on PostgreSQL the application's role owns nothing and could not migrate anyway
def test_a_migration_may_do_what_it_must(desk: Desk, engine: Engine) -> None:
    with engine.connect().execution_options(desk_migrates=True) as connection:
        connection.execute(text("ALTER TABLE ticket ADD COLUMN whatever integer"))


def test_locking_a_row_is_reading(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, desk.acting():
        assert desk.session.get_one(Ticket, number, with_for_update=True).id == number
    assert trail.types == []


def test_what_goes_wrong_is_reported_without_its_values(desk: Desk, engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(Exception, match="parameters hidden") as failure:
        connection.execute(text("SELECT nothing FROM nowhere WHERE secret = :secret"), {"secret": "canary-5f3a"})
    assert "canary-5f3a" not in str(failure.value)
