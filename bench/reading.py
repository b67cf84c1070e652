"""Reading: the audit list on millions of events beside the floor: filters over a week, page 1000, a longer log."""

import statistics
import time
from collections.abc import Callable, Iterator
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

#: PostgreSQL may take half as much again.
OF_THE_FLOOR: Final[dict[Database, float]] = {"SQLite": 1.3, "PostgreSQL": 1.95}
OF_PAGE_ONE: Final = 1.2
GROWTH: Final = 1.2
#: Seconds that anything beside the list may take; what is not done by then says "at least".
BESIDE: Final = 0.2
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

#: What comes beside the list, or is looked for event by event: of each kind, the slowest question counts.
LOOKED_FOR: Final = {
    "free text, the list": [
        f"/settings/audit/older?{text}&cursor={{top}}" for text in ("text=order", "text=teapot", "text=e")
    ],
    "free text, total and bars": ["/settings/audit/around?text=order", "/settings/audit/around?text=teapot"],
    "negation, total and bars": [
        "/settings/audit/around?not_event=ticket-updated",
        "/settings/audit/around?not_event=ticket-updated&member=none",
        "/settings/audit/around?not_event=ticket-updated&text=order",
    ],
    "numbers beside the options": [
        f"/settings/audit/facets?{filters}"
        for filters in (
            "",
            "member=7",
            "member=none",
            "by=rule:3",
            "not_event=ticket-updated",
            "text=order",
            "source=web",
        )
    ],
}

Ask = Callable[[], float]
#: Seconds of both, turn by turn.
Pairs = tuple[list[float], list[float]]


def measure(sizes: Sizes, wrong: Wrong) -> Iterator[Result]:
    """Each filter in turns with the floor, and in turns with a log a tenth as long."""
    for database in DATABASES:
        with a_big_log(database, sizes.log) as log, clients(log) as (desk, bare):
            yield from _against_the_floor(database, log, desk, bare, sizes, wrong)
            yield from _beside(database, log, desk, sizes, wrong)
            with a_big_log(database, sizes.log // 10) as shorter, clients(shorter) as (other, _):
                yield from _against_shorter(database, (log, desk), (shorter, other), sizes, wrong)


def _against_the_floor(
    database: Database, log: BigLog, desk: FlaskClient, bare: FlaskClient, sizes: Sizes, wrong: Wrong
) -> Iterator[Result]:
    rows = f"count(*) = {log.events:,}"
    for name, filters in _filters(log).items():
        ours = _asking(desk, rows_from(log, filters), wrong)
        pairs = _in_turns(ours, _asking(bare, f"/?{filters}", wrong), sizes)
        yield _result(f"read: {name}, a week", database, rows, pairs, OF_THE_FLOOR[database])
    anew = _anew(desk, _asking(desk, rows_from(log, ""), wrong), "audit_drawings")
    pairs = _in_turns(anew, _asking(bare, "/", wrong), sizes)
    yield replace(_result("  everything, each line drawn anew", database, rows, pairs, 0), goal=None)
    deep = _asking(desk, f"/settings/audit/older?cursor={_thousandth(log)}", wrong)
    pairs = _in_turns(deep, _asking(desk, rows_from(log, ""), wrong), sizes)
    yield _result("read: page 1000 against page 1", database, rows, pairs, OF_PAGE_ONE)
    pairs = _in_turns(_asking(desk, "/settings/audit", wrong), _asking(bare, "/", wrong), sizes)
    yield Result(name="  the whole page, with total", database=database, rows=rows, measured=pairs[0], unit="ms")


def _beside(database: Database, log: BigLog, desk: FlaskClient, sizes: Sizes, wrong: Wrong) -> Iterator[Result]:
    for name, asked in LOOKED_FOR.items():
        slowest = ("", [0.0])
        for path in asked:
            ask = _anew(desk, _asking(desk, path.format(top=_top(log)), wrong), "audit_known", "audit_drawings")
            taken = [ask() for _ in range(sizes.visits // 10 + 2)][1:]
            slowest = max(slowest, (path.partition("?")[2].partition("&cursor")[0], taken), key=_median_taken)
        yield Result(
            name=f"beside: {name}",
            database=database,
            rows=f"count(*) = {log.events:,}, slowest: {slowest[0] or 'everything'}",
            measured=slowest[1],
            unit="ms",
            goal=BESIDE,
            at_most=True,
        )


def _median_taken(question: tuple[str, list[float]]) -> float:
    return statistics.median(question[1])


def _against_shorter(
    database: Database,
    long: tuple[BigLog, FlaskClient],
    short: tuple[BigLog, FlaskClient],
    sizes: Sizes,
    wrong: Wrong,
) -> Iterator[Result]:
    rows = f"{short[0].events:,} to {long[0].events:,}"
    others = _filters(short[0])
    for name, filters in _filters(long[0]).items():
        ours = _asking(long[1], rows_from(long[0], filters), wrong)
        pairs = _in_turns(ours, _asking(short[1], rows_from(short[0], others[name]), wrong), sizes)
        yield _result(f"read: {name}, growth", database, rows, pairs, GROWTH)


def _result(name: str, database: Database, rows: str, pairs: Pairs, goal: float) -> Result:
    ours, theirs = pairs
    return Result(
        name=name,
        database=database,
        rows=f"{rows}, {statistics.median(ours) * 1000:.1f} ms",
        measured=[statistics.median(one / other for one, other in zip(ours, theirs, strict=True))],
        unit="×",
        goal=goal,
        at_most=True,
    )


def _in_turns(ours: Ask, theirs: Ask, sizes: Sizes) -> Pairs:
    taken: Pairs = ([], [])
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


def _anew(client: FlaskClient, ask: Ask, *kept: str) -> Ask:
    """What nobody has looked at lately: events are read, drawn and counted once, and kept for a while."""

    def look() -> float:
        for each in kept:
            client.application.extensions.pop(each, None)
        return ask()

    return look


def rows_from(log: BigLog, filters: str) -> str:
    """The address of the newest rows alone, without the form, the sentence and the total around them."""
    return f"/settings/audit/older?{filters}&cursor={_top(log)}"


def _top(log: BigLog) -> str:
    return queries.Cursor(log.end + timedelta(days=1), 1).write(log.account_id)


def _filters(log: BigLog) -> dict[str, str]:
    return {name: filters.format(ticket=log.ticket) for name, filters in WEEK.items()}


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
def clients(log: BigLog) -> Iterator[tuple[FlaskClient, FlaskClient]]:
    """A browser on the desk in which the admin is logged in, and one on the floor."""
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
