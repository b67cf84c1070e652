"""Writes events of the log as lines of a file, oldest first: CSV for spreadsheets, JSON Lines, and OCSF.

A page of the log at a time is read and let go, so that memory stays flat however much is written. Every line carries
the event's number: whoever has a file that was cut off goes on after its last one.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, Row

from audit import ocsf, queries
from audit.action import enter
from audit.filters import Ground, Query
from audit.line import write_line
from audit.naming import knowing
from audit.periods import span_of
from audit.rows import label_of
from audit.sessions import AuditedSession
from audit.when import for_keeps

#: Events that are read at once.
PAGE: Final = 1_000
#: A cell that begins so would be a formula to a spreadsheet.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

_COLUMNS: Final[dict[str, Callable[[Any], Any]]] = {
    "id": lambda row: row.id,
    "created_datetime": lambda row: row.created_datetime.isoformat(),
    "recorded_datetime": lambda row: row.recorded_datetime.isoformat(),
    "type": lambda row: row.type,
    "label": lambda row: label_of(row.type),
    "object_type": lambda row: row.object_type,
    "object_id": lambda row: row.object_id,
    "object_label": lambda row: row.object_label,
    "user_id": lambda row: row.user_id,
    "actor_kind": lambda row: row.actor_kind,
    "actor_id": lambda row: row.actor_id,
    "actor_name": lambda row: row.actor_name,
    "actor_version": lambda row: row.actor_version,
    "initiator_id": lambda row: row.initiator_id,
    "source": lambda row: row.source,
    "context": lambda row: str(row.context),
    "cause_id": lambda row: row.cause_id,
    "data": lambda row: row.data,
    "changes": lambda row: changes_of(row),
}

#: By this a spreadsheet knows that a file is UTF-8; without it names and emoji come out as gibberish.
_UTF8: Final = "\ufeff"

_to_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True)
class Format:
    """A kind of file."""

    name: str
    label: str
    hint: str
    mimetype: str
    ending: str
    write: Callable[[Sequence[Row[Any]]], str]
    head: str = ""  #: the first line, which the rest of a file that was cut off does without


def facts(format_: Format, query: Query, ground: Ground, after: int) -> dict[str, Any]:
    """What the log notes of a copy that is taken: its filters as the search line has them, and of which time it is."""
    span = span_of(query.period, ground.now, ground.zone)
    since, until = (None if end is None else end.isoformat() for end in (span.start, span.end))
    line = write_line(query, for_keeps(query, ground))
    return {"format": format_.name, "filter": line, "since": since, "until": until, "after": after}


def document(row: Row[Any]) -> dict[str, Any]:
    """An event with everything, as JSON has it; times in UTC."""
    return {name: read(row) for name, read in _COLUMNS.items()}


def changes_of(row: Row[Any]) -> dict[str, Any] | None:
    """Before and after; of a secret only that it changed, as on every page: its digest is for replay alone."""
    if row.changes is None:
        return None
    return {
        key: {name: [_told(value) for value in pair] for name, pair in columns.items()}
        for key, columns in row.changes.items()
    }


def chunks(
    engine: Engine, account_id: int, query: Query, ground: Ground, format_: Format, *, after: int, upto: int
) -> Iterator[str]:
    """The lines of what a query finds after one event and up to another, a page at a time."""
    if not after:
        yield format_.head
    with AuditedSession(engine) as session:
        enter(session, account_id)
        ground = knowing(ground, lambda: session)  # the request is over by now, and its session with it
        place = queries.place_of(session, after)
        while found := queries.onward(session, query, ground, after=place, upto=upto, size=PAGE):
            session.rollback()  # nobody waits for whoever reads slowly
            yield format_.write(found)
            place = queries.Cursor(found[-1].created_datetime, found[-1].id)


def _told(value: Any) -> Any:
    return {"$secret": True} if isinstance(value, dict) and "$secret" in value else value


def _csv_lines(rows: Sequence[Row[Any]]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows([cell(read(row)) for read in _COLUMNS.values()] for row in rows)
    return file.getvalue()


def cell(value: Any) -> Any:
    """A value as a table for spreadsheets has it: never a formula."""
    if isinstance(value, dict):
        return _to_json(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def plain(text: str) -> str:
    """What `cell` made of a text, as it was."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _json_lines(rows: Sequence[Row[Any]]) -> str:
    return "".join(f"{_to_json(document(row))}\n" for row in rows)


def _ocsf_lines(rows: Sequence[Row[Any]]) -> str:
    return "".join(f"{_to_json(ocsf.document(row, label_of(row.type), changes_of(row)))}\n" for row in rows)


FORMATS: Final = {
    format_.name: format_
    for format_ in (
        Format("csv", "CSV", "for a spreadsheet", "text/csv", "csv", _csv_lines, _UTF8 + ",".join(_COLUMNS) + "\r\n"),
        Format("jsonl", "JSON Lines", "for a program", "application/x-ndjson", "jsonl", _json_lines),
        Format("ocsf", "OCSF", "for a security team", "application/x-ndjson", "ocsf.jsonl", _ocsf_lines),
    )
}
