"""Before and after a deletion or merge: what follows from it is told, and where it goes on if it takes a while."""

from flask import Response, url_for

from audit.db import db
from helpdesk.cascades import consequences
from helpdesk.leaving import Leaver
from helpdesk.models import Job
from helpdesk.web import answers
from helpdesk.web.htmx import go_to
from helpdesk.web.sheets import sheet


def number_of(job: Job | None) -> int | None:
    """The job's number, asked for within the action."""
    return job.id if job is not None else None


def ask(
    leaver: Leaver,
    question: str,
    act: str | None,
    *,
    address: str,
    back: str,
    status: int = 200,
    problem: str | None = None,
) -> Response:
    """The sheet that asks before something is deleted, with what follows from it; without `act` it can't be."""
    return sheet(
        "layout/_confirm.html",
        question.rstrip("?"),
        status,
        address=address,
        question=question,
        consequences=[*consequences(db.session(), leaver).sentences, "There is no undo."],
        problem=problem,
        act=act,
        back=back,
    )


def done(job_id: int | None, said: str, address: str) -> Response:
    """It was done: say so, and go on from there; or it was begun: show how far it is."""
    if job_id is None:
        answers.tell(said)
        return go_to(address)
    answers.tell("This takes a while: it is done in the background, ticket by ticket")
    return go_to(url_for("jobs.show", job_id=job_id))
