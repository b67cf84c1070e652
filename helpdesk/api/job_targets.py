"""The tickets of a job: named one by one, found by a view's filters, or behind a statistic."""

from dataclasses import replace
from typing import Final

from flask import g
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import now
from audit.rest.answering import adapter
from audit.rest.problems import Problem, fields_of
from helpdesk import views
from helpdesk.api.job_shapes import MOST, Params
from helpdesk.api.reporting import StatFacts, facts
from helpdesk.language.filters import check, condition
from helpdesk.models import Ticket
from helpdesk.reporting import Filter, WrongQuestion, tickets_behind

CREATING: Final = "Failed to create job"
OF_A_DRILLDOWN: Final = ("start_datetime", "end_datetime", "context")


def chosen(session: Session, params: Params) -> list[int]:
    """Those that are named, or that a view's filters find."""
    if (params.ticket_ids is None) == (params.view is None):
        raise Problem(400, CREATING, {"params": ["Name the tickets by ticket_ids or by a view's filters."]})
    if params.view is None:
        return _there(session, list(dict.fromkeys(params.ticket_ids or [])))
    check(params.view.filters, views.vocabulary(session, g.account.id))
    asks = condition(params.view.filters, session, g.user.id, now=now(session))
    mine = select(Ticket.id).where(Ticket.account_id == g.account.id, asks).order_by(Ticket.id)
    numbers = list(session.scalars(mine.limit(MOST + 1)))
    if len(numbers) > MOST:
        raise Problem(400, CREATING, {"params.view": [f"It finds more than {MOST:,} tickets; narrow it down."]})
    return numbers


def drilled(session: Session, params: Params) -> list[int]:
    """The tickets behind a statistic in a period; or those that are named, as for any export."""
    if params.ticket_ids is not None or params.view is not None:
        if any(getattr(params, name) is not None for name in OF_A_DRILLDOWN):
            raise Problem(400, CREATING, {"params": ["Name the tickets, or what they are behind, not both."]})
        return chosen(session, params)
    try:
        asked = adapter(StatFacts).validate_python({"scope": "tickets-created", **(params.context or {})})
    except ValidationError as error:
        found = {f"params.context.{field}": said for field, said in fields_of(error).items()}
        raise Problem(400, CREATING, found) from error
    question = facts(asked, "params.context", CREATING)
    first, last = params.start_datetime, params.end_datetime
    within = [
        *([Filter("periodStart", "afterDate", [first.isoformat()])] if first is not None else []),
        *([Filter("periodEnd", "beforeDate", [last.isoformat()])] if last is not None else []),
    ]
    try:
        numbers = tickets_behind(session, replace(question, filters=[*question.filters, *within]), MOST + 1)
    except WrongQuestion as wrong:
        raise Problem(400, CREATING, {f"params.context.{wrong.field}": [str(wrong)]}) from wrong
    if len(numbers) > MOST:
        raise Problem(400, CREATING, {"params": [f"These are more than {MOST:,} tickets; narrow it down."]})
    return numbers


def _there(session: Session, numbers: list[int]) -> list[int]:
    mine = select(Ticket.id).where(Ticket.account_id == g.account.id, Ticket.id.in_(numbers))
    missing = set(numbers).difference(session.scalars(mine))
    if missing:
        raise Problem(400, CREATING, {"params.ticket_ids": [f"There is no ticket {min(missing)}."]})
    return numbers
