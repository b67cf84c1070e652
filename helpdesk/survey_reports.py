"""The verbs of satisfaction surveys that another program sees to: it tells the desk what was asked and answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk.events import (
    SATISFACTION_SURVEY_CREATED,
    SATISFACTION_SURVEY_RESPONDED,
    SATISFACTION_SURVEY_SENT,
)
from helpdesk.mail.charsets import clean_text
from helpdesk.models import Customer, SatisfactionSurvey, Ticket
from helpdesk.refusals import Refused, Taken
from helpdesk.sessions import session_of

#: What belongs to the question, and what to its answer: each is told in the event of its own.
_ASKED = frozenset({"sent_datetime"})
_ANSWERED = frozenset({"score", "body_text", "scored_datetime"})


def create(
    ticket: Ticket,
    customer: Customer,
    *,
    should_send_datetime: datetime | None = None,
    created_datetime: datetime | None = None,
    meta: dict[str, Any] | None = None,
    by: Actor,
) -> SatisfactionSurvey:
    """Prepare the one survey of a ticket; the desk sends it when it is due, and never without such a time."""
    session, at = session_of(ticket), now(session_of(ticket))
    held = select(SatisfactionSurvey.id).where(
        SatisfactionSurvey.account_id == ticket.account_id, SatisfactionSurvey.ticket_id == ticket.id
    )
    if session.scalar(held) is not None:
        raise Taken(f"Ticket {ticket.id} has a survey already, and a ticket has only one.")
    survey = SatisfactionSurvey(
        account_id=ticket.account_id,
        ticket_id=ticket.id,
        customer_id=customer.id,
        meta=meta,
        created_datetime=min(created_datetime or at, at),
        should_send_datetime=max(should_send_datetime, at) if should_send_datetime is not None else None,
    )
    session.add(survey)
    record(SATISFACTION_SURVEY_CREATED, survey, by=by)
    return survey


def update(survey: SatisfactionSurvey, changes: Mapping[str, Any], *, by: Actor) -> None:
    """Note that it was sent, and how it was answered; what is as it was is no change."""
    different = {name: value for name, value in changes.items() if getattr(survey, name) != value}
    meta = {"meta": different.pop("meta")} if "meta" in different else {}
    if different.keys() & _ASKED:
        _note_sent(survey, different["sent_datetime"], meta, by=by)
        meta = {}
    if different.keys() & _ANSWERED:
        _note_answer(survey, {name: changes[name] for name in changes.keys() & _ANSWERED}, meta, by=by)
        meta = {}
    if meta:
        raise Refused("What else is known of a survey is noted together with its sending or its answer. Nothing was.")


def _note_sent(survey: SatisfactionSurvey, sent: datetime | None, more: Mapping[str, Any], *, by: Actor) -> None:
    if survey.sent_datetime is not None or sent is None:
        raise Refused("This survey was sent already, and what was sent stays sent. Nothing was changed.")
    survey.sent_datetime, survey.should_send_datetime = min(sent, now(session_of(survey))), None
    _set(survey, more)
    record(SATISFACTION_SURVEY_SENT, survey, by=by)


def _note_answer(survey: SatisfactionSurvey, given: dict[str, Any], more: Mapping[str, Any], *, by: Actor) -> None:
    """Note its answer, or another one: whoever thinks again answers again."""
    at = now(session_of(survey))
    answer = {"score": survey.score, "body_text": survey.body_text, **given}
    if answer["score"] is None:
        raise Refused("An answer needs a score of one to five. Nothing was changed.", "score")
    survey.score = answer["score"]
    survey.body_text = clean_text(answer["body_text"] or "").strip() or None
    survey.scored_datetime = min(given.get("scored_datetime") or at, at)
    _set(survey, more)
    record(SATISFACTION_SURVEY_RESPONDED, survey, by=by)


def _set(survey: SatisfactionSurvey, more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        setattr(survey, name, value)
