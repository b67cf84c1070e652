"""Writes sealed entries as event rows: numbered and timed under the account's lock, in one statement."""

import json
from typing import Any, Final

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from audit import straight
from audit.action import Action, LogEnd, current
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

#: PostgreSQL's function that does the same; see `audit.log`. A benchmark puts another in its place.
WRITE_EVENTS = "write_events"

# Made once: `json.dumps` with options makes an encoder each time.
_to_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class AccountUnknown(Exception):
    """Events of one action must belong to one account."""


def write(session: Session, ledger: Ledger, *, ends: bool = False) -> list[int]:
    """Insert the ledger's entries as events, in their order; returns their ids.

    Where the transaction `ends` with them, PostgreSQL is told so in the same breath, and has committed on return.
    """
    if not ledger.entries:
        return []
    action, connection = current(session), session.connection()
    account_id = action.account_id if action.account_id is not None else _account_of(ledger)
    connection.info["witnessed"] = True
    try:
        _store_long_texts(connection, account_id, ledger.long_texts)
        if connection.dialect.name == "sqlite":
            ids = _write_sqlite(session, connection, account_id, action, ledger.entries)
        else:
            ids = _write_postgres(connection, account_id, action, ledger.entries, ends=ends)
    finally:
        connection.info.pop("witnessed", None)
    session.info["log_end"] = LogEnd(account_id, action.at)
    return ids


def _account_of(ledger: Ledger) -> int:
    found: set[int] = {getattr(target, target.__account_key__) for target in ledger.objects.values()}
    if len(found) != 1:
        raise AccountUnknown(f"an action without account wrote events about {len(found)} accounts; begin() names one")
    return found.pop()


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
        entry.data,
        entry.changes or None,
    )


def _with_documents(line: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*line[:-2], *(None if document is None else _to_json(document) for document in line[-2:]))


def _write_sqlite(
    session: Session,
    connection: Connection,
    account_id: int,
    action: Action,
    entries: list[Entry],
) -> list[int]:
    # Nobody else writes meanwhile, and no event is ever deleted: `begin()` has asked, or we wrote it ourselves.
    last = session.info.get("last_event_id")
    if last is None:
        last = connection.exec_driver_sql("SELECT coalesce(max(id), 0) FROM event").scalar_one()
    ids = list(range(last + 1, last + 1 + len(entries)))
    session.info["last_event_id"] = ids[-1]
    at = to_microseconds(action.at)  # nobody has written since `begin()` compared it with the last
    shared = (
        account_id,
        action.source,
        action.context.hex,
        action.cause_id,
        at,
        to_microseconds(wall_now()),
    )
    rows = [(number, *shared, *_with_documents(_line(entry))) for number, entry in zip(ids, entries, strict=True)]
    straight.send_each(connection, _SQLITE_INSERT, rows)
    return ids


def _write_postgres(
    connection: Connection, account_id: int, action: Action, entries: list[Entry], *, ends: bool
) -> list[int]:
    connection.info["only_reads"] = False
    lines = [dict(zip(_COLUMNS, _line(entry), strict=True)) for entry in entries]
    facts = (account_id, action.source, str(action.context), action.cause_id, action.at.isoformat(), _to_json(lines))
    return sorted(straight.call(connection, WRITE_EVENTS, facts, ends=ends))


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
