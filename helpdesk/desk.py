"""Acting on a desk: what fell due is played first, then one action is done in one transaction, or nothing at all."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from audit.action import Action, Source, begin, current
from audit.ledger import seal


class Machines(Protocol):
    """What the desk needs of the machines that act on it: `automation.timers` is such a thing."""

    def is_due(self, session: Session, account_id: int, upto: datetime) -> bool:
        """Whether something has fallen due by then; asked within the transaction that would act."""

    def play_due(self, session: Session, account_id: int, upto: datetime) -> int:
        """Play what has fallen due by then, in transactions of its own; answers how much it was."""


_machines: list[Machines] = []


def connect_machines(machines: Machines) -> None:
    """Let these machines play what is due before anybody acts; `wsgi` does it."""
    _machines[:] = [machines]


@contextmanager
def opening(session: Session, *, source: Source, remote_addr: str | None = None) -> Iterator[Action]:
    """Do the one action that no account can hold: opening it; commit it with its events, or leave no trace."""
    try:
        yield begin(session, None, source=source, remote_addr=remote_addr)
        session.commit()
    except BaseException:
        session.rollback()
        raise


def go_on(session: Session) -> Action:
    """End the action that goes on, and begin another in its chain and its transaction: both happen, or neither."""
    before = current(session)
    seal(session)
    return begin(
        session,
        before.account_id,
        source=before.source,
        at=before.at,
        context=before.context,
        remote_addr=before.remote_addr,
    )


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
    try:
        action = begin(session, account_id, source=source, at=at, context=context, remote_addr=remote_addr)
        # Asked after begin(): between an earlier look and the action, something may have fallen due.
        while any(machines.is_due(session, account_id, action.at) for machines in _machines):
            session.rollback()
            for machines in _machines:
                machines.play_due(session, account_id, action.at)
            action = begin(session, account_id, source=source, at=at, context=context, remote_addr=remote_addr)
        yield action
        session.commit()
    except BaseException:
        session.rollback()
        raise
