"""Scenes of the account's own fields."""

from helpdesk import custom_fields
from helpdesk.models import CustomField
from seeds.scenes.beginnings import USER
from seeds.scenes.kinds import quiet, scenario
from seeds.stage import Stage

REASONS = {"data_type": "text", "input_settings": {"input_type": "dropdown", "choices": ["Late", "Lost"]}}


def _a_field(stage: Stage) -> int:
    with stage.acting("api"):
        return custom_fields.create(stage.account, "Ticket", "Reason", REASONS, by=stage.by_admin).id


@scenario("custom-field-created", "A program makes a field of tickets", ("custom-field-created", USER))
def a_field_is_made(stage: Stage, _number: int) -> None:
    _a_field(stage)


@scenario(
    "custom-field-updated", "A program gives a field another label", ("custom-field-updated", USER), prepare=_a_field
)
def a_field_is_changed(stage: Stage, number: int) -> None:
    with stage.acting("api"):
        custom_fields.update(stage.session.get_one(CustomField, number), {"label": "Why"}, by=stage.by_admin)


@quiet("custom-field-updated", "The label it has", prepare=_a_field)
def the_label_it_has(stage: Stage, number: int) -> None:
    with stage.acting("api"):
        custom_fields.update(stage.session.get_one(CustomField, number), {"label": " Reason "}, by=stage.by_admin)


@quiet("custom-field-created", "A definition that is none", refusal="A definition holds data_type")
def a_definition_that_is_none(stage: Stage, _number: int) -> None:
    with stage.acting("api"):
        custom_fields.create(stage.account, "Ticket", "Reason", {"data_type": "date"}, by=stage.by_admin)
