"""What the log's page asks for beside the list: the exact total, the histogram, how much is whose, completion."""

from dataclasses import replace

from flask import Response, abort, make_response, render_template, request, url_for

from audit import counting
from audit.asking import number
from audit.completing import complete as completions
from audit.db import db
from audit.drawing import bars_drawn
from audit.facets import Facet
from audit.facets import facets as facets_of
from audit.filters import read_query, write_query
from audit.histogram import histogram_of
from audit.line import LONGEST
from audit.pages import blueprint, ground_now
from audit.periods import moment_words
from audit.question import NO_USER, Doer, Ground, Query
from audit.sentences import sentence


@blueprint.get("/around")
def around() -> Response:
    """How many events there are, and when."""
    query, ground = _asked()
    counts = counting.count(db.session(), query, ground)
    histogram = histogram_of(counts, ground)
    return make_response(
        render_template(
            "audit/_around.html",
            upto=ground.head,  # from before counting: the stream may tell of more meanwhile, and then knows better
            address=write_query(query, ground),
            histogram=histogram,
            bars=bars_drawn(histogram.bars) if histogram is not None else (),
            sentence=sentence(query, ground, counting.total_of(db.session(), query, ground, counts)),
            types=Facet(counts.types, is_whole=counts.counted_to is None),
            # Where types were chosen, only an index tells how many there are of the others.
            are_others_told=counting.is_covered(query) or not (query.types or query.not_types),
        )
    )


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
