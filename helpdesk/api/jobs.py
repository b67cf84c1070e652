"""Jobs by API: one change to very many tickets, done in the background, followed, put off, cancelled."""

import re
from datetime import datetime, timedelta
from typing import Any, Final, get_args

from flask import g
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from audit.action import now
from audit.clock import desk_now
from audit.db import db
from audit.rest.calls import Resource
from audit.rest.paging import Page, both_ways, paged
from audit.rest.problems import Problem
from audit.rest.shapes import in_order, write_moment
from helpdesk import bulk, jobs, tables
from helpdesk.api.acting import acting, found, held, me
from helpdesk.api.job_shapes import JobChange, JobQuery, JobShown, NewJob, Params, Types
from helpdesk.api.job_targets import CREATING, OF_A_DRILLDOWN, chosen, drilled
from helpdesk.api.persons import assigned_team, assignee
from helpdesk.models import Job
from helpdesk.refusals import blaming

resource = Resource(
    "jobs",
    "Jobs",
    noun="job",
    scope="jobs",
    about="Long work that programs begin, in the background; what people and the desk itself begin is on their pages."
    " All that a job does is one chain. It begins when the desk's own clock gets there.",
    terms={
        "applyMacro": "Apply a macro to tickets; with apply_and_close, close them, too. No reply that it writes"
        " is sent; info.replies_not_sent counts them.",
        "updateTicket": "Change tickets, in the order of updates.",
        "deleteTicket": "Delete tickets for good, from any state.",
        "exportTicket": "Write tickets to a CSV file; info.url says where it is once the job is done.",
        "exportMacro": "The same with the macros in use.",
        "importMacro": "Make macros from a CSV file that was uploaded: params.url is what POST /upload gave.",
        "exportTicketDrilldown": "The same with the tickets behind a statistic: params.context holds scope, filters and"
        " timezone as POST /reporting/stats takes them (by default tickets-created), start_datetime and end_datetime"
        " the period.",
        "exportConvertCampaignSalesDrilldown": "A table without lines: the desk has no campaigns.",
    },
)

UPDATING: Final = "Failed to update job"
TYPES: Final[tuple[str, ...]] = get_args(Types)
LATEST: Final = timedelta(minutes=60)
ORDERS: Final = both_ways("created_datetime", Job.created_datetime, datetime)

_UPLOADED: Final = re.compile("/api/attachment/download/([0-9a-f]{64})/")


@resource.call("GET /jobs", needs="read", query=JobQuery, gives=JobShown, asking="type=updateTicket")
def index(asked: JobQuery) -> Page:
    """List long work, the newest first."""
    statement = select(Job).where(Job.type.in_(TYPES))
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
    beside = [name for name in OF_A_DRILLDOWN if getattr(body.params, name) is not None]
    if beside and body.type not in (tables.DRILLED_OUT, tables.SALES_OUT):
        raise Problem(400, CREATING, {f"params.{name}": ["Only a drill-down takes it."] for name in beside})
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
    return shown(_programs(found(db.session(), Job, job_id)))


@resource.call(
    "PUT /jobs/<number:job_id>", needs="update ticket", body=JobChange, gives=JobShown,
    sample={"meta": {"asked by": "the night shift"}},
)  # fmt: skip
def update(job_id: int, body: JobChange) -> JobShown:
    """Put a job that has not begun to another time, or note something beside it."""
    with acting() as session:
        job = _own(session, job_id)
        if body.was_sent("scheduled_datetime") and body.scheduled_datetime != job.scheduled_datetime:
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
        uri=f"/api/jobs/{row.id}/",
        status=_status(row),
        params=in_order(asked, Params.model_fields),
        **{name: getattr(row, name) for name in names},
    )


def _status(row: Job) -> Any:
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
    job = _programs(held(session, Job, job_id))
    if job.user_id != g.user.id and not g.user.may("manage settings"):
        raise Problem(403)
    return job


def _programs(job: Job) -> Job:
    if job.type not in TYPES:
        raise Problem(404)
    return job


def _bulk(session: Session, body: NewJob) -> tuple[list[int], dict[str, Any]]:
    deed, given = _deed(session, body)
    wanted = chosen(session, body.params)
    with blaming("params"):
        bulk.verb_for(session, deed, given)  # what can't be is said now, and not by the job
    return wanted, {"title": f"{len(wanted):,} tickets: {deed.title}", "deed": deed.name, "given": given}


def _table(session: Session, body: NewJob) -> tuple[list[int], dict[str, Any]]:
    if body.type == tables.TICKETS_OUT:
        wanted = chosen(session, body.params)
        return wanted, {"title": f"{len(wanted):,} tickets: export"}
    if body.type == tables.DRILLED_OUT:
        wanted = drilled(session, body.params)
        return wanted, {"title": f"{len(wanted):,} tickets: drill-down"}
    if body.type == tables.SALES_OUT:
        return [], {"title": "Export campaign sales"}
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


def _deed(session: Session, body: NewJob) -> tuple[bulk.Deed, dict[str, Any]]:
    params = body.params
    if body.type == "deleteTicket":
        return bulk.BY_JOB["erase"], {}
    if body.type == "applyMacro":
        if params.macro_id is None:
            raise Problem(400, CREATING, {"params.macro_id": ["Missing data for required field."]})
        return (bulk.BY_JOB["macro-close"] if params.apply_and_close else bulk.DEEDS["macro"]), {
            "macro_id": params.macro_id
        }
    changes = [[name, _plain(session, name, value)] for name, value in params.updates.sent()] if params.updates else []
    if not changes:
        raise Problem(400, CREATING, {"params.updates": ["Missing data for required field."]})
    return bulk.BY_JOB["update"], {"updates": changes}


def _plain(session: Session, name: str, value: Any) -> Any:
    if name == "tags":
        return [tag.name for tag in value]
    if name.startswith("assignee"):
        meant = assignee if name == "assignee_user" else assigned_team
        holder = meant(session, value, f"params.updates.{name}", CREATING)
        return holder.id if holder is not None else None
    return write_moment(value) if isinstance(value, datetime) else value


def _begins(session: Session, wanted: datetime | None, failed: str) -> datetime:
    """When it is to begin, on the desk's clock: what is past is now."""
    present = now(session)
    if wanted is not None and wanted - present > LATEST:
        raise Problem(400, failed, {"scheduled_datetime": ["It is at most an hour ahead."]})
    return max(wanted or present, present)
