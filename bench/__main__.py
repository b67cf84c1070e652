"""`python -m bench`: measures what was asked for and prints it beside the goals."""

import argparse
import platform
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Final

from bench import (
    advancing,
    api,
    closes,
    order,
    pages,
    reading,
    reading_crowd,
    replaying,
    simulating,
    tailing,
    waking,
    write,
)
from bench.keeping import settings_in_words, use_lasting_server
from bench.results import Result, Wrong, table
from bench.sizes import Sizes
from helpdesk import passwords

Measurement = Callable[[Sizes, Wrong], Iterator[Result]]


def _peers(sizes: Sizes, wrong: Wrong) -> Iterator[Result]:
    if find_spec("flask_admin") is None:
        print("The peers are not installed: `make bench` does that.", file=sys.stderr)
        return
    from bench import peers

    yield from peers.measure(sizes, wrong)


MEASUREMENTS: Final[dict[str, Measurement]] = {
    "write": write.measure,
    "order": order.measure,
    "closes": closes.measure,
    "replay": replaying.measure,
    "wake": waking.measure,
    "advance": advancing.measure,
    "simulate": simulating.measure,
    "pages": pages.measure,
    "read": reading.measure,
    "crowd": reading_crowd.measure,
    "tail": tailing.measure,
    "api": api.measure,
    "peers": _peers,
}


def main() -> int:
    """Exit status 1 if something was wrong; a goal that was missed is told, not punished."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the desk, beside its goals.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(MEASUREMENTS)} (all)")
    parser.add_argument("--smoke", action="store_true", help="tiny sizes: does it run, and is it true?")
    parser.add_argument("--rounds", type=int, help="rounds of each measurement (11; 2 with --smoke)")
    asked = parser.parse_args()
    if unknown := set(asked.names) - MEASUREMENTS.keys():
        parser.error(f"there is no measurement {', '.join(sorted(unknown))}")
    passwords.use(passwords.CHEAP)
    sizes = Sizes.smoke(asked.rounds or 2) if asked.smoke else Sizes(rounds=asked.rounds or 11)
    if asked.smoke:
        print("Tiny sizes: that it runs and is right is what counts, the speeds say nothing.\n")
    else:
        use_lasting_server()
        print(f"PostgreSQL with {settings_in_words()}.", file=sys.stderr)
    return _run(asked.names or list(MEASUREMENTS), sizes)


def _run(names: list[str], sizes: Sizes) -> int:
    results: list[Result] = []
    wrong, started = Wrong(), time.monotonic()
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        for result in MEASUREMENTS[name](sizes, wrong):
            results.append(result)
            print("  " + "  ".join(filter(None, result.cells())), file=sys.stderr, flush=True)
    print(
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}; × is a ratio of neighbouring rounds.\n"
    )
    print("\n".join(table(results)))
    print(f"\nMeasured in {time.monotonic() - started:.0f} s.")
    for sentence in wrong.sentences:
        print(f"WRONG: {sentence}")
    return 1 if wrong.sentences else 0


if __name__ == "__main__":
    sys.exit(main())
