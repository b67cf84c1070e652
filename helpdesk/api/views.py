"""Views by API: listed, made, changed, deleted; and what is in them, read in both directions."""

from dataclasses import replace

from flask import g
from sqlalchemy.orm import Session

from audit.db import db
from audit.rest.calls import Resource
from audit.rest.paging import Page, of_all
from audit.rest.problems import Problem
from helpdesk import views
from helpdesk.api import view_items, view_showing
from helpdesk.api.acting import account, acting, found, held, me
from helpdesk.api.view_shapes import ORDERS, AdHoc, ItemQuery, Items, NewView, ViewChange, ViewQuery, ViewShown
from helpdesk.api.view_showing import shown
from helpdesk.models import View

resource = Resource(
    "views",
    "Views",
    noun="view",
    scope="tickets",
    about="Lists of tickets by a filter. The desk's own have small numbers and stay as they are.",
)


@resource.call("GET /views", needs="read", query=ViewQuery, gives=ViewShown, asking="limit=5")
def index(asked: ViewQuery) -> Page:
    """List the views that the key's user sees: those that people made, and the desk's own, which came first."""
    session = db.session()
    rows, teams = views.with_teams(session, g.user.id)
    seen: list[View | ViewShown] = [view for view in rows if views.may_read(g.user, view, teams)]
    seen += view_showing.fixed(session)
    page = of_all([(view, view.created_datetime, view.id) for view in seen], ORDERS[asked.order_by], asked)
    return page.map(lambda part: [shown(view) if isinstance(view, View) else view for view in part])


@resource.call(
    "POST /views", needs="read", body=NewView, must_have_body=False, gives=ViewShown, writes=("view-created",),
    sample={"name": "Late", "filters": "eq(ticket.status, 'open')"},
)  # fmt: skip
def create(body: NewView) -> ViewShown:
    """Make a view; everybody makes private ones, who may share them the others."""
    if not views.may_make(g.user, body.visibility):
        raise Problem(403)
    with acting() as session:
        number = views.create(account(session), _shape(body, views.Shape()), by=me()).id
    return show(number)


@resource.call("GET /views/<number:view_id>", needs="read", gives=ViewShown)
def show(view_id: int) -> ViewShown:
    """Show one view."""
    if view_id in view_showing.FIXED:
        return next(view for view in view_showing.fixed(db.session()) if view.id == view_id)
    return shown(_readable(db.session(), found(db.session(), View, view_id)))


@resource.call(
    "PUT /views/<number:view_id>", needs="read", body=ViewChange, gives=ViewShown, writes=("view-updated",),
    sample={"name": "Later"},
)  # fmt: skip
def update(view_id: int, body: ViewChange) -> ViewShown:
    """Edit a view, or switch it off (`deactivated_datetime`) and on again (null)."""
    if view_id in view_showing.FIXED and body.only_repeats(show(view_id)):
        return show(view_id)
    with acting() as session:
        view = _changeable(session, view_id)
        shape = _shape(body, views.shape_of(view))
        if body.was_sent("filters"):
            shape = replace(shape, filters=view_showing.as_kept(body.filters, view))
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
    """List what is in a view now; `meta` holds whole addresses to go on by."""
    return view_items.items(view_id, asked, None)


@resource.call(
    "PUT /views/<self:view_id>/items", needs="read", query=ItemQuery, body=AdHoc, must_have_body=False, gives=Items,
    asking="limit=5", sample={"view": {"filters": "eq(ticket.status, 'open')"}},
)  # fmt: skip
def ad_hoc_items(view_id: int, asked: ItemQuery, body: AdHoc) -> Items:
    """The same with another filter or search for this once; view 0 is none at all, and finds what is asked."""
    return view_items.items(view_id, asked, body.view)


def _readable(session: Session, view: View) -> View:
    if not views.may_read(g.user, view, views.teams_of(session, g.user.id)):
        raise Problem(404)
    return view


def _changeable(session: Session, view_id: int) -> View:
    if view_id in view_showing.FIXED:
        raise Problem(403, "The desk's own views stay as they are. Nothing was done.")
    view = _readable(session, held(session, View, view_id))
    if not views.may_change(g.user, view):
        raise Problem(403)
    return view


def _shape(body: ViewChange, before: views.Shape) -> views.Shape:
    given = dict(body.sent())
    decoration = given.get("decoration")
    return views.Shape(
        name=given.get("name", before.name) or "",
        filters=given.get("filters", before.filters),
        visibility=given.get("visibility", before.visibility),
        emoji=(decoration.emoji if decoration else None) if "decoration" in given else before.emoji,
        fields=tuple(given.get("fields", before.fields)),
        order_by=given.get("order_by", before.order_by),
        order_dir=given.get("order_dir", before.order_dir),
        teams=tuple(given.get("shared_with_teams", before.teams)),
        users=tuple(given.get("shared_with_users", before.users)),
        search=given.get("search", before.search),
        section_id=given.get("section_id", before.section_id),
        slug=given.get("slug", before.slug) or "",
    )
