"""Reads what a customer's profile shows, in a fixed number of statements however long their history is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, g
from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session, joinedload, raiseload

from audit.db import db
from helpdesk.models import Customer, CustomerFieldValue, CustomField, Ticket
from helpdesk.web import customer_list, ticket_lines
from helpdesk.web.formats import zone
from helpdesk.web.shell import Clock, desk_clock
from helpdesk.web.ticket_lines import Lines
from helpdesk.web.trail import Trail, trail_of_object


@dataclass(frozen=True)
class Profile:
    """Everything that a customer's page shows."""

    customer: Customer
    fields: Sequence[Row[Any]]  #: label and value of each custom field
    lines: Lines
    open: int
    all: int
    trail: Trail
    clock: Clock
    time_zone: str

    @property
    def their_time(self) -> str | None:
        """What a clock on their wall shows, where their time zone is known and not the desk's."""
        name = self.customer.timezone
        return f"{self.clock.now.astimezone(zone(name)):%H:%M}" if name and name != self.time_zone else None


def read_customer(customer_id: int) -> Customer:
    """The customer with their addresses, or 404."""
    found = (
        db.session()
        .scalars(
            select(Customer)
            .where(Customer.id == customer_id, Customer.account_id == g.account.id)
            .options(joinedload(Customer.channels).options(raiseload("*")), raiseload("*"))
            .execution_options(populate_existing=True)
        )
        .unique()
        .one_or_none()
    )
    if found is None:
        abort(404, f"There is no customer {customer_id} here: they were deleted, merged, or never in this account.")
    return found


def read_profile(customer: Customer) -> Profile:
    """The page of a customer."""
    session, number, time_zone = db.session(), customer.id, g.account.time_zone
    clock = desk_clock(g.account.id)
    is_open, in_all = customer_list.ticket_counts(session, [number]).get(number, (0, 0))
    return Profile(
        customer=customer,
        fields=_fields(session, number),
        lines=ticket_lines.read(Ticket.customer_id == number, "customers.tickets", customer_id=number),
        open=is_open,
        all=in_all,
        trail=trail_of_object(session, "Customer", number, clock.now.astimezone(zone(time_zone))),
        clock=clock,
        time_zone=time_zone,
    )


def _fields(session: Session, customer_id: int) -> Sequence[Row[Any]]:
    return session.execute(
        select(CustomField.label, CustomerFieldValue.value)
        .join(CustomField, CustomField.id == CustomerFieldValue.custom_field_id)
        .where(CustomerFieldValue.customer_id == customer_id, CustomerFieldValue.account_id == g.account.id)
        .order_by(CustomField.priority.desc(), CustomField.id)
    ).all()
