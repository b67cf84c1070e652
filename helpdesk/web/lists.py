"""What a template needs to draw a list of tickets."""

from typing import Any, Final

from flask import g

from audit.db import db
from helpdesk import search
from helpdesk.web import listing
from helpdesk.web.orders import ORDERS
from helpdesk.web.shell import desk_clock
from helpdesk.web.shown import Shown

#: The orders that the menu above a list offers.
OFFERED: Final = [order for order in ORDERS.values() if order.in_menu]


def context(listed: Shown, after: str | None = None, open_ticket: int | None = None) -> dict[str, Any]:
    """A stretch of a list."""
    session = db.session()
    page = listed.page(session, after)
    return {
        **_around(listed),
        "list": page,
        "after": after,
        "orders": OFFERED if listed.order.in_menu else [*OFFERED, listed.order],
        "passages": search.passages(session, listed.asked, [row.id for row in page.rows]),
        "open_ticket": open_ticket,
    }


def row(listed: Shown, ticket_id: int) -> dict[str, Any]:
    """A single row, as it is now; `row` is None for what is no ticket any more."""
    session = db.session()
    found = listing.rows_of(session, g.user.id, [ticket_id], listed.condition(session), listed.order)
    return {**_around(listed), "row": found[0] if found else None, "open_ticket": ticket_id}


def _around(listed: Shown) -> dict[str, Any]:
    return {
        "shown": listed,
        "view_name": listed.name or None,
        "now": desk_clock(g.account.id).now,
        "time_zone": g.account.time_zone,
    }
