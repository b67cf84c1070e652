"""What falls due on a desk, played in due order, each thing an action of its own, stamped with its due time.

Rules come first: what they do because of something belongs to the time when it happened.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from heapq import heappop, heappush
from typing import Any, Final

from sqlalchemy import ColumnElement, CompoundSelect, Select, bindparam, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from audit.action import begin, enter
from audit.actors import Actor
from audit.base import BigId
from audit.clock import desk_now, wall_now
from audit.ledger import seal
from automation import rules, scheduled
from automation.bits import bit
from helpdesk import settings, surveys, tickets
from helpdesk.jobs import CLOCK, UNDER_WAY
from helpdesk.models import Account, AccountSetting, Job, Rule, SatisfactionSurvey, Ticket

#: How many due things share one transaction: enough to be fast, few enough that nobody waits long.
BATCH: Final = 200

#: Later than anything that is due.
AT_LAST: Final = datetime(9000, 1, 1, tzinfo=UTC)

#: How long after its last sign of life a job that moves the clock counts as doing so.
#: A killed one goes on when its job's lease has run out; until then nobody is kept from working.
HELD: Final = timedelta(seconds=10)

SNOOZE_TIMER: Final = Actor.schedule("snooze timer")
TRASH_TIMER: Final = Actor.schedule("trash timer")
SURVEY_TIMER: Final = Actor.schedule("survey timer")


#: A column of times.
Moment = InstrumentedAttribute[datetime | None]


@dataclass(frozen=True, order=True)
class Due:
    """Something that falls due: when, what, and on which ticket; or a rule, by its number and name."""

    at: datetime
    kind: str
    number: int
    name: str = field(default="", compare=False)
    within: int = field(default=0, compare=False)  #: of a call: the integration

    @property
    def ticket_id(self) -> int:
        """The ticket's number; 0 for a rule."""
        return 0 if self.kind == "rule" else self.number


@dataclass(frozen=True)
class Glance:
    """What somebody who is about to act must know of an account."""

    first_snoozed: datetime | None
    first_asking: datetime | None
    first_trashed: datetime | None
    first_scheduled: datetime | None
    has_unmet: bool  #: something happened that rules have not met
    kept: timedelta  #: how long the trash keeps a ticket
    rests: bool  #: deactivated: all timers rest
    clock_moved: datetime | None  #: when whoever moves the clock was last heard of, on the wall

    def is_due(self, upto: datetime) -> bool:
        """Whether something has fallen due by then; for rules, all that has happened is due."""
        if self.rests:
            return False
        if self.has_unmet:
            return True
        firsts = (self.first_snoozed, self.first_asking, self.first_scheduled)
        if any(first is not None and first <= upto for first in firsts):
            return True
        return self.first_trashed is not None and self.first_trashed <= upto - self.kept

    @property
    def is_moving(self) -> bool:
        """Whether somebody is moving the clock just now, or did so a moment ago."""
        return self.clock_moved is not None and self.clock_moved > wall_now() - HELD


_account_id: Final = bindparam("account", type_=BigId)
_NAMELESS: Final = literal("")
_NOWHERE: Final = literal(0)


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


def _kept() -> Select[Any]:
    """The account's setting of how long the trash keeps a ticket."""
    return select(AccountSetting.data).where(
        AccountSetting.account_id == _account_id, AccountSetting.type == "trash", AccountSetting.name == ""
    )


def line(
    kind: str,
    at: Moment,
    number: Any,
    limit: int,
    *where: ColumnElement[bool],
    name: Any = _NAMELESS,
    within: Any = _NOWHERE,
) -> Select[Any]:
    """The first things of a kind, and how long the trash keeps: its times are still to be added to."""
    kept = _kept().scalar_subquery().label("kept")
    told = at.label("at"), literal(kind).label("kind"), number.label("number"), kept
    first = select(*told, name.label("name"), within.label("within")).where(at.is_not(None), *where)
    return select(first.order_by(at, number).limit(limit).subquery())


def _glance() -> Select[Any]:
    """What falls due first, what waits for rules, how long the trash keeps, who rests, who moves the clock."""
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
    rests = select(Account.deactivated_datetime).where(Account.id == _account_id)
    moved = select(func.max(func.coalesce(Job.locked_datetime, Job.turn_datetime))).where(
        Job.account_id == _account_id, Job.type == CLOCK, Job.status.in_(UNDER_WAY)
    )
    by_the_clock = select(func.min(Rule.next_run_datetime)).where(Rule.account_id == _account_id)
    asked = (snoozed, asking, trashed, by_the_clock, rules.BEHIND, _kept(), rests, moved)
    return select(*(each.scalar_subquery() for each in asked))


# One question, answered from a few indexes and written once: it is asked before every action.
_GLANCE: Final = _glance()


def look(session: Session, account_id: int) -> Glance:
    """Look at an account before acting on it."""
    row: Any = session.connection().execute(_GLANCE, {"account": account_id}).one()
    snoozed, asking, trashed, scheduled_for, unmet, kept, deactivated, moved = row
    return Glance(
        first_snoozed=snoozed,
        first_asking=asking,
        first_trashed=trashed,
        first_scheduled=scheduled_for,
        has_unmet=unmet is not None,
        kept=_span(kept or settings.DEFAULTS["trash"]),
        rests=deactivated is not None,
        clock_moved=moved,
    )


def is_due(session: Session, account_id: int, upto: datetime) -> bool:
    """Whether something has fallen due on an account by then; on one that is deactivated all timers rest."""
    return look(session, account_id).is_due(upto)


def play_due(session: Session, account_id: int, upto: datetime | None = None) -> int:
    """Play all that has fallen due on an account by then (None: by its desk clock); answers how much it was."""
    played = 0
    enter(session, account_id)
    while is_due(session, account_id, moment := upto or desk_now(session, account_id)):
        rules.settle(session, account_id)
        enter(session, account_id)
        played += play_batch(session, account_id, moment)
    return played


def play_batch(session: Session, account_id: int, upto: datetime) -> int:
    """Play the first due things in one transaction; answers how many."""
    with bit(session, account_id, alone=True):
        return len(play_next(session, account_id, upto))


def due(session: Session, account_id: int, upto: datetime, limit: int = BATCH) -> list[Due]:
    """What has fallen due on an account by then, in due order, the first so many."""
    return [each for each in upcoming(session, account_id, limit) if each.at <= upto]


def upcoming(session: Session, account_id: int, limit: int) -> list[Due]:
    """What falls due next on an account, in due order."""
    rows = session.execute(_asked(limit), {"account": account_id})
    return sorted(map(due_of, rows))[:limit]


def due_of(line: Any) -> Due:
    """A row of `lines` with its time: in the trash, it is still to be added to."""
    kept = _span(line.kept or settings.DEFAULTS["trash"]) if line.kind == "trash" else timedelta(0)
    return Due(line.at + kept, line.kind, line.number, line.name, line.within)


def count_due(session: Session, account_id: int, upto: datetime) -> int:
    """How much of what waits on an account falls due by then, with each time at which a rule runs."""
    return _count(session, account_id, upto) + scheduled.count_runs(session, account_id, upto)


def count_waiting(session: Session, account_id: int) -> int:
    """How much waits on an account; a rule that runs by the clock does so for ever, and waits once."""
    rules_waiting = select(func.count()).where(Rule.account_id == account_id, Rule.next_run_datetime.is_not(None))
    return _count(session, account_id, AT_LAST) + (session.scalar(rules_waiting) or 0)


def _count(session: Session, account_id: int, upto: datetime) -> int:
    kept = _span(settings.read(session.get_one(Account, account_id), "trash"))
    survey, mine = SatisfactionSurvey, Ticket.account_id == account_id
    counts = (
        select(func.count()).where(mine, Ticket.snooze_datetime <= upto),
        select(func.count()).where(*_waiting(), survey.should_send_datetime <= upto),
        select(func.count()).where(mine, Ticket.trashed_datetime <= upto - kept),
    )
    row: Any = session.execute(select(*(each.scalar_subquery() for each in counts)), {"account": account_id}).one()
    return sum(row)


@lru_cache(maxsize=8)
def _asked(limit: int) -> CompoundSelect[Any]:
    # Asked whenever something was put to sleep: written once, for making it takes longer than answering it.
    return union_all(*lines(limit))


def lines(limit: int) -> tuple[Select[Any], ...]:
    """The first things of each kind, each from an index of its own; `:account` is whose."""
    return (
        line("snooze", Ticket.snooze_datetime, Ticket.id, limit, Ticket.account_id == _account_id),
        line(
            "survey",
            SatisfactionSurvey.should_send_datetime,
            SatisfactionSurvey.ticket_id,
            limit,
            *_waiting(),
        ),
        line("trash", Ticket.trashed_datetime, Ticket.id, limit, Ticket.account_id == _account_id),
        line("rule", Rule.next_run_datetime, Rule.id, limit, Rule.account_id == _account_id, name=Rule.name),
    )


def play_next(
    session: Session, account_id: int, upto: datetime, contexts: Callable[[], uuid.UUID] = uuid.uuid4
) -> list[Due]:
    """Let rules act, then play what falls due first, within the caller's transaction, which holds the account."""
    rules.catch_up(session, account_id)
    batch = due(session, account_id, upto)
    return play(session, account_id, batch, upto if len(batch) < BATCH else batch[-1].at, contexts)


def play(
    session: Session,
    account_id: int,
    batch: Sequence[Due],
    upto: datetime,
    contexts: Callable[[], uuid.UUID] = uuid.uuid4,
) -> list[Due]:
    """Play due things within the caller's transaction, which holds the account; each is a chain of its own.

    The batch is all that falls due by then. Answers what was played: where a rule did something, the rest of the batch
    may have changed, and is left. A rule that found nothing to do comes again at its next time.
    """
    played: list[Due] = []
    held = _lock(session, [each.number for each in batch if each.kind in _PLAY])
    waiting = list(batch)  # sorted, so it is a heap
    while waiting and len(played) < BATCH:
        each = heappop(waiting)
        played.append(each)
        if each.kind == "rule":
            if scheduled.run(session, each.number, each.at, contexts()):
                break
            again = scheduled.next_run(session, each.number)
            if again is not None and again <= upto:
                heappush(waiting, replace(each, at=again))
            continue
        ticket = held.get(each.number)
        if ticket is None:  # its trash was emptied before its snooze ended, or before its survey was due
            continue
        begin(session, account_id, source="automation", at=each.at, context=contexts())
        _PLAY[each.kind](ticket)
        seal(session)
        if each.kind == "trash":
            del held[each.number]
        if rules.catch_up(session, account_id):
            break
    return played


def _lock(session: Session, numbers: list[int]) -> dict[int, Ticket]:
    if not numbers:
        return {}
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
