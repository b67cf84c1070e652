"""The cards beside a ticket: what widgets show of its customer, orders and other systems; read after the page."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock
from time import monotonic
from typing import Any, Final

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, raiseload

from audit.db import db
from helpdesk import calling, lookups, outgoing, widgets
from helpdesk.models import Integration, ShopOrder, Ticket, TicketTag, Widget
from helpdesk.web.changing import needs
from helpdesk.web.directory import ticket_address
from helpdesk.web.htmx import wants_partial

MOST_ORDERS: Final = 5
#: Of a list that a part is about; and of all that a card shows.
MOST_OF_A_LIST: Final = 5
MOST_PARTS: Final = 30
LONGEST_VALUE: Final = 500
#: For how long an answer is shown again before the other system is asked anew.
SECONDS_KEPT: Final = 30.0
MOST_KEPT: Final = 500
SECONDS_TO_ANSWER: Final = 5.0

blueprint = Blueprint("cards", __name__)


@dataclass(frozen=True)
class Line:
    """A value on a card."""

    title: str
    value: str


@dataclass(frozen=True)
class Part:
    """Lines that belong together."""

    title: str  #: "" for none
    lines: list[Line]


@dataclass(frozen=True)
class Card:
    """A card, drawn: its lines, or its orders, or why there is nothing, or whence it is still to be loaded."""

    key: str
    title: str
    kind: str
    parts: list[Part] = field(default_factory=list)
    orders: Sequence[ShopOrder] = ()
    problem: str | None = None
    later: str | None = None


@blueprint.get("/tickets/<number:ticket_id>/widgets")
@needs("read")
def show(ticket_id: int) -> Response:
    """All cards of a ticket; those that ask another system follow by themselves."""
    if not wants_partial():
        return make_response(redirect(ticket_address(ticket_id), 303))
    session = db.session()
    ticket = _read(session, ticket_id)
    cards = cards_of(session, ticket, _active(session))
    return make_response(render_template("tickets/_cards.html", cards=cards, ticket_id=ticket.id))


@blueprint.get("/tickets/<number:ticket_id>/widgets/<number:widget_id>")
@needs("read")
def load(ticket_id: int, widget_id: int) -> Response:
    """One card that asks another system."""
    if not wants_partial():
        return make_response(redirect(ticket_address(ticket_id), 303))
    session = db.session()
    ticket = _read(session, ticket_id)
    widget = session.scalar(select(Widget).where(Widget.id == widget_id, Widget.account_id == g.account.id))
    if widget is None or widget.type != widgets.HTTP:
        abort(404, f"There is no widget {widget_id} here: it was deleted, or never in this account.")
    template = {**widget.template, "title": widget.audit_label()}
    card = fetched(session, ticket, widget.id, template, widget.integration_id)
    return make_response(render_template("tickets/_card.html", card=card, ticket_id=ticket_id))


def cards_of(session: Session, ticket: Ticket, found: Sequence[Widget]) -> list[Card]:
    """The cards of these widgets; without a card for its orders, a customer's show at the end."""
    values, orders = lookups.of_ticket(ticket), orders_of(session, ticket.customer_id)
    cards = [_card(ticket, widget, values, orders) for widget in found]
    placed = {widget.integration_id for widget in _all_order_cards(session)}
    rest = [order for order in orders if placed.isdisjoint((None, order.integration_id))]
    if rest:
        cards.append(Card("orders", "Orders", widgets.ORDERS, orders=rest[:MOST_ORDERS]))
    return cards


def drawn(ticket: Ticket, widget: Widget, values: dict[str, Any], orders: Sequence[ShopOrder]) -> Card:
    """A card that asks nobody else."""
    title, key = widget.audit_label(), f"widget-{widget.id}"
    if widget.type == widgets.ORDERS:
        own = [order for order in orders if widget.integration_id in (None, order.integration_id)]
        return Card(key, title, widget.type, orders=own[:MOST_ORDERS])
    data = {**values, "customer": values["ticket"]["customer"]}
    return Card(key, title, widgets.CUSTOMER, parts=parts_of(widget.template, data))


def fetched(
    session: Session, ticket: Ticket, widget_id: int | None, template: dict[str, Any], integration_id: int | None
) -> Card:
    """A card with what another system says of this ticket; no transaction is open while it is asked."""
    key, title = f"widget-{widget_id or 0}", str(template.get("title") or "")
    integration = session.get(Integration, integration_id) if integration_id is not None else None
    if integration is None:
        return Card(key, title, widgets.HTTP, problem="It has no integration to ask yet.")
    if integration.deactivated_datetime is not None:
        return Card(key, title, widgets.HTTP, problem="Its integration is switched off.")
    if why := widgets.why_empty(widgets.HTTP, integration):
        return Card(key, title, widgets.HTTP, problem=why)
    try:
        call = calling.call_of(integration, lookups.of_ticket(ticket))
    except outgoing.Unsendable as error:
        return Card(key, title, widgets.HTTP, problem=str(error))
    name = (integration.account_id, integration.id, str(integration.updated_datetime), call.url)
    session.rollback()
    data, problem = _kept.get(name) or _kept.put(name, _ask(call))
    if problem is not None:
        return Card(key, title, widgets.HTTP, problem=problem)
    return Card(key, title, widgets.HTTP, parts=parts_of(template, data))


def parts_of(template: dict[str, Any], data: Any) -> list[Part]:
    """What a card shows of some data, part by part; what isn't there is a dash."""
    return list(islice((part for part in _parts({**template, "title": ""}, data) if part.lines), MOST_PARTS))


def orders_of(session: Session, customer_id: int) -> Sequence[ShopOrder]:
    """A customer's newest orders in shops that are open."""
    return session.scalars(
        select(ShopOrder)
        .join(Integration, Integration.id == ShopOrder.integration_id)
        .where(
            ShopOrder.account_id == g.account.id,
            ShopOrder.customer_id == customer_id,
            Integration.account_id == g.account.id,
            Integration.deactivated_datetime.is_(None),
        )
        .order_by(ShopOrder.created_datetime.desc(), ShopOrder.id.desc())
        .limit(4 * MOST_ORDERS)
    ).all()


def _card(ticket: Ticket, widget: Widget, values: dict[str, Any], orders: Sequence[ShopOrder]) -> Card:
    if widget.type != widgets.HTTP:
        return drawn(ticket, widget, values, orders)
    later = url_for("cards.load", ticket_id=ticket.id, widget_id=widget.id)
    return Card(f"widget-{widget.id}", widget.audit_label(), widget.type, later=later)


def _active(session: Session) -> Sequence[Widget]:
    return session.scalars(
        select(Widget)
        .where(Widget.account_id == g.account.id, Widget.context == "ticket", Widget.deactivated_datetime.is_(None))
        .order_by(Widget.order, Widget.id)
    ).all()


def _all_order_cards(session: Session) -> Sequence[Widget]:
    # Also those that are switched off: who switches the card off doesn't want to see it.
    return session.scalars(select(Widget).where(Widget.account_id == g.account.id, Widget.type == widgets.ORDERS)).all()


def _read(session: Session, ticket_id: int) -> Ticket:
    ticket = session.scalars(
        select(Ticket)
        .where(Ticket.id == ticket_id, Ticket.account_id == g.account.id)
        .options(
            joinedload(Ticket.customer).options(raiseload("*")),
            joinedload(Ticket.tag_links).joinedload(TicketTag.tag),
        )
    ).unique().one_or_none()  # fmt: skip
    if ticket is None:
        abort(404, f"There is no ticket {ticket_id} here: it was deleted, or never existed in this account.")
    return ticket


def _ask(call: outgoing.Call) -> tuple[Any, str | None]:
    try:
        answer = outgoing.send(call, seconds=SECONDS_TO_ANSWER)
    except (outgoing.Unsendable, outgoing.Unanswered) as problem:
        return None, str(problem)
    if not answer.is_fine:
        return None, f"It answered {answer.line}."
    if answer.is_cut:
        return None, f"Its answer is longer than {outgoing.LARGEST_ANSWER // 1024} kB."
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None, "Its answer is no JSON."
    return {"items": data} if isinstance(data, list) else data, None


def _parts(part: dict[str, Any], data: Any) -> Iterator[Part]:
    found = lookups.look_up(str(part.get("path") or ""), data)
    for each in found[:MOST_OF_A_LIST] if isinstance(found, list) else [found]:
        lines = [line for line in part["widgets"] if "widgets" not in line] if part.get("widgets") else []
        shown = [
            Line(str(line.get("title") or line["path"]), _shown(lookups.look_up(str(line["path"]), each)))
            for line in lines
        ]
        yield Part(str(part.get("title") or ""), shown)
        for below in part.get("widgets") or []:
            if "widgets" in below:
                yield from _parts(below, each)


def _shown(value: Any) -> str:
    if isinstance(value, list) and all(not isinstance(each, dict | list) for each in value):
        value = ", ".join(map(lookups.plain, value))
    text = lookups.plain(value).strip()
    return text[:LONGEST_VALUE] + ("…" if len(text) > LONGEST_VALUE else "") or "–"


class _Kept:
    """Answers that are a few seconds old, so that a page that is looked at often asks seldom."""

    def __init__(self) -> None:
        self._held: dict[Any, tuple[float, tuple[Any, str | None]]] = {}
        self._lock = Lock()

    def get(self, name: Any) -> tuple[Any, str | None] | None:
        """What was answered, if that is not too long ago."""
        with self._lock:
            until, found = self._held.get(name, (0.0, None))
            return found if until > monotonic() else None

    def put(self, name: Any, answer: tuple[Any, str | None]) -> tuple[Any, str | None]:
        """Keep an answer, and make room."""
        with self._lock:
            if len(self._held) >= MOST_KEPT:
                for old in sorted(self._held, key=lambda key: self._held[key][0])[: MOST_KEPT // 2]:
                    del self._held[old]
            self._held[name] = (monotonic() + SECONDS_KEPT, answer)
        return answer

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()


_kept: Final = _Kept()
