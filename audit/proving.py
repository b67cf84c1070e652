"""Proves a log while somebody watches: replay in a thread of its own, its progress handed over as it comes."""

from collections.abc import Generator
from queue import SimpleQueue
from threading import Event, Thread

from sqlalchemy import Engine

from audit.replay import Report, replay
from audit.sessions import AuditedSession

#: Either how many of how many events are folded, or what came of it, or what went wrong.
Step = tuple[int, int] | Report | Exception


class _NobodyLooks(Exception):
    """Whoever asked has gone."""


def prove(engine: Engine, account_id: int) -> Generator[Step, None, None]:
    """Fold the account's log and compare; the last step is the report. Who stops listening stops it."""
    steps: SimpleQueue[Step] = SimpleQueue()
    gone = Event()

    def progress(done: int, total: int) -> None:
        if gone.is_set():
            raise _NobodyLooks
        steps.put((done, total))

    def work() -> None:
        try:
            with AuditedSession(bind=engine) as session:
                steps.put(replay(session, account_id, progress))
        except Exception as error:  # told to whoever waits, in their own thread
            steps.put(error)

    Thread(target=work, daemon=True, name="replay").start()
    try:
        while True:
            step = steps.get()
            yield step
            if not isinstance(step, tuple):
                return
    finally:
        gone.set()
