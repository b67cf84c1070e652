"""Wake: snoozes that fell due while nobody looked, each played once, at the time it was due."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from audit.action import begin, now
from audit.clock import desk_now, set_clock
from audit.ledger import seal
from audit.log import event_table
from audit.replay import replay
from automation.timers import play_due
from bench.desks import BATCH, DATABASES, Database, Place, a_desk, settle
from bench.results import Result, Wrong
from bench.sizes import Sizes
from helpdesk import tickets
from helpdesk.models import Ticket

GOALS: Final[dict[Database, float]] = {"SQLite": 10.0, "PostgreSQL": 20.0}


def measure(sizes: Sizes, wrong: Wrong) -> Iterator[Result]:
    """All are due at once, a second apart by the desk's clock."""
    for database in DATABASES:
        with a_desk(database, sizes.snoozes) as place:
            due = _snooze_all(place)
            settle(place)
            with place.session() as session:
                started = time.perf_counter()
                play_due(session, place.account_id)
                taken = time.perf_counter() - started
            _judge(place, due, wrong)
        yield Result(
            name="wake: due snoozes",
            database=database,
            rows=f"{sizes.snoozes:,} tickets, {sizes.snoozes * 2:,} events",
            measured=[taken],
            unit="s",
            goal=GOALS[database],
            at_most=True,
        )


def _snooze_all(place: Place) -> dict[int, datetime]:
    due: dict[int, datetime] = {}
    with place.session() as session:
        first = desk_now(session, place.account_id) + timedelta(hours=1)
        for place_in_line, number in enumerate(place.tickets):
            begin(session, place.account_id, source="web")
            due[number] = first + timedelta(seconds=place_in_line)
            ticket = session.get_one(Ticket, number, with_for_update=True)
            tickets.snooze(ticket, due[number], by=place.ana)
            seal(session)
            if place_in_line % BATCH == BATCH - 1:
                session.commit()
        session.commit()
        begin(session, place.account_id, source="cli")
        set_clock(session, place.account_id, desk=max(due.values()) + timedelta(hours=1), rate=0)
        session.commit()
    return due


def _judge(place: Place, due: dict[int, datetime], wrong: Wrong) -> None:
    with place.session() as session:
        begin(session, place.account_id, source="cli")
        woken = session.execute(
            select(event_table.c.object_id, event_table.c.created_datetime)
            .where(event_table.c.type == "ticket-self-unsnoozed")
            .order_by(event_table.c.id)
        ).all()
        wrong.unless(len(woken) == len(due), f"{len(woken)} of {len(due)} snoozes were woken")
        wrong.unless({row.object_id: row.created_datetime for row in woken} == due, "woken at another time than due")
        wrong.unless(now(session) >= max(due.values()), "the desk's time ran backwards")
        session.rollback()
        report = replay(session, place.account_id)
        wrong.unless(report.agrees, f"after waking: {report.differences[:3]}")
