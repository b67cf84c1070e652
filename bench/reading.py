"""Reading: the audit list on millions of events beside the floor: filters over a week, page 1000, a longer log."""

import statistics
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Final

from flask.testing import FlaskClient

from audit import queries
from audit.db import db
from audit.log import event_table
from audit.sessions import scoped
from bench.biglog import BigLog, a_big_log
from bench.desks import DATABASES, Database
from bench.floor import floor
from bench.results import Result, Wrong
from bench.sizes import Sizes
from bench.visitors import log_in
from helpdesk import config as settings
from helpdesk.web import logins
from wsgi import create_app

OF_THE_FLOOR: Final = 1.3
OF_PAGE_ONE: Final = 1.2
GROWTH: Final = 1.2
#: Pages from the top to where the thousandth begins.
DEEP: Final = 1_000

#: Filters over the last seven days, as an address has them.
WEEK: Final = {
    "everything": "",
    "a member": "member=7",
    "No user": "member=none",
    "a type": "event=ticket-closed",
    "three types, No user": "event=ticket-closed&event=ticket-snoozed&event=ticket-reopened&member=none",
    "all but one type": "not_event=ticket-updated",
    "a rule": "by=rule:3",
    "an object": "object=Ticket:{ticket}",
}

Ask = Callable[[], float]


def measure(sizes: Sizes, wrong: Wrong) -> Iterator[Result]:
    """Each filter in turns with the floor; the log a tenth as long afterwards, for the growth."""
    for database in DATABASES:
        # PostgreSQL's log is made anew for each run, and so is the shorter one.
        events = sizes.log if database == "SQLite" else sizes.log // 10
        long = yield from _against_the_floor(database, events, sizes, wrong)
        short = _times(database, events // 10, sizes, wrong)
        for name in WEEK:
            yield Result(
                name=f"read: {name}, growth",
                database=database,
                rows=f"{events // 10:,} to {events:,}",
                measured=[long[name] / short[name]],
                unit="×",
                goal=GROWTH,
                at_most=True,
            )


def _against_the_floor(
    database: Database, events: int, sizes: Sizes, wrong: Wrong
) -> Generator[Result, None, dict[str, float]]:
    """Yields what was measured; answers the median of each filter."""
    medians: dict[str, float] = {}
    with a_big_log(database, events) as log, _clients(log) as (desk, bare):
        rows = f"count(*) = {log.events:,}"
        for name, filters in _filters(log).items():
            ours, floors = _in_turns(
                _asking(desk, rows_from(log, filters), wrong), _asking(bare, f"/?{filters}", wrong), sizes
            )
            medians[name] = statistics.median(ours)
            yield _result(f"read: {name}, a week", database, rows, ours, floors, OF_THE_FLOOR)
        first, deep = _in_turns(
            _asking(desk, rows_from(log, ""), wrong),
            _asking(desk, f"/settings/audit/older?cursor={_thousandth(log)}", wrong),
            sizes,
        )
        yield _result("read: page 1000 against page 1", database, rows, deep, first, OF_PAGE_ONE)
        whole, _ = _in_turns(_asking(desk, "/settings/audit", wrong), _asking(bare, "/", wrong), sizes)
        yield Result(name="  the whole page, with total", database=database, rows=rows, measured=whole, unit="ms")
    return medians


def _times(database: Database, events: int, sizes: Sizes, wrong: Wrong) -> dict[str, float]:
    with a_big_log(database, events) as log, _clients(log) as (desk, bare):
        return {
            name: statistics.median(
                _in_turns(_asking(desk, rows_from(log, filters), wrong), _asking(bare, "/", wrong), sizes)[0]
            )
            for name, filters in _filters(log).items()
        }


def _result(name: str, database: Database, rows: str, ours: list[float], theirs: list[float], goal: float) -> Result:
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    median = statistics.median(ours) * 1000
    return Result(
        name=name,
        database=database,
        rows=f"{rows}, {median:.1f} ms",
        measured=[statistics.median(ratios)],
        unit="×",
        goal=goal,
        at_most=True,
    )


def _in_turns(ours: Ask, theirs: Ask, sizes: Sizes) -> tuple[list[float], list[float]]:
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(sizes.visits + 2):
        pair = (ours(), theirs())
        if turn > 1:  # the first ones warm up
            taken[0].append(pair[0])
            taken[1].append(pair[1])
    return taken


def _asking(client: FlaskClient, path: str, wrong: Wrong) -> Ask:
    def ask() -> float:
        started = time.perf_counter()
        answer = client.get(path)
        taken = time.perf_counter() - started
        wrong.unless(answer.status_code == 200, f"{path} answered {answer.status_code}")
        return taken

    return ask


def rows_from(log: BigLog, filters: str) -> str:
    """The address of the newest rows alone, without the form, the sentence and the total around them."""
    top = queries.Cursor(log.end + timedelta(days=1), 1).write(log.account_id)
    return f"/settings/audit/older?{filters}&cursor={top}"


def _filters(log: BigLog) -> dict[str, str]:
    with log.session() as session:
        session.info["account_id"] = log.account_id
        newest = session.execute(
            scoped(session, event_table.c.object_id, table=event_table)
            .where(event_table.c.object_type == "Ticket")
            .order_by(event_table.c.created_datetime.desc())
            .limit(1)
        ).scalar_one()
    return {name: filters.format(ticket=newest) for name, filters in WEEK.items()}


def _thousandth(log: BigLog) -> str:
    with log.session() as session:
        session.info["account_id"] = log.account_id
        at = event_table.c.created_datetime
        found = session.execute(
            scoped(session, at, event_table.c.id, table=event_table)
            .order_by(at.desc(), event_table.c.id.desc())
            .offset(min(DEEP * queries.PAGE, log.events // 100))
            .limit(1)
        ).one()
    return queries.Cursor(found[0], found[1]).write(log.account_id)


@contextmanager
def _clients(log: BigLog) -> Iterator[tuple[FlaskClient, FlaskClient]]:
    config = replace(
        settings.from_environment({}),
        database_url=log.url,
        secret_key="only for benchmarks",
        trusted_hosts=("localhost",),
    )
    app = create_app(config)
    desk = app.test_client()
    desk.set_cookie(logins.COOKIE, log_in(log.session(), log.account_id))
    with log.session() as session:
        session.info["account_id"] = log.account_id
        people = queries.people(session)
    yield desk, floor(log.engine, log.account_id, people).test_client()
    with app.app_context():
        db.engine.dispose()
