"""Moves a desk's clock: all that falls due on the way happens, in order and at its own time, before anything later."""

import math
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Any, Final, Protocol

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from audit.action import Source, begin, enter, hold, now
from audit.actors import Actor
from audit.clock import DeskClock, desk_now, set_clock, wall_now
from audit.ledger import record
from automation import timers
from automation.bits import bit
from automation.timers import Due
from helpdesk import jobs
from helpdesk.desk import acting
from helpdesk.events import DESK_CLOCK_CHANGED
from helpdesk.jobs import CLOCK, UNDER_WAY, NothingToDo
from helpdesk.models import Account, Job
from helpdesk.refusals import Busy, Refused
from helpdesk.sessions import session_of
from helpdesk.spans import LONGEST

COMMAND_LINE: Final = Actor.system("command line")
FASTEST: Final = 100_000.0

#: How long somebody who wants to act waits for a clock on its way, in seconds; then they get a sentence.
PATIENCE: Final = 3.0
GLANCE: Final = 0.05


@dataclass(frozen=True)
class Journey:
    """A clock on its way to a moment."""

    job_id: int
    start: datetime
    target: datetime
    reached: datetime
    played: int
    total: int  #: what was due when it began; more may have come since
    by: str

    @property
    def percent(self) -> int:
        """How much of the time has passed."""
        return min(100, int(100 * ((self.reached - self.start) / (self.target - self.start))))


#: Told how far it is, after each bit of the way.
Progress = Callable[[Journey], None]


class Stops(Protocol):
    """What the clock stops at beside what timers play: `automation.stops` is such a thing."""

    def first(self, session: Session, account_id: int, after: datetime, silent: list[int]) -> Due | None:
        """The next of them, if the clock stands there."""

    def count(self, session: Session, account_id: int, upto: datetime) -> int:
        """How many there are until then."""

    def serve(self, session: Session, account_id: int, stop: Due) -> int | None:
        """Do it, or a bit of it, now that the clock is there; answers whom not to call again on this way."""


_stops: list[Stops] = []


def stop_at(stops: Stops) -> None:
    """Let a clock on its way stop at these, too; `beforehand` says it."""
    _stops[:] = [stops]


# ---- Moving it


#: Where a clock goes: to a moment, by a span, or to the next thing due (None).
Whither = datetime | timedelta | None


def advance(
    session: Session,
    account_id: int,
    whither: Whither,
    progress: Progress | None = None,
    *,
    by: Actor = COMMAND_LINE,
    source: Source = "cli",
) -> datetime:
    """Move an account's clock forward, and come back when it has arrived; answers the moment that was meant."""
    job_id = set_out(session, account_id, whither, by=by, source=source)
    target = datetime.fromisoformat(session.get_one(Job, job_id).params["to"])
    session.rollback()
    go_on(session, account_id, job_id, progress=progress)
    return target


def set_out(
    session: Session,
    account_id: int,
    whither: Whither,
    *,
    by: Actor = COMMAND_LINE,
    source: Source = "cli",
) -> int:
    """Begin to move a clock; answers the job's number.

    The job is the caller's to work on, by `go_on`, and nobody else's as long as it does. Whoever is killed on the way
    leaves the clock at the last thing that happened, and the rest to whoever works on jobs.
    """
    with _alone(session, account_id, source) as begin_again:
        at = begin_again()
        while timers.look(session, account_id).is_moving:
            session.rollback()
            wait_until_still(session, account_id)
            at = begin_again()
        account = session.get_one(Account, account_id)
        target = _target(session, account, at, whither)
        _give_up_another(session, account_id)
        _tell(account, {"from": _written(at), "to": _written(target)}, by)
        total = timers.count_due(session, account_id, target)
        total += sum(stops.count(session, account_id, target) for stops in _stops)
        params = {"title": "Advance the clock", "from": at.isoformat(), "to": target.isoformat()}
        job = jobs.queue(session, account_id, CLOCK, params, by=by, total=total)
        job.status, job.locked_datetime, job.started_datetime = "running", wall_now(), at
        return job.id


def go_on(
    session: Session, account_id: int, job_id: int, seconds: float = math.inf, progress: Progress | None = None
) -> bool:
    """Work on a journey for so long; answers whether it has ended. If not, those who work on jobs go on with it."""
    end = monotonic() + seconds
    enter(session, account_id)
    try:
        while step(session, session.get_one(Job, job_id, populate_existing=True)):
            if progress is not None and (journey := under_way(session, account_id)) is not None:
                progress(journey)
            if monotonic() > end:
                _hand_over(session, account_id, job_id)
                return False
    except NothingToDo:
        session.rollback()
    return True


def step(session: Session, job: Job) -> bool:
    """Play the next things due and let the clock stand where they end; answers whether there is more of the way.

    What is played, where the clock stands and how far the job is are one transaction: killed anywhere, it is exact.
    A stop is served when the clock has been put there.
    """
    job_id, account_id, target = job.id, job.account_id, datetime.fromisoformat(job.params["to"])
    try:
        hold(session, account_id)
        begin(session, account_id, source="automation")
        held = session.get(Job, job_id, with_for_update=True, populate_existing=True)
        if held is None or not jobs.is_under_way(held):
            raise NothingToDo
        stop = _next_stop(session, account_id, held, target)
        batch = timers.play_next(session, account_id, stop.at if stop else target)
        reached = batch[-1].at if batch else stop.at if stop else target
        # It may be there already: it runs while we work.
        moment = max(reached, desk_now(session, account_id))
        set_clock(session, account_id, desk=moment, rate=rate_of(session, account_id))
        jobs.advance(held, len(batch) or int(stop is not None), reached=reached.isoformat())
        held.locked_datetime = wall_now()
        if not batch and stop is None:
            jobs.finish(held)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    if stop is not None and not batch:
        _serve(session, account_id, job_id, stop)
    return bool(batch) or stop is not None


def _next_stop(session: Session, account_id: int, journey: Job, target: datetime) -> Due | None:
    info = journey.info or {}
    after = datetime.fromisoformat(info.get("reached", journey.params["from"]))
    found = [stop for stops in _stops if (stop := stops.first(session, account_id, after, info.get("silent", [])))]
    if not found or found[0].at > target:
        return None
    return replace(found[0], at=max(found[0].at, after))


def _serve(session: Session, account_id: int, job_id: int, stop: Due) -> None:
    silent = [number for stops in _stops if (number := stops.serve(session, account_id, stop))]
    if silent:
        with bit(session, account_id):
            held = session.get_one(Job, job_id, with_for_update=True, populate_existing=True)
            held.info = {**(held.info or {}), "silent": [*(held.info or {}).get("silent", []), *silent]}


def cancel(session: Session, account_id: int, *, by: Actor = COMMAND_LINE, source: Source = "cli") -> datetime:
    """Let a clock that is on its way stop where it is; answers the desk time there."""
    with _alone(session, account_id, source) as begin_now:
        at = begin_now()
        job = session.scalar(_journeys(account_id).with_for_update())
        if job is None:
            raise Refused("The clock is not on its way anywhere, so there was nothing to stop.")
        _tell(
            session.get_one(Account, account_id),
            {"stopped": _written(at), "to": _written(datetime.fromisoformat(job.params["to"]))},
            by,
        )
        _end(job)
        return at


def set_rate(
    session: Session,
    account_id: int,
    rate: float,
    *,
    by: Actor = COMMAND_LINE,
    source: Source = "cli",
    context: uuid.UUID | None = None,
) -> None:
    """Let the clock run so many times as fast as the one on the wall, from the present desk time; 0 freezes it."""
    if not 0 <= rate <= FASTEST:
        raise Refused(f"A clock's rate is a number from 0 (frozen) to {FASTEST:,.0f}.")
    with acting(session, account_id, source=source, context=context) as action:
        before = rate_of(session, account_id)
        if before == rate:
            return
        _tell(session.get_one(Account, account_id), {"rate": [before, rate]}, by)
        set_clock(session, account_id, desk=action.at, rate=rate)


# ---- Looking at it


def rate_of(session: Session, account_id: int) -> float:
    """How fast the account's clock runs: 1 is real."""
    clock = session.get(DeskClock, account_id, populate_existing=True)
    return clock.rate if clock is not None else 1.0


def under_way(session: Session, account_id: int) -> Journey | None:
    """The clock's journey, if it is on one; also one whose worker was killed, which waits for another."""
    job = session.scalar(_journeys(account_id).execution_options(populate_existing=True))
    if job is None:
        return None
    info, start = job.info or {}, datetime.fromisoformat(job.params["from"])
    return Journey(
        job_id=job.id,
        start=start,
        target=datetime.fromisoformat(job.params["to"]),
        reached=datetime.fromisoformat(info["reached"]) if "reached" in info else start,
        played=info.get("done", 0),
        total=info.get("total", 0),
        by=jobs.actor(job).name,
    )


def wait_until_still(session: Session, account_id: int) -> None:
    """Wait until nobody moves the clock; raises Busy where that takes too long."""
    end = monotonic() + PATIENCE
    while timers.look(session, account_id).is_moving:
        session.rollback()
        if monotonic() > end:
            raise Busy(
                "The desk's clock is being moved just now, and nothing else is written meanwhile. Nothing was done."
                " Try again when it has arrived, or let an admin stop it."
            )
        sleep(GLANCE)
    session.rollback()


def _journeys(account_id: int) -> Select[Job]:
    return select(Job).where(Job.account_id == account_id, Job.type == CLOCK, Job.status.in_(UNDER_WAY)).limit(1)


# ---- On the way


def _target(session: Session, account: Account, at: datetime, whither: Whither) -> datetime:
    if whither is None:
        first = timers.upcoming(session, account.id, 1)
        first += [stop for stops in _stops if (stop := stops.first(session, account.id, at, []))]
        if not first:
            raise Refused(
                "Nothing is waiting: no snooze, no survey, no rule, no job, no call, nothing in the trash."
                " The clock stays where it is."
            )
        whither = min(due.at for due in first)
    target = at + whither if isinstance(whither, timedelta) else whither
    if target <= at:
        raise Refused("A desk's clock only runs forward.")
    if target - at > LONGEST:
        raise Refused("That is too far ahead: ten years at a time are the most.")
    if not account.is_active:
        raise Refused("This account is switched off, and its timers rest. Switch it on before you move its clock.")
    return target


def _give_up_another(session: Session, account_id: int) -> None:
    # Whoever acts has waited for a journey that goes on; what is found here was killed, and nobody took it up.
    job = session.scalar(_journeys(account_id).with_for_update())
    if job is not None:
        _end(job)


def _end(job: Job) -> None:
    job.status, job.locked_datetime = "cancelled", None
    job.cancelled_datetime = job.ended_datetime = now(session_of(job))


def _hand_over(session: Session, account_id: int, job_id: int) -> None:
    with _alone(session, account_id, "automation") as begin_now:
        begin_now()
        job = session.get_one(Job, job_id, with_for_update=True, populate_existing=True)
        job.turn_datetime, job.locked_datetime = wall_now(), None


@contextmanager
def _alone(session: Session, account_id: int, source: Source) -> Iterator[Callable[[], datetime]]:
    """An action that keeps all others out and need not wait for a clock on its way; yields what begins it."""

    def begin_alone() -> datetime:
        hold(session, account_id)
        action = begin(session, account_id, source=source)
        while timers.is_due(session, account_id, action.at):  # what is due by now comes first, as always
            session.rollback()
            timers.play_due(session, account_id, action.at)
            hold(session, account_id)
            action = begin(session, account_id, source=source)
        return action.at

    try:
        yield begin_alone
        session.commit()
    except BaseException:
        session.rollback()
        raise


def _tell(account: Account, data: dict[str, Any], by: Actor) -> None:
    record(DESK_CLOCK_CHANGED, account, by=by, data=data)


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
