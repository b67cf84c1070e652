"""What a body says of where in its life a ticket is: status, sleep and closing mean one thing, in whichever order."""

from collections.abc import Mapping
from typing import Any, Final

from helpdesk import tickets
from helpdesk.api.acting import me
from helpdesk.models import Ticket
from helpdesk.refusals import Refused, blaming

#: The fields that speak of it together.
WORDS: Final = ("status", "snooze_datetime", "closed_datetime")


def new(ticket: Ticket, said: Mapping[str, Any]) -> dict[str, Any]:
    """What of it is not so already. A snoozed ticket's status is "closed", and the same beside it says nothing new."""
    return {name: said[name] for name in WORDS if name in said and said[name] != getattr(ticket, name)}


def bring(ticket: Ticket, said: Mapping[str, Any]) -> None:
    """Bring the ticket to where all that is said puts it: open, closed for good, or asleep."""
    fresh = new(ticket, said)
    status, until, at = (fresh.get(name) for name in WORDS)
    if until is not None:
        _snooze(ticket, until, is_closed=at is not None, is_open=status == "open")
    elif status == "open":
        _open(ticket, is_closed=at is not None)
    elif status == "closed" or at is not None:
        with blaming("closed_datetime" if at is not None else "status"):
            tickets.close(ticket, at=at, by=me())
    elif said.get("status") != "closed":  # one of its two times was taken away
        tickets.reopen(ticket, by=me())
    elif "snooze_datetime" in fresh:
        tickets.close(ticket, by=me())
    else:
        raise Refused("A closed ticket has a time when it was closed. To open it, send the status “open”.", WORDS[2])


def _snooze(ticket: Ticket, until: Any, *, is_closed: bool, is_open: bool) -> None:
    if is_open or is_closed:
        raise Refused(
            "A ticket that sleeps is neither open nor closed for good: send snooze_datetime without the other.",
            "snooze_datetime",
        )
    with blaming("snooze_datetime"):
        tickets.snooze(ticket, until, by=me())


def _open(ticket: Ticket, *, is_closed: bool) -> None:
    if is_closed:
        raise Refused("An open ticket has no time when it was closed. Send one of the two.", "closed_datetime")
    tickets.reopen(ticket, by=me())
