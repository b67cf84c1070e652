"""The pages of one view: its builder, and how it is made, edited, switched off and deleted."""

from dataclasses import dataclass, replace
from typing import Any, Final

from flask import Blueprint, Response, g, make_response, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.db import db
from helpdesk import views
from helpdesk.forms.views import ViewForm
from helpdesk.language import Mistake, filters
from helpdesk.models import Account, Customer, Ticket, View
from helpdesk.refusals import Refused
from helpdesk.views import Shape, shape_of
from helpdesk.web import answers, view_access, view_draft
from helpdesk.web.answers import Press
from helpdesk.web.changing import acting, me, needs
from helpdesk.web.formats import zone
from helpdesk.web.htmx import go_to
from helpdesk.web.orders import order_of
from helpdesk.web.overtaken import refuse_overtaken
from helpdesk.web.races import Stale
from helpdesk.web.security import LARGEST_ID
from helpdesk.web.sheets import sheet
from helpdesk.web.shell import desk_clock
from helpdesk.web.trail import Trail, trail_of_object
from helpdesk.web.view_draft import Desk, Draft
from helpdesk.web.viewing import label_of

blueprint = Blueprint("views", __name__)

#: Signs to begin with; any other emoji is taken, too.
SIGNS: Final = ("🔥", "⭐", "⏳", "💶", "📦", "🚚", "🌍", "🙋")

#: With what a new filter begins: what waits for somebody.
USUAL_FILTER: Final = "eq(ticket.status, 'open') && eq(ticket.spam, false) && isEmpty(ticket.trashed_datetime)"

#: How many of the tickets a preview shows.
SHOWN: Final = 5


@dataclass(frozen=True)
class Preview:
    """What a filter finds now."""

    count: int
    rows: list[Any]


# ---- Making one


@blueprint.get("/settings/views/new")
@needs("read")
def new() -> Response:
    """An empty form, or one that begins as another view."""
    desk = _desk()
    shape = Shape(filters=USUAL_FILTER, visibility=_usual_visibility())
    number = request.args.get("from", type=int)
    if number is not None and 0 < number <= LARGEST_ID:
        shape = replace(shape_of(view_access.read(number)), visibility=_usual_visibility(), teams=(), users=())
        shape = replace(shape, name=f"{shape.name} (mine)" if shape.name else "")
    return _new(ViewForm(name=shape.name, emoji=shape.emoji), view_draft.of_shape(shape, desk), desk)


@blueprint.post("/settings/views/new")
@needs("read")
def create() -> Response:
    """Make a view; a button of the builder only shows the form again."""
    desk, form = _desk(), ViewForm(request.form)
    draft = view_draft.of_form(request.form, desk)
    if request.form.get("do"):
        return _new(form, draft, desk)
    if not form.validate() or not _is_whole(draft):
        return _new(form, draft, desk, _problem(draft), 422, checked=True)
    view_access.refuse_sharing(draft.shape.visibility)
    try:
        with acting() as session:
            account = session.get_one(Account, g.account.id)
            view_id = views.create(account, _chosen(draft), by=me()).id
    except Refused as refusal:
        return _new(form, draft, desk, f"{refusal} No view was made.", 409)
    answers.tell("View created")
    return go_to(url_for("tickets.index", view=view_id))


# ---- One view


@blueprint.get("/settings/views/<number:view_id>")
@needs("read")
def show(view_id: int) -> Response:
    """One view with its builder; who may not change it reads what it asks."""
    view, desk = view_access.read(view_id), _desk()
    shape = shape_of(view)
    return _show(view, ViewForm(name=shape.name, emoji=shape.emoji), view_draft.of_shape(shape, desk), desk)


@blueprint.post("/settings/views/<number:view_id>")
@needs("read")
def update(view_id: int) -> Response:
    """Save all of it together; a button of the builder only shows the form again."""
    desk, form = _desk(), ViewForm(request.form)
    draft = view_draft.of_form(request.form, desk)
    if request.form.get("do"):
        return _show(view_access.changeable(view_id), form, draft, desk)
    if not form.validate() or not _is_whole(draft):
        return _show(view_access.changeable(view_id), form, draft, desk, _problem(draft), 422, checked=True)
    try:
        with acting() as session:
            view = view_access.held(session, view_id)
            if draft.shape.visibility != view.visibility:
                view_access.refuse_sharing(draft.shape.visibility)
            refuse_overtaken(session, "View", view_id, "view")
            shape = replace(_chosen(draft), search=view.search, section_id=view.section_id)  # the form has neither
            views.update(view, shape, by=me())
    except (Refused, Stale) as refusal:
        return _show(view_access.changeable(view_id), form, draft, desk, str(refusal), 409)
    answers.tell("View saved")
    return go_to(url_for("views.show", view_id=view_id))


@blueprint.post("/settings/views/<number:view_id>/switch")
@needs("read")
def switch(view_id: int) -> Response:
    """Switch it off, or on again."""
    is_off = request.form.get("to") == "off"
    try:
        with acting() as session:
            view = view_access.held(session, view_id)
            (views.deactivate if is_off else views.reactivate)(view, by=me())
    except Refused as refusal:
        answers.toast(f"{refusal} The view stays switched off.", [])
        return go_to(url_for("views.show", view_id=view_id))
    undo_by = Press(url_for("views.switch", view_id=view_id), {"to": "on" if is_off else "off"})
    answers.tell("View switched off" if is_off else "View switched on", undo_by=undo_by)
    return go_to(url_for("views.show", view_id=view_id))


@blueprint.get("/settings/views/<number:view_id>/delete")
@needs("read")
def confirm_delete(view_id: int) -> Response:
    """Ask before it is gone, and say for whom."""
    view = view_access.changeable(view_id)
    found = _preview(db.session(), view.filters, shape_of(view))
    tickets = f"{found.count:,} ticket{'s' if found.count != 1 else ''}"
    whom = {"public": "everybody", "shared": "everybody it is shared with", "private": "you"}[view.visibility]
    return sheet(
        "layout/_confirm.html",
        "Delete a view",
        address=url_for("views.delete", view_id=view_id),
        question=f"Delete the view {label_of(view)}?",
        consequences=[
            f"It disappears from the rail for {whom}.",
            f"The {tickets} in it now stay as they are; a view only shows them.",
        ],
        act="Delete the view",
        back=url_for("views.show", view_id=view_id),
    )


@blueprint.post("/settings/views/<number:view_id>/delete")
@needs("read")
def delete(view_id: int) -> Response:
    """Remove it."""
    try:
        with acting() as session:
            view = view_access.held(session, view_id)
            told = f"View {label_of(view)} deleted"
            views.delete(view, by=me())
    except Refused as refusal:
        return _show_again(view_id, str(refusal))
    answers.tell(told)
    return go_to(url_for("views.index"))


# ---- The builder


@blueprint.post("/settings/views/filter")
@needs("read")
def settle() -> Response:
    """Rows, code and preview in step, after one of them was edited."""
    desk = _desk()
    draft = view_draft.of_form(request.form, desk)
    context = _context(draft, desk)
    return make_response(render_template("views/_settled.html", source=request.args.get("source", ""), **context))


def _desk() -> Desk:
    return Desk(view_draft.read_names(db.session()), zone(g.account.time_zone))


def _context(draft: Draft, desk: Desk) -> dict[str, Any]:
    preview = None
    if draft.tree is not None and draft.mistake is None:
        preview = _preview(db.session(), draft.code, draft.shape)
    return {
        **view_draft.as_context(draft, desk),
        "preview": preview,
        "now": desk_clock(g.account.id).now,
        "time_zone": g.account.time_zone,
    }


def _preview(session: Session, code: str, shape: Shape) -> Preview:
    order = order_of(shape.order_by, shape.order_dir)
    try:
        asked = filters.condition(code, session, g.user.id, now=desk_clock(g.account.id).now)
    except Mistake:
        return Preview(0, [])
    found = session.execute(
        select(
            Ticket.id,
            Ticket.subject,
            Ticket.status,
            Ticket.updated_datetime,
            func.coalesce(Customer.name, Customer.email, "").label("customer"),
            func.count().over().label("matching"),
        )
        .join(Customer, Customer.id == Ticket.customer_id)
        .where(Ticket.account_id == g.account.id, asked)
        .order_by(*(key.desc() if order.downwards else key.asc() for key in (*order.keys, Ticket.id)))
        .limit(SHOWN)
    ).all()
    return Preview(found[0].matching if found else 0, list(found))


def _is_whole(draft: Draft) -> bool:
    return draft.mistake is None and not draft.has_gaps


def _problem(draft: Draft) -> str | None:
    if draft.mistake is not None:
        return "The filter can't be understood. Nothing was saved."
    return "A row of the filter lacks something. Nothing was saved." if draft.has_gaps else None


def _chosen(draft: Draft) -> Shape:
    return replace(draft.shape, filters=draft.code)


# ---- Answers


def _new(
    form: ViewForm, draft: Draft, desk: Desk, problem: str | None = None, status: int = 200, *, checked: bool = False
) -> Response:
    context = {**_choices(desk), **_context(draft, desk), "checked": checked}
    return make_response(render_template("views/new.html", form=form, view=None, problem=problem, **context), status)


def _show(
    view: View,
    form: ViewForm,
    draft: Draft,
    desk: Desk,
    problem: str | None = None,
    status: int = 200,
    *,
    checked: bool = False,
) -> Response:
    template = "views/show.html" if views.may_change(g.user, view) else "views/read.html"
    context = {
        **_choices(desk),
        **_context(draft, desk),
        "trail": _trail(view),
        "checked": checked,
        "label": label_of(view),
        "sharers": view_access.sharers(view, desk.names),
    }
    return make_response(render_template(template, form=form, view=view, problem=problem, **context), status)


def _show_again(view_id: int, problem: str) -> Response:
    view, desk = view_access.changeable(view_id), _desk()
    shape = shape_of(view)
    form = ViewForm(name=shape.name, emoji=shape.emoji)
    return _show(view, form, view_draft.of_shape(shape, desk), desk, problem, 409)


def _trail(view: View) -> Trail:
    return trail_of_object(
        db.session(), "View", view.id, desk_clock(g.account.id).now.astimezone(zone(g.account.time_zone))
    )


def _choices(desk: Desk) -> dict[str, Any]:
    return {
        "signs": SIGNS,
        "columns": view_draft.COLUMNS,
        "sequences": view_draft.SEQUENCES,
        "people": desk.names.users,
        "teams": desk.names.teams,
    }


def _usual_visibility() -> str:
    return "public" if g.user.may("manage shared views") else "private"
