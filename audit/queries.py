"""Reads the log: a page by keyset, what is newer, how many there are; each with the index that was made for it."""

import base64
import binascii
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    String,
    column,
    func,
    literal,
    select,
    tuple_,
    union_all,
    values,
)
from sqlalchemy.orm import Session

from audit.base import BigId, UtcDateTime, from_microseconds, to_microseconds
from audit.filters import NO_USER, Ground, Query, conditions
from audit.log import event_head, event_table
from audit.sessions import scoped
from audit.types import registry

PAGE: Final = 50
#: Counting stops here: past it a sentence says "10,000+", and its cost stays what it is.
MOST_COUNTED: Final = 10_000

_c: Final = event_table.c
_KEY: Final = (_c.created_datetime, _c.id)


class BadCursor(Exception):
    """A cursor that this account's log did not give out; the message is for a person."""


@dataclass(frozen=True)
class Cursor:
    """Where a page ended: the next one begins just before."""

    at: datetime
    id: int

    def write(self, account_id: int) -> str:
        """Opaque, and good for this account alone."""
        words = f"{account_id}.{to_microseconds(self.at)}.{self.id}"
        return base64.urlsafe_b64encode(words.encode()).decode().rstrip("=")


@dataclass(frozen=True)
class Page:
    """Events, newest first, and where the next page goes on."""

    rows: list[Row[Any]]
    next: Cursor | None


@dataclass(frozen=True)
class Total:
    """How many events there are, or that there are more than were counted."""

    count: int

    @property
    def is_capped(self) -> bool:
        """Whether counting stopped before the end."""
        return self.count > MOST_COUNTED


def read_cursor(words: str, account_id: int) -> Cursor:
    """The cursor that was written so; raises BadCursor."""
    try:
        padded = words.encode("ascii") + b"=" * (-len(words) % 4)
        account, at, number = map(int, base64.b64decode(padded, altchars=b"-_", validate=True).decode().split("."))
        cursor = Cursor(from_microseconds(at), number)
    except (ValueError, OverflowError, binascii.Error) as error:
        raise BadCursor("The address to go on from is damaged. Begin again at the newest event.") from error
    if account != account_id or cursor.write(account_id) != words or not 0 < number < 2**63:
        raise BadCursor("The address to go on from belongs to another desk's log. Begin again at the newest event.")
    return cursor


def page(session: Session, query: Query, ground: Ground, *, before: Cursor | None = None, size: int = PAGE) -> Page:
    """The newest events of a query, or those before a cursor."""
    bounds = []
    if before is not None:
        bounds = [tuple_(*_KEY) < tuple_(literal(before.at, UtcDateTime), literal(before.id, BigId))]
    found = list(session.execute(statement(session, query, ground, bounds, size + 1)))
    rows = found[:size]
    return Page(rows, Cursor(rows[-1].created_datetime, rows[-1].id) if len(found) > size else None)


def newer(session: Session, query: Query, ground: Ground, *, after: int, size: int = PAGE) -> Page:
    """The first events after a number, newest first; `next` says where the following ones begin."""
    at = session.execute(scoped(session, _c.created_datetime, table=event_table).where(_c.id == after)).scalar()
    if at is None and after:
        raise BadCursor("The newest event shown is not in this desk's log. Load the page again.")
    bounds: list[ColumnElement[bool]] = [_c.id + 0 > after]
    if at is not None:
        # Times never run back: the index by time finds what the index by number would.
        bounds.append(_c.created_datetime >= at)
    found = list(session.execute(statement(session, query, ground, bounds, size + 1, ascending=True)))
    rows = found[:size]
    last = Cursor(rows[-1].created_datetime, rows[-1].id) if len(found) > size else None
    return Page(rows[::-1], last)


def total(session: Session, query: Query, ground: Ground, *, most: int = MOST_COUNTED) -> Total:
    """How many events a query finds, counted up to one past `most`."""
    if _is_driven(query) or query.target or query.api_only:
        branches = _branches(session, query, ground, [])
    else:
        # By type, though in no order: the index by time would have to look into every row for its type.
        offered = [type_.name for type_ in registry if type_.in_drop_down]
        every = scoped(session, table=event_table).where(_c.type.in_(offered))
        branches = [every.where(*conditions(query, ground, leave_out="types"))]
    ones = [branch.with_only_columns(literal(1).label("one")) for branch in branches]
    counted = select(literal(1)).select_from(_together(ones).subquery()).limit(most + 1).subquery()
    return Total(session.execute(select(func.count()).select_from(counted)).scalar_one())


def event(session: Session, number: int) -> Row[Any] | None:
    """One event of the account."""
    return session.execute(scoped(session, table=event_table).where(_c.id == number)).first()


def chain_length(session: Session, row: Row[Any]) -> int:
    """How many events share an event's context."""
    chain = _chain(session, row.context).with_only_columns(literal(1)).limit(MOST_COUNTED)
    return session.execute(select(func.count()).select_from(chain.subquery())).scalar_one()


def newest_id(session: Session) -> int:
    """The number of the account's last event, 0 while its log is empty."""
    return session.execute(scoped(session, event_head.c.last_id, table=event_head)).scalar() or 0


def people(session: Session) -> dict[int, str]:
    """Every team member who ever did anything, by the last name the log knows; one step of the index each."""
    first = scoped(session, _c.user_id.label("id"), table=event_table).where(_c.user_id.is_not(None))
    member = first.order_by(_c.user_id).limit(1).subquery().select().cte("member", recursive=True)
    following = (
        scoped(session, _c.user_id, table=event_table)
        .where(_c.user_id > member.c.id)
        .order_by(_c.user_id)
        .limit(1)
        .correlate(member)
        .scalar_subquery()
    )
    member = member.union_all(select(following).where(member.c.id.is_not(None)))
    name = (
        scoped(session, _c.actor_name, table=event_table)
        .where(_c.user_id == member.c.id)
        .order_by(_c.created_datetime.desc(), _c.id.desc())
        .limit(1)
        .correlate(member)
        .scalar_subquery()
    )
    found = session.execute(select(member.c.id, name).where(member.c.id.is_not(None)))
    return {row[0]: row[1] for row in found}


def labels(session: Session, objects: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """What the log last called these objects; those it never spoke of are left out."""
    wanted = list(objects)
    if not wanted:
        return {}
    asked = values(column("type", String), column("id", BigInteger), name="asked").data(wanted).cte("asked")
    last = (
        scoped(session, _c.object_label, table=event_table)
        .where(_c.object_type == asked.c.type, _c.object_id == asked.c.id)
        .order_by(_c.created_datetime.desc(), _c.id.desc())
        .limit(1)
        .correlate(asked)
        .scalar_subquery()
    )
    found = session.execute(select(asked.c.type, asked.c.id, last))
    return {(row[0], row[1]): row[2] for row in found if row[2] is not None}


def statement(
    session: Session,
    query: Query,
    ground: Ground,
    bounds: list[ColumnElement[bool]],
    size: int,
    *,
    ascending: bool = False,
) -> Select[Any]:
    """The first events of a query within bounds: one limited stretch of an index per branch, put in order."""
    branches = _branches(session, query, ground, bounds)
    if len(branches) == 1 and not _is_driven(query):
        return branches[0].order_by(*_order(_c, ascending)).limit(size)
    keys = [
        branch.with_only_columns(*_KEY).order_by(*_order(_c, ascending, by_time_only=True)).limit(size)
        for branch in branches
    ]
    # Only times and numbers are sorted; the few rows that remain are then read whole.
    every = _together(keys).subquery()
    first = select(every).order_by(*_order(every.c, ascending)).limit(size).subquery()
    whole = scoped(session, table=event_table).join_from(first, event_table, _c.id == first.c.id)
    return whole.order_by(*_order(first.c, ascending))


def _is_driven(query: Query) -> bool:
    return bool(query.types or query.members or query.context)


def _branches(session: Session, query: Query, ground: Ground, bounds: list[ColumnElement[bool]]) -> list[Select[Any]]:
    """A query as a sum of stretches, each of which one index holds in order.

    `type IN (…)` under an ORDER BY would sort every match. Named members did little in a week, so they drive before
    types; "No user" did most of it, so there types come first.
    """
    if query.context is not None:
        return [_chain(session, query.context).where(*bounds, *conditions(query, ground, leave_out="context"))]
    every = scoped(session, table=event_table).where(*bounds)
    if query.target is not None:
        return [every.where(*conditions(query, ground))]
    if query.types and (not query.members or NO_USER in query.members):
        rest = conditions(query, ground, leave_out="types")
        return [every.where(_c.type == name, *rest) for name in query.types]
    if query.members:
        rest = conditions(query, ground, leave_out="members")
        return [every.where(_c.user_id == (number or None), *rest) for number in query.members]
    return [every.where(*conditions(query, ground))]


def _chain(session: Session, context: uuid.UUID) -> Select[Any]:
    # Scoped, but by an expression: an index that begins with the account would be walked from end to end.
    return select(event_table).where(
        _c.context == context, func.coalesce(_c.account_id, 0) == session.info["account_id"]
    )


def _together(parts: list[Select[Any]]) -> Any:
    # SQLite takes no ORDER BY inside a UNION, unless one level down.
    return union_all(*(select(part.subquery()) for part in parts)) if len(parts) > 1 else parts[0]


def _order(columns: Any, ascending: bool, *, by_time_only: bool = False) -> list[ColumnElement[Any]]:
    at, number = columns.created_datetime, columns.id
    if by_time_only:
        # No index holds `id + 0`: else SQLite walks the whole period, in order, for the few events of one type.
        number = number + 0
    return [at.asc(), number.asc()] if ascending else [at.desc(), number.desc()]
