"""Views by API: listed, made, changed, deleted; and what is in them, read in both directions."""

from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import urlencode

from flask import g
from pydantic import Field
from sqlalchemy import ColumnElement, case, func, literal, select
from sqlalchemy.orm import Session

from audit.base import EPOCH, UtcDateTime
from audit.db import db
from audit.rest.calls import Resource
from audit.rest.paging import Order, Page, both_ways, paged
from audit.rest.problems import Problem
from audit.rest.shapes import Body, Id, IdText, Moment, Paged, Query, Shown
from helpdesk import views
from helpdesk.api import ticket_showing
from helpdesk.api.acting import account, acting, found, held, me
from helpdesk.api.ticket_shapes import TicketRow
from helpdesk.language.filters import check, condition
from helpdesk.models import Ticket, View
from helpdesk.web import viewing

resource = Resource(
    "views",
    "Views",
    noun="view",
    scope="tickets",
    about="Lists of tickets by a filter. The desk's own have small numbers and stay as they are.",
)

UPDATING: Final = "Failed to update view"
ORDERS: Final = both_ways("created_datetime", View.created_datetime, datetime)


def _moment(column: Any) -> Any:
    return func.coalesce(column, literal(EPOCH, UtcDateTime), type_=UtcDateTime)


#: By what a view is read; a time that is not there counts as the first of all.
ITEM_ORDERS: Final[dict[str, Order]] = {
    **both_ways("created_datetime", Ticket.created_datetime, datetime),
    **both_ways("updated_datetime", Ticket.updated_datetime, datetime),
    **both_ways("last_message_datetime", _moment(Ticket.last_message_datetime), datetime),
    **both_ways("last_received_message_datetime", _moment(Ticket.last_received_message_datetime), datetime),
    **both_ways("closed_datetime", _moment(Ticket.closed_datetime), datetime),
    **both_ways("snooze_datetime", _moment(Ticket.snooze_datetime), datetime),
    **both_ways(
        "priority", case({"low": 1, "normal": 2, "high": 3, "critical": 4}, value=Ticket.priority, else_=0), int
    ),
}


class ViewQuery(Paged):
    """Which views."""

    order_by: Literal["created_datetime:desc", "created_datetime:asc"] = "created_datetime:desc"


class Sign(Body):
    """The sign before its name."""

    emoji: str | None = Field(None, max_length=64)


class ViewGiven(Body):
    """What a view shows, to whom, and how."""

    name: str = Field("", max_length=views.LONGEST_NAME)
    slug: str | None = Field(None, max_length=255, description="Follows from the name; what is sent is not looked at.")
    type: Literal["ticket-list"] = "ticket-list"
    category: Literal["user"] = "user"
    visibility: Literal["public", "shared", "private"] = "public"
    decoration: Sign | None = None
    fields: list[str] = Field(list(views.USUAL_FIELDS), max_length=50)
    filters: str = Field("", max_length=20_000)
    filters_ast: dict[str, Any] | None = None
    order_by: str = Field("updated_datetime", max_length=64)
    order_dir: Literal["asc", "desc"] = "desc"
    search: str | None = Field(None, max_length=500)
    section_id: Id | None = None
    shared_with_teams: list[Id] = Field([], max_length=views.MOST_SHARED)
    shared_with_users: list[Id] = Field([], max_length=views.MOST_SHARED)
    deactivated_datetime: Moment | None = None


class ViewShown(Shown):
    """A view."""

    id: int
    uri: str
    name: str
    slug: str
    type: str
    category: str
    visibility: str
    decoration: dict[str, Any] | None
    fields: list[str]
    filters: str
    filters_ast: dict[str, Any] | None
    order_by: str
    order_dir: str
    search: str | None
    section_id: int | None
    shared_with_teams: list[int]
    shared_with_users: list[int]
    created_datetime: Moment
    deactivated_datetime: Moment | None


class ItemQuery(Query):
    """Which of a view's tickets."""

    cursor: str | None = Field(None, max_length=4000)
    direction: Literal["prev", "next"] | None = None
    ignored_item: IdText | None = Field(None, description="A ticket to leave out.")
    limit: int = Field(30, ge=1, le=100)
    order_by: str | None = Field(None, pattern=f"^({'|'.join(ITEM_ORDERS)})$")


class AdHoc(Body):
    """Another filter or order for this once."""

    view: ViewGiven | None = None


class Around(Shown):
    """Where to go on, as whole addresses."""

    next_items: str | None
    prev_items: str | None
    current_cursor: str | None


class Items(Shown):
    """A part of a view."""

    data: list[TicketRow]
    meta: Around


@resource.call("GET /views", needs="read", query=ViewQuery, gives=ViewShown, asking="limit=5")
def index(asked: ViewQuery) -> Page:
    """List the views that people made, as far as the key's user sees them, the newest first."""
    session = db.session()
    rows, teams = views.with_teams(session, g.user.id)
    seen = [view.id for view in rows if views.may_read(g.user, view, teams)]
    statement = select(View).where(View.id.in_(seen))
    page = paged(session, statement, ORDERS[asked.order_by], View.id, asked)
    return page.map(lambda rows: [shown(row) for row in rows])


@resource.call(
    "POST /views", needs="read", body=ViewGiven, must_have_body=False, gives=ViewShown, writes=("view-created",),
    sample={"name": "Late", "filters": "eq(ticket.status, 'open')"},
)  # fmt: skip
def create(body: ViewGiven) -> ViewShown:
    """Make a view; everybody makes private ones, who may share them the others."""
    if not views.may_make(g.user, body.visibility):
        raise Problem(403)
    with acting() as session:
        number = views.create(account(session), _shape(body, views.Shape()), by=me()).id
    return show(number)


@resource.call("GET /views/<number:view_id>", needs="read", gives=ViewShown)
def show(view_id: int) -> ViewShown:
    """Show one view."""
    return shown(_readable(db.session(), found(db.session(), View, view_id)))


@resource.call(
    "PUT /views/<number:view_id>", needs="read", body=ViewGiven, gives=ViewShown, writes=("view-updated",),
    sample={"name": "Later"},
)  # fmt: skip
def update(view_id: int, body: ViewGiven) -> ViewShown:
    """Edit a view, or switch it off (`deactivated_datetime`) and on again (null)."""
    with acting() as session:
        view = _changeable(session, view_id)
        shape = _shape(body, views.shape_of(view))
        if not views.may_make(g.user, shape.visibility):
            raise Problem(403)
        views.update(view, shape, by=me())
        if body.was_sent("deactivated_datetime"):
            (views.reactivate if body.deactivated_datetime is None else views.deactivate)(view, by=me())
    return show(view_id)


@resource.call("DELETE /views/<number:view_id>", needs="read", writes=("view-deleted",))
def delete(view_id: int) -> None:
    """Delete a view; its tickets stay."""
    with acting() as session:
        views.delete(_changeable(session, view_id), by=me())


@resource.call("GET /views/<number:view_id>/items", needs="read", query=ItemQuery, gives=Items, asking="limit=5")
def items(view_id: int, asked: ItemQuery) -> Items:
    """List the tickets that are in a view now; `meta` holds whole addresses to go on by."""
    return _items(view_id, asked, None)


@resource.call(
    "PUT /views/<self:view_id>/items", needs="read", query=ItemQuery, body=AdHoc, must_have_body=False, gives=Items,
    asking="limit=5", sample={"view": {"filters": "eq(ticket.status, 'open')"}},
)  # fmt: skip
def ad_hoc_items(view_id: int, asked: ItemQuery, body: AdHoc) -> Items:
    """The same with another filter for this once; view 0 is none at all, and finds what the filter asks."""
    return _items(view_id, asked, body.view)


def shown(row: View) -> ViewShown:
    """A view, with whoever calls in place of `{{current_user.id}}`."""
    return ViewShown(
        id=row.id,
        uri=f"/api/views/{row.id}/",
        name=row.name,
        slug=row.slug,
        type=row.type,
        category=row.category,
        visibility=row.visibility,
        decoration=row.decoration,
        fields=list(row.fields),
        filters=row.filters.replace("'{{current_user.id}}'", str(g.user.id)).replace(
            "{{current_user.id}}", str(g.user.id)
        ),
        filters_ast=row.filters_ast,
        order_by=row.order_by,
        order_dir=row.order_dir,
        search=row.search,
        section_id=row.section_id,
        shared_with_teams=list(row.shared_with_teams),
        shared_with_users=list(row.shared_with_users),
        created_datetime=row.created_datetime,
        deactivated_datetime=row.deactivated_datetime,
    )


def _items(view_id: int, asked: ItemQuery, instead: ViewGiven | None) -> Items:
    session = db.session()
    asks, by = _asked(session, view_id, instead)
    order_by = asked.order_by or by
    statement = select(Ticket).options(*ticket_showing.LISTED).where(asks)
    if asked.ignored_item is not None:
        statement = statement.where(Ticket.id != asked.ignored_item)
    part = Paged(cursor=asked.cursor, limit=asked.limit)
    page = paged(session, statement, ITEM_ORDERS[order_by], Ticket.id, part)

    def address(direction: str, cursor: str | None) -> str | None:
        # The cursor never comes first: there is a client that reads the whole address as one query, and would lose it.
        words = {"direction": direction, "limit": asked.limit, "order_by": order_by, "cursor": cursor}
        return f"/api/views/{view_id}/items?{urlencode(words)}" if cursor else None

    around = Around(
        next_items=address("next", page.next_cursor),
        prev_items=address("prev", page.prev_cursor),
        current_cursor=asked.cursor,
    )
    return Items(data=ticket_showing.listed(session, page.data), meta=around)


def _asked(session: Session, view_id: int, instead: ViewGiven | None) -> tuple[ColumnElement[bool], str]:
    """What is asked for, and in which order unless another is wanted."""
    listed = next((view for view in viewing.visible(session, g.user) if view.id == view_id), None)
    if listed is None and view_id:
        raise Problem(404)
    if instead is not None and (instead.was_sent("filters") or listed is None):
        check(instead.filters, views.vocabulary(session, g.account.id))
        by = f"{instead.order_by}:{instead.order_dir}"
        if by not in ITEM_ORDERS:
            raise Problem(400, UPDATING, {"view.order_by": ["A view can't be ordered by that."]})
        return condition(instead.filters, session, g.user.id, now=g.desk_clock.now), by
    if listed is None:
        raise Problem(400, UPDATING, {"view": ["View 0 is none: send the filter that it is to have."]})
    return listed.condition, f"{listed.order_by}:{listed.order_dir}"


def _readable(session: Session, view: View) -> View:
    if not views.may_read(g.user, view, views.teams_of(session, g.user.id)):
        raise Problem(404)
    return view


def _changeable(session: Session, view_id: int) -> View:
    view = _readable(session, held(session, View, view_id))
    if not views.may_change(g.user, view):
        raise Problem(403)
    return view


def _shape(body: ViewGiven, before: views.Shape) -> views.Shape:
    given = dict(body.sent())
    decoration = given.get("decoration")
    return views.Shape(
        name=given.get("name", before.name),
        filters=given.get("filters", before.filters),
        visibility=given.get("visibility", before.visibility),
        emoji=(decoration.emoji if decoration else None) if "decoration" in given else before.emoji,
        fields=tuple(given.get("fields", before.fields)),
        order_by=given.get("order_by", before.order_by),
        order_dir=given.get("order_dir", before.order_dir),
        teams=tuple(given.get("shared_with_teams", before.teams)),
        users=tuple(given.get("shared_with_users", before.users)),
    )
