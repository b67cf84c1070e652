"""The values of custom fields of a ticket or customer: what fits a field, and the verb that sets it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk.events import CUSTOMER_UPDATED, TICKET_UPDATED
from helpdesk.models import Customer, CustomerFieldValue, CustomField, Ticket, TicketFieldValue
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of

LONGEST_VALUE: Final = 2000


def set_value(thing: Ticket | Customer, field: CustomField, value: Any, *, by: Actor) -> None:
    """Give a ticket or customer a value in a field of their account, or none."""
    if not put(thing, field, value):
        return
    if isinstance(thing, Ticket):
        record(TICKET_UPDATED, thing, by=by)
        return
    thing.updated_datetime = now(session_of(thing))
    record(CUSTOMER_UPDATED, thing, by=by)


def set_values(ticket: Ticket, given: Iterable[tuple[CustomField, Any]], *, by: Actor) -> None:
    """Give a ticket these values, and take away all others."""
    if replace(ticket, given):
        record(TICKET_UPDATED, ticket, by=by)


def put(thing: Ticket | Customer, field: CustomField, value: Any) -> bool:
    """Let it have this value, and say whether it had another; whoever calls says what happened."""
    kind = type(thing).__name__
    if field.account_id != thing.account_id or field.object_type != kind:
        raise Refused(f"That is no field of {kind.lower()}s.")
    if field.deactivated_datetime is not None:
        raise Refused(f"The field {field.label!r} is not in use any more.")
    tidy = fitting(field, value)
    values: list[Any] = thing.field_values
    held = next((each for each in values if each.custom_field_id == field.id), None)
    if (held.value if held else None) == tidy:
        return False
    if held is None:
        made = TicketFieldValue if isinstance(thing, Ticket) else CustomerFieldValue
        values.append(made(account_id=thing.account_id, custom_field_id=field.id, value=tidy))
    elif tidy is None:
        values.remove(held)
    else:
        held.value = tidy
    return True


def replace(thing: Ticket | Customer, given: Iterable[tuple[CustomField, Any]]) -> bool:
    """Let it have these values, and no others; whoever calls says what happened, if anything did."""
    wanted, values = dict(given), list[Any](thing.field_values)
    kept = {field.id for field in wanted}
    gone = [held for held in values if held.custom_field_id not in kept]
    for held in gone:
        thing.field_values.remove(held)
    return any([bool(gone), *(put(thing, field, value) for field, value in wanted.items())])


def fitting(field: CustomField, value: Any) -> Any:
    """The value as the field keeps it, None for none; raises Refused if it doesn't fit."""
    if value is None or value == "":
        return None
    kind, asked = str(field.definition.get("data_type") or "text"), field.definition.get("input_settings") or {}
    if kind == "number":
        return _number(field.label, value, asked)
    if kind == "boolean":
        return _yes_or_no(field.label, value)
    choices = asked.get("choices") if asked.get("input_type") == "dropdown" else None
    if not isinstance(value, str) and (isinstance(value, bool) or value not in (choices or ())):
        raise Refused(f"{field.label} is a text.")
    text = str(value).strip()
    if len(text) > LONGEST_VALUE:
        raise Refused(f"{field.label} has at most {LONGEST_VALUE} characters; this has {len(text):,}.")
    if choices and text not in map(str, choices):
        raise Refused(f"{field.label} is one of {', '.join(map(str, choices[:20]))}.")
    return text or None


def _number(label: str, value: Any, asked: Mapping[str, Any]) -> float | int:
    try:
        number = float("" if isinstance(value, bool) else value)
    except (TypeError, ValueError, OverflowError):
        raise Refused(f"{label} is a number.") from None
    least, most = asked.get("min"), asked.get("max")
    if not abs(number) < 1e15 or (least is not None and number < least) or (most is not None and number > most):
        said = f" from {least}" * (least is not None) + f" to {most}" * (most is not None)
        raise Refused(f"{label} is a number{said or ' that can be counted with'}.")
    return int(number) if number.is_integer() else number


def _yes_or_no(label: str, value: Any) -> bool:
    if value is True or value in ("true", "yes"):
        return True
    if value is False or value in ("false", "no"):
        return False
    raise Refused(f"{label} is yes or no.")
