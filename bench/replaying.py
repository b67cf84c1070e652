"""Replay: fold a log, check its befores, compare with every row; on events that verbs have really written."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from audit.action import begin, now
from audit.ledger import seal, sealed_since
from audit.replay import replay
from bench.desks import BATCH, DATABASES, Database, Place, a_desk, settle
from bench.results import Result, Wrong
from bench.sizes import Sizes
from helpdesk import tickets
from helpdesk.models import Ticket

# PostgreSQL may take half as long again as the default database.
GOALS: Final[dict[Database, float]] = {"SQLite": 100_000, "PostgreSQL": 100_000 / 1.5}


def measure(sizes: Sizes, wrong: Wrong) -> Iterator[Result]:
    """As many events as asked for, about sixteen a ticket, two an action."""
    for database in DATABASES:
        with a_desk(database, max(sizes.events // 16, 10)) as place:
            _live(place, sizes.events)
            settle(place)
            rates, rows = [], ""
            for _ in range(sizes.rounds):
                with place.session() as session:
                    started = time.perf_counter()
                    report = replay(session, place.account_id)
                    rates.append(report.events / (time.perf_counter() - started))
                wrong.unless(report.agrees, f"{database}: replay disagrees: {report.differences[:3]}")
                rows = f"{report.events:,} events, {report.rows:,} rows"
        yield Result(name="replay", database=database, rows=rows, measured=rates, unit="/s", goal=GOALS[database])


def _live(place: Place, events: int) -> None:
    """Let the tickets live until so many events are written; each verb an action of its own, many a transaction."""
    written, step = 0, 0
    with place.session() as session:
        while written < events:
            begin(session, place.account_id, source="web")
            for number in range(step * BATCH, (step + 1) * BATCH):
                ticket = session.get_one(Ticket, place.tickets[number % len(place.tickets)], with_for_update=True)
                _VERBS[number // len(place.tickets) % len(_VERBS)](session, place, ticket)
                seal(session)
                begin(session, place.account_id, source="web")
            written += len(sealed_since(session))
            session.commit()
            step += 1


_VERBS: Final[tuple[Callable[[Session, Place, Ticket], None], ...]] = (
    lambda _session, place, ticket: tickets.mark_spam(ticket, by=place.ana),
    lambda _session, place, ticket: tickets.set_subject(ticket, f"{ticket.subject} (again)", by=place.ana),
    lambda _session, place, ticket: tickets.unmark_spam(ticket, by=place.ana),
    lambda session, place, ticket: tickets.snooze(ticket, now(session) + timedelta(days=1), by=place.ana),
    lambda _session, place, ticket: tickets.set_priority(
        ticket, "high" if ticket.priority == "normal" else "normal", by=place.ana
    ),
    lambda _session, place, ticket: tickets.reopen(ticket, by=place.ana),
    lambda _session, place, ticket: tickets.trash(ticket, by=place.ana),
    lambda _session, place, ticket: tickets.untrash(ticket, by=place.ana),
)
