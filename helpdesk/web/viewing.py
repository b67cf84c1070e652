"""The views that somebody sees: the desk's fixed ones, then those that people made, as lists of tickets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from flask import g, has_app_context
from sqlalchemy import ColumnElement, and_, false, func, select
from sqlalchemy.orm import Session

from audit.clock import desk_now
from helpdesk import search, views
from helpdesk.language import Mistake
from helpdesk.language.filters import condition
from helpdesk.models import Ticket, View
from helpdesk.web import listing

#: The numbers of the fixed views, under which the REST API knows them; the table's own begin at 101.
SYSTEM_IDS: Final = {"inbox": 1, "unassigned": 2, "all": 3, "snoozed": 4, "closed": 5, "trash": 6, "spam": 7}

#: Every page counts the views in its rail: so many of people's own, and no more.
COUNTED: Final = 30

_EMPTY: Final = "No ticket is like that now. One comes here as soon as it fits the view's filter."
_UNREADABLE: Final = "This view's filter can't be read any more. Open it under Settings → Views and mend it."


class Viewer(Protocol):
    """Whoever looks."""

    @property
    def id(self) -> int: ...


@dataclass(frozen=True)
class ListedView:
    """A view as a list of tickets."""

    name: str  #: in addresses: the fixed view's word, or the number as text
    id: int
    label: str
    icon: str
    emoji: str  #: "" where nobody chose one; shown instead of the icon
    condition: ColumnElement[bool]
    filters: str  #: the same in the language of views
    search: str  #: words that must be found, too; "" for none
    order_by: str  #: a column of tickets: "updated_datetime", "priority" …
    order_dir: str  #: "asc" or "desc"
    fields: tuple[str, ...]  #: the columns to show, by the names of the REST API
    empty: str  #: what an empty one teaches
    is_system: bool


def visible(session: Session, user: Viewer) -> list[ListedView]:
    """All views that they see, in the order of the rail: fixed, public, shared with them, their own."""
    rows, teams = views.with_teams(session, user.id)
    seen = [view for view in rows if view.deactivated_datetime is None and views.sees(user.id, view, teams)]
    now = _now(session) if seen else None
    return [*map(_fixed, listing.VIEWS.values()), *(_own(session, user.id, view, now) for view in seen)]


def find(session: Session, user: Viewer, name: str) -> ListedView | None:
    """The view that an address names, if they see it."""
    return next((view for view in visible(session, user) if view.name == name), None)


def readable(session: Session, user: views.Viewer, number: int) -> ListedView | None:
    """The view with this number, if they may know of it, be it in their rail or not."""
    fixed = next((view for view in listing.VIEWS.values() if SYSTEM_IDS[view.name] == number), None)
    if fixed is not None:
        return _fixed(fixed)
    view = session.get(View, number)
    if view is None or view.account_id != session.info["account_id"]:
        return None
    is_read = views.may_read(user, view, views.teams_of(session, user.id))
    return _own(session, user.id, view, _now(session)) if is_read else None


def within(session: Session, asked: ColumnElement[bool], words: str | None) -> ColumnElement[bool]:
    """Those of these tickets in which the words are found; all of them, where there are no words."""
    return and_(asked, search.condition(session, search.ask(words))) if words else asked


def counts(session: Session, listed: Sequence[ListedView]) -> dict[str, int]:
    """How many tickets each view holds, by name, in one statement; views beyond the limit are left out."""
    own = [view for view in listed if not view.is_system][:COUNTED]
    counted = [*(view for view in listed if view.is_system), *own]
    if not counted:
        return {}
    columns = [func.count().filter(view.condition).label(f"view_{place}") for place, view in enumerate(counted)]
    found = session.execute(
        select(*columns).select_from(Ticket).where(Ticket.account_id == session.info["account_id"])
    ).one()
    return {view.name: number for view, number in zip(counted, found, strict=True)}


def label_of(view: View) -> str:
    """What a person calls a view; programs may make them without a name."""
    return view.name or f"View {view.id}"


def _now(session: Session) -> datetime:
    clock = g.get("desk_clock") if has_app_context() else None
    now: datetime = clock.now if clock is not None else desk_now(session, session.info["account_id"])
    return now


def _own(session: Session, user_id: int, view: View, now: datetime | None) -> ListedView:
    empty = _EMPTY
    try:
        asked = within(session, condition(view.filters, session, user_id, now=now), view.search)
    except Mistake:  # written when the language knew more words
        asked, empty = false(), _UNREADABLE
    return ListedView(
        name=str(view.id),
        id=view.id,
        label=label_of(view),
        icon="view",
        emoji=str((view.decoration or {}).get("emoji") or ""),
        condition=asked,
        filters=view.filters,
        search=view.search or "",
        order_by=view.order_by,
        order_dir=view.order_dir,
        fields=tuple(view.fields),
        empty=empty,
        is_system=False,
    )


def _fixed(view: listing.SystemView) -> ListedView:
    return ListedView(
        name=view.name,
        id=SYSTEM_IDS[view.name],
        label=view.label,
        icon=view.icon,
        emoji="",
        condition=view.condition,
        filters=view.filters,
        search="",
        order_by="updated_datetime",
        order_dir="desc",
        fields=views.USUAL_FIELDS,
        empty=view.empty,
        is_system=True,
    )
