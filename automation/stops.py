"""What a desk's clock stops at beside what timers play: calls that are to be tried again, and jobs that were put off.

They talk to others, or take long: so the clock arrives, is seen to have arrived, and then they are done.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select, union_all
from sqlalchemy.orm import Session

from audit.action import enter
from audit.base import BigId
from automation import calls, jobs, timers
from automation.timers import Due
from helpdesk.models import Delivery, Integration, Job

CALL: Final = "call"
JOB: Final = "job"

_account_id: Final = bindparam("account", type_=BigId)

#: Calls that did not work and are tried again when their time comes.
_CALLS: Final = and_(
    Delivery.account_id == _account_id,
    Delivery.kind == "webhook",
    Delivery.status == "queued",
    Delivery.due_datetime.is_not(None),
)
#: Jobs that were to begin later than they were asked for.
_JOBS: Final = and_(Job.account_id == _account_id, Job.scheduled_datetime > Job.created_datetime)
_CALLED: Final = func.coalesce(
    select(Integration.name).where(Integration.id == Delivery.integration_id).scalar_subquery(), Delivery.recipient
)


def lines(limit: int) -> tuple[Select[Any], ...]:
    """The first of each kind that waits, as `timers.lines` has them."""
    return _calls(limit), _jobs(limit, Job.status == "pending")


def first(session: Session, account_id: int, after: datetime, silent: list[int]) -> Due | None:
    """The next of them once the clock stands there; who did not answer on this way is not called again on it."""
    answers = Delivery.integration_id.is_(None) | Delivery.integration_id.not_in(silent)
    asked = union_all(
        _calls(1, Delivery.due_datetime > after, answers),
        # One that has begun goes on before anything later happens.
        _jobs(1, *jobs.is_free(), or_(Job.status == "running", Job.scheduled_datetime >= after)),
    )
    found = sorted(Due(row.at, row.kind, row.number) for row in session.execute(asked, {"account": account_id}))
    return found[0] if found else None


def count(session: Session, account_id: int, upto: datetime) -> int:
    """How many of them wait until then."""
    waiting = (
        select(func.count()).select_from(Delivery).where(_CALLS, Delivery.due_datetime <= upto),
        select(func.count()).select_from(Job).where(_JOBS, Job.status == "pending", Job.scheduled_datetime <= upto),
    )
    row: Any = session.execute(select(*(each.scalar_subquery() for each in waiting)), {"account": account_id}).one()
    return sum(row)


def serve(session: Session, account_id: int, stop: Due) -> int | None:
    """Make the call, or do a bit of the job; answers the integration that kept us waiting, if one did."""
    enter(session, account_id)
    if stop.kind == CALL:
        return calls.try_again(session, account_id, stop.number)
    claim = jobs.take(session, account_id, Job.id == stop.number)
    if claim is not None:
        session.info["moves_clock"] = True
        try:
            jobs.work_on(session, claim, is_over=lambda: True)
        finally:
            session.info.pop("moves_clock")
    return None


def _calls(limit: int, *where: ColumnElement[bool]) -> Select[Any]:
    within = func.coalesce(Delivery.integration_id, 0)
    return timers.line(CALL, Delivery.due_datetime, Delivery.id, limit, _CALLS, *where, name=_CALLED, within=within)


def _jobs(limit: int, *where: ColumnElement[bool]) -> Select[Any]:
    title = Job.params["title"].as_string()
    return timers.line(JOB, Job.scheduled_datetime, Job.id, limit, _JOBS, *where, name=title)
