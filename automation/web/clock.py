"""The desk clock in the browser: in the bar of every page, in its menu, and on a page with all that waits."""

from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from flask import Blueprint, Flask, Response, g, make_response, redirect, render_template, request, url_for
from sqlalchemy import func, select

from audit.clock import desk_now
from audit.db import db
from audit.log import event_table
from automation import clockwork, upcoming
from automation.clockwork import Journey, Whither
from automation.upcoming import Line, Queue
from helpdesk.refusals import Refused
from helpdesk.spans import parse_span
from helpdesk.web import answers
from helpdesk.web.answers import Told
from helpdesk.web.changing import me, needs
from helpdesk.web.formats import moment, zone
from helpdesk.web.htmx import wants_partial
from helpdesk.web.logins import Clock
from helpdesk.web.moments import moment_at

#: What can be chosen with one press: how many times as fast as real time.
RATES: Final[tuple[tuple[float, str], ...]] = ((1, "Real"), (10, "×10"), (60, "×60"), (3600, "×3600"), (0, "Frozen"))
#: And how far to advance.
SPANS: Final = (("1h", "1 hour"), ("1d", "1 day"), ("1w", "1 week"), ("30d", "30 days"))

#: Lines of the queue in the menu, and on the page.
FEW: Final = 5
MANY: Final = 200

#: How long a page waits for the clock to arrive, in seconds; what takes longer goes on as a job.
AT_ONCE: Final = 2.0

#: Types of events that a toast names.
MOST_TOLD: Final = 8

_PACES: Final[dict[float, str]] = {0: "The clock stands", 1: "The clock runs in real time"}

blueprint = Blueprint("clock", __name__)


class Face:
    """What the bar shows beside the time, read once a page."""

    @cached_property
    def next(self) -> Line | None:
        """What happens next."""
        return upcoming.first(db.session(), g.account.id)

    @cached_property
    def journey(self) -> Journey | None:
        """Where the clock is going, if it is on its way."""
        return clockwork.under_way(db.session(), g.account.id) if g.desk_clock.is_moving else None


def install(app: Flask) -> None:
    """Let every page show the clock, and register its own."""
    app.context_processor(_face)
    app.register_blueprint(blueprint)


def _face() -> dict[str, Any]:
    if "clock_face" not in g:
        g.clock_face = Face()
    return {"face": g.clock_face, "clock_rates": RATES, "clock_spans": SPANS}


# ---- Looking


@blueprint.get("/clock")
@needs("read")
def show() -> Response:
    """The clock with all that waits: the page, or its part that follows the clock on its way."""
    template = "clock/_room.html" if wants_partial() else "clock/show.html"
    return make_response(render_template(template, **_room()))


@blueprint.get("/clock/menu")
@needs("read")
def menu() -> Response:
    """What opens below the clock in the bar; without scripts, the page."""
    if not wants_partial():
        return make_response(redirect(url_for("clock.show"), 303))
    return make_response(render_template("clock/_menu.html", queue=_queue(FEW)))


@blueprint.get("/clock/face")
@needs("read")
def face() -> Response:
    """The bar's clock by itself, while it is on its way; without scripts, the page."""
    if not wants_partial():
        return make_response(redirect(url_for("clock.show"), 303))
    return make_response(render_template("layout/_clock.html", clock=g.desk_clock, account=g.account))


# ---- Moving


@blueprint.post("/clock/rate")
@needs("move clock")
def rate() -> Response:
    """Let it run faster or slower, or stand."""
    try:
        wanted = float(request.form.get("rate", ""))
    except ValueError:
        return _refused("Choose one of the speeds. The clock runs as before.")
    try:
        clockwork.set_rate(db.session(), g.account.id, wanted, by=me(), source="web")
    except Refused as refusal:
        return _refused(str(refusal))
    return _done(_PACES.get(wanted, f"The clock runs ×{wanted:g}"))


@blueprint.post("/clock/advance")
@needs("move clock")
def advance() -> Response:
    """Let a span of time pass, or go to a moment in the account's time zone."""
    try:
        return _move(_whither(request.form.get("span", "").strip(), request.form.get("moment", "").strip()))
    except Refused as refusal:
        return _refused(str(refusal))


@blueprint.post("/clock/step")
@needs("move clock")
def step() -> Response:
    """Go to the next thing due, and let it happen."""
    try:
        return _move(None)
    except Refused as refusal:
        return _refused(str(refusal))


@blueprint.post("/clock/stop")
@needs("move clock")
def stop() -> Response:
    """Stop a clock that is on its way."""
    try:
        at = clockwork.cancel(db.session(), g.account.id, by=me(), source="web")
    except Refused as refusal:
        return _refused(str(refusal))
    return _done(f"Stopped at {_said(at)}")


def _whither(span: str, own: str) -> timedelta | datetime:
    if span:
        return parse_span(span)
    try:
        local = datetime.fromisoformat(own)
    except ValueError:
        raise Refused(
            "Say how far: a span such as 4h or 1w2d, or a date and a time. The clock stays where it is."
        ) from None
    try:
        return moment_at(local, g.account.time_zone, "The clock stays where it is.")
    except OverflowError:
        raise Refused("That is too far ahead: ten years at a time are the most.") from None


def _move(whither: Whither) -> Response:
    session = db.session()
    job_id = clockwork.set_out(session, g.account.id, whither, by=me(), source="web")
    if clockwork.go_on(session, g.account.id, job_id, AT_ONCE):
        return _done(f"It is {_said(desk_now(session, g.account.id))} now")
    return _done("The clock is on its way; you can go on looking around")


def _said(at: datetime) -> str:
    return moment(at, g.account.time_zone)


# ---- Answers


def _done(said: str) -> Response:
    events = _written_since(g.newest_event_id)
    if not events:
        said = "Nothing changed, so no event was written"
    if not wants_partial():
        answers.toast(said, events)
        return make_response(redirect(url_for("clock.show"), 303))
    return _fresh("done" if events else "info", said, events)


def _refused(said: str) -> Response:
    if not wants_partial():
        return make_response(render_template("clock/show.html", problem=said, **_room()), 409)
    return _fresh("error", said, [], 409)


def _fresh(kind: str, said: str, events: list[Told], status: int = 200) -> Response:
    """The clock in the bar, its menu, and where the page is the clock's, that too."""
    session = db.session()
    now, rate = desk_now(session, g.account.id), clockwork.rate_of(session, g.account.id)
    g.desk_clock = Clock(now, rate, clockwork.under_way(session, g.account.id) is not None)
    g.pop("clock_face", None)
    on_page = request.form.get("from") == "page"
    room = _room() if on_page else {"queue": _queue(FEW)}
    return make_response(
        render_template(
            "clock/_answer.html",
            on_page=on_page,
            kind=kind,
            said=said,
            events=events,
            clock=g.desk_clock,
            account=g.account,
            **room,
        ),
        status,
    )


def _room() -> dict[str, Any]:
    local = g.desk_clock.now.astimezone(zone(g.account.time_zone))
    return {
        "queue": _queue(MANY),
        "now": g.desk_clock.now,
        "time_zone": g.account.time_zone,
        "usual_moment": (local + timedelta(days=1)).replace(hour=9, minute=0).strftime("%Y-%m-%dT%H:%M"),
    }


def _queue(limit: int) -> Queue:
    return upcoming.queue(db.session(), g.account.id, limit)


def _written_since(event_id: int) -> list[Told]:
    """The events that were written meanwhile, in the order of their first."""
    event = event_table.c
    counted = (
        select(event.type, func.count().label("times"))
        .where(event.account_id == g.account.id, event.id > event_id)
        .group_by(event.type)
        .order_by(func.min(event.id))
        .limit(MOST_TOLD)
    )
    return [answers.told(row.type, row.times) for row in db.session.execute(counted)]
