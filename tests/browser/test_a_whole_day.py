"""A whole day at the real server: mail comes in over SMTP, is worked by hand, sleeps and wakes; the log tells all."""

import re
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from helpdesk import passwords
from tests.automation.processes import free_port, group_of, wait_for
from tests.browser.conftest import log_in, watch
from tests.browser.test_audit_page import LOG, choose, rows
from tests.browser.test_ticket_journey import choose as pick
from tests.browser.test_ticket_journey import newest, press
from tests.databases import engine_for, sqlite_url
from tests.desks import Desk, open_desk, open_session


@dataclass
class Server:
    """`helpdesk serve` as a process of its own."""

    desk: Desk
    environment: dict[str, str]
    url: str
    smtp_port: int

    def receive(self, subject: str, body: str, **headers: str) -> None:
        """Send the desk a mail from Carol, as her mail program would."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "Carol Diaz <carol@mail.example>", "support@demo.example", subject
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(body)
        with smtplib.SMTP("127.0.0.1", self.smtp_port) as smtp:
            smtp.send_message(mail)

    def command(self, *words: str) -> str:
        """Run a command of the console script beside the server; fails if it does."""
        with group_of(["-c", COMMAND, *words], self.environment) as process:
            output, _ = process.communicate(timeout=60)
        assert process.returncode == 0, output
        return output


COMMAND = "import sys, wsgi; sys.argv[0] = 'helpdesk'; wsgi.main()"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """The server on a small desk whose clock stands until a command moves it."""
    passwords.use(passwords.CHEAP)
    with sqlite_url(tmp_path) as url:
        engine = engine_for(url)
        desk = open_desk(open_session(engine))
        port, smtp_port = free_port(), free_port()
        environment = {
            "DATABASE_URL": url.render_as_string(),
            "HELPDESK_INSTANCE": str(tmp_path),
            "SECRET_KEY": "only for tests",
            "PORT": str(port),
            "SMTP_PORT": str(smtp_port),
        }
        with group_of(["-c", COMMAND, "serve"], environment):
            wait_for(port)
            wait_for(smtp_port)
            yield Server(desk, environment, f"http://127.0.0.1:{port}", smtp_port)
        report = desk.replay()
        desk.session.close()
        engine.dispose()
    assert report.agrees, report.differences


@pytest.fixture
def admin(browser: Browser, server: Server, problems: list[str]) -> Iterator[Page]:
    """Ada's browser."""
    context = browser.new_context(base_url=server.url, viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(10_000)
    expect.set_options(timeout=10_000)
    yield log_in(watch(context.new_page(), problems), "admin@demo.example")
    context.close()


def test_a_whole_day(server: Server, admin: Page) -> None:
    server.receive("My mug", "It has no handle.", Message_ID="<mug@mail.example>")
    admin.goto("/tickets")
    admin.get_by_role("link", name="My mug").click()
    expect(newest(admin)).to_have_text("Ticket updated")

    admin.get_by_label("Reply", exact=True).check()
    admin.get_by_placeholder("Write here").fill("A new one is on its way.")
    admin.get_by_role("button", name="Send reply").click()
    expect(newest(admin)).to_have_text("Ticket assigned")
    press(admin, "Close")
    expect(newest(admin)).to_have_text("Ticket closed")

    server.receive("Re: My mug", "And a lid?", In_Reply_To="<mug@mail.example>")
    expect(newest(admin)).to_have_text("Ticket reopened")
    expect(admin.locator("#trail .line").first).to_contain_text("customer Carol Diaz")

    pick(admin, "Snooze", "In 3 hours")
    expect(newest(admin)).to_have_text("Ticket snoozed")
    server.command("clock", "advance", "4h")
    expect(newest(admin)).to_have_text("Ticket self unsnoozed")

    for button, event in (("Spam", "Ticket marked spam"), ("Not spam", "Ticket unmarked spam")):
        press(admin, button)
        expect(newest(admin)).to_have_text(event)
    for button, event in (("Trash", "Ticket trashed"), ("Restore", "Ticket untrashed")):
        press(admin, button)
        expect(newest(admin)).to_have_text(event)

    _merge_a_second_mail(server, admin)
    _the_answer_is_in_the_trap(admin)
    _the_log_tells_it(admin)
    assert "agree" in server.command("audit", "replay")


def _merge_a_second_mail(server: Server, admin: Page) -> None:
    here = admin.url
    server.receive("Also my mug", "I forgot: it was blue.")
    admin.goto("/tickets")
    admin.get_by_role("link", name="Also my mug").click()
    admin.wait_for_url(re.compile(r"/tickets/\d+"))
    other = admin.url.rpartition("/")[2].partition("?")[0]
    admin.goto(here)
    admin.get_by_role("link", name="Merge").click()
    dialog = admin.locator("dialog[open]")
    dialog.get_by_label("Number, subject or customer").fill(other)
    dialog.get_by_role("link", name=f"#{other}").click()
    dialog.get_by_role("button", name="Merge").click()
    expect(newest(admin)).to_have_text("Ticket merged")
    expect(admin.locator(".message")).to_have_count(4)


def _the_answer_is_in_the_trap(admin: Page) -> None:
    admin.goto("/mail")
    admin.get_by_role("link", name="Re: My mug").first.click()
    expect(admin.locator("main")).to_contain_text("A new one is on its way.")
    expect(admin.locator("main")).to_contain_text("mug@mail.example")


def _the_log_tells_it(admin: Page) -> None:
    admin.goto(LOG)
    told = " | ".join(rows(admin).locator(".event-name").all_inner_texts())
    for event in (
        "Ticket created",
        "Ticket assigned",
        "Ticket closed",
        "Ticket reopened",
        "Ticket snoozed",
        "Ticket self unsnoozed",
        "Ticket marked spam",
        "Ticket unmarked spam",
        "Ticket trashed",
        "Ticket untrashed",
        "Ticket merged",
        "Ticket deleted",
        "User logged in",
    ):
        assert event in told, f"{event} is not on the audit page"
    choose(admin, "Team member", "No user")
    choose(admin, "Event", "Ticket self unsnoozed")
    expect(rows(admin)).to_have_count(1)
    expect(rows(admin).first.locator(".who")).to_contain_text("snooze timer")
    choose(admin, "Event", "Ticket reopened")
    expect(rows(admin)).to_have_count(2)
