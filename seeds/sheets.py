"""Content files as sheets: tables that say where they stand, and refuse what nobody asked for."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from seeds.plot import Span, Variant
from seeds.words import ANY, PHRASES, PLACEHOLDER, PLACEHOLDERS, ContentError, placeholders

_ADDRESS = re.compile(r"[^@\s<>]+@([a-z0-9-]+\.)*example")
_MISSING = object()


class Sheet:
    """A table that knows where it stands, gives each value once, and in the end asks what nobody wanted."""

    def __init__(self, place: str, table: Mapping[str, Any]) -> None:
        self.place = place
        self._left = dict(table)

    def fault(self, sentence: str) -> ContentError:
        return ContentError(f"{self.place}: {sentence}")

    def has(self, key: str) -> bool:
        return key in self._left

    def names(self) -> tuple[str, ...]:
        return tuple(self._left)

    def take(self, key: str, kinds: type | tuple[type, ...], default: Any = _MISSING) -> Any:
        value = self._left.pop(key, default)
        if value is _MISSING:
            raise self.fault(f"{key!r} is missing")
        # True counts as a number in Python, but nobody who edits a file means it so.
        if value is not default and (not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool)):
            raise self.fault(f"{key!r} has a value of the wrong sort: {value!r}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        value = self.take(key, str, _MISSING if default is None else default)
        if not value.strip():
            raise self.fault(f"{key!r} is empty")
        return str(value).strip()

    def maybe(self, key: str) -> str | None:
        return self.text(key) if self.has(key) else None

    def choice(self, key: str, choices: Iterable[str], default: str | None = None) -> str:
        value, known = self.text(key, default), sorted(choices)
        if value not in known:
            raise self.fault(f"{key!r} is {value!r}, not one of {', '.join(known)}")
        return value

    def address(self, key: str) -> str:
        value = self.text(key)
        if not _ADDRESS.fullmatch(value):
            raise self.fault(f"{key!r} is {value!r}, which is no address under .example")
        return value

    def texts(self, key: str, *, among: Iterable[str] | None = None) -> tuple[str, ...]:
        values = self.take(key, list)
        if not all(isinstance(value, str) and value.strip() for value in values):
            raise self.fault(f"{key!r} should be a list of texts, none of them empty")
        twice(self, values)
        if among is not None and (unknown := set(values) - set(among)):
            raise self.fault(f"{key!r} names {', '.join(map(repr, sorted(unknown)))}, which does not exist")
        return tuple(value.strip() for value in values)

    def templates(self, key: str) -> tuple[str, ...]:
        """Texts whose placeholders are plain names, not phrases."""
        return tuple(self._template(key, text, set(PLACEHOLDERS) - set(PHRASES)) for text in self.texts(key))

    def variants(self, key: str) -> tuple[Variant, ...]:
        """Wordings with placeholders: a list, or a table of lists or texts by the versions they suit."""
        given = self.take(key, (list, dict))
        table = Sheet(f"{self.place}, {key}", given if isinstance(given, dict) else {ANY: given})
        variants = []
        for label in list(table._left):
            versions = () if label == ANY else tuple(name.strip() for name in label.split(","))
            texts = table.texts(label) if isinstance(table._left[label], list) else (table.text(label),)
            variants += [Variant(table._template(label, text, set(PLACEHOLDERS)), versions) for text in texts]
        if not variants:
            raise self.fault(f"{key!r} has no variant")
        twice(self, [variant.text for variant in variants])
        return tuple(variants)

    def _template(self, key: str, text: str, known: set[str]) -> str:
        if unknown := placeholders(text) - known:
            raise self.fault(f"{key!r}: nobody knows {{{min(unknown)}}} in “{text[:40]}”")
        if re.search(r"[{}]", PLACEHOLDER.sub("", text)):
            raise self.fault(f"{key!r}: a brace that belongs to no placeholder in “{text[:40]}”")
        return text

    def span(self, key: str, default: str | None = None) -> Span:
        value = self.text(key, default)
        shortest, _, longest = value.partition("..")
        try:
            span = Span(_stretch(shortest), _stretch(longest or shortest))
        except KeyError:
            raise self.fault(f"{key!r} is {value!r}; write 20m, 4h, 2d or 20m..4h") from None
        if span.shortest > span.longest:
            raise self.fault(f"{key!r} is {value!r}, which ends before it begins")
        return span

    def sheet(self, key: str) -> "Sheet":
        return Sheet(f"{self.place}, {key}", self.take(key, dict))

    def sheets(self, key: str, word: str) -> list["Sheet"]:
        tables = self.take(key, list)
        if not tables or not all(isinstance(table, dict) for table in tables):
            raise self.fault(f"{key!r} should be one or more tables")
        return [Sheet(f"{self.place}, {word} {number}", table) for number, table in enumerate(tables, 1)]

    def finish(self) -> None:
        if self._left:
            raise self.fault(f"nobody knows what to do with {', '.join(map(repr, sorted(self._left)))}")


def read_sheet(folder: Path, name: str) -> Sheet:
    """A content file as one sheet; raises ContentError."""
    return Sheet(name, read_table(folder, name))


def read_table(folder: Path, name: str) -> dict[str, Any]:
    """The same as it was written, with exact numbers; raises ContentError."""
    try:
        return tomllib.loads((folder / name).read_text("utf-8"), parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ContentError(f"{name}: not readable as TOML: {error}") from error
    except FileNotFoundError:
        raise ContentError(f"{name}: there is no such file in {folder}") from None


def _stretch(text: str) -> timedelta:
    match = re.fullmatch(r"(\d+)([smhdw])", text.strip())
    if match is None:
        raise KeyError(text)
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    return timedelta(**{units[match[2]]: int(match[1])})


def twice(sheet: Sheet, values: Sequence[str]) -> None:
    """Complain of the first of these texts that stands there twice."""
    if again := {value for value in values if values.count(value) > 1}:
        raise sheet.fault(f"{min(again)[:60]!r} stands there twice")
