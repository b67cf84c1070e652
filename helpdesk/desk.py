"""Acting on a desk: what fell due is played first, then one action is done in one transaction, or nothing at all."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.orm import Session

from audit.action import Action, Source, begin

#: Plays what fell due on an account by now; `wsgi` puts the machines here.
PlayDue = Callable[[Session, int], int]

_machines: list[PlayDue] = []


def connect_machines(play_due: PlayDue) -> None:
    """Let these machines play what is due before anybody acts."""
    _machines[:] = [play_due]


@contextmanager
def acting(
    session: Session,
    account_id: int,
    *,
    source: Source,
    at: datetime | None = None,
    context: uuid.UUID | None = None,
    remote_addr: str | None = None,
) -> Iterator[Action]:
    """Do one action on an account: commit it with its events, or roll back and leave no trace."""
    for play_due in _machines:
        play_due(session, account_id)
    action = begin(session, account_id, source=source, at=at, context=context, remote_addr=remote_addr)
    try:
        yield action
        session.commit()
    except BaseException:
        session.rollback()
        raise
