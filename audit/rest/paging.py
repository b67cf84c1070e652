"""Lists by keyset in both directions: a cursor is the last row's sort value and number, as the live API writes it."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from sqlalchemy import Select, literal, tuple_
from sqlalchemy.orm import Session

from audit.rest.problems import Problem
from audit.rest.shapes import LARGEST_ID, Paged

Direction = Literal["next", "prev"]

#: Within a cursor no sign may need escaping in an address: without these, base64 of plain ASCII yields neither + nor /.
_ESCAPED: Final = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "<>?~"})
_BAD: Final = "Not a valid cursor. Begin again without one."


@dataclass(frozen=True)
class Order:
    """A way to sort: the keys, the kinds of their values, and whether it falls; rows of one rank follow by number."""

    keys: tuple[Any, ...]  #: expressions of SQL
    kinds: tuple[type, ...]
    falling: bool


@dataclass(frozen=True)
class Page:
    """A part of a list and the cursors of those beside it."""

    data: list[Any]
    prev_cursor: str | None = None
    next_cursor: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)  #: what else stands in `meta`

    def map(self, show: Callable[[list[Any]], list[Any]], **meta: Any) -> "Page":
        """The same part with its rows as they are shown."""
        return Page(show(self.data), self.prev_cursor, self.next_cursor, meta)


@dataclass(frozen=True)
class Cursor:
    """A place in a list."""

    direction: Direction
    keys: tuple[Any, ...]
    id: int

    def write(self) -> str:
        """Opaque to clients."""
        keys = [_plain(key) for key in self.keys]
        words = json.dumps([self.direction, keys[0] if len(keys) == 1 else keys, self.id]).translate(_ESCAPED)
        return base64.b64encode(words.encode("ascii")).decode()


def both_ways(name: str, key: Any, kind: type) -> dict[str, Order]:
    """Orders by this key, as `name:asc` and `name:desc`."""
    return {f"{name}:asc": Order((key,), (kind,), False), f"{name}:desc": Order((key,), (kind,), True)}


def read_cursor(words: str, order: Order) -> Cursor:
    """The cursor that was written so; raises Problem."""
    try:
        direction, given, number = json.loads(base64.b64decode(words.encode("ascii"), validate=True))
        keys = given if len(order.keys) > 1 else [given]
        values = tuple(_typed(key, kind) for key, kind in zip(keys, order.kinds, strict=True))
    except (ValueError, TypeError, binascii.Error, RecursionError, OverflowError) as error:
        raise Problem(400, "Failed to read the list.", {"cursor": [_BAD]}) from error
    if direction not in ("next", "prev") or type(number) is not int or not 0 < number <= LARGEST_ID:
        raise Problem(400, "Failed to read the list.", {"cursor": [_BAD]})
    return Cursor(direction, values, number)


def paged(
    session: Session,
    statement: Select[*tuple[Any, ...]],
    order: Order,
    number: Any,
    asked: Paged,
) -> Page:
    """The part of the list that was asked for; its rows are what the statement selects first."""
    cursor = read_cursor(asked.cursor, order) if asked.cursor else None
    backwards = cursor is not None and cursor.direction == "prev"
    columns = (*order.keys, number)
    if cursor is not None:
        place = tuple_(
            *(literal(key, column.type) for key, column in zip(cursor.keys, order.keys, strict=True)), cursor.id
        )
        beyond = tuple_(*columns)
        statement = statement.where(beyond < place if order.falling is not backwards else beyond > place)
    by = [column.desc() if order.falling is not backwards else column.asc() for column in columns]
    statement = statement.add_columns(*(column.label(f"at_{place}") for place, column in enumerate(columns)))
    return part([tuple(row) for row in session.execute(statement.order_by(*by).limit(asked.limit + 1))], asked, cursor)


def of_all(rows: Iterable[tuple[Any, ...]], order: Order, asked: Paged) -> Page:
    """The same of a list that is at hand as a whole: what is listed, then its keys and its number."""
    cursor = read_cursor(asked.cursor, order) if asked.cursor else None
    falls = order.falling is not (cursor is not None and cursor.direction == "prev")
    found = sorted(rows, key=lambda row: row[1:], reverse=falls)
    if cursor is not None:
        place = (*cursor.keys, cursor.id)
        found = [row for row in found if (row[1:] < place if falls else row[1:] > place)]
    return part(found[: asked.limit + 1], asked, cursor)


def part(found: Sequence[tuple[Any, ...]], asked: Paged, cursor: Cursor | None) -> Page:
    """Rows in the order of reading, one more than were asked for; each ends with its keys and its number."""
    rows, more = list(found[: asked.limit]), len(found) > asked.limit
    backwards = cursor is not None and cursor.direction == "prev"
    if backwards:
        rows.reverse()
    if not rows:
        return Page([])
    has_prev, has_next = (more, True) if backwards else (cursor is not None, more)
    first, last = Cursor("prev", rows[0][1:-1], rows[0][-1]), Cursor("next", rows[-1][1:-1], rows[-1][-1])
    return Page([row[0] for row in rows], first.write() if has_prev else None, last.write() if has_next else None)


def _plain(key: Any) -> Any:
    if isinstance(key, datetime):
        return key.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    return key


def _typed(key: Any, kind: Any) -> Any:
    if kind is datetime:
        moment = datetime.fromisoformat(key).replace(tzinfo=UTC)
        if not 1970 <= moment.year < 2200:
            raise ValueError(key)
        return moment
    if type(key) is not kind or (isinstance(key, str) and "\0" in key):
        raise ValueError(key)
    if isinstance(key, int) and abs(key) > LARGEST_ID:
        raise ValueError(key)
    return key
