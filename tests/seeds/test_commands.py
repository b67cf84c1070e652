"""The commands that make the demo world and start the demo."""

import os
import signal
import stat
import subprocess
import time
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.log import event_table
from audit.replay import Report, replay
from automation import serving
from helpdesk import config as settings
from helpdesk.commands import command_session
from helpdesk.outgoing import Place
from seeds import commands, world
from tests.automation.processes import free_port, group_of, nobody_left

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance folder and ports of the test's own."""
    monkeypatch.setenv("HELPDESK_INSTANCE", str(tmp_path))
    monkeypatch.setenv("PORT", str(free_port()))
    monkeypatch.setenv("SMTP_PORT", str(free_port()))
    for name in ("DATABASE_URL", "SECRET_KEY", "BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(command: Any, *arguments: str, obj: object = None) -> Result:
    """Run a command as a person would."""
    return CliRunner().invoke(command, arguments, obj=obj)


def seed_a_little() -> Result:
    """A day with a few tickets."""
    return run(commands.seed, "--days", "1", "--tickets", "5", "--until", "2026-03-20 15:37")


def count_events() -> int:
    """How many events there are."""
    with command_session() as session:
        return session.scalar(select(func.count()).select_from(event_table)) or 0


def test_seeding_makes_database_and_world_and_says_the_password() -> None:
    result = seed_a_little()
    assert result.exit_code == 0, result.output
    assert "Plover & Pot has a desk, and its log rebuilds it." in result.output
    assert "plover-and-pot" in result.output
    assert count_events() > 100
    assert settings.secret_key(settings.from_environment())  # so that `audit replay` starts, too


def test_seeding_twice_is_refused() -> None:
    seed_a_little()
    before = count_events()
    result = seed_a_little()
    assert result.exit_code == 1
    assert "There is an account 'demo' already; nothing was changed." in result.output
    assert count_events() == before


@pytest.mark.parametrize(
    ("moment", "sentence"),
    [("yesterday", "'yesterday' is no moment."), ("2999-01-01", "The world can't end in the future.")],
)
def test_a_world_ends_at_a_moment_in_the_past(moment: str, sentence: str) -> None:
    result = run(commands.seed, "--until", moment)
    assert result.exit_code == 1
    assert sentence in result.output


def test_a_world_that_its_log_does_not_rebuild_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_fault(session: Session, account_id: int) -> Report:
        report = replay(session, account_id)
        report.differ("Ticket:1 status: open by the log, closed in the database")
        return report

    monkeypatch.setattr(world, "replay", find_fault)
    result = seed_a_little()
    assert result.exit_code == 1
    assert "The log does not rebuild the world: Ticket:1 status" in result.output


# ── The demo ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Result]:
    """Starts the demo with a small world and no server."""
    whole = world.seed

    def small(session: Any, *, until: datetime, **_sizes: Any) -> Any:
        return whole(session, until=until, days=1, tickets=5)

    monkeypatch.setattr(world, "seed", small)
    monkeypatch.setattr(serving, "serve", lambda _app: None)

    def start() -> Result:
        monkeypatch.delenv("SECRET_KEY", raising=False)
        return run(commands.demo, obj=ScriptInfo(create_app=lambda: Flask("nothing")))

    return start


def test_the_demo_makes_all_it_needs_and_says_what_to_click(start: Callable[[], Result], instance: Path) -> None:
    result = start()
    assert result.exit_code == 0, result.output
    url = settings.from_environment().base_url
    for words in (
        url, "admin@demo.example", "lead@demo.example", "observer@demo.example", "plover-and-pot",
        f"{url}/settings/audit", f"swaks --server 127.0.0.1:{os.environ['SMTP_PORT']}", f"{url}/mail",
    ):  # fmt: skip
        assert words in result.output
    secret = instance / "secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert len(secret.read_text()) == 64


def test_the_demo_may_call_its_echo_page_whatever_else_is_allowed(
    start: Callable[[], Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTGOING_ALLOW", "127.0.0.1:9000")
    assert start().exit_code == 0
    own = Place("127.0.0.1", int(os.environ["PORT"]), "/echo/")
    assert settings.from_environment().outgoing_allow == (Place("127.0.0.1", 9000), own)


def test_a_second_start_keeps_secret_and_data(start: Callable[[], Result], instance: Path) -> None:
    start()
    secret, events = (instance / "secret").read_text(), count_events()
    result = start()
    assert result.exit_code == 0
    assert "Telling" not in result.output
    assert (instance / "secret").read_text() == secret
    assert count_events() == events


def running_demo() -> AbstractContextManager[subprocess.Popen[str]]:
    """The demo as a person starts it, in a process group of its own."""
    return group_of(["-c", "import wsgi; wsgi.main()", "demo"], {})


def first_answer(seconds: float) -> int:
    """The status of the first page, once somebody answers."""
    end = time.monotonic() + seconds
    while True:
        try:
            status: int = urllib.request.urlopen(f"http://127.0.0.1:{os.environ['PORT']}/", timeout=10).status
            return status
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def test_the_demo_answers_goes_when_told_and_comes_back_as_it_was() -> None:
    seed_a_little()
    events = count_events()
    for _start in range(2):
        with running_demo() as process:
            assert first_answer(60) == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
            assert nobody_left(process.pid)
            assert process.stdout is not None
            output = process.stdout.read()
            assert "Plover & Pot's desk is open" in output
            assert "Traceback" not in output
    assert count_events() == events


@pytest.mark.long
def test_the_demo_starts_from_nothing_within_two_minutes() -> None:
    with running_demo() as process:
        assert first_answer(120) == 200
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    assert count_events() > 10_000
