"""Widgets by API: cards beside a ticket, listed, made, replaced, removed."""

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.db import db
from audit.rest.calls import Resource
from audit.rest.echoes import Moving
from audit.rest.paging import Page, both_ways, paged
from audit.rest.shapes import Body, Id, IdText, Moment, Paged, Shown
from helpdesk import widgets
from helpdesk.api.acting import account, acting, found, held, me, named
from helpdesk.models import Integration, Widget

resource = Resource(
    "widgets",
    "Widgets",
    noun="widget",
    scope="integrations",
    about="Cards beside a ticket. A `shopify` card shows the customer's orders in a shop, an `http` card what another"
    " system answers, every other card values of the ticket and its customer.",
)

#: The card of orders: "shopify" outside, where the public API knows no simulated shops.
SHOPIFY: Final = "shopify"
ORDERS: Final = {
    **both_ways("created_datetime", Widget.created_datetime, datetime),
    **both_ways("order", Widget.order, int),
}

Type = Literal[
    "bigcommerce", "custom", "customer_external_data", "http", "magento2", "recharge", "shopify", "smile",
    "standalone", "yotpo", "klaviyo", "stripe", "woocommerce",
]  # fmt: skip


class WidgetQuery(Paged):
    """Which widgets."""

    order_by: Literal["created_datetime:desc", "created_datetime:asc", "order:asc", "order:desc"] = (
        "created_datetime:desc"
    )
    integration_id: IdText | None = None
    app_id: str | None = Field(None, max_length=255)


class Part(Body):
    """A line of a card, or a part with lines of its own: their paths go on from its path."""

    type: str = Field("text", max_length=64)
    title: str | None = Field(None, max_length=widgets.LONGEST_TITLE)
    path: str | None = Field(None, max_length=widgets.LONGEST_PATH)
    widgets: list["Part"] = Field([], max_length=100)


class Template(Body):
    """What a card shows."""

    type: Literal["wrapper"] = "wrapper"
    title: str | None = Field(None, max_length=widgets.LONGEST_TITLE)
    path: str | None = Field(None, max_length=widgets.LONGEST_PATH)
    widgets: list[Part] = Field([], max_length=100)


class WidgetGiven(Body):
    """A whole card: what is not sent is as if it were new."""

    type: Type
    template: Template
    context: Literal["ticket", "customer", "user"] = "ticket"
    order: int = Field(0, strict=True, ge=0, le=1_000_000)
    integration_id: Id | None = None
    app_id: str | None = Field(None, max_length=255)
    deactivated_datetime: Moment | None = None


class WidgetShown(Shown):
    """A widget."""

    id: int
    uri: str
    type: str
    template: dict[str, Any]
    context: str
    order: int
    integration_id: int | None
    app_id: str | None
    created_datetime: Moment
    updated_datetime: Moving[Moment | None]
    deactivated_datetime: Moment | None


@resource.call("GET /widgets", needs="read", query=WidgetQuery, gives=WidgetShown, asking="order_by=order:asc")
def index(asked: WidgetQuery) -> Page:
    """List the cards, the newest first or as they lie."""
    statement = select(Widget)
    if asked.integration_id is not None:
        statement = statement.where(Widget.integration_id == asked.integration_id)
    if asked.app_id is not None:
        statement = statement.where(Widget.app_id == asked.app_id)
    page = paged(db.session(), statement, ORDERS[asked.order_by], Widget.id, asked)
    return page.map(lambda rows: [shown(row) for row in rows])


@resource.call(
    "POST /widgets", needs="manage integrations", body=WidgetGiven, gives=WidgetShown, writes=("widget-created",),
    sample={
        "type": "custom",
        "template": {"type": "wrapper", "title": "Who", "widgets": [{"type": "text", "path": "customer.email"}]},
    },
)  # fmt: skip
def create(body: WidgetGiven) -> WidgetShown:
    """Add a card."""
    with acting() as session:
        number = widgets.create(account(session), **_content(session, body), by=me()).id
    return show(number)


@resource.call("GET /widgets/<number:widget_id>", needs="read", gives=WidgetShown)
def show(widget_id: int) -> WidgetShown:
    """Show one card."""
    return shown(found(db.session(), Widget, widget_id))


@resource.call(
    "PUT /widgets/<number:widget_id>", needs="manage integrations", body=WidgetGiven, gives=WidgetShown,
    writes=("widget-updated",),
    sample={
        "type": "custom",
        "order": 1,
        "template": {"type": "wrapper", "title": "Note", "widgets": [{"type": "text", "path": "customer.note"}]},
    },
)  # fmt: skip
def replace(widget_id: int, body: WidgetGiven) -> WidgetShown:
    """Replace a card as a whole; `deactivated_datetime` hides it."""
    with acting() as session:
        widget = held(session, Widget, widget_id)
        widgets.replace(widget, **_content(session, body), by=me())
    return show(widget_id)


@resource.call("DELETE /widgets/<number:widget_id>", needs="manage integrations", writes=("widget-deleted",))
def delete(widget_id: int) -> None:
    """Remove a card; the data that it showed is where it was."""
    with acting() as session:
        widgets.delete(held(session, Widget, widget_id), by=me())


def shown(row: Widget) -> WidgetShown:
    """A widget."""
    return WidgetShown(
        id=row.id,
        uri=f"/api/widgets/{row.id}/",
        type=SHOPIFY if row.type == widgets.ORDERS else row.type,
        template=row.template,
        context=row.context,
        order=row.order,
        integration_id=row.integration_id,
        app_id=row.app_id,
        created_datetime=row.created_datetime,
        updated_datetime=row.updated_datetime,
        deactivated_datetime=row.deactivated_datetime,
    )


def _content(session: Session, body: WidgetGiven) -> dict[str, Any]:
    type_ = widgets.ORDERS if body.type == SHOPIFY else body.type
    numbers = [body.integration_id] if body.integration_id is not None else []
    return {
        "type_": type_,
        "template": body.template.model_dump(exclude_unset=True),
        "integration": next(
            iter(named(session, Integration, numbers, "integration_id", "Failed to keep widget")), None
        ),
        "context": body.context,
        "order": body.order,
        "app_id": body.app_id,
        "is_on": body.deactivated_datetime is None,
    }
