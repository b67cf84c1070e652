"""Long lists read by keyset: in which order, where a stretch of them ended, and what lies beyond."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import abort
from sqlalchemy import Select, SQLColumnExpression, and_, or_
from sqlalchemy.engine import Row

from audit.base import from_microseconds, to_microseconds
from helpdesk.web.security import LARGEST_ID

PAGE: Final = 50

#: The year 5138, in microseconds: what lies beyond is no moment of a desk.
_LATEST: Final = 10**17


@dataclass(frozen=True)
class Order:
    """A way to sort a list; rows of one rank follow each other by number."""

    name: str
    label: str
    key: SQLColumnExpression[Any]
    kind: type  #: of the key's values: datetime, int or str
    falling: bool = False


@dataclass(frozen=True)
class Stretch:
    """A part of a list, and the cursor of the next one."""

    rows: Sequence[Row[Any]]
    next: str | None


def ordered(
    statement: Select[*tuple[Any, ...]],
    order: Order,
    number: SQLColumnExpression[int],
    after: str | None,
    page: int = PAGE,
) -> Select[*tuple[Any, ...]]:
    """The rows of a stretch, one more than it shows; the statement must select `order.key` as "key", and "id"."""
    if after is not None:
        key, last = _read(after, order)
        further = order.key < key if order.falling else order.key > key
        behind = number < last if order.falling else number > last
        statement = statement.where(or_(further, and_(order.key == key, behind)))
    by = (order.key.desc(), number.desc()) if order.falling else (order.key, number)
    return statement.order_by(*by).limit(page + 1)


def stretch(found: Sequence[Row[Any]], page: int = PAGE) -> Stretch:
    """What was found as a part of the list."""
    more = len(found) > page
    return Stretch(found[:page], _write(found[page - 1]) if more else None)


def _write(row: Row[Any]) -> str:
    key = to_microseconds(row.key) if isinstance(row.key, datetime) else row.key
    words = json.dumps([key, row.id], separators=(",", ":"))
    return base64.urlsafe_b64encode(words.encode()).decode().rstrip("=")


def _read(cursor: str, order: Order) -> tuple[Any, int]:
    try:
        words = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        key, number = json.loads(words)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        _nowhere()
    if type(number) is not int or not 0 < number <= LARGEST_ID:
        _nowhere()
    if order.kind is datetime:
        if type(key) is not int or not 0 <= key < _LATEST:
            _nowhere()
        return from_microseconds(key), number
    if type(key) is not order.kind or (isinstance(key, str) and "\0" in key):
        _nowhere()
    if isinstance(key, int) and not 0 <= key <= LARGEST_ID:
        _nowhere()
    return key, number


def _nowhere() -> Any:
    abort(404, "There is no such place in the list. Begin at the top again.")
