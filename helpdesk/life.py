"""Where in its life a ticket is brought by what is said of it: status, sleep and closing mean one thing together."""

from collections.abc import Mapping
from typing import Any, Final

from audit.actors import Actor
from helpdesk import tickets
from helpdesk.models import Ticket
from helpdesk.refusals import Refused, blaming

#: What speaks of it, in whichever order.
WORDS: Final = ("status", "snooze_datetime", "closed_datetime")


def first_new(ticket: Ticket, said: Mapping[str, Any]) -> str | None:
    """The first word that is not so already. A snoozed ticket's status is "closed": the same is nothing new."""
    return next((name for name in said if name in _new(ticket, said)), None)


def bring(ticket: Ticket, said: Mapping[str, Any], *, by: Actor) -> None:
    """Bring the ticket to where all that is said puts it: open, closed for good, or asleep."""
    new = _new(ticket, said)
    if not new:
        return
    status, until, at = (new.get(name) for name in WORDS)
    if until is not None:
        _refuse(status == "open" or at is not None, "snooze_datetime", _ASLEEP)
        with blaming("snooze_datetime"):
            tickets.snooze(ticket, until, by=by)
    elif status == "open":
        _refuse(at is not None, "closed_datetime", _OPEN)
        tickets.reopen(ticket, by=by)
    elif status == "closed" or at is not None:
        with blaming("closed_datetime" if at is not None else "status"):
            tickets.close(ticket, at=at, by=by)
    elif said.get("status") != "closed":  # one of its two times was taken away
        tickets.reopen(ticket, by=by)
    else:
        _refuse("snooze_datetime" not in new, "closed_datetime", _CLOSED)
        tickets.close(ticket, by=by)


_ASLEEP: Final = "A ticket that sleeps is neither open nor closed for good: send snooze_datetime without the other."
_OPEN: Final = "An open ticket has no time when it was closed. Send one of the two."
_CLOSED: Final = "A closed ticket has a time when it was closed. To open it, send the status “open”."


def _new(ticket: Ticket, said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: said[name] for name in WORDS if name in said and said[name] != getattr(ticket, name)}


def _refuse(is_wrong: bool, field: str, why: str) -> None:
    if is_wrong:
        raise Refused(why, field)
