"""Rings in this process when events were committed, so that whoever follows the log need not wait for its next look.

A hint and no more: other processes' commits ring nothing here, and a ring may tell of nothing new. Who follows reads
the log by number, and looks by itself now and then.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

#: Told the account of what was committed, or None where one was opened. It is called in the thread that committed,
#: after the commit: it must be quick (set a flag), and it must not raise.
Listener: TypeAlias = Callable[[int | None], None]

_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Be told of every commit that wrote events, as long as the block lasts."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def ring(account_id: int | None) -> None:
    """Tell all who listen."""
    for listener in tuple(_listeners):
        listener(account_id)
