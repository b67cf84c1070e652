"""Tickets as they are shown, in a list and alone; a list costs a fixed number of statements."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from flask import g
from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from helpdesk.api import message_showing
from helpdesk.api.customer_showing import channel_shown, integrations
from helpdesk.api.message_shapes import Message
from helpdesk.api.persons import customer_lite, team_lite, user_lite
from helpdesk.api.tags import ColorShown
from helpdesk.api.ticket_shapes import (
    CustomerOnTicket,
    Integrated,
    SurveyShown,
    TagLite,
    TicketDetail,
    TicketRow,
    ValueShown,
)
from helpdesk.models import Account, Customer, Delivery, ReadMark, SatisfactionSurvey, Tag, Ticket, TicketTag

Row = TypeVar("Row", bound=TicketRow)

#: What a list needs of its tickets, beside their own columns.
LISTED: Any = (
    joinedload(Ticket.customer),
    joinedload(Ticket.assignee),
    joinedload(Ticket.team),
    selectinload(Ticket.tag_links).joinedload(TicketTag.tag),
    selectinload(Ticket.field_values),
)


def listed(session: Session, rows: Sequence[Ticket], kind: type[Row]) -> list[Row]:
    """Tickets in a list."""
    numbers = [row.id for row in rows]
    unread, failed = _unread(session, numbers), _undelivered(session, numbers)
    address = session.get_one(Account, g.account.id)
    return [
        kind(
            **_common(row, unread),
            custom_fields=values(row),
            excerpt=row.excerpt,
            customer=customer_lite(row.customer),
            integrations=[Integrated(name=address.name, address=address.mail_address, type="email")]
            if row.channel == "email"
            else [],
            messages_count=row.messages_count,
            last_sent_message_not_delivered=row.id in failed,
        )
        for row in rows
    ]


def detail(session: Session, ticket: Ticket, *, with_fields: bool = False) -> TicketDetail:
    """A ticket alone."""
    customer = on_ticket(ticket.customer, integrations(ticket.customer))
    return _alone(session, ticket, customer, _unread(session, [ticket.id]), with_fields=with_fields)


def newborn(session: Session, ticket: Ticket, known_to_shops: dict[str, Any]) -> TicketDetail:
    """A ticket that was opened just now: nobody has read it, and nothing that is known of it is read again."""
    set_committed_value(ticket, "survey", None)
    return _alone(session, ticket, on_ticket(ticket.customer, known_to_shops), {ticket.id})


def _alone(
    session: Session, ticket: Ticket, customer: CustomerOnTicket, unread: set[int], *, with_fields: bool = False
) -> TicketDetail:
    said: list[Message] = message_showing.shown(session, ticket.messages)
    answerable = bool(ticket.customer.email)
    return TicketDetail(
        **_common(ticket, unread),
        custom_fields=values(ticket) if with_fields else None,
        customer=customer,
        requester=customer,
        assignee_user_id=ticket.assignee_user_id,
        assignee_team_id=ticket.assignee_team_id,
        messages=said,
        events=[],
        imported=ticket.imported,
        processed_datetime=ticket.created_datetime,
        satisfaction_survey=survey_shown(ticket.survey) if ticket.survey is not None else None,
        reply_options={"email": {"answerable": answerable}, "internal-note": {"answerable": True}},
    )


def values(thing: Ticket | Customer) -> dict[str, ValueShown]:
    """The custom fields of a ticket or customer that hold something, by number."""
    held: list[Any] = thing.field_values
    return {str(each.custom_field_id): ValueShown(id=each.custom_field_id, value=each.value) for each in held}


def tag_lite(tag: Tag) -> TagLite:
    """A tag on a ticket."""
    return TagLite(id=tag.id, name=tag.name, decoration=ColorShown(color=tag.color) if tag.decoration else None)


def on_ticket(customer: Customer, known_to_shops: dict[str, Any]) -> CustomerOnTicket:
    """The customer of a ticket, with what `integrations` found."""
    return CustomerOnTicket(
        **customer_lite(customer).model_dump(),
        channels=[channel_shown(each, customer) for each in customer.channels if each.deleted_datetime is None],
        data=customer.data,
        customer=None,
        integrations=known_to_shops,
        external_id=customer.external_id,
        note=customer.note,
        external_data={},
        ecommerce_data={},
    )


def survey_shown(survey: SatisfactionSurvey) -> SurveyShown:
    """A satisfaction survey."""
    return SurveyShown(
        id=survey.id,
        uri=f"/api/satisfaction-surveys/{survey.id}/",
        ticket_id=survey.ticket_id,
        customer_id=survey.customer_id,
        score=survey.score,
        body_text=survey.body_text,
        meta=survey.meta,
        created_datetime=survey.created_datetime,
        sent_datetime=survey.sent_datetime,
        scored_datetime=survey.scored_datetime,
        should_send_datetime=survey.should_send_datetime,
    )


def _common(row: Ticket, unread: set[int]) -> dict[str, Any]:
    return {
        "id": row.id,
        "uri": f"/api/tickets/{row.id}/",
        "external_id": row.external_id,
        "language": row.language,
        "status": row.status,
        "priority": row.priority,
        "channel": row.channel,
        "via": row.via,
        "from_agent": row.from_agent,
        "spam": row.spam,
        "subject": row.subject,
        "summary": row.summary,
        "assignee_user": user_lite(row.assignee) if row.assignee is not None else None,
        "assignee_team": team_lite(row.team) if row.team is not None else None,
        "meta": row.meta,
        "tags": [tag_lite(tag) for tag in row.tags],
        "is_unread": row.id in unread,
        "created_datetime": row.created_datetime,
        "updated_datetime": row.updated_datetime,
        "opened_datetime": row.opened_datetime,
        "last_message_datetime": row.last_message_datetime,
        "last_received_message_datetime": row.last_received_message_datetime,
        "closed_datetime": row.closed_datetime,
        "snooze_datetime": row.snooze_datetime,
        "trashed_datetime": row.trashed_datetime,
    }


def _unread(session: Session, numbers: list[int]) -> set[int]:
    """Those in which there is something that the key's user has not seen."""
    asked = {"reader": g.user.id, "numbers": numbers}
    return set(session.scalars(_UNREAD, asked)) if numbers else set()


def _undelivered(session: Session, numbers: list[int]) -> set[int]:
    """Those whose last mail did not arrive."""
    if not numbers:
        return set()
    mails = Delivery.kind == "mail", Delivery.ticket_message_id.is_not(None), Delivery.ticket_id.in_(numbers)
    last = select(func.max(Delivery.id)).where(*mails).group_by(Delivery.ticket_id)
    return set(session.scalars(select(Delivery.ticket_id).where(Delivery.id.in_(last), Delivery.status == "failed")))


#: Put together once: every ticket that is shown asks it.
_UNREAD: Final = (
    select(Ticket.id)
    .outerjoin(ReadMark, and_(ReadMark.ticket_id == Ticket.id, ReadMark.user_id == bindparam("reader")))
    .where(
        Ticket.id.in_(bindparam("numbers", expanding=True)),
        func.coalesce(ReadMark.read_messages, 0) < Ticket.messages_count,
    )
)
