"""A simulation as a piece of work: begun, worked on slice by slice, stopped; whoever is killed loses nothing."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from time import monotonic, sleep
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from audit.action import Source, now
from audit.actors import Actor
from audit.clock import wall_now
from audit.sessions import keep_what_was_read
from automation import clockwork
from automation.simulator.profiles import Profile, all_profiles
from automation.simulator.run import Overtaken, Plan, Run
from helpdesk import jobs
from helpdesk.desk import acting
from helpdesk.jobs import UNDER_WAY, NothingToDo
from helpdesk.models import Account, Job
from helpdesk.refusals import Refused

JOB: Final = "simulation"

MOST_AGENTS: Final = 200
LONGEST: Final = timedelta(days=5 * 366)
#: How many times as fast as real time it may be played; 0 is as fast as it goes.
SPEEDS: Final = (60, 600, 3600, 0)
#: How long to wait, in seconds, where it is too early to go on.
GLANCE: Final = 0.2


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants to see."""

    profile: str
    seed: int = 1
    agents: int = 5
    days: int | None = None  #: None: as long as such days last
    speed: int = 0


@dataclass(frozen=True)
class State:
    """How far a simulation is."""

    job_id: int
    wish: Wish
    start: datetime
    until: datetime
    reached: datetime
    written: int
    status: str
    context: str
    error: str | None

    @property
    def percent(self) -> int:
        """How much of the time has passed."""
        return min(100, int(100 * ((self.reached - self.start) / (self.until - self.start))))

    @property
    def goes_on(self) -> bool:
        """Whether there will be news."""
        return self.status in UNDER_WAY


# Models live in memory, as long as they are played: a job whose model is not here begins anew from the desk as it is.
_runs: Final[dict[int, tuple[Run, float]]] = {}


def set_out(
    session: Session,
    account_id: int,
    wish: Wish,
    *,
    by: Actor,
    source: Source,
    at: datetime | None = None,
    is_ours: bool = False,
    then: float | None = None,
) -> int:
    """Begin a simulation at the desk's present time; answers the job's number.

    The desk's clock stands meanwhile, and goes along with what is played; afterwards it runs as before (or as `then`).
    Whoever says `is_ours` works on it; else those who work on jobs do.
    """
    profile = _checked(wish)
    context = _context(wish, "beginning")
    rate = clockwork.rate_of(session, account_id)
    session.rollback()
    with acting(session, account_id, source=source, at=at, context=context):
        account = session.get_one(Account, account_id, with_for_update=True)
        if not account.is_active:
            raise Refused("This account is switched off, so nothing can be simulated on it.")
        if session.scalar(_newest(account_id).where(Job.status.in_(UNDER_WAY))) is not None:
            raise Refused("A simulation is going on already. Stop it, or wait until it has ended.")
        start = now(session)
        until = start + timedelta(days=wish.days or profile.days)
        params = {
            "title": f"Simulation: {profile.name}",
            "from": start.isoformat(),
            "to": until.isoformat(),
            "rate": rate if then is None else then,
            "wish": {**vars(wish)},
        }
        job = jobs.queue(session, account_id, JOB, params, by=by, total=int((until - start).total_seconds()))
        if is_ours:
            job.status, job.locked_datetime, job.started_datetime = "running", wall_now(), wall_now()
        number = job.id
    clockwork.set_rate(session, account_id, 0, by=by, source=source, context=context)
    return number


def step(session: Session, job: Job) -> bool:
    """Play some more, if its time has come; answers whether there is more to play."""
    job_id, account_id = job.id, job.account_id
    state = _state(job)
    by, source, rate = jobs.actor(job), job.params["source"], job.params["rate"]
    keep_what_was_read(session)
    mark = partial(_mark, job_id=job_id)
    try:
        run, began = _runs.get(job_id) or (None, 0.0)
        if run is None or run.reached != state.reached:
            plan = Plan(state.wish.profile, state.wish.seed, state.wish.agents, state.reached, state.until)
            run, began = _runs[job_id] = Run(session, account_id, plan, mark, state.written), monotonic()
        target = _target(run, state.wish.speed, monotonic() - began)
        if target <= run.reached:
            sleep(GLANCE)
            return True
        run.slice(session, target)
        if not run.is_done:
            return True
    except Overtaken as problem:
        _runs.pop(job_id, None)
        _give_up(session, account_id, job_id, str(problem))
        raise NothingToDo from problem
    except BaseException:
        _runs.pop(job_id, None)
        raise
    _runs.pop(job_id, None)
    clockwork.set_rate(session, account_id, rate, by=by, source=source, context=_context(state.wish, "end"))
    return False


def play(session: Session, account_id: int, job_id: int, progress: Callable[[State], None]) -> State:
    """Work on a simulation that is ours until it has ended; answers how it ended."""
    try:
        while step(session, session.get_one(Job, job_id, populate_existing=True)):
            progress(_read(session, job_id))
        with acting(session, account_id, source="automation"):
            jobs.finish(session.get_one(Job, job_id, with_for_update=True, populate_existing=True))
    except NothingToDo:
        session.rollback()
    return _read(session, job_id)


def cancel(session: Session, account_id: int, *, by: Actor, source: Source) -> None:
    """Stop where it is: what has happened stays, and the clock runs on from there."""
    with acting(session, account_id, source=source):
        job = session.scalar(_newest(account_id).where(Job.status.in_(UNDER_WAY)).with_for_update())
        if job is None:
            raise Refused("Nothing is being simulated, so there was nothing to stop.")
        _end(job)
        rate = job.params["rate"]
    clockwork.set_rate(session, account_id, rate, by=by, source=source)


def newest(session: Session, account_id: int) -> State | None:
    """The simulation that goes on, or was the last one."""
    job = session.scalar(_newest(account_id).execution_options(populate_existing=True))
    return _state(job) if job is not None else None


def _newest(account_id: int) -> Select[Job]:
    return select(Job).where(Job.account_id == account_id, Job.type == JOB).order_by(Job.id.desc()).limit(1)


def _checked(wish: Wish) -> Profile:
    profile = all_profiles().get(wish.profile)
    if profile is None:
        raise Refused(f"There is no profile {wish.profile[:40]!r}: it is one of {', '.join(all_profiles())}.")
    if not 1 <= wish.agents <= MOST_AGENTS:
        raise Refused(f"From 1 to {MOST_AGENTS} agents can be simulated.")
    if wish.days is not None and not 1 <= wish.days <= LONGEST.days:
        raise Refused(f"From 1 to {LONGEST.days:,} days can be simulated at once.")
    if wish.speed not in SPEEDS:
        raise Refused(f"The speed is one of {', '.join(map(str, SPEEDS))}; 0 is as fast as it goes.")
    return profile


def _read(session: Session, job_id: int) -> State:
    state = _state(session.get_one(Job, job_id, populate_existing=True))
    keep_what_was_read(session)
    return state


def _give_up(session: Session, account_id: int, job_id: int, why: str) -> None:
    with acting(session, account_id, source="automation"):
        job = session.get_one(Job, job_id, with_for_update=True, populate_existing=True)
        _end(job)
        job.info = {**(job.info or {}), "error": why}


def _end(job: Job) -> None:
    job.status, job.locked_datetime = "cancelled", None
    job.cancelled_datetime = job.ended_datetime = wall_now()


def _target(run: Run, speed: int, seconds: float) -> datetime:
    """Up to when it may be played by now."""
    if not speed:
        return run.plan.until
    return min(run.plan.start + timedelta(seconds=seconds * speed), run.plan.until)


def _mark(session: Session, reached: datetime, written: int, *, job_id: int) -> None:
    """How far it is stands in the job, in the same transaction."""
    job = session.get(Job, job_id, with_for_update=True, populate_existing=True)
    if job is None or not jobs.is_under_way(job):
        raise NothingToDo
    start = datetime.fromisoformat(job.params["from"])
    job.locked_datetime = wall_now()
    job.info = {
        **(job.info or {}),
        "reached": reached.isoformat(),
        "written": written,
        "done": int((reached - start).total_seconds()),
    }


def _state(job: Job) -> State:
    info, start = job.info or {}, datetime.fromisoformat(job.params["from"])
    return State(
        job_id=job.id,
        wish=Wish(**job.params["wish"]),
        start=start,
        until=datetime.fromisoformat(job.params["to"]),
        reached=datetime.fromisoformat(info["reached"]) if "reached" in info else start,
        written=info.get("written", 0),
        status=job.status,
        context=job.params["context"],
        error=info.get("error"),
    )


def _context(wish: Wish, what: str) -> uuid.UUID:
    """A chain from the seed: the same simulation writes the same log."""
    return uuid.UUID(int=Random(f"{wish.seed} {wish.profile} {what}").getrandbits(128), version=4)
