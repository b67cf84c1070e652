"""Reads the log: a page by keyset, what is newer, how many there are; each with the index that was made for it."""

import base64
import binascii
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    String,
    bindparam,
    column,
    false,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    union_all,
    values,
)
from sqlalchemy.orm import Session

from audit import asking
from audit.base import BigId, UtcDateTime, from_microseconds, to_microseconds
from audit.filters import NO_USER, Doer, Ground, Query, conditions
from audit.log import NOT_BY_HAND, RARE_WAY, event_head, event_table, stored_text
from audit.periods import ANY, Period
from audit.sessions import scoped
from audit.types import registry
from audit.what import chosen_types
from audit.when import PERIOD, ends_of

PAGE: Final = 50
#: Counting stops here: past it a sentence says "10,000+", and its cost stays what it is.
MOST_COUNTED: Final = 10_000

#: Beyond so many types, a page is looked for in the next events first: so many for each row of it.
_WIDE: Final = 6
_NEAR: Final = 8

#: So many of the last events of a kind are looked at for what acted.
_LOOKED_AT: Final = 2_000

_c: Final = event_table.c
_KEY: Final = (_c.created_datetime, _c.id)

#: What a cursor's two parts are called in SQL.
_AT: Final = "before_at"
_NUMBER: Final = "before_id"


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
    searched_to: datetime | None = None  #: where looking stopped because it took long; more may lie before


@dataclass(frozen=True)
class Total:
    """How many events there are, or that there are more than were counted."""

    count: int
    is_partial: bool = False  #: whether counting stopped because it took long
    most: int | None = MOST_COUNTED  #: where counting would have stopped

    @property
    def is_capped(self) -> bool:
        """Whether counting stopped before the end."""
        return self.most is not None and self.count > self.most


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
    found = _among_the_next(session, query, ground, before, size) if is_wide(query) else []
    if len(found) <= size:
        found = session.execute(
            _prepared(session, query, ground, before, size + 1), _values(query, ground, before)
        ).all()
    rows = ground.memory.fetched.rows([key.id for key in found[:size]], partial(_events, session))
    return Page(rows, Cursor(rows[-1].created_datetime, rows[-1].id) if len(found) > size else None)


def _events(session: Session, numbers: list[int]) -> Sequence[Row[Any]]:
    return session.execute(_by_number(session).where(_c.id.in_(numbers))).all()


def _prepared(session: Session, query: Query, ground: Ground, before: Cursor | None, size: int) -> Select[Any]:
    """What asks for a page, whatever its period and cursor are."""

    def make() -> Select[Any]:
        return _keys(session, query, ground, before_cursor(before) if before is not None else [], size)

    if query.texts or any(doer.kind == "user" for doer in query.doers):
        return make()  # it says by number what has the text in its name, or who is in the team
    named = frozenset(_values(query, ground, before))
    return ground.memory.prepared.get((replace(query, period=Period(ANY)), named, size), make)


def _values(query: Query, ground: Ground, before: Cursor | None) -> dict[str, Any]:
    """The values of its period and its cursor."""
    return {**ends_of(query, ground), **({_AT: before.at, _NUMBER: before.id} if before is not None else {})}


def _by_number(session: Session) -> Select[Any]:
    # Scoped, but by an expression: an index that begins with the account would be walked from end to end.
    return select(event_table).where(func.coalesce(_c.account_id, 0) == session.info["account_id"])


def is_wide(query: Query) -> bool:
    """Whether so many types are asked for that the next events of all types mostly hold a page of them."""
    return driver(query) == "types" and len(chosen_types(query) or ()) > _WIDE


def _among_the_next(
    session: Session, query: Query, ground: Ground, before: Cursor | None, size: int
) -> Sequence[Row[Any]]:
    """Of so many types, the next few hundred events hold a page, mostly: enough to spare a look at each type."""
    bounds = before_cursor(before) if before is not None else []
    every = scoped(session, *_KEY, table=event_table).where(*bounds, *PERIOD.condition(query, ground))
    nearest = every.order_by(*_order(_c, False)).limit(1).offset(_NEAR * size)
    lowest = session.execute(nearest).first()
    if lowest is None:
        return []
    key = tuple_(literal(lowest.created_datetime, UtcDateTime), literal(lowest.id, BigId))
    fitting = scoped(session, *_KEY, table=event_table).where(*bounds, tuple_(*_KEY) >= key, *conditions(query, ground))
    return session.execute(fitting.order_by(*_order(_c, False)).limit(size + 1)).all()


def before_cursor(before: Cursor) -> list[ColumnElement[bool]]:
    """What must hold of an event that stands before a place."""
    return [tuple_(*_KEY) < tuple_(bindparam(_AT, before.at, UtcDateTime), bindparam(_NUMBER, before.id, BigId))]


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


def place_of(session: Session, number: int) -> Cursor | None:
    """Where an event stands, None for 0, before the first; raises BadCursor if it is not this account's."""
    at = session.execute(scoped(session, _c.created_datetime, table=event_table).where(_c.id == number)).scalar()
    if at is None and number:
        raise BadCursor("That event is not in this desk's log, so nothing can follow it. Look at the number again.")
    return Cursor(at, number) if at is not None else None


def onward(
    session: Session, query: Query, ground: Ground, *, after: Cursor | None, upto: int, size: int
) -> Sequence[Row[Any]]:
    """The first events after a place, oldest first, none beyond `upto`: a log that grows meanwhile ends somewhere."""
    bounds = [_c.id + 0 <= upto]
    if after is not None:
        bounds.append(tuple_(*_KEY) > tuple_(literal(after.at, UtcDateTime), literal(after.id, BigId)))
    return session.execute(statement(session, query, ground, bounds, size, ascending=True)).all()


def total(session: Session, query: Query, ground: Ground, *, most: int = MOST_COUNTED) -> Total:
    """How many events a query finds, counted up to one past `most`."""
    if driver(query) != "period" or query.api_only:
        parts = branches(session, query, ground, [])
    else:
        # By type, though in no order: the index by time would have to look into every row for its type.
        offered = [type_.name for type_ in registry if type_.in_drop_down]
        every = scoped(session, table=event_table).where(_c.type.in_(offered))
        parts = [every.where(*conditions(query, ground, leave_out="types"))]
    ones = [part.with_only_columns(literal(1).label("one")) for part in parts]
    counted = select(literal(1)).select_from(together(ones).subquery()).limit(most + 1).subquery()
    return Total(session.execute(select(func.count()).select_from(counted)).scalar_one(), most=most)


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


def acted_lately(session: Session) -> list[tuple[Doer, str]]:
    """Rules, macros and integrations among the last that acted, by name."""
    found: list[tuple[Doer, str]] = []
    for kind in ("rule", "macro", "integration"):
        every = scoped(session, _c.actor_id, _c.actor_name, table=event_table)
        lately = (
            every.where(literal_column(NOT_BY_HAND), _c.actor_kind == kind, _c.actor_id.is_not(None))
            .order_by(_c.created_datetime.desc())
            .limit(_LOOKED_AT)
            .subquery()
        )
        named = select(lately.c.actor_id, func.max(lately.c.actor_name)).group_by(lately.c.actor_id)
        found += [(Doer(kind, number), str(name)) for number, name in session.execute(named)]
    return found


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


def long_texts(session: Session, digests: Iterable[str]) -> dict[str, str]:
    """The long texts that the log keeps apart, by digest; those it does not keep are left out."""
    wanted, kept = list(digests), stored_text.c
    if not wanted:
        return {}
    every = scoped(session, kept.digest, kept.content, table=stored_text)
    return {row.digest: row.content for row in session.execute(every.where(kept.digest.in_(wanted)))}


Driver = Literal["context", "target", "members", "set_off_by", "doers", "types", "sources", "period"]

#: Ways of which an index knows (see `audit.log`); by the others so much comes in that a walk by time finds it.
_RARE: Final = frozenset(asking.SOURCES) - {"web", "email", "automation"}


def statement(
    session: Session,
    query: Query,
    ground: Ground,
    bounds: list[ColumnElement[bool]],
    size: int,
    *,
    ascending: bool = False,
    by: Driver | None = None,
) -> Select[Any]:
    """The first events of a query within bounds, whole: only times and numbers are sorted, the few rows then read."""
    first = _keys(session, query, ground, bounds, size, ascending=ascending, by=by).subquery()
    whole = scoped(session, table=event_table).join_from(first, event_table, _c.id == first.c.id)
    return whole.order_by(*_order(first.c, ascending))


def _keys(
    session: Session,
    query: Query,
    ground: Ground,
    bounds: list[ColumnElement[bool]],
    size: int,
    *,
    ascending: bool = False,
    by: Driver | None = None,
) -> Select[Any]:
    """Their times and numbers: one limited stretch of an index per branch, put in order."""
    by = by or driver(query)
    parts = [part.with_only_columns(*_KEY) for part in branches(session, query, ground, bounds, by)]
    if len(parts) == 1 and by in ("target", "period"):
        return parts[0].order_by(*_order(_c, ascending)).limit(size)
    order = _order(_c, ascending, by_time_only=True)
    if by == "members":
        # One member to a stretch. Of "is null" PostgreSQL doesn't see that it is one, and would sort the whole period.
        order.insert(0, _c.user_id.asc() if ascending else _c.user_id.desc())
    stretches = [part.order_by(*order).limit(size) for part in parts]
    if len(stretches) == 1:
        return stretches[0]
    every = together(stretches).subquery()
    return select(every).order_by(*_order(every.c, ascending)).limit(size)


def driver(query: Query) -> Driver:
    """The filter whose index a question is driven by: the one that leaves least to look at.

    Named members did little in a week, so they drive before types; "No user" did most of it, so there types come first.
    """
    kinds = {doer.kind for doer in query.doers}
    by: tuple[tuple[Driver, bool], ...] = (
        ("context", query.context is not None),
        ("target", query.target is not None and query.target.id is not None),
        ("members", bool(query.members) and NO_USER not in query.members),
        ("set_off_by", bool(query.set_off_by)),
        ("doers", bool(kinds) and "user" not in kinds),
        ("types", chosen_types(query) is not None),
        ("members", bool(query.members)),
        ("doers", bool(kinds)),
        ("sources", bool(query.sources) and _RARE.issuperset(query.sources)),
    )
    return next((name for name, does in by if does), "period")


def is_swept(query: Query) -> bool:
    """Whether events must be looked at one by one, because no index knows what is asked of them."""
    by = driver(query)
    return by not in ("context", "target") and bool(query.texts or (query.sources and by != "sources"))


def branches(
    session: Session, query: Query, ground: Ground, bounds: list[ColumnElement[bool]], by: Driver | None = None
) -> list[Select[Any]]:
    """A query as a sum of stretches, each of which one index holds in order.

    `type IN (…)` under an ORDER BY would sort every match.
    """
    by = by or driver(query)
    if by == "context" and query.context is not None:
        return [_chain(session, query.context).where(*bounds, *conditions(query, ground, leave_out="context"))]
    every = scoped(session, table=event_table).where(*bounds)
    stretches = _stretches(query, ground, by)
    rest = conditions(query, ground, leave_out=by if stretches != [[]] else "")
    return [every.where(*stretch, *rest) for stretch in stretches]


def _stretches(query: Query, ground: Ground, by: Driver) -> list[list[ColumnElement[bool]]]:
    if by == "members":
        return [[_c.user_id == (number or None)] for number in query.members]
    if by == "set_off_by":
        return [[_c.initiator_id == number] for number in query.set_off_by]
    if by == "doers":
        return _doers(query, ground)
    if by == "types":
        return [[_c.type == name] for name in chosen_types(query) or ()] or [[false()]]
    if by == "sources":
        return [[literal_column(RARE_WAY), _c.source == name] for name in query.sources]
    return [[]]


def _doers(query: Query, ground: Ground) -> list[list[ColumnElement[bool]]]:
    single: dict[str, list[int]] = {}
    for doer in query.doers:
        single.setdefault(doer.kind, []).append(doer.id)
    hands: list[list[ColumnElement[bool]]] = (
        [[_c.user_id == number] for number in sorted(ground.people)] if "user" in single else []
    )
    if len(hands) > asking.MOST_MEMBERS:
        return [[]]
    machines: list[list[ColumnElement[bool]]] = [
        [
            literal_column(NOT_BY_HAND),
            _c.actor_kind == kind,
            *([_c.actor_id.in_(numbers)] if all(numbers) else []),
        ]
        for kind, numbers in sorted(single.items())
        if kind != "user"
    ]
    return [*hands, *machines] or [[false()]]


def _chain(session: Session, context: uuid.UUID) -> Select[Any]:
    return _by_number(session).where(_c.context == context)


def together(parts: list[Select[Any]]) -> Any:
    # SQLite takes no ORDER BY inside a UNION, unless one level down.
    return union_all(*(select(part.subquery()) for part in parts)) if len(parts) > 1 else parts[0]


def _order(columns: Any, ascending: bool, *, by_time_only: bool = False) -> list[ColumnElement[Any]]:
    at, number = columns.created_datetime, columns.id
    if by_time_only:
        # No index holds `id + 0`: else SQLite walks the whole period, in order, for the few events of one type.
        number = number + 0
    return [at.asc(), number.asc()] if ascending else [at.desc(), number.desc()]
