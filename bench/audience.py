"""A process that is many open pages at once: plain HTTP clients that follow the log, and come back when cut off.

Started as `python -m bench.audience PORT TOKEN AFTER FILE FILTERS…`, a page for each of the filters. On its input it
waits for "upto NUMBER": when all pages have passed that event it writes what came, and when, to FILE, and answers how
many pages there are.
"""

import json
import selectors
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Final

ROW: Final = b'<tr id="event-'
PATIENCE: Final = 60.0
#: Before a page that was cut off comes back.
PAUSE: Final = 0.3


@dataclass
class Page:
    """One open page."""

    filters: str
    last: int
    ids: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    rest: bytes = b""
    message: list[int] = field(default_factory=list)
    coming: int = 0
    connection: socket.socket | None = None
    again: float = 0.0
    is_open: bool = False  #: it was answered once

    def hear(self, piece: bytes) -> None:
        """Note every row, and the number after which it would go on."""
        now = time.time()
        *lines, self.rest = (self.rest + piece).split(b"\n")
        for line in lines:
            if line.startswith(b"id: "):
                self.coming = int(line[4:])
            elif (at := line.find(ROW)) >= 0:
                self.message.append(int(line[at + len(ROW) :].split(b'"', 1)[0]))
            elif not line:  # the end of a message, which has the newest first
                self.ids += reversed(self.message)
                self.times += [now] * len(self.message)
                self.message, self.last, self.is_open = [], self.coming, True


class Audience:
    """All pages, in one thread."""

    def __init__(self, port: int, token: str, pages: list[Page]) -> None:
        self._port, self._token, self.pages = port, token, pages
        self._selector = selectors.DefaultSelector()
        self.is_over = False

    def listen(self) -> None:
        """Read whatever comes, until it is over."""
        while not self.is_over:
            for page in self.pages:
                if page.connection is None and time.time() >= page.again:
                    self._open(page)
            for key, _ in self._selector.select(0.1):
                self._read(key.data)

    def _open(self, page: Page) -> None:
        page.again, page.rest, page.message = time.time() + PAUSE, b"", []
        with suppress(OSError):
            connection = socket.create_connection(("127.0.0.1", self._port), 10)
            connection.sendall(
                f"GET /settings/audit/live?{page.filters} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
                f"Accept: text/event-stream\r\nCookie: desk_login={self._token}\r\nHX-Request: true\r\n"
                f"Last-Event-ID: {page.last}\r\n\r\n".encode()
            )
            connection.setblocking(False)
            page.connection = connection
            self._selector.register(connection, selectors.EVENT_READ, page)

    def _read(self, page: Page) -> None:
        assert page.connection is not None
        piece = b""
        with suppress(ConnectionError):
            piece = page.connection.recv(1 << 20)
        if piece:
            page.hear(piece)
            return
        self._selector.unregister(page.connection)
        page.connection.close()
        page.connection = None


def main(port: str, token: str, after: str, file: str, *filters: str) -> None:
    """Follow until the input ends."""
    audience = Audience(int(port), token, [Page(each, int(after)) for each in filters])
    Thread(target=audience.listen, daemon=True).start()
    for line in sys.stdin:
        last, patience = int(line.split()[1]), time.time() + PATIENCE
        while any(page.last < last or not page.is_open for page in audience.pages) and time.time() < patience:
            time.sleep(0.05)
        told = [{"filters": page.filters, "ids": page.ids, "times": page.times} for page in audience.pages]
        Path(file).write_text(json.dumps(told))
        print(sum(page.last >= last for page in audience.pages), flush=True)
    audience.is_over = True


if __name__ == "__main__":
    main(*sys.argv[1:])
