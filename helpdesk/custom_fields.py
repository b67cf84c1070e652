"""The verbs of custom fields: made, changed, put away and brought back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk.events import CUSTOM_FIELD_CREATED, CUSTOM_FIELD_UPDATED
from helpdesk.mail.charsets import clean_line, clean_text
from helpdesk.models import Account, CustomField
from helpdesk.refusals import Refused, blaming
from helpdesk.sessions import session_of

OBJECTS: Final = ("Ticket", "Customer")
LONGEST_LABEL: Final = 255
LONGEST_DESCRIPTION: Final = 1024
HIGHEST_PRIORITY: Final = 5000
MOST_CHOICES: Final = 2000

#: What `update` may change.
EDITABLE: Final = frozenset(
    {"label", "description", "external_id", "priority", "required", "requirement_type", "managed_type", "definition"}
    | {"deactivated_datetime"}
)
#: Which ways of asking there are for each kind of data, and what may be said of them.
_INPUTS: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "text": {"input": frozenset({"placeholder"}), "dropdown": frozenset({"choices", "default"})},
    "number": {"input_number": frozenset({"min", "max", "placeholder"})},
    "boolean": {"dropdown": frozenset({"choices", "default"})},
}


def create(
    account: Account, object_type: str, label: str, definition: Mapping[str, Any], *, by: Actor, **more: Any
) -> CustomField:
    """Give the account a field of its own on tickets or customers."""
    session = session_of(account)
    if object_type not in OBJECTS:
        raise Refused(f"A custom field is one of a {' or a '.join(OBJECTS)}.", "object_type")
    field = CustomField(
        account_id=account.id,
        object_type=object_type,
        created_datetime=now(session),
        **_checked({"label": label, "definition": definition, **more}),
    )
    session.add(field)
    record(CUSTOM_FIELD_CREATED, field, by=by)
    return field


def update(field: CustomField, changes: Mapping[str, Any], *, by: Actor) -> None:
    """Change a field, put it away (`deactivated_datetime`) or bring it back; values that are there stay."""
    different = {name: value for name, value in _checked(changes).items() if getattr(field, name) != value}
    if not different:
        return
    for name, value in different.items():
        setattr(field, name, value)
    field.updated_datetime = now(session_of(field))
    record(CUSTOM_FIELD_UPDATED, field, by=by)


def archive(field: CustomField, *, by: Actor) -> None:
    """Put a field away: nobody is asked for it any more."""
    if field.deactivated_datetime is None:
        update(field, {"deactivated_datetime": now(session_of(field))}, by=by)


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = values.keys() - EDITABLE
    if unknown:
        raise Refused(f"A custom field has no {', '.join(sorted(unknown))} to set.")
    tidy = dict(values)
    if "label" in tidy:
        tidy["label"] = clean_line(str(tidy["label"]), LONGEST_LABEL + 1)
        if not 0 < len(tidy["label"]) <= LONGEST_LABEL:
            raise Refused(f"A custom field needs a label of at most {LONGEST_LABEL} characters.", "label")
    if "description" in tidy:
        tidy["description"] = clean_text(tidy["description"] or "").strip()[:LONGEST_DESCRIPTION] or None
    if not 0 <= tidy.get("priority", 0) <= HIGHEST_PRIORITY:
        raise Refused(f"A priority is a number from 0 to {HIGHEST_PRIORITY}.", "priority")
    if "definition" in tidy:
        with blaming("definition"):
            tidy["definition"] = _checked_definition(tidy["definition"])
    at = tidy.get("deactivated_datetime")
    if at is not None and not isinstance(at, datetime):
        raise Refused("A field is put away at a time.", "deactivated_datetime")
    return tidy


def _checked_definition(definition: Mapping[str, Any]) -> dict[str, Any]:
    kind, asked = str(definition.get("data_type")), definition.get("input_settings")
    if definition.keys() - {"data_type", "input_settings"} or kind not in _INPUTS or not isinstance(asked, Mapping):
        raise Refused(f"A definition holds data_type (one of {', '.join(_INPUTS)}) and input_settings.")
    allowed = _INPUTS[kind].get(str(asked.get("input_type")))
    if allowed is None:
        raise Refused(f"A field of {kind} is asked for by input_type {' or '.join(_INPUTS[kind])}.")
    if asked.keys() - allowed - {"input_type"}:
        raise Refused(f"Its input_settings hold input_type, {', '.join(sorted(allowed))}, and nothing else.")
    choices = asked.get("choices", [None])
    if not isinstance(choices, list) or not 0 < len(choices) <= MOST_CHOICES:
        raise Refused(f"choices is a list of at least one, and at most {MOST_CHOICES}.")
    for name in ("min", "max"):
        if not isinstance(asked.get(name, 0), int | float) or isinstance(asked.get(name), bool):
            raise Refused(f"{name} is a number.")
    return {"data_type": kind, "input_settings": dict(asked)}
