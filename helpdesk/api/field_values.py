"""The custom fields of a ticket or customer, with what it has in them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.rest.problems import Problem
from audit.rest.shapes import in_order, write_moment
from helpdesk import fields
from helpdesk.api.acting import found, me
from helpdesk.api.ticket_shapes import Fields, FieldShown, FieldValue
from helpdesk.models import Customer, CustomField, Ticket
from helpdesk.refusals import blaming


def listed(session: Session, thing: Ticket | Customer) -> Fields:
    """All fields in use, with values where there are some."""
    kind = type(thing).__name__
    wanted = select(CustomField).where(CustomField.object_type == kind, CustomField.deactivated_datetime.is_(None))
    every = session.scalars(wanted.order_by(CustomField.priority.desc(), CustomField.id))
    return Fields(data=[one(thing, field) for field in every])


def one(thing: Ticket | Customer, field: CustomField) -> FieldShown:
    """A field with its value."""
    held: list[Any] = thing.field_values
    value = next((each.value for each in held if each.custom_field_id == field.id), None)
    return FieldShown(field=field_shown(field), prediction=None, value=value)


def put(session: Session, thing: Ticket | Customer, number: int, value: FieldValue, failed: str) -> None:
    """Give the field of the address a value; the body names the same."""
    if value.id != number:
        raise Problem(400, failed, {"id": ["It is not the field of the address."]})
    with blaming("value"):
        fields.set_value(thing, found(session, CustomField, number), value.value, by=me())


def clear(session: Session, thing: Ticket | Customer, number: int) -> None:
    """Take the value out."""
    fields.set_value(thing, found(session, CustomField, number), None, by=me())


def field_shown(field: CustomField) -> dict[str, Any]:
    """A custom field by itself."""
    changed, gone = field.updated_datetime, field.deactivated_datetime
    return {
        "id": field.id,
        "external_id": field.external_id,
        "object_type": field.object_type,
        "label": field.label,
        "description": field.description,
        "priority": field.priority,
        "required": field.required,
        "requirement_type": field.requirement_type,
        "managed_type": field.managed_type,
        "definition": _definition(field.definition),
        "created_datetime": write_moment(field.created_datetime),
        "updated_datetime": write_moment(changed) if changed is not None else None,
        "deactivated_datetime": write_moment(gone) if gone is not None else None,
    }


def _definition(kept: Mapping[str, Any]) -> dict[str, Any]:
    whole = in_order(kept, ("data_type", "input_settings"))
    return whole | {"input_settings": in_order(whole.get("input_settings") or {}, ("input_type", "choices", "default"))}
