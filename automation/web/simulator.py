"""The simulator's page: which kinds of days there are, beginning one, how far it is, and its events as they come."""

from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from sqlalchemy import func, select

from audit import rows
from audit.db import db
from audit.directory import directory
from audit.log import event_table
from audit.question import Ground
from audit.rows import EventRow
from audit.sessions import scoped
from automation.simulator import simulation
from automation.simulator.furnishing import HANDS
from automation.simulator.profiles import Profile, all_profiles
from automation.simulator.simulation import State, Wish
from helpdesk.models import User
from helpdesk.refusals import Refused
from helpdesk.web import answers
from helpdesk.web.changing import me, needs
from helpdesk.web.formats import zone
from helpdesk.web.htmx import wants_partial

#: What can be chosen: how many times as fast as real time.
SPEEDS: Final = (
    (0, "As fast as it goes"),
    (3600, "An hour in a second"),
    (600, "Ten minutes in a second"),
    (60, "×60"),
)
#: The newest events that the feed shows.
SHOWN: Final = 15

#: The drawing of a day, in units of its own.
BAR: Final = 4
HEIGHT: Final = 40

blueprint = Blueprint("simulator", __name__)


@dataclass(frozen=True)
class Bar:
    """An hour of a day, drawn."""

    x: int
    y: float
    height: float


@dataclass(frozen=True)
class Card:
    """A kind of day, as the page shows it."""

    profile: Profile
    bars: tuple[Bar, ...]
    a_day: int  #: how many write to five agents


@blueprint.get("/settings/simulator")
@needs("move clock")
def show() -> Response:
    """The page, or its part that follows a simulation on its way."""
    if wants_partial():
        follow = render_template("simulator/_follow.html", clock=g.desk_clock, account=g.account, **_run())
        return make_response(follow)
    return _page()


@blueprint.post("/settings/simulator")
@needs("move clock")
def begin() -> Response:
    """Begin to simulate, from the desk's present time on."""
    try:
        wish = _wish()
        simulation.set_out(db.session(), g.account.id, wish, by=me(), source="web")
    except Refused as refusal:
        return _page(f"{refusal} Nothing was begun.", 409)
    answers.toast("The simulation begins; its events appear below", [])
    return make_response(redirect(url_for("simulator.show"), 303))


@blueprint.post("/settings/simulator/stop")
@needs("move clock")
def stop() -> Response:
    """Stop where it is."""
    try:
        simulation.cancel(db.session(), g.account.id, by=me(), source="web")
    except Refused as refusal:
        return _page(str(refusal), 409)
    answers.toast("Stopped: what has happened stays", [])
    return make_response(redirect(url_for("simulator.show"), 303))


def _wish() -> Wish:
    return Wish(
        profile=request.form.get("profile", ""),
        seed=_number("seed", "The seed is a whole number.", 1),
        agents=_number("agents", "Say with a whole number how many agents there are.", 5),
        days=_number("days", "Say with a whole number for how many days.", None),
        speed=_number("speed", "Choose one of the speeds.", 0),
    )


def _number(name: str, sentence: str, default: Any) -> Any:
    given = request.form.get(name, "").strip()
    if not given:
        return default
    if not (given.isascii() and given.isdecimal() and len(given) < 10):
        raise Refused(sentence)
    return int(given)


def _page(problem: str | None = None, status: int = 200) -> Response:
    return make_response(
        render_template(
            "simulator/show.html",
            cards=[_card(profile) for profile in all_profiles().values()],
            chosen=request.form.get("profile") or next(iter(all_profiles())),
            speeds=SPEEDS,
            hands=max(_hands(), 3),
            most=simulation.MOST_AGENTS,
            problem=problem,
            **_run(),
        ),
        status,
    )


def _run() -> dict[str, Any]:
    session = db.session()
    state = simulation.newest(session, g.account.id)
    return {
        "state": state,
        "name": all_profiles()[state.wish.profile].name if state and state.wish.profile in all_profiles() else "",
        "feed": _feed(state) if state else [],
        "time_zone": g.account.time_zone,
    }


def _feed(state: State) -> list[EventRow]:
    """The newest events since it began, the last one first."""
    session = db.session()
    found = session.execute(
        scoped(session, table=event_table)
        .where(event_table.c.created_datetime >= state.start)
        .order_by(event_table.c.created_datetime.desc(), event_table.c.id.desc())
        .limit(SHOWN)
    ).all()
    ground = Ground(now=g.desk_clock.now, zone=zone(g.account.time_zone), longest=None, people={})
    return rows.rows(session, directory(), ground, list(found))


def _hands() -> int:
    found = select(func.count()).select_from(User)
    return db.session.scalar(found.where(User.account_id == g.account.id, User.active, User.role.in_(HANDS))) or 0


def _card(profile: Profile) -> Card:
    hours = profile.by_hour()
    # All are drawn to one scale, but the quiet ones would be flat: the root keeps the order, and shows both.
    highest = max(max(each.by_hour()) for each in all_profiles().values()) ** 0.5
    bars = tuple(
        Bar(hour * BAR, round(HEIGHT - (height := HEIGHT * count**0.5 / highest), 1), round(height, 1))
        for hour, count in enumerate(hours)
    )
    return Card(profile, bars, round(5 * sum(hours)))
