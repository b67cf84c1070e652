"""One server with a small desk for all browser tests, and pages on which any console error is a failure."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from audit import live, tail
from audit.db import db
from automation import beforehand, timers
from helpdesk import config as settings
from helpdesk import desk as helpdesk_desk
from helpdesk import messages, tags, tickets
from helpdesk.drafts import Draft, File
from helpdesk.mail import trap
from tests.databases import engine_for, sqlite_url
from tests.desks import PASSWORD, Desk, open_desk, open_session
from wsgi import create_app

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@dataclass
class House:
    """The desk behind the server, and where it answers."""

    desk: Desk
    url: str
    full: int  #: a ticket with everything on it
    app: Flask

    def a_ticket(self, subject: str) -> int:
        """A fresh ticket of Carol's."""
        self.desk.session.rollback()
        return self.desk.a_ticket(subject).id

    def cut_streams(self) -> None:
        """Break off all that follow the log, as a restart of the server does."""
        tail.tail(self.app).close()
        with self.app.app_context():
            tail.install(self.app, db.engine)

    def await_no_streams(self) -> None:
        """Wait until nobody follows the log any more."""
        patience = time.monotonic() + 3 * live.HEARTBEAT
        while any(thread.name == "audit-tail" for thread in threading.enumerate()):
            assert time.monotonic() < patience, "somebody still follows"
            time.sleep(0.1)

    def let_time_pass(self, span: timedelta) -> None:
        """Move the desk clock, and play what falls due, as the scheduler would."""
        moment = self.desk.move_clock(span)
        timers.play_due(self.desk.session, self.desk.account_id, moment)
        self.desk.session.rollback()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None) -> Iterator[House]:
    """The server; when all tests are done, its log must rebuild it."""
    with served(tmp_path_factory.mktemp("house"), _furnish) as house:
        yield house


@contextmanager
def served(folder: Path, furnish: Callable[[Desk], int]) -> Iterator[House]:
    """A server on a desk of its own, whose log must rebuild it in the end."""
    patch = pytest.MonkeyPatch()
    patch.setenv("HELPDESK_INSTANCE", str(folder))
    patch.setattr(live, "HEARTBEAT", 0.5)
    helpdesk_desk.connect_machines(beforehand)
    with sqlite_url(folder) as url:
        engine = engine_for(url)
        desk = open_desk(open_session(engine))
        full = furnish(desk)
        config = replace(
            settings.from_environment({}),
            database_url=url.render_as_string(),
            secret_key="only for tests",
        )
        app = create_app(config)
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield House(desk, f"http://127.0.0.1:{server.server_port}", full, app)
        tail.tail(app).close()
        server.shutdown()
        thread.join()
        server.server_close()
        with app.app_context():
            db.engine.dispose()
        report = desk.replay()
        desk.session.close()
        engine.dispose()
    patch.undo()
    assert report.agrees, report.differences


def _furnish(desk: Desk) -> int:
    for index in range(60):
        desk.a_ticket(f"Order {1000 + index} is late", priority="high" if index % 9 == 0 else "normal")
    number = desk.a_ticket("A ticket with everything").id
    with desk.acting():
        ticket = desk.ticket(number)
        tags.put_on(ticket, ["refund", "vip"], by=desk.by_ana)
        tickets.assign(ticket, desk.ana, by=desk.by_ana)
        tickets.assign_team(ticket, desk.team, by=desk.by_ana)
    with desk.acting():
        note = Draft(sender=desk.ben, body_text="Asked the warehouse.", public=False)
        messages.note(desk.ticket(number), note, by=desk.by_ben)
    with desk.acting():
        file = File("label.pdf", "application/pdf", b"%PDF")
        reply = Draft(sender=desk.ana, body_text="See https://track.example/991", files=(file,))
        messages.reply(desk.ticket(number), reply, by=desk.by_ana)
    with desk.acting("email"):
        mail = Draft(
            sender=desk.carol, body_text="Thanks\n\n> quoted", stripped_text="Thanks", body_html="<p>Thanks</p>"
        )
        messages.receive(desk.ticket(number), mail, by=desk.by_carol)
    trap.store("support@demo.example", ["carol@mail.example"], b"Subject: Caught\r\n\r\nHello from the trap\r\n")
    return number


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium; where it is missing the tests fail, they don't skip."""
    chromium = (ROOT / ".venv" / "chromium-path").read_text().strip()
    return {**browser_type_launch_args, "executable_path": chromium, "args": FLAGS}


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any], house: House) -> dict[str, Any]:
    """Pages of the house, without motion."""
    return {
        **browser_context_args,
        "base_url": house.url,
        "reduced_motion": "reduce",
        "viewport": {"width": 1280, "height": 800},
    }


@pytest.fixture
def problems() -> Iterator[list[str]]:
    """What the console complained about; whatever a test leaves in it is a failure."""
    found: list[str] = []
    yield found
    assert not found


@pytest.fixture
def page(context: BrowserContext, problems: list[str]) -> Page:
    """A page that is watched."""
    expect.set_options(timeout=5000)
    context.set_default_timeout(5000)
    return watch(context.new_page(), problems)


@pytest.fixture
def owner(page: Page) -> Page:
    """A page in which Olive, the owner, is logged in."""
    return log_in(page, "owner@demo.example")


@pytest.fixture
def ben(browser: Browser, browser_context_args: dict[str, Any], problems: list[str]) -> Iterator[Page]:
    """Another browser, in which Ben works."""
    context = browser.new_context(**browser_context_args)
    yield log_in(watch(context.new_page(), problems), "ben@demo.example")
    context.close()


def watch(page: Page, problems: list[str]) -> Page:
    """Note every error and warning of the console."""
    page.on("console", lambda line: problems.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    return page


def log_in(page: Page, email: str) -> Page:
    """Through the front door."""
    page.goto("/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/tickets")
    return page
