"""What happened to the tickets of a list since a page showed it: rows to draw anew, and tickets that wait to be shown.

Asked by number of event and not by time: on a clock that stands, everything happens at once.
"""

from dataclasses import dataclass
from typing import Final

from flask import g
from sqlalchemy.orm import Session

from audit.log import event_table
from audit.sessions import scoped
from helpdesk.web import listing
from helpdesk.web.listing import Row
from helpdesk.web.shown import Shown

#: More news than this is told as "many": who sees it reads the list anew.
MOST_EVENTS: Final = 2000
MOST_TICKETS: Final = 200

_event = event_table.c


@dataclass(frozen=True)
class News:
    """What an open list learns."""

    rows: list[Row]  #: changed since it was last told
    gone: list[int]  #: deleted since it was last told
    waiting: list[int]  #: belong to it, and changed since it was drawn: those that it does not show are new
    is_more: bool


def of(session: Session, listed: Shown, since: int, last: int) -> News:
    """What happened to tickets after the event `since`; rows are read for what came after `last`."""
    events = session.execute(
        scoped(session, _event.id, _event.object_type, _event.object_id, table=event_table)
        .where(_event.id > since)
        .order_by(_event.id.desc())
        .limit(MOST_EVENTS)
    ).all()
    newest: dict[int, int] = {}
    for event in events:
        if event.object_type == "Ticket":
            newest.setdefault(event.object_id, event.id)
    touched = list(newest)[:MOST_TICKETS]
    found = listing.rows_of(session, g.user.id, touched, listed.condition(session), listed.order)
    there = {row.id for row in found}
    return News(
        rows=[row for row in found if newest[row.id] > last],
        gone=[number for number in touched if number not in there and newest[number] > last],
        waiting=[row.id for row in found if row.belongs],
        is_more=len(events) == MOST_EVENTS or len(newest) > MOST_TICKETS,
    )
