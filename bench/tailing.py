"""Tailing: many open pages, and much happening: every event once, in order, soon; a restart loses nothing."""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from audit.action import begin, now
from audit.log import event_table
from bench.desks import DATABASES, Place, a_desk
from bench.processes import Helper
from bench.results import Result, Wrong
from bench.sizes import Sizes
from bench.visitors import Server, a_server, log_in
from helpdesk import tickets
from helpdesk.models import Ticket

LATE: Final = 1.0
GROWTH: Final = 1.15

#: What the pages ask for, in turn, and the same of an event in hand.
Fits = Callable[[Any], bool]


def measure(sizes: Sizes, wrong: Wrong) -> Iterator[Result]:
    """A server as it is served, its pages in a process of their own, and a writer here, which is a third one."""
    for database in DATABASES:
        with (
            a_desk(database, sizes.tickets) as place,
            a_server(place.url) as server,
            _pages(place, server, sizes) as pages,
        ):
            pages.helper.ask(f"upto {_newest(place)}")  # all of them follow
            committed = _write(place, sizes, sizes.seconds)
            late, memory = _told(pages.helper, pages.file, place, committed, wrong), [server.memory()]
            committed |= _write(place, sizes, sizes.seconds)
            again = _told(pages.helper, pages.file, place, committed, wrong)
            memory.append(server.memory())
            _restart_in_between(place, server, pages, committed, sizes, wrong)
        rate = f"{sizes.pages} pages, {sizes.events_a_second} events/s"
        yield Result(
            name="tail: 99 of 100 rows after their commit",
            database=database,
            rows=f"{rate}, {len(late) + len(again):,} rows",
            measured=[_slow(late), _slow(again)],
            unit="s",
            goal=LATE,
            at_most=True,
        )
        yield Result(
            name="tail: memory, second half against first",
            database=database,
            rows=f"{memory[0] / 1024:.0f} MB",
            measured=[memory[1] / memory[0]],
            unit="×",
            goal=GROWTH,
            at_most=True,
        )


class Pages:
    """The audience, and where it writes what it heard."""

    def __init__(self, helper: Helper, file: Path) -> None:
        self.helper, self.file = helper, file


@contextmanager
def _pages(place: Place, server: Server, sizes: Sizes) -> Iterator[Pages]:
    kinds = list(_kinds(place))
    filters = [kinds[number % len(kinds)] for number in range(sizes.pages)]
    with tempfile.TemporaryDirectory(prefix="desk-bench-") as folder:
        file = Path(folder) / "heard.json"
        helper = Helper(
            "bench.audience", server.port, log_in(place.session(), place.account_id), _newest(place), file, *filters
        )
        yield Pages(helper, file)
        helper.stop()


def _kinds(place: Place) -> dict[str, Fits]:
    """Filters as an address has them, and what they find: from everything to hardly anything."""
    return {
        "": lambda _event: True,
        "event=ticket-snoozed": lambda event: event.type == "ticket-snoozed",
        "event=ticket-reopened": lambda event: event.type == "ticket-reopened",
        f"member={place.ana.id}&event=ticket-updated": lambda event: event.type == "ticket-updated",
        f"object=Ticket:{place.tickets[0]}": lambda event: event.object_id == place.tickets[0],
        "member=none": lambda event: event.user_id is None,
    }


def _write(place: Place, sizes: Sizes, seconds: float) -> dict[int, float]:
    """Snooze and reopen, two events each, evenly; answers when each event was committed."""
    committed: dict[int, float] = {}
    pace, step, started, last = 2 / sizes.events_a_second, 0, time.time(), _newest(place)
    with place.session() as session:
        while time.time() - started < seconds:
            begin(session, place.account_id, source="web")
            ticket = session.get_one(Ticket, place.tickets[step % len(place.tickets)], with_for_update=True)
            if ticket.is_open:
                tickets.snooze(ticket, now(session) + timedelta(hours=12), by=place.ana)
            else:
                tickets.reopen(ticket, by=place.ana)
            session.commit()
            moment, newest = time.time(), _newest(place)
            committed |= dict.fromkeys(range(last + 1, newest + 1), moment)
            last = newest
            step += 1
            time.sleep(max(0.0, started + step * pace - time.time()))
    return committed


def _restart_in_between(
    place: Place, server: Server, pages: Pages, committed: dict[int, float], sizes: Sizes, wrong: Wrong
) -> None:
    committed |= _write(place, sizes, sizes.seconds / 4)
    server.stop()
    committed |= _write(place, sizes, sizes.seconds / 4)
    server.start()
    committed |= _write(place, sizes, sizes.seconds / 4)
    _told(pages.helper, pages.file, place, committed, wrong)


def _told(helper: Helper, file: Path, place: Place, committed: dict[int, float], wrong: Wrong) -> list[float]:
    """How late the rows were; what was lost, repeated or out of order is wrong."""
    last = _newest(place)
    helper.ask(f"upto {last}")
    with place.session() as session:
        events = session.execute(
            select(event_table).where(event_table.c.id >= min(committed)).order_by(event_table.c.id)
        ).all()
    kinds, late = _kinds(place), []
    for page in json.loads(file.read_text()):
        expected = [event.id for event in events if kinds[page["filters"]](event)]
        heard = page["ids"]
        wrong.unless(heard == expected, f"a page of “{page['filters']}” heard {len(heard)} of {len(expected)} events")
        late += [
            moment - committed[number]
            for number, moment in zip(heard, page["times"], strict=True)
            if number in committed
        ]
    return late


def _slow(late: list[float]) -> float:
    return statistics.quantiles(late, n=100)[-1]


def _newest(place: Place) -> int:
    with place.engine.connect() as connection:
        statement = select(event_table.c.id).order_by(event_table.c.id.desc()).limit(1)
        if place.engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT set_config('desk.account', 'all', true)")
        return int(connection.execute(statement).scalar() or 0)
