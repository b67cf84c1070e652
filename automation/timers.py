"""What falls due on a desk, played in due order, each thing an action of its own, stamped with its due time."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from audit.action import begin, enter, hold
from audit.actors import Actor
from audit.clock import desk_now
from audit.ledger import seal
from helpdesk import settings, tickets
from helpdesk.models import Account, AccountSetting, Ticket

#: How many due things share one transaction: enough to be fast, few enough that nobody waits long.
BATCH: Final = 200

SNOOZE_TIMER: Final = Actor.schedule("snooze timer")
TRASH_TIMER: Final = Actor.schedule("trash timer")


@dataclass(frozen=True, order=True)
class Due:
    """Something that falls due: when, what, on which ticket."""

    at: datetime
    kind: str
    ticket_id: int


def is_due(session: Session, account_id: int, upto: datetime) -> bool:
    """Whether something has fallen due on an account by then."""
    snoozed = select(func.min(Ticket.snooze_datetime)).where(
        Ticket.account_id == account_id, Ticket.snooze_datetime.is_not(None)
    )
    trashed = select(func.min(Ticket.trashed_datetime)).where(
        Ticket.account_id == account_id, Ticket.trashed_datetime.is_not(None)
    )
    setting = select(AccountSetting.data).where(
        AccountSetting.account_id == account_id, AccountSetting.type == "trash", AccountSetting.name == ""
    )
    # One question, answered from two indexes: it is asked before every action.
    row: Any = session.execute(
        select(snoozed.scalar_subquery(), trashed.scalar_subquery(), setting.scalar_subquery())
    ).one()
    first_snoozed, first_trashed, kept = row
    return (first_snoozed is not None and first_snoozed <= upto) or (
        first_trashed is not None and first_trashed <= upto - _span(kept or settings.DEFAULTS["trash"])
    )


def play_due(session: Session, account_id: int, upto: datetime | None = None) -> int:
    """Play all that has fallen due on an account by then (None: by its desk clock); answers how much it was."""
    played = 0
    enter(session, account_id)
    while is_due(session, account_id, moment := upto or desk_now(session, account_id)):
        played += play_batch(session, account_id, moment)
    return played


def play_batch(session: Session, account_id: int, upto: datetime) -> int:
    """Play the first due things in one transaction; answers how many."""
    try:
        hold(session, account_id)
        begin(session, account_id, source="automation")
        batch = due(session, account_id, upto)
        play(session, account_id, batch)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    return len(batch)


def due(session: Session, account_id: int, upto: datetime, limit: int = BATCH) -> list[Due]:
    """What falls due first on an account, in due order."""
    kept = trash_span(session, account_id)
    number = Ticket.id.label("number")
    snoozed = (
        select(Ticket.snooze_datetime.label("at"), literal("snooze").label("kind"), number)
        .where(Ticket.account_id == account_id, Ticket.snooze_datetime <= upto)
        .order_by(Ticket.snooze_datetime, Ticket.id)
        .limit(limit)
    )
    trashed = (
        select(Ticket.trashed_datetime.label("at"), literal("trash").label("kind"), number)
        .where(Ticket.account_id == account_id, Ticket.trashed_datetime <= upto - kept)
        .order_by(Ticket.trashed_datetime, Ticket.id)
        .limit(limit)
    )
    lines = session.execute(union_all(select(snoozed.subquery()), select(trashed.subquery())))
    found = [Due(line.at if line.kind == "snooze" else line.at + kept, line.kind, line.number) for line in lines]
    return sorted(found)[:limit]


def trash_span(session: Session, account_id: int) -> timedelta:
    """How long a ticket lies in the trash before it is deleted for good."""
    return _span(settings.read(session.get_one(Account, account_id), "trash"))


def play(
    session: Session, account_id: int, batch: Sequence[Due], contexts: Callable[[], uuid.UUID] = uuid.uuid4
) -> None:
    """Play due things within the caller's transaction, which holds the account; each is a chain of its own."""
    held = _lock(session, [each.ticket_id for each in batch])
    for each in batch:
        ticket = held.get(each.ticket_id)
        if ticket is None:  # its trash was emptied before its snooze ended
            continue
        begin(session, account_id, source="automation", at=each.at, context=contexts())
        _PLAY[each.kind](ticket)
        seal(session)
        if each.kind == "trash":
            del held[each.ticket_id]


def _lock(session: Session, numbers: list[int]) -> dict[int, Ticket]:
    statement = select(Ticket).where(Ticket.id.in_(numbers)).with_for_update()
    return {ticket.id: ticket for ticket in session.scalars(statement.execution_options(populate_existing=True))}


def _span(setting: dict[str, Any]) -> timedelta:
    return timedelta(days=setting["days"])


def _wake(ticket: Ticket) -> None:
    tickets.wake(ticket, by=SNOOZE_TIMER)


def _empty_trash(ticket: Ticket) -> None:
    tickets.delete(ticket, by=TRASH_TIMER)


_PLAY: Final[dict[str, Callable[[Ticket], None]]] = {"snooze": _wake, "trash": _empty_trash}
