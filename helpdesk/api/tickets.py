"""Tickets by API: listed, opened, changed, deleted, tagged, and their custom fields."""

from typing import Any

from flask import g
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from audit.db import db
from audit.log import event_table
from audit.rest.calls import Resource
from audit.rest.paging import Page, paged
from audit.rest.problems import Problem
from helpdesk import tags, tickets
from helpdesk.api import fetching, field_values, ticket_showing, ticket_writing
from helpdesk.api.acting import acting, found, held, making, me, named
from helpdesk.api.customer_showing import integrations
from helpdesk.api.ticket_shapes import (
    ORDERS,
    Fields,
    FieldShown,
    FieldValue,
    NewTicket,
    Related,
    Tags,
    TicketChange,
    TicketDetail,
    TicketQuery,
    TicketRow,
    TicketTags,
)
from helpdesk.models import CustomField, Tag, Ticket
from helpdesk.refusals import blaming
from helpdesk.web import viewing

resource = Resource(
    "tickets",
    "Tickets",
    noun="ticket",
    scope="tickets",
    about="Conversations with customers. Every change of a ticket comes with one ticket-updated, before what is told"
    " specifically. A tag or a customer that is made by the way is told before all that is told of the ticket where it"
    " is the first that was sent, else after it.",
)


@resource.call("GET /tickets", needs="read", query=TicketQuery, gives=TicketRow, asking="limit=5&trashed=false")
def index(asked: TicketQuery) -> Page:
    """List tickets, the newest first, those in the trash among them unless `trashed=false`."""
    session = db.session()
    statement = select(Ticket).options(*ticket_showing.LISTED).where(*_conditions(session, asked))
    page = paged(session, statement, ORDERS[asked.order_by], Ticket.id, asked)
    return page.map(lambda rows: ticket_showing.listed(session, rows, TicketRow), total_resources=None)


@resource.call(
    "POST /tickets", needs="create ticket", body=NewTicket, gives=TicketDetail,
    writes=("customer-created", "ticket-created", "ticket-message-created", "ticket-updated"),
    sample={
        "subject": "Where is my order?",
        "customer": {"email": "maria@mail.example", "name": "Maria Rossi"},
        "messages": [{"channel": "email", "via": "api", "from_agent": False, "body_text": "It has not arrived."}],
    },
)  # fmt: skip
def create(body: NewTicket) -> TicketDetail:
    """Open a ticket with its first messages; whoever writes from an unknown address becomes a customer."""
    fetching.fetch([(f"messages.{place}.", each) for place, each in enumerate(body.messages)], ticket_writing.FAILED)
    with making() as session:
        ticket = ticket_writing.open_ticket(session, body)
        known_to_shops = integrations(ticket.customer)  # asked here: afterwards it would take a transaction of its own
    return ticket_showing.newborn(session, ticket, known_to_shops)


@resource.call(
    "GET /tickets/<number:ticket_id>", needs="read", query=Related, gives=TicketDetail,
    asking="relationships=custom_fields",
)  # fmt: skip
def show(ticket_id: int, asked: Related) -> TicketDetail:
    """Show one ticket with all that was said."""
    return _detail(ticket_id, with_fields="custom_fields" in asked.relationships)


@resource.call(
    "PUT /tickets/<number:ticket_id>", needs="update ticket", body=TicketChange, gives=TicketDetail,
    writes=("ticket-updated", "ticket-closed", "ticket-subject-updated"),
    sample={"status": "closed", "subject": "Order found"},
)  # fmt: skip
def update(ticket_id: int, body: TicketChange) -> TicketDetail:
    """Change a ticket; the events come in the order of the body."""
    with acting() as session:
        ticket_writing.change(session, held(session, Ticket, ticket_id), body)
    if body.was_sent("is_unread"):
        session = db.session()
        ticket_writing.read_or_unread(session, found(session, Ticket, ticket_id), is_unread=body.is_unread)
    return _detail(ticket_id, with_fields=True)


@resource.call("DELETE /tickets/<number:ticket_id>", needs="delete", writes=("ticket-deleted",))
def delete(ticket_id: int) -> None:
    """Delete a ticket for good, from whatever state; its events stay."""
    with acting() as session:
        tickets.erase(held(session, Ticket, ticket_id), by=me())


@resource.call("GET /tickets/<number:ticket_id>/tags", needs="read", gives=Tags)
def list_tags(ticket_id: int) -> Tags:
    """List the tags on a ticket."""
    ticket = found(db.session(), Ticket, ticket_id)
    return Tags(data=[ticket_showing.tag_lite(tag) for tag in ticket.tags])


@resource.call(
    "POST /tickets/<number:ticket_id>/tags", needs="update ticket", body=TicketTags,
    writes=("tag-created", "ticket-updated", "ticket-tags-added"), sample={"names": ["handle with care"]},
)  # fmt: skip
def add_tags(ticket_id: int, body: TicketTags) -> None:
    """Put tags on a ticket, by number or by name."""
    with acting() as session:
        ticket = held(session, Ticket, ticket_id)
        with blaming("names"):
            tags.put_on(ticket, _names(session, body), by=me())


@resource.call(
    "PUT /tickets/<number:ticket_id>/tags", needs="update ticket", body=TicketTags, must_have_body=False, status=202,
    writes=("ticket-updated", "ticket-tags-removed", "ticket-tags-added"), sample={"names": ["tried-out"]},
)  # fmt: skip
def set_tags(ticket_id: int, body: TicketTags) -> None:
    """Let a ticket have exactly these tags; `{}` takes all off."""
    with acting() as session:
        ticket = held(session, Ticket, ticket_id)
        with blaming("names"):
            tags.set_on(ticket, _names(session, body, must_name_some=False), by=me())


@resource.call(
    "DELETE /tickets/<number:ticket_id>/tags", needs="update ticket", body=TicketTags,
    writes=("ticket-updated", "ticket-tags-removed"), sample={"names": ["tried-out", "refund"]},
)  # fmt: skip
def remove_tags(ticket_id: int, body: TicketTags) -> None:
    """Take tags off a ticket."""
    with acting() as session:
        ticket = held(session, Ticket, ticket_id)
        tags.take_off(ticket, _names(session, body), by=me())


@resource.call("GET /tickets/<number:ticket_id>/custom-fields", needs="read", gives=Fields)
def list_fields(ticket_id: int) -> Fields:
    """List the custom fields of tickets with what this one has in them."""
    session = db.session()
    return field_values.listed(session, found(session, Ticket, ticket_id))


@resource.call(
    "PUT /tickets/<number:ticket_id>/custom-fields", needs="update ticket", body=list[FieldValue], gives=Fields,
    writes=("ticket-updated",), sample=[{"id": "$CUSTOM_FIELD_ID", "value": "Late"}],
)  # fmt: skip
def set_fields(ticket_id: int, body: list[FieldValue]) -> Fields:
    """Give several custom fields a value; the others keep theirs."""
    with acting() as session:
        ticket = held(session, Ticket, ticket_id)
        for value in body:
            ticket_writing.set_value(session, ticket, value, ticket_writing.UPDATING)
    return list_fields(ticket_id)


@resource.call(
    "PUT /tickets/<number:ticket_id>/custom-fields/<number:custom_field_id>", needs="update ticket", body=FieldValue,
    gives=FieldShown, writes=("ticket-updated",), sample={"id": "$CUSTOM_FIELD_ID", "value": "Lost"},
)  # fmt: skip
def set_field(ticket_id: int, custom_field_id: int, body: FieldValue) -> FieldShown:
    """Give a custom field a value."""
    with acting() as session:
        ticket = held(session, Ticket, ticket_id)
        field_values.put(session, ticket, custom_field_id, body, ticket_writing.UPDATING)
    session = db.session()
    return field_values.one(found(session, Ticket, ticket_id), found(session, CustomField, custom_field_id))


@resource.call(
    "DELETE /tickets/<number:ticket_id>/custom-fields/<number:custom_field_id>", needs="update ticket",
    writes=("ticket-updated",),
)  # fmt: skip
def clear_field(ticket_id: int, custom_field_id: int) -> None:
    """Take the value out of a custom field."""
    with acting() as session:
        field_values.clear(session, held(session, Ticket, ticket_id), custom_field_id)


def _detail(number: int, *, with_fields: bool = False) -> TicketDetail:
    session = db.session()
    wanted = select(Ticket).where(Ticket.id == number, Ticket.account_id == g.account.id)
    ticket = session.scalar(wanted.options(joinedload(Ticket.customer), joinedload(Ticket.assignee)))
    if ticket is None:
        raise Problem(404)
    return ticket_showing.detail(session, ticket, with_fields=with_fields)


def _conditions(session: Session, asked: TicketQuery) -> list[Any]:
    conditions: list[Any] = []
    if asked.customer_id is not None:
        conditions.append(Ticket.customer_id == asked.customer_id)
    if asked.external_id is not None:
        conditions.append(Ticket.external_id == asked.external_id)
    if asked.ticket_ids:
        conditions.append(Ticket.id.in_(asked.ticket_ids))
    if not asked.trashed:
        conditions.append(Ticket.trashed_datetime.is_(None))
    if asked.rule_id is not None:
        event = event_table.c
        by_rule = event.actor_kind == "rule", event.actor_id == asked.rule_id, event.account_id == g.account.id
        conditions.append(Ticket.id.in_(select(event.object_id).where(*by_rule, event.object_type == "Ticket")))
    if asked.view_id is not None:
        view = viewing.readable(session, g.user, asked.view_id)
        if view is None:
            raise Problem(400, "Failed to read ticket", {"view_id": ["There is no such view."]})
        conditions.append(view.condition)
    return conditions


def _names(session: Session, body: TicketTags, *, must_name_some: bool = True) -> list[str]:
    if must_name_some and not body.ids and not body.names:
        raise Problem(400, ticket_writing.UPDATING, {"ids": ["Send ids or names."]})
    by_number = named(session, Tag, body.ids, "ids", ticket_writing.UPDATING)
    return [*(tag.name for tag in by_number), *body.names]
