"""Order: eight writers on one account, each with some work to do; the log in order costs little, and nobody starves."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.pool import NullPool

from audit.log import event_table
from bench.crowd import WORK
from bench.desks import Place, a_desk
from bench.processes import Helper, helpers
from bench.results import Result, Wrong
from bench.sizes import Sizes

ORDERED: Final = 0.8
LONGEST_WAIT: Final = 1.0


def measure(sizes: Sizes, wrong: Wrong) -> Iterator[Result]:
    """PostgreSQL with its writers in eight processes and in the threads of one; SQLite in threads, as it is served."""
    yield from _against_unordered(sizes, wrong, processes=True)
    yield from _against_unordered(sizes, wrong, processes=False)
    yield from _waits_on_sqlite(sizes, wrong)


def _against_unordered(sizes: Sizes, wrong: Wrong, *, processes: bool) -> Iterator[Result]:
    actions = sizes.writers * sizes.verbs_a_writer
    where = "processes" if processes else "threads"
    with ExitStack() as stack:
        tickets = sizes.writers * sizes.verbs_a_writer
        ordered = stack.enter_context(a_desk("PostgreSQL", tickets))
        unordered = stack.enter_context(a_desk("PostgreSQL", tickets))
        _take_order_away(unordered)
        crowds = {
            "ordered": stack.enter_context(_crowd(ordered, "ordered", sizes, processes)),
            "unordered": stack.enter_context(_crowd(unordered, "unordered", sizes, processes)),
        }
        followers = {"ordered": Follower(ordered), "unordered": Follower(unordered)}
        rates: dict[str, list[float]] = {"ordered": [], "unordered": []}
        for turn in range(sizes.rounds + 1):
            for name in sorted(crowds, reverse=turn % 2 == 1):
                with followers[name].following():
                    started = time.perf_counter()
                    _all_work(crowds[name], sizes.verbs_a_writer)
                    taken = time.perf_counter() - started
                if turn > 0:  # the first round warms up
                    rates[name].append(actions / taken)
        followers["ordered"].judge(wrong)
        free = followers["unordered"]
        lost = f"unordered, {len(free.missed()):,} of {free.written():,} events missed"
    ratios = [mine / free for mine, free in zip(rates["ordered"], rates["unordered"], strict=True)]
    rows = f"{sizes.writers} {where}, {sizes.rounds} × {actions} verbs, {WORK * 1000:.0f} ms each"
    seen = f"ordered, {followers['ordered'].seen:,} events followed by id"
    yield Result(name="order: kept", database="PostgreSQL", rows=rows, measured=ratios, unit="×", goal=ORDERED)
    yield Result(name="  ordered, verbs", database="PostgreSQL", rows=seen, measured=rates["ordered"], unit="/s")
    yield Result(name="  unordered, verbs", database="PostgreSQL", rows=lost, measured=rates["unordered"], unit="/s")


def _waits_on_sqlite(sizes: Sizes, wrong: Wrong) -> Iterator[Result]:
    with a_desk("SQLite", sizes.writers * sizes.verbs_a_writer) as place:
        follower = Follower(place)
        with _crowd(place, "ordered", sizes, processes=False) as crowd, follower.following():
            waits = [_all_work(crowd, sizes.verbs_a_writer) for _ in range(sizes.rounds)]
        follower.judge(wrong)
    rows = f"{sizes.writers} threads, {sizes.rounds} × {sizes.writers * sizes.verbs_a_writer} verbs"
    yield Result(
        name="order: longest wait",
        database="SQLite",
        rows=rows,
        measured=[max(waits)],
        unit="s",
        goal=LONGEST_WAIT,
        at_most=True,
    )


@contextmanager
def _crowd(place: Place, order: str, sizes: Sizes, processes: bool) -> Iterator[list[Helper]]:
    share = sizes.verbs_a_writer
    groups = [
        f"{place.tickets[first]}-{place.tickets[first + share - 1]}" for first in range(0, len(place.tickets), share)
    ]
    shared = (place.url, place.account_id, place.ana.id, order)
    lines = [(*shared, group) for group in groups] if processes else [(*shared, ",".join(groups))]
    with helpers("bench.crowd", lines) as crowd:
        yield crowd


def _all_work(crowd: list[Helper], count: int) -> float:
    for helper in crowd:
        helper.tell(count)
    return max(float(helper.answer()) for helper in crowd)


def _take_order_away(place: Place) -> None:
    owner = place.owner_engine()
    with owner.connect() as connection:
        connection.execute(text("DROP TRIGGER event_in_order ON event"))
    owner.dispose()


class Follower:
    """Reads the log by id while others write it, as a live page does, and remembers what it saw."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._engine: Engine = create_engine(place.url, poolclass=NullPool)
        self._last = max(self._all(), default=0)
        self._before = self._last
        self._seen: set[int] = set()

    @property
    def seen(self) -> int:
        """How many events it saw."""
        return len(self._seen)

    @contextmanager
    def following(self) -> Iterator[None]:
        """Follow while the block runs, and then to the end."""
        over = threading.Event()
        thread = threading.Thread(target=self._follow, args=(over,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def missed(self) -> set[int]:
        """Events that are in the log and that it did not see."""
        return {number for number in self._all() if number > self._before} - self._seen

    def written(self) -> int:
        """How many events it should have seen."""
        return sum(number > self._before for number in self._all())

    def judge(self, wrong: Wrong) -> None:
        """Say what it missed, and where time ran backwards against the ids."""
        missed, times = self.missed(), self._all()
        wrong.unless(not missed, f"{self._name}: a follower by id missed {len(missed)} of {self.written()} events")
        moments = [times[number] for number in sorted(times)]
        backwards = sum(after < before for before, after in pairwise(moments))
        wrong.unless(not backwards, f"{self._name}: time ran backwards {backwards} times")

    @property
    def _name(self) -> str:
        return self._engine.dialect.name

    def _follow(self, over: threading.Event) -> None:
        ending = False
        while not ending:
            ending = over.is_set()
            found = self._read(self._last)
            self._seen.update(found)
            self._last = max(found, default=self._last)
            time.sleep(0.005)

    def _all(self) -> dict[int, Any]:
        return self._read(0)

    def _read(self, after: int) -> dict[int, Any]:
        with self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT set_config('desk.account', 'all', true)"))
            statement = select(event_table.c.id, event_table.c.created_datetime).where(
                event_table.c.account_id == self._place.account_id, event_table.c.id > after
            )
            return {row.id: row.created_datetime for row in connection.execute(statement)}
