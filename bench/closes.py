"""Closes: a thousand tickets closed in one action, as somebody does who empties a view."""

import time
from collections.abc import Iterator
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.action import begin, enter
from audit.log import event_table
from audit.replay import replay
from bench.desks import DATABASES, Database, Place, a_desk
from bench.results import Result, Wrong
from bench.sizes import Sizes
from helpdesk import bulk
from helpdesk.bulk import DEEDS

# PostgreSQL may take half as long again as the default database.
GOALS: Final[dict[Database, float]] = {"SQLite": 0.3, "PostgreSQL": 0.45}


def measure(sizes: Sizes, wrong: Wrong) -> Iterator[Result]:
    """Loaded, closed and committed; reopened in between, outside the measurement."""
    for database in DATABASES:
        with a_desk(database, sizes.closes) as place:
            taken = [_close_all(place) for _ in range(sizes.rounds)]
            _judge(place, sizes, wrong)
        rows = f"{sizes.rounds} × {sizes.closes:,} tickets, {sizes.closes * 2:,} events"
        yield Result(
            name=f"closes: {sizes.closes:,} in one action",
            database=database,
            rows=rows,
            measured=taken,
            unit="s",
            goal=GOALS[database] * sizes.closes / 1000,
            at_most=True,
        )


def _close_all(place: Place) -> float:
    with place.session() as session:
        started = time.perf_counter()
        _do(session, place, "close")
        taken = time.perf_counter() - started
        _do(session, place, "reopen")
    return taken


def _do(session: Session, place: Place, name: str) -> None:
    begin(session, place.account_id, source="web")
    deed = DEEDS[name]
    bulk.do(session, deed, bulk.verb_for(session, deed, {}), place.tickets, by=place.ana)
    session.commit()


def _judge(place: Place, sizes: Sizes, wrong: Wrong) -> None:
    with place.session() as session:
        report = replay(session, place.account_id)
        wrong.unless(report.agrees, f"after closing many at once: {report.differences[:3]}")
        enter(session, place.account_id)
        closed = session.execute(select(func.count()).where(event_table.c.type == "ticket-closed")).scalar_one()
        asked = sizes.rounds * sizes.closes
        wrong.unless(closed == asked, f"{closed} tickets were closed, not {asked}")
