"""The page of a job: how far it is, what could not be done and why, and where its events are."""

from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, abort, g, make_response, render_template, url_for

from audit.db import db
from helpdesk import bulk, jobs, leaving, undoing
from helpdesk.models import Job
from helpdesk.web.changing import needs
from helpdesk.web.formats import moment
from helpdesk.web.htmx import go_to, wants_partial

#: Tickets that are named beside one reason; the rest is counted.
NAMED: Final = 20
LEAVE: Final = "This goes on in the background; you can leave this page and come back."

blueprint = Blueprint("jobs", __name__)


@dataclass(frozen=True)
class Refusal:
    """A reason for which it was not done, and on which tickets."""

    sentence: str
    tickets: list[int]

    @property
    def named(self) -> list[int]:
        """The first of them."""
        return self.tickets[:NAMED]

    @property
    def more(self) -> int:
        """How many are not named."""
        return len(self.tickets) - len(self.named)


@dataclass(frozen=True)
class JobPage:
    """What a page shows of a job."""

    id: int
    title: str
    state: str  #: "waiting", "running", "done", "stopped"
    said: str
    done: int
    total: int
    percent: int
    context: str
    refused: list[Refusal]
    counted: list[tuple[str, int]]
    can_undo: bool

    @property
    def goes_on(self) -> bool:
        """Whether there will be news."""
        return self.state in ("waiting", "running")


@blueprint.get("/jobs/<number:job_id>")
@needs("read")
def show(job_id: int) -> Response:
    """How far it is: the page, or the part that asks for itself until all is done."""
    job = jobs.find(db.session(), g.account.id, job_id)
    if job is None:
        abort(404, f"There is no job {job_id} here: it never existed in this account.")
    if job.type == jobs.CLOCK:  # it has a page of its own
        return go_to(url_for("clock.show"))
    template = "jobs/_job.html" if wants_partial() else "jobs/show.html"
    return make_response(render_template(template, job=read(job)))


@blueprint.get("/jobs/<number:job_id>/line")
@needs("read")
def line(job_id: int) -> Response:
    """The same in a line, for the toast that says that it began."""
    job = jobs.find(db.session(), g.account.id, job_id)
    if not wants_partial() or job is None or job.type == jobs.CLOCK:
        return go_to(url_for("jobs.show", job_id=job_id))
    return make_response(render_template("jobs/_line.html", job=read(job)))


def read(job: Job) -> JobPage:
    """A job as a person understands it."""
    progress = jobs.progress(job)
    state = _state(job)
    return JobPage(
        id=job.id,
        title=str(job.params.get("title") or "A long piece of work"),
        state=state,
        said=_said(job, state, progress),
        done=min(progress.done, progress.total),
        total=progress.total,
        percent=100 if state == "done" else progress.percent,
        context=job.params["context"],
        refused=_by_reason(progress.refused),
        counted=_counted(job),
        can_undo=state == "done" and _can_undo(job),
    )


def _can_undo(job: Job) -> bool:
    mine = job.type == bulk.JOB and job.user_id == g.user.id and job.params.get("deed") != "undo"
    mine = mine and not (job.info or {}).get("undone")
    return mine and undoing.can_undo(db.session(), jobs.context(job), g.user.id)


def _state(job: Job) -> str:
    if job.status == "pending":
        return "waiting"
    if job.status == "running":
        return "running"
    return "done" if job.status == "done" else "stopped"


def _said(job: Job, state: str, progress: jobs.Progress) -> str:
    if state == "waiting" and job.scheduled_datetime is not None and job.scheduled_datetime > g.desk_clock.now:
        return f"It begins when the desk's clock gets there: {moment(job.scheduled_datetime, g.account.time_zone)}."
    if state == "waiting":
        return f"It begins in a moment. {LEAVE}"
    if state == "running":
        failed = (job.info or {}).get("failures", 0)
        return "Something went wrong; it is tried again by itself, and what was done stays done." if failed else LEAVE
    if state == "done":
        return "All is done." if not progress.refused else "It is done, as far as it could be."
    if job.status == "canceled":
        return "It was cancelled: what was done by then stays done, and the rest was not begun."
    ending = "the rest was not changed"
    if job.type == leaving.JOB:
        ending = "the rest was not changed, and nothing was deleted: ask for it again"
    return f"It was given up after {(job.info or {}).get('failures', 0)} tries; {ending}."


def _by_reason(refused: list[tuple[int, str]]) -> list[Refusal]:
    found: dict[str, Refusal] = {}
    for number, sentence in refused:
        found.setdefault(sentence, Refusal(sentence, [])).tickets.append(number)
    return sorted(found.values(), key=lambda refusal: -len(refusal.tickets))


#: What steps count beside what they did, and how it is said.
_COUNTED: Final = (
    ("changed", "Changed"),
    ("unchanged", "As they were to be already"),
    ("replies_not_sent", "Replies of the macro, which to many at once are not sent"),
    ("missing", "Not there any more"),
)


def _counted(job: Job) -> list[tuple[str, int]]:
    info: dict[str, Any] = job.info or {}
    return [(label, info[name]) for name, label in _COUNTED if info.get(name)]
