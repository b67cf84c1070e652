"""The coverage page: what was seen leads to an example, and the log is proved before one's eyes."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.engine import URL

from audit import proofs, proving
from audit.db import db
from tests.audit.site import browser, look, words
from tests.desks import Desk
from tests.outside import Run
from tests.sites import open_site

PAGE = "/settings/audit/coverage"
STREAM = {"Accept": "text/html, text/event-stream"}


def row_of(page: str, name: str) -> list[str]:
    """The cells of a type: "full", "empty" or "never"."""
    row = page.partition(f'href="/settings/audit/events/{name}"')[2].partition("</tr>")[0]
    return re.findall(r'class="cell-(\w+)"', row)


def test_the_matrix_says_what_was_seen_by_whom(
    site: Flask, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = proofs.Report()
    report.note("documented", "ticket-created", "test_a")
    proofs.write(tmp_path / "report.json", report)
    desk.a_ticket("A blue mug")
    admin = browser(site)
    monkeypatch.setenv("EVENT_COVERAGE_REPORT", str(tmp_path / "none.json"))
    plain = words(look(admin, PAGE))
    assert "No test suite has left a report here." in plain
    # By a team member, a customer, a rule, a macro, a connected system, a timer, the desk itself.
    assert row_of(plain, "ticket-created") == ["empty", "full", "never", "never", "empty", "never", "full"]
    assert "Events not seen" in plain
    monkeypatch.setenv("EVENT_COVERAGE_REPORT", str(tmp_path / "report.json"))
    proved = words(look(admin, PAGE))
    assert row_of(proved, "ticket-created")[7:] == ["full", *["empty"] * 6]
    assert row_of(proved, "user-logged-in")[7:] == ["empty"] * 4 + ["never"] + ["empty"] * 2
    example = re.search(r'class="cell-full" href="(/settings/audit/events/\d+)" title="(\d+) times', proved)
    assert example is not None
    assert look(admin, example[1]).status_code == 200
    (tmp_path / "report.json").write_text("{")
    assert "No test suite has left a report here." in words(look(admin, PAGE))
    later = look(admin, PAGE, since="hour").text
    assert look(admin, PAGE, since="nonsense").text.count("cell-full") == plain.count("cell-full")
    assert later.count("cell-full") <= plain.count("cell-full")


def test_the_log_is_proved_at_once_or_before_ones_eyes(
    site: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = browser(site)
    plain = admin.post(f"{PAGE}/replay")
    assert "Log and database agree." in plain.text
    assert "<html" in plain.text
    told = admin.post(f"{PAGE}/replay", headers=STREAM)
    assert told.mimetype == "text/event-stream"
    messages = told.text.strip().split("\n\n")
    assert "events folded; comparing with the database" in messages[0]
    assert "data-proven" in messages[-1]
    assert all(line.startswith("data: ") for line in "\n".join(messages).splitlines() if line)

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(proving, "replay", broken)
    assert admin.post(f"{PAGE}/replay").status_code == 500, "never a verdict that nobody reached"


@pytest.fixture
def harmed(database_url: URL, victim: Desk) -> Iterator[Flask]:
    """The application on a desk that may be harmed."""
    with open_site(database_url) as app:
        yield app


def test_what_was_written_past_the_desk_is_named(harmed: Flask, victim: Desk, run: Run) -> None:
    victim.a_ticket()
    run("UPDATE ticket SET subject = 'Changed behind the back'")
    found = words(browser(harmed).post(f"{PAGE}/replay"))
    assert "Log and database differ" in found
    assert 'subject: "Where is my order?" by the log, "Changed behind the back" in the database' in found


def test_whoever_leaves_stops_the_proof(site: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.replay._CHUNK", 1)
    with site.app_context():
        steps = proving.prove(db.engine, desk.account_id)
        assert isinstance(next(steps), tuple)
        steps.close()
    for thread in [thread for thread in threading.enumerate() if thread.name == "replay"]:
        thread.join(timeout=10)
        assert not thread.is_alive()
