"""The pages of widgets: the cards beside a ticket, in their order, each with a preview."""

from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, Response, abort, g, make_response, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from audit.db import db
from helpdesk import lookups, widgets
from helpdesk.forms.widgets import CUSTOMER_PATHS, WidgetForm
from helpdesk.models import Account, Integration, ShopOrder, Ticket, TicketTag, Widget
from helpdesk.refusals import Refused
from helpdesk.web import answers, cards
from helpdesk.web.auth import limiter
from helpdesk.web.cards import Card
from helpdesk.web.changing import acting, held_row, me, needs
from helpdesk.web.formats import zone
from helpdesk.web.htmx import go_to, wants_partial
from helpdesk.web.overtaken import refuse_overtaken
from helpdesk.web.races import Stale
from helpdesk.web.security import LARGEST_ID
from helpdesk.web.sheets import sheet
from helpdesk.web.shell import desk_clock
from helpdesk.web.trail import trail_of_object

#: What each type is good for, and its picture.
ABOUT: Final = {
    widgets.CUSTOMER: ("person", "Name, language, notes and whatever else the desk knows of the customer."),
    widgets.ORDERS: ("cart", "The customer's orders in a shop, with buttons to refund and to cancel."),
    widgets.HTTP: ("web", "Values of a JSON answer that an HTTP integration (GET) fetches for this ticket."),
}

blueprint = Blueprint("widgets", __name__)


@blueprint.get("/settings/widgets")
@needs("manage integrations")
def index() -> Response:
    """The cards in their order, and how they look beside the newest ticket."""
    return make_response(render_template("widgets/index.html", **_arrangement()))


@blueprint.post("/settings/widgets/arrange")
@needs("manage integrations")
def arrange() -> Response:
    """Put them into the order in which they were dragged."""
    numbers = [int(each) for each in request.form.getlist("widget") if each.isascii() and each.isdigit()]
    return _arrange(lambda _held: [number for number in numbers if number <= LARGEST_ID])


@blueprint.post("/settings/widgets/<number:widget_id>/move")
@needs("manage integrations")
def move(widget_id: int) -> Response:
    """Move one up or down by a place."""
    step = {"up": -1, "down": 1}.get(request.form.get("direction", ""))
    if step is None:
        abort(422, "Say whether it should move up or down. Nothing was changed.")

    def moved(held: list[int]) -> list[int]:
        if widget_id not in held:
            abort(404, f"There is no widget {widget_id} here, so nothing was done.")
        place = held.index(widget_id)
        held.insert(min(max(place + step, 0), len(held) - 1), held.pop(place))
        return held

    return _arrange(moved)


@blueprint.get("/settings/widgets/new")
@needs("manage integrations")
def new() -> Response:
    """An empty form for a type, or the types to choose from."""
    type_ = request.args.get("type", "")
    if type_ and type_ not in widgets.TYPES:
        abort(404, "There is no such type of widget.")
    if not type_:
        return make_response(render_template("widgets/choose.html", types=widgets.TYPES, about=ABOUT))
    form = WidgetForm()
    if type_ == widgets.CUSTOMER:
        form.lines = [(label, path) for path, label in CUSTOMER_PATHS[:3]]
    return _new(type_, form)


@blueprint.post("/settings/widgets/new")
@needs("manage integrations")
def create() -> Response:
    """Add a card."""
    type_, form = request.args.get("type", ""), WidgetForm(request.form)
    if type_ not in widgets.TYPES:
        abort(404, "There is no such type of widget.")
    if not form.validate():
        return _new(type_, form, status=422)
    try:
        with acting() as session:
            account, source = session.get_one(Account, g.account.id), _source(session, type_, form)
            widgets.create(account, type_, form.template, integration=source, by=me())
    except Refused as refusal:
        return _new(type_, form, f"{refusal} No widget was made.", 409)
    answers.tell("Widget created")
    return go_to(url_for("widgets.index"))


@blueprint.get("/settings/widgets/<number:widget_id>")
@needs("manage integrations")
def show(widget_id: int) -> Response:
    """One card with its preview."""
    widget = _read(widget_id)
    return _show(widget, WidgetForm(held=widget))


@blueprint.post("/settings/widgets/<number:widget_id>")
@needs("manage integrations")
def update(widget_id: int) -> Response:
    """Save it."""
    form = WidgetForm(request.form)
    if not form.validate():
        return _show(_read(widget_id), form, status=422)
    try:
        with acting() as session:
            widget = held_row(session, Widget, widget_id, "widget")
            refuse_overtaken(session, "Widget", widget_id, "widget")
            plain = widgets.kind_of(widget.type) == widgets.CUSTOMER
            source = _kept(session, widget) if plain else _source(session, widget.type, form)
            widgets.update(widget, form.over(widget), integration=source, is_on=bool(form.is_on.data), by=me())
    except (Refused, Stale) as refusal:
        return _show(_read(widget_id), form, str(refusal), 409)
    answers.tell("Widget saved")
    return go_to(url_for("widgets.show", widget_id=widget_id))


@blueprint.get("/settings/widgets/<number:widget_id>/delete")
@needs("manage integrations")
def confirm_delete(widget_id: int) -> Response:
    """Ask before it is removed."""
    widget = _read(widget_id)
    return sheet(
        "layout/_confirm.html",
        f"Delete {widget.audit_label()}",
        address=url_for("widgets.delete", widget_id=widget_id),
        question=f"Delete the widget “{widget.audit_label()}”?",
        consequences=[
            "It goes from beside all tickets, for everybody. The data that it shows stays where it is.",
            "There is no undo. To hide it for a while, untick “Show it beside tickets” instead.",
        ],
        act="Delete widget",
        back=url_for("widgets.show", widget_id=widget_id),
    )


@blueprint.post("/settings/widgets/<number:widget_id>/delete")
@needs("manage integrations")
def delete(widget_id: int) -> Response:
    """Remove it."""
    with acting() as session:
        widget = held_row(session, Widget, widget_id, "widget")
        title = widget.audit_label()
        widgets.delete(widget, by=me())
    answers.tell(f"Widget {title} deleted")
    return go_to(url_for("widgets.index"))


@blueprint.post("/settings/widgets/preview")
@needs("manage integrations")
@limiter.limit("120 per minute", key_func=lambda: f"preview {g.user.id}")
def preview() -> Response:
    """How a card that is being edited would look beside the newest ticket; nothing is saved."""
    type_, form = request.args.get("type", ""), WidgetForm(request.form)
    if type_ not in widgets.TYPES:
        abort(404, "There is no such type of widget.")
    return make_response(render_template("widgets/_preview.html", **_preview(type_, form)))


def _arrange(ordered: Any) -> Response:
    problem = None
    try:
        with acting() as session:
            account = session.get_one(Account, g.account.id)
            widgets.arrange(account, ordered([widget.id for widget in _all(session)]), by=me())
    except Refused as refusal:
        problem = str(refusal)
    events = answers.written()
    said = problem or ("Order changed" if events else "It is in that order already, so no event was written.")
    if wants_partial():
        kind = "error" if problem else "done" if events else "info"
        page = render_template("widgets/_arranged.html", said=said, events=events, kind=kind, **_arrangement())
        return make_response(page, 409 if problem else 200)
    answers.toast(said, events)
    return go_to(url_for("widgets.index"))


def _arrangement() -> dict[str, Any]:
    session = db.session()
    sources = {
        row.id: row.name
        for row in session.execute(
            select(Integration.id, Integration.name).where(Integration.account_id == g.account.id)
        )
    }
    return {"found": _all(session), "sources": sources, "types": widgets.TYPES, "about": ABOUT, "example": _example()}


def _all(session: Session) -> Sequence[Widget]:
    return session.scalars(
        select(Widget).where(Widget.account_id == g.account.id).order_by(Widget.order, Widget.id)
    ).all()


def _read(widget_id: int) -> Widget:
    found = db.session.scalar(select(Widget).where(Widget.id == widget_id, Widget.account_id == g.account.id))
    if found is None:
        abort(404, f"There is no widget {widget_id} here: it was deleted, or never in this account.")
    return found


def _source(session: Session, type_: str, form: WidgetForm) -> Integration | None:
    """What was chosen; a program may leave it open, a person is told that nothing would be shown."""
    source = held_row(session, Integration, form.source, "integration") if form.source is not None else None
    if problem := widgets.why_empty(type_, source):
        raise Refused(problem, "integration_id")
    return source


def _kept(session: Session, widget: Widget) -> Integration | None:
    # The form of a card that asks nobody has no field for what a program noted there.
    return session.get(Integration, widget.integration_id) if widget.integration_id is not None else None


def _new(type_: str, form: WidgetForm, problem: str | None = None, status: int = 200) -> Response:
    context = {**_for_form(type_), **_preview(type_, form, may_ask=False)}
    return make_response(
        render_template("widgets/new.html", form=form, problem=problem, **context),
        status,
    )


def _show(widget: Widget, form: WidgetForm, problem: str | None = None, status: int = 200) -> Response:
    session, time_zone = db.session(), g.account.time_zone
    now = desk_clock(g.account.id).now
    trail = trail_of_object(session, "Widget", widget.id, now.astimezone(zone(time_zone)))
    number, title = widget.id, widget.audit_label()
    context = {**_for_form(widget.type), **_preview(widgets.kind_of(widget.type), form, may_ask=False)}
    return make_response(
        render_template(
            "widgets/show.html",
            widget_id=number,
            title=title,
            form=form,
            problem=problem,
            trail=trail,
            now=now,
            time_zone=time_zone,
            **context,
        ),
        status,
    )


def _for_form(type_: str) -> dict[str, Any]:
    kind = widgets.kind_of(type_)
    wanted = {widgets.ORDERS: "shop", widgets.HTTP: "http"}.get(kind)
    found = db.session.scalars(
        select(Integration)
        .where(Integration.account_id == g.account.id, Integration.type == wanted)
        .order_by(Integration.name)
    ).all()
    fit = [each for each in found if each.type != "http" or (each.http or {}).get("method") == "GET"]
    return {
        "type": kind,
        "label": widgets.TYPES[kind],
        "icon_name": ABOUT[kind][0],
        "about": ABOUT[kind][1],
        "choices": [(each.id, each.name) for each in fit],
        "paths": CUSTOMER_PATHS,
    }


def _preview(type_: str, form: WidgetForm, *, may_ask: bool = True) -> dict[str, Any]:
    ticket = _example()
    if ticket is None:
        return {"card": None, "example": None}
    title = form.title.data or widgets.TYPES[type_]
    template = {**form.template, "title": title}
    session, number = db.session(), ticket.id
    if type_ == widgets.HTTP:
        if form.source is None or not may_ask:
            problem = "Choose an integration to see its data here." if form.source is None else None
            card = Card(
                "preview-card", title, type_, problem=problem or "It is fetched as soon as you change something."
            )
        else:
            card = cards.fetched(session, ticket, None, template, form.source)
    elif type_ == widgets.ORDERS:
        card = Card("preview-card", title, type_, orders=_some_orders(session, ticket, form.source))
    else:
        values = lookups.of_ticket(ticket)
        data = {**values, "customer": values["ticket"]["customer"]}
        card = Card("preview-card", title, type_, parts=cards.parts_of(template, data))
    return {"card": card, "example": number}


def _some_orders(session: Session, ticket: Ticket, source: int | None) -> Sequence[ShopOrder]:
    orders = session.scalars(
        select(ShopOrder)
        .where(ShopOrder.account_id == g.account.id, ShopOrder.integration_id == source)
        .order_by((ShopOrder.customer_id == ticket.customer_id).desc(), ShopOrder.id.desc())
        .limit(2)
    )
    return orders.all()


def _example() -> Ticket | None:
    newest = select(Ticket).where(Ticket.account_id == g.account.id).order_by(Ticket.updated_datetime.desc()).limit(1)
    # A card may show whatever hangs on a ticket.
    with_all = (joinedload(Ticket.customer), joinedload(Ticket.assignee), joinedload(Ticket.team))
    tagged = selectinload(Ticket.tag_links).joinedload(TicketTag.tag)
    return db.session.scalar(newest.options(*with_all, tagged))
