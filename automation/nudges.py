"""Does something for an account at once when events of it were committed in this process, in a thread of its own."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from queue import SimpleQueue
from threading import Thread
from typing import Final

from audit import bell

#: Between two looks, in seconds: what is committed meanwhile comes together, for looks at every commit add up.
PACE: Final = 0.05


class Nudges:
    """Waits for the bell; while it works, and for a moment after, however many rings for an account are one."""

    def __init__(self, work: Callable[[int], None]) -> None:
        self._work = work
        self._rung: SimpleQueue[int | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="nudges", daemon=True)
        self._listening = ExitStack()

    def start(self) -> None:
        """Begin to listen."""
        self._listening.enter_context(bell.listening(self._ring))
        self._thread.start()

    def stop(self) -> None:
        """Finish what is being done, and listen no more."""
        self._listening.close()
        if self._thread.is_alive():
            self._rung.put(None)
            self._thread.join()

    def _ring(self, account_id: int | None) -> None:
        if account_id is not None:
            self._rung.put(account_id)

    def _run(self) -> None:
        while (account_id := self._rung.get()) is not None:
            waiting, is_over = {account_id}, False
            while not self._rung.empty():
                further = self._rung.get()
                is_over = is_over or further is None
                waiting |= {further} if further is not None else set()
            for number in sorted(waiting):
                self._work(number)
            if is_over:
                return
            time.sleep(PACE)
