"""What surrounds every page: the views with their counts, and the desk clock, both kept fresh by a pulse."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from flask import Blueprint, Flask, Response, g, make_response, render_template, request
from sqlalchemy import select

from audit.clock import DeskClock, wall_now
from audit.db import db
from helpdesk.web import listing, menu
from helpdesk.web.logins import Here

blueprint = Blueprint("shell", __name__)


@dataclass(frozen=True)
class ViewLine:
    """A view in the rail."""

    name: str
    label: str
    icon: str
    count: int


@dataclass(frozen=True)
class Clock:
    """The desk clock as a page shows it."""

    now: datetime
    rate: float


class Shell:
    """Reads what the shell shows, once, and only when a whole page is drawn."""

    @property
    def account(self) -> Here:
        """The account that is entered."""
        here: Here = g.account
        return here

    @cached_property
    def views(self) -> list[ViewLine]:
        """The system views."""
        counts = listing.counts(db.session(), self.account.id)
        return [ViewLine(view.name, view.label, view.icon, counts[view.name]) for view in listing.VIEWS.values()]

    @cached_property
    def menu(self) -> dict[str, dict[str, list[menu.Entry]]]:
        """The pages below the views."""
        return menu.menu()

    @cached_property
    def clock(self) -> Clock:
        """The desk clock."""
        return desk_clock(self.account.id)


def install(app: Flask) -> None:
    """Let layouts ask for the shell."""
    app.context_processor(_shell)


def _shell() -> dict[str, Any]:
    if "shell" not in g:
        g.shell = Shell()
    return {"shell": g.shell}


def desk_clock(account_id: int) -> Clock:
    """The time on the account's desk clock, and how fast it runs; one moment for the whole page."""
    if "desk_clock" not in g:
        g.desk_clock = _read_clock(account_id)
    clock: Clock = g.desk_clock
    return clock


@blueprint.get("/pulse")
def pulse() -> Response:
    """The shell's moving parts, for a page that is already open."""
    current = request.args.get("view")
    shell = Shell()
    view, first, fresh = listing.VIEWS.get(current or ""), request.args.get("first"), 0
    if view is not None and first:
        fresh = listing.newer_than(db.session(), g.account.id, view, first)
    return make_response(
        render_template(
            "layout/_pulse.html",
            views=shell.views,
            clock=shell.clock,
            account=shell.account,
            current=current,
            view=view,
            fresh=fresh,
        )
    )


def _read_clock(account_id: int) -> Clock:
    wall, clock = wall_now(), DeskClock.__table__.c
    row = db.session.execute(
        select(clock.anchor_wall, clock.anchor_desk, clock.rate).where(clock.account_id == account_id)
    ).first()
    if row is None:
        return Clock(wall, 1.0)
    return Clock(row.anchor_desk + max(wall - row.anchor_wall, wall - wall) * row.rate, row.rate)
