"""Replay: folds an account's events from nothing and compares the result with the database, field by field."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, func, select, text
from sqlalchemy.orm import Session

from audit.base import Base
from audit.columns import FoldedRow, audited_models, derived_columns, logged_columns, watches
from audit.files import faults
from audit.log import event_table, stored_text
from audit.texts import digest, digest_key, encode

#: Differences named before the report stops listing them.
MOST: Final = 50

_CHUNK: Final = 5000

Progress = Callable[[int, int], None]


@dataclass
class Report:
    """What replay found; an empty list of differences means that the log alone rebuilds the desk."""

    account_id: int
    events: int = 0
    rows: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether log and database tell the same."""
        return not self.differences

    def differ(self, sentence: str) -> None:
        """Note a difference, up to MOST of them."""
        if len(self.differences) < MOST:
            self.differences.append(sentence)


def replay(session: Session, account_id: int, progress: Progress | None = None) -> Report:
    """Fold the account's log and compare every logged column of every row, on one snapshot.

    Each event's *before* must be what the fold holds; ids and times must grow together.
    """
    session.rollback()
    connection = session.connection(execution_options=_snapshot(session))
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("SELECT set_config('desk.account', :account, true)"),
            {"account": str(account_id)},
        )
    report = Report(account_id)
    folded = fold(connection, report, progress)
    _compare(connection, folded, report)
    session.rollback()
    return report


def _snapshot(session: Session) -> dict[str, Any]:
    if session.get_bind().dialect.name == "postgresql":
        return {"isolation_level": "REPEATABLE READ"}
    return {}


def fold(connection: Connection, report: Report, progress: Progress | None = None) -> dict[str, dict[str, Any]]:
    """The rows ("Ticket:4213" to columns) that the account's events add up to; contradictions go into the report."""
    rows: dict[str, dict[str, Any]] = {}
    total = _count(connection, report.account_id) if progress else 0
    last_time: Any = None
    for number, moment, changes in _events(connection, report.account_id):
        report.events += 1
        if last_time is not None and moment < last_time:
            report.differ(f"event {number}: its time lies before that of the event before it")
        last_time = moment
        if changes:
            _apply(
                rows,
                number,
                json.loads(changes) if isinstance(changes, str) else changes,
                report,
            )
        if progress and report.events % _CHUNK == 0:
            progress(report.events, total)
    if progress:
        progress(total, total)
    return rows


def _count(connection: Connection, account_id: int) -> int:
    statement = select(func.count()).select_from(event_table).where(event_table.c.account_id == account_id)
    return connection.execute(statement).scalar_one()


def _events(connection: Connection, account_id: int) -> Iterator[tuple[int, Any, Any]]:
    # Driver SQL: decoding every time and document through column types would cost half of the budget.
    changes = "changes" if connection.dialect.name == "sqlite" else "CAST(changes AS text)"
    statement = text(
        f"SELECT id, created_datetime, {changes} FROM event"
        " WHERE account_id = :account AND id > :after ORDER BY id LIMIT :chunk"
    )
    after = 0
    while True:
        found = connection.execute(statement, {"account": account_id, "after": after, "chunk": _CHUNK}).all()
        for row in found:
            yield row[0], row[1], row[2]
        if len(found) < _CHUNK:
            return
        after = found[-1][0]


def _apply(
    rows: dict[str, dict[str, Any]],
    number: int,
    changes: dict[str, Any],
    report: Report,
) -> None:
    for key, columns in changes.items():
        row = rows.get(key)
        if row is None:
            row = rows[key] = {}
        for name, (before, after) in columns.items():
            held = row.get(name)
            if held != before:
                report.differ(
                    f"event {number}: {key} {name} was {_brief(held)} by the log, the event says {_brief(before)}"
                )
            if after is None:
                row.pop(name, None)
            else:
                row[name] = after
        if "id" not in row:
            if row:
                report.differ(f"event {number}: {key} is gone, but {', '.join(row)} stayed behind")
            del rows[key]


def _compare(connection: Connection, folded: dict[str, dict[str, Any]], report: Report) -> None:
    key = digest_key(connection)
    texts = _true_texts(connection, report.account_id, key)
    for fault in faults(connection, report.account_id, _files_mentioned(folded)):
        report.differ(fault)
    for model in audited_models():
        for name, stored in _stored(connection, model, report.account_id, key):
            report.rows += 1
            _compare_row(model, name, stored, folded.pop(name, None), texts, report)
    for name in folded:
        report.differ(f"{name}: the log knows it, the database does not")


def _files_mentioned(folded: dict[str, dict[str, Any]]) -> set[str]:
    holders = {
        model.__name__: [name for name, watch in watches(model).items() if watch.is_file] for model in audited_models()
    }
    return {row[name] for key, row in folded.items() for name in holders.get(key.partition(":")[0], ()) if name in row}


def _true_texts(connection: Connection, account_id: int, key: bytes) -> set[str]:
    statement = select(stored_text.c.digest, stored_text.c.content).where(stored_text.c.account_id == account_id)
    found = connection.execution_options(yield_per=_CHUNK).execute(statement)
    return {row.digest for row in found if digest(key, row.content) == row.digest}


def _stored(
    connection: Connection, model: type[Base], account_id: int, key: bytes
) -> Iterator[tuple[str, dict[str, Any]]]:
    table: Any = model.__table__
    columns = {
        attribute: model.__mapper__.columns[attribute]
        for attribute in (*logged_columns(model), *derived_columns(model))
    }
    account = model.__mapper__.columns[model.__account_key__]
    number = model.__mapper__.columns["id"]
    statement = select(number, *columns.values()).select_from(table).where(account == account_id)
    kinds: dict[str, Any] = {name: logged_columns(model).get(name, "derived") for name in columns}
    ignored: dict[str, str] = {}
    for values in connection.execution_options(yield_per=_CHUNK).execute(statement):
        row = {
            name: encode(key, kind, value, ignored)
            for (name, kind), value in zip(kinds.items(), values[1:], strict=True)
            if value is not None
        }
        row["id"] = values[0]
        yield f"{model.__name__}:{values[0]}", row


def _compare_row(
    model: type[Base],
    name: str,
    stored: dict[str, Any],
    folded: dict[str, Any] | None,
    texts: set[str],
    report: Report,
) -> None:
    if folded is None:
        report.differ(f"{name}: the database has it, the log does not")
        return
    if derived := derived_columns(model):
        source = FoldedRow(model, folded)
        folded = {
            **folded,
            **{column: value for column, fn in derived.items() if (value := fn(source)) is not None},
        }
    if stored != folded:
        for column in sorted(stored.keys() | folded.keys()):
            if stored.get(column) != folded.get(column):
                told, found = _brief(folded.get(column)), _brief(stored.get(column))
                report.differ(f"{name} {column}: {told} by the log, {found} in the database")
    for value in folded.values():
        if isinstance(value, dict) and "$text" in value and value["$text"] not in texts:
            report.differ(f"{name}: a long text of it is not in the store, or not as it was")


def _brief(value: Any) -> str:
    words = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return words if len(words) <= 80 else words[:77] + "…"
