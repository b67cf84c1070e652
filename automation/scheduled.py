"""Runs rules whose time has come: over the tickets for which their condition holds then, some at a time."""

import uuid
from datetime import datetime
from functools import cache, partial
from typing import Final

from sqlalchemy import ColumnElement, select
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
    steps = understood(rule.code)
    progress = _progress(session, rule)
    numbers = session.scalars(
        select(Ticket.id)
        .where(Ticket.account_id == rule.account_id, Ticket.id > progress.event_id, *_looks_at(steps, at))
        .order_by(Ticket.id)
        .limit(BATCH)
    ).all()
    done = sum(_meet(session, rule, steps, number, at, context) for number in numbers)
    if len(numbers) == BATCH and rule.next_run_datetime == at:
        progress.event_id = numbers[-1]
    else:
        _go_on(session, rule, at)
    return done


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


def _progress(session: Session, rule: Rule) -> RuleCursor:
    name = rules.progress_name(rule)
    mine = RuleCursor.account_id == rule.account_id, RuleCursor.name == name
    progress = session.scalar(select(RuleCursor).where(*mine))
    if progress is None:
        progress = RuleCursor(account_id=rule.account_id, name=name, event_id=0)
        session.add(progress)
        session.flush()
    return progress


def _go_on(session: Session, rule: Rule, at: datetime) -> None:
    account = session.get_one(Account, rule.account_id)
    rules.forget_progress(rule)
    schedules.arrange([rule], settings.read(account, "business-hours")["timezone"], at)
