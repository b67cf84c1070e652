"""Answers to what was pressed on a ticket's page: the fresh ticket, its trail, the counts, and a toast with Undo."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from flask import Response, abort, flash, g, make_response, redirect, render_template, request

from audit.db import db
from audit.hues import hue_of
from audit.ledger import sealed_since
from audit.types import registry
from helpdesk import marks, undoing
from helpdesk.web import lists, reading, shown
from helpdesk.web.htmx import wants_partial
from helpdesk.web.reading import TicketPage
from helpdesk.web.shell import Shell, desk_clock
from helpdesk.web.shown import Shown


@dataclass(frozen=True)
class Press:
    """What somebody presses to turn back what was done: the address, and the fields that go with it."""

    address: str
    fields: dict[str, str] = field(default_factory=dict)
    target: str = ""  #: what the answer takes the place of; empty if it is a page


@dataclass(frozen=True)
class Told:
    """An event as a toast names it, and how often it was written."""

    label: str
    hue: str
    times: int = 1
    name: str = ""


def read(ticket_id: int) -> TicketPage:
    """The ticket's page as it is now, or 404."""
    session = db.session()
    ticket = reading.read_ticket(session, ticket_id)
    if ticket is None:
        abort(404, f"There is no ticket {ticket_id} here: it was deleted, or never existed in this account.")
    return reading.read_page(session, ticket, g.account.time_zone)


def done(ticket_id: int, said: str, *, sent: bool = False) -> Response:
    """It was done: say so, name the events, offer to undo it, and show the ticket as it is now."""
    undo = undoable()
    events = written()
    if not events:
        said = "Nothing changed, so no event was written."
    if sent:  # who wrote it has read it
        marks.note_read(db.session(), g.account.id, g.user.id, ticket_id, desk_clock(g.account.id).now)
    if not wants_partial():
        toast(said, events, undo)
        return make_response(redirect(shown.ticket_address(ticket_id), 303))
    return _fresh(ticket_id, "done" if events else "info", said, events, sent=sent, undo=undo)


def refused(ticket_id: int, said: str, body_text: str | None = None) -> Response:
    """It was not done: say why, and show the ticket as it is now, with what was typed."""
    if wants_partial():
        return _fresh(ticket_id, "error", said, [], status=409)
    return whole(read(ticket_id), problem=said, body_text=body_text, status=409)


def whole(page: TicketPage, listed: Shown | None = None, status: int = 200, **said: Any) -> Response:
    """The ticket's page; `problem`, `composer_problem` and `body_text` say what went wrong and what was typed."""
    context = lists.context(listed or shown.of_page(), open_ticket=page.ticket.id)
    return make_response(render_template("tickets/index.html", **context, **of_ticket(page), **said), status)


def pane(page: TicketPage, listed: Shown) -> Response:
    """The ticket's pane, for a list that is open already, and its row there."""
    row = lists.row(listed, page.ticket.id)
    return make_response(render_template("tickets/_pane.html", **row, **of_ticket(page)))


def of_ticket(page: TicketPage) -> dict[str, Any]:
    """What the templates of a ticket need."""
    # Who else looks is asked as soon as the page is there, and every few seconds from then on.
    return {"page": page, "ticket": page.ticket, "newest": page.trail.newest, "looking": looking()}


def looking() -> list[int]:
    """Who looked at the ticket when the page was last told."""
    return [int(number) for number in request.args.get("looking", "").split(",") if number.isdigit()][:50]


def undoable() -> uuid.UUID | None:
    """The chain of the last action, if all that it wrote can be undone; asked before `written()`."""
    sealed = db.session().info.get("sealed", ())
    context: uuid.UUID | None = g.get("last_context")
    return context if undoing.is_undoable([name for _, name in sealed]) else None


def written() -> list[Told]:
    """The events that the last action wrote, in the order of their first."""
    counted: dict[str, int] = {}
    for _, name in sealed_since(db.session()):
        counted[name] = counted.get(name, 0) + 1
    return [told(name, times) for name, times in counted.items()]


def tell(said: str, none: str = "Nothing changed, so no event was written.", *, undo_by: Press | None = None) -> None:
    """Say on the next page what the action of this request did, with its events; `none` if it changed nothing."""
    events = written()
    toast(said if events else none, events, undo_by=undo_by if events else None)


def toast(said: str, events: list[Told], undo: uuid.UUID | None = None, *, undo_by: Press | None = None) -> None:
    """Show a toast on the next page, with a way back: a ticket's chain, or what has to be pressed."""
    message: Any = {
        "said": said,
        "events": [vars(event) for event in events],
        "undo": str(undo) if undo else None,
        "undo_by": vars(undo_by) if undo_by else None,
    }
    flash(message, "done" if events else "info")


def told(name: str, times: int) -> Told:
    """A type of event as a toast names it."""
    type_ = registry.get(name)
    return Told(type_.label if type_ else name, hue_of(name), times, type_.name if type_ else "")


def _fresh(
    ticket_id: int,
    kind: str,
    said: str,
    events: list[Told],
    *,
    sent: bool = False,
    undo: uuid.UUID | None = None,
    status: int = 200,
) -> Response:
    listed = shown.of_page()
    context = {**lists.row(listed, ticket_id), **of_ticket(read(ticket_id)), "sent": sent, "undo": undo}
    return make_response(
        render_template(
            "tickets/_answer.html",
            kind=kind,
            said=said,
            events=events,
            views=Shell().views,
            current=listed.name or None,
            **context,
        ),
        status,
    )
