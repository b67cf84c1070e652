"""Crowd: fifty readers with mixed filters on millions of events while more are written, against the floor likewise."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import select

from audit.action import begin
from audit.actors import Actor
from bench.biglog import BigLog, a_big_log
from bench.processes import Helper
from bench.reading import WEEK, rows_from
from bench.results import Result, Wrong
from bench.sizes import Sizes
from bench.visitors import a_server, await_port, free_port, log_in
from helpdesk import tickets
from helpdesk.models import Account, Customer, Ticket, User

OF_THE_FLOOR: Final = 0.7
LONGEST_WAIT: Final = 2.0
EVENTS_A_SECOND: Final = 50


def measure(sizes: Sizes, wrong: Wrong) -> Iterator[Result]:
    """In turns, each for some seconds; what is written goes on all the time. On the default database."""
    filters = [each for each in WEEK.values() if "{" not in each]
    with a_big_log("SQLite", sizes.log) as log, a_server(log.url) as server, _a_floor(log) as port, _writing(log):
        cookie = f"Cookie: desk_login={log_in(log.session(), log.account_id)}"
        desk = Helper("bench.readers", server.port, cookie, sizes.readers, *(rows_from(log, f) for f in filters))
        bare = Helper("bench.readers", port, cookie, sizes.readers, *(f"/?{f}" for f in filters))
        ratios, waits = [], []
        for turn in range(sizes.rounds + 1):
            (read, bad, wait), (plain, _, _) = (
                map(float, helper.ask(sizes.crowd_seconds).split()) for helper in (desk, bare)
            )
            wrong.unless(not bad, f"{bad:.0f} of {read:.0f} pages went wrong")
            if turn:  # the first round warms up
                ratios.append(read / plain)
                waits.append(wait)
        desk.stop()
        bare.stop()
    rows = f"count(*) = {log.events:,}, {sizes.readers} readers, {EVENTS_A_SECOND} events/s written"
    yield Result(
        name="crowd: pages a second, against the floor",
        database="SQLite",
        rows=rows,
        measured=ratios,
        unit="×",
        goal=OF_THE_FLOOR,
    )
    yield Result(
        name="crowd: longest wait",
        database="SQLite",
        rows=rows,
        measured=waits,
        unit="s",
        goal=LONGEST_WAIT,
        at_most=True,
    )


@contextmanager
def _a_floor(log: BigLog) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "bench.floor", log.url, str(log.account_id), str(port)]
    process = subprocess.Popen(command, cwd=Path(__file__).parent.parent)
    await_port(port)
    yield port
    process.terminate()
    process.wait(30)


@contextmanager
def _writing(log: BigLog) -> Iterator[None]:
    stop = threading.Event()
    writer = threading.Thread(target=_write, args=(log, stop))
    writer.start()
    yield
    stop.set()
    writer.join()


def _write(log: BigLog, stop: threading.Event) -> None:
    with log.session() as session:
        begin(session, log.account_id, source="web")
        by = Actor.user(session.scalars(select(User).limit(1)).one())
        customer = session.scalars(select(Customer).limit(1)).one()
        opening = tickets.Opening(customer=customer, subject="Written meanwhile", via="email")
        number = tickets.create(session.get_one(Account, log.account_id), opening, by=by).id
        session.commit()
        while not stop.is_set():
            started = time.time()
            begin(session, log.account_id, source="web")
            ticket = session.get_one(Ticket, number, with_for_update=True)
            (tickets.close if ticket.is_open else tickets.reopen)(ticket, by=by)
            session.commit()
            stop.wait(max(0.0, started + 2 / EVENTS_A_SECOND - time.time()))
