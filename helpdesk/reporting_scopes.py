"""What can be asked about the desk's work: each scope with its facts, and with what can be counted, grouped, dated."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, Subquery, and_, func, select, type_coerce

from audit.base import UtcDateTime
from helpdesk.models import SatisfactionSurvey, Ticket, TicketFieldValue, TicketMessage, TicketTag

#: What a group's facts come to; a fact is the values that its scope names.
Measure = Callable[[Sequence[Any]], float | None]


@dataclass(frozen=True)
class Dimension:
    """By what facts are grouped."""

    column: SQLColumnExpression[Any]
    kind: type | None  #: of its values; None: they can be grouped, but not filtered


@dataclass(frozen=True)
class Scope:
    """A kind of facts: where they are, and what can be asked about them."""

    says: str
    source: Callable[..., Select[Any]]  #: selects columns of the facts
    dimensions: Mapping[str, Dimension]
    times: Mapping[str, SQLColumnExpression[Any]]  #: the first is meant by periodStart and periodEnd
    values: tuple[SQLColumnExpression[Any], ...]  #: what the measures are reckoned from
    measures: Mapping[str, Measure]


def _tickets(*columns: Any, only: tuple[ColumnElement[bool], ...] = ()) -> Select[Any]:
    return select(*columns).select_from(Ticket).where(*_COUNTED, *only)


def _closed(*columns: Any) -> Select[Any]:
    return _tickets(*columns, only=(Ticket.closed_datetime.is_not(None),))


def _open(*columns: Any) -> Select[Any]:
    return _tickets(*columns, only=(Ticket.status == "open",))


def _closed_after(answers: int) -> Callable[..., Select[Any]]:
    return lambda *columns: _closed(*columns).where(_ANSWERS.in_([answers]))


def _messages(from_agent: bool) -> Callable[..., Select[Any]]:
    def source(*columns: Any) -> Select[Any]:
        said = TicketMessage.public, TicketMessage.from_agent == from_agent
        return select(*columns).select_from(TicketMessage).join(TicketMessage.ticket).where(*_COUNTED, *said)

    return source


def _first(by: SQLColumnExpression[bool]) -> Subquery:
    at = func.min(TicketMessage.created_datetime, type_=UtcDateTime).label("at")
    said = select(TicketMessage.ticket_id, at).where(TicketMessage.public, by)
    return said.group_by(TicketMessage.ticket_id).subquery()


def _answered_first(asked: Subquery, answer: Subquery) -> Callable[..., Select[Any]]:
    def source(*columns: Any) -> Select[Any]:
        both = (
            _tickets(*columns).join(asked, asked.c.ticket_id == Ticket.id).join(answer, answer.c.ticket_id == Ticket.id)
        )
        return both.where(answer.c.at >= asked.c.at)

    return source


def _thread() -> Subquery:
    """What was said in public, each with what was said before it."""
    message = TicketMessage

    def before(column: SQLColumnExpression[Any]) -> ColumnElement[Any]:
        order = message.created_datetime, message.id
        return func.lag(column).over(partition_by=message.ticket_id, order_by=order)

    said = select(
        *(message.ticket_id, message.sender_user_id, message.channel, message.created_datetime, message.from_agent),
        before(message.from_agent).label("after_agent"),
        type_coerce(before(message.created_datetime), UtcDateTime).label("before"),
    )
    return said.where(message.public).subquery()


def _replies(*columns: Any) -> Select[Any]:
    answers = and_(_THREAD.c.from_agent, _THREAD.c.after_agent.is_(False))
    return _tickets(*columns).join(_THREAD, _THREAD.c.ticket_id == Ticket.id).where(answers)


def _surveys(*columns: Any) -> Select[Any]:
    # A survey outlives its ticket, and counts on.
    every = (
        select(*columns).select_from(SatisfactionSurvey).outerjoin(Ticket, Ticket.id == SatisfactionSurvey.ticket_id)
    )
    return every.where(Ticket.spam.is_not(True), Ticket.trashed_datetime.is_(None))


def _tagged(*columns: Any) -> Select[Any]:
    return _tickets(*columns).join(Ticket.tag_links)


def _with_fields(*columns: Any) -> Select[Any]:
    return _tickets(*columns).join(Ticket.field_values)


def _different(facts: Iterable[Any]) -> int:
    return len({fact[0] for fact in facts})


def _mean(of: Callable[[Any], float | None]) -> Measure:
    return lambda facts: _of_known(statistics.fmean, of, facts)


def _median(of: Callable[[Any], float | None]) -> Measure:
    return lambda facts: _of_known(statistics.median, of, facts)


def _of_known(
    way: Callable[[list[float]], float], of: Callable[[Any], float | None], facts: Sequence[Any]
) -> float | None:
    known = [value for fact in facts if (value := of(fact)) is not None]
    return way(known) if known else None


def _seconds(fact: Any) -> float:
    seconds: float = (fact[2] - fact[1]).total_seconds()
    return seconds


def _times(name: str) -> dict[str, Measure]:
    return {f"median{name}": _median(_seconds), f"average{name}": _mean(_seconds)}


def _said(fact: Any) -> float:
    return float(fact[1])


#: Spam and trash are nobody's work.
_COUNTED: Final = Ticket.spam.is_(False), Ticket.trashed_datetime.is_(None)
_ANSWERS: Final = (
    select(func.count())
    .where(TicketMessage.ticket_id == Ticket.id, TicketMessage.public, TicketMessage.from_agent)
    .correlate(Ticket)
    .scalar_subquery()
)
_ASKED: Final = _first(TicketMessage.from_agent.is_(False))
_ANY_ANSWER: Final = _first(TicketMessage.from_agent)
_HUMAN_ANSWER: Final = _first(
    and_(TicketMessage.from_agent, TicketMessage.sender_user_id.is_not(None), TicketMessage.is_automatic.is_(False))
)
_THREAD: Final = _thread()

_OF_TICKETS: Final = {
    "ticketId": Dimension(Ticket.id, int),
    "customerId": Dimension(Ticket.customer_id, int),
    "agentId": Dimension(Ticket.assignee_user_id, int),
    "teamId": Dimension(Ticket.assignee_team_id, int),
    "channel": Dimension(Ticket.channel, str),
    "status": Dimension(Ticket.status, str),
    "priority": Dimension(Ticket.priority, str),
    "language": Dimension(Ticket.language, str),
}
_OF_MESSAGES: Final = {
    **_OF_TICKETS,
    "agentId": Dimension(TicketMessage.sender_user_id, int),
    "channel": Dimension(TicketMessage.channel, str),
    "integrationId": Dimension(TicketMessage.integration_id, int),
}
_CREATED: Final = {"createdDatetime": Ticket.created_datetime}
_CLOSED: Final = {"closedDatetime": Ticket.closed_datetime, **_CREATED}
_SENT: Final = {"sentDatetime": TicketMessage.created_datetime, **_CREATED}
_TICKETS: Final[dict[str, Measure]] = {"ticketCount": _different}
_MESSAGES: Final[dict[str, Measure]] = {"messagesCount": len, **_TICKETS}


def _count(says: str, source: Callable[..., Select[Any]], times: Mapping[str, SQLColumnExpression[Any]]) -> Scope:
    return Scope(says, source, _OF_TICKETS, times, (Ticket.id,), _TICKETS)


def _answer_times(says: str, answer: Subquery) -> Scope:
    times = {"firstAgentMessageDatetime": answer.c.at, **_CREATED}
    values = Ticket.id, _ASKED.c.at, answer.c.at
    measures = {**_times("FirstResponseTime"), **_TICKETS}
    return Scope(says, _answered_first(_ASKED, answer), _OF_TICKETS, times, values, measures)


SCOPES: Final[Mapping[str, Scope]] = {
    "tickets-created": _count("Tickets, by when they were opened.", _tickets, _CREATED),
    "tickets-closed": _count("Tickets that are closed for good.", _closed, _CLOSED),
    "tickets-open": _count(
        "Tickets that are open now.", _open, {**_CREATED, "updatedDatetime": Ticket.updated_datetime}
    ),
    "workload-tickets": _count("Open tickets, by who has them.", _open, _CREATED),
    "tickets-replied": Scope(
        "Tickets in which an agent answered.", _messages(True), _OF_MESSAGES, _SENT, (Ticket.id,), _TICKETS
    ),
    "one-touch-tickets": _count("Closed tickets with one answer.", _closed_after(1), _CLOSED),
    "zero-touch-tickets": _count("Closed tickets without any answer.", _closed_after(0), _CLOSED),
    "messages-sent": Scope(
        "What agents said in public.", _messages(True), _OF_MESSAGES, _SENT, (Ticket.id,), _MESSAGES
    ),
    "messages-received": Scope(
        "What customers said.", _messages(False), _OF_MESSAGES, _SENT, (Ticket.id,), _MESSAGES
    ),
    "messages-per-ticket": Scope(
        "How much was said in closed tickets.", _closed, _OF_TICKETS, _CLOSED, (Ticket.id, Ticket.messages_count),
        {"averageMessagesCount": _mean(_said), "messagesCount": lambda facts: sum(map(_said, facts)), **_TICKETS},
    ),
    "resolution-time": Scope(
        "Seconds from opening to closing.", _closed, _OF_TICKETS, _CLOSED,
        (Ticket.id, Ticket.created_datetime, Ticket.closed_datetime), {**_times("ResolutionTime"), **_TICKETS},
    ),
    "first-response-time": _answer_times("Seconds to the first answer, automatic ones too.", _ANY_ANSWER),
    "human-first-response-time": _answer_times("Seconds to the first answer of a person.", _HUMAN_ANSWER),
    "response-time": Scope(
        "Seconds from what a customer said to the answer.", _replies,
        {
            **_OF_TICKETS,
            "agentId": Dimension(_THREAD.c.sender_user_id, int), "channel": Dimension(_THREAD.c.channel, str),
        },
        {"sentDatetime": _THREAD.c.created_datetime, **_CREATED},
        (Ticket.id, _THREAD.c.before, _THREAD.c.created_datetime), {**_times("ResponseTime"), **_MESSAGES},
    ),
    "satisfaction-surveys": Scope(
        "Surveys and their scores.", _surveys,
        {
            **_OF_TICKETS,
            "ticketId": Dimension(SatisfactionSurvey.ticket_id, int),
            "customerId": Dimension(SatisfactionSurvey.customer_id, int),
            "surveyScore": Dimension(SatisfactionSurvey.score, int),
        },
        {
            "createdDatetime": SatisfactionSurvey.created_datetime, "sentDatetime": SatisfactionSurvey.sent_datetime,
            "scoredDatetime": SatisfactionSurvey.scored_datetime,
        },
        (SatisfactionSurvey.id, SatisfactionSurvey.score),
        {
            "surveysCount": len,
            "scoredSurveysCount": lambda facts: sum(fact[1] is not None for fact in facts),
            "averageSurveyScore": _mean(lambda fact: fact[1]),
            "responseRate": _mean(lambda fact: fact[1] is not None),
        },
    ),
    "tags": Scope(
        "Tickets by their tags.", _tagged, {**_OF_TICKETS, "tagId": Dimension(TicketTag.tag_id, int)},
        _CREATED, (Ticket.id,), _TICKETS,
    ),
    "ticket-fields": Scope(
        "Tickets by what stands in their custom fields.", _with_fields,
        {
            **_OF_TICKETS,
            "customFieldId": Dimension(TicketFieldValue.custom_field_id, int),
            "customFieldValue": Dimension(TicketFieldValue.value, None),
        },
        _CREATED, (Ticket.id,), _TICKETS,
    ),
}  # fmt: skip

#: Scopes of the public API to which nothing here has an answer, and why.
UNANSWERABLE: Final[Mapping[str, str]] = {
    "ticket-handle-time": "the desk does not measure how long somebody looks at a ticket",
    "online-time": "the desk does not measure who is there how long",
    "auto-qa": "nobody grades answers here",
    "automation-rate": "the desk has no assistant whose share could be told; rules stand in the audit log",
    "automated-interactions": "the desk has no assistant; what rules did stands in the audit log",
    "voice-calls": "the desk has no telephone",
    "voice-calls-summary": "the desk has no telephone",
    "voice-agent-events": "the desk has no telephone",
    "ticket-sla": "the desk has no agreements on answer times",
    "knowledge-insights": "the desk has no knowledge base",
}
