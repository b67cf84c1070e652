"""The desk as everybody else meets it: the real server in a process of its own, on a test's database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL

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
