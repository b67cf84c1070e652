"""Works on jobs: takes one for a while, does it bit by bit, and puts it back; whoever is killed loses nothing."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from audit.action import begin, enter
from audit.clock import desk_now, wall_now
from automation import clockwork, timers
from automation.simulator import simulation
from automation.smtp import OpenSession
from helpdesk import bulk, cascades, jobs, leaving, tables
from helpdesk.jobs import NothingToDo, Step
from helpdesk.models import Account, Job
from helpdesk.refusals import Busy

#: Which function does a type of job.
STEPS: Final[dict[str, Step]] = {
    leaving.JOB: cascades.step,
    **dict.fromkeys(bulk.JOBS, bulk.step),
    **dict.fromkeys(tables.JOBS, tables.step),
    jobs.CLOCK: clockwork.step,
    simulation.JOB: simulation.step,
}

#: How long a worker has a job for itself after it was last heard of; far longer than a bit of work may take.
LEASE: Final = timedelta(minutes=1)
#: How long a job is worked on before another one has its turn.
TURN: Final = timedelta(seconds=5)
#: How long to wait after a bit of work went wrong for the first time in a row, the second, and so on.
PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 5, 10, 30, 60, 120, 300))
LONGEST_ERROR: Final = 500

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claim:
    """A job that is ours to work on for a while."""

    job_id: int
    account_id: int
    type: str


def run_due(open_session: OpenSession, is_over: Callable[[], bool] = lambda: False) -> int:
    """Work on what waits, each for one turn, until nothing waits any more or all is over; answers how many turns."""
    turns = 0
    while not is_over():
        with open_session() as session:
            claim = claim_next(session)
            if claim is None:
                break
            work_on(session, claim, is_over)
        turns += 1
    return turns


def run_all(session: Session) -> None:
    """Work on all jobs until none is left, in this session: for tests and scenes, which have no scheduler.

    What goes wrong is raised; the job stays as it was.
    """
    session.rollback()
    while (claim := claim_next(session)) is not None:
        while _step(session, claim):
            pass
        _note(session, claim, jobs.finish)


def claim_next(session: Session) -> Claim | None:
    """Take the job that has waited longest of those to whose beginning their desk's clock has come.

    Nobody else gets it until it is put back or the lease has run out. While a clock is on its way, who moves it also
    does the desk's other jobs: each belongs to its own time.
    """
    for account_id in _accounts_that_wait(session):
        enter(session, account_id)
        has_come = Job.scheduled_datetime <= desk_now(session, account_id)
        is_ours = Job.type == jobs.CLOCK if timers.look(session, account_id).is_moving else true()
        if (claimed := take(session, account_id, has_come, is_ours)) is not None:
            return claimed
    return None


def take(session: Session, account_id: int, *conditions: ColumnElement[bool]) -> Claim | None:
    """Take the job of an account that has waited longest, of those that nobody works on."""
    waiting = select(Job).where(Job.account_id == account_id, *is_free(), *conditions)
    waiting = waiting.order_by(Job.turn_datetime, Job.id).limit(1)
    enter(session, account_id)
    if session.scalar(waiting) is None:  # mostly: then nobody who writes has to wait for us
        session.rollback()
        return None
    present = desk_now(session, account_id)
    try:
        begin(session, None, source="automation")
        job = session.scalar(waiting.with_for_update(skip_locked=True, of=Job))
        if job is None:
            session.rollback()
            return None
        job.status, job.locked_datetime = "running", wall_now()
        job.started_datetime = job.started_datetime or present
        claimed = Claim(job.id, job.account_id, job.type)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    return claimed


def is_free() -> tuple[ColumnElement[bool], ...]:
    """Of jobs that somebody may work on just now, by the clock on the wall."""
    now = wall_now()
    return (
        Job.status.in_(jobs.UNDER_WAY),
        Job.turn_datetime <= now,
        or_(Job.locked_datetime.is_(None), Job.locked_datetime < now - LEASE),
    )


def _accounts_that_wait(session: Session) -> list[int]:
    enter(session, None)
    waiting = (
        select(Job.account_id)
        .join(Account, Account.id == Job.account_id)
        .where(*is_free(), Account.deactivated_datetime.is_(None), Account.archived_datetime.is_(None))
        .group_by(Job.account_id)
        .order_by(func.min(Job.turn_datetime), func.min(Job.id))
    )
    found = list(session.scalars(waiting))
    session.rollback()
    return found


def work_on(session: Session, claim: Claim, is_over: Callable[[], bool] = lambda: False) -> None:
    """Do a job bit by bit until it is done or its turn is over; what goes wrong is tried again later."""
    end = monotonic() + TURN.total_seconds()
    try:
        while _step(session, claim):
            if is_over() or monotonic() > end:
                _put_back(session, claim)
                return
        _note(session, claim, jobs.finish)
    except NothingToDo:
        session.rollback()
    except Busy:
        session.rollback()
        _put_back(session, claim, after=PAUSES[0])
    except Exception as error:
        session.rollback()
        _log.exception("Job %d broke; what it had done so far stays done", claim.job_id)
        _put_off(session, claim, f"{type(error).__name__}: {error}")


def _step(session: Session, claim: Claim) -> bool:
    enter(session, claim.account_id)
    job = session.get_one(Job, claim.job_id, populate_existing=True)
    return STEPS[claim.type](session, job)


def _put_back(session: Session, claim: Claim, after: timedelta = timedelta(0)) -> None:
    def wait(job: Job) -> None:
        job.turn_datetime = wall_now() + after

    _note(session, claim, wait)


def _put_off(session: Session, claim: Claim, why: str) -> None:
    def wait_or_fail(job: Job) -> None:
        failures = (job.info or {}).get("failures", 0) + 1
        job.info = {**(job.info or {}), "failures": failures, "error": why[:LONGEST_ERROR]}
        if failures <= len(PAUSES):
            job.turn_datetime = wall_now() + PAUSES[failures - 1]
        else:
            at = desk_now(session, claim.account_id)
            job.status, job.failed_datetime, job.ended_datetime = "errored", at, at

    _note(session, claim, wait_or_fail)


def _note(session: Session, claim: Claim, say: Callable[[Job], None]) -> None:
    """Write down how it stands, unless it was ended by the work itself, and let others have it."""
    try:
        begin(session, None, source="automation")
        job = session.get(Job, claim.job_id, with_for_update=True, populate_existing=True)
        if job is not None and jobs.is_under_way(job):
            say(job)
            job.locked_datetime = None
        session.commit()
    except BaseException:
        session.rollback()
        raise
