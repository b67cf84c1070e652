"""Custom fields of a ticket: what fits is kept and told by one update, what doesn't is refused with a sentence."""

from typing import Any

import pytest

from audit.ledger import record
from helpdesk import fields
from helpdesk.events import CUSTOM_FIELD_CREATED
from helpdesk.models import CustomField
from helpdesk.refusals import Refused
from tests.desks import Desk

CHOICE = {"data_type": "text", "input_settings": {"input_type": "dropdown", "choices": ["Late", "Lost"]}}
NUMBER = {"data_type": "number", "input_settings": {"input_type": "input_number", "min": 1, "max": 9}}
BOOLEAN = {"data_type": "boolean", "input_settings": {"input_type": "dropdown"}}
TEXT = {"data_type": "text", "input_settings": {"input_type": "input"}}


def a_field(desk: Desk, definition: dict[str, Any], object_type: str = "Ticket") -> int:
    """A field of the account's own."""
    with desk.acting() as action:
        field = CustomField(
            account_id=desk.account_id,
            object_type=object_type,
            label="Reason",
            definition=definition,
            created_datetime=action.at,
        )
        desk.session.add(field)
        record(CUSTOM_FIELD_CREATED, field, by=desk.by_admin)
        return field.id


@pytest.mark.parametrize(
    ("definition", "given", "kept"),
    [
        (TEXT, " Broken ", "Broken"),
        (CHOICE, "Late", "Late"),
        (NUMBER, "7", 7),
        (NUMBER, "2.5", 2.5),
        (BOOLEAN, "yes", True),
        (BOOLEAN, "no", False),
    ],
)
def test_a_value_is_set_changed_and_cleared_each_time_with_one_update(
    desk: Desk, definition: dict[str, Any], given: str, kept: Any
) -> None:
    number, ticket_id = a_field(desk, definition), desk.a_ticket().id
    for value, expected in ((given, [kept]), (given, [kept]), ("", [])):
        with desk.watched() as trail, desk.acting():
            ticket = desk.ticket(ticket_id)
            before = [each.value for each in ticket.field_values]
            fields.set_value(ticket, desk.session.get_one(CustomField, number), value, by=desk.by_ana)
        assert trail.types == (["ticket-updated"] if before != expected else [])
        assert [each.value for each in desk.ticket(ticket_id).field_values] == expected


@pytest.mark.parametrize(
    ("definition", "given", "sentence"),
    [
        (CHOICE, "Stolen", "Reason is one of Late, Lost."),
        (NUMBER, "x", "Reason is a number."),
        (NUMBER, "10", "Reason is a number from 1 to 9."),
        (NUMBER, "nan", "Reason is a number"),
        (NUMBER, True, "Reason is a number."),
        (NUMBER, 10**400, "Reason is a number."),
        (BOOLEAN, 1, "Reason is yes or no."),
        (TEXT, True, "Reason is a text."),
        (TEXT, 5, "Reason is a text."),
        (BOOLEAN, "maybe", "Reason is yes or no."),
        (TEXT, "x" * 2001, "at most 2000 characters"),
    ],
)
def test_what_does_not_fit_is_refused(desk: Desk, definition: dict[str, Any], given: Any, sentence: str) -> None:
    number, ticket_id = a_field(desk, definition), desk.a_ticket().id
    with desk.watched() as trail, pytest.raises(Refused, match=sentence), desk.acting():
        fields.set_value(desk.ticket(ticket_id), desk.session.get_one(CustomField, number), given, by=desk.by_ana)
    assert trail.types == []


def test_a_field_of_customers_is_none_of_tickets(desk: Desk) -> None:
    number, ticket_id = a_field(desk, TEXT, "Customer"), desk.a_ticket().id
    with pytest.raises(Refused), desk.acting():
        fields.set_value(desk.ticket(ticket_id), desk.session.get_one(CustomField, number), "x", by=desk.by_ana)
