"""Jobs by API: one change to very many tickets, done in the background, followed, put off, cancelled."""

import re
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from flask import g
from pydantic import Field
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from audit.action import now
from audit.clock import desk_now
from audit.db import db
from audit.rest.calls import Resource
from audit.rest.paging import Page, both_ways, paged
from audit.rest.problems import Problem
from audit.rest.shapes import Body, Flag, Id, Moment, Paged, Shown, write_moment
from helpdesk import bulk, jobs, tables, tickets, views
from helpdesk.api.acting import acting, found, held, me
from helpdesk.api.persons import Ref
from helpdesk.api.ticket_shapes import Priority, Status
from helpdesk.language.filters import check, condition
from helpdesk.models import Job, Ticket

#: What the desk has nothing to do it with.
NOT_HERE: Final[dict[str, str]] = {
    "exportTicketDrilldown": "exportTicket takes the same tickets by a view's filters.",
    "exportConvertCampaignSalesDrilldown": "the desk has no campaigns.",
}

resource = Resource(
    "jobs",
    "Jobs",
    noun="job",
    scope="jobs",
    about="Long work in the background; what the desk does for itself is listed, too. All that a job does is one chain."
    " It begins when the desk's own clock gets there.",
    terms={
        "applyMacro": "Apply a macro to tickets; with apply_and_close, close them, too.",
        "updateTicket": "Change tickets, in the order of updates.",
        "deleteTicket": "Delete tickets for good, from any state.",
        "exportTicket": "Write tickets to a CSV file; info.url says where it is once the job is done.",
        "exportMacro": "The same with the macros in use.",
        "importMacro": "Make macros from a CSV file that was uploaded: params.url is what POST /upload gave.",
        **{name: f"Not done: {why}" for name, why in NOT_HERE.items()},
    },
)

CREATING: Final = "Failed to create job"
UPDATING: Final = "Failed to update job"
MOST: Final = 20_000  #: tickets of one job
LATEST: Final = timedelta(minutes=60)
ORDERS: Final = both_ways("created_datetime", Job.created_datetime, datetime)

Types = Literal[
    "applyMacro", "deleteTicket", "exportTicket", "exportMacro", "importMacro", "updateTicket",
    "exportTicketDrilldown", "exportConvertCampaignSalesDrilldown",
]  # fmt: skip
Statuses = Literal[
    "pending", "scheduled", "running", "done", "cancel_requested", "canceled", "errored", "fatal_errored"
]


_UPLOADED: Final = re.compile("/api/attachment/download/([0-9a-f]{64})/")


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
    assignee_user: Ref | None = None
    assignee_team: Ref | None = None
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
    type: str
    status: str
    params: dict[str, Any]
    info: dict[str, Any] | None
    meta: dict[str, Any] | None
    user_id: int | None
    created_datetime: Moment
    scheduled_datetime: Moment | None
    started_datetime: Moment | None
    ended_datetime: Moment | None
    cancel_requested_datetime: Moment | None
    cancelled_datetime: Moment | None
    failed_datetime: Moment | None
    locked_datetime: Moment | None


@resource.call("GET /jobs", needs="read", query=JobQuery, gives=JobShown, asking="type=updateTicket")
def index(asked: JobQuery) -> Page:
    """List long work, the newest first."""
    statement = select(Job)
    if asked.type is not None:
        statement = statement.where(Job.type == asked.type)
    if asked.status is not None:
        statement = statement.where(_has(asked.status))
    page = paged(db.session(), statement, ORDERS[asked.order_by], Job.id, asked)
    return page.map(lambda rows: [shown(row) for row in rows])


@resource.call(
    "POST /jobs", needs="update ticket", body=NewJob, gives=JobShown,
    sample={"type": "updateTicket", "params": {"ticket_ids": ["$TICKET_ID"], "updates": {"priority": "high"}}},
)  # fmt: skip
def create(body: NewJob) -> JobShown:
    """Begin a job on tickets by number or by a filter, each with its ordinary events, or write or read a table."""
    if body.type == "deleteTicket" and not g.user.may("delete"):
        raise Problem(403)
    if body.type in NOT_HERE:
        raise Problem(400, CREATING, {"type": [f"{body.type} can't be done: {NOT_HERE[body.type]}"]})
    with acting() as session:
        wanted, params = _table(session, body) if body.type in tables.JOBS else _bulk(session, body)
        asked = body.params.model_dump(mode="json", exclude_unset=True)
        job = jobs.queue(
            session, g.account.id, body.type, {**params, "tickets": wanted, "asked": asked}, by=me(),
            total=len(wanted), begins=_begins(session, body.scheduled_datetime, CREATING),
        )  # fmt: skip
        job.meta = body.meta
        number = job.id
    return show(number)


@resource.call("GET /jobs/<number:job_id>", needs="read", gives=JobShown)
def show(job_id: int) -> JobShown:
    """Show how far a job is: `info` counts what was done, and names what was refused."""
    return shown(found(db.session(), Job, job_id))


@resource.call(
    "PUT /jobs/<number:job_id>", needs="update ticket", body=JobChange, gives=JobShown,
    sample={"meta": {"asked by": "the night shift"}},
)  # fmt: skip
def update(job_id: int, body: JobChange) -> JobShown:
    """Put a job that has not begun to another time, or note something beside it."""
    with acting() as session:
        job = _own(session, job_id)
        if body.was_sent("scheduled_datetime"):
            if job.status != "pending":
                raise Problem(409, "The job has begun, so its time can't be changed any more.")
            job.scheduled_datetime = _begins(session, body.scheduled_datetime, UPDATING)
        if body.was_sent("meta"):
            job.meta = body.meta
    return show(job_id)


@resource.call("DELETE /jobs/<number:job_id>", needs="update ticket")
def cancel(job_id: int) -> None:
    """Cancel a job: what it has done stays done, the rest is not begun."""
    with acting() as session:
        jobs.cancel(_own(session, job_id))


def shown(row: Job) -> JobShown:
    """A job, with what was asked for; what the desk keeps for itself in it is left out."""
    names = [name for name in JobShown.model_fields if name not in ("uri", "status", "params")]
    asked: dict[str, Any] = row.params.get("asked") or {}
    return JobShown(
        uri=f"/api/jobs/{row.id}/", status=_status(row), params=asked, **{name: getattr(row, name) for name in names}
    )


def _status(row: Job) -> str:
    if row.status != "pending" or row.scheduled_datetime is None:
        return row.status
    return "scheduled" if row.scheduled_datetime > desk_now(db.session(), row.account_id) else "pending"


def _has(status: str) -> ColumnElement[bool]:
    if status == "scheduled":
        return and_(Job.status == "pending", Job.scheduled_datetime > desk_now(db.session(), g.account.id))
    if status == "pending":
        return and_(Job.status == "pending", Job.scheduled_datetime <= desk_now(db.session(), g.account.id))
    return Job.status == status


def _own(session: Session, job_id: int) -> Job:
    job = held(session, Job, job_id)
    if job.user_id != g.user.id and not g.user.may("manage settings"):
        raise Problem(403)
    if job.type not in (*bulk.JOBS, *tables.JOBS):
        raise Problem(409, "The desk does this for itself, so programs can't change it.")
    return job


def _bulk(session: Session, body: NewJob) -> tuple[list[int], dict[str, Any]]:
    deed, given = _deed(body)
    wanted = _tickets(session, body.params)
    bulk.verb_for(session, deed, given)  # what can't be is said now, and not by the job
    return wanted, {"title": f"{len(wanted):,} tickets: {deed.title}", "deed": deed.name, "given": given}


def _table(session: Session, body: NewJob) -> tuple[list[int], dict[str, Any]]:
    if body.type == tables.TICKETS_OUT:
        wanted = _tickets(session, body.params)
        return wanted, {"title": f"{len(wanted):,} tickets: export"}
    if not g.user.may("manage macros"):
        raise Problem(403)
    if body.type == tables.MACROS_OUT:
        return [], {"title": "Export macros"}
    uploaded = _UPLOADED.search(body.params.url or "")
    content = tables.content_of(session, g.account.id, uploaded[1]) if uploaded is not None else None
    if uploaded is None or content is None:
        raise Problem(
            400, CREATING, {"params.url": ["Upload the file first, and name the url that POST /upload gave."]}
        )
    tables.read(content)
    return [], {"title": "Import macros", "digest": uploaded[1]}


def _deed(body: NewJob) -> tuple[bulk.Deed, dict[str, Any]]:
    params = body.params
    if body.type == "deleteTicket":
        return bulk.BY_JOB["erase"], {}
    if body.type == "applyMacro":
        if params.macro_id is None:
            raise Problem(400, CREATING, {"params.macro_id": ["Missing data for required field."]})
        return (bulk.BY_JOB["macro-close"] if params.apply_and_close else bulk.DEEDS["macro"]), {
            "macro_id": params.macro_id
        }
    changes = [[name, _plain(name, value)] for name, value in params.updates.sent()] if params.updates else []
    if not changes:
        raise Problem(400, CREATING, {"params.updates": ["Missing data for required field."]})
    return bulk.BY_JOB["update"], {"updates": changes}


def _plain(name: str, value: Any) -> Any:
    if name == "tags":
        return [tag.name for tag in value]
    if name.startswith("assignee"):
        return value.id if value is not None else None
    return write_moment(value) if isinstance(value, datetime) else value


def _tickets(session: Session, params: Params) -> list[int]:
    if (params.ticket_ids is None) == (params.view is None):
        raise Problem(400, CREATING, {"params": ["Name the tickets by ticket_ids or by a view's filters."]})
    if params.view is None:
        return list(dict.fromkeys(params.ticket_ids or []))
    check(params.view.filters, views.vocabulary(session, g.account.id))
    asks = condition(params.view.filters, session, g.user.id, now=now(session))
    mine = select(Ticket.id).where(Ticket.account_id == g.account.id, asks).order_by(Ticket.id)
    numbers = list(session.scalars(mine.limit(MOST + 1)))
    if len(numbers) > MOST:
        raise Problem(400, CREATING, {"params.view": [f"It finds more than {MOST:,} tickets; narrow it down."]})
    return numbers


def _begins(session: Session, wanted: datetime | None, failed: str) -> datetime:
    """When it is to begin, on the desk's clock: what is past is now."""
    present = now(session)
    if wanted is not None and wanted - present > LATEST:
        raise Problem(400, failed, {"scheduled_datetime": ["It is at most an hour ahead."]})
    return max(wanted or present, present)
