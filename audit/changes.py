"""Says what an event changed: in one line for the list, field by field for its story."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from audit.asking import noun
from audit.base import Base

Labels = Mapping[tuple[str, int], str]

#: Fields that say nothing to a person, or nothing that the row doesn't say anyway.
_QUIET: Final = frozenset({"id", "account_id", "row_version", "created_datetime", "updated_datetime"})
#: How many changes a line names before it counts the rest.
_NAMED: Final = 3
_SHORT: Final = 48
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Value:
    """One side of a change."""

    words: str
    digest: str | None = None  #: of a long text that is kept elsewhere
    is_text: bool = False  #: somebody's own words


@dataclass(frozen=True)
class Field:
    """One field, before and after; None where there was nothing."""

    name: str
    before: Value | None
    after: Value | None
    is_secret: bool = False


@dataclass(frozen=True)
class Touched:
    """One row that an event touched."""

    name: str
    verb: str  #: "made", "changed" or "removed"
    fields: list[Field]


@dataclass(frozen=True)
class Teller:
    """Knows names and time zone, so that values can be said in words."""

    labels: Labels
    now: datetime  #: in the account's time zone

    def line(self, row: Any) -> str:
        """What changed, in one line; empty if the event's name says it all."""
        changes: dict[str, Any] = row.changes or {}
        parts = [part for key, columns in changes.items() for part in self._parts(row, key, columns)]
        if not changes and row.data:
            parts = [f"{_words(name)} {_brief(self._value('', name, value))}" for name, value in row.data.items()]
        more = f" and {len(parts) - _NAMED} more" if len(parts) > _NAMED else ""
        return " · ".join(parts[:_NAMED]) + more

    def touched(self, row: Any) -> list[Touched]:
        """Every row and field that the event changed."""
        return [self._touched(key, columns) for key, columns in (row.changes or {}).items()]

    def _parts(self, row: Any, key: str, columns: dict[str, list[Any]]) -> Iterator[str]:
        kind, number = _split(key)
        side = _birth_or_death(columns)
        if key != f"{row.object_type}:{row.object_id}" and side:
            yield f"{'+' if side == 'made' else '−'} {self._part(kind, number, columns)}"
            return
        if side == "removed":
            return
        told = sorted(_telling(columns), key=_moments_last)
        for name in told:
            before, after = (self._value(kind, name, value) for value in columns[name])
            if _is_secret(columns[name]) or _is_long(columns[name]):
                yield f"{_words(name)} {'set' if before is None else 'changed' if after else 'cleared'}"
            elif side == "made":
                if columns[name][1] not in (False, 0):
                    yield f"{_words(name)} {_brief(after)}"
            else:
                yield f"{_words(name)} {f'{_brief(before)} ' if before else ''}→ {_brief(after)}"

    def _part(self, kind: str, number: int, columns: dict[str, list[Any]]) -> str:
        """A part's name: what it points to besides its owner, else its own words."""
        owner = _owner(kind)
        sides = {name: after if after is not None else before for name, (before, after) in columns.items()}
        for name, value in sides.items():
            if name != owner and name not in _QUIET and _reference(kind, name):
                return _brief(self._value(kind, name, value))
        for name in ("name", "label", "address", "filename", "value"):
            if isinstance(sides.get(name), str):
                return f"{_words(kind)} {_brief(self._value(kind, name, sides[name]))}"
        return f"{_words(kind)} {number}"

    def _touched(self, key: str, columns: dict[str, list[Any]]) -> Touched:
        kind, number = _split(key)
        fields = [
            Field(_words(name), self._value(kind, name, before), self._value(kind, name, after), _is_secret(pair))
            for name, pair in columns.items()
            if name not in ("id", "account_id")
            for before, after in [pair]
        ]
        return Touched(f"{noun(_spaced(kind))} {number}", _birth_or_death(columns) or "changed", fields)

    def _value(self, kind: str, name: str, value: Any) -> Value | None:
        if value is None:
            return None
        if isinstance(value, bool):
            return Value("yes" if value else "no")
        if isinstance(value, dict) and "$secret" in value:
            return Value("changed")
        if isinstance(value, dict) and "$text" in value:
            return Value("a long text", str(value["$text"]))
        if isinstance(value, int) and (target := _reference(kind, name)):
            label = self.labels.get((target, value))
            return Value(label or f"{noun(target).lower()} {value}")
        if isinstance(value, str) and name.endswith("_datetime"):
            return Value(_moment_words(datetime.fromisoformat(value).astimezone(self.now.tzinfo), self.now))
        if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
            return Value(", ".join(map(str, value)))
        if isinstance(value, str):
            return Value(value, is_text=True)
        return Value(json.dumps(value, ensure_ascii=False))


def mentioned(rows: Iterable[Any]) -> set[tuple[str, int]]:
    """The objects to which these events' changes point by number."""
    return {
        (target, value)
        for row in rows
        for key, columns in (row.changes or {}).items()
        for name, pair in columns.items()
        if name != "account_id" and (target := _reference(_split(key)[0], name))
        for value in pair
        if isinstance(value, int)
    }


def digests(touched: Iterable[Touched]) -> set[str]:
    """The long texts of which these changes speak."""
    sides = (side for row in touched for field in row.fields for side in (field.before, field.after))
    return {side.digest for side in sides if side is not None and side.digest is not None}


def day_words(moment: datetime, now: datetime) -> str:
    """Tue 3 Mar, with the year where it is not this one."""
    year = f" {moment.year}" if moment.year != now.year else ""
    return f"{_DAYS[moment.weekday()]} {moment.day} {_MONTHS[moment.month - 1]}{year}"


def _moment_words(moment: datetime, now: datetime) -> str:
    return f"{day_words(moment, now)}, {moment:%H:%M}"


def _split(key: str) -> tuple[str, int]:
    kind, _, number = key.partition(":")
    return kind, int(number)


def _birth_or_death(columns: dict[str, list[Any]]) -> str:
    if "id" not in columns:
        return ""
    return "made" if columns["id"][0] is None else "removed"


def _is_secret(pair: list[Any]) -> bool:
    return any(isinstance(value, dict) and "$secret" in value for value in pair)


def _is_long(pair: list[Any]) -> bool:
    return any(isinstance(value, dict) and "$text" in value for value in pair) or any(
        isinstance(value, str) and (len(value) > 4 * _SHORT or "\n" in value) for value in pair
    )


def _telling(columns: dict[str, list[Any]]) -> list[str]:
    # When it was closed, beside the status that became "closed", is no news.
    words = {f"{value}_datetime" for pair in columns.values() for value in pair if isinstance(value, str)}
    return [name for name in columns if name not in _QUIET and name not in words]


def _moments_last(name: str) -> bool:
    # A date that merely accompanies (closed at) is not what a person looks for first.
    return name.endswith("_datetime")


def _brief(value: Value | None) -> str:
    if value is None:
        return "none"
    words = " ".join(value.words.split())
    words = words if len(words) <= _SHORT else words[: _SHORT - 1] + "…"
    return f"“{words}”" if value.is_text and " " in words else words


def _words(name: str) -> str:
    """snooze_datetime → "snooze", assignee_user_id → "assignee user", TicketTag → "ticket tag"."""
    bare = re.sub(r"_(id|datetime|hash)$", "", name)
    return _spaced(bare).replace("_", " ").lower()


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


@cache
def _models() -> dict[str, type[Base]]:
    return {mapper.class_.__name__: mapper.class_ for mapper in Base.registry.mappers}


@cache
def _owner(kind: str) -> str | None:
    model = _models().get(kind)
    return model.__owner__[0] if model is not None and model.__owner__ is not None else None


@cache
def _reference(kind: str, name: str) -> str | None:
    """The class of the object whose number a column holds."""
    model = _models().get(kind)
    if model is None or name not in model.__mapper__.columns:
        return None
    tables = {foreign.column.table.name for foreign in model.__mapper__.columns[name].foreign_keys}
    return next((other for other, each in _models().items() if each.__tablename__ in tables), None)
