"""The colour of each event, the same on every page: its group's, or danger's where something is thrown away."""

from functools import cache
from typing import Final

from audit.types import registry

#: The hue of each group of objects; what is not named here configures the desk.
_HUES: Final = {
    "Ticket": "ticket",
    "SatisfactionSurvey": "ticket",
    "TicketMessage": "message",
    "Customer": "people",
    "Team": "people",
    "User": "people",
    "Account": "account",
    "ApiKey": "account",
}
#: How the names of events end that tell of a loss.
_DANGER: Final = ("-deleted", "-trashed", "-marked-spam", "-login-failed")


@cache
def hue_of(type_name: str) -> str:
    """The class that gives an event its colour."""
    type_ = registry.get(type_name)
    return "hue-danger" if type_name.endswith(_DANGER) else group_hue(type_.object if type_ is not None else "")


def group_hue(object_type: str) -> str:
    """The class that gives a group of events its colour."""
    return f"hue-{_HUES.get(object_type, 'configuration')}"
