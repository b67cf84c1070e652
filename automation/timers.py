"""What falls due on a desk, played in due order, each thing an action of its own, stamped with its due time."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, func, literal, select, union_all
from sqlalchemy.orm import Session

from audit.action import begin, enter, hold
from audit.actors import Actor
from audit.base import BigId
from audit.clock import desk_now
from audit.ledger import seal
from helpdesk import settings, surveys, tickets
from helpdesk.models import Account, AccountSetting, SatisfactionSurvey, Ticket

#: How many due things share one transaction: enough to be fast, few enough that nobody waits long.
BATCH: Final = 200

SNOOZE_TIMER: Final = Actor.schedule("snooze timer")
TRASH_TIMER: Final = Actor.schedule("trash timer")
SURVEY_TIMER: Final = Actor.schedule("survey timer")


@dataclass(frozen=True, order=True)
class Due:
    """Something that falls due: when, what, on which ticket."""

    at: datetime
    kind: str
    ticket_id: int


_account_id: Final = bindparam("account", type_=BigId)


def _waiting() -> tuple[ColumnElement[bool], ...]:
    """Of surveys that wait to be sent; one whose ticket is gone waits for nothing."""
    survey = SatisfactionSurvey
    return (
        survey.account_id == _account_id,
        survey.should_send_datetime.is_not(None),
        survey.sent_datetime.is_(None),
        survey.scored_datetime.is_(None),
        select(Ticket.id).where(Ticket.id == survey.ticket_id, Ticket.account_id == _account_id).exists(),
    )


def _firsts() -> Select[Any]:
    """What falls due first of each kind, how long the trash keeps, and whether all timers rest."""
    snoozed = select(func.min(Ticket.snooze_datetime)).where(
        Ticket.account_id == _account_id, Ticket.snooze_datetime.is_not(None)
    )
    asking = (
        select(SatisfactionSurvey.should_send_datetime)
        .where(*_waiting())
        .order_by(SatisfactionSurvey.should_send_datetime)
        .limit(1)
    )
    trashed = select(func.min(Ticket.trashed_datetime)).where(
        Ticket.account_id == _account_id, Ticket.trashed_datetime.is_not(None)
    )
    setting = select(AccountSetting.data).where(
        AccountSetting.account_id == _account_id, AccountSetting.type == "trash", AccountSetting.name == ""
    )
    rests = select(Account.deactivated_datetime).where(Account.id == _account_id)
    return select(*(each.scalar_subquery() for each in (snoozed, asking, trashed, setting, rests)))


# One question, answered from three indexes and written once: it is asked before every action.
_FIRSTS: Final = _firsts()


def is_due(session: Session, account_id: int, upto: datetime) -> bool:
    """Whether something has fallen due on an account by then; on one that is deactivated all timers rest."""
    row: Any = session.connection().execute(_FIRSTS, {"account": account_id}).one()
    first_snoozed, first_asking, first_trashed, kept, deactivated = row
    if deactivated is not None:
        return False
    kept_until = upto - _span(kept or settings.DEFAULTS["trash"])
    firsts = ((first_snoozed, upto), (first_asking, upto), (first_trashed, kept_until))
    return any(first is not None and first <= end for first, end in firsts)


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
    asking = (
        select(
            SatisfactionSurvey.should_send_datetime.label("at"),
            literal("survey").label("kind"),
            SatisfactionSurvey.ticket_id.label("number"),
        )
        .where(*_waiting(), SatisfactionSurvey.should_send_datetime <= upto)
        .order_by(SatisfactionSurvey.should_send_datetime, SatisfactionSurvey.ticket_id)
        .limit(limit)
    )
    trashed = (
        select(Ticket.trashed_datetime.label("at"), literal("trash").label("kind"), number)
        .where(Ticket.account_id == account_id, Ticket.trashed_datetime <= upto - kept)
        .order_by(Ticket.trashed_datetime, Ticket.id)
        .limit(limit)
    )
    lines = session.execute(
        union_all(*(select(each.subquery()) for each in (snoozed, asking, trashed))), {"account": account_id}
    )
    found = [Due(line.at + kept if line.kind == "trash" else line.at, line.kind, line.number) for line in lines]
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
        if ticket is None:  # its trash was emptied before its snooze ended, or before its survey was due
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


def _ask_how_it_was(ticket: Ticket) -> None:
    surveys.settle(ticket, by=SURVEY_TIMER)


_PLAY: Final[dict[str, Callable[[Ticket], None]]] = {
    "snooze": _wake,
    "survey": _ask_how_it_was,
    "trash": _empty_trash,
}
