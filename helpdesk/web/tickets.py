"""The pages of tickets: the list of a view, one ticket with its trail, and a new one."""

from datetime import timedelta

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request, url_for

from audit.db import db
from helpdesk.web import answers, listing, reading, trail
from helpdesk.web.directory import ticket_address
from helpdesk.web.formats import zone
from helpdesk.web.htmx import go_to, nothing_new, wants_partial
from helpdesk.web.shell import desk_clock

blueprint = Blueprint("tickets", __name__)


@blueprint.get("/")
def home() -> Response:
    """The desk opens with its inbox."""
    return make_response(redirect(url_for("tickets.index"), 303))


@blueprint.get("/tickets")
def index() -> Response:
    """The tickets of a view; the fragment is the rows after a cursor."""
    view = listing.VIEWS.get(request.args.get("view", "inbox"))
    if view is None:
        abort(404, "There is no such view.")
    after = _cursor(request.args.get("after"))
    session = db.session()
    page = listing.page_of(session, g.account.id, view, after)
    clock = desk_clock(g.account.id)
    template = "tickets/_rows.html" if wants_partial() else "tickets/index.html"
    first = listing.cursor(page.rows[0]) if page.rows else None
    return make_response(
        render_template(
            template,
            view=view,
            view_name=view.name,
            page=page,
            first=first,
            after=after,
            now=clock.now,
            time_zone=g.account.time_zone,
            tomorrow=clock.now + timedelta(days=1),
        )
    )


@blueprint.get("/tickets/<number:ticket_id>")
def show(ticket_id: int) -> Response:
    """A ticket with its thread and its trail; the number of a merged one leads to the one that lives on."""
    session = db.session()
    ticket = reading.read_ticket(session, ticket_id)
    if ticket is None:
        return _elsewhere(ticket_id)
    return answers.whole(reading.read_page(session, ticket, g.account.time_zone))


@blueprint.get("/tickets/<number:ticket_id>/trail")
def show_trail(ticket_id: int) -> Response:
    """The trail: what is new for an open page, or the lines before one of its own."""
    if not wants_partial():
        return make_response(redirect(f"{ticket_address(ticket_id)}#trail", 303))
    session = db.session()
    before = request.args.get("before", type=int)
    if before is not None:
        time_zone = g.account.time_zone
        now = desk_clock(g.account.id).now.astimezone(zone(time_zone))
        older = trail.trail_of(session, ticket_id, now, before=before)
        return make_response(
            render_template("tickets/_lines.html", trail=older, ticket_id=ticket_id, time_zone=time_zone, now=now)
        )
    if trail.newest_id(session, ticket_id) == request.args.get("newest", type=int):
        return nothing_new()
    ticket = reading.read_ticket(session, ticket_id)
    if ticket is None:
        survivor = reading.survivor_of(session, ticket_id)
        if survivor is not None:
            return go_to(ticket_address(survivor))
        return make_response(render_template("tickets/_gone.html", ticket_id=ticket_id))
    page = reading.read_page(session, ticket, g.account.time_zone)
    return make_response(render_template("tickets/_fresh.html", page=page, ticket=ticket))


def _elsewhere(ticket_id: int) -> Response:
    survivor = reading.survivor_of(db.session(), ticket_id)
    if survivor is None:
        abort(404, f"There is no ticket {ticket_id} here: it was deleted, or never existed in this account.")
    return go_to(ticket_address(survivor))


def _cursor(given: str | None) -> str | None:
    if given is None:
        return None
    at, _, number = given.partition("-")
    if not (at.isdigit() and number.isdigit() and len(at) < 18 and len(number) < 19):
        abort(404, "There is no such place in the list. Begin at the top again.")
    return given
