"""Who gets at which view: read by whom it is shared with, changed by whom it belongs to or who may share."""

from flask import abort, g
from sqlalchemy.orm import Session

from audit.db import db
from helpdesk import views
from helpdesk.models import View
from helpdesk.web.changing import held_row
from helpdesk.web.view_builder import Names


def read(view_id: int) -> View:
    """The view as a page shows it, or 404."""
    session = db.session()
    view = session.get(View, view_id)
    if view is None or not views.may_read(g.user, view, teams_seeing(session, view)):
        abort(404, f"There is no view {view_id} here, or it is not shared with you.")
    return view


def changeable(view_id: int) -> View:
    """The same, if it may be changed; else 403."""
    view = read(view_id)
    refuse_change(view)
    return view


def held(session: Session, view_id: int) -> View:
    """The view, held for a change; else 404 or 403."""
    view = known(session, view_id)
    refuse_change(view)
    return view


def known(session: Session, view_id: int) -> View:
    """The view, held for an action that only looks at it, or 404."""
    view = held_row(session, View, view_id, "view")
    if not views.may_read(g.user, view, teams_seeing(session, view)):
        abort(404, f"There is no view {view_id} here, so nothing was done.")
    return view


def teams_seeing(session: Session, view: View) -> set[int]:
    """The viewer's teams, where they matter to this view."""
    return views.teams_of(session, g.user.id) if view.shared_with_teams else set()


def refuse_change(view: View) -> None:
    """403 for who may not change this view."""
    if not views.may_change(g.user, view):
        abort(403, f"Nothing was done: the role {g.user.role} may change private views only. Ask a lead.")


def refuse_sharing(visibility: str) -> None:
    """403 for who may not make a view that others see."""
    if not views.may_make(g.user, visibility):
        abort(403, f"Nothing was done: the role {g.user.role} may make private views only. Ask a lead to share one.")


def sharers(view: View, names: Names) -> list[str]:
    """The names of the teams and people with whom it is shared."""
    teams = [name for number, name in names.teams if int(number) in view.shared_with_teams]
    return teams + [name for number, name in names.users if int(number) in view.shared_with_users]
