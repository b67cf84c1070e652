"""Simulate: a shop of twenty agents, as fast as it goes: how many events a second, and whether they are true."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from audit.action import enter
from audit.replay import replay
from automation.simulator import simulation
from automation.simulator.opening import COMMAND_LINE, open_desk
from automation.simulator.simulation import State, Wish
from bench.desks import a_database
from bench.results import Result, Wrong
from bench.sizes import Sizes
from helpdesk.models import Job
from tests.databases import engine_for
from tests.desks import open_session

GOAL: Final = 1000
AGENTS: Final = 20
MONDAY: Final = datetime(2026, 3, 2, tzinfo=UTC)


def measure(sizes: Sizes, wrong: Wrong) -> Iterator[Result]:
    """Days of an ordinary shop into SQLite; each day is a round.

    The goal is one of a machine that is ours alone: there both rows say the same, on a busy one the second tells more.
    """
    with a_database("SQLite") as url:
        engine = engine_for(url)
        with open_session(engine) as session:
            account_id, _ = open_desk(session, "simulated", MONDAY, 1)
            rounds, state = _simulate(session, account_id, sizes.simulated_days)
            enter(session, account_id)
            report = replay(session, account_id)
            wrong.unless(report.agrees, f"after the simulation: {report.differences[:3]}")
            wrong.unless(state.status == "done", "the simulation did not end")
        engine.dispose()
    rows = f"{AGENTS} agents, {sizes.simulated_days} days, {state.written:,} events"
    for name, rates in (
        ("simulate", [each.on_the_wall for each in rounds]),
        ("  a second of the processor's", [each.worked for each in rounds]),
    ):
        yield Result(name=name, database="SQLite", rows=rows, measured=rates, unit="/s", goal=GOAL)


@dataclass(frozen=True)
class Round:
    """Events a second: of the wall's time, and of the time the processor had for us."""

    on_the_wall: float
    worked: float


def _simulate(session: Session, account_id: int, days: int) -> tuple[list[Round], State]:
    wish = Wish(profile="quiet-day", agents=AGENTS, days=days)
    job = simulation.set_out(session, account_id, wish, by=COMMAND_LINE, source="cli", is_ours=True)
    simulation.step(session, session.get_one(Job, job))  # hires, and warms up
    began, rounds = [time.perf_counter(), time.process_time()], []
    written, day = 0, 0

    def note(state: State) -> None:
        nonlocal began, written, day
        if state.reached >= state.start + timedelta(days=day + 1):
            day, now = day + 1, [time.perf_counter(), time.process_time()]
            fresh, written = state.written - written, state.written
            rounds.append(Round(*(fresh / (after - before) for before, after in zip(began, now, strict=True))))
            began = now

    state = simulation.play(session, account_id, job, note)
    note(state)
    return rounds, state
