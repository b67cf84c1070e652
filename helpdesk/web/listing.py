"""The system views and the tickets in them, newest first, read by keyset."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session

from audit.base import from_microseconds, to_microseconds
from helpdesk.models import Customer, Tag, Team, Ticket, TicketTag, User

PAGE: Final = 50


@dataclass(frozen=True)
class SystemView:
    """A view that every desk has."""

    name: str
    label: str
    icon: str
    condition: ColumnElement[bool]
    empty: str  #: what an empty one teaches


_present = and_(Ticket.spam.is_(False), Ticket.trashed_datetime.is_(None))
_open = and_(Ticket.status == "open", _present)

VIEWS: Final[dict[str, SystemView]] = {
    view.name: view
    for view in (
        SystemView(
            "inbox",
            "Inbox",
            "inbox",
            _open,
            "Nobody waits for an answer. A mail to the desk's address, or a ticket by hand, appears here.",
        ),
        SystemView(
            "unassigned",
            "Unassigned",
            "unassigned",
            and_(_open, Ticket.assignee_user_id.is_(None)),
            "Every open ticket has somebody. One comes here when its agent is taken off, or when it is new.",
        ),
        SystemView(
            "all",
            "All",
            "all",
            _present,
            "There are no tickets yet. Write a mail to the desk's address, or open a ticket by hand.",
        ),
        SystemView(
            "snoozed",
            "Snoozed",
            "snooze",
            and_(Ticket.snooze_datetime.is_not(None), _present),
            "Nothing sleeps. Open a ticket and press Snooze: it hides here and comes back by itself.",
        ),
        SystemView(
            "closed",
            "Closed",
            "close",
            and_(Ticket.status == "closed", Ticket.snooze_datetime.is_(None), _present),
            "Nothing is closed yet. Open a ticket and press Close; a customer's answer opens it again.",
        ),
        SystemView(
            "spam",
            "Spam",
            "spam",
            and_(Ticket.spam, Ticket.trashed_datetime.is_(None)),
            "No spam. A ticket that is marked as spam moves here and keeps its status.",
        ),
        SystemView(
            "trash",
            "Trash",
            "trash",
            Ticket.trashed_datetime.is_not(None),
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
    spam: bool
    trashed: bool
    snoozed_until: datetime | None
    updated: datetime
    tags: list[tuple[str, str | None]]


@dataclass(frozen=True)
class Page:
    """A stretch of a list, and the cursor of the next one."""

    rows: list[Row]
    next: str | None


def counts(session: Session, account_id: int) -> dict[str, int]:
    """How many tickets each view holds, in one statement."""
    columns = [func.count().filter(view.condition).label(view.name) for view in VIEWS.values()]
    found = session.execute(select(*columns).select_from(Ticket).where(Ticket.account_id == account_id)).one()
    return dict(found._mapping)


def page_of(session: Session, account_id: int, view: SystemView, after: str | None = None) -> Page:
    """The next rows of a view, from the newest or after this cursor."""
    found = session.execute(
        select(
            Ticket.id,
            Ticket.subject,
            Ticket.excerpt,
            Ticket.status,
            Ticket.priority,
            Ticket.spam,
            Ticket.trashed_datetime,
            Ticket.snooze_datetime,
            Ticket.updated_datetime,
            func.coalesce(Customer.name, Customer.email, "").label("customer"),
            User.name.label("assignee"),
            Team.name.label("team"),
        )
        .join(Customer, Customer.id == Ticket.customer_id)
        .outerjoin(User, User.id == Ticket.assignee_user_id)
        .outerjoin(Team, Team.id == Ticket.assignee_team_id)
        .where(Ticket.account_id == account_id, view.condition, _beyond(after))
        .order_by(Ticket.updated_datetime.desc(), Ticket.id.desc())
        .limit(PAGE + 1)
    ).all()
    shown = found[:PAGE]
    tags = _tags(session, [row.id for row in shown])
    rows = [
        Row(
            row.id,
            row.subject,
            row.excerpt,
            row.customer,
            row.assignee,
            row.team,
            row.status,
            row.priority,
            row.spam,
            row.trashed_datetime is not None,
            row.snooze_datetime,
            row.updated_datetime,
            tags.get(row.id, []),
        )
        for row in shown
    ]
    return Page(rows, cursor(rows[-1]) if len(found) > PAGE else None)


def newer_than(session: Session, account_id: int, view: SystemView, first: str) -> int:
    """How many tickets of a view were made or changed after the one that this cursor names."""
    at, number = _parse(first)
    changed = or_(Ticket.updated_datetime > at, and_(Ticket.updated_datetime == at, Ticket.id > number))
    found = session.scalar(
        select(func.count()).select_from(Ticket).where(Ticket.account_id == account_id, view.condition, changed)
    )
    return found or 0


def cursor(row: Row) -> str:
    """Where a row stands in its list."""
    return f"{to_microseconds(row.updated)}-{row.id}"


def _beyond(after: str | None) -> ColumnElement[bool]:
    if after is None:
        return true()
    at, number = _parse(after)
    return or_(Ticket.updated_datetime < at, and_(Ticket.updated_datetime == at, Ticket.id < number))


def _parse(cursor: str) -> tuple[datetime, int]:
    microseconds, _, number = cursor.partition("-")
    return from_microseconds(int(microseconds)), int(number)


def _tags(session: Session, numbers: list[int]) -> dict[int, list[tuple[str, str | None]]]:
    if not numbers:
        return {}
    found: dict[int, list[tuple[str, str | None]]] = {}
    links = session.execute(
        select(TicketTag.ticket_id, Tag.name, Tag.decoration)
        .join(Tag, Tag.id == TicketTag.tag_id)
        .where(TicketTag.ticket_id.in_(numbers))
        .order_by(TicketTag.id)
    )
    for link in links:
        found.setdefault(link.ticket_id, []).append((link.name, (link.decoration or {}).get("color")))
    return found
