"""Tickets in short beside what they have in common: a customer, a tag, a team; the newest first, and on from there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Response, g, make_response, redirect, render_template, request, url_for
from sqlalchemy import ColumnElement, Select, select

from audit.db import db
from helpdesk.models import Team, Ticket, User
from helpdesk.web import keyset
from helpdesk.web.htmx import wants_partial
from helpdesk.web.keyset import Order, Stretch
from helpdesk.web.shell import desk_clock

#: Tickets that are shown at once.
PAGE: Final = 20

_NEWEST: Final = Order("newest", "Newest first", Ticket.created_datetime, datetime, falling=True)


@dataclass(frozen=True)
class Lines:
    """A stretch of them, and where the next one is."""

    tickets: Stretch
    older: str | None


def read(condition: ColumnElement[bool], endpoint: str, after: str | None = None, **argument: int) -> Lines:
    """The newest tickets of which this is true, or those after a cursor; `endpoint` is what hands out the rest."""
    statement: Select[*tuple[Any, ...]] = (
        select(
            Ticket.id,
            Ticket.created_datetime.label("key"),
            Ticket.subject,
            Ticket.status,
            Ticket.spam,
            Ticket.trashed_datetime,
            Ticket.snooze_datetime,
            User.name.label("assignee"),
            Team.name.label("team"),
        )
        .outerjoin(User, User.id == Ticket.assignee_user_id)
        .outerjoin(Team, Team.id == Ticket.assignee_team_id)
        .where(Ticket.account_id == g.account.id, condition)
    )
    found = db.session().execute(keyset.ordered(statement, _NEWEST, Ticket.id, after, PAGE)).all()
    part = keyset.stretch(found, PAGE)
    further_on: dict[str, Any] = {**argument, "after": part.next}
    return Lines(part, url_for(endpoint, **further_on) if part.next else None)


def further(condition: ColumnElement[bool], endpoint: str, heading: str, back: str, **argument: int) -> Response:
    """The tickets after the cursor of this request: as rows to add, or as a page where there are no scripts."""
    after = request.args.get("after")
    if after is None and not wants_partial():
        return make_response(redirect(f"{back}#tickets", 303))
    return make_response(
        render_template(
            "layout/_ticket_lines.html" if wants_partial() else "layout/ticket_lines.html",
            lines=read(condition, endpoint, after, **argument),
            heading=heading,
            back=back,
            now=desk_clock(g.account.id).now,
            time_zone=g.account.time_zone,
        )
    )
