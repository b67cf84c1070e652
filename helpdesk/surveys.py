"""Satisfaction surveys: whether the customer of a closed ticket is asked how it was."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import current, now
from audit.actors import Actor
from audit.ledger import record
from helpdesk import settings
from helpdesk.events import SATISFACTION_SURVEY_CREATED, TICKET_SATISFACTION_SURVEY_SKIPPED
from helpdesk.models import Account, SatisfactionSurvey, Ticket
from helpdesk.sessions import session_of

SURVEYS: Final = Actor.system("satisfaction surveys")


def consider(ticket: Ticket) -> None:
    """After a close: prepare a survey, or say why none is sent; nothing where the account sends none."""
    session = session_of(ticket)
    setting = _setting(session, ticket.account_id)
    if not setting.get("enabled"):
        return
    reasons = _reasons_against(ticket)
    if reasons:
        record(TICKET_SATISFACTION_SURVEY_SKIPPED, ticket, by=SURVEYS, data={"reasons": reasons})
        return
    at = now(session)
    survey = SatisfactionSurvey(
        account_id=ticket.account_id,
        ticket_id=ticket.id,
        customer_id=ticket.customer_id,
        created_datetime=at,
        should_send_datetime=at + timedelta(hours=setting.get("delay_hours", 24)),
    )
    session.add(survey)
    record(SATISFACTION_SURVEY_CREATED, survey, by=SURVEYS)


def _setting(session: Session, account_id: int) -> dict[str, Any]:
    # Asked once per action: a thousand tickets may be closed in one.
    memo = current(session).memo
    if "satisfaction-surveys" not in memo:
        memo["satisfaction-surveys"] = settings.read(session.get_one(Account, account_id), "satisfaction-surveys")
    found: dict[str, Any] = memo["satisfaction-surveys"]
    return found


def _reasons_against(ticket: Ticket) -> list[str]:
    session = session_of(ticket)
    asked = session.scalar(
        select(SatisfactionSurvey.id).where(
            SatisfactionSurvey.account_id == ticket.account_id, SatisfactionSurvey.ticket_id == ticket.id
        )
    )
    reasons = {
        "excluded": ticket.excluded_from_csat,
        "spam": ticket.spam,
        "trashed": ticket.is_trashed,
        "no-customer-email": not ticket.customer.email,
        "no-customer-message": ticket.last_received_message_datetime is None,
        "already-surveyed": asked is not None,
    }
    return [reason for reason, holds in reasons.items() if holds]
