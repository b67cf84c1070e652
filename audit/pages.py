"""The audit log under Settings → Users & teams: the page, its results while you choose, older events, one event."""

from typing import Final
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for

from audit import queries, rows
from audit.action import enter
from audit.asking import number
from audit.db import db
from audit.directory import directory
from audit.filters import Ground
from audit.forms import Form, form_for
from audit.results import Results, ground_of, older_for, results_for

blueprint = Blueprint("audit", __name__, url_prefix="/settings/audit")

_NOT_YOURS: Final = (
    "The audit log is for admins and the owner of the account, so nothing was shown. Ask one of them what you need."
)


@blueprint.before_request
def _only_who_may() -> Response | None:
    viewer = directory().viewer()
    if viewer is None:
        door = f"/login?{urlencode({'next': request.full_path.rstrip('?')})}"
        return make_response(redirect(door, 303))
    if not viewer.may_read_log:
        abort(403, _NOT_YOURS)
    enter(db.session(), viewer.account_id)
    return None


@blueprint.after_request
def _vary(response: Response) -> Response:
    response.vary.update(("HX-Request", "HX-History-Restore-Request", "HX-Target"))
    return response


@blueprint.get("")
def log() -> Response:
    """The page; while you type or choose, only what is under the form."""
    session, ground = db.session(), ground_now()
    asked, cursor = asked_and("cursor")
    results = results_for(session, directory(), ground, asked, cursor)
    form = _form(results, ground)
    words = {"results": results, "form": form, "zone": ground.zone.key}
    if not _wants_partial():
        return make_response(render_template("audit/page.html", glossary=rows.glossary(), **words))
    whole = request.headers.get("HX-Target", "").endswith("#audit-log")
    response = make_response(render_template("audit/_log.html" if whole else "audit/_live.html", **words))
    if results.complaints:
        response.status_code = 422
    elif (address := _address(results)) != _current():
        response.headers["HX-Push-Url"] = address
    return response


@blueprint.get("/older")
def older() -> Response:
    """The rows with which the list goes on as you scroll."""
    asked, cursor = asked_and("cursor")
    results = older_for(db.session(), directory(), ground_now(), asked, cursor)
    status = 422 if results.complaints else 200
    return make_response(render_template("audit/_rows.html", results=results), status)


@blueprint.get("/events/<int:event_id>")
def event(event_id: int) -> Response:
    """One event with all that is known of it: inside its row, or as a page to link to."""
    session, ground = db.session(), ground_now()
    found = queries.event(session, event_id) if number(str(event_id)) else None
    if found is None:
        abort(404, "There is no such event in this desk's log. Go back to the list.")
    template = "audit/_story.html" if _wants_partial() else "audit/event.html"
    story = rows.story(session, directory(), ground, found)
    return make_response(render_template(template, story=story, zone=ground.zone.key))


def ground_now() -> Ground:
    """What filters must know, as of now."""
    session = db.session()
    return ground_of(session, directory(), session.info["account_id"])


def _form(results: Results, ground: Ground) -> Form:
    target = results.query.target
    pair = (target.type, target.id) if target else None
    labels = queries.labels(db.session(), [pair] if pair else [])
    return form_for(results.query, ground, labels.get(pair, "") if pair else "")


def asked_and(extra: str) -> tuple[dict[str, list[str]], str]:
    """The filters of the address, and the one thing beside them."""
    asked = request.args.to_dict(flat=False)
    found = asked.pop(extra, [])
    return asked, found[0] if found else ""


def _address(results: Results) -> str:
    page = url_for("audit.log")
    return f"{page}?{results.address}" if results.address else page


def _current() -> str:
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    return f"{page.path}?{page.query}" if page.query else page.path


def _wants_partial() -> bool:
    # Back asks for the address again, and wants the whole page.
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"
