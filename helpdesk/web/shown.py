"""Which list of tickets an address shows: a view, words that are looked for, an order; and addresses within it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from flask import abort, g, request, url_for
from sqlalchemy import ColumnElement, and_, true
from sqlalchemy.orm import Session

from audit.db import db
from helpdesk import search
from helpdesk.search import Asked
from helpdesk.views import USUAL_FIELDS
from helpdesk.web import listing, viewing
from helpdesk.web.listing import Page
from helpdesk.web.orders import ORDERS, USUAL, Order, order_of
from helpdesk.web.viewing import ListedView

USUAL_VIEW: Final = "inbox"


@dataclass(frozen=True)
class Shown:
    """A list of tickets; `view` is None where somebody looks for words everywhere."""

    view: ListedView | None
    q: str
    asked: Asked
    order: Order
    sort: str  #: the order that the address names; "" for the view's own

    @property
    def label(self) -> str:
        """What stands above it."""
        return self.view.label if self.view is not None else "Search"

    @property
    def name(self) -> str:
        """The view's name in addresses; "" for a search everywhere."""
        return self.view.name if self.view is not None else ""

    @property
    def fields(self) -> tuple[str, ...]:
        """What its rows show beside the subject, by the names of the REST API."""
        return self.view.fields if self.view is not None else USUAL_FIELDS

    @property
    def is_search(self) -> bool:
        """Whether words are looked for."""
        return bool(self.q)

    @property
    def query(self) -> dict[str, Any]:
        """What an address says of it."""
        said = {"view": self.name, "q": self.q, "sort": self.sort}
        return {name: value for name, value in said.items() if value}

    def address(self, **changed: Any) -> str:
        """Where this list is, with some of it changed."""
        return url_for("tickets.index", **{**self.query, **changed})

    def ticket_address(self, ticket_id: int) -> str:
        """Where a ticket is open beside this list."""
        return url_for("tickets.show", ticket_id=ticket_id, **self.query)

    def condition(self, session: Session) -> ColumnElement[bool]:
        """Which tickets belong to it."""
        within = self.view.condition if self.view is not None else true()
        return and_(within, search.condition(session, self.asked)) if self.is_search else within

    def page(self, session: Session, after: str | None = None) -> Page:
        """A stretch of it; what was asked for by number comes first."""
        first = search.exact_first(session, self.asked) if self.asked.number is not None else None
        return listing.page_of(session, g.user.id, self.condition(session), self.order, first=first, after=after)

    def cursor(self, given: str | None) -> str | None:
        """A place in it, or 404."""
        if given is not None and not listing.is_cursor(self.order, given, has_first=self.asked.number is not None):
            abort(404, "There is no such place in the list. Begin at the top again.")
        return given


def views() -> list[ListedView]:
    """The views that who is logged in sees; asked once for a page."""
    if "views" not in g:
        g.views = viewing.visible(db.session(), g.user)
    found: list[ListedView] = g.views
    return found


def of_request() -> Shown:
    """The list that the address of this request names, or 404."""
    found = of(request.args)
    if found is None:
        abort(404, "There is no such view, or it is not shared with you. Go to the inbox.")
    return found


def of_page() -> Shown:
    """The list beside which something was pressed; the inbox, if the browser does not say."""
    return of(_said_by_page()) or Shown(_view(USUAL_VIEW), "", search.ask(""), USUAL, "")


def of(said: Mapping[str, str]) -> Shown | None:
    """The list that these parts of an address name; None where there is none."""
    q, sort = " ".join(said.get("q", "").split())[: search.LONGEST], said.get("sort", "")
    name = said.get("view", "" if q else USUAL_VIEW)
    view = _view(name) if name else None
    if (name and view is None) or (sort and sort not in ORDERS):
        return None
    own = order_of(view.order_by, view.order_dir) if view is not None else USUAL
    order = ORDERS.get(sort, own)
    return Shown(view, q, search.ask(q), order, sort if order is not own else "")


def open_ticket() -> int | None:
    """The number of the ticket that is open on the page that asks."""
    page = urlsplit(request.headers.get("HX-Current-URL") or "")
    number = page.path.rpartition("/")[2] if page.path.startswith("/tickets/") else ""
    return int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None


def ticket_address(ticket_id: int) -> str:
    """Where a ticket is open beside the list from which something was pressed."""
    said = _said_by_page()
    beside = of(said) if said else None
    return url_for("tickets.show", ticket_id=ticket_id, **(beside.query if beside else {}))


def _said_by_page() -> dict[str, str]:
    """What the address of the page says on which something was pressed."""
    page = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
    if not page.path.startswith(url_for("tickets.index")):
        return {}
    return {name: values[-1] for name, values in parse_qs(page.query).items() if name in ("view", "q", "sort")}


def _view(name: str) -> ListedView | None:
    return next((view for view in views() if view.name == name), None)
