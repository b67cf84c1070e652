"""The filter that asks for texts: in an object's name, in what changed and what else is told of it, and in long texts.

What counts is what a person reads: values, not the names of fields, nor digests; and where an event points to a tag or
a team member by number, what that is called.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, cast, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from audit import asking
from audit.changes import pointing
from audit.folding import fold, says
from audit.log import event_table, stored_text
from audit.question import Filter, Ground, Named, Phrase, Query, Test, Word

_c: Final = event_table.c

#: As the ledger writes what changed (see `audit.writing`), and in it a long text (see `audit.texts`).
_to_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_LONG: Final = '{"$text":"'
#: Moments stand there as no reader sees them.
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T.*\+00:00", re.DOTALL)


class _long_texts_in(FunctionElement[str]):
    """The digests of the long texts of which what changed speaks, as a subquery."""

    type = Text()
    inherit_cache = True
    name = "long_texts_in"


@compiles(_long_texts_in)
def _digests_on_sqlite(element: _long_texts_in, compiler: Any, **options: Any) -> str:
    return f"(SELECT atom FROM json_tree({compiler.process(element.clauses, **options)}) WHERE key = '$text')"


@compiles(_long_texts_in, "postgresql")
def _digests_on_postgres(element: _long_texts_in, compiler: Any, **options: Any) -> str:
    # Not taken apart as a document: not every text that JSON may hold is one to PostgreSQL.
    changes = compiler.process(element.clauses, **options)
    return rf"""(SELECT long[1] FROM regexp_matches({changes}, '"\$text":"([0-9a-f]+)"', 'g') AS long)"""


class _values_in(FunctionElement[str]):
    """The texts among a document's values, one a line; a text that is looked for has no line ends."""

    type = Text()
    inherit_cache = True
    name = "values_in"


@compiles(_values_in)
def _values_on_sqlite(element: _values_in, compiler: Any, **options: Any) -> str:
    document, digits = compiler.process(element.clauses, **options), "[0-9]"
    moment = f"{digits * 4}-{digits * 2}-{digits * 2}T*+00:00"
    return f"""(SELECT group_concat(atom, char(10)) FROM json_tree({document})
        WHERE type = 'text' AND key NOT LIKE '$%' AND atom NOT GLOB '{moment}')"""


@compiles(_values_in, "postgresql")
def _values_on_postgres(element: _values_in, compiler: Any, **options: Any) -> str:
    # From the left, each text with the colon that makes it a name; a digest goes with its name, and is left out.
    document, moment = compiler.process(element.clauses, **options), _MOMENT.pattern
    texts = rf"""regexp_matches({document}, '"\$[a-z]+":"[^"]*"|"((?:[^"\\]|\\.)*)"(:?)', 'g')"""
    plain = r"""replace(regexp_replace(replace(replace(
        value[1], '\\', chr(1)), '\"', '"'), '\\[bfnrt]', chr(10), 'g'), chr(1), '\')"""
    return (
        f"(SELECT string_agg({plain}, chr(10)) FROM {texts} AS value WHERE value[2] = '' AND value[1] !~ '^{moment}$')"
    )


def _condition(query: Query, ground: Ground) -> Iterable[ColumnElement[bool]]:
    # Compared with the text that was written first: as a document it would have to be taken apart for every row.
    changes, told = cast(_c.changes, Text), cast(_c.data, Text)
    return [
        or_(
            says(_c.object_label, text),
            *(and_(says(written, _in_json(text)), says(_values_in(written), text)) for written in (changes, told)),
            and_(changes.contains(_LONG, autoescape=True), _says_at_length(changes, text)),
            *_points_to(changes, ground.named(text)),
        )
        for text in query.texts
    ]


def _says_at_length(changes: ColumnElement[str], text: str) -> ColumnElement[bool]:
    kept = stored_text.c
    either = or_(*(says(kept.content, form) for form in _forms(text)))
    found = select(kept.digest).where(
        kept.account_id == _c.account_id, kept.digest.op("IN")(_long_texts_in(changes)), either
    )
    return found.exists()


def _points_to(changes: ColumnElement[str], named: Named) -> list[ColumnElement[bool]]:
    """Whether one side of a change is the number of one of these things."""
    columns = []
    for column, kind in pointing().items():
        numbers = sorted(number for other, number in named.things if other == kind)
        if numbers:
            columns.append(rf'{column}":\[([0-9]+,|null,)?({"|".join(map(str, numbers))})[],]')
    return [changes.regexp_match(f'"({"|".join(columns)})')] if columns else []


def _tests(query: Query, ground: Ground) -> Iterable[Test]:
    return [_mentions(text, ground) for text in query.texts]


def _mentions(text: str, ground: Ground) -> Test:
    forms = _forms(text)
    called: dict[tuple[str, int], bool] = {}

    def is_called_so(thing: tuple[str, int]) -> bool:
        if thing not in called:
            called[thing] = text in fold(ground.called(*thing))
        return called[thing]

    def test(event: Any) -> bool:
        values = (value for written in (event.changes, event.data) for value in _values(written))
        return (
            text in fold(event.object_label)
            or any(text in fold(value) for value in values)
            or any(form in fold(ground.long_text(digest)) for digest in _digests(event.changes) for form in forms)
            or any(map(is_called_so, _pointed_to(event.changes)))
        )

    return test


def _values(written: Any) -> Iterator[str]:
    """The texts among a document's values that a person reads."""
    if isinstance(written, str) and not _MOMENT.fullmatch(written):
        yield written
    elif isinstance(written, list):
        for part in written:
            yield from _values(part)
    elif isinstance(written, dict):
        for name, part in written.items():
            if not (isinstance(part, str) and name.startswith("$")):
                yield from _values(part)


def _digests(changes: Any) -> Iterator[str]:
    """Of the long texts in a part of what changed."""
    if isinstance(changes, dict) and isinstance(changes.get("$text"), str):
        yield changes["$text"]
    elif isinstance(changes, dict | list):
        for part in changes.values() if isinstance(changes, dict) else changes:
            yield from _digests(part)


def _pointed_to(changes: Any) -> Iterator[tuple[str, int]]:
    """The things whose numbers stand in what changed, by class."""
    for columns in (changes or {}).values():
        for column in pointing().keys() & columns.keys():
            yield from ((pointing()[column], number) for number in columns[column] if isinstance(number, int))


def _in_json(text: str) -> str:
    return _to_json(text)[1:-1]


def _forms(text: str) -> list[str]:
    """As it stands in a text, and as in a document that is kept as one."""
    return sorted({text, _in_json(text)})


def _words(query: Query, ground: Ground) -> Phrase:
    mentioned = " and ".join(f"“{asking.clip(text)}”" for text in query.texts)
    is_whole = all(ground.named(text).is_whole for text in query.texts)
    return Phrase(after=f"mentioning {mentioned}" if mentioned else "", note="" if is_whole else "older names left out")


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
