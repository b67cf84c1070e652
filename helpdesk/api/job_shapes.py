"""Jobs as they go in and out."""

from typing import Any, Final, Literal

from pydantic import Field

from audit.rest.echoes import Moving
from audit.rest.shapes import Body, Flag, Id, Moment, Paged, Shown
from helpdesk import tickets
from helpdesk.api.persons import TeamRef, UserRef
from helpdesk.api.ticket_shapes import Priority, Status

MOST: Final = 20_000  #: tickets of one job

Types = Literal[
    "applyMacro", "deleteTicket", "exportTicket", "exportMacro", "importMacro", "updateTicket",
    "exportTicketDrilldown", "exportConvertCampaignSalesDrilldown",
]  # fmt: skip
Statuses = Literal[
    "pending", "scheduled", "running", "done", "cancel_requested", "canceled", "errored", "fatal_errored"
]


class JobQuery(Paged):
    """Which jobs."""

    order_by: Literal["created_datetime:desc", "created_datetime:asc"] = "created_datetime:desc"
    status: Statuses | None = None
    type: Types | None = None


class ViewFilter(Body):
    """Tickets by a filter, as views have them."""

    filters: str = Field(max_length=20_000)


class TagName(Body):
    """A tag; an unknown one is made."""

    name: str = Field(min_length=1, max_length=256)


class Updates(Body):
    """What to change on each ticket, in the order of the body; `tags` are replaced."""

    status: Status = "open"
    priority: Priority = "normal"
    subject: str | None = Field(None, max_length=tickets.LONGEST_SUBJECT)
    tags: list[TagName] = Field([], max_length=200)
    assignee_user: UserRef | None = None
    assignee_team: TeamRef | None = None
    spam: Flag = False
    trashed_datetime: Moment | None = None
    snooze_datetime: Moment | None = None


class Params(Body):
    """On which tickets, and what."""

    ticket_ids: list[Id] | None = Field(None, min_length=1, max_length=MOST)
    view: ViewFilter | None = None
    macro_id: Id | None = None
    apply_and_close: Flag = False
    updates: Updates | None = None
    url: str | None = Field(None, max_length=2000, description="Of the file to import, as `POST /upload` gave it.")
    start_datetime: Moment | None = Field(None, description="Of a drill-down.")
    end_datetime: Moment | None = Field(None, description="Of a drill-down.")
    context: dict[str, Any] | None = Field(None, description="Of a drill-down: which facts.")


class NewJob(Body):
    """A job to begin."""

    type: Types
    params: Params
    scheduled_datetime: Moment | None = Field(None, description="At most an hour ahead; at once without.")
    meta: dict[str, Any] | None = None


class JobChange(Body):
    """What can be changed of a job that has not begun."""

    scheduled_datetime: Moment | None = None
    meta: dict[str, Any] | None = None


class JobShown(Shown):
    """A job."""

    id: int
    uri: str
    type: Types
    status: Moving[Statuses]
    params: dict[str, Any]
    info: Moving[dict[str, Any] | None]
    meta: dict[str, Any] | None
    user_id: int | None
    created_datetime: Moment
    scheduled_datetime: Moment | None
    started_datetime: Moving[Moment | None]
    ended_datetime: Moving[Moment | None]
    cancel_requested_datetime: Moving[Moment | None]
    cancelled_datetime: Moving[Moment | None]
    failed_datetime: Moving[Moment | None]
    locked_datetime: Moving[Moment | None]
