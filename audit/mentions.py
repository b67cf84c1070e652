"""The filter that asks for texts: in an object's name, in what changed, and in long texts, which are kept apart."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, cast, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from audit import asking
from audit.folding import fold, folded, folded_by_like
from audit.log import event_table, stored_text
from audit.question import Filter, Ground, Phrase, Query, Test, Word

_c: Final = event_table.c

#: As the ledger writes what changed (see `audit.writing`), and in it a long text (see `audit.texts`).
_to_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_LONG: Final = '{"$text":"'


class _long_texts_in(FunctionElement[str]):
    """The digests of the long texts of which what changed speaks, as a subquery."""

    type = Text()
    inherit_cache = True
    name = "long_texts_in"


@compiles(_long_texts_in)
def _on_sqlite(element: _long_texts_in, compiler: Any, **options: Any) -> str:
    return f"(SELECT atom FROM json_tree({compiler.process(element.clauses, **options)}) WHERE key = '$text')"


@compiles(_long_texts_in, "postgresql")
def _on_postgres(element: _long_texts_in, compiler: Any, **options: Any) -> str:
    # Not taken apart as a document: not every text that JSON may hold is one to PostgreSQL.
    changes = compiler.process(element.clauses, **options)
    return rf"""(SELECT long[1] FROM regexp_matches({changes}, '"\$text":"([0-9a-f]+)"', 'g') AS long)"""


def _condition(query: Query, _ground: Ground) -> Iterable[ColumnElement[bool]]:
    # Compared with the text that was written: as a document it would have to be taken apart for every row.
    changes = cast(_c.changes, Text)
    return [
        or_(
            _says(_c.object_label, text),
            _says(changes, _in_json(text)),
            and_(changes.contains(_LONG, autoescape=True), _says_at_length(changes, text)),
        )
        for text in query.texts
    ]


def _says(column: Any, text: str) -> ColumnElement[bool]:
    # SQLite compares letters of English without regard to case by itself, and ten times as fast.
    small = folded_by_like(column) if text.isascii() else folded(column)
    return small.contains(text, autoescape=True)


def _says_at_length(changes: ColumnElement[str], text: str) -> ColumnElement[bool]:
    kept = stored_text.c
    either = or_(*(_says(kept.content, form) for form in _forms(text)))
    found = select(kept.digest).where(
        kept.account_id == _c.account_id, kept.digest.op("IN")(_long_texts_in(changes)), either
    )
    return found.exists()


def _tests(query: Query, ground: Ground) -> Iterable[Test]:
    return [_mentions(text, ground) for text in query.texts]


def _mentions(text: str, ground: Ground) -> Test:
    within, forms = _in_json(text), _forms(text)

    def test(event: Any) -> bool:
        changes = "" if event.changes is None else _to_json(event.changes)
        if text in fold(event.object_label) or within in fold(changes):
            return True
        return _LONG in changes and any(
            form in fold(ground.long_text(digest)) for digest in _digests(event.changes) for form in forms
        )

    return test


def _digests(changes: Any) -> Iterator[str]:
    """Of the long texts in a part of what changed."""
    if isinstance(changes, dict) and isinstance(changes.get("$text"), str):
        yield changes["$text"]
    elif isinstance(changes, dict | list):
        for part in changes.values() if isinstance(changes, dict) else changes:
            yield from _digests(part)


def _in_json(text: str) -> str:
    return _to_json(text)[1:-1]


def _forms(text: str) -> list[str]:
    """As it stands in a text, and as in a document that is kept as one."""
    return sorted({text, _in_json(text)})


def _words(query: Query, _ground: Ground) -> Phrase:
    mentioned = " and ".join(f"“{asking.clip(text)}”" for text in query.texts)
    return Phrase(after=f"that mention {mentioned}" if mentioned else "")


TEXTS: Final = Filter(
    field="texts",
    label="Text",
    parameters=("text",),
    read=lambda asked, _, complain: {"texts": asking.texts(asked.get("text", []), complain)},
    write=lambda query, _: [("text", text) for text in query.texts],
    condition=_condition,
    tests=_tests,
    words=_words,
    hear={"": lambda word, _ground, _complain: [("text", word.value)]},
    say=lambda query, _: [Word("", text) for text in query.texts],
    bare={"texts": ()},
)
