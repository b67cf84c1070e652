"""The pages of integrations: what the desk is connected to, how each is called, and how that went."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, abort, g, make_response, render_template, request, url_for
from sqlalchemy import func, select

from audit.db import db
from helpdesk import integrations, links, outbox
from helpdesk.forms.integrations import KINDS as BODIES
from helpdesk.forms.integrations import METHODS, HttpForm, PlainForm
from helpdesk.models import Account, Delivery, Integration, ShopOrder
from helpdesk.refusals import Refused
from helpdesk.web import answers, integration_trials
from helpdesk.web.answers import Press
from helpdesk.web.auth import limiter
from helpdesk.web.changing import acting, held_row, me, needs
from helpdesk.web.formats import zone
from helpdesk.web.htmx import go_to, wants_partial
from helpdesk.web.overtaken import refuse_overtaken
from helpdesk.web.races import Stale
from helpdesk.web.security import LARGEST_ID
from helpdesk.web.sheets import sheet
from helpdesk.web.shell import desk_clock
from helpdesk.web.trail import trail_of_object

MOST_DELIVERIES: Final = 20
MOST_ORDERS: Final = 20
MOST_LISTED: Final = 50
LONGEST_START: Final = 2000  #: of an answer, as the trial shows it

blueprint = Blueprint("integrations", __name__)


@dataclass(frozen=True)
class Kind:
    """A type of integration: what it is called, its picture, and what it is good for."""

    name: str
    label: str
    icon: str
    about: str


KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind("http", "HTTP", "web", "Tell another system what happens here, or fetch its data beside a ticket."),
        Kind("shop", "Shop", "cart", "A simulated shop in which you can buy, cancel and ask for your money back."),
        Kind("chat", "Chat", "chat", "A small page on which a customer writes, and an agent answers at once."),
    )
}


@blueprint.get("/settings/integrations")
@needs("manage integrations")
def index() -> Response:
    """All connections, and what else can be connected."""
    session = db.session()
    found = session.scalars(
        select(Integration).where(Integration.account_id == g.account.id).order_by(Integration.name, Integration.id)
    ).all()
    return make_response(
        render_template("integrations/index.html", found=found, kinds=KINDS, last=_last_of(found), public=_public_page)
    )


@blueprint.get("/settings/integrations/new")
@needs("manage integrations")
def new() -> Response:
    """An empty form for a type, or the types to choose from."""
    kind = request.args.get("type", "")
    if kind and kind not in KINDS:
        abort(404, "There is no such type of integration.")
    if not kind:
        return make_response(render_template("integrations/choose.html", kinds=KINDS))
    return _new(KINDS[kind], HttpForm() if kind == "http" else PlainForm())


@blueprint.post("/settings/integrations/new")
@needs("manage integrations")
def create() -> Response:
    """Connect another system."""
    kind = KINDS.get(request.args.get("type", ""))
    if kind is None:
        abort(404, "There is no such type of integration.")
    form = HttpForm(request.form) if kind.name == "http" else PlainForm(request.form)
    if not form.validate():
        return _new(kind, form, status=422)
    try:
        wanted = form.changes(None)
        with acting() as session:
            account, name = session.get_one(Account, g.account.id), wanted.pop("name")
            number = integrations.create(account, kind.name, name, **wanted, by=me()).id
    except Refused as refusal:
        return _new(kind, form, f"{refusal} Nothing was connected.", 409)
    answers.tell("Integration created")
    return go_to(url_for("integrations.show", integration_id=number))


@blueprint.get("/settings/integrations/<number:integration_id>")
@needs("manage integrations")
def show(integration_id: int) -> Response:
    """One connection: its settings, how it works, what was done to it."""
    integration = _read(integration_id)
    return _show(integration, _form_of(integration))


@blueprint.post("/settings/integrations/<number:integration_id>")
@needs("manage integrations")
def update(integration_id: int) -> Response:
    """Save its settings."""
    integration = _read(integration_id)
    form = _form_of(integration, sent=True)
    if not form.validate():
        return _show(integration, form, status=422)
    try:
        with acting() as session:
            held = held_row(session, Integration, integration_id, "integration")
            refuse_overtaken(session, "Integration", integration_id, "integration")
            integrations.update(held, form.changes(held), by=me())
    except (Refused, Stale) as refusal:
        return _show(_read(integration_id), form, str(refusal), 409)
    answers.tell("Integration saved")
    return go_to(url_for("integrations.show", integration_id=integration_id))


@blueprint.post("/settings/integrations/<number:integration_id>/deactivate")
@needs("manage integrations")
def deactivate(integration_id: int) -> Response:
    """Switch it off."""
    with acting() as session:
        integrations.deactivate(held_row(session, Integration, integration_id, "integration"), by=me())
    undo_by = Press(url_for("integrations.reactivate", integration_id=integration_id))
    answers.tell("Switched off", "It is off already, so no event was written.", undo_by=undo_by)
    return go_to(url_for("integrations.show", integration_id=integration_id))


@blueprint.post("/settings/integrations/<number:integration_id>/reactivate")
@needs("manage integrations")
def reactivate(integration_id: int) -> Response:
    """Switch it on again."""
    with acting() as session:
        integrations.reactivate(held_row(session, Integration, integration_id, "integration"), by=me())
    undo_by = Press(url_for("integrations.deactivate", integration_id=integration_id))
    answers.tell("Switched on", "It is on already, so no event was written.", undo_by=undo_by)
    return go_to(url_for("integrations.show", integration_id=integration_id))


@blueprint.get("/settings/integrations/<number:integration_id>/delete")
@needs("manage integrations")
def confirm_delete(integration_id: int) -> Response:
    """Ask before it is removed, or say why it can't be."""
    return _ask_delete(_read(integration_id))


@blueprint.post("/settings/integrations/<number:integration_id>/delete")
@needs("manage integrations")
def delete(integration_id: int) -> Response:
    """Remove it."""
    try:
        with acting() as session:
            integration = held_row(session, Integration, integration_id, "integration")
            name = integration.name
            integrations.delete(integration, by=me())
    except Refused as refusal:
        return _ask_delete(_read(integration_id), str(refusal), 409)
    answers.tell(f"Integration {name} deleted")
    return go_to(url_for("integrations.index"))


@blueprint.get("/settings/integrations/<number:integration_id>/deliveries")
@needs("manage integrations")
def deliveries(integration_id: int) -> Response:
    """How its calls went: the newest as a part of its page, all of them page by page."""
    integration, before = _read(integration_id), request.args.get("before", type=int)
    if wants_partial() and before is None:
        found = _deliveries(integration)
        return make_response(
            render_template("integrations/_deliveries.html", integration=integration, deliveries=found)
        )
    found = _deliveries(integration, before if before and 0 < before <= LARGEST_ID else None, MOST_LISTED + 1)
    return make_response(
        render_template(
            "integrations/deliveries.html",
            integration=integration,
            deliveries=found[:MOST_LISTED],
            is_beyond=before is not None,
            older=found[MOST_LISTED - 1].id if len(found) > MOST_LISTED else None,
        )
    )


@blueprint.get("/settings/integrations/<number:integration_id>/deliveries/<number:delivery_id>")
@needs("manage integrations")
def delivery(integration_id: int, delivery_id: int) -> Response:
    """One call: what was asked, what was answered, when, and how long it took."""
    integration = _read(integration_id)
    return make_response(
        render_template(
            "integrations/delivery.html",
            integration=integration,
            delivery=_read_delivery(integration, delivery_id),
            time_zone=g.account.time_zone,
        )
    )


@blueprint.post("/settings/integrations/<number:integration_id>/deliveries/<number:delivery_id>/redeliver")
@needs("manage integrations")
def redeliver(integration_id: int, delivery_id: int) -> Response:
    """Send it once more, just as it was."""
    integration = _read(integration_id)
    _read_delivery(integration, delivery_id)
    if integration.deactivated_datetime is not None:
        abort(409, f"{integration.name} is switched off, so nothing was sent. Switch it on first.")
    with acting() as session:
        again = outbox.queue_again(session.get_one(Delivery, delivery_id))
        session.flush()
        number = again.id
    answers.tell("It is sent again", "It is sent again; of calls the audit log says nothing.")
    return go_to(url_for("integrations.delivery", integration_id=integration_id, delivery_id=number))


@blueprint.post("/settings/integrations/<number:integration_id>/secret")
@needs("manage integrations")
def renew_secret(integration_id: int) -> Response:
    """Give a shop another secret to sign with."""
    try:
        with acting() as session:
            integrations.renew_secret(held_row(session, Integration, integration_id, "integration"), by=me())
    except Refused as refusal:
        abort(409, str(refusal))
    answers.tell("The shop has a new secret")
    return go_to(url_for("integrations.show", integration_id=integration_id))


@blueprint.post("/settings/integrations/try")
@needs("manage integrations")
@limiter.limit("30 per minute", key_func=lambda: f"trial {g.user.id}")
def try_out() -> Response:
    """Call the real address once with what is in the form, and show its answer; nothing is written."""
    number = request.form.get("integration_id", 0, type=int)
    held = _read(number) if number else None
    form = HttpForm(request.form, held)
    if not form.validate():
        tried = integration_trials.Tried(None, None, f"{_first_error(form)} Nothing was sent.", None)
    else:
        tried = integration_trials.run(form, held)
    if wants_partial():
        return make_response(render_template("integrations/_tried.html", tried=tried, longest=LONGEST_START))
    if held is not None:
        return _show(held, form, tried=tried)
    return _new(KINDS["http"], form, tried=tried)


def _read(integration_id: int) -> Integration:
    found = db.session.scalar(
        select(Integration).where(Integration.id == integration_id, Integration.account_id == g.account.id)
    )
    if found is None:
        abort(404, f"There is no integration {integration_id} here: it was deleted, or never in this account.")
    return found


def _form_of(integration: Integration, *, sent: bool = False) -> PlainForm:
    if integration.type == "http":
        return HttpForm(request.form if sent else None, integration)
    return PlainForm(request.form) if sent else PlainForm(obj=integration)


def _first_error(form: PlainForm) -> str:
    return next(str(field.errors[0]) for field in form if field.errors)


def _new(kind: Kind, form: PlainForm, problem: str | None = None, status: int = 200, **more: Any) -> Response:
    return make_response(
        render_template(
            "integrations/new.html", kind=kind, form=form, problem=problem, integration=None, **_for_form(), **more
        ),
        status,
    )


def _show(
    integration: Integration, form: PlainForm, problem: str | None = None, status: int = 200, **more: Any
) -> Response:
    session, time_zone = db.session(), g.account.time_zone
    now = desk_clock(g.account.id).now
    return make_response(
        render_template(
            "integrations/show.html",
            integration=integration,
            kind=KINDS.get(integration.type) or Kind(integration.type, integration.type.title(), "plug", ""),
            form=form,
            problem=problem,
            address=_public_page(integration),
            hook=_hook(integration),
            deliveries=_deliveries(integration) if integration.type == "http" else [],
            orders=_orders(integration) if integration.type == "shop" else [],
            trail=trail_of_object(session, "Integration", integration.id, now.astimezone(zone(time_zone))),
            now=now,
            time_zone=time_zone,
            **_for_form(),
            **more,
        ),
        status,
    )


def _for_form() -> dict[str, Any]:
    return {
        "kinds": KINDS,
        "methods": METHODS,
        "bodies": BODIES,
        "triggers": integrations.TRIGGERS,
        "longest": LONGEST_START,
        "variables": VARIABLES,
    }


#: Some of what can be looked up, for the hint beside the form.
VARIABLES: Final = (
    ("{{ticket.id}}", "the ticket's number"),
    ("{{ticket.subject}}", "its subject"),
    ("{{ticket.status}}", "open or closed"),
    ("{{ticket.customer.email}}", "the customer's address"),
    ("{{ticket.customer.name}}", "the customer's name"),
    ("{{ticket.assignee_user.name}}", "who has it"),
    ("{{trigger}}", "why it is called"),
    ("{{event.id}}", "the event in the audit log"),
    ("{{message.body_text}}", "what was said"),
)


def _public_page(integration: Integration) -> str | None:
    key = integrations.public_key(integration)
    if key is None:
        return None
    return url_for("storefront.front" if integration.type == "shop" else "chatroom.room", key=key)


def _hook(integration: Integration) -> str | None:
    """Where a shop hands in its reports."""
    key = integrations.public_key(integration) if integration.type == "shop" else None
    return links.to(url_for("shop_hooks.take", key=key)) if key else None


def _deliveries(
    integration: Integration, before: int | None = None, limit: int = MOST_DELIVERIES
) -> Sequence[Delivery]:
    mine = select(Delivery).where(
        Delivery.account_id == g.account.id,
        Delivery.kind == "webhook",
        Delivery.integration_id == integration.id,
    )
    if before is not None:
        mine = mine.where(Delivery.id < before)
    return db.session.scalars(mine.order_by(Delivery.id.desc()).limit(limit)).all()


def _read_delivery(integration: Integration, delivery_id: int) -> Delivery:
    found: Delivery | None = db.session.get(Delivery, delivery_id)
    if found is None or found.account_id != g.account.id or found.integration_id != integration.id:
        abort(404, f"{integration.name} made no call {delivery_id}.")
    return found


def _last_of(found: Sequence[Integration]) -> dict[int, Delivery]:
    """The newest call of each."""
    numbers = [integration.id for integration in found if integration.type == "http"]
    if not numbers:
        return {}
    newest = (
        select(func.max(Delivery.id))
        .where(Delivery.account_id == g.account.id, Delivery.integration_id.in_(numbers))
        .group_by(Delivery.integration_id)
    )
    return {
        delivery.integration_id or 0: delivery
        for delivery in db.session.scalars(select(Delivery).where(Delivery.id.in_(newest)))
    }


def _orders(integration: Integration) -> Sequence[Any]:
    return db.session.scalars(
        select(ShopOrder)
        .where(ShopOrder.account_id == g.account.id, ShopOrder.integration_id == integration.id)
        .order_by(ShopOrder.id.desc())
        .limit(MOST_ORDERS)
    ).all()


def _ask_delete(integration: Integration, problem: str | None = None, status: int = 200) -> Response:
    users = integrations.used_by(integration)
    consequences = [_LOSSES.get(integration.type, "Nothing goes out through it any more.")]
    if integration.type == "shop":
        orders = db.session.scalar(
            select(func.count())
            .select_from(ShopOrder)
            .where(ShopOrder.account_id == g.account.id, ShopOrder.integration_id == integration.id)
        )
        consequences.append(f"{orders} order{'' if orders == 1 else 's'} will be forgotten.")
    consequences.append("There is no undo. To pause it, switch it off instead.")
    if users and problem is None:
        problem = f"It can't be deleted: it is used by {', '.join(users)}. Change or delete that first."
    return sheet(
        "layout/_confirm.html",
        f"Delete {integration.name}",
        status,
        address=url_for("integrations.delete", integration_id=integration.id),
        question=f"Delete the integration “{integration.name}”?",
        consequences=[] if users else consequences,
        problem=problem,
        act=None if users else "Delete integration",
        back=url_for("integrations.show", integration_id=integration.id),
    )


_LOSSES: Final = {
    "http": "Nothing is told to that system any more; what waits to be sent is not sent.",
    "shop": "Its page closes, and customers can't reach their orders any more.",
    "chat": "Its page closes. The tickets that began there stay.",
}
