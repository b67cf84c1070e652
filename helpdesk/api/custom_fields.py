"""Custom fields by API: listed, made, changed one by one or several at once, put away."""

from typing import Any, Final, Literal

from pydantic import Field
from sqlalchemy import select

from audit.db import db
from audit.rest.calls import Resource
from audit.rest.echoes import Moving
from audit.rest.paging import Page, both_ways, paged
from audit.rest.problems import Problem
from audit.rest.shapes import Body, Flag, Id, Moment, Paged, Shown
from helpdesk import custom_fields
from helpdesk.api.acting import account, acting, found, held, me
from helpdesk.api.field_values import field_shown
from helpdesk.models import CustomField

resource = Resource(
    "custom_fields",
    "Custom fields",
    noun="custom field",
    scope="custom_fields",
    about="Fields of the account's own on tickets and customers. They are put away, never deleted.",
)

UPDATING: Final = "Failed to update custom field"
ORDERS: Final = both_ways("priority", CustomField.priority, int)

Managed = Literal[
    "contact_reason", "product", "resolution", "ai_intent", "ai_outcome", "ai_sales", "ai_discount", "ai_journey",
    "managed_sentiment", "call_status",
]  # fmt: skip


class FieldQuery(Paged):
    """Which fields."""

    object_type: Literal["Ticket", "Customer"]
    order_by: Literal["priority:desc", "priority:asc"] = "priority:desc"
    search: str | None = Field(None, max_length=255, description="A part of the label.")
    archived: bool = Field(False, description="true shows those that were put away.")


class FieldChange(Body):
    """What to change."""

    object_type: Literal["Ticket", "Customer"] | None = None
    label: str = Field("", min_length=1, max_length=custom_fields.LONGEST_LABEL)
    definition: dict[str, Any] = {}
    description: str | None = Field(None, max_length=custom_fields.LONGEST_DESCRIPTION)
    external_id: str | None = Field(None, max_length=255)
    priority: int = Field(0, ge=0, le=custom_fields.HIGHEST_PRIORITY, strict=True)
    required: Flag = False
    requirement_type: Literal["visible", "conditional"] = "visible"
    managed_type: Managed | None = None
    deactivated_datetime: Moment | None = None


class NumberedChange(FieldChange):
    """What to change of the field of this number."""

    id: Id


class NewField(FieldChange):
    """A field to make."""

    object_type: Literal["Ticket", "Customer"]
    label: str = Field(min_length=1, max_length=custom_fields.LONGEST_LABEL)
    definition: dict[str, Any]


class FieldShownAlone(Shown):
    """A custom field."""

    id: int
    external_id: str | None
    object_type: str
    label: str
    description: str | None
    priority: int
    required: bool
    requirement_type: str
    managed_type: str | None
    definition: dict[str, Any]
    created_datetime: str
    updated_datetime: Moving[str | None]
    deactivated_datetime: str | None


@resource.call("GET /custom-fields", needs="read", query=FieldQuery, gives=FieldShownAlone, asking="object_type=Ticket")
def index(asked: FieldQuery) -> Page:
    """List the fields of tickets or of customers."""
    put_away = CustomField.deactivated_datetime.is_not(None)
    statement = select(CustomField).where(CustomField.object_type == asked.object_type)
    statement = statement.where(put_away if asked.archived else ~put_away)
    if asked.search:
        statement = statement.where(CustomField.label.icontains(asked.search, autoescape=True))
    page = paged(db.session(), statement, ORDERS[asked.order_by], CustomField.id, asked)
    return page.map(lambda rows: [shown(row) for row in rows], total_resources=None)


@resource.call(
    "POST /custom-fields", needs="manage settings", body=NewField, gives=FieldShownAlone,
    writes=("custom-field-created",),
    sample={
        "object_type": "Ticket",
        "label": "Size",
        "definition": {"data_type": "text", "input_settings": {"input_type": "dropdown", "choices": ["S", "M", "L"]}},
    },
)  # fmt: skip
def create(body: NewField) -> FieldShownAlone:
    """Give the account a field of its own."""
    with acting() as session:
        given = dict(body.sent())
        kind, label, definition = (given.pop(name) for name in ("object_type", "label", "definition"))
        number = custom_fields.create(account(session), kind, label, definition, by=me(), **given).id
    return show(number)


@resource.call("GET /custom-fields/<number:custom_field_id>", needs="read", gives=FieldShownAlone)
def show(custom_field_id: int) -> FieldShownAlone:
    """Show one field."""
    return shown(found(db.session(), CustomField, custom_field_id))


@resource.call(
    "PUT /custom-fields/<number:custom_field_id>", needs="manage settings", body=FieldChange, gives=FieldShownAlone,
    writes=("custom-field-updated",), sample={"description": "Why they write"},
)  # fmt: skip
def update(custom_field_id: int, body: FieldChange) -> FieldShownAlone:
    """Change a field; `deactivated_datetime` puts it away, null brings it back."""
    with acting() as session:
        _change(held(session, CustomField, custom_field_id), body)
    return show(custom_field_id)


@resource.call(
    "PUT /custom-fields", needs="manage settings", body=list[NumberedChange], gives=list[FieldShownAlone],
    writes=("custom-field-updated",), sample=[{"id": "$CUSTOM_FIELD_ID", "priority": 7}], as_shown=show,
)  # fmt: skip
def update_many(body: list[NumberedChange]) -> list[FieldShownAlone]:
    """Change several fields, in a bare list."""
    with acting() as session:
        for change in sorted(body, key=lambda each: each.id):
            _change(held(session, CustomField, change.id), change)
    return [show(change.id) for change in body]


def shown(field: CustomField) -> FieldShownAlone:
    """A field."""
    return FieldShownAlone(**field_shown(field))


def _change(field: CustomField, body: FieldChange) -> None:
    given = {name: value for name, value in body.sent() if name != "id"}
    if given.pop("object_type", field.object_type) != field.object_type:
        raise Problem(400, UPDATING, {"object_type": ["A field stays one of what it was made for."]})
    custom_fields.update(field, given, by=me())
