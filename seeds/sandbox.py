"""A sandbox: a throw-away account with people and a clock of its own, in which anything may be tried."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from audit.action import enter
from audit.actors import Actor
from audit.clock import wall_now
from audit.log import event_head, event_table
from helpdesk import accounts, desk, passwords
from helpdesk.models import Account
from seeds.stage import Stage, open_stage

SANDBOX: Final = Actor.system("sandbox")
#: An account in which nothing happened for so long belongs to nobody any more: whoever opened it was killed or is done.
FORGOTTEN: Final = {
    accounts.SANDBOX: timedelta(hours=1),
    accounts.FOR_A_TEST: timedelta(days=1),
    accounts.FOR_A_LESSON: timedelta(days=2),
}


@contextmanager
def sandbox(session: Session) -> Iterator[Stage]:
    """A stage that nobody else uses; it and whatever account the scene moved on to are archived in the end.

    Its people have addresses under .example, so that their mail never goes further than the demo's trap, and what
    still waits to be sent when it is archived is not sent at all.
    """
    sweep(session)
    with passwords.cheaply():
        stage = open_stage(session, f"{accounts.SANDBOX}{secrets.token_hex(6)}")
        opened = stage.account_id
        try:
            yield stage
        finally:
            session.rollback()
            for account_id in {opened, stage.account_id}:
                archive(session, account_id)


def archive(session: Session, account_id: int) -> None:
    """Put a sandbox away; its log stays, as every log does."""
    with desk.acting(session, account_id, source="cli"):
        accounts.archive(session.get_one(Account, account_id, with_for_update=True), by=SANDBOX)


def sweep(session: Session) -> None:
    """Archive the throw-away accounts that were forgotten."""
    enter(session, None)
    now = wall_now()
    newest = event_table.join(event_head, event_head.c.last_id == event_table.c.id)
    rests = [
        and_(
            Account.domain.startswith(prefix, autoescape=True),
            select(event_table.c.recorded_datetime < now - span)
            .select_from(newest)
            .where(event_head.c.account_id == Account.id)
            .scalar_subquery(),
        )
        for prefix, span in FORGOTTEN.items()
    ]
    numbers = list(session.scalars(select(Account.id).where(Account.archived_datetime.is_(None), or_(*rests))))
    session.rollback()
    for account_id in numbers:
        archive(session, account_id)
