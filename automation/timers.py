"""What falls due on a desk, played in due order, each thing an action of its own, stamped with its due time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import literal, select, text, union_all
from sqlalchemy.orm import Session

from audit.action import begin
from audit.actors import Actor
from audit.clock import desk_now
from audit.ledger import seal
from helpdesk import accounts, tickets
from helpdesk.models import Account, Ticket

#: How many due things share one transaction: enough to be fast, few enough that nobody waits long.
BATCH: Final = 200

SNOOZE_TIMER: Final = Actor.schedule("snooze timer")
TRASH_TIMER: Final = Actor.schedule("trash timer")

# PostgreSQL: one player per account at a time, or due times would be written out of order.
_PLAYER_LOCK: Final = 0x6465736B


@dataclass(frozen=True, order=True)
class Due:
    """Something that falls due: when, what, on which ticket."""

    at: datetime
    kind: str
    ticket_id: int


def play_due(session: Session, account_id: int) -> int:
    """Play all that has fallen due on an account by its desk clock; answers how much it was."""
    played = 0
    while True:
        upto = desk_now(session, account_id)
        if next_due(session, account_id, upto) is None:
            return played
        played += play_batch(session, account_id, upto)


def next_due(session: Session, account_id: int, upto: datetime | None = None) -> Due | None:
    """The next thing that falls due on an account, or None if there is none by `upto`."""
    found = _due(session, account_id, upto, 1)
    return found[0] if found else None


def play_batch(session: Session, account_id: int, upto: datetime, limit: int = BATCH) -> int:
    """Play the first due things in one transaction; answers how many."""
    begin(session, account_id, source="automation")
    try:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(
                text("SELECT pg_advisory_xact_lock(:lock, :account)"),
                {"lock": _PLAYER_LOCK, "account": account_id % 2**31},
            )
        batch = _due(session, account_id, upto, limit)
        held = _lock(session, [due.ticket_id for due in batch])
        for due in batch:
            ticket = held.get(due.ticket_id)
            if ticket is not None and _still_due(ticket, due):
                begin(session, account_id, source="automation", at=due.at)
                _PLAY[due.kind](ticket)
                seal(session)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    return len(batch)


def _due(session: Session, account_id: int, upto: datetime | None, limit: int) -> list[Due]:
    kept = trash_span(session, account_id)
    number = Ticket.id.label("number")
    snoozed = select(Ticket.snooze_datetime.label("at"), literal("snooze").label("kind"), number).where(
        Ticket.account_id == account_id, Ticket.snooze_datetime.is_not(None)
    )
    trashed = select(Ticket.trashed_datetime.label("at"), literal("trash").label("kind"), number).where(
        Ticket.account_id == account_id, Ticket.trashed_datetime.is_not(None)
    )
    if upto is not None:
        snoozed = snoozed.where(Ticket.snooze_datetime <= upto)
        trashed = trashed.where(Ticket.trashed_datetime <= upto - kept)
    first_snoozed = snoozed.order_by(Ticket.snooze_datetime, Ticket.id).limit(limit)
    first_trashed = trashed.order_by(Ticket.trashed_datetime, Ticket.id).limit(limit)
    lines = session.execute(union_all(select(first_snoozed.subquery()), select(first_trashed.subquery())))
    found = [Due(line.at if line.kind == "snooze" else line.at + kept, line.kind, line.number) for line in lines]
    return sorted(found)[:limit]


def trash_span(session: Session, account_id: int) -> timedelta:
    """How long a ticket lies in the trash before it is deleted for good."""
    account = session.get_one(Account, account_id)
    return timedelta(days=accounts.setting(account, "trash")["days"])


def _lock(session: Session, numbers: list[int]) -> dict[int, Ticket]:
    # By id, as a merge locks them: two who lock in one order don't wait for each other in a circle.
    statement = (
        select(Ticket)
        .where(Ticket.id.in_(numbers))
        .order_by(Ticket.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {ticket.id: ticket for ticket in session.scalars(statement)}


def _still_due(ticket: Ticket, due: Due) -> bool:
    if due.kind == "snooze":
        return ticket.snooze_datetime is not None and ticket.snooze_datetime <= due.at
    return ticket.trashed_datetime is not None and ticket.trashed_datetime <= due.at


def _wake(ticket: Ticket) -> None:
    tickets.wake(ticket, by=SNOOZE_TIMER)


def _empty_trash(ticket: Ticket) -> None:
    tickets.delete(ticket, by=TRASH_TIMER)


_PLAY: Final[dict[str, Callable[[Ticket], None]]] = {"snooze": _wake, "trash": _empty_trash}
