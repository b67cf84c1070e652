"""The button "Fire it" on the cards of the glossary, and the table of what every verb does to a ticket."""

from flask import Blueprint, Response, abort, g, make_response, render_template, request

from audit import glossary
from audit.db import db
from audit.sessions import AuditedSession
from helpdesk.web.auth import limiter
from helpdesk.web.changing import needs
from helpdesk.web.htmx import wants_partial
from seeds import firing, states
from seeds.scenarios import key_of

blueprint = Blueprint("fire", __name__, url_prefix="/settings/audit/events")


#: How often somebody may fire: each time opens an account, and accounts stay.
LIMIT = "30 per minute; 300 per hour"


@blueprint.post("/<event_type>/fire")
@needs("read")
@limiter.limit(lambda: LIMIT, key_func=lambda: f"fire {g.user.id}")
def fire(event_type: str) -> Response:
    """Play a scene of this type in a sandbox, and show what its log says."""
    scenes = {key_of(scene): scene for scene in firing.scenes(event_type)}
    asked = request.form.get("scene", "")
    scene = scenes.get(asked) if asked else next(iter(scenes.values()), None)
    if scene is None:
        abort(404, "There is no such scene, so nothing was fired. Go back to the card and choose one of its buttons.")
    with AuditedSession(bind=db.engine) as session:
        fired = firing.fire(session, scene)
    if wants_partial():
        return make_response(render_template("glossary/_fired.html", fired=fired))
    return make_response(render_template("glossary/card.html", **glossary.told(event_type), fired=fired))


@blueprint.get("/of-a-ticket")
@needs("read")
def of_a_ticket() -> Response:
    """Every state of a ticket, every verb, and what is written then."""
    page = render_template(
        "glossary/states.html", rows=list(states.rows()), statuses=states.STATUSES, places=states.PLACES
    )
    return make_response(page)
