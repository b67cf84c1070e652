"""The coverage page: what this log has seen as a matrix, what a suite proved, and the button that proves the log."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Response, make_response, render_template, request, stream_with_context

from audit import proofs
from audit.action import enter
from audit.cards import WHO
from audit.coverage import Coverage, cover
from audit.db import db
from audit.hues import group_hue
from audit.pages import blueprint, ground_now
from audit.proving import prove
from audit.replay import MOST, Report

#: How far back the matrix looks.
SPANS: Final = {
    "": ("All the time", None),
    "hour": ("The last hour", timedelta(hours=1)),
    "day": ("The last day", timedelta(days=1)),
    "week": ("The last week", timedelta(weeks=1)),
}


@blueprint.get("/coverage")
def coverage() -> Response:
    """The matrix."""
    return make_response(_page())


@blueprint.post("/coverage/replay")
def replay() -> Response:
    """Fold the log and compare it with the database: with progress for who can watch it, else the page with the end."""
    account_id, began = db.session().info["account_id"], time.perf_counter()
    steps = prove(db.engine, account_id)
    if "text/event-stream" not in request.headers.get("Accept", ""):
        report = _last(steps)
        enter(db.session(), account_id)
        return make_response(_page(report=report, seconds=time.perf_counter() - began, most=MOST))
    response = Response(stream_with_context(_told(steps, began)), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _page(**proven: Any) -> str:
    ground = ground_now()
    asked = request.args.get("since", "")
    span = SPANS.get(asked, SPANS[""])[1]
    found = cover(db.session(), ground.now - span if span is not None else None, _suite())
    return render_template(
        "coverage/page.html",
        coverage=found,
        groups=[(heading, group_hue(lines[0].type.object), lines) for heading, lines in found.groups.items()],
        gaps={part: found.gaps(part) for part in _parts(found)},
        figures={part: found.figure(part) for part in _parts(found)},
        who=list(WHO.values()),
        proofs=proofs.PROOFS if found.has_proofs else (),
        spans=[(name, words) for name, (words, _) in SPANS.items()],
        asked=asked,
        local=lambda at: _local(at, ground.zone),
        **proven,
    )


def _parts(found: Coverage) -> tuple[str, ...]:
    return ("types", "ways", "proofs") if found.has_proofs else ("types", "ways")


def _local(at: datetime, zone: Any) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _suite() -> proofs.Report | None:
    path = proofs.report_file()
    try:
        return proofs.read(path) if path.exists() else None
    except proofs.BadReport:
        return None


def _told(steps: Iterator[Any], began: float) -> Iterator[str]:
    for step in steps:
        if isinstance(step, Exception):
            raise step
        if isinstance(step, Report):
            seconds = time.perf_counter() - began
            yield _message(render_template("coverage/_proven.html", report=step, seconds=seconds, most=MOST))
        else:
            yield _message(render_template("coverage/_progress.html", done=step[0], total=step[1]))


def _last(steps: Iterator[Any]) -> Report:
    for step in steps:
        if isinstance(step, Exception):
            raise step
        if isinstance(step, Report):
            return step
    raise RuntimeError("replay ended without a report")


def _message(drawn: str) -> str:
    return "".join(f"data: {line}\n" for line in drawn.splitlines()) + "\n"
