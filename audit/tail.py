"""Follows the log: one thread per process reads each account's new events once, however many pages wait for them.

Numbers grow in the order of commits within an account, so whoever has seen event N goes on with the first one after it
and misses none. What was read lately is kept; whoever is further behind than that reads the database by themselves.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Condition, Event, Lock, Thread
from typing import Any, Final

from flask import Flask, current_app
from sqlalchemy import Engine, Row, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from audit import bell
from audit.action import enter
from audit.feeds import Feed
from audit.log import event_head, event_table
from audit.sessions import AuditedSession

#: Between two readings at least; what is committed meanwhile comes together, in one message.
PACE: Final = 0.15
#: Other processes ring no bell here: so often the thread looks by itself.
LOOK_EVERY: Final = 0.2
#: Events of an account that are kept for those who wait.
KEPT: Final = 2_000
#: Events of one statement.
READ_AT_ONCE: Final = 500
#: Pages that may follow at the same time; each holds one of the server's threads.
MOST: Final = 224

_c: Final = event_table.c
_logger: Final = logging.getLogger(__name__)


class Full(Exception):
    """So many pages follow the log already that another one has to ask now and then instead."""


class Window:
    """The last events of one account: complete after `begin`, up to `head`."""

    def __init__(self, head: int) -> None:
        self.begin = self.head = head
        self.followers = 0
        self.is_closed = False
        self._feeds: dict[Any, Feed] = {}
        self._kept: deque[Sequence[Row[Any]]] = deque()  #: as they were read: all pages go on by the same steps
        self._changed = Condition()

    def feed(self, alike: Any, make: Callable[[], Feed]) -> Feed:
        """The feed of all pages that ask alike."""
        with self._changed:
            if alike not in self._feeds and len(self._feeds) >= MOST:
                del self._feeds[next(iter(self._feeds))]  # its pages, if there are any, keep it
            return self._feeds.setdefault(alike, make())

    def later(self, after: int, seconds: float) -> Sequence[Row[Any]] | None:
        """What came next after a number, as soon as it comes; () if nothing came, None if it is not kept."""
        with self._changed:
            self._changed.wait_for(lambda: self.head > after or self.is_closed, seconds)
            if after < self.begin:
                return None
            following: Sequence[Row[Any]] = ()
            for rows in reversed(self._kept):
                if rows[-1].id <= after:
                    break
                following = rows
            return [row for row in following if row.id > after]

    def add(self, rows: Sequence[Row[Any]]) -> None:
        """Keep these, which follow those that are kept, and wake whoever waits."""
        with self._changed:
            self._kept.append(rows)
            while sum(map(len, self._kept)) > KEPT:
                self.begin = self._kept.popleft()[-1].id
            self.head = rows[-1].id
            self._changed.notify_all()

    def close(self) -> None:
        """Let whoever waits go."""
        with self._changed:
            self.is_closed = True
            self._changed.notify_all()


class Tail:
    """The windows of all accounts that somebody follows, and the thread that fills them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._windows: dict[int, Window] = {}
        self._guard = Lock()
        self._woken = Event()
        self._thread: Thread | None = None
        self._is_closed = False

    @contextmanager
    def following(self, account_id: int, head: int) -> Iterator[Window]:
        """An account's window, kept fresh as long as the block lasts; `head` is its newest event now. May be Full."""
        window = self._enter(account_id, head)
        try:
            yield window
        finally:
            self._leave(account_id, window)

    def close(self) -> None:
        """End all that follow, for good: the server stops."""
        with self._guard:
            self._is_closed = True
            for window in self._windows.values():
                window.close()
        self._woken.set()

    def _enter(self, account_id: int, head: int) -> Window:
        with self._guard:
            if self._is_closed or sum(window.followers for window in self._windows.values()) >= MOST:
                raise Full
            window = self._windows.setdefault(account_id, Window(head))
            window.followers += 1
            if self._thread is None:
                self._thread = Thread(target=self._read, name="audit-tail", daemon=True)
                self._thread.start()
            return window

    def _leave(self, account_id: int, window: Window) -> None:
        with self._guard:
            window.followers -= 1
            if not window.followers:
                self._windows.pop(account_id)
                self._woken.set()

    def _read(self) -> None:
        """Read for all, until nobody follows any more."""
        with bell.listening(self._hear):
            while windows := self._followed():
                self._woken.clear()
                try:
                    with AuditedSession(self._engine) as session:
                        _fill(session, windows)
                except SQLAlchemyError:
                    # A database that is away comes back, and then everything that happened is read.
                    _logger.warning("The log can't be read at the moment; trying again.", exc_info=True)
                time.sleep(PACE)
                self._woken.wait(LOOK_EVERY - PACE)

    def _hear(self, account_id: int | None) -> None:
        if account_id in self._windows:
            self._woken.set()

    def _followed(self) -> dict[int, Window]:
        with self._guard:
            if not self._windows or self._is_closed:
                self._thread = None
                return {}
            return dict(self._windows)


def install(app: Flask, engine: Engine) -> None:
    """Give the application its tail."""
    app.extensions["audit_tail"] = Tail(engine)


def tail(app: Flask | None = None) -> Tail:
    """The tail of this application, or of the running one."""
    found: Tail = (app or current_app).extensions["audit_tail"]
    return found


def _fill(session: Session, windows: dict[int, Window]) -> None:
    enter(session, None)
    heads = select(event_head.c.account_id, event_head.c.last_id).where(event_head.c.account_id.in_(windows))
    moved = [row.account_id for row in session.execute(heads) if row.last_id > windows[row.account_id].head]
    for account_id in moved:
        window = windows[account_id]
        # By number, and not by an index that begins with the account: those would be read from end to end.
        own = func.coalesce(_c.account_id, 0) == account_id
        rows: Sequence[Row[Any]] | None = None
        while rows is None or len(rows) == READ_AT_ONCE:
            statement = select(event_table).where(own, _c.id > window.head).order_by(_c.id).limit(READ_AT_ONCE)
            rows = session.execute(statement).all()
            if rows:
                window.add(rows)
