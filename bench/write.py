"""Write: a verb with its two events against the same update without a ledger, and against the witness alone."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

from bench.desks import DATABASES, Database, a_desk
from bench.processes import Helper, helpers
from bench.results import Result, Wrong
from bench.sizes import Sizes
from bench.writer import KINDS

GOALS: Final[dict[Database, float]] = {"SQLite": 0.6, "PostgreSQL": 0.65}
WITNESS: Final = 0.8


def measure(sizes: Sizes, wrong: Wrong) -> Iterator[Result]:
    """Three processes, each with a desk of its own, take turns; a round's ratio is between neighbours in time."""
    for database in DATABASES:
        seconds = _rounds(database, sizes)
        rows = f"{sizes.tickets:,} tickets, {sizes.rounds * sizes.turns} × {sizes.verbs} verbs"
        for name, kind, goal in (
            ("write: verb, two events", "ledger", GOALS[database]),
            ("write: witness alone", "witness", WITNESS),
        ):
            ratios = [plain / mine for plain, mine in zip(seconds["plain"], seconds[kind], strict=True)]
            yield Result(name=name, database=database, rows=rows, measured=ratios, unit="×", goal=goal)
        for kind in KINDS:
            rates = [sizes.verbs / taken for taken in seconds[kind]]
            yield Result(name=f"  {kind}, verbs", database=database, rows=rows, measured=rates, unit="/s")


def _rounds(database: Database, sizes: Sizes) -> dict[str, list[float]]:
    with ExitStack() as stack:
        places = {kind: stack.enter_context(a_desk(database, sizes.tickets)) for kind in KINDS}
        lines = [(kind, place.url, place.account_id, place.ana.id) for kind, place in places.items()]
        running = dict(zip(KINDS, stack.enter_context(helpers("bench.writer", lines)), strict=True))
        for helper in running.values():
            helper.ask(sizes.verbs * 10)  # warms up
        rounds = [_round(running, sizes.verbs, turn) for turn in range(sizes.rounds * sizes.turns)]
    return {kind: [seconds[kind] for seconds in rounds] for kind in KINDS}


def _round(running: dict[str, Helper], verbs: int, turn: int) -> dict[str, float]:
    # Whoever comes first changes from round to round.
    kinds = list(running)
    kinds = kinds[turn % len(kinds) :] + kinds[: turn % len(kinds)]
    return {kind: float(running[kind].ask(verbs)) for kind in kinds}
