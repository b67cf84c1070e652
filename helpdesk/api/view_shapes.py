"""Views as they go in and out, and what is asked of their items."""

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import Field
from sqlalchemy import case, func, literal

from audit.base import EPOCH, UtcDateTime
from audit.rest.paging import Order, both_ways
from audit.rest.shapes import Body, Id, IdText, Moment, Paged, Query, Shown
from helpdesk import views
from helpdesk.api.customers import CustomerRow
from helpdesk.api.ticket_shapes import ItemRow
from helpdesk.models import Ticket, View

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


class ViewChange(Body):
    """What a view shows, to whom, and how."""

    name: str | None = Field("", max_length=views.LONGEST_NAME)
    slug: str | None = Field(
        None, max_length=views.LONGEST_SLUG, description="Follows from the name where nothing else is sent."
    )
    visibility: Literal["public", "shared", "private"] = "public"
    decoration: Sign | None = None
    fields: list[str] = Field(list(views.USUAL_FIELDS), max_length=50)
    filters: str = Field("", max_length=20_000)
    filters_ast: dict[str, Any] | None = None
    order_by: str = Field("updated_datetime", max_length=64)
    order_dir: Literal["asc", "desc"] = "desc"
    search: str | None = Field(
        None, max_length=views.LONGEST_SEARCH, description="Words that must be found in its tickets, too."
    )
    section_id: Id | None = None
    shared_with_teams: list[Id] = Field([], max_length=views.MOST_SHARED)
    shared_with_users: list[Id] = Field([], max_length=views.MOST_SHARED)
    deactivated_datetime: Moment | None = None


class Wanted(ViewChange):
    """A view as it is asked for once, of whichever kind."""

    type: Literal["ticket-list", "customer-list"] = "ticket-list"
    category: Literal["user", "system"] = "user"


class NewView(ViewChange):
    """A view of people's own; those of the desk and of customers are there already."""

    type: Literal["ticket-list"] = "ticket-list"
    category: Literal["user"] = "user"


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
    """Which of what is in a view."""

    cursor: str | None = Field(None, max_length=4000)
    direction: Literal["prev", "next"] | None = None
    ignored_item: IdText | None = Field(None, description="One to leave out.")
    limit: int = Field(30, ge=1, le=100)
    order_by: str | None = Field(None, pattern=f"^({'|'.join(ITEM_ORDERS)})$")


class AdHoc(Body):
    """Another filter, search or order for this once."""

    view: Wanted | None = None


class Around(Shown):
    """Where to go on, as whole addresses."""

    next_items: str | None
    prev_items: str | None
    current_cursor: str | None


class Items(Shown):
    """A part of a view."""

    data: list[ItemRow | CustomerRow]
    meta: Around
