"""Moves a desk's clock: all that falls due on the way happens, in order and at its own time, before anything later."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from audit.action import Source, begin, hold
from audit.actors import Actor
from audit.clock import DeskClock, desk_now, set_clock
from audit.ledger import record
from automation import timers
from helpdesk.desk import acting
from helpdesk.events import DESK_CLOCK_CHANGED
from helpdesk.models import Account
from helpdesk.refusals import Refused
from helpdesk.spans import LONGEST

COMMAND_LINE: Final = Actor.system("command line")
FASTEST: Final = 100_000.0

#: Told how many things were played so far, and which desk time is reached.
Progress = Callable[[int, datetime], None]


def advance(
    session: Session,
    account_id: int,
    span: timedelta,
    progress: Progress | None = None,
    *,
    by: Actor = COMMAND_LINE,
    source: Source = "cli",
) -> datetime:
    """Move an account's clock forward by a span; answers the desk time that is reached."""
    return advance_to(session, account_id, desk_now(session, account_id) + span, progress, by=by, source=source)


def advance_to(
    session: Session,
    account_id: int,
    target: datetime,
    progress: Progress | None = None,
    *,
    by: Actor = COMMAND_LINE,
    source: Source = "cli",
) -> datetime:
    """Move an account's clock forward to a moment; answers it.

    The clock goes along with what is played, in the same transactions: killed on the way, it stands at the last thing
    that happened, and the rest happens when it is advanced again.
    """
    with acting(session, account_id, source=source) as action:
        if target <= action.at:
            raise Refused("A desk's clock only runs forward.")
        if target - action.at > LONGEST:
            raise Refused("That is too far ahead: ten years at a time are the most.")
        if not session.get_one(Account, account_id).is_active:
            raise Refused("This account is switched off, and its timers rest. Switch it on before you move its clock.")
        _tell(session, account_id, {"from": _written(action.at), "to": _written(target)}, by)
    played = 0
    while count := _step(session, account_id, target):
        played += count
        if progress is not None:
            progress(played, desk_now(session, account_id))
    return target


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
        _tell(session, account_id, {"rate": [before, rate]}, by)
        set_clock(session, account_id, desk=action.at, rate=rate)


def rate_of(session: Session, account_id: int) -> float:
    """How fast the account's clock runs: 1 is real."""
    clock = session.get(DeskClock, account_id, populate_existing=True)
    return clock.rate if clock is not None else 1.0


def _step(session: Session, account_id: int, target: datetime) -> int:
    """Play the next things due and let the clock stand where they end; 0 when it has arrived."""
    try:
        hold(session, account_id)
        begin(session, account_id, source="automation")
        batch = timers.due(session, account_id, target)
        timers.play(session, account_id, batch)
        reached = batch[-1].at if batch else target
        # It may be there already: it runs while we work.
        moment = max(reached, desk_now(session, account_id))
        set_clock(session, account_id, desk=moment, rate=rate_of(session, account_id))
        session.commit()
    except BaseException:
        session.rollback()
        raise
    return len(batch)


def _tell(session: Session, account_id: int, data: dict[str, Any], by: Actor) -> None:
    record(DESK_CLOCK_CHANGED, session.get_one(Account, account_id), by=by, data=data)


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
