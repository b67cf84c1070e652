"""Two agents' lost race: who was late learns who did what since, and nothing of theirs is done."""

from typing import Any, Final

from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from audit.clock import wall_now
from audit.log import event_table
from audit.sessions import scoped
from helpdesk.models import Ticket
from helpdesk.web.formats import ago

_event = event_table.c

#: What a type says of somebody who did it; the braces stand for the ticket.
_DEEDS: Final = {
    "ticket-closed": "closed {}",
    "ticket-reopened": "reopened {}",
    "ticket-self-unsnoozed": "woke {}",
    "ticket-snoozed": "snoozed {}",
    "ticket-assigned": "assigned {}",
    "ticket-unassigned": "unassigned {}",
    "ticket-team-assigned": "gave {} to a team",
    "ticket-team-unassigned": "took {} from its team",
    "ticket-subject-updated": "renamed {}",
    "ticket-customer-updated": "swapped the customer of {}",
    "ticket-marked-spam": "marked {} as spam",
    "ticket-unmarked-spam": "took {} out of spam",
    "ticket-trashed": "trashed {}",
    "ticket-untrashed": "restored {}",
    "ticket-tags-added": "tagged {}",
    "ticket-tags-removed": "untagged {}",
    "ticket-merged": "merged another ticket into {}",
}


class Stale(Exception):
    """The page on which something was pressed was older than the ticket; the message tells what happened since."""


def refuse_stale(session: Session, ticket: Ticket, shown_version: str | None, user_id: int) -> None:
    """Raise Stale if somebody else has changed the ticket since the page was drawn that carries this version."""
    shown = shown_version or ""
    if not (shown.isascii() and shown.isdigit()) or int(shown) == ticket.row_version:
        return
    since = _since(session, ticket, int(shown))
    if since and all(event.user_id == user_id for event in since):
        return  # a double click, or a second window of the same person
    raise Stale(f"{_what_happened(since)} Your change was not made; look again and repeat it if it still fits.")


def _since(session: Session, ticket: Ticket, version: int) -> list[Row[Any]]:
    events = session.execute(
        scoped(session, table=event_table)
        .where(_event.object_type == "Ticket", _event.object_id == ticket.id)
        .order_by(_event.id.desc())
        .limit(60)
    )
    since, steps = [], ticket.row_version - version
    for event in events:
        if steps <= 0:
            break
        if event.changes or event.type == "ticket-updated":  # what changes nothing overtakes nobody
            since.append(event)
        steps -= event.type == "ticket-updated"
    return since


def _what_happened(since: list[Row[Any]]) -> str:
    if not since:
        return "This ticket has changed since you opened it."
    who = since[0].actor_name
    deeds = [_DEEDS[event.type] for event in reversed(since) if event.actor_name == who and event.type in _DEEDS]
    return f"{who[:1].upper()}{who[1:]} {_told(list(dict.fromkeys(deeds)), since)} {_when(since[0])}."


def _told(deeds: list[str], since: list[Row[Any]]) -> str:
    if not deeds:
        wrote = any("messages_count" in columns for event in since for columns in (event.changes or {}).values())
        return "wrote in this ticket" if wrote else "changed this ticket"
    first, *more = deeds
    told = [first.format("this ticket"), *(deed.format("it") for deed in more)]
    return " and ".join([", ".join(told[:-1]), told[-1]] if more else told)


def _when(event: Row[Any]) -> str:
    seconds = (wall_now() - event.recorded_datetime).total_seconds()
    return f"{max(int(seconds), 0)} s ago" if seconds < 60 else f"{ago(event.recorded_datetime, wall_now())} ago"
