"""What is in a view, in parts: tickets, or customers in the one view of customers; each part says where to go on."""

from typing import Any, Final
from urllib.parse import urlencode

from flask import g
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from audit.db import db
from audit.rest.paging import Order, Page, paged, read_cursor
from audit.rest.problems import Problem
from audit.rest.shapes import Paged
from helpdesk import views
from helpdesk.api import customers, ticket_showing
from helpdesk.api.ticket_shapes import ItemRow
from helpdesk.api.view_shapes import ITEM_ORDERS, Around, ItemQuery, Items, Wanted
from helpdesk.language.filters import check, condition
from helpdesk.models import Customer, Ticket
from helpdesk.refusals import blaming
from helpdesk.web import viewing

FAILED: Final = "Failed to read view"


def items(view_id: int, asked: ItemQuery, instead: Wanted | None) -> Items:
    """The part of a view that was asked for, perhaps with another filter, search or order for this once."""
    is_of_customers = view_id == customers.ALL_CUSTOMERS or (instead is not None and instead.type == "customer-list")
    read = _customers if is_of_customers else _tickets
    return read(db.session(), view_id, asked, instead)


def _tickets(session: Session, view_id: int, asked: ItemQuery, instead: Wanted | None) -> Items:
    condition, by = _asked(session, view_id, instead)
    order_by = asked.order_by or by
    statement = select(Ticket).options(*ticket_showing.LISTED).where(condition)
    page = _part(session, statement, Ticket, ITEM_ORDERS[order_by], asked)
    rows = ticket_showing.listed(session, page.data, ItemRow)
    return Items(data=[*rows], meta=_around(view_id, asked, order_by, ITEM_ORDERS[order_by], page))


def _customers(session: Session, view_id: int, asked: ItemQuery, instead: Wanted | None) -> Items:
    if instead is not None and (instead.filters or instead.search):
        raise Problem(400, FAILED, {"view.filters": ["A view of customers holds all of them. GET /customers finds."]})
    order_by = asked.order_by or "updated_datetime:desc"
    if order_by not in customers.ORDERS:
        raise Problem(400, FAILED, {"order_by": ["Customers can't be ordered by that."]})
    statement = select(Customer).options(customers.LISTED)
    page = _part(session, statement, Customer, customers.ORDERS[order_by], asked)
    around = _around(view_id, asked, order_by, customers.ORDERS[order_by], page)
    return Items(data=[*customers.shown(page.data)], meta=around)


def _part(session: Session, statement: Any, model: Any, order: Order, asked: ItemQuery) -> Page:
    if asked.ignored_item is not None:
        statement = statement.where(model.id != asked.ignored_item)
    return paged(session, statement, order, model.id, Paged(cursor=asked.cursor, limit=asked.limit))


def _around(view_id: int, asked: ItemQuery, order_by: str, order: Order, page: Page) -> Around:
    # There is always one to leave out: the caller's, or else the one at the edge, which the cursor leaves out anyhow.
    edge = read_cursor(asked.cursor, order).id if asked.cursor else None
    left_out = asked.ignored_item if asked.ignored_item != edge else None

    def address(direction: str, cursor: str | None, place: int) -> str | None:
        if cursor is None:
            return None
        words = {"direction": direction, "limit": asked.limit, "order_by": order_by, "cursor": cursor}
        # Neither of the last two comes first: a client that reads the whole address as one query would lose it.
        return f"/api/views/{view_id}/items?{urlencode({**words, 'ignored_item': left_out or page.data[place].id})}"

    return Around(
        next_items=address("next", page.next_cursor, -1),
        prev_items=address("prev", page.prev_cursor, 0),
        current_cursor=asked.cursor,
    )


def _asked(session: Session, view_id: int, instead: Wanted | None) -> tuple[ColumnElement[bool], str]:
    """What is asked for, and in which order unless another is wanted."""
    listed = viewing.readable(session, g.user, view_id) if view_id else None
    if listed is None and view_id:
        raise Problem(404)
    if instead is None:
        if listed is None:
            raise Problem(400, FAILED, {"view": ["View 0 is none: send the filter that it is to have."]})
        return listed.condition, f"{listed.order_by}:{listed.order_dir}"
    wanted = {
        name: getattr(instead if listed is None or instead.was_sent(name) else listed, name)
        for name in ("filters", "search", "order_by", "order_dir")
    }
    by = f"{wanted['order_by']}:{wanted['order_dir']}"
    if by not in ITEM_ORDERS:
        raise Problem(400, FAILED, {"view.order_by": ["A view can't be ordered by that."]})
    with blaming("view.filters"):
        check(wanted["filters"], views.vocabulary(session, g.account.id))
    found = condition(wanted["filters"], session, g.user.id, now=g.desk_clock.now)
    return viewing.within(session, found, wanted["search"]), by
