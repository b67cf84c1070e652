"""The pytest plugin: what it asserts, how it shows where two lists part, and when it fails a run."""

import json
from pathlib import Path
from typing import Any

import pytest

from audit import proofs
from audit.ledger import seal
from helpdesk import tickets
from helpdesk.testing.local import LocalEvents, Suite, look_at
from helpdesk.testing.sequence import compared
from tests.desks import Desk

pytest_plugins = ["pytester"]

#: A project of somebody else: its events are told to the plugin as a desk would tell them.
FOREIGN = """
from types import SimpleNamespace as Row
from audit import watching

def write(*types):
    for name in types:
        for watcher in tuple(watching._watchers):
            watcher(watching.Written(name, "user", 1))

def test_closing(events):
    write("ticket-created")
    events.clear()
    write("ticket-updated", "ticket-closed")
    assert events == ["ticket-updated", "ticket-closed"]

def test_something_else_happened(events):
    write("ticket-updated", "ticket-reopened")
    assert events == ["ticket-updated", "ticket-closed"]
"""


def test_events_are_what_is_committed_and_nothing_else(desk: Desk, events: LocalEvents) -> None:
    number = desk.a_ticket().id
    events.clear()
    with desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ana)
    assert events == ["ticket-updated", "ticket-closed"]
    assert events.actors == [("ticket-updated", "user"), ("ticket-closed", "user")]

    def break_off() -> None:
        with desk.acting():
            tickets.reopen(desk.ticket(number), by=desk.by_ana)
            seal(desk.session)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        break_off()
    assert events[-1] == "ticket-closed"
    assert len(events) == 2


def test_where_two_lists_part_is_shown_side_by_side() -> None:
    lines = compared(["ticket-updated", "ticket-reopened"], ["ticket-updated", "ticket-closed"])
    assert lines[2:] == ["  ticket-updated  ticket-updated", "≠ ticket-closed   ticket-reopened"]
    assert compared(["a"], [])[2:] == ["≠ –         a"]


def test_a_foreign_project_uses_it(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # others take seconds to load
    pytester.makepyfile(FOREIGN)
    run = ["-p", "helpdesk.pytest_plugin", "--event-coverage", "--event-coverage-of=ticket-closed"]
    result = pytester.runpytest_subprocess(*run, "--event-coverage-of=ticket-snoozed")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*other events were written than expected:*", "*≠ ticket-closed   ticket-reopened*"])
    result.stdout.fnmatch_lines(["*1 of 2 types of events were seen.", "*not seen: ticket-snoozed. Open the ticket*"])
    told = json.loads((pytester.path / proofs.FILE).read_text())
    assert told["seen"]["emitted"]["ticket-closed"].endswith("::test_closing")
    unseen = pytester.runpytest_subprocess(*run, "-k", "test_closing", "--event-coverage-of=ticket-s*")
    unseen.assert_outcomes(passed=1, deselected=1)
    assert unseen.ret == pytest.ExitCode.TESTS_FAILED, "no test failed, and yet events were not seen"


CLOSED = ("ticket-closed", "Ticket closed")
ROW = '<tr id="event-1" data-event="{0}" data-group="ticket"><td><button data-meaning><span></span>{1}</button>'
OFFER = '<input type="checkbox" name="event" value="{0}">'
ENTRY = '<article data-entry="{0}"><h1><span></span>{1}</h1><p class="entry-meaning">{2}</p>'


@pytest.mark.parametrize(
    ("page", "asked", "seen"),
    [
        (ROW.format(*CLOSED), [], {"rendered"}),
        (ROW.format("ticket-closed", ""), [], set()),
        (ROW.format(*CLOSED) + OFFER.format("ticket-closed"), ["ticket-closed"], {"rendered", "filterable"}),
        (ROW.format(*CLOSED), ["ticket-closed"], {"rendered"}),
        (ROW.format("tag-created", "Tag created") + OFFER.format("ticket-closed"), ["ticket-closed"], {"rendered"}),
        (ENTRY.format("ticket-closed", "Ticket closed", "Done."), [], {"documented"}),
        (ENTRY.format("ticket-closed", "", "Done."), [], set()),
        (ENTRY.format(*CLOSED, "Done.") + 2 * "<span data-no-way>No.</span>", [], {"documented"}),
        (ENTRY.format(*CLOSED, "Done.") + 3 * "<span data-no-way>No.</span>", [], set()),
        (ENTRY.format("ticket-closed", "Ticket closed", " "), [], set()),
    ],
)  # fmt: skip
def test_pages_prove_only_what_they_show(page: str, asked: list[str], seen: set[str]) -> None:
    suite: Any = Suite(proofs.Report())
    look_at(suite, page, asked)
    assert set(suite.report.seen) == seen


def test_what_several_workers_saw_is_put_together(tmp_path: Path) -> None:
    one, other = proofs.Report(), proofs.Report()
    one.note("emitted", "ticket-closed", "a")
    other.note("emitted", "ticket-closed", "b")
    other.note_way("ticket-closed", "user", "b")
    one.add(proofs.from_json(json.loads(json.dumps(other.as_json()))))
    assert (one.seen, one.ways) == ({"emitted": {"ticket-closed": "a"}}, {"ticket-closed": {"user": "b"}})
    proofs.write(tmp_path / "report.json", one)
    assert proofs.read(tmp_path / "report.json") == one
