"""Plays the deeds of a script in their sandbox: each an action at its own time, and then what rules make of it."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime

from sqlalchemy import func
from sqlalchemy.orm import Session

from audit.clock import set_clock
from audit.log import event_table
from audit.sessions import scoped
from automation import timers
from helpdesk import desk
from helpdesk.refusals import Refused
from seeds.deeds import SORTS
from seeds.scripts import Deed
from seeds.troupe import Troupe

#: Called in the transaction of a deed, before it is done and after.
Note = Callable[[], None]


def play(troupe: Troupe, deed: Deed, at: datetime, *, before: Note | None = None, after: Note | None = None) -> None:
    """Let it happen at this time, or raise Refused; what falls due until then is played first, and is not told as its.

    The notes, the deed and the clock are one commit: nobody who is killed in between leaves one without the others.
    """
    with desk.acting(troupe.session, troupe.account_id, source=deed.through, at=at) as action:
        if before is not None:
            before()
        SORTS[deed.do].act(troupe, deed.by, deed.given)
        set_clock(troupe.session, troupe.account_id, desk=action.at, rate=0)
        if after is not None:
            after()
    timers.play_due(troupe.session, troupe.account_id)


def play_all(troupe: Troupe, deeds: Iterable[Deed]) -> dict[str, list[int]]:
    """All of them, one after the other; answers between which events lie the lines of those that bear a mark.

    One that is refused is part of the story: nothing is written, and time goes on.
    """
    marks: dict[str, list[int]] = {}
    for deed in deeds:
        begins = newest(troupe.session, troupe.account_id)
        with suppress(Refused):
            play(troupe, deed, troupe.now() + deed.after)
        if deed.mark:
            marks[deed.mark] = [begins, newest(troupe.session, troupe.account_id)]
    return marks


def newest(session: Session, account_id: int) -> int:
    """The number of the newest event of an account."""
    session.info["account_id"] = account_id
    return session.scalar(scoped(session, func.max(event_table.c.id), table=event_table)) or 0
