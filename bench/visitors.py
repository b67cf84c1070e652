"""Visitors of a desk that is served as it really is: a server in processes of its own, and who is logged in there."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import write_aside
from audit.clock import wall_now
from helpdesk.models import LoginSession, User


class Server:
    """`helpdesk serve` on a desk's database."""

    def __init__(self, url: str, folder: Path, environment: Mapping[str, str]) -> None:
        self.port = free_port()
        self._environment = {
            **os.environ,
            "DATABASE_URL": url,
            "MIGRATE_DATABASE_URL": url,
            "SECRET_KEY": "only for benchmarks",
            "HELPDESK_INSTANCE": str(folder),
            "PORT": str(self.port),
            "SMTP_PORT": str(free_port()),
            **environment,
        }
        self.start()

    def start(self) -> None:
        """Run it, and wait until it answers."""
        command = [sys.executable, "-c", "from wsgi import main; main()", "serve"]
        self._process = subprocess.Popen(command, env=self._environment, cwd=Path(__file__).parent.parent)
        await_port(self.port)

    def stop(self) -> None:
        """As an administrator stops it."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)

    def memory(self) -> float:
        """Kilobytes of all its processes that are in memory."""
        pids = [self._process.pid, *_children(self._process.pid)]
        statuses = [Path(f"/proc/{pid}/status").read_text() for pid in pids]
        return sum(
            float(line.split()[1]) for text in statuses for line in text.splitlines() if line.startswith("VmRSS")
        )

    def cpu(self) -> float:
        """Seconds of work that all its processes have done."""
        pids = [self._process.pid, *_children(self._process.pid)]
        fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
        return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


@contextmanager
def a_server(url: str, **environment: str) -> Iterator[Server]:
    """A server that runs as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="desk-bench-") as folder:
        server = Server(url, Path(folder), environment)
        yield server
        server.stop()


def log_in(session: Session, account_id: int) -> str:
    """Begin a session of the admin's, past the door; answers its cookie."""
    token = secrets.token_urlsafe(32)
    with session:
        write_aside(session, account_id)
        admin = session.scalars(select(User.id).where(User.role == "admin")).first()
        session.add(
            LoginSession(
                account_id=account_id,
                user_id=admin,
                token_hash=sha256(token.encode()).hexdigest(),
                created_datetime=wall_now(),
                expires_datetime=wall_now() + timedelta(days=1),
            )
        )
        session.commit()
    return token


def await_port(port: int) -> None:
    """Wait until somebody answers there."""
    patience = time.time() + 60
    while time.time() < patience:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server does not answer")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
