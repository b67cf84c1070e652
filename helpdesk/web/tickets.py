"""The pages of tickets: the list of a view, one ticket with its trail beside it, and a new one."""

from typing import Any

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request, url_for

from audit.clock import wall_now
from audit.db import db
from helpdesk import marks
from helpdesk.web import answers, lists, reading, shown, trail
from helpdesk.web.directory import ticket_address
from helpdesk.web.formats import zone
from helpdesk.web.htmx import go_to, nothing_new, wants_partial
from helpdesk.web.shell import desk_clock
from helpdesk.web.shown import Shown

blueprint = Blueprint("tickets", __name__)


@blueprint.get("/")
def home() -> Response:
    """The desk opens with its inbox."""
    return make_response(redirect(url_for("tickets.index"), 303))


@blueprint.get("/tickets")
def index() -> Response:
    """The tickets of a view or a search; the fragment is the list, or the rows after a cursor."""
    listed = shown.of_request()
    after = listed.cursor(request.args.get("after"))
    if not wants_partial():
        return make_response(render_template("tickets/index.html", **lists.context(listed, after)))
    template = "tickets/_rows.html" if after is not None else "tickets/_list_again.html"
    return make_response(render_template(template, **lists.context(listed, after, shown.open_ticket())))


@blueprint.get("/tickets/<number:ticket_id>")
def show(ticket_id: int) -> Response:
    """A ticket beside its list; the fragment is its pane. A merged one leads to the one that lives on."""
    listed, session = shown.of_request(), db.session()
    marks.note_read(session, g.account.id, g.user.id, ticket_id, desk_clock(g.account.id).now)
    ticket = reading.read_ticket(session, ticket_id)
    if ticket is None:
        return _elsewhere(ticket_id, listed)
    page = reading.read_page(session, ticket, g.account.time_zone)
    return answers.pane(page, listed) if wants_partial() else answers.whole(page, listed)


@blueprint.get("/tickets/<number:ticket_id>/trail")
def show_trail(ticket_id: int) -> Response:
    """The trail: what is new for an open page, and who else looks; or the lines before one of its own."""
    if not wants_partial():
        return make_response(redirect(f"{ticket_address(ticket_id)}#trail", 303))
    before = request.args.get("before", type=int)
    return _older(ticket_id, before) if before is not None else _news(ticket_id)


def _older(ticket_id: int, before: int) -> Response:
    time_zone = g.account.time_zone
    now = desk_clock(g.account.id).now.astimezone(zone(time_zone))
    older = trail.trail_of(db.session(), ticket_id, now, before=before)
    return make_response(
        render_template("tickets/_lines.html", trail=older, ticket_id=ticket_id, time_zone=time_zone, now=now)
    )


def _news(ticket_id: int) -> Response:
    session = db.session()
    newest, seen = trail.newest_id(session, ticket_id), request.args.get("newest", type=int)
    looking = marks.who_looks(session, g.account.id, ticket_id)
    mine = looking.pop(g.user.id, None)
    if newest != seen:
        marks.note_read(session, g.account.id, g.user.id, ticket_id, desk_clock(g.account.id).now)
        return _fresh(ticket_id)
    if mine is None or mine[1] < wall_now() - marks.NOTED_EVERY:
        marks.note_look(session, g.account.id, g.user.id, ticket_id)
    if request.args.get("looking", "") == ",".join(map(str, looking)):
        return nothing_new()
    return make_response(
        render_template(
            "tickets/_looking.html",
            ticket={"id": ticket_id},
            newest=newest,
            lookers={number: name for number, (name, _) in looking.items()},
        )
    )


def _fresh(ticket_id: int) -> Response:
    session = db.session()
    ticket = reading.read_ticket(session, ticket_id)
    if ticket is None:
        survivor = reading.survivor_of(session, ticket_id)
        if survivor is not None:
            return go_to(shown.ticket_address(survivor))
        return make_response(render_template("tickets/_gone.html", ticket_id=ticket_id))
    page = reading.read_page(session, ticket, g.account.time_zone)
    return make_response(render_template("tickets/_fresh.html", **answers.of_ticket(page)))


def _elsewhere(ticket_id: int, listed: Shown) -> Response:
    survivor = reading.survivor_of(db.session(), ticket_id)
    if survivor is None:
        abort(404, f"There is no ticket {ticket_id} here: it was deleted, or never existed in this account.")
    beside: dict[str, Any] = listed.query if request.args else {}
    return go_to(url_for("tickets.show", ticket_id=survivor, **beside))
