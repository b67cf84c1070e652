"""Satisfaction surveys: the customer of a closed ticket is asked how it was, once, and answers on a page."""

import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk import links, outbox, settings, tokens
from helpdesk.events import (
    SATISFACTION_SURVEY_CREATED,
    SATISFACTION_SURVEY_RESPONDED,
    SATISFACTION_SURVEY_SENT,
    TICKET_SATISFACTION_SURVEY_SKIPPED,
)
from helpdesk.mail.charsets import clean_text
from helpdesk.models import Account, Customer, SatisfactionSurvey, Ticket
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of

SURVEYS: Final = Actor.system("satisfaction surveys")

#: How long the link in a survey's mail opens the page, in desk time.
LINK_LASTS: Final = timedelta(days=30)
LONGEST_COMMENT: Final = 1000
SCORES: Final = range(1, 6)

_TEXT: Final = """\
Hello {name},

we have closed your request{subject}. How was it?

Choose one to five stars here, and add a word if you like:
{link}

The link is for you alone. It works once, within {days} days.

{account}
"""


def consider(ticket: Ticket) -> None:
    """After a close: prepare a survey, or say why none is sent; nothing where the account sends none."""
    session = session_of(ticket)
    setting = _setting(session, ticket.account_id)
    if not setting.get("enabled"):
        return
    reasons = [*_reasons_against(ticket), *_reasons_of_earlier(ticket)]
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


def settle(ticket: Ticket, *, by: Actor) -> None:
    """Its survey is due: send it, or withdraw it and say why; whoever closes the ticket then prepares another."""
    survey = waiting_for(ticket)
    if survey is None:
        return
    enabled = _setting(session_of(ticket), ticket.account_id).get("enabled")
    reasons = [*([] if enabled else ["switched-off"]), *_reasons_against(ticket), *_reasons_not_now(ticket)]
    if reasons:
        withdraw(survey, ticket, reasons, by=by)
    else:
        send(survey, ticket, by=by)


def send(survey: SatisfactionSurvey, ticket: Ticket, *, by: Actor) -> None:
    """Ask whose ticket it is by mail. The link in it is made now, and stored nowhere."""
    session, token = session_of(ticket), f"{survey.id:x}-{secrets.token_urlsafe(32)}"
    survey.sent_datetime = now(session)
    survey.should_send_datetime = None  # null is never: it has been sent, and is not sent again
    survey.answer_digest = tokens.digest(token)
    survey.customer_id = ticket.customer_id  # it may have changed hands since it was closed
    outbox.queue_letter(session.get_one(Account, ticket.account_id), _letter(ticket, token))
    record(SATISFACTION_SURVEY_SENT, survey, by=by)


def withdraw(survey: SatisfactionSurvey, ticket: Ticket, reasons: list[str], *, by: Actor) -> None:
    """Don't send it after all."""
    session_of(ticket).delete(survey)
    data = {"reasons": reasons}
    record(TICKET_SATISFACTION_SURVEY_SKIPPED, ticket, by=by, data=data, along=(survey,))


def forget(ticket: Ticket) -> list[SatisfactionSurvey]:
    """Take away what waits to be sent about a ticket that is about to be deleted, whose event claims it."""
    survey = waiting_for(ticket)
    if survey is None:
        return []
    session_of(ticket).delete(survey)
    return [survey]


def respond(survey: SatisfactionSurvey, score: int, comment: str, *, by: Actor) -> None:
    """The customer answers, once."""
    tidy, at = clean_text(comment).strip(), now(session_of(survey))
    if survey.scored_datetime is not None:
        raise Refused("This survey has been answered already, and can be answered once. Nothing was changed.")
    if is_over(survey, at):
        raise Refused("The time to answer this survey is over. Nothing was kept.")
    if score not in SCORES:
        raise Refused("Choose one to five stars.", "score")
    if len(tidy) > LONGEST_COMMENT:
        raise Refused(f"A comment has at most {LONGEST_COMMENT:,} characters; this one has {len(tidy):,}.", "body_text")
    survey.score, survey.body_text, survey.scored_datetime = score, tidy or None, at
    record(SATISFACTION_SURVEY_RESPONDED, survey, by=by)


def waiting_for(ticket: Ticket) -> SatisfactionSurvey | None:
    """The survey of a ticket that waits to be sent."""
    return session_of(ticket).scalar(
        select(SatisfactionSurvey)
        .where(
            SatisfactionSurvey.account_id == ticket.account_id,
            SatisfactionSurvey.ticket_id == ticket.id,
            SatisfactionSurvey.should_send_datetime.is_not(None),
            SatisfactionSurvey.sent_datetime.is_(None),
            SatisfactionSurvey.scored_datetime.is_(None),
        )
        .with_for_update()
    )


def find(session: Session, token: str) -> SatisfactionSurvey | None:
    """The survey that the link with this token opens, in whichever account."""
    number = _number(token.partition("-")[0])
    survey = session.get(SatisfactionSurvey, number) if number else None
    if survey is None or not secrets.compare_digest(survey.answer_digest or "", tokens.digest(token)):
        return None
    return survey


def is_over(survey: SatisfactionSurvey, at: datetime) -> bool:
    """Whether its link opens nothing any more, by the desk's clock."""
    return survey.sent_datetime is None or at > survey.sent_datetime + LINK_LASTS


def asked(survey: SatisfactionSurvey) -> Actor:
    """The customer who got the link, as the one who acts; the name may be gone by now."""
    number = survey.customer_id
    customer = session_of(survey).get(Customer, number)
    return Actor("customer", number, customer.display_name if customer is not None else f"Customer {number}")


def _setting(session: Session, account_id: int) -> dict[str, Any]:
    return settings.recall(session, account_id, "satisfaction-surveys")


def _reasons_against(ticket: Ticket) -> list[str]:
    customer = session_of(ticket).get(Customer, ticket.customer_id)
    reasons = {
        "excluded": ticket.excluded_from_csat,
        "spam": ticket.spam,
        "trashed": ticket.is_trashed,
        "no-customer-email": customer is None or not customer.email,
        "no-customer-message": ticket.last_received_message_datetime is None,
    }
    return [reason for reason, holds in reasons.items() if holds]


def _reasons_of_earlier(ticket: Ticket) -> list[str]:
    earlier = session_of(ticket).scalar(
        select(SatisfactionSurvey).where(
            SatisfactionSurvey.account_id == ticket.account_id, SatisfactionSurvey.ticket_id == ticket.id
        )
    )
    if earlier is None:
        return []
    return ["survey-waiting" if earlier.is_waiting else "already-surveyed"]


def _reasons_not_now(ticket: Ticket) -> list[str]:
    return ["reopened"] if ticket.is_open else ["snoozed"] if ticket.is_snoozed else []


def _letter(ticket: Ticket, token: str) -> outbox.Letter:
    session = session_of(ticket)
    account, customer = session.get_one(Account, ticket.account_id), session.get_one(Customer, ticket.customer_id)
    words = {
        "name": customer.firstname or customer.display_name,
        "subject": f" “{ticket.subject}”" if ticket.subject else "",
        "link": links.to(f"/survey/{token}"),
        "days": LINK_LASTS.days,
        "account": account.name,
    }
    return outbox.Letter(
        purpose="survey",
        to_name=customer.name or "",
        to_address=customer.email or "",
        # Who answers the mail instead finds the ticket again by its number.
        subject=f"{account.name}: how was it? [#{ticket.id}]",
        body_text=_TEXT.format_map(words),
        ticket_id=ticket.id,
    )


def _number(word: str) -> int:
    try:
        number = int(word, 16) if len(word) <= 16 else 0
    except ValueError:
        return 0
    return number if 0 < number < 2**63 else 0
