"""Tickets as they go in and out."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from audit.rest.echoes import Moving
from audit.rest.paging import Order, both_ways
from audit.rest.shapes import Body, Flag, Id, IdText, Moment, Paged, Query, Shown
from helpdesk import tickets
from helpdesk.api.message_shapes import Channel, Message, NewMessage, Via
from helpdesk.api.persons import CustomerLite, CustomerRef, TeamLite, TeamRef, UserLite, UserRef
from helpdesk.api.tags import ColorShown, Decoration
from helpdesk.models import Ticket

ORDERS: Final[dict[str, Order]] = {
    **both_ways("created_datetime", Ticket.created_datetime, datetime),
    **both_ways("updated_datetime", Ticket.updated_datetime, datetime),
}

Priority = Literal["critical", "high", "normal", "low"]
Status = Literal["open", "closed"]


class TicketQuery(Paged):
    """Which tickets."""

    order_by: Literal[
        "created_datetime:desc", "created_datetime:asc", "updated_datetime:desc", "updated_datetime:asc"
    ] = "created_datetime:desc"  # fmt: skip
    customer_id: IdText | None = None
    external_id: str | None = Field(None, max_length=255)
    view_id: IdText | None = None
    rule_id: IdText | None = Field(None, description="Tickets that this rule changed.")
    ticket_ids: list[IdText] = Field([], max_length=100, description="May be repeated.")
    trashed: bool = Field(True, description="false leaves out what lies in the trash.")


class Related(Query):
    """What else to show."""

    relationships: list[Literal["custom_fields"]] = []


class TagRef(Body):
    """A tag by name; an unknown one is made."""

    id: Id | None = None
    name: str | None = Field(None, min_length=1, max_length=256)
    decoration: Decoration | None = None


class FieldValue(Body):
    """The value of a custom field."""

    id: Id
    value: StrictStr | StrictInt | StrictFloat | StrictBool | None = None


def _listed(given: object) -> object:
    return list(given.values()) if isinstance(given, dict) else given


#: Values of custom fields: a list, or by their numbers, as they are shown.
FieldValues = Annotated[
    list[FieldValue],
    Field(max_length=200),
    BeforeValidator(_listed, json_schema_input_type=list[FieldValue] | dict[str, FieldValue]),
]


class TicketFields(Body):
    """What can be said of a ticket."""

    via: Via | None = None
    channel: Channel | None = None
    subject: str | None = Field(None, max_length=tickets.LONGEST_SUBJECT)
    status: Status = "open"
    priority: Priority = "normal"
    customer: CustomerRef | None = None
    assignee_user: UserRef | None = None
    assignee_team: TeamRef | None = None
    tags: list[TagRef] | None = Field(None, max_length=200)
    custom_fields: FieldValues | None = None
    external_id: str | None = Field(None, max_length=255)
    from_agent: Flag | None = None
    spam: Flag | None = None
    language: str | None = Field(
        None, max_length=8, description="Where absent: that of the first public message that tells it."
    )
    meta: dict[str, Any] | None = None
    opened_datetime: Moment | None = None
    closed_datetime: Moment | None = Field(None, description="Closes it; null opens it again.")
    trashed_datetime: Moment | None = None
    snooze_datetime: Moment | None = Field(
        None,
        description="Until when it sleeps; its status is closed until then. null opens it again, and beside the status"
        " closed closes it for good.",
    )
    updated_datetime: Moment | None = None
    last_message_datetime: Moment | None = None
    last_received_message_datetime: Moment | None = None


class NewTicket(TicketFields):
    """A ticket with its first messages."""

    messages: list[NewMessage] = Field(min_length=1, max_length=500)
    created_datetime: Moment | None = None


class TicketChange(TicketFields):
    """What to change, in the order of the body. `tags` and `custom_fields` are replaced as a whole."""

    is_unread: Flag = Field(
        False,
        description="For whoever calls alone: a mark of theirs, as a page sets it when they read the ticket. It is no"
        " change of the ticket, so that no event is written.",
    )


class TicketTags(Body):
    """Tags by number or by name; unknown names are made."""

    ids: list[Id] = Field([], max_length=100)
    names: list[str] = Field([], max_length=100)


class Summary(Body):
    """What the ticket says, in short; without a text the most telling sentences are taken."""

    text: str | None = Field(None, min_length=1, max_length=2000)


class SummaryShown(Shown):
    """A ticket's summary, and the newest message that it takes in."""

    ticket_id: int
    message_id: int
    summary: str


class TagLite(Shown):
    """A tag on a ticket."""

    id: int
    name: str
    decoration: ColorShown | None


class ValueShown(Shown):
    """A custom field's value on a ticket or customer."""

    id: int
    value: Any


class Integrated(Shown):
    """By which of the account's addresses it came."""

    name: str
    address: str
    type: str


class _Common(Shown):
    id: int
    uri: str
    external_id: str | None
    language: str | None
    status: Status
    priority: Priority
    channel: str
    via: str
    from_agent: bool | None
    spam: bool
    subject: str | None
    summary: str | None
    customer: CustomerLite
    assignee_user: UserLite | None
    assignee_team: TeamLite | None
    meta: dict[str, Any] | None
    tags: list[TagLite]
    custom_fields: dict[str, ValueShown] | None
    is_unread: bool
    created_datetime: Moment
    updated_datetime: Moment
    opened_datetime: Moment | None
    last_message_datetime: Moment | None
    last_received_message_datetime: Moment | None
    closed_datetime: Moment | None
    snooze_datetime: Moment | None
    trashed_datetime: Moment | None


class TicketRow(_Common):
    """A ticket in a list."""

    excerpt: Moving[str | None]
    integrations: Moving[list[Integrated]]
    messages_count: Moving[int]
    last_sent_message_not_delivered: Moving[bool]


class ItemRow(TicketRow):
    """A ticket in a view, which has no summary and no custom fields."""

    summary: str | None = Field(exclude=True)
    custom_fields: dict[str, ValueShown] | None = Field(exclude=True)


class ChannelShown(Shown):
    """An address of a customer."""

    id: int
    type: str
    address: str
    preferred: bool
    created_datetime: Moment
    updated_datetime: Moving[Moment | None]
    deleted_datetime: Moment | None
    user: dict[str, Any]
    customer: dict[str, Any]


class CustomerOnTicket(CustomerLite):
    """The customer of a ticket."""

    channels: list[ChannelShown]
    data: Any
    customer: None
    integrations: Moving[dict[str, Any]]
    external_id: str | None
    note: str | None
    external_data: dict[str, Any]
    ecommerce_data: dict[str, Any]


class SurveyShown(Shown):
    """A satisfaction survey."""

    id: int
    uri: str
    ticket_id: int
    customer_id: int
    score: int | None
    body_text: str | None
    meta: dict[str, Any] | None
    created_datetime: Moment
    sent_datetime: Moment | None
    scored_datetime: Moment | None
    should_send_datetime: Moment | None


class TicketDetail(_Common):
    """A ticket with all that was said. `custom_fields` is null unless asked for by `relationships`."""

    customer: CustomerOnTicket
    requester: CustomerOnTicket
    assignee_user_id: int | None
    assignee_team_id: int | None
    messages: Moving[list[Message]]
    events: list[Any]
    imported: bool
    processed_datetime: Moment | None
    satisfaction_survey: Moving[SurveyShown | None]
    reply_options: Moving[dict[str, Any]]


class FieldShown(Shown):
    """A custom field with its value on a ticket or customer."""

    field: dict[str, Any]
    prediction: Any
    value: Any


class Tags(Shown):
    """The tags of a ticket."""

    data: list[TagLite]


class Fields(Shown):
    """The custom fields of a ticket or customer."""

    data: list[FieldShown]
