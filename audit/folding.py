"""Texts without regard to case, alike on both databases: SQLite's own lower() stops at the letters of English."""

from typing import Any

from sqlalchemy import ColumnElement, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

#: The one letter whose small form is two in Unicode's full mapping; databases map letter by letter.
_DOTTED_I = "\u0130"


def fold(text: str) -> str:
    """A text in small letters, each letter by itself, as PostgreSQL makes them in a UTF-8 database."""
    if text.isascii():
        return text.lower()
    return "".join("i" if letter == _DOTTED_I else letter.lower() for letter in text)


class folded(FunctionElement[str]):
    """A column's text as `fold` would make it."""

    type = String()
    inherit_cache = True
    name = "fold"

    def __init__(self, column: Any) -> None:
        super().__init__(column)


@compiles(folded)
def _on_sqlite(element: folded, compiler: Any, **options: Any) -> str:
    return f"fold({compiler.process(element.clauses, **options)})"


@compiles(folded, "postgresql")
def _on_postgres(element: folded, compiler: Any, **options: Any) -> str:
    return f"lower({compiler.process(element.clauses, **options)})"


class folded_by_like(FunctionElement[str]):
    """A column's text for a LIKE with letters of English, which SQLite compares without regard to case by itself."""

    type = String()
    inherit_cache = True
    name = "fold_by_like"

    def __init__(self, column: Any) -> None:
        super().__init__(column)


@compiles(folded_by_like)
def _as_it_is(element: folded_by_like, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(folded_by_like, "postgresql")
def _in_small_letters(element: folded_by_like, compiler: Any, **options: Any) -> str:
    return f"lower({compiler.process(element.clauses, **options)})"


def says(column: Any, text: str) -> ColumnElement[bool]:
    """Whether a column holds a text that `fold` has made small."""
    # SQLite compares letters of English without regard to case by itself, and ten times as fast.
    small = folded_by_like(column) if text.isascii() else folded(column)
    return small.contains(text, autoescape=True)


def teach_sqlite(connection: Any) -> None:
    """Give a connection of the driver the function; it answers NULL for NULL."""
    connection.create_function("fold", 1, _fold_value, deterministic=True)


def _fold_value(value: Any) -> Any:
    return fold(value) if isinstance(value, str) else value
