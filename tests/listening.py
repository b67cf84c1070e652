"""A real HTTP server of the test's own, which answers what it is told to and keeps what it was asked."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from helpdesk import outgoing


@dataclass
class Asked:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


@dataclass
class Ear:
    """What the server was asked, and how it answers."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    body: bytes = b'{"ok": true}'
    waits: float = 0  #: seconds before it says anything
    drips: float = 0  #: seconds between two bytes of the body

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def listening(*, allowed: bool = True) -> Iterator[Ear]:
    """A server on a free port of this machine, which the desk may call although it is not public."""
    ear = Ear()

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            ear.asked.append(Asked(self.command, self.path, dict(self.headers.items()), body))
            time.sleep(ear.waits)
            try:
                self.send_response(ear.status)
                for name, value in ear.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(ear.body)))
                self.end_headers()
                for place in range(len(ear.body)) if ear.drips else ():
                    self.wfile.write(ear.body[place : place + 1])
                    time.sleep(ear.drips)
                if not ear.drips and self.command != "HEAD":
                    self.wfile.write(ear.body)
            except OSError:  # the desk has hung up
                return

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _take

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    ear.port = server.server_port
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    before = set(outgoing._allowed)
    if allowed:
        outgoing.use({*before, outgoing.Place("127.0.0.1", ear.port)})
    try:
        yield ear
    finally:
        outgoing.use(before)
        server.shutdown()
        thread.join()
        server.server_close()
