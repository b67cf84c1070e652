"""The glossary under Settings → Users & teams → Audit logs: a card for every type of event, open to everybody."""

from typing import Any, Final

from flask import Blueprint, Response, abort, make_response, render_template, request

from audit import rows, seen
from audit.action import enter
from audit.cards import Card, card, shelves
from audit.changes import day_words
from audit.db import db
from audit.directory import Viewer, directory
from audit.filters import Ground
from audit.results import zone_of
from audit.types import EventType, registry

blueprint = Blueprint("glossary", __name__, url_prefix="/settings/audit/events")

LONGEST_SEARCH: Final = 100


@blueprint.get("")
def index() -> Response:
    """All cards in groups; while somebody types, only those that are left."""
    words = request.args.get("q", "")[:LONGEST_SEARCH]
    viewer, ground = _here()
    visible = [type_.name for type_ in registry if _may_see(viewer, type_)]
    moments = {
        name: day_words(at.astimezone(ground.zone), ground.now.astimezone(ground.zone))
        for name, at in seen.last_of(db.session(), visible).items()
    }
    is_typed = request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target", "").endswith("#cards")
    template = "glossary/_shelves.html" if is_typed else "glossary/index.html"
    shown = render_template(template, shelves=shelves(words, moments), q=words, total=len(registry), viewer=viewer)
    response = make_response(shown)
    response.vary.add("HX-Target")
    return response


@blueprint.get("/<event_type>")
def show(event_type: str) -> Response:
    """The card of one type."""
    return make_response(render_template("glossary/card.html", **told(event_type)))


def told(event_type: str) -> dict[str, Any]:
    """What the page of a card needs, or 404."""
    type_ = registry.get(event_type)
    if type_ is None:
        abort(404, "There is no event of that name. Go back to the glossary, which has all there are.")
    viewer, ground = _here()
    return {"card": _card(type_, viewer, ground), "base_url": directory().base_url(), "viewer": viewer}


def _card(type_: EventType, viewer: Viewer, ground: Ground) -> Card:
    session = db.session()
    found = seen.example_of(session, type_.name) if _may_see(viewer, type_) else None
    example = rows.rows(session, directory(), ground, [found])[0] if found is not None else None
    return card(
        type_,
        directory().numbers(viewer.account_id) if type_.by_api else {},
        ground.now,
        f"{example.day} {example.at:%H:%M}" if example is not None else "",
        example,
    )


def _may_see(viewer: Viewer, type_: EventType) -> bool:
    return viewer.may_read_log or type_.object in viewer.trails


def _here() -> tuple[Viewer, Ground]:
    viewer = directory().viewer()
    if viewer is None:
        abort(401, "Log in first.")
    enter(db.session(), viewer.account_id)
    now, zone = directory().now(viewer.account_id), zone_of(directory().time_zone(viewer.account_id))
    return viewer, Ground(now=now, zone=zone, longest=None, people={}, left=frozenset())
