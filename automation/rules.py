"""Follows the log for rules: each event meets each rule once, and what a rule does is one with the step of the cursor.

Rules run after the action that sets them off: whoever acts next lets them run first, and the bell lets them run at
once. Who runs them holds the account, so that of any number of workers one does, and all others find it done.
"""

from collections.abc import Callable, Sequence, Set
from functools import cache
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from audit.action import begin, enter
from audit.actors import Actor
from audit.base import Base, BigId
from audit.ledger import seal
from audit.log import event_head, event_table
from audit.sessions import scoped
from automation import habits
from automation.bits import bit, work_off
from helpdesk import following, notices, rules
from helpdesk.events import (
    ACCOUNT_SETTING_CREATED,
    ACCOUNT_SETTING_UPDATED,
    RULE_CREATED,
    RULE_DEACTIVATED,
    RULE_DELETED,
    RULE_PRIORITY_UPDATED,
    RULE_REACTIVATED,
    RULE_UPDATED,
)
from helpdesk.following import Listeners
from helpdesk.language.statements import Plan, plan
from helpdesk.models import Account, Rule, RuleCursor, RuleRun, SatisfactionSurvey, Ticket, TicketMessage
from helpdesk.rule_doing import Run
from helpdesk.rule_runs import carry_out, facts_of, first_message, newest_message, understood, why_overlooked

#: How many events are looked at in one transaction.
BATCH: Final = 50
#: So many runs may follow from one another.
DEEPEST: Final = 16
#: After so many failures in a row, the desk switches a rule off.
MOST_FAILURES: Final = 10
#: So many runs of an account are remembered: chains are over long before.
REMEMBERED: Final = 10_000

#: After these, somebody else may listen.
CHANGE_WHO_LISTENS: Final = frozenset(
    type_.name
    for type_ in (
        *(RULE_CREATED, RULE_UPDATED, RULE_DELETED, RULE_DEACTIVATED, RULE_REACTIVATED, RULE_PRIORITY_UPDATED),
        *(ACCOUNT_SETTING_CREATED, ACCOUNT_SETTING_UPDATED),
    )
)

BY_THE_DESK: Final = Actor.system("rules")
TOO_DEEP: Final = (
    f"{DEEPEST} rules have followed from one another in this chain, so this one did nothing. Look for rules that set"
    " each other off."
)

_event = event_table.c
_cursors: Final = Base.metadata.tables[RuleCursor.__tablename__]


#: Whether there is something that rules have not met: where nobody listens, there is no cursor.
BEHIND: Final = (
    select(RuleCursor.id)
    .join(event_head, event_head.c.account_id == RuleCursor.account_id)
    .join(Account, Account.id == RuleCursor.account_id)
    .where(
        RuleCursor.account_id == bindparam("account", type_=BigId),
        RuleCursor.name == following.CURSOR,
        RuleCursor.event_id < event_head.c.last_id,
        Account.deactivated_datetime.is_(None),
    )
)

# Asked after every action: written once, and past the ORM, for making them takes longer than answering them.
_PLACE: Final = BEHIND.add_columns(RuleCursor.event_id, event_head.c.last_id).with_for_update(of=RuleCursor)
_STEP: Final = update(_cursors).where(_cursors.c.id == bindparam("cursor")).values(event_id=bindparam("reached"))
_STEP_OVER: Final = (
    update(_cursors)
    .where(
        _cursors.c.account_id == bindparam("account"),
        _cursors.c.name == following.CURSOR,
        _cursors.c.event_id < bindparam("upto"),
    )
    .values(event_id=bindparam("upto"))
)
_HAPPENED: Final = (
    select(
        *(_event.id, _event.account_id, _event.type, _event.object_type, _event.object_id, _event.created_datetime),
        *(_event.context, _event.cause_id, _event.actor_kind, _event.initiator_id, _event.data),
    )
    .where(
        func.coalesce(_event.account_id, 0) == bindparam("account"),  # as `audit.sessions.reading_on` says
        _event.id > bindparam("after"),
        _event.id <= bindparam("last"),
        _event.type.in_(bindparam("types", expanding=True)),
    )
    .order_by(_event.id)
    .limit(BATCH)
)


def settle(session: Session, account_id: int) -> int:
    """Let rules act until all have met all that happened; answers how often one did."""
    return work_off(session, account_id, is_behind, _step)


def is_settled(session: Session, account_id: int) -> bool:
    """Whether rules have met all that happened."""
    enter(session, account_id)
    behind = is_behind(session, account_id)
    session.rollback()
    return not behind


def is_behind(session: Session, account_id: int) -> bool:
    """The same within a transaction; on an account that is switched off rules rest."""
    return session.connection().execute(BEHIND, {"account": account_id}).first() is not None


def catch_up(session: Session, account_id: int) -> int:
    """Let rules act within the caller's transaction, which holds the account; answers how often one did."""
    in_all = 0
    while (place := _place(session, account_id)) is not None:
        ran, arrived = _look(session, account_id, place)
        in_all += ran
        if arrived and not ran:
            break
    return in_all


def is_heard(session: Session, account_id: int, types: Set[str]) -> bool:
    """Whether a rule or a habit listens to any of these types of events; asked within an action."""
    listening = following.listeners(session, account_id)
    return not types.isdisjoint(listening.rules) or (bool(listening.habits) and not types.isdisjoint(habits.TRIGGERS))


def pass_over(session: Session, account_id: int, upto: int) -> None:
    """Rules need not look at what happened until then: nobody listened to it, and who listens now did not then."""
    session.connection().execute(_STEP_OVER, {"account": account_id, "upto": upto})


def _step(session: Session, account_id: int) -> int:
    with bit(session, account_id, alone=True):
        place = _place(session, account_id)
        return _look(session, account_id, place)[0] if place is not None else 0


def _place(session: Session, account_id: int) -> Row[Any] | None:
    """Where rules are in the log, and where it ends, if there is something that they have not met."""
    return session.connection().execute(_PLACE, {"account": account_id}).first()


def _look(session: Session, account_id: int, place: Row[Any]) -> tuple[int, bool]:
    """Look at what happened next, and let each rule that it concerns do its part: how many did, whether it was all."""
    listening = following.listeners(session, account_id)
    found = _happened(session, account_id, place, listening)
    arrived = len(found) < BATCH
    reached = {"cursor": place.id, "reached": place.last_id if arrived else found[-1].id}
    session.connection().execute(_STEP, reached)
    ran = 0
    for event in found:
        # Asked anew each time: what one of them did may have switched another one off.
        listening = following.listeners(session, account_id)
        concerned = listening.rules.get(event.type, ())
        ran += _meet(session, concerned, event) if concerned else 0
        ran += habits.meet(session, listening.habits, event)
    if ran:
        _forget_old_runs(session, account_id)
    return ran, arrived


def _happened(session: Session, account_id: int, place: Row[Any], listening: Listeners) -> Sequence[Any]:
    """The next events that anybody listens to, in the order of the log: as the ledger wrote each action."""
    types = [*listening.rules, *(type_ for type_ in habits.TRIGGERS if listening.habits)]
    if not types:
        return ()
    asked = {"account": account_id, "after": place.event_id, "last": place.last_id, "types": types}
    return session.connection().execute(_HAPPENED, asked).all()


def _meet(session: Session, concerned: Sequence[Rule], event: Row[Any]) -> int:
    """Let rules look at what happened, one after the other, and act if they hold; answers how many did."""
    ticket, message = _about(session, event)
    ran, facts = 0, None
    if ticket is None:
        return 0
    for rule in concerned:
        if rule.deactivated_datetime is not None or why_overlooked(steps := understood(rule.code), ticket):
            continue
        facts = facts or facts_of(ticket, message, event.created_datetime)
        planned = plan(steps, facts)
        if planned.acts and not _has_run(session, rule, ticket, event):
            _run(session, Run(rule, ticket, message()), planned, event)
            ran, facts = ran + 1, None  # the next one sees what this one did
    return ran


def _run(session: Session, run: Run, planned: Plan, event: Row[Any]) -> None:
    begin(
        session, run.rule.account_id, source="automation",
        at=event.created_datetime, context=event.context, cause_id=event.id,
    )  # fmt: skip
    done = RuleRun(account_id=run.rule.account_id, rule_id=run.rule.id, ticket_id=run.ticket.id, context=event.context)
    session.add(done)
    run_and_count(session, run, planned, TOO_DEEP if _depth(session, event) >= DEEPEST else None)


def run_and_count(session: Session, run: Run, planned: Plan, refusal: str | None = None) -> None:
    """Do what was planned as the action that has begun; a rule that fails again and again is switched off after it."""
    rule = run.rule
    failed = carry_out(run, planned, by=run.actor, refusal=refusal)
    executed = seal(session)[-1]
    failures = rule.failures_in_a_row + 1 if failed else 0
    if rule.failures_in_a_row != failures:
        rule.failures_in_a_row = failures
    if failures >= MOST_FAILURES:
        _give_up(session, rule, failed[-1]["reason"], executed)


def _give_up(session: Session, rule: Rule, reason: str, cause_id: int) -> None:
    before = session.info["action"]
    begin(session, rule.account_id, source="automation", at=before.at, context=before.context, cause_id=cause_id)
    rules.deactivate(rule, by=BY_THE_DESK)
    notices.to_admins(
        session.get_one(Account, rule.account_id),
        purpose="rule",
        subject=f"The rule {rule.name} was switched off",
        text=f"{MOST_FAILURES} times in a row something that the rule {rule.name} was to do did not work, so the desk"
        f" switched it off. The last time: {reason}\n\nPut it right, then switch it on again:",
        path=f"/settings/rules/{rule.id}",
    )
    seal(session)


# ---- What is behind them


def _about(session: Session, event: Row[Any]) -> tuple[Ticket | None, Callable[[], TicketMessage | None]]:
    """The ticket that something happened to, if it is still there, and how to get the message that rules look at."""
    if event.object_type == "TicketMessage":
        message: TicketMessage | None = session.get(TicketMessage, event.object_id)
        return message.ticket if message is not None else None, lambda: message
    if event.object_type == "SatisfactionSurvey":
        survey = session.get(SatisfactionSurvey, event.object_id)
        ticket = session.get(Ticket, survey.ticket_id) if survey is not None else None
    else:
        ticket = session.get(Ticket, event.object_id)
    which = first_message if event.type == "ticket-created" else newest_message
    return ticket, cache(lambda: which(ticket) if ticket is not None else None)


def _has_run(session: Session, rule: Rule, ticket: Ticket, event: Row[Any]) -> bool:
    ran = select(RuleRun.id).where(
        RuleRun.rule_id == rule.id, RuleRun.context == event.context, RuleRun.ticket_id == ticket.id
    )
    return session.scalar(ran) is not None


def _depth(session: Session, event: Row[Any]) -> int:
    """How many runs led to what happened, one from the other."""
    depth, cause = 0, event.cause_id
    while cause is not None and depth < DEEPEST:
        cause = session.scalar(scoped(session, _event.cause_id, table=event_table).where(_event.id == cause))
        depth += 1
    return depth


def _forget_old_runs(session: Session, account_id: int) -> None:
    session.flush()
    newest = session.scalar(select(func.max(RuleRun.id)).where(RuleRun.account_id == account_id)) or 0
    session.execute(delete(RuleRun).where(RuleRun.account_id == account_id, RuleRun.id <= newest - REMEMBERED))
