"""The desk as everybody else meets it: the real server in a process of its own, on a test's database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from flask import Flask
from sqlalchemy.engine import URL
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.automation.processes import free_port, group_of, wait_for

SERVE = ["-c", "import sys, wsgi; sys.argv = ['helpdesk', 'serve', *sys.argv[1:]]; wsgi.main()"]


@contextmanager
def served(url: URL, folder: Path, *arguments: str, **environment: str) -> Iterator[str]:
    """The server's address, without /api; programs may call as often as they like."""
    port = free_port()
    settings = {
        "DATABASE_URL": url.render_as_string(hide_password=False),
        "HELPDESK_INSTANCE": str(folder),
        "PORT": str(port),
        "SMTP_PORT": str(free_port()),
        "SECRET_KEY": "only for tests",
        "API_RATE_LIMIT": "off",
        **environment,
    }
    with group_of([*SERVE, *arguments], settings):
        wait_for(port)
        yield f"http://127.0.0.1:{port}"


@contextmanager
def answering(app: Flask) -> Iterator[str]:
    """The address of this very application, served from a thread beside the test."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Silent(WSGIRequestHandler):
    """Thousands of calls need no line each."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass
