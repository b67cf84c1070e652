"""Works off what waits on an account, bit by bit: each bit is a transaction of its own, or it leaves no trace."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from audit.action import begin, enter, hold


def work_off(
    session: Session,
    account_id: int,
    waits: Callable[[Session, int], bool],
    do: Callable[[Session, int], int],
) -> int:
    """Do one bit after the other until nothing waits any more; answers how much was done."""
    done = 0
    enter(session, account_id)
    while waits(session, account_id):
        done += do(session, account_id)
        enter(session, account_id)
    session.rollback()
    return done


@contextmanager
def bit(session: Session, account_id: int, *, alone: bool = False) -> Iterator[None]:
    """An action of a machine's; `alone` keeps all other writers of the account out."""
    try:
        if alone:
            hold(session, account_id)
        begin(session, account_id, source="automation")
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
