"""The audit log under Settings → Users & teams: the page, its results while you choose, older events, one event."""

from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from flask import Blueprint, Flask, Response, abort, g, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from audit import queries
from audit.action import enter
from audit.asking import Asked, listed, number
from audit.db import db
from audit.directory import directory
from audit.drawing import meanings
from audit.filters import Ground, read_query, write_query
from audit.forms import form_for
from audit.line import LineReading, read_line
from audit.results import Results, ground_of, older_for, results_for
from audit.story import story as story_of
from audit.when import by_its_clock

blueprint = Blueprint("audit", __name__, url_prefix="/settings/audit")

_NOT_YOURS: Final = (
    "The audit log is for admins and the owner of the account, so nothing was shown. Ask one of them what you need."
)
_NO_TRAINEE: Final = (
    "No trainee of yours has this account, so nothing was shown. Learn → Classroom lists those whose log you may read."
)
#: Where a trainer reads the log of a trainee's account: every page that only shows has this address, too.
_ALONG: Final = "/of/<number:reads_of>"


def install(app: Flask) -> None:
    """Give the application the log's pages, and those of other accounts' logs to whom they are open."""
    app.register_blueprint(blueprint)
    for rule in list(app.url_map.iter_rules()):
        if rule.endpoint.startswith("audit.") and "GET" in (rule.methods or ()):
            along = rule.rule.replace(blueprint.url_prefix or "", f"{blueprint.url_prefix}{_ALONG}", 1)
            app.add_url_rule(along, rule.endpoint, app.view_functions[rule.endpoint], methods=["GET"])


@blueprint.url_value_preprocessor
def _whose(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.reads_of = values.pop("reads_of", None) if values else None


@blueprint.url_defaults
def _stay_there(_endpoint: str, values: dict[str, Any]) -> None:
    if g.get("reads_of") is not None:  # pages about another account's log lead to others about it
        values.setdefault("reads_of", g.reads_of)


@blueprint.before_request
def _only_who_may() -> Response | None:
    viewer = directory().viewer(g.reads_of)
    if viewer is None:
        door = f"/login?{urlencode({'next': request.full_path.rstrip('?')})}"
        return make_response(redirect(door, 303))
    if not viewer.may_read_log:
        abort(*((403, _NOT_YOURS) if g.reads_of is None else (404, _NO_TRAINEE)))
    enter(db.session(), viewer.account_id)
    g.viewer = viewer
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
    opened = number(asked.pop("open", [""])[0])
    if "line" in asked:
        reading = _read_line(asked, ground)
        if reading.complaints or not _wants_partial():
            return _line(reading, asked["line"][0], ground)
        asked = {"times": asked.get("times", []), **reading.asked}
        ground = by_its_clock(asked, ground)
    results = results_for(session, directory(), ground, asked, cursor)
    if not _wants_partial():
        return make_response(page(results, ground, elsewhere=_elsewhere(session, opened, results)))
    words = _words(results, ground)
    whole = request.headers.get("HX-Target", "").endswith("#audit-log")
    response = make_response(render_template("audit/_log.html" if whole else "audit/_live.html", **words))
    response.status_code = 422 if results.complaints else 200
    address, shown = _address(results, asked), _current()
    if address != shown:
        # What makes no sense is to be seen again after a reload, but not to be passed one by one on the way back.
        was_refused = read_query(parse_qs(urlsplit(shown).query), ground).complaints
        response.headers["HX-Replace-Url" if was_refused else "HX-Push-Url"] = address
    return response


def page(results: Results, ground: Ground, **more: str | int) -> str:
    """The whole page, as markup."""
    return render_template("audit/page.html", meanings=meanings(), **_words(results, ground), **more)


def _words(results: Results, ground: Ground) -> dict[str, Any]:
    form = form_for(results.query, ground, directory().time_zone(db.session().info["account_id"]))
    return {"results": results, "form": form, "zone": ground.zone.key}


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
    story = story_of(session, directory(), ground, found)
    return make_response(render_template(template, story=story, zone=ground.zone.key))


@blueprint.app_template_global()
def event_address(event_id: int) -> str:
    """Where the story of an event is; pages that show another account's log give their templates another."""
    return url_for("audit.event", event_id=event_id, times=g.get("times"))


def ground_now() -> Ground:
    """What filters must know, as of now."""
    session = db.session()
    ground = ground_of(session, directory(), session.info["account_id"], request.args.get("times", ""))
    g.times = ground.times or None  # what the page leads to tells the time by the same clock
    return ground


def _read_line(asked: dict[str, list[str]], ground: Ground) -> LineReading:
    beside = [name for name in asked if name not in ("line", "times")]
    if beside:
        said = f"The address asks with a line, and beside it for {listed(beside)}: it can do only one of the two."
        return LineReading({}, (said,))
    return read_line(" ".join(asked["line"]), ground)


def _line(reading: LineReading, line: str, ground: Ground) -> Response:
    """A line that leads to the address that asks the same, or is told where it makes no sense."""
    asked = {"times": [ground.times] if ground.times else [], **reading.asked}
    if not reading.complaints:
        found = read_query(asked, ground)
        address = write_query(found.query, found.ground)
        return make_response(redirect(f"{url_for('audit.log')}{'?' if address else ''}{address}", 303))
    if _wants_partial():
        return make_response(render_template("audit/_line_problem.html", complaints=reading.complaints), 422)
    query = read_query({}, ground).query
    results = Results(query, "", reading.complaints)
    form = replace(form_for(query, ground, ground.zone.key), line=line)
    words = {"results": results, "form": form, "zone": ground.zone.key}
    return make_response(render_template("audit/page.html", meanings=meanings(), **words))


def asked_and(extra: str) -> tuple[dict[str, list[str]], str]:
    """The filters of the address, and the one thing beside them."""
    asked = request.args.to_dict(flat=False)
    for name, value in parse_qsl(request.query_string.decode(errors="replace")):
        if value.strip() and asked.get(name) == [""]:  # of characters that no page lets in; it asked for something
            asked[name] = ["\ufffd"]
    found = asked.pop(extra, [])
    return asked, found[0] if found else ""


def _elsewhere(session: Session, opened: int, results: Results) -> int:
    """The event that the address wants open, if these rows are without it; -1 if there is none, 0 if all is well."""
    if not opened or any(f'id="event-{opened}"' in row for row in results.rows):
        return 0
    return opened if queries.event(session, opened) is not None else -1


def _address(results: Results, asked: Asked) -> str:
    page, given = url_for("audit.log"), {name: list(filter(None, values)) for name, values in asked.items()}
    address = urlencode(given, doseq=True) if results.complaints else results.address
    return f"{page}?{address}" if address else page


def _current() -> str:
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    asked = "&".join(part for part in page.query.split("&") if not part.startswith("open="))
    return f"{page.path}?{asked}" if asked else page.path


def _wants_partial() -> bool:
    # Back asks for the address again, and wants the whole page.
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"
