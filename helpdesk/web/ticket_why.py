"""Why something happened to a ticket: what exactly changed, what set it off, and the chain that it belongs to."""

from dataclasses import dataclass
from typing import Any

from flask import Response, abort, g, make_response, render_template, request
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from audit import rows
from audit.chains import Chain, acted_in, chain_of, chain_rows
from audit.changes import Touched
from audit.db import db
from audit.directory import directory
from audit.hues import hue_of
from audit.types import registry
from helpdesk.web import reading, trail
from helpdesk.web.changing import needs
from helpdesk.web.formats import zone
from helpdesk.web.htmx import wants_partial
from helpdesk.web.security import LARGEST_ID
from helpdesk.web.shell import desk_clock
from helpdesk.web.tickets import blueprint


@dataclass(frozen=True)
class Why:
    """All that is told of one event."""

    id: int
    label: str
    hue: str
    meaning: str
    rule_id: int | None  #: the rule that did it
    touched: list[Touched]
    chain: Chain


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
    chain = chain_rows(session, found)
    teller = rows.teller_for(session, now, [*chain, found])
    type_ = registry.get(found.type)
    return Why(
        id=found.id,
        label=rows.label_of(found.type),
        hue=hue_of(found.type),
        meaning=type_.meaning if type_ else "",
        rule_id=found.actor_id if found.actor_kind == "rule" else None,
        touched=_telling(teller.touched(found)),
        chain=chain_of(session, found, chain, teller, directory().links(g.account.id, acted_in(chain))),
    )


def _telling(touched: list[Touched]) -> list[Touched]:
    quiet = {"row version", "updated", "created", "excerpt"}
    kept = [
        Touched(each.name, each.verb, [field for field in each.fields if field.name not in quiet]) for each in touched
    ]
    return [each for each in kept if each.fields]
