"""What the log's page asks for beside the list: the exact total, the histogram, how much is whose, completion."""

from dataclasses import replace

from flask import Response, abort, make_response, render_template, request, url_for

from audit.around import around_of
from audit.asking import number
from audit.completing import complete as completions
from audit.db import db
from audit.facets import facets as facets_of
from audit.filters import read_query, write_query
from audit.line import LONGEST
from audit.pages import blueprint, ground_now
from audit.periods import moment_words
from audit.question import NO_USER, Doer, Ground, Query


@blueprint.get("/around")
def around() -> Response:
    """How many events there are, and when."""
    query, ground = _asked()
    told = around_of(db.session(), query, ground)
    address = write_query(query, ground)
    return make_response(render_template("audit/_around.html", around=told, address=address, comes_after=True))


@blueprint.get("/facets")
def facets() -> Response:
    """How much of it is whose, for the options of the form, and what acted most."""
    query, ground = _asked()
    found = facets_of(db.session(), query, ground)
    back = found.looked_to
    return make_response(
        render_template(
            "audit/_facets.html",
            facets={
                "member": found.members,
                "by": found.kinds,
                "set_off_by": found.set_off_by,
                "source": found.sources,
            },
            looked_to=moment_words(back.astimezone(ground.zone), ground.now) if back else "",
            doers=[
                (f"{doer.kind} {name}" if name else f"{doer.kind} {doer.id}", times, _with(query, ground, doer))
                for doer, name, times in found.doers
            ],
        )
    )


@blueprint.get("/complete")
def complete() -> Response:
    """What can stand at the cursor."""
    line = request.args.get("line", "")[:LONGEST]
    word = request.args.get("at", "")
    at = number(word) if word else len(line)
    suggestions = completions(db.session(), ground_now(), line, at)
    return make_response(render_template("audit/_completion.html", suggestions=suggestions))


def _asked() -> tuple[Query, Ground]:
    ground = ground_now()
    reading = read_query(request.args.to_dict(flat=False), ground)
    if reading.complaints:
        abort(422, " ".join(reading.complaints))
    return reading.query, ground


def _with(query: Query, ground: Ground, doer: Doer) -> str:
    """The address of what a rule, macro or integration did of all this."""
    members = () if NO_USER not in query.members else query.members
    found = write_query(replace(query, doers=(doer,), members=members), ground)
    return f"{url_for('audit.log')}?{found}"
