"""What was found, to take along: a file of any size, streamed, that can go on where a download broke off."""

from typing import Final

from flask import Response, make_response, redirect, request, url_for

from audit import queries
from audit.asking import number
from audit.db import db
from audit.directory import directory
from audit.export import FORMATS, Format, chunks, facts
from audit.filters import read_query
from audit.pages import asked_and, blueprint, ground_now, page
from audit.queries import BadCursor
from audit.results import results_for

_NOTHING: Final = "Nothing was exported."


@blueprint.app_template_global("export_formats")
def _formats() -> list[Format]:
    return list(FORMATS.values())


@blueprint.get("/export")
def ask_again() -> Response:
    """Where a refused export stood, opened again: nothing is exported by an address, and the log has the menu."""
    asked = request.query_string.decode(errors="replace")
    return make_response(redirect(f"{url_for('audit.log')}{'?' if asked else ''}{asked}", 303))


@blueprint.post("/export")
def export() -> Response:
    """The file; that it was taken is an event, and the first thing that happens."""
    session, ground = db.session(), ground_now()
    account_id: int = session.info["account_id"]
    asked, _ = asked_and("cursor")
    reading = read_query(asked, ground)
    format_ = FORMATS.get(request.form.get("format", ""))
    word = request.form.get("after", "").strip()
    after = number(word)
    if reading.complaints:
        return _refused(" ".join(reading.complaints))
    if format_ is None:
        return _refused(f"Choose one of {', '.join(each.label for each in FORMATS.values())}.")
    if word and not after:
        return _refused("“Go on after event” takes the number of an event, or nothing.")
    try:
        queries.place_of(session, after)
    except BadCursor as problem:
        return _refused(str(problem))
    upto = queries.newest_id(session)
    directory().note_export(account_id, facts(format_, reading.query, ground, after))
    lines = chunks(db.engine, account_id, reading.query, ground, format_, after=after, upto=upto)
    response = Response(lines, mimetype=format_.mimetype)
    name = f"audit-log-{ground.now:%Y-%m-%d}{f'-after-{after}' if after else ''}.{format_.ending}"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _refused(problem: str) -> Response:
    """The log as it was, and in its menu what is wrong."""
    asked, _ = asked_and("cursor")
    ground = ground_now()
    results = results_for(db.session(), directory(), ground, asked)
    words = {"export_problem": f"{_NOTHING} {problem}", "export_after": request.form.get("after", "")[:19]}
    return make_response(page(results, ground, **words), 422)
