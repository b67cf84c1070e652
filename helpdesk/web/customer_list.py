"""The list of customers: searched, sorted, and read by keyset, with how many tickets each has."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import Session

from audit.folding import fold, folded
from helpdesk.mail.charsets import clean_line
from helpdesk.models import Customer, CustomerChannel, Ticket
from helpdesk.web import keyset
from helpdesk.web.keyset import Order
from helpdesk.web.security import LARGEST_ID

#: More words than this make a query slow and no search better.
MOST_WORDS: Final = 6
LONGEST_SEARCH: Final = 100

ORDERS: Final[dict[str, Order]] = {
    order.name: order
    for order in (
        Order("newest", "Newest first", Customer.created_datetime, datetime, falling=True),
        Order("name", "By name", folded(func.coalesce(Customer.name, Customer.email, "")), str),
    )
}

_PHONE: Final = re.compile(r"\+?[\d\s()./-]{5,}")


@dataclass(frozen=True)
class Line:
    """A customer in the list."""

    id: int
    name: str
    address: str | None
    stands_for_deleted: bool
    open: int
    all: int
    updated: datetime

    @property
    def initials(self) -> str:
        """For the round sign beside the name."""
        return initials(self.name)


@dataclass(frozen=True)
class Listed:
    """A stretch of the list, and how many there are in all."""

    lines: list[Line]
    next: str | None
    count: int


def page_of(session: Session, account_id: int, order: Order, wanted: str, after: str | None) -> Listed:
    """The customers who are looked for, from the top or after this cursor."""
    condition = and_(Customer.account_id == account_id, holding(account_id, wanted))
    statement: Select[*tuple[Any, ...]] = select(
        Customer.id,
        Customer.name,
        Customer.email,
        Customer.stands_for_deleted,
        Customer.updated_datetime,
        order.key.label("key"),
    ).where(condition)
    part = keyset.stretch(session.execute(keyset.ordered(statement, order, Customer.id, after)).all())
    tickets = ticket_counts(session, [row.id for row in part.rows])
    lines = [
        Line(
            row.id,
            row.name or row.email or f"Customer {row.id}",
            row.email,
            row.stands_for_deleted,
            *tickets.get(row.id, (0, 0)),
            updated=row.updated_datetime,
        )
        for row in part.rows
    ]
    count = session.scalar(select(func.count()).select_from(Customer).where(condition)) if after is None else 0
    return Listed(lines, part.next, count or 0)


def found_by(session: Session, account_id: int, wanted: str, *, but: int, most: int) -> Sequence[Customer]:
    """The first customers who are looked for, without this one."""
    return session.scalars(
        select(Customer)
        .where(
            Customer.account_id == account_id,
            Customer.id != but,
            Customer.stands_for_deleted.is_(False),
            holding(account_id, wanted),
        )
        .order_by(Customer.name, Customer.id)
        .limit(most)
    ).all()


def ticket_counts(session: Session, numbers: list[int]) -> dict[int, tuple[int, int]]:
    """How many tickets these customers have open, and in all."""
    if not numbers:
        return {}
    is_open = and_(Ticket.status == "open", Ticket.spam.is_(False), Ticket.trashed_datetime.is_(None))
    found = session.execute(
        select(Ticket.customer_id, func.count().filter(is_open).label("open"), func.count().label("all"))
        .where(Ticket.customer_id.in_(numbers))
        .group_by(Ticket.customer_id)
    )
    return {row.customer_id: (row.open, row.all) for row in found}


def initials(name: str) -> str:
    """The first letters of the first and the last word; nothing where a word begins with a sign."""
    words = name.partition("@")[0].split()
    return "".join(word[0] for word in [*words[:1], *words[1:][-1:]] if word[0].isalnum()).upper()


def holding(account_id: int, wanted: str) -> ColumnElement[bool]:
    """Customers who have each of these words in name, address, external id or number, whatever its capitals."""
    words = [clean_line(wanted, LONGEST_SEARCH)]
    if not _PHONE.fullmatch(words[0]):
        words = words[0].split()[:MOST_WORDS]
    else:
        words = [re.sub(r"[^\d+]", "", words[0])]
    return and_(true(), *(_has(account_id, fold(word)) for word in words if word))


def _has(account_id: int, word: str) -> ColumnElement[bool]:
    places: list[ColumnElement[bool]] = [
        folded(Customer.name).contains(word, autoescape=True),
        Customer.email_key.contains(word, autoescape=True),
        folded(Customer.external_id).contains(word, autoescape=True),
        Customer.id.in_(
            select(CustomerChannel.customer_id).where(
                CustomerChannel.account_id == account_id,
                CustomerChannel.deleted_datetime.is_(None),
                folded(CustomerChannel.address).contains(word, autoescape=True),
            )
        ),
    ]
    number = word.removeprefix("#")
    if number.isascii() and number.isdigit() and 0 < int(number) <= LARGEST_ID:
        places.append(Customer.id == int(number))
    return or_(*places)
