"""Reads satisfaction surveys: those of one kind, and what all of them come to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from helpdesk.models import Customer, SatisfactionSurvey, Ticket
from helpdesk.web.keyset import Order, Stretch, ordered, stretch

_survey = SatisfactionSurvey


@dataclass(frozen=True)
class Kind:
    """A part of the list."""

    name: str
    label: str
    which: ColumnElement[bool]
    order: Order
    none: str  #: what is said where there are none


_waits = and_(
    _survey.should_send_datetime.is_not(None), _survey.sent_datetime.is_(None), _survey.scored_datetime.is_(None)
)

KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind(
            "answered",
            "Answered",
            _survey.scored_datetime.is_not(None),
            Order("answered", "Answered", _survey.scored_datetime, datetime, falling=True),
            "No customer has answered yet. Answers show here with their stars as soon as they come.",
        ),
        Kind(
            "asked",
            "No answer yet",
            and_(_survey.sent_datetime.is_not(None), _survey.scored_datetime.is_(None)),
            Order("asked", "Sent", _survey.sent_datetime, datetime, falling=True),
            "Nobody has been asked and not answered yet.",
        ),
        Kind(
            "waiting",
            "To be sent",
            _waits,
            Order("waiting", "Will be sent", _survey.should_send_datetime, datetime),
            "No survey waits to be sent. One is prepared whenever a ticket is closed.",
        ),
    )
}


@dataclass(frozen=True)
class Figures:
    """What all surveys come to."""

    counts: dict[str, int]
    average: float | None

    @property
    def share(self) -> int | None:
        """How many of a hundred who were asked have answered."""
        were_asked = self.counts["answered"] + self.counts["asked"]
        return round(100 * self.counts["answered"] / were_asked) if were_asked else None


def page_of(session: Session, kind: Kind, after: str | None) -> Stretch:
    """A stretch of the surveys of one kind."""
    statement: Any = (
        select(
            _survey.id,
            kind.order.key.label("key"),
            _survey.score,
            _survey.body_text,
            _survey.ticket_id,
            Ticket.subject,
            Ticket.id.label("present_ticket"),
            _survey.customer_id,
            Customer.name.label("customer_name"),
            Customer.email.label("customer_email"),
        )
        .outerjoin(Ticket, Ticket.id == _survey.ticket_id)
        .outerjoin(Customer, Customer.id == _survey.customer_id)
        .where(_survey.account_id == session.info["account_id"], kind.which)
    )
    return stretch(session.execute(ordered(statement, kind.order, _survey.id, after)).all())


def figures(session: Session) -> Figures:
    """The counts of all kinds, and the average."""
    counted = [func.count().filter(kind.which).label(kind.name) for kind in KINDS.values()]
    columns = (func.avg(_survey.score).label("average"), *counted)
    row = session.execute(select(*columns).where(_survey.account_id == session.info["account_id"])).one()
    average = float(row.average) if row.average is not None else None
    return Figures({name: row._mapping[name] for name in KINDS}, average)
