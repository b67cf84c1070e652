"""Jobs: long pieces of work that are asked for in one action, and done in the background bit by bit, in its chain."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import Source, current, now
from audit.actors import Actor
from audit.clock import desk_now, wall_now
from helpdesk.desk import acting
from helpdesk.models import Job
from helpdesk.refusals import Taken
from helpdesk.sessions import session_of

#: What a type of job does: its next bit, in a transaction of its own; answers whether there is more to do.
#:
#:     def step(session: Session, job: Job) -> bool:
#:         with jobs.working(session, job) as held:
#:             …change some rows, as `jobs.actor(held)`…
#:             jobs.advance(held, done=len(batch))
#:             return len(batch) == BATCH
#:
#: What is done and how far it is are committed together, so it may be killed anywhere: the next call goes on from
#: `held.info` and `held.params`. `automation.jobs.STEPS` says which function a type of job has.
Step = Callable[[Session, Job], bool]

#: The type of job that moves a desk's clock.
CLOCK: Final = "clock"

#: Statuses of jobs that are still to be worked on.
UNDER_WAY: Final = ("pending", "running")


class NothingToDo(Exception):
    """The job was ended by somebody else meanwhile; its step is not needed."""


@dataclass(frozen=True)
class Progress:
    """How far a job is, for whoever looks at it."""

    done: int
    total: int
    refused: list[tuple[int, str]]  #: tickets on which it was not done, and why not

    @property
    def percent(self) -> int:
        """Of all there is to do, how much was looked at."""
        return 100 if self.total <= 0 else min(100, 100 * self.done // self.total)


def queue(
    session: Session,
    account_id: int,
    type_: str,
    params: dict[str, Any],
    *,
    by: Actor,
    total: int = 0,
    begins: datetime | None = None,
) -> Job:
    """Ask for a job within an action; all it does continues the action's chain, from the same source, by the same.

    It `begins` when the desk's clock gets there, by default at once.
    """
    action = current(session)
    chain = {
        "context": str(action.context),
        "source": action.source,
        "by": {"kind": by.kind, "id": by.id, "name": by.name, "version": by.version, "initiator_id": by.initiator_id},
    }
    job = Job(
        account_id=account_id,
        type=type_,
        status="pending",
        params={**params, **chain},
        info={"done": 0, "total": total, "refused": []},
        user_id=by.user_id,
        created_datetime=now(session),
        scheduled_datetime=begins or now(session),
        turn_datetime=wall_now(),
    )
    session.add(job)
    session.flush()
    return job


def find(session: Session, account_id: int, job_id: int) -> Job | None:
    """The account's job with this number."""
    job: Job | None = session.get(Job, job_id)
    return job if job is not None and job.account_id == account_id else None


def is_under_way(job: Job) -> bool:
    """Whether it is still to be worked on."""
    return job.status in UNDER_WAY


def actor(job: Job) -> Actor:
    """Who asked for it."""
    return Actor(**job.params["by"])


def context(job: Job) -> uuid.UUID:
    """The chain to which all its events belong."""
    return uuid.UUID(job.params["context"])


def progress(job: Job) -> Progress:
    """How far it is."""
    info = job.info or {}
    refused = [(int(number), str(sentence)) for number, sentence in info.get("refused", [])]
    return Progress(info.get("done", 0), info.get("total", 0), refused)


@contextmanager
def working(session: Session, job: Job) -> Iterator[Job]:
    """One bit of a job: an action in its chain, in which the job is held; raises NothingToDo if it has ended."""
    source: Source = job.params["source"]
    job_id, account_id, chain = job.id, job.account_id, context(job)
    with acting(session, account_id, source=source, context=chain):
        held = session.get(Job, job_id, with_for_update=True, populate_existing=True)
        if held is None or not is_under_way(held):
            raise NothingToDo
        held.locked_datetime = wall_now()
        yield held


def advance(job: Job, done: int, refused: list[tuple[int, str]] | None = None, **more: Any) -> None:
    """Note within a bit of work how many more were looked at, and on which it was not done; `more` is yours to keep."""
    info = dict(job.info or {})
    info["done"] = info.get("done", 0) + done
    info["refused"] = [*info.get("refused", []), *([number, sentence] for number, sentence in refused or [])]
    for trouble in ("failures", "error"):  # it was tried again, and went well
        info.pop(trouble, None)
    job.info = {**info, **more}


def note_undone(session: Session, account_id: int, context: str) -> None:
    """Note within an action that what the job of a chain did is being taken back: nobody is offered it again."""
    mine = select(Job).where(Job.account_id == account_id, Job.params["context"].as_string() == context)
    for job in session.scalars(mine.with_for_update().execution_options(populate_existing=True)):
        job.info = {**(job.info or {}), "undone": True}


def cancel(job: Job) -> None:
    """End it, held, before it is done: no further bit of work begins, and what was done stays done."""
    if not is_under_way(job):
        if job.status != "canceled":
            raise Taken("The job has ended already, so there is nothing to cancel.")
        return
    at = _present(job)
    job.status, job.locked_datetime = "canceled", None
    job.cancel_requested_datetime = job.cancelled_datetime = job.ended_datetime = at


def finish(job: Job) -> None:
    """Note within the last bit of work that all is done."""
    job.status, job.ended_datetime, job.locked_datetime = "done", _present(job), None


def _present(job: Job) -> datetime:
    return desk_now(session_of(job), job.account_id)
