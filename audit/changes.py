"""Says what an event changed: in one line for a list, field by field for its story; and who really acted."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, ColumnDefault, String

from audit.asking import noun
from audit.base import Base
from audit.columns import Watch
from audit.types import registry

Labels = Mapping[tuple[str, int], str]

#: Fields that say nothing to a person, or nothing that the row doesn't say anyway.
_QUIET: Final = frozenset({"id", "account_id", "row_version", "created_datetime", "updated_datetime"})
#: How many changes a line names before it counts the rest.
_NAMED: Final = 3
_SHORT: Final = 48
_LONG: Final = 192
#: A column that holds more characters than this holds somebody's own words.
_WORD: Final = 64
_NOTHING: Final = "none"
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Value(NamedTuple):
    """One side of a change; a tuple, for every line of a list makes some."""

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
        type_ = registry.get(row.type)
        if changes and type_ is not None and type_.tell is not None and (told := type_.tell(changes)):
            return told
        if row.data and type_ is not None and type_.tell_data is not None:
            return type_.tell_data(row.data)
        parts = [part for key, columns in changes.items() for part in self._parts(row, key, columns)]
        if not changes and row.data:
            kind = row.object_type
            parts = [f"{_words(kind, name)} {self._side(kind, name, value)}" for name, value in row.data.items()]
        parts = list(dict.fromkeys(parts))  # all messages of a merged ticket move alike
        more = f" and {len(parts) - _NAMED} more" if len(parts) > _NAMED else ""
        return " · ".join(parts[:_NAMED]) + more

    def actor(self, row: Any) -> str:
        """rule Zebra v3, snooze timer, customer Carol, macro Refund by Ana."""
        if row.actor_kind in ("schedule", "system"):
            return str(row.actor_name)
        if row.actor_kind == "user":
            return f"team member {row.actor_name}"
        version = f" v{row.actor_version}" if row.actor_version is not None else ""
        by = f" by {self.member(row.initiator_id)}" if row.initiator_id is not None else ""
        return f"{row.actor_kind} {row.actor_name}{version}{by}"

    def acted(self, row: Any) -> str:
        """What really acted, where no team member did; else nothing."""
        return self.actor(row) if row.user_id is None else ""

    def member(self, number: int) -> str:
        """A team member's name."""
        return self.labels.get(("User", number)) or f"team member {number}"

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
        told = sorted(_telling(kind, columns), key=_moments_last)
        for name in told:
            before, after = columns[name]
            words, was, is_now = _words(kind, name), self._side(kind, name, before), self._side(kind, name, after)
            if _is_secret(columns[name]) or _is_long(columns[name]):
                yield f"{words} {'set' if before is None else 'changed' if after is not None else 'cleared'}"
            elif side == "made":
                usual = _default(kind, name)
                if after != usual and (after or usual) and name != _owner(kind):
                    yield f"{words} {is_now}"
            elif _is_plain(before) and _is_plain(after):
                for each in sorted(key for key in {**before, **after} if before.get(key) != after.get(key)):
                    sides = (self._side(kind, each, side.get(each)) for side in (before, after))
                    yield f"{each.replace('_', ' ')} {' → '.join(sides)}"
            else:
                yield f"{words} → {is_now}" if was == _NOTHING else f"{words} {was} → {is_now}"

    def _part(self, kind: str, number: int, columns: dict[str, list[Any]]) -> str:
        """A part's name: what it points to besides its owner, else its own name, or the column that was given words."""
        owner = _owner(kind)
        sides = {name: after if after is not None else before for name, (before, after) in columns.items()}
        for name, value in sides.items():
            if name != owner and name not in _QUIET and _reference(kind, name):
                return self._side(kind, name, value)
        for name in ("name", "label", "address", "value", "type"):
            if isinstance(sides.get(name), str) and sides[name]:
                return f"{_plain(kind)} {self._side(kind, name, sides[name])}"
        for name in sides:
            if words := _declared_words(kind, name):
                return f"{words} {self._side(kind, name, sides[name])}"
        return f"{_plain(kind)} {number}"

    def _touched(self, key: str, columns: dict[str, list[Any]]) -> Touched:
        kind, number = _split(key)
        fields = [
            Field(_words(kind, name), self._value(kind, name, before), self._value(kind, name, after), _is_secret(pair))
            for name, pair in columns.items()
            if name not in ("id", "account_id")
            for before, after in [pair]
        ]
        return Touched(f"{noun(_spaced(kind))} {number}", _birth_or_death(columns) or "changed", fields)

    def _side(self, kind: str, name: str, value: Any) -> str:
        """One side of a change, short enough for a line."""
        found = self._value(kind, name, value)
        if found is None:
            return _nothing(kind, name)
        return (quoted(found.words, _SHORT) if found.is_text else _clip(found.words, _SHORT)) or _NOTHING

    def _value(self, kind: str, name: str, value: Any) -> Value | None:
        if value is None:
            return None
        if isinstance(value, str):  # most are
            if name.endswith("_datetime"):
                return Value(_moment_words(datetime.fromisoformat(value).astimezone(self.now.tzinfo), self.now))
            return Value(value, is_text=_holds_text(kind, name, value))
        if isinstance(value, bool):
            return Value("yes" if value else "no")
        if isinstance(value, dict) and "$secret" in value:
            return Value("changed")
        if isinstance(value, dict) and "$text" in value:
            return Value("a long text", str(value["$text"]))
        if isinstance(value, int) and (target := _reference(kind, name)):
            label = self.labels.get((target, value))
            return Value(label or f"{noun(target).lower()} {value}")
        if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
            return Value(", ".join(map(str, value)))
        if isinstance(value, dict) and len(value) == 1 and isinstance(only := next(iter(value.values())), str):
            return Value(only)  # a colour, an emoji
        return Value(json.dumps(value, ensure_ascii=False))


def _is_plain(value: Any) -> bool:
    """Whether it is a document of several values of its own."""
    return isinstance(value, dict) and len(value) > 1 and not any(key.startswith("$") for key in value)


def mentioned(rows: Iterable[Any]) -> set[tuple[str, int]]:
    """The objects to which these events' changes point by number, and the team members who set them off."""
    rows = list(rows)
    pointed = {
        (target, value)
        for row in rows
        for key, columns in (row.changes or {}).items()
        for name, pair in columns.items()
        if name != "account_id" and (target := _reference(_split(key)[0], name))
        for value in pair
        if isinstance(value, int)
    }
    return pointed | {("User", row.initiator_id) for row in rows if row.initiator_id is not None}


@cache
def pointing() -> dict[str, str]:
    """The columns by which one thing points to another that has a name, each with the class of the other."""
    named = {type_.object for type_ in registry}
    return {
        column.key: target
        for kind, model in _models().items()
        for column in model.__mapper__.columns
        if column.key not in ("account_id", _owner(kind)) and (target := _reference(kind, column.key)) in named
    }


def digests(touched: Iterable[Touched]) -> set[str]:
    """The long texts of which these changes speak."""
    sides = (side for row in touched for field in row.fields for side in (field.before, field.after))
    return {side.digest for side in sides if side is not None and side.digest is not None}


def day_words(moment: datetime, now: datetime) -> str:
    """Tue 3 Mar; where it is not this year, 3 Mar 2025."""
    day = f"{moment.day} {_MONTHS[moment.month - 1]}"
    return f"{day} {moment.year}" if moment.year != now.year else f"{_DAYS[moment.weekday()]} {day}"


def quoted(text: Any, most: int = 80) -> str:
    """Somebody's own words in quotation marks, cut to what a line bears; nothing if there are none."""
    if isinstance(text, dict):
        return "a long text"  # kept by digest
    shown = _clip(str(text or ""), most)
    return f"“{shown}”" if shown else ""


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
    before, after = pair
    return (isinstance(before, dict) and "$secret" in before) or (isinstance(after, dict) and "$secret" in after)


def _is_long(pair: list[Any]) -> bool:
    # Of two long texts, the beginnings would often be the same.
    return any(isinstance(value, dict) and "$text" in value for value in pair) or (
        pair[0] is not None and any(isinstance(value, str) and (len(value) > _LONG or "\n" in value) for value in pair)
    )


def _telling(kind: str, columns: dict[str, list[Any]]) -> list[str]:
    # When it was closed, beside the status that became "closed", is no news.
    words = {f"{value}_datetime" for pair in columns.values() for value in pair if isinstance(value, str)}
    return [
        name for name in columns if name not in _QUIET and name not in words and _declared_words(kind, name) is not None
    ]


def _moments_last(name: str) -> bool:
    # A date that merely accompanies (closed at) is not what a person looks for first.
    return name.endswith("_datetime")


def _clip(text: str, most: int) -> str:
    words = " ".join(text.split())
    return words if len(words) <= most else words[: most - 1] + "…"


def _nothing(kind: str, name: str) -> str:
    if name.endswith("_user_id"):
        return "nobody"
    target = _reference(kind, name)
    return f"no {noun(target).lower()}" if target else _NOTHING


@cache
def _words(kind: str, name: str) -> str:
    """What a person calls a column."""
    return _declared_words(kind, name) or _plain(name)


@cache
def _declared_words(kind: str, name: str) -> str | None:
    column = _column(kind, name)
    watch: Watch | None = column.info.get("audit") if column is not None else None
    return watch.words if watch is not None else ""


def _plain(name: str) -> str:
    """snooze_datetime → "snooze", assignee_user_id → "assignee", TicketTag → "ticket tag"."""
    bare = re.sub(r"(_user)?(_(id|count|datetime|hash))?$", "", name)
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
    column = _column(kind, name)
    if column is None:
        return None
    tables = {foreign.column.table.name for foreign in column.foreign_keys}
    return next((other for other, each in _models().items() if each.__tablename__ in tables), None)


def _holds_text(kind: str, name: str, value: str) -> bool:
    """Whether these are somebody's own words, and not one of a few that the desk knows."""
    is_text = _is_text(kind, name)
    return is_text if is_text is not None else " " in value


@cache
def _is_text(kind: str, name: str) -> bool | None:
    column = _column(kind, name)
    if column is None or not isinstance(column.type, String):
        return None
    return column.type.length is None or column.type.length > _WORD


@cache
def _default(kind: str, name: str) -> Any:
    """What a new row has in a column unless somebody says otherwise; no news, then."""
    column = _column(kind, name)
    default = column.default if column is not None else None
    return default.arg if isinstance(default, ColumnDefault) and default.is_scalar else None


@cache
def _column(kind: str, name: str) -> Column[Any] | None:
    model = _models().get(kind)
    return model.__mapper__.columns.get(name) if model is not None else None
