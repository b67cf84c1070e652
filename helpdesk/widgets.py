"""The verbs of widgets: cards beside a ticket, made, changed, put in order, removed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk.events import WIDGET_CREATED, WIDGET_DELETED, WIDGET_UPDATED
from helpdesk.models import Account, Integration, Widget
from helpdesk.refusals import Refused, blaming
from helpdesk.sessions import session_of

CUSTOMER: Final = "custom"
ORDERS: Final = "shop"
HTTP: Final = "http"

#: What a card shows, as a person chooses it.
TYPES: Final = {
    CUSTOMER: "Customer data",
    ORDERS: "Orders of the shop",
    HTTP: "Data of another system",
}
#: What else programs call a card, by the public API's names; each shows values of the ticket and its customer.
PLAIN: Final = (
    "standalone", "customer_external_data", "bigcommerce", "klaviyo", "magento2", "recharge", "smile", "stripe",
    "woocommerce", "yotpo",
)  # fmt: skip
LONGEST_TITLE: Final = 100
LONGEST_PATH: Final = 200
MOST_PARTS: Final = 100
DEEPEST: Final = 10
MOST_WIDGETS: Final = 20

_PATH: Final = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w-]+|\[-?[0-9]{1,4}\])*", re.ASCII)


def create(
    account: Account,
    type_: str,
    template: Mapping[str, Any],
    *,
    integration: Integration | None = None,
    context: str = "ticket",
    order: int | None = None,
    app_id: str | None = None,
    is_on: bool = True,
    by: Actor,
) -> Widget:
    """Add a card; below all others, unless its place is given."""
    session, at = session_of(account), now(session_of(account))
    kind_of(type_)
    places = session.scalars(select(Widget.order).where(Widget.account_id == account.id)).all()
    if len(places) >= MOST_WIDGETS:
        raise Refused(
            f"There are {len(places)} widgets already, and no room for more beside a ticket. Delete one first."
        )
    widget = Widget(
        account_id=account.id,
        type=type_,
        context=context,
        template=checked_template(type_, template),
        order=max(places, default=-1) + 1 if order is None else order,
        integration_id=_source(type_, integration),
        app_id=app_id,
        created_datetime=at,
        deactivated_datetime=None if is_on else at,
    )
    session.add(widget)
    record(WIDGET_CREATED, widget, by=by)
    return widget


def update(
    widget: Widget,
    template: Mapping[str, Any],
    *,
    integration: Integration | None = None,
    is_on: bool = True,
    by: Actor,
) -> None:
    """Change what a card shows, whence, and whether it is shown."""
    _change(widget, _content(widget, widget.type, template, integration, is_on=is_on), by=by)


def replace(
    widget: Widget,
    type_: str,
    template: Mapping[str, Any],
    *,
    integration: Integration | None,
    context: str,
    order: int,
    app_id: str | None,
    is_on: bool,
    by: Actor,
) -> None:
    """Make another card of it, with all that belongs to one."""
    rest = {"type": type_, "context": context, "order": order, "app_id": app_id}
    _change(widget, {**_content(widget, type_, template, integration, is_on=is_on), **rest}, by=by)


def arrange(account: Account, numbers: Sequence[int], *, by: Actor) -> None:
    """Put the cards into this order; each that gets another place has an event of its own."""
    session = session_of(account)
    held = {
        widget.id: widget
        for widget in session.scalars(
            select(Widget).where(Widget.account_id == account.id).order_by(Widget.id).with_for_update()
        )
    }
    if sorted(numbers) != sorted(held):
        raise Refused("Somebody added or removed a widget meanwhile, so their order was not changed. Look again.")
    for place, number in enumerate(numbers):
        widget = held[number]
        if widget.order == place:
            continue
        widget.order, widget.updated_datetime = place, now(session)
        record(WIDGET_UPDATED, widget, by=by)


def delete(widget: Widget, *, by: Actor) -> None:
    """Remove a card; the data that it showed is where it was."""
    session_of(widget).delete(widget)
    record(WIDGET_DELETED, widget, by=by)


def kind_of(type_: str) -> str:
    """Which of the three kinds of cards a type is drawn as; raises Refused."""
    if type_ not in TYPES and type_ not in PLAIN:
        raise Refused(f"There are no widgets of the type {type_[:40]!r}.", "type")
    return type_ if type_ in TYPES else CUSTOMER


def checked_template(type_: str, template: Mapping[str, Any]) -> dict[str, Any]:
    """What a card shows, as it was given: its title, lines, and parts with lines of their own; raises Refused."""
    with blaming("template"):
        if "title" in template and not str(template["title"] or "").strip():
            raise Refused("A widget needs a title.")
        if type_ != ORDERS and "widgets" not in template:
            raise Refused("A widget needs at least one line to show.")
        if _check_part(template, 1) > MOST_PARTS:
            raise Refused(f"A widget has at most {MOST_PARTS} lines and parts; this one has more.")
    return {"type": "wrapper", **template}


def lines_of(template: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """All its lines one after the other: the title and the whole path of each."""
    for part in template.get("widgets") or []:
        path = ".".join(filter(None, (above, str(part.get("path") or "").strip())))
        if "widgets" in part:
            yield from lines_of(part, path)
        else:
            yield str(part.get("title") or "").strip(), path


def _content(
    widget: Widget, type_: str, template: Mapping[str, Any], integration: Integration | None, *, is_on: bool
) -> dict[str, Any]:
    return {
        "template": checked_template(type_, template),
        "integration_id": _source(type_, integration),
        "deactivated_datetime": None if is_on else widget.deactivated_datetime or now(session_of(widget)),
    }


def _change(widget: Widget, wanted: Mapping[str, Any], *, by: Actor) -> None:
    different = {name: value for name, value in wanted.items() if getattr(widget, name) != value}
    if not different:
        return
    for name, value in different.items():
        setattr(widget, name, value)
    widget.updated_datetime = now(session_of(widget))
    record(WIDGET_UPDATED, widget, by=by)


def _check_part(part: Mapping[str, Any], depth: int) -> int:
    """How many parts it is, with those within."""
    title, path = str(part.get("title") or ""), str(part.get("path") or "").strip()
    if len(title) > LONGEST_TITLE:
        raise Refused(f"A title has at most {LONGEST_TITLE} characters; this one has {len(title)}.")
    if path and (len(path) > LONGEST_PATH or not _PATH.fullmatch(path)):
        raise Refused(f"{path[:60]!r} leads nowhere. Write it like order.items[0].name.")
    if not path and depth > 1 and "widgets" not in part:
        raise Refused(f"The line {title[:60]!r} names no value to show.")
    if depth > DEEPEST:
        raise Refused(f"The parts of a widget lie at most {DEEPEST} deep.")
    below = part.get("widgets") or []
    if not isinstance(below, list) or not all(isinstance(each, Mapping) for each in below):
        raise Refused("The lines of a widget are a list.")
    return 1 + sum(_check_part(each, depth + 1) for each in below)


def why_empty(type_: str, integration: Integration | None) -> str | None:
    """Why a card with this source would show nothing; None if it would show something."""
    kind = kind_of(type_)
    if kind == CUSTOMER:
        return None
    if integration is None:
        return "Choose the integration whose data the widget shows."
    if kind == HTTP and (integration.http or {}).get("method") != "GET":
        return f"{integration.name} changes something when it is called; a widget only fetches (GET)."
    return None


def _source(type_: str, integration: Integration | None) -> int | None:
    kind = kind_of(type_)
    if integration is None or type_ == CUSTOMER:
        return None
    wanted = {ORDERS: "shop", HTTP: "http"}.get(kind, integration.type)
    if integration.type != wanted:
        raise Refused(f"{integration.name} is no {wanted} integration.", "integration_id")
    return integration.id
