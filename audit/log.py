"""The event table, the heads that order it, and the database's own refusal to change what was written."""

from typing import Final

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    Text,
    inspect,
    text,
)
from sqlalchemy import Uuid as SqlUuid

from audit.base import Base, BigId, UtcDateTime

# JSON as text on both databases: an event is written once and read as it was.
_Document = JSON(none_as_null=True)

#: What the partial indexes hold; a question that is to use one says the same words.
NOT_BY_HAND: Final = "actor_kind <> 'user'"
RARE_WAY: Final = "source NOT IN ('web', 'email', 'automation')"

event_table: Final = Table(
    "event",
    Base.metadata,
    Column("id", BigId, primary_key=True, autoincrement=False),
    Column("account_id", BigId, nullable=False),
    Column("type", String(64), nullable=False),
    Column("object_type", String(64), nullable=False),
    Column("object_id", BigId, nullable=False),
    Column("object_label", Text, nullable=False),
    Column("user_id", BigId),
    Column("actor_kind", String(16), nullable=False),
    Column("actor_id", BigId),
    Column("actor_name", Text, nullable=False),
    Column("actor_version", Integer),
    Column("initiator_id", BigId),
    Column("source", String(16), nullable=False),
    Column("context", SqlUuid, nullable=False),
    Column("cause_id", BigId),
    Column("created_datetime", UtcDateTime, nullable=False),
    Column("recorded_datetime", UtcDateTime, nullable=False),
    Column("data", _Document),
    Column("changes", _Document),
    Index("ix_event_period", "account_id", "created_datetime", "id"),
    Index("ix_event_member", "account_id", "user_id", "created_datetime", "type"),
    Index("ix_event_type", "account_id", "type", "created_datetime", "user_id"),
    Index("ix_event_object", "account_id", "object_type", "object_id", "created_datetime"),
    Index("ix_event_context", "context"),
    # Three that hold few of all events, so that they cost little: what no team member did, what a macro did for one,
    # and what came in by a way that few desks use much.
    Index(
        "ix_event_doer",
        *("account_id", "actor_kind", "created_datetime", "actor_id", "type"),
        sqlite_where=text(NOT_BY_HAND),
        postgresql_where=text(NOT_BY_HAND),
    ),
    Index(
        "ix_event_initiator",
        *("account_id", "initiator_id", "created_datetime", "type"),
        sqlite_where=text("initiator_id IS NOT NULL"),
        postgresql_where=text("initiator_id IS NOT NULL"),
    ),
    Index(
        "ix_event_source",
        *("account_id", "source", "created_datetime", "type"),
        sqlite_where=text(RARE_WAY),
        postgresql_where=text(RARE_WAY),
    ),
)

#: The last id and time of each account's log; writers queue here, so that ids become visible in order.
event_head: Final = Table(
    "event_head",
    Base.metadata,
    Column("account_id", BigId, primary_key=True, autoincrement=False),
    Column("last_id", BigId, nullable=False),
    Column("last_datetime", UtcDateTime, nullable=False),
)

#: One row for the installation: the key of all digests.
log_state: Final = Table(
    "log_state",
    Base.metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("digest_key", String(64), nullable=False),
)

#: Texts too long for a diff, once each by keyed digest.
stored_text: Final = Table(
    "stored_text",
    Base.metadata,
    Column("account_id", BigId, primary_key=True, autoincrement=False),
    Column("digest", String(64), primary_key=True),
    Column("content", Text, nullable=False),
)

#: Tables of the log itself: nobody but the ledger writes them.
LOG_TABLES: Final = frozenset({"event", "event_head", "log_state", "stored_text", "stored_file"})

_SQLITE_GUARDS: Final = {
    "event_no_update": """CREATE TRIGGER event_no_update BEFORE UPDATE ON event
        BEGIN SELECT RAISE(ABORT, 'the event log is append-only: UPDATE refused'); END""",
    "event_no_delete": """CREATE TRIGGER event_no_delete BEFORE DELETE ON event
        BEGIN SELECT RAISE(ABORT, 'the event log is append-only: DELETE refused'); END""",
    "event_in_order": """CREATE TRIGGER event_in_order BEFORE INSERT ON event
        BEGIN
          SELECT RAISE(ABORT, 'the event log only grows: an existing or missing id')
            WHERE NEW.id IS NULL OR NEW.id <= 0 OR EXISTS (SELECT 1 FROM event WHERE id = NEW.id);
          SELECT RAISE(ABORT, 'the event log only grows: behind the last id or time of the account')
            FROM event_head
            WHERE account_id = NEW.account_id AND (NEW.id <= last_id OR NEW.created_datetime < last_datetime);
        END""",
    "event_moves_head": """CREATE TRIGGER event_moves_head AFTER INSERT ON event
        BEGIN
          INSERT INTO event_head (account_id, last_id, last_datetime)
            VALUES (NEW.account_id, NEW.id, NEW.created_datetime)
            ON CONFLICT (account_id) DO UPDATE SET last_id = excluded.last_id, last_datetime = excluded.last_datetime;
        END""",
    "event_head_forward": """CREATE TRIGGER event_head_forward BEFORE UPDATE ON event_head
        WHEN NEW.last_id < OLD.last_id OR NEW.last_datetime < OLD.last_datetime OR NEW.account_id <> OLD.account_id
        BEGIN SELECT RAISE(ABORT, 'the head of an event log never moves back'); END""",
    "event_head_no_delete": """CREATE TRIGGER event_head_no_delete BEFORE DELETE ON event_head
        BEGIN SELECT RAISE(ABORT, 'the head of an event log is never deleted'); END""",
    # An INSERT OR REPLACE deletes what is in its way without asking the triggers of DELETE.
    "event_head_no_replace": """CREATE TRIGGER event_head_no_replace BEFORE INSERT ON event_head
        WHEN EXISTS (SELECT 1 FROM event_head WHERE account_id = NEW.account_id
                     AND (NEW.last_id < last_id OR NEW.last_datetime < last_datetime))
        BEGIN SELECT RAISE(ABORT, 'the head of an event log never moves back'); END""",
    "stored_text_no_replace": """CREATE TRIGGER stored_text_no_replace BEFORE INSERT ON stored_text
        WHEN EXISTS (SELECT 1 FROM stored_text WHERE account_id = NEW.account_id AND digest = NEW.digest
                     AND content <> NEW.content)
        BEGIN SELECT RAISE(ABORT, 'texts of the event log are append-only: REPLACE refused'); END""",
    "stored_text_no_update": """CREATE TRIGGER stored_text_no_update BEFORE UPDATE ON stored_text
        BEGIN SELECT RAISE(ABORT, 'texts of the event log are append-only: UPDATE refused'); END""",
    "stored_file_no_update": """CREATE TRIGGER stored_file_no_update BEFORE UPDATE ON stored_file
        BEGIN SELECT RAISE(ABORT, 'files of the event log are append-only: UPDATE refused'); END""",
    "stored_file_no_delete": """CREATE TRIGGER stored_file_no_delete BEFORE DELETE ON stored_file
        BEGIN SELECT RAISE(ABORT, 'files of the event log are append-only: DELETE refused'); END""",
    "stored_text_no_delete": """CREATE TRIGGER stored_text_no_delete BEFORE DELETE ON stored_text
        BEGIN SELECT RAISE(ABORT, 'texts of the event log are append-only: DELETE refused'); END""",
}

_POSTGRES_FUNCTIONS: Final = (
    # It enters the account, stands in line for it, and asks then: all in one round trip.
    """CREATE OR REPLACE FUNCTION times_of_account(account bigint, desk_lock integer)
       RETURNS TABLE (anchor_wall timestamptz, anchor_desk timestamptz, rate double precision,
                      last_datetime timestamptz) LANGUAGE plpgsql AS $$
       BEGIN
         PERFORM set_config('desk.account', account::text, true);
         PERFORM pg_advisory_xact_lock_shared(desk_lock, (account % 2147483648)::integer);
         RETURN QUERY SELECT clock.anchor_wall, clock.anchor_desk, clock.rate, head.last_datetime
           FROM (SELECT 1) AS asked LEFT JOIN desk_clock clock ON clock.account_id = account
             LEFT JOIN event_head head ON head.account_id = account;
       END $$""",
    # The head row is locked before the first id is drawn: who follows by id never meets a smaller one later.
    """CREATE OR REPLACE FUNCTION write_events(account bigint, way text, chain uuid, because bigint,
                                              moment timestamptz, lines json) RETURNS bigint[] LANGUAGE plpgsql AS $$
       DECLARE ids bigint[];
       BEGIN
         WITH head AS MATERIALIZED (SELECT last_datetime FROM event_head WHERE account_id = account FOR UPDATE),
         written AS (
           INSERT INTO event (id, account_id, source, context, cause_id, created_datetime, recorded_datetime,
                              type, object_type, object_id, object_label, user_id, actor_kind, actor_id, actor_name,
                              actor_version, initiator_id, data, changes)
           SELECT nextval('event_id_seq'), account, way, chain, because, greatest(moment, head.last_datetime),
                  clock_timestamp(), line.type, line.object_type, line.object_id, line.object_label, line.user_id,
                  line.actor_kind, line.actor_id, line.actor_name, line.actor_version, line.initiator_id, line.data,
                  line.changes
             FROM ROWS FROM (json_to_recordset(lines) AS (
                    type text, object_type text, object_id bigint, object_label text, user_id bigint, actor_kind text,
                    actor_id bigint, actor_name text, actor_version integer, initiator_id bigint, data json,
                    changes json)) WITH ORDINALITY AS line LEFT JOIN head ON true
             ORDER BY line.ordinality
           RETURNING id)
         SELECT array_agg(id) INTO ids FROM written;
         RETURN ids;
       END $$""",
    """CREATE OR REPLACE FUNCTION log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'the event log is append-only: % on % refused', TG_OP, TG_TABLE_NAME; END $$""",
    """CREATE OR REPLACE FUNCTION event_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
       DECLARE line record;
       BEGIN
         -- As the ledger writes: one account, one time, and a head that is there.
         UPDATE event_head AS head SET last_id = ends.last_id, last_datetime = ends.last_time
           FROM (SELECT min(account_id) AS first_account, max(account_id) AS last_account,
                        min(id) AS first_id, max(id) AS last_id,
                        min(created_datetime) AS first_time, max(created_datetime) AS last_time FROM fresh) AS ends
           WHERE ends.first_account = ends.last_account AND ends.first_time = ends.last_time
             AND head.account_id = ends.first_account
             AND head.last_id < ends.first_id AND head.last_datetime <= ends.first_time;
         IF FOUND THEN
           RETURN NULL;
         END IF;
         FOR line IN SELECT account_id, min(id) AS first_id, max(id) AS last_id,
                            min(created_datetime) AS first_time, max(created_datetime) AS last_time
                     FROM fresh GROUP BY account_id LOOP
           INSERT INTO event_head AS head (account_id, last_id, last_datetime)
             VALUES (line.account_id, line.last_id, line.last_time)
             ON CONFLICT (account_id) DO UPDATE
               SET last_id = excluded.last_id, last_datetime = excluded.last_datetime
               WHERE head.last_id < line.first_id AND head.last_datetime <= line.first_time;
           IF NOT FOUND THEN
             RAISE EXCEPTION 'the event log only grows: behind the last id or time of the account';
           END IF;
           IF line.first_time < line.last_time
              AND EXISTS (SELECT 1 FROM (SELECT created_datetime, lag(created_datetime) OVER (ORDER BY id) AS previous
                                         FROM fresh WHERE account_id = line.account_id) AS pair
                          WHERE created_datetime < previous) THEN
             RAISE EXCEPTION 'the event log only grows: times run backwards within one statement';
           END IF;
         END LOOP;
         RETURN NULL;
       END $$""",
    """CREATE OR REPLACE FUNCTION event_head_forward() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF NEW.last_id < OLD.last_id OR NEW.last_datetime < OLD.last_datetime OR NEW.account_id <> OLD.account_id THEN
           RAISE EXCEPTION 'the head of an event log never moves back';
         END IF;
         RETURN NEW;
       END $$""",
)

_POSTGRES_GUARDS: Final = {
    "event_no_change": """CREATE TRIGGER event_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON event
        FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only()""",
    "event_in_order": """CREATE TRIGGER event_in_order AFTER INSERT ON event REFERENCING NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION event_in_order()""",
    "event_head_no_delete": """CREATE TRIGGER event_head_no_delete BEFORE DELETE OR TRUNCATE ON event_head
        FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only()""",
    "event_head_forward": """CREATE TRIGGER event_head_forward BEFORE UPDATE ON event_head
        FOR EACH ROW EXECUTE FUNCTION event_head_forward()""",
    "stored_file_no_change": """CREATE TRIGGER stored_file_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON stored_file
        FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only()""",
    "stored_text_no_change": """CREATE TRIGGER stored_text_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON stored_text
        FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only()""",
}


class LogUnguarded(Exception):
    """The database would let somebody change the log: a guard is missing."""


def install_guards(connection: Connection) -> None:
    """Create the triggers (and PostgreSQL's id sequence); called by the migration that makes the tables."""
    if connection.dialect.name == "sqlite":
        for statement in _SQLITE_GUARDS.values():
            connection.exec_driver_sql(statement)
        return
    connection.exec_driver_sql("CREATE SEQUENCE IF NOT EXISTS event_id_seq AS bigint")
    renew_functions(connection)
    for statement in _POSTGRES_GUARDS.values():
        connection.exec_driver_sql(statement)


def renew_functions(connection: Connection) -> None:
    """Let PostgreSQL's triggers do what they do now; called by a migration wherever that has changed."""
    for statement in _POSTGRES_FUNCTIONS:
        connection.execute(text(statement.replace(":", "\\:")))


def check_guards(connection: Connection) -> None:
    """Raise LogUnguarded, naming what is missing, unless every trigger stands, is enabled and does what it should."""
    if not inspect(connection).has_table("event"):
        raise LogUnguarded("there is no event table: run `helpdesk migrate`")
    if connection.dialect.name == "sqlite":
        wanted = _SQLITE_GUARDS
        found = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    else:
        bodies = {_function_named_in(statement): statement.split("$$")[1] for statement in _POSTGRES_FUNCTIONS}
        wanted = {name: bodies[_function_named_in(statement)] for name, statement in _POSTGRES_GUARDS.items()}
        found = connection.exec_driver_sql(
            "SELECT tgname, prosrc FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
            " WHERE tgenabled IN ('O', 'A') AND NOT tgisinternal"
        )
    standing: dict[str, str] = {row[0]: row[1] for row in found}
    missing = [name for name, body in wanted.items() if standing.get(name) != body]
    if missing:
        raise LogUnguarded(f"the event log is not protected, these triggers are missing: {', '.join(sorted(missing))}")


def _function_named_in(statement: str) -> str:
    return statement.split("FUNCTION ")[1].split("(")[0]
