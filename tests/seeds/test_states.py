"""Every state and every verb of a ticket: the table is what the verbs do, and what the law says they must."""

import inspect
import os
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from helpdesk import messages, tags, tickets
from seeds import states
from seeds.states import STATES, VERBS, State
from tests.databases import fresh_sqlite
from tests.desks import Desk

#: What a verb writes wherever it changes something, by the law of events (EVENTS.md: laws 1 and 5, and the life cycle).
ALWAYS = {
    "note": ("ticket-message-created", "ticket-updated"),
    "reply": ("ticket-message-created", "ticket-updated", "ticket-assigned"),
    "erase": ("ticket-deleted",),
    "snooze": ("ticket-updated", "ticket-snoozed"),
    "assign": ("ticket-updated", "ticket-assigned"),
    "assign_team": ("ticket-updated", "ticket-assigned", "ticket-team-assigned"),
    "set_subject": ("ticket-updated", "ticket-subject-updated"),
    "put_on": ("ticket-updated", "ticket-tags-added"),
    "set_on": ("ticket-updated", "ticket-tags-added"),
    "summarise": ("ticket-updated", "ticket-message-summary-created"),
    "merge_into": ("ticket-updated", "ticket-merged", "ticket-deleted"),
    "merge_away": ("ticket-updated", "ticket-merged", "ticket-deleted"),
    **dict.fromkeys(
        ("set_priority", "set_language", "set_facts", "exclude_from_surveys", "exclude_from_merging"),
        ("ticket-updated",),
    ),
    **dict.fromkeys(("unassign", "unassign_team", "swap_customer", "take_off"), ()),
}


@pytest.fixture
def database_url() -> URL:
    """Verbs are held against both databases by their scenes."""
    return fresh_sqlite(furnished=True)


def must(verb: str, state: State) -> tuple[str, ...] | None:
    """What the law says a verb writes from a state; None if it is refused."""
    if verb in ALWAYS:
        return ALWAYS[verb]
    if verb == "delete":
        return ("ticket-deleted",) if "trash" in state.place else None
    if verb == "receive":
        said = ("ticket-message-created", "ticket-updated")
        return said if state.status == "open" else (*said, "ticket-reopened")
    changes, event = {
        "close": (state.status != "closed", "ticket-closed"),
        "reopen": (state.status != "open", "ticket-reopened"),
        "wake": (state.status == "snoozed", "ticket-self-unsnoozed"),
        "mark_spam": ("spam" not in state.place, "ticket-marked-spam"),
        "unmark_spam": ("spam" in state.place, "ticket-unmarked-spam"),
        "trash": ("trash" not in state.place, "ticket-trashed"),
        "untrash": ("trash" in state.place, "ticket-untrashed"),
    }[verb]
    return ("ticket-updated", event) if changes else ()


def test_every_verb_from_every_state_does_what_the_law_says_and_what_the_table_shows(desk: Desk) -> None:
    before = desk.last_event_id()
    found = states.ask_the_verbs(desk)
    written = desk.events_after(before)
    for verb in VERBS:
        for state in STATES:
            outcome = found[verb][str(state)]
            expected = must(verb, state)
            assert (None if isinstance(outcome, str) else outcome) == expected, f"{verb}, {state}"
    if os.environ.get("WRITE_TICKET_STATES"):
        Path(str(states.FILE)).write_text(states.as_text(found), encoding="utf-8")
        states.table.cache_clear()
    assert found == states.table(), "the table on the page is old: run this once with WRITE_TICKET_STATES=1"
    assert "ticket-deleted" not in [event.type for event in written], "what was only asked was not done"


def test_no_verb_of_the_ticket_is_forgotten() -> None:
    known = {name for name in VERBS if not name.startswith("merge_")}
    for module in (tickets, tags, messages):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            first = next(iter(inspect.signature(function).parameters.values()), None)
            is_verb = first is not None and first.name == "ticket" and "by" in inspect.signature(function).parameters
            if is_verb and function.__module__ == module.__name__ and not name.startswith("_"):
                assert name in known, f"{module.__name__}.{name}"


def test_states_that_do_not_differ_stand_together() -> None:
    rows = dict(states.rows())
    assert [(cell.span, cell.outcome) for cell in rows["Close it"]] == [
        (4, ("ticket-updated", "ticket-closed")),
        (4, ()),
        (4, ("ticket-updated", "ticket-closed")),
    ]
    for cells in rows.values():
        assert sum(cell.span for cell in cells) == len(STATES)
    refused = [cell for cell in rows["Delete it for good, by hand"] if cell.refusal]
    assert [cell.span for cell in refused] == [2, 2, 2]
