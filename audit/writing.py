"""Writes sealed entries as event rows: numbered and timed under the account's lock, in one statement."""

import json
from typing import Any, Final

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from audit.action import Action, current, last_time
from audit.base import to_microseconds
from audit.book import Entry, Ledger
from audit.clock import wall_now

_COLUMNS: Final = (
    "type",
    "object_type",
    "object_id",
    "object_label",
    "user_id",
    "actor_kind",
    "actor_id",
    "actor_name",
    "actor_version",
    "initiator_id",
    "data",
    "changes",
)

_SQLITE_INSERT: Final = (
    "INSERT INTO event (id, account_id, source, context, cause_id, created_datetime, recorded_datetime,"
    f" {', '.join(_COLUMNS)})"
    f" VALUES ({', '.join('?' * (7 + len(_COLUMNS)))})"
)

# The head row is locked first and ids are drawn after it: who follows by id never meets a smaller one later.
_POSTGRES_INSERT: Final = text(
    f"""
    WITH head AS MATERIALIZED (SELECT last_datetime FROM event_head WHERE account_id = :account FOR UPDATE),
         lines AS (SELECT * FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS line(
             place integer, type text, object_type text, object_id bigint, object_label text, user_id bigint,
             actor_kind text, actor_id bigint, actor_name text, actor_version integer, initiator_id bigint,
             data text, changes text))
    INSERT INTO event (id, account_id, source, context, cause_id, created_datetime, recorded_datetime,
                       {", ".join(_COLUMNS)})
    SELECT nextval('event_id_seq'), :account, :source, CAST(:context AS uuid), :cause,
           greatest(CAST(:at AS timestamptz), coalesce((SELECT last_datetime FROM head), CAST(:at AS timestamptz))),
           clock_timestamp(), type, object_type, object_id, object_label, user_id, actor_kind, actor_id, actor_name,
           actor_version, initiator_id, CAST(data AS json), CAST(changes AS json)
    FROM lines ORDER BY place
    RETURNING id
    """
)


class AccountUnknown(Exception):
    """Events of one action must belong to one account."""


def write(session: Session, ledger: Ledger) -> list[int]:
    """Insert the ledger's entries as events, in their order; returns their ids."""
    if not ledger.entries:
        return []
    action, connection = current(session), session.connection()
    account_id = action.account_id if action.account_id is not None else _account_of(ledger)
    connection.info["witnessed"] = True
    try:
        _store_long_texts(connection, account_id, ledger.long_texts)
        if connection.dialect.name == "sqlite":
            return _write_sqlite(session, connection, account_id, action, ledger.entries)
        return _write_postgres(connection, account_id, action, ledger.entries)
    finally:
        connection.info.pop("witnessed", None)


def _account_of(ledger: Ledger) -> int:
    for target in ledger.objects.values():
        account_id: Any = getattr(target, target.__account_key__)
        if account_id is not None:
            return int(account_id)
    raise AccountUnknown("an action without account wrote events about nothing")


def _line(entry: Entry) -> tuple[Any, ...]:
    actor = entry.actor
    return (
        entry.type.name,
        entry.key[0],
        entry.key[1],
        entry.label,
        actor.user_id,
        actor.kind,
        actor.id,
        actor.name,
        actor.version,
        actor.initiator_id,
        _document(entry.data),
        _document(entry.changes or None),
    )


def _document(value: dict[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _write_sqlite(
    session: Session,
    connection: Connection,
    account_id: int,
    action: Action,
    entries: list[Entry],
) -> list[int]:
    count = len(entries)
    last = connection.exec_driver_sql(
        "UPDATE log_state SET last_event_id = last_event_id + ? RETURNING last_event_id",
        (count,),
    ).scalar_one()
    ids = list(range(last - count + 1, last + 1))
    at = to_microseconds(max(action.at, last_time(session, account_id) or action.at))
    shared = (
        account_id,
        action.source,
        action.context.hex,
        action.cause_id,
        at,
        to_microseconds(wall_now()),
    )
    rows = [(number, *shared, *_line(entry)) for number, entry in zip(ids, entries, strict=True)]
    connection.exec_driver_sql(_SQLITE_INSERT, rows)
    return ids


def _write_postgres(connection: Connection, account_id: int, action: Action, entries: list[Entry]) -> list[int]:
    lines = [{"place": place, **dict(zip(_COLUMNS, _line(entry), strict=True))} for place, entry in enumerate(entries)]
    result = connection.execute(
        _POSTGRES_INSERT,
        {
            "account": account_id,
            "lines": json.dumps(lines, ensure_ascii=False),
            "source": action.source,
            "context": str(action.context),
            "cause": action.cause_id,
            "at": action.at.isoformat(),
        },
    )
    return sorted(result.scalars())


def _store_long_texts(connection: Connection, account_id: int, texts: dict[str, str]) -> None:
    if not texts:
        return
    statement = text(
        "INSERT INTO stored_text (account_id, digest, content) VALUES (:account_id, :digest, :content)"
        " ON CONFLICT (account_id, digest) DO NOTHING"
    )
    connection.execute(
        statement,
        [{"account_id": account_id, "digest": name, "content": content} for name, content in texts.items()],
    )
