"""Customers by API: met, edited, merged, deleted, their data and custom fields."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import Field
from sqlalchemy import exists, select
from sqlalchemy.orm import Session, selectinload

from audit.db import db
from audit.rest.calls import Resource
from audit.rest.echoes import Moving
from audit.rest.paging import Page, both_ways, paged
from audit.rest.problems import Problem
from audit.rest.shapes import Body, Id, IdText, Moment, Paged, Query, Shown
from helpdesk import channels, customers
from helpdesk.api import field_values, ticket_showing, ticket_writing
from helpdesk.api.acting import acting, all_held, found, held, me, named
from helpdesk.api.customer_showing import channel_shown, integrations, shops_of
from helpdesk.api.persons import NAMES, Profile, edit, introduced, whole_name
from helpdesk.api.ticket_shapes import ChannelShown, Fields, FieldShown, FieldValue, FieldValues, Related, ValueShown
from helpdesk.models import Customer, CustomerChannel, CustomField, Integration

resource = Resource(
    "customers", "Customers", noun="customer", scope="customers", about="Those who write to the desk, and from where."
)

UPDATING: Final = "Failed to update customer"
ORDERS: Final = {
    **both_ways("created_datetime", Customer.created_datetime, datetime),
    **both_ways("updated_datetime", Customer.updated_datetime, datetime),
}
#: The view of the live API that holds all customers; there are no others of customers.
ALL_CUSTOMERS: Final = 8
#: What a list needs of its customers, beside their own columns.
LISTED: Final[Any] = selectinload(Customer.field_values)


class CustomerQuery(Paged):
    """Which customers."""

    order_by: Literal[
        "created_datetime:desc", "created_datetime:asc", "updated_datetime:desc", "updated_datetime:asc"
    ] = "created_datetime:desc"  # fmt: skip
    email: str | None = Field(None, max_length=320, description="Exactly this, in small or capital letters.")
    external_id: str | None = Field(None, max_length=255)
    language: str | None = Field(None, max_length=8)
    name: str | None = Field(None, max_length=500)
    timezone: str | None = Field(None, max_length=64)
    view_id: IdText | None = None
    channel_type: str | None = Field(None, max_length=32)
    channel_address: str | None = Field(None, max_length=320)


class CustomerFields(Profile):
    """What can be said of a customer; `channels` and `custom_fields` are replaced as a whole."""

    custom_fields: FieldValues | None = None


class Data(Body):
    """What another system knows of them; a version that is older than the one kept is passed over."""

    data: Any
    version: Moment | None = None


class Merging(Query):
    """Which two become one."""

    source_id: IdText
    target_id: IdText


class CustomerIds(Body):
    """Which customers."""

    ids: list[Id] = Field(min_length=1, max_length=100)


class CustomerRow(Shown):
    """A customer in a list."""

    id: int
    external_id: str | None
    active: bool
    email: str | None
    name: str | None
    firstname: str
    lastname: str
    language: str | None
    timezone: str | None
    created_datetime: Moment
    updated_datetime: Moving[Moment]
    meta: dict[str, Any] | None
    data: Any
    note: str | None
    custom_fields: dict[str, ValueShown] | None


class CustomerDetail(CustomerRow):
    """A customer alone. `custom_fields` is null unless asked for by `relationships`."""

    channels: list[ChannelShown]
    customer: None
    integrations: Moving[dict[str, Any]]
    external_data: dict[str, Any]
    ecommerce_data: dict[str, Any]


@resource.call("GET /customers", needs="read", query=CustomerQuery, gives=CustomerRow, asking="limit=5")
def index(asked: CustomerQuery) -> Page:
    """List customers, the newest first."""
    statement = select(Customer).options(LISTED).where(*_conditions(asked))
    page = paged(db.session(), statement, ORDERS[asked.order_by], Customer.id, asked)
    return page.map(shown)


@resource.call(
    "POST /customers", needs="update ticket", body=CustomerFields, must_have_body=False, gives=CustomerDetail,
    writes=("customer-created",), sample={"name": "Maria Rossi", "email": "maria.rossi@mail.example"},
)  # fmt: skip
def create(body: CustomerFields) -> CustomerDetail:
    """Add a customer; an address belongs to one customer."""
    with acting() as session:
        made = introduced(session, body, values=_values(session, body, "Failed to create customer"))
        number = made.id
    return _detail(number)


@resource.call(
    "GET /customers/<number:customer_id>", needs="read", query=Related, gives=CustomerDetail,
    asking="relationships=custom_fields",
)  # fmt: skip
def show(customer_id: int, asked: Related) -> CustomerDetail:
    """Show one customer with their addresses."""
    return _detail(customer_id, with_fields="custom_fields" in asked.relationships)


@resource.call(
    "PUT /customers/<number:customer_id>", needs="update ticket", body=CustomerFields, gives=CustomerDetail,
    writes=("customer-updated",), sample={"note": "Prefers the telephone", "language": "it"},
)  # fmt: skip
def update(customer_id: int, body: CustomerFields) -> CustomerDetail:
    """Edit a customer."""
    with acting() as session:
        values = _values(session, body, UPDATING) if body.custom_fields is not None else None
        edit(held(session, Customer, customer_id), dict(body.sent()), values=values)
    return _detail(customer_id, with_fields=True)


@resource.call("DELETE /customers/<number:customer_id>", needs="delete", writes=("customer-deleted",))
def delete(customer_id: int) -> None:
    """Delete a customer: their tickets pass to the one who stands for all that were deleted."""
    with acting() as session:
        customers.delete(held(session, Customer, customer_id), by=me())


@resource.call(
    "DELETE /customers", needs="delete", body=CustomerIds, writes=("customer-deleted",),
    sample={"ids": ["$CUSTOMER_ID"]},
)  # fmt: skip
def delete_many(body: CustomerIds) -> None:
    """Delete several customers."""
    with acting() as session:
        for customer in all_held(session, Customer, body.ids):
            customers.delete(customer, by=me())


@resource.call(
    "PUT /customers/merge", needs="merge", query=Merging, body=CustomerFields, gives=CustomerDetail,
    asking="source_id=$OTHER_CUSTOMER_ID&target_id=$CUSTOMER_ID", sample={},
    writes=("customer-deleted", "customer-merged"),
)  # fmt: skip
def merge(asked: Merging, body: CustomerFields) -> CustomerDetail:
    """Make two customers one; the body holds what the one that stays is to have."""
    with acting() as session:
        if asked.source_id == asked.target_id:
            raise Problem(400, UPDATING, {"target_id": ["A customer can't be merged with themselves."]})
        first, second = all_held(session, Customer, [asked.source_id, asked.target_id])
        source, target = (first, second) if first.id == asked.source_id else (second, first)
        shared = shops_of(source) & shops_of(target)
        if shared:
            (shop,) = named(session, Integration, [min(shared)], "source_id", UPDATING)
            raise Problem(
                409, f"Both customers have orders in {shop.name!r}, so they can't be merged. Nothing was done."
            )
        sent = dict(body.sent())
        chosen = {name: value for name, value in sent.items() if name in customers.EDITABLE.difference(NAMES)}
        if not sent.keys().isdisjoint(NAMES):
            chosen["name"] = whole_name(target.name, sent)
        customers.merge(source, target, values=chosen, by=me())
    return _detail(asked.target_id)


@resource.call(
    "PUT /customers/<number:customer_id>/data", needs="update ticket", body=Data, status=202,
    writes=("customer-updated",), sample={"data": {"points": 120}, "version": "2026-03-01T09:00:00Z"},
)  # fmt: skip
def set_data(customer_id: int, body: Data) -> None:
    """Keep what another system knows of a customer; what is older than what is kept is passed over."""
    with acting() as session:
        customers.set_data(held(session, Customer, customer_id), body.data, body.version, by=me())


@resource.call("GET /customers/<number:customer_id>/custom-fields", needs="read", gives=Fields)
def list_fields(customer_id: int) -> Fields:
    """List the custom fields of customers with what this one has in them."""
    session = db.session()
    return field_values.listed(session, found(session, Customer, customer_id))


@resource.call(
    "PUT /customers/<number:customer_id>/custom-fields", needs="update ticket", body=list[FieldValue], gives=Fields,
    writes=("customer-updated",), sample=[{"id": "$CUSTOMER_FIELD_ID", "value": "Gold"}],
)  # fmt: skip
def set_fields(customer_id: int, body: list[FieldValue]) -> Fields:
    """Give several custom fields a value; the others keep theirs."""
    with acting() as session:
        customer = held(session, Customer, customer_id)
        for value in body:
            ticket_writing.set_value(session, customer, value, UPDATING)
    return list_fields(customer_id)


@resource.call(
    "PUT /customers/<number:customer_id>/custom-fields/<number:customer_field_id>", needs="update ticket",
    body=FieldValue, gives=FieldShown, writes=("customer-updated",),
    sample={"id": "$CUSTOMER_FIELD_ID", "value": "Silver"},
)  # fmt: skip
def set_field(customer_id: int, customer_field_id: int, body: FieldValue) -> FieldShown:
    """Give a custom field a value."""
    with acting() as session:
        field_values.put(session, held(session, Customer, customer_id), customer_field_id, body, UPDATING)
    session = db.session()
    return field_values.one(found(session, Customer, customer_id), found(session, CustomField, customer_field_id))


@resource.call(
    "DELETE /customers/<number:customer_id>/custom-fields/<number:customer_field_id>", needs="update ticket",
    writes=("customer-updated",),
)  # fmt: skip
def clear_field(customer_id: int, customer_field_id: int) -> None:
    """Take the value out of a custom field."""
    with acting() as session:
        field_values.clear(session, held(session, Customer, customer_id), customer_field_id)


def shown(rows: Sequence[Customer]) -> list[CustomerRow]:
    """Customers in a list."""
    return [CustomerRow(**_row(row), custom_fields=ticket_showing.values(row)) for row in rows]


def _conditions(asked: CustomerQuery) -> list[Any]:
    conditions: list[Any] = [
        getattr(Customer, name) == value
        for name in ("external_id", "language", "name", "timezone")
        if (value := getattr(asked, name)) is not None
    ]
    if asked.email is not None:
        conditions.append(Customer.email_key == asked.email.strip().lower())
    if asked.channel_type is not None or asked.channel_address is not None:
        of_channel = [CustomerChannel.customer_id == Customer.id, CustomerChannel.deleted_datetime.is_(None)]
        if asked.channel_type is not None:
            of_channel.append(CustomerChannel.type == asked.channel_type)
        if asked.channel_address is not None:
            of_channel.append(CustomerChannel.address == asked.channel_address)
        conditions.append(exists().where(*of_channel))
    if asked.view_id not in (None, ALL_CUSTOMERS):
        raise Problem(400, "Failed to read customer", {"view_id": ["There is no such view of customers."]})
    return conditions


def _values(session: Session, body: CustomerFields, failed: str) -> list[tuple[CustomField, Any]]:
    return [
        (named(session, CustomField, [value.id], "custom_fields", failed)[0], value.value)
        for value in body.custom_fields or []
    ]


def _row(row: Customer) -> dict[str, Any]:
    return {
        "id": row.id,
        "external_id": row.external_id,
        "active": row.active,
        "email": row.email,
        "name": row.name,
        "firstname": row.firstname,
        "lastname": row.lastname,
        "language": row.language,
        "timezone": row.timezone,
        "created_datetime": row.created_datetime,
        "updated_datetime": row.updated_datetime,
        "meta": row.meta,
        "data": row.data,
        "note": row.note,
    }


def _detail(number: int, *, with_fields: bool = False) -> CustomerDetail:
    customer = found(db.session(), Customer, number)
    return CustomerDetail(
        **_row(customer),
        custom_fields=ticket_showing.values(customer) if with_fields else None,
        channels=[channel_shown(each, customer) for each in channels.live(customer)],
        customer=None,
        integrations=integrations(customer),
        external_data={},
        ecommerce_data={},
    )
