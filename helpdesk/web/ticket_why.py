"""Why something happened to a ticket: what exactly changed, what set it off, and the chain that it belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Response, abort, g, make_response, render_template, request
from sqlalchemy import func, or_
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from audit import rows
from audit.changes import Teller, Touched
from audit.db import db
from audit.hues import hue_of
from audit.log import event_table
from audit.sessions import scoped
from audit.types import registry
from helpdesk.web import reading, trail
from helpdesk.web.changing import needs
from helpdesk.web.formats import zone
from helpdesk.web.htmx import wants_partial
from helpdesk.web.security import LARGEST_ID
from helpdesk.web.shell import desk_clock
from helpdesk.web.tickets import blueprint

#: Links of a chain that are told here; a merge of two long tickets has more.
MOST_LINKS: Final = 40

_event = event_table.c


@dataclass(frozen=True)
class Link:
    """An event of the chain."""

    id: int
    label: str
    hue: str
    who: str
    object: str
    is_this: bool
    is_cause: bool


@dataclass(frozen=True)
class Why:
    """All that is told of one event."""

    id: int
    label: str
    hue: str
    meaning: str
    because: str
    rule_id: int | None  #: the rule that did it
    touched: list[Touched]
    chain: list[Link]
    is_more: bool


@blueprint.get("/tickets/<number:ticket_id>/trail/<number:event_id>")
@needs("read")
def show_event(ticket_id: int, event_id: int) -> Response:
    """One event of the trail; the fragment opens within its line."""
    session = db.session()
    ticket = reading.read_ticket(session, ticket_id)
    found = trail.event_of(session, ticket_id, event_id) if event_id <= LARGEST_ID else None
    if ticket is None or found is None:
        abort(404, "This event is not one of the ticket's. Go back to the ticket and look again.")
    template = "tickets/_why.html" if wants_partial() else "tickets/why.html"
    return make_response(render_template(template, why=_why(session, found), ticket=ticket, asked=request.path))


def _why(session: Session, found: Row[Any]) -> Why:
    now = desk_clock(g.account.id).now.astimezone(zone(g.account.time_zone))
    chain = _chain(session, found)
    cause = next((row for row in chain if row.id == found.cause_id), None)
    shown = [row for row in chain if row is not cause or row.context == found.context][:MOST_LINKS]
    teller = Teller(rows.teller_for(session, now, [*shown, found]).labels, now)
    type_ = registry.get(found.type)
    return Why(
        id=found.id,
        label=type_.label if type_ else found.type,
        hue=hue_of(found.type),
        meaning=type_.meaning if type_ else "",
        because=_because(found, cause, teller),
        rule_id=found.actor_id if found.actor_kind == "rule" else None,
        touched=_telling(teller.touched(found)),
        chain=[_link(row, found, teller) for row in shown] if len(shown) > 1 else [],
        is_more=len(chain) > MOST_LINKS,
    )


def _chain(session: Session, found: Row[Any]) -> Sequence[Row[Any]]:
    # Scoped by an expression, as the log's own page does: the index by context is to be used.
    account = func.coalesce(_event.account_id, 0) == session.info["account_id"]
    in_chain = (
        or_(_event.context == found.context, _event.id == found.cause_id)
        if found.cause_id
        else (_event.context == found.context)
    )
    statement = scoped(session, table=event_table).where(account, in_chain)
    return session.execute(statement.order_by(_event.id).limit(MOST_LINKS + 1)).all()


def _because(found: Row[Any], cause: Row[Any] | None, teller: Teller) -> str:
    """Who or what did it, and what set that off, in a sentence."""
    who = teller.actor(found)
    said = f"{who[:1].upper()}{who[1:]} did it, by {_WAYS.get(found.source, found.source)}."
    if cause is not None:
        label = registry[cause.type].label if cause.type in registry else cause.type
        return f"{said} It was set off by “{label}” of {teller.actor(cause)}."
    return said


_WAYS: Final = {
    "web": "hand in these pages", "api": "a call of the API", "email": "mail", "chat": "chat",
    "webhook": "another system's call", "automation": "the desk's own machines", "simulator": "the simulator",
    "cli": "the command line",
}  # fmt: skip


def _telling(touched: list[Touched]) -> list[Touched]:
    quiet = {"row version", "updated", "created", "excerpt"}
    kept = [
        Touched(each.name, each.verb, [field for field in each.fields if field.name not in quiet]) for each in touched
    ]
    return [each for each in kept if each.fields]


def _link(row: Row[Any], found: Row[Any], teller: Teller) -> Link:
    type_ = registry.get(row.type)
    who = row.actor_name if row.user_id is not None else f"No user, {teller.actor(row)}"
    name = rows.name_of(row.object_type, row.object_id, row.object_label or "")
    return Link(
        id=row.id,
        label=type_.label if type_ else row.type,
        hue=hue_of(row.type),
        who=who,
        object=name,
        is_this=row.id == found.id,
        is_cause=row.id == found.cause_id,
    )
