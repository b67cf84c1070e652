"""Simulated days by API: begun, looked at, stopped."""

from typing import Any

from flask import g
from pydantic import Field

from audit.db import db
from audit.rest.calls import Resource
from audit.rest.problems import Problem
from audit.rest.shapes import Body, Moment, Shown
from automation.simulator import simulation
from automation.simulator.simulation import State, Wish
from helpdesk.api.acting import me

resource = Resource(
    "desk_simulation",
    "Desk: simulation",
    noun="simulation",
    scope="account",
    about="Made-up customers and agents on this desk, by the ordinary verbs, from a seed; the clock goes along.",
)


class Wanted(Body):
    """What is to be simulated: what kind of days, how many, by how many agents; speed 0 is as fast as it goes."""

    profile: str = Field("quiet-day", max_length=64)
    days: int | None = Field(None, strict=True, ge=1, le=simulation.LONGEST.days)
    agents: int = Field(5, strict=True, ge=1, le=simulation.MOST_AGENTS)
    seed: int = Field(1, strict=True, ge=0, le=2**31)
    speed: int = Field(0, strict=True, ge=0)


class Simulation(Shown):
    """How far a simulation is; `status` is pending, running, done or canceled."""

    job_id: int
    status: str
    percent: int
    profile: str
    seed: int
    agents: int
    start_datetime: Moment
    until_datetime: Moment
    reached_datetime: Moment
    events: int
    error: str | None


@resource.call(
    "POST /desk/simulate", needs="move clock", body=Wanted, must_have_body=False, gives=Simulation, status=201,
    is_ours=True, writes=("desk-clock-changed",), sample={"profile": "quiet-day", "days": 1, "seed": 7},
)  # fmt: skip
def simulate(body: Wanted) -> Simulation:
    """Begin a simulation, which goes on in the background; `POST /api/desk/settle` waits for it."""
    wish = Wish(profile=body.profile, seed=body.seed, agents=body.agents, days=body.days, speed=body.speed)
    simulation.set_out(db.session(), g.account.id, wish, by=me(), source="api")
    return show()


@resource.call("GET /desk/simulate", needs="read", gives=Simulation, is_ours=True)
def show() -> Simulation:
    """Show how far the newest simulation is."""
    session: Any = db.session()
    session.rollback()
    state = simulation.newest(session, g.account.id)
    if state is None:
        raise Problem(404, "Nothing was ever simulated on this desk.")
    return _shown(state)


@resource.call("DELETE /desk/simulate", needs="move clock", is_ours=True)
def stop() -> None:
    """Stop a simulation where it is: what has happened stays."""
    simulation.cancel(db.session(), g.account.id, by=me(), source="api")


def _shown(state: State) -> Simulation:
    return Simulation(
        job_id=state.job_id,
        status={"cancelled": "canceled"}.get(state.status, state.status),  # as the public API spells it
        percent=state.percent,
        profile=state.wish.profile,
        seed=state.wish.seed,
        agents=state.wish.agents,
        start_datetime=state.start,
        until_datetime=state.until,
        reached_datetime=state.reached,
        events=state.written,
        error=state.error,
    )
