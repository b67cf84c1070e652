"""Runs rules whose time has come: over the tickets for which their condition holds then, some at a time."""

import uuid
from datetime import datetime
from functools import cache, partial
from typing import Final

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from audit.action import begin
from automation.rules import run_and_count
from helpdesk import rules, schedules, settings
from helpdesk.language.filters import holding
from helpdesk.language.statements import Step, fields_in, loosened, plan, when
from helpdesk.models import Account, Rule, RuleCursor, RuleRun, Ticket
from helpdesk.rule_doing import Run
from helpdesk.rule_runs import facts_of, newest_message, understood

#: So many tickets are looked at in one transaction; the rest is still due then.
BATCH: Final = 100


def run(session: Session, rule_id: int, at: datetime, context: uuid.UUID) -> int:
    """Let a rule that is due act on the next tickets, within the caller's transaction; answers how many there were."""
    rule = session.get(Rule, rule_id, with_for_update=True, populate_existing=True)
    if rule is None or rule.next_run_datetime != at:  # it was changed by what was played before it
        return 0
    steps, after = understood(rule.code), session.scalar(_progress(rule).with_only_columns(RuleCursor.event_id))
    numbers = session.scalars(
        select(Ticket.id)
        .where(Ticket.account_id == rule.account_id, Ticket.id > (after or 0), *_looks_at(steps, at))
        .order_by(Ticket.id)
        .limit(BATCH)
    ).all()
    done = sum(_meet(session, rule, steps, number, at, context) for number in numbers)
    if len(numbers) == BATCH and rule.next_run_datetime == at:
        _remember(session, rule, numbers[-1])
    else:
        _go_on(session, rule, at, has_begun=after is not None)
    return done


def next_run(session: Session, rule_id: int) -> datetime | None:
    """When a rule that was just played runs next."""
    rule: Rule | None = session.get(Rule, rule_id)
    return rule.next_run_datetime if rule is not None else None


def count_runs(session: Session, account_id: int, upto: datetime) -> int:
    """How often rules of an account run by the clock until then."""
    due = session.scalars(select(Rule).where(Rule.account_id == account_id, Rule.next_run_datetime <= upto)).all()
    zone = settings.read(session.get_one(Account, account_id), "business-hours")["timezone"] if due else ""
    return sum(
        1 + schedules.count(rule.schedule, rule.next_run_datetime, upto, zone)
        for rule in due
        if rule.schedule and rule.next_run_datetime
    )


def _meet(session: Session, rule: Rule, steps: tuple[Step, ...], number: int, at: datetime, context: uuid.UUID) -> bool:
    ticket = session.get(Ticket, number, with_for_update=True, populate_existing=True)
    if ticket is None or rule.deactivated_datetime is not None:
        return False
    message = cache(partial(newest_message, ticket))
    planned = plan(steps, facts_of(ticket, message, at))
    if not planned.acts:
        return False
    begin(session, rule.account_id, source="automation", at=at, context=context)
    session.add(RuleRun(account_id=rule.account_id, rule_id=rule.id, ticket_id=ticket.id, context=context))
    run_and_count(session, Run(rule, ticket, message()), planned)
    return True


def _looks_at(steps: tuple[Step, ...], at: datetime) -> list[ColumnElement[bool]]:
    """Which tickets may concern a rule: spam and trash only if it asks for them."""
    asked = fields_in(steps)
    conditions = [holding(loosened(when(steps)), at)]
    if "ticket.spam" not in asked:
        conditions.append(Ticket.spam.is_(False))
    if "ticket.trashed_datetime" not in asked:
        conditions.append(Ticket.trashed_datetime.is_(None))
    return conditions


def _progress(rule: Rule) -> Select[RuleCursor]:
    mine = RuleCursor.account_id == rule.account_id, RuleCursor.name == rules.progress_name(rule)
    return select(RuleCursor).where(*mine)


def _remember(session: Session, rule: Rule, number: int) -> None:
    progress = session.scalar(_progress(rule))
    if progress is None:
        progress = RuleCursor(account_id=rule.account_id, name=rules.progress_name(rule))
        session.add(progress)
    progress.event_id = number
    session.flush()


def _go_on(session: Session, rule: Rule, at: datetime, *, has_begun: bool) -> None:
    if has_begun:
        rules.forget_progress(rule)
    schedules.arrange([rule], settings.recall(session, rule.account_id, "business-hours")["timezone"], at)
