"""The pages of views: the lists, one view with its builder, and what is made, arranged, switched and deleted there."""

from dataclasses import dataclass, replace
from typing import Any, Final

from flask import Blueprint, Response, abort, g, make_response, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.db import db
from helpdesk import views
from helpdesk.forms.views import ViewForm
from helpdesk.language import Mistake, filters
from helpdesk.models import Account, Customer, Ticket, View
from helpdesk.refusals import Refused
from helpdesk.views import Shape, shape_of
from helpdesk.web import answers, listing, view_draft
from helpdesk.web.changing import acting, held_row, me, needs
from helpdesk.web.formats import zone
from helpdesk.web.htmx import go_to, wants_partial
from helpdesk.web.orders import order_of
from helpdesk.web.overtaken import refuse_overtaken
from helpdesk.web.races import Stale
from helpdesk.web.security import LARGEST_ID
from helpdesk.web.sheets import sheet
from helpdesk.web.shell import Shell, desk_clock
from helpdesk.web.trail import Trail, trail_of_object
from helpdesk.web.view_builder import Names
from helpdesk.web.view_draft import Desk, Draft
from helpdesk.web.viewing import label_of

blueprint = Blueprint("views", __name__)

#: Signs to begin with; any other emoji is taken, too.
SIGNS: Final = ("🔥", "⭐", "⏳", "💶", "📦", "🚚", "🌍", "🙋")

#: With what a new filter begins: what waits for somebody.
USUAL_FILTER: Final = "eq(ticket.status, 'open') && eq(ticket.spam, false) && isEmpty(ticket.trashed_datetime)"

#: How many of the tickets a preview shows.
SHOWN: Final = 5

HEADINGS: Final = {
    "public": ("Public", "Everybody sees these."),
    "shared": ("Shared", "Seen by those whom they are shared with, and by who made them."),
    "private": ("Mine", "Only you see these."),
}


@dataclass(frozen=True)
class Line:
    """A view in a list."""

    id: int
    label: str
    emoji: str
    filters: str
    is_off: bool
    may_change: bool
    seen_by: str  #: with whom it is shared
    up: int | None  #: before which view it comes if it moves up
    down: int | None  #: and down; 0 for behind all others


@dataclass(frozen=True)
class Preview:
    """What a filter finds now."""

    count: int
    rows: list[Any]


# ---- The lists


@blueprint.get("/settings/views")
@needs("read")
def index() -> Response:
    """The desk's own views, those for everybody, those for some, and one's own."""
    return make_response(render_template("views/index.html", fixed=listing.VIEWS.values(), **_lists()))


@blueprint.post("/settings/views/<number:view_id>/move")
@needs("read")
def move(view_id: int) -> Response:
    """Put it before another one, or behind all of its like."""
    number = request.form.get("before", "")
    if not (number.isascii() and number.isdigit() and int(number) <= LARGEST_ID):
        abort(422, "Say before which view it should come. Nothing was changed.")
    problem = None
    try:
        with acting() as session:
            view = _held(session, view_id)
            before = _known(session, int(number)) if int(number) else None
            views.move(view, before, by=me())
    except Refused as refusal:
        problem = str(refusal)
    events = answers.written()
    said = problem or ("View moved" if events else "It stands there already, so no event was written.")
    if not wants_partial():
        answers.toast(said, events)
        return go_to(url_for("views.index"))
    kind = "error" if problem else "done" if events else "info"
    page = render_template(
        "views/_moved.html", said=said, events=events, kind=kind, views=Shell().views, current=None, **_lists()
    )
    return make_response(page, 409 if problem else 200)


def _lists() -> dict[str, Any]:
    session = db.session()
    (every, teams), names = views.with_teams(session, g.user.id), view_draft.read_names(session)
    known = [view for view in every if views.may_read(g.user, view, teams)]
    groups = []
    for visibility, (heading, about) in HEADINGS.items():
        like = [view for view in known if view.visibility == visibility]
        lines = [_line(view, like, place, names) for place, view in enumerate(like)]
        may_arrange = any(line.may_change for line in lines) and len(lines) > 1
        groups.append(
            {"name": visibility, "heading": heading, "about": about, "lines": lines, "may_arrange": may_arrange}
        )
    return {"groups": groups}


def _line(view: View, like: list[View], place: int, names: Names) -> Line:
    after_next = like[place + 2].id if place + 2 < len(like) else 0
    return Line(
        view.id,
        label_of(view),
        str((view.decoration or {}).get("emoji") or ""),
        view.filters,
        view.deactivated_datetime is not None,
        views.may_change(g.user, view),
        ", ".join(_sharers(view, names)),
        like[place - 1].id if place else None,
        after_next if place + 1 < len(like) else None,
    )


def _sharers(view: View, names: Names) -> list[str]:
    teams = [name for number, name in names.teams if int(number) in view.shared_with_teams]
    return teams + [name for number, name in names.users if int(number) in view.shared_with_users]


# ---- Making one


@blueprint.get("/settings/views/new")
@needs("read")
def new() -> Response:
    """An empty form, or one that begins as another view."""
    desk = _desk()
    shape = Shape(filters=USUAL_FILTER, visibility=_usual_visibility())
    number = request.args.get("from", type=int)
    if number is not None and 0 < number <= LARGEST_ID:
        shape = replace(shape_of(_read(number)), visibility=_usual_visibility(), teams=(), users=())
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
    _refuse_sharing(draft.shape.visibility)
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
    view, desk = _read(view_id), _desk()
    shape = shape_of(view)
    return _show(view, ViewForm(name=shape.name, emoji=shape.emoji), view_draft.of_shape(shape, desk), desk)


@blueprint.post("/settings/views/<number:view_id>")
@needs("read")
def update(view_id: int) -> Response:
    """Save all of it together; a button of the builder only shows the form again."""
    desk, form = _desk(), ViewForm(request.form)
    draft = view_draft.of_form(request.form, desk)
    if request.form.get("do"):
        return _show(_changeable(view_id), form, draft, desk)
    if not form.validate() or not _is_whole(draft):
        return _show(_changeable(view_id), form, draft, desk, _problem(draft), 422, checked=True)
    try:
        with acting() as session:
            view = _held(session, view_id)
            if draft.shape.visibility != view.visibility:
                _refuse_sharing(draft.shape.visibility)
            refuse_overtaken(session, "View", view_id, "view")
            views.update(view, _chosen(draft), by=me())
    except (Refused, Stale) as refusal:
        return _show(_changeable(view_id), form, draft, desk, str(refusal), 409)
    answers.tell("View saved")
    return go_to(url_for("views.show", view_id=view_id))


@blueprint.post("/settings/views/<number:view_id>/switch")
@needs("read")
def switch(view_id: int) -> Response:
    """Switch it off, or on again."""
    is_off = request.form.get("to") == "off"
    try:
        with acting() as session:
            view = _held(session, view_id)
            (views.deactivate if is_off else views.reactivate)(view, by=me())
    except Refused as refusal:
        answers.toast(f"{refusal} The view stays switched off.", [])
        return go_to(url_for("views.show", view_id=view_id))
    answers.tell("View switched off" if is_off else "View switched on")
    return go_to(url_for("views.show", view_id=view_id))


@blueprint.get("/settings/views/<number:view_id>/delete")
@needs("read")
def confirm_delete(view_id: int) -> Response:
    """Ask before it is gone, and say for whom."""
    view = _changeable(view_id)
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
            view = _held(session, view_id)
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
        "sharers": _sharers(view, desk.names),
    }
    return make_response(render_template(template, form=form, view=view, problem=problem, **context), status)


def _show_again(view_id: int, problem: str) -> Response:
    view, desk = _changeable(view_id), _desk()
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


# ---- Which one, and who may


def _read(view_id: int) -> View:
    session = db.session()
    view = session.get(View, view_id)
    if view is None or not views.may_read(g.user, view, _my_teams(session, view)):
        abort(404, f"There is no view {view_id} here, or it is not shared with you.")
    return view


def _changeable(view_id: int) -> View:
    view = _read(view_id)
    _refuse_change(view)
    return view


def _held(session: Session, view_id: int) -> View:
    view = _known(session, view_id)
    _refuse_change(view)
    return view


def _known(session: Session, view_id: int) -> View:
    view = held_row(session, View, view_id, "view")
    if not views.may_read(g.user, view, _my_teams(session, view)):
        abort(404, f"There is no view {view_id} here, so nothing was done.")
    return view


def _my_teams(session: Session, view: View) -> set[int]:
    return views.teams_of(session, g.user.id) if view.shared_with_teams else set()


def _refuse_change(view: View) -> None:
    if not views.may_change(g.user, view):
        abort(403, f"Nothing was done: the role {g.user.role} may change private views only. Ask a lead.")


def _refuse_sharing(visibility: str) -> None:
    if not views.may_make(g.user, visibility):
        abort(403, f"Nothing was done: the role {g.user.role} may make private views only. Ask a lead to share one.")
