"""What the log's page asks for beside the list: what can stand in the search line."""

from flask import Response, make_response, render_template, request

from audit.asking import number
from audit.completing import complete as completions
from audit.db import db
from audit.pages import blueprint, ground_now


@blueprint.get("/complete")
def complete() -> Response:
    """What can stand at the cursor."""
    line = request.args.get("line", "")[:2_000]
    word = request.args.get("at", "")
    at = number(word) if word else len(line)
    suggestions = completions(db.session(), ground_now(), line, at)
    return make_response(render_template("audit/_completion.html", suggestions=suggestions))
