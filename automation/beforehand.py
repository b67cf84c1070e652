"""What comes before anybody acts: whoever moves the clock is waited for, and what fell due is played."""

from datetime import datetime

from sqlalchemy.orm import Session

from audit.action import current
from automation import clockwork, stops, timers

clockwork.stop_at(stops)


def is_due(session: Session, account_id: int, upto: datetime) -> bool:
    """Whether something has fallen due by then, or the clock is being moved just now.

    Machines need not wait for it: what they note down is no step of anybody's work. Nor does who moves it wait for
    themselves.
    """
    glance = timers.look(session, account_id)
    may_pass = current(session).source == "automation" or "moves_clock" in session.info
    return glance.is_due(upto) or (glance.is_moving and not may_pass)


def play_due(session: Session, account_id: int, upto: datetime) -> int:
    """Play what has fallen due by then; where it was nothing, wait until the clock stands. Raises Busy."""
    played = timers.play_due(session, account_id, upto)
    if not played:
        clockwork.wait_until_still(session, account_id)
    return played
