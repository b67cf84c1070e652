"""Answers to what was pressed on a ticket's page: the fresh ticket, its trail, the counts, and a toast."""

from dataclasses import dataclass
from typing import Any

from flask import Response, abort, flash, g, make_response, redirect, render_template

from audit.db import db
from audit.hues import hue_of
from audit.ledger import sealed_since
from audit.types import registry
from helpdesk.web import reading
from helpdesk.web.directory import ticket_address
from helpdesk.web.htmx import wants_partial
from helpdesk.web.reading import TicketPage
from helpdesk.web.shell import Shell


@dataclass(frozen=True)
class Told:
    """An event as a toast names it."""

    label: str
    hue: str


def read(ticket_id: int) -> TicketPage:
    """The ticket's page as it is now, or 404."""
    session = db.session()
    ticket = reading.read_ticket(session, ticket_id)
    if ticket is None:
        abort(404, f"There is no ticket {ticket_id} here: it was deleted, or never existed in this account.")
    return reading.read_page(session, ticket, g.account.time_zone)


def done(ticket_id: int, said: str, *, sent: bool = False) -> Response:
    """It was done: say so, name the events, and show the ticket as it is now."""
    events = written()
    if not events:
        said = "Nothing changed, so no event was written."
    if not wants_partial():
        toast(said, events)
        return make_response(redirect(ticket_address(ticket_id), 303))
    return _fresh(ticket_id, "done" if events else "info", said, events, sent=sent)


def refused(ticket_id: int, said: str, body_text: str | None = None) -> Response:
    """It was not done: say why, and show the ticket as it is now, with what was typed."""
    if wants_partial():
        return _fresh(ticket_id, "error", said, [], status=409)
    return whole(read(ticket_id), problem=said, body_text=body_text, status=409)


def whole(page: TicketPage, status: int = 200, **said: str | None) -> Response:
    """The ticket's page; `problem`, `composer_problem` and `body_text` say what went wrong and what was typed."""
    return make_response(render_template("tickets/ticket.html", page=page, ticket=page.ticket, **said), status)


def written() -> list[Told]:
    """The events that the last action wrote."""
    found = []
    for _, name in sealed_since(db.session()):
        type_ = registry.get(name)
        found.append(Told(type_.label if type_ else name, hue_of(name)))
    return found


def tell(said: str, none: str = "Nothing changed, so no event was written.") -> None:
    """Say on the next page what the action of this request did, with its events; `none` if it changed nothing."""
    events = written()
    toast(said if events else none, events)


def toast(said: str, events: list[Told]) -> None:
    """Show a toast on the next page."""
    message: Any = {"said": said, "events": [vars(event) for event in events]}
    flash(message, "done" if events else "info")


def _fresh(
    ticket_id: int, kind: str, said: str, events: list[Told], *, sent: bool = False, status: int = 200
) -> Response:
    page, shell = read(ticket_id), Shell()
    context: dict[str, Any] = {"page": page, "ticket": page.ticket, "sent": sent}
    return make_response(
        render_template(
            "tickets/_answer.html", kind=kind, said=said, events=events, views=shell.views, current=None, **context
        ),
        status,
    )
