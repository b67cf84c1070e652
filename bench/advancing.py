"""Advance: a month of a demo account goes by, with snoozes that end and trash that is emptied on the way.

And some hours in which a rule looks at all tickets each minute and finds nothing to do.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from audit.action import begin, now
from audit.ledger import seal
from audit.log import event_table
from audit.replay import replay
from automation import clockwork, timers
from bench.desks import BATCH, Database, Place, a_desk, settle
from bench.results import Result, Wrong
from bench.sizes import Sizes
from helpdesk import rules, settings, tickets
from helpdesk.models import Account, Ticket

DATABASES: Final[tuple[Database, ...]] = ("SQLite", "PostgreSQL")
GOAL: Final = 60.0
MONTH: Final = timedelta(days=30)
#: How many runs a second of a rule that finds nothing to do.
RUNS: Final = 100
IDLE: Final = "if (eq(ticket.priority, 'critical')) { Action('setPriority', {priority: 'high'}); }"

#: Every so manyth is in the trash, the others are snoozed.
TRASHED: Final = 10


def measure(sizes: Sizes, wrong: Wrong) -> Iterator[Result]:
    """As many things due as there are tickets, spread over the month; then the hours."""
    for database in DATABASES:
        with a_desk(database, sizes.snoozes) as place:
            _plan(place)
            settle(place)
            target = _target(place, MONTH)
            taken, worked = _advance(place, target, sizes.snoozes, wrong)
            events = _judge(place, target, wrong)
            rows = f"{sizes.snoozes:,} things due, {events:,} events"
            yield Result(
                name="advance 30 days", database=database, rows=rows, measured=[taken], unit="s", goal=GOAL,
                at_most=True,
            )  # fmt: skip
            yield Result(name="  of them ours", database=database, rows=rows, measured=[worked], unit="s")
            yield _each_minute(place, database, sizes.scheduled_runs, wrong)


def _each_minute(place: Place, database: Database, runs: int, wrong: Wrong) -> Result:
    with place.session() as session:
        begin(session, place.account_id, source="web")
        account = session.get_one(Account, place.account_id)
        shape = rules.Shape(name="Nothing to do", code=IDLE, schedule="* * * * *")
        rules.create(account, shape, by=place.ana)
        session.commit()
    settle(place)
    target = _target(place, timedelta(minutes=runs))
    taken, _worked = _advance(place, target, runs, wrong)
    return Result(
        name="a rule each minute", database=database, rows=f"{runs:,} runs, nothing to do", measured=[runs / taken],
        unit="/s", goal=RUNS,
    )  # fmt: skip


def _advance(place: Place, target: datetime, expected: int, wrong: Wrong) -> tuple[float, float]:
    """How long it took by the clock on the wall, and by the processor's."""
    with place.session() as session:
        wrong.unless(timers.count_due(session, place.account_id, target) == expected, "something is due elsewhere")
        session.rollback()
        began = time.perf_counter(), time.process_time()
        clockwork.advance(session, place.account_id, target)
        return time.perf_counter() - began[0], time.process_time() - began[1]


def _target(place: Place, span: timedelta) -> datetime:
    with place.session() as session:
        begin(session, place.account_id, source="cli")
        return now(session) + span


def _plan(place: Place) -> None:
    """Nine in ten snoozed, one in the trash: all due within the month."""
    apart = timedelta(days=29) / len(place.tickets)
    with place.session() as session:
        begin(session, place.account_id, source="web")
        account = session.get_one(Account, place.account_id)
        settings.change(account, "trash", {"days": 29}, by=place.ana)
        seal(session)
        for index, number in enumerate(place.tickets):
            at = begin(session, place.account_id, source="web").at
            ticket = session.get_one(Ticket, number, with_for_update=True)
            if index % TRASHED == 0:
                tickets.trash(ticket, by=place.ana)
            else:
                tickets.snooze(ticket, at + timedelta(hours=1) + index * apart, by=place.ana)
            seal(session)
            if index % BATCH == BATCH - 1:
                session.commit()
        session.commit()


def _judge(place: Place, target: datetime, wrong: Wrong) -> int:
    with place.session() as session:
        begin(session, place.account_id, source="cli")
        wrong.unless(timers.count_due(session, place.account_id, target) == 0, "something due was not played")
        wrong.unless(now(session) >= target, "the clock did not arrive")
        played = select(func.count()).where(event_table.c.actor_kind == "schedule")
        events = session.scalar(played) or 0
        session.rollback()
        report = replay(session, place.account_id)
        wrong.unless(report.agrees, f"after the advance: {report.differences[:3]}")
    return events
