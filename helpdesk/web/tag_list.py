"""The list of tags: searched, sorted, and read by keyset, with how many tickets bear each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from audit.folding import fold, folded
from helpdesk.mail.charsets import clean_line
from helpdesk.models import Tag, Ticket, TicketTag
from helpdesk.web import keyset
from helpdesk.web.keyset import Order

LONGEST_SEARCH: Final = 100

_usage = select(func.count(TicketTag.id)).where(TicketTag.tag_id == Tag.id).correlate(Tag).scalar_subquery()

ORDERS: Final[dict[str, Order]] = {
    order.name: order
    for order in (
        Order("name", "By name", folded(Tag.name), str),
        Order("usage", "Most used first", _usage, int, falling=True),
        Order("newest", "Newest first", Tag.created_datetime, datetime, falling=True),
    )
}


@dataclass(frozen=True)
class Listed:
    """A stretch of the list, and how many there are in all."""

    lines: Sequence[Row[Any]]  #: id, name, description, decoration, usage
    next: str | None
    count: int


def page_of(session: Session, account_id: int, order: Order, wanted: str, after: str | None) -> Listed:
    """The tags that are looked for, from the top or after this cursor."""
    condition = and_(Tag.account_id == account_id, holding(wanted))
    statement = select(
        Tag.id, Tag.name, Tag.description, Tag.decoration, _usage.label("usage"), order.key.label("key")
    ).where(condition)
    part = keyset.stretch(session.execute(keyset.ordered(statement, order, Tag.id, after)).all())
    count = session.scalar(select(func.count()).select_from(Tag).where(condition)) if after is None else 0
    return Listed(part.rows, part.next, count or 0)


def these(session: Session, account_id: int, numbers: Sequence[int]) -> Sequence[Row[Any]]:
    """The tags with these numbers, as far as there are such."""
    if not numbers:
        return []
    return session.execute(
        select(Tag.id, Tag.name, Tag.decoration, _usage.label("usage"))
        .where(Tag.account_id == account_id, Tag.id.in_(numbers))
        .order_by(Tag.name, Tag.id)
    ).all()


def found_by(session: Session, account_id: int, wanted: str, *, but: Sequence[int], most: int) -> Sequence[Row[Any]]:
    """The first tags that are looked for, without these, the most used first."""
    return session.execute(
        select(Tag.id, Tag.name, Tag.decoration, _usage.label("usage"))
        .where(Tag.account_id == account_id, Tag.id.not_in(but), holding(wanted))
        .order_by(_usage.desc(), Tag.name, Tag.id)
        .limit(most)
    ).all()


def usage_of(session: Session, numbers: Sequence[int]) -> int:
    """How many tickets bear one of these tags."""
    return (
        session.scalar(select(func.count(func.distinct(TicketTag.ticket_id))).where(TicketTag.tag_id.in_(numbers))) or 0
    )


def bearing(tag_id: int) -> ColumnElement[bool]:
    """Tickets that bear this tag."""
    return Ticket.id.in_(select(TicketTag.ticket_id).where(TicketTag.tag_id == tag_id))


def holding(wanted: str) -> ColumnElement[bool]:
    """Tags whose name or description has these letters, whatever their capitals."""
    word = fold(clean_line(wanted, LONGEST_SEARCH))
    if not word:
        return true()
    return or_(
        folded(Tag.name).contains(word, autoescape=True), folded(Tag.description).contains(word, autoescape=True)
    )
