"""Servers and workers as processes of their own, for tests that stop or kill them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL

ROOT = Path(__file__).parents[2]

PROGRAM = """
import sys
from automation import serving
from tests.automation.apps import a_config, an_app
how, url, port, smtp_port, *tls = sys.argv[1:]
app = an_app(a_config(url, port=int(port), smtp_port=int(smtp_port)))
{"serve": serving.serve, "work": serving.work}[how](app, *([tuple(tls)] if tls else []))
"""


def free_port() -> int:
    """A port that nobody has at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    how: str, url: URL, port: int, smtp_port: int, instance: Path, *tls: str
) -> Iterator[subprocess.Popen[str]]:
    """A bare server or worker without pages (`tls`: its certificate and key), in a process group of its own."""
    text = url.render_as_string(hide_password=False)
    arguments = ["-c", PROGRAM, how, text, str(port), str(smtp_port), *tls]
    with group_of(arguments, {"HELPDESK_INSTANCE": str(instance)}) as process:
        yield process


@contextmanager
def group_of(arguments: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A Python program in a process group of its own, of which nothing is left afterwards."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def wait_for(port: int) -> None:
    """Until somebody answers there."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nobody answers on port {port}")


def nobody_left(group: int) -> bool:
    """Whether no process of this group lives; dead ones may still wait for somebody to notice."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if not any(is_alive(path, group) for path in Path("/proc").glob("[0-9]*/stat")):
            return True
        time.sleep(0.05)
    return False


def is_alive(path: Path, group: int) -> bool:
    """Whether the process behind /proc/…/stat is of this group, and no zombie."""
    try:
        state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
    except OSError:
        return False
    return int(its_group) == group and state != "Z"
