"""Several changes to one ticket as one verb, so that a job can make them on many."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy.orm import Session

from audit.actors import Actor
from helpdesk import desk, life, macros, tags, tickets
from helpdesk.models import Macro, Team, Ticket, User
from helpdesk.refusals import Refused

Row = TypeVar("Row", User, Team, Macro)

#: A change with all it needs but the ticket and who acts.
Change = Callable[[Ticket, Actor], object]


def all_of(session: Session, given: dict[str, Any]) -> Change:
    """All changes that are named, `[["status", "closed"], …]`, in this order; raises Refused if one can't be."""
    said = {name: _moment(name, value) for name, value in given["updates"] if name in life.WORDS}
    changes = [(name, _CHANGES[name](session, value) if name not in said else None) for name, value in given["updates"]]

    def do(ticket: Ticket, by: Actor) -> None:
        moving = life.first_new(ticket, said)
        for name, change in changes:
            if change is not None:
                change(ticket, by)
            elif name == moving:
                life.bring(ticket, said, by=by)

    return do


def macro_and_close(session: Session, given: dict[str, Any]) -> Change:
    """Let a macro do its actions, and close the ticket."""
    macro = _one(session, Macro, given["macro_id"], "macro")

    def do(ticket: Ticket, by: Actor) -> object:
        reply = macros.apply(macro, ticket, by=by)
        if ticket.is_open or ticket.is_snoozed:  # two actions in one chain: the macro's, then theirs who asked
            desk.go_on(session)
            tickets.close(ticket, by=by)
        return reply

    return do


def _switch(on: Callable[..., object], off: Callable[..., object]) -> Callable[[Session, Any], Change]:
    return lambda _session, value: lambda ticket, by: (on if value else off)(ticket, by=by)


def _assignee(session: Session, number: int | None) -> Change:
    if number is None:
        return lambda ticket, by: tickets.unassign(ticket, by=by)
    user = _one(session, User, number, "team member")
    return lambda ticket, by: tickets.assign(ticket, user, by=by)


def _team(session: Session, number: int | None) -> Change:
    if number is None:
        return lambda ticket, by: tickets.unassign_team(ticket, by=by)
    team = _one(session, Team, number, "team")
    return lambda ticket, by: tickets.assign_team(ticket, team, by=by)


def _moment(name: str, value: str | None) -> datetime | str | None:
    return datetime.fromisoformat(value) if name != "status" and value is not None else value


_CHANGES: Final[dict[str, Callable[[Session, Any], Change]]] = {
    "priority": lambda _session, value: lambda ticket, by: tickets.set_priority(ticket, value, by=by),
    "subject": lambda _session, value: lambda ticket, by: tickets.set_subject(ticket, value, by=by),
    "tags": lambda _session, names: lambda ticket, by: tags.set_on(ticket, names, by=by),
    "assignee_user": _assignee,
    "assignee_team": _team,
    "spam": _switch(tickets.mark_spam, tickets.unmark_spam),
    "trashed_datetime": _switch(tickets.trash, tickets.untrash),
}


def _one(session: Session, model: type[Row], number: int, what: str) -> Row:
    found = session.get(model, number)
    if found is None or found.account_id != session.info["account_id"]:
        raise Refused(f"There is no {what} {number}. Nothing was changed.")
    return found
