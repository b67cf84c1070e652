"""Satisfaction surveys by API: listed, prepared, noted as sent, answered."""

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import Field
from sqlalchemy import select

from audit.db import db
from audit.rest.calls import Resource
from audit.rest.paging import Page, both_ways, paged
from audit.rest.problems import Problem
from audit.rest.shapes import Body, Id, Moment, Paged
from helpdesk import survey_reports, surveys
from helpdesk.api.acting import acting, found, held, me, named
from helpdesk.api.ticket_shapes import SurveyShown
from helpdesk.api.ticket_showing import survey_shown
from helpdesk.models import Customer, SatisfactionSurvey, Ticket

resource = Resource(
    "surveys",
    "Satisfaction surveys",
    noun="satisfaction survey",
    scope="satisfaction_survey",
    about="How it was: one survey for each ticket. The desk sends one when `should_send_datetime` comes; what another"
    " program has sent and heard is told by `sent_datetime` and `score`, and no mail goes out.",
)

CREATING: Final = "Failed to create satisfaction survey"
UPDATING: Final = "Failed to update satisfaction survey"
ORDERS: Final = both_ways("created_datetime", SatisfactionSurvey.created_datetime, datetime)
REPORTED: Final = ("sent_datetime", "score", "body_text", "scored_datetime", "meta")
SETTLED: Final = ("ticket_id", "customer_id", "created_datetime", "should_send_datetime")


class SurveyQuery(Paged):
    """Which surveys."""

    order_by: Literal["created_datetime:desc", "created_datetime:asc"] = "created_datetime:desc"


class SurveyChange(Body):
    """What was heard of it; what was settled when it was made can only be repeated."""

    ticket_id: Id | None = None
    customer_id: Id | None = None
    body_text: str | None = Field(None, max_length=surveys.LONGEST_COMMENT)
    created_datetime: Moment | None = None
    meta: dict[str, Any] | None = None
    score: int | None = Field(None, ge=1, le=5, strict=True)
    scored_datetime: Moment | None = None
    sent_datetime: Moment | None = None
    should_send_datetime: Moment | None = Field(None, description="null: never by itself.")


class NewSurvey(SurveyChange):
    """A survey to make."""

    ticket_id: Id
    customer_id: Id


@resource.call("GET /satisfaction-surveys", needs="manage surveys", query=SurveyQuery, gives=SurveyShown)
def index(asked: SurveyQuery) -> Page:
    """List the surveys, the newest first."""
    page = paged(db.session(), select(SatisfactionSurvey), ORDERS[asked.order_by], SatisfactionSurvey.id, asked)
    return page.map(lambda rows: [survey_shown(row) for row in rows])


@resource.call(
    "POST /satisfaction-surveys", needs="manage surveys", body=NewSurvey, gives=SurveyShown,
    writes=("satisfaction-survey-created",), sample={"ticket_id": "$TICKET_ID", "customer_id": "$CUSTOMER_ID"},
)  # fmt: skip
def create(body: NewSurvey) -> SurveyShown:
    """Prepare the survey of a ticket, perhaps with what was heard of it already."""
    with acting() as session:
        (customer,) = named(session, Customer, [body.customer_id], "customer_id", CREATING)
        named(session, Ticket, [body.ticket_id], "ticket_id", CREATING)
        survey = survey_reports.create(
            held(session, Ticket, body.ticket_id),
            customer,
            should_send_datetime=body.should_send_datetime,
            created_datetime=body.created_datetime,
            meta=body.meta,
            by=me(),
        )
        _note(survey, body)
        number = survey.id
    return show(number)


@resource.call("GET /satisfaction-surveys/<number:survey_id>", needs="manage surveys", gives=SurveyShown)
def show(survey_id: int) -> SurveyShown:
    """Show one survey."""
    return survey_shown(found(db.session(), SatisfactionSurvey, survey_id))


@resource.call(
    "PUT /satisfaction-surveys/<number:survey_id>", needs="manage surveys", body=SurveyChange, gives=SurveyShown,
    writes=("satisfaction-survey-responded",), sample={"score": 5, "body_text": "Quick and kind."},
)  # fmt: skip
def update(survey_id: int, body: SurveyChange) -> SurveyShown:
    """Note that a survey was sent (`sent_datetime`), once, or how it was answered (`score`), again if that changed."""
    with acting() as session:
        survey = held(session, SatisfactionSurvey, survey_id)
        for name, value in body.sent():
            if name in SETTLED and value != getattr(survey, name) and not _is_past(survey, name):
                raise Problem(400, UPDATING, {name: ["It was settled when the survey was made, and stays as it is."]})
        _note(survey, body)
    return show(survey_id)


def _note(survey: SatisfactionSurvey, body: SurveyChange) -> None:
    reported = {name: value for name, value in body.sent() if name in REPORTED}
    survey_reports.update(survey, reported, by=me())


def _is_past(survey: SatisfactionSurvey, name: str) -> bool:
    # It has been sent: when it should have been is forgotten, and a program that read it before may still say it.
    return name == "should_send_datetime" and survey.sent_datetime is not None
