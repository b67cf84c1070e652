"""The lists of views under Settings, and how they are put in order."""

from dataclasses import dataclass
from typing import Any, Final

from flask import Response, abort, g, make_response, render_template, request, url_for

from audit.db import db
from helpdesk import views
from helpdesk.models import View
from helpdesk.refusals import Refused
from helpdesk.web import answers, listing, view_access, view_draft
from helpdesk.web.changing import acting, me, needs
from helpdesk.web.htmx import go_to, wants_partial
from helpdesk.web.security import LARGEST_ID
from helpdesk.web.shell import Shell
from helpdesk.web.view_builder import Names
from helpdesk.web.viewing import label_of
from helpdesk.web.views import blueprint

HEADINGS: Final = {
    "public": ("Public", "Everybody sees these."),
    "shared": ("Shared", "Seen by those whom they are shared with, and by who made them."),
    "private": ("Mine", "Only you see these."),
}


@dataclass(frozen=True)
class Line:
    """A view in a list."""

    id: int
    label: str
    emoji: str
    filters: str
    is_off: bool
    may_change: bool
    seen_by: str  #: with whom it is shared
    up: int | None  #: before which view it comes if it moves up
    down: int | None  #: and down; 0 for behind all others


@blueprint.get("/settings/views")
@needs("read")
def index() -> Response:
    """The desk's own views, those for everybody, those for some, and one's own."""
    return make_response(render_template("views/index.html", fixed=listing.VIEWS.values(), **_lists()))


@blueprint.post("/settings/views/<number:view_id>/move")
@needs("read")
def move(view_id: int) -> Response:
    """Put it before another one, or behind all of its like."""
    number = request.form.get("before", "")
    if not (number.isascii() and number.isdigit() and int(number) <= LARGEST_ID):
        abort(422, "Say before which view it should come. Nothing was changed.")
    problem = None
    try:
        with acting() as session:
            view = view_access.held(session, view_id)
            before = view_access.known(session, int(number)) if int(number) else None
            views.move(view, before, by=me())
    except Refused as refusal:
        problem = str(refusal)
    events = answers.written()
    said = problem or ("View moved" if events else "It stands there already, so no event was written.")
    if not wants_partial():
        answers.toast(said, events)
        return go_to(url_for("views.index"))
    kind = "error" if problem else "done" if events else "info"
    page = render_template(
        "views/_moved.html", said=said, events=events, kind=kind, views=Shell().views, current=None, **_lists()
    )
    return make_response(page, 409 if problem else 200)


def _lists() -> dict[str, Any]:
    session = db.session()
    (every, teams), names = views.with_teams(session, g.user.id), view_draft.read_names(session)
    known = [view for view in every if views.may_read(g.user, view, teams)]
    groups = []
    for visibility, (heading, about) in HEADINGS.items():
        like = [view for view in known if view.visibility == visibility]
        lines = [_line(view, like, place, names) for place, view in enumerate(like)]
        may_arrange = any(line.may_change for line in lines) and len(lines) > 1
        groups.append(
            {"name": visibility, "heading": heading, "about": about, "lines": lines, "may_arrange": may_arrange}
        )
    return {"groups": groups}


def _line(view: View, like: list[View], place: int, names: Names) -> Line:
    after_next = like[place + 2].id if place + 2 < len(like) else 0
    return Line(
        view.id,
        label_of(view),
        str((view.decoration or {}).get("emoji") or ""),
        view.filters,
        view.deactivated_datetime is not None,
        views.may_change(g.user, view),
        ", ".join(view_access.sharers(view, names)),
        like[place - 1].id if place else None,
        after_next if place + 1 < len(like) else None,
    )
