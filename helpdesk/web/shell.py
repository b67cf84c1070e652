"""What surrounds every page: the views with their counts, and the desk clock, both kept fresh by a pulse."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Blueprint, Flask, Response, g, make_response, render_template, request

from audit.action import enter
from audit.db import db
from helpdesk.web import menu, news, shown, viewing
from helpdesk.web.htmx import nothing_new
from helpdesk.web.logins import Clock as Clock
from helpdesk.web.logins import Here
from helpdesk.web.shortcuts import SHORTCUTS

blueprint = Blueprint("shell", __name__)


@dataclass(frozen=True)
class ViewLine:
    """A view in the rail."""

    name: str
    label: str
    icon: str
    emoji: str
    count: int | None  #: None: there are too many views to count them all
    is_system: bool


class Shell:
    """Reads what the shell shows, once, and only when a whole page is drawn."""

    #: Read by the sheet of keys and by app.js alike.
    shortcuts = SHORTCUTS

    @property
    def account(self) -> Here:
        """The account that is entered."""
        here: Here = g.account
        return here

    @cached_property
    def views(self) -> list[ViewLine]:
        """The views that who is logged in sees."""
        session = db.session()
        if session.info.get("account_id") != self.account.id:  # a page that reads the log of a trainee's
            enter(session, self.account.id)
        listed = shown.views()
        counts = viewing.counts(session, listed)
        return [
            ViewLine(view.name, view.label, view.icon, view.emoji, counts.get(view.name), view.is_system)
            for view in listed
        ]

    def count_of(self, name: str) -> int | None:
        """How many tickets a view holds."""
        return next((view.count for view in self.views if view.name == name), None)

    @cached_property
    def menu(self) -> dict[str, dict[str, list[menu.Link]]]:
        """The pages below the views."""
        return menu.menu()

    @property
    def unread(self) -> int:
        """How many notices who is logged in has not read."""
        found: int = g.unread
        return found

    @property
    def clock(self) -> Clock:
        """The desk clock."""
        return desk_clock(self.account.id)

    @property
    def newest_event_id(self) -> int:
        """The newest event that the page can have seen."""
        found: int = g.newest_event_id
        return found


def install(app: Flask) -> None:
    """Let layouts ask for the shell."""
    app.context_processor(_shell)


def _shell() -> dict[str, Any]:
    if "shell" not in g:
        g.shell = Shell()
    return {"shell": g.shell}


def desk_clock(account_id: int) -> Clock:
    """The time on the account's desk clock, and how fast it runs; one moment for the whole page."""
    clock: Clock = g.desk_clock
    return clock


@blueprint.get("/pulse")
def pulse() -> Response:
    """The shell's moving parts, and what others changed in the list, for a page that is already open."""
    last = request.args.get("last", type=int)
    if last == g.newest_event_id:
        return nothing_new()
    listed = shown.of(request.args) if request.args.get("list") else None
    since = request.args.get("since", type=int)
    fresh = news.of(db.session(), listed, since, last or since) if listed is not None and since is not None else None
    shell = Shell()
    return make_response(
        render_template(
            "layout/_pulse.html",
            views=shell.views,
            clock=shell.clock,
            account=shell.account,
            current=request.args.get("view") or None,
            shown=listed,
            news=fresh,
            since=since if since is not None else g.newest_event_id,
            now=shell.clock.now,
            time_zone=g.account.time_zone,
            open_ticket=shown.open_ticket(),
        )
    )
