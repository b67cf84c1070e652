"""The system views, and the tickets of a list in any order, read by keyset."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    func,
    literal,
    select,
    true,
    tuple_,
    type_coerce,
)
from sqlalchemy.orm import Session

from audit.base import from_microseconds, to_microseconds
from helpdesk.models import Customer, ReadMark, Tag, Team, Ticket, TicketTag, User
from helpdesk.web.orders import USUAL, Order, Value, received, waits

PAGE: Final = 50


@dataclass(frozen=True)
class SystemView:
    """A view that every desk has."""

    name: str
    label: str
    icon: str
    condition: ColumnElement[bool]
    filters: str  #: the same in the language of views
    empty: str  #: what an empty one teaches


_present = and_(Ticket.spam.is_(False), Ticket.trashed_datetime.is_(None))
_open = and_(Ticket.status == "open", _present)
_PRESENT: Final = "eq(ticket.spam, false) && isEmpty(ticket.trashed_datetime)"
_OPEN: Final = f"eq(ticket.status, 'open') && {_PRESENT}"

VIEWS: Final[dict[str, SystemView]] = {
    view.name: view
    for view in (
        SystemView(
            "inbox",
            "Inbox",
            "inbox",
            _open,
            _OPEN,
            "Nobody waits for an answer. A mail to the desk's address, or a ticket by hand, appears here.",
        ),
        SystemView(
            "unassigned",
            "Unassigned",
            "unassigned",
            and_(_open, Ticket.assignee_user_id.is_(None)),
            f"{_OPEN} && isEmpty(ticket.assignee_user.id)",
            "Every open ticket has somebody. One comes here when its agent is taken off, or when it is new.",
        ),
        SystemView(
            "all",
            "All",
            "all",
            _present,
            _PRESENT,
            "There are no tickets yet. Write a mail to the desk's address, or open a ticket by hand.",
        ),
        SystemView(
            "snoozed",
            "Snoozed",
            "snooze",
            and_(Ticket.snooze_datetime.is_not(None), _present),
            f"isNotEmpty(ticket.snooze_datetime) && {_PRESENT}",
            "Nothing sleeps. Open a ticket and press Snooze: it hides here and comes back by itself.",
        ),
        SystemView(
            "closed",
            "Closed",
            "close",
            and_(Ticket.status == "closed", Ticket.snooze_datetime.is_(None), _present),
            f"eq(ticket.status, 'closed') && isEmpty(ticket.snooze_datetime) && {_PRESENT}",
            "Nothing is closed yet. Open a ticket and press Close; a customer's answer opens it again.",
        ),
        SystemView(
            "spam",
            "Spam",
            "spam",
            and_(Ticket.spam, Ticket.trashed_datetime.is_(None)),
            "eq(ticket.spam, true) && isEmpty(ticket.trashed_datetime)",
            "No spam. A ticket that is marked as spam moves here and keeps its status.",
        ),
        SystemView(
            "trash",
            "Trash",
            "trash",
            Ticket.trashed_datetime.is_not(None),
            "isNotEmpty(ticket.trashed_datetime)",
            "The trash is empty. A ticket in it is deleted for good after a while, and can come back until then.",
        ),
    )
}


@dataclass(frozen=True)
class Row:
    """A ticket in a list."""

    id: int
    subject: str | None
    excerpt: str | None
    customer: str
    assignee: str | None
    team: str | None
    status: str
    priority: str
    channel: str
    language: str | None
    email: str | None
    created: datetime
    said: datetime | None  #: when the newest message came or went
    received: datetime | None  #: when the customer wrote last
    closed: datetime | None
    spam: bool
    trashed: bool
    snoozed_until: datetime | None
    updated: datetime
    at: datetime  #: the time by which the list is ordered
    waits: bool
    unread: bool
    belongs: bool  #: whether the list would have it, if it were read now
    place: tuple[Any, ...]
    tags: list[tuple[str, str | None]]


@dataclass(frozen=True)
class Page:
    """A stretch of a list, and the cursor of the next one."""

    rows: list[Row]
    next: str | None


def page_of(
    session: Session,
    user_id: int,
    condition: ColumnElement[bool],
    order: Order = USUAL,
    *,
    first: ColumnElement[int] | None = None,
    after: str | None = None,
) -> Page:
    """The next tickets of a list, from its beginning or after this cursor; `first` is 1 for what comes before all."""
    keys = _keys(order, first)
    statement = _rows(session, user_id, order, keys, true()).where(condition)
    if after is not None:
        place = tuple_(*(literal(value, key.type) for key, value in zip(keys, _read(after, keys), strict=True)))
        here = tuple_(*keys)
        statement = statement.where(here < place if order.downwards else here > place)
    statement = statement.order_by(*(key.desc() if order.downwards else key.asc() for key in keys)).limit(PAGE + 1)
    found = _dressed(session, statement, len(keys), PAGE)
    return Page(found[0], _written(found[0][-1].place) if found[1] else None)


def rows_of(
    session: Session, user_id: int, numbers: Sequence[int], condition: ColumnElement[bool], order: Order = USUAL
) -> list[Row]:
    """These tickets as a list shows them, whether or not they (still) belong to it."""
    if not numbers:
        return []
    keys = _keys(order, None)
    statement = _rows(session, user_id, order, keys, condition).where(Ticket.id.in_(numbers))
    return _dressed(session, statement, len(keys), len(numbers))[0]


def numbers_of(session: Session, condition: ColumnElement[bool], most: int) -> list[int]:
    """The numbers of all tickets of a list, up to so many."""
    mine = Ticket.account_id == session.info["account_id"]
    return list(session.scalars(select(Ticket.id).where(mine, condition).order_by(Ticket.id).limit(most)))


def is_cursor(order: Order, written: str, *, has_first: bool = False) -> bool:
    """Whether this can be a place in a list of that order."""
    try:
        _read(written, _keys(order, literal(1) if has_first else None))
    except (ValueError, OverflowError):
        return False
    return True


def _keys(order: Order, first: ColumnElement[int] | None) -> list[Value]:
    if first is None:
        return [*order.keys, Ticket.id]
    return [first if order.downwards else 1 - first, *order.keys, Ticket.id]


def _rows(
    session: Session,
    user_id: int,
    order: Order,
    keys: list[Value],
    condition: ColumnElement[bool],
) -> Select[*tuple[Any, ...]]:
    new = and_(ReadMark.read_messages < Ticket.messages_count, ReadMark.read_datetime <= received)
    return (
        select(
            Ticket.id,
            Ticket.subject,
            Ticket.excerpt,
            Ticket.status,
            Ticket.priority,
            Ticket.channel,
            Ticket.language,
            Customer.email,
            Ticket.created_datetime,
            Ticket.last_message_datetime,
            Ticket.last_received_message_datetime,
            Ticket.closed_datetime,
            Ticket.spam,
            Ticket.trashed_datetime,
            Ticket.snooze_datetime,
            Ticket.updated_datetime,
            func.coalesce(Customer.name, Customer.email, "").label("customer"),
            User.name.label("assignee"),
            Team.name.label("team"),
            order.time.label("at"),
            waits.label("waits"),
            # Never opened: news only as long as there is something to do.
            case((ReadMark.id.is_(None), Ticket.status == "open"), else_=new).label("unread"),
            condition.label("belongs"),
            _tags(session),
            *(key.label(f"key_{place}") for place, key in enumerate(keys)),
        )
        .join(Customer, Customer.id == Ticket.customer_id)
        .outerjoin(User, User.id == Ticket.assignee_user_id)
        .outerjoin(Team, Team.id == Ticket.assignee_team_id)
        .outerjoin(ReadMark, and_(ReadMark.user_id == user_id, ReadMark.ticket_id == Ticket.id))
        .where(Ticket.account_id == session.info["account_id"])
    )


def _dressed(session: Session, statement: Select[*tuple[Any, ...]], keys: int, most: int) -> tuple[list[Row], bool]:
    found = session.execute(statement).all()
    rows = [
        Row(
            id=row.id,
            subject=row.subject,
            excerpt=row.excerpt,
            customer=row.customer,
            assignee=row.assignee,
            team=row.team,
            status=row.status,
            priority=row.priority,
            channel=row.channel,
            language=row.language,
            email=row.email,
            created=row.created_datetime,
            said=row.last_message_datetime,
            received=row.last_received_message_datetime,
            closed=row.closed_datetime,
            spam=row.spam,
            trashed=row.trashed_datetime is not None,
            snoozed_until=row.snooze_datetime,
            updated=row.updated_datetime,
            at=row.at,
            waits=bool(row.waits),
            unread=bool(row.unread),
            belongs=bool(row.belongs),
            place=tuple(row[-keys:]),
            tags=_pairs(row.tags),
        )
        for row in found[:most]
    ]
    return rows, len(found) > most


def _written(place: tuple[Any, ...]) -> str:
    return "-".join(str(to_microseconds(value) if isinstance(value, datetime) else int(value)) for value in place)


def _read(written: str, keys: list[Value]) -> list[Any]:
    parts = written.split("-")
    if len(parts) != len(keys) or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        raise ValueError(written)
    return [
        int(part) if isinstance(key.type, Integer) else from_microseconds(int(part))
        for key, part in zip(keys, parts, strict=True)
    ]


def _tags(session: Session) -> ColumnElement[Any]:
    """The tags of a ticket with their colours, as one value of its row: a list costs one statement."""
    on = (
        select(Tag.name, Tag.decoration, TicketTag.id)
        .join(Tag, Tag.id == TicketTag.tag_id)
        .where(TicketTag.ticket_id == Ticket.id)
        .order_by(TicketTag.id)
        .correlate(Ticket)
        .subquery()
    )
    if session.get_bind().dialect.name == "sqlite":
        pairs: ColumnElement[Any] = func.json_group_array(func.json_array(on.c.name, func.json(on.c.decoration)))
    else:
        pairs = func.jsonb_agg(func.jsonb_build_array(on.c.name, on.c.decoration))
    return type_coerce(select(pairs).scalar_subquery(), JSON).label("tags")


def _pairs(tags: list[Any] | None) -> list[tuple[str, str | None]]:
    return [(name, (decoration or {}).get("color")) for name, decoration in tags or ()]
