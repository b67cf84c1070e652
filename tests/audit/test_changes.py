"""What an event changed, in words."""

from types import SimpleNamespace
from typing import Any

import pytest

import helpdesk.models  # noqa: F401  # the teller asks the models what a number points to
from audit.changes import Teller, mentioned
from tests.audit.logs import BERLIN, NOW

TELLER = Teller({("User", 3): "Ana Lopez", ("Tag", 5): "refund"}, NOW.astimezone(BERLIN))
SECRET, OTHER = {"$secret": "ab"}, {"$secret": "cd"}


def an_event(changes: Any, data: Any = None) -> Any:
    return SimpleNamespace(object_type="Ticket", object_id=7, changes=changes, data=data)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (None, ""),
        ({"Ticket:7": {"row_version": [1, 2]}}, ""),
        ({"Ticket:7": {"status": ["open", "closed"]}}, "status open → closed"),
        (
            {"Ticket:7": {"status": ["open", "closed"], "closed_datetime": [None, "2026-03-03T08:00:00+00:00"]}},
            "status open → closed",
        ),
        ({"Ticket:7": {"snooze_datetime": [None, "2026-03-31T08:00:00+00:00"]}}, "snooze → Tue 31 Mar, 10:00"),
        ({"Ticket:7": {"snooze_datetime": ["2025-12-31T23:30:00+00:00", None]}}, "snooze Thu 1 Jan, 00:30 → none"),
        ({"Ticket:7": {"subject": ["A mug", "Lost"], "spam": [False, True]}}, "subject “A mug” → Lost · spam no → yes"),
        ({"Ticket:7": {"subject": ["x" * 90, None]}}, f"subject {'x' * 47}… → none"),
        ({"Ticket:7": {"assignee_user_id": [None, 3]}}, "assignee user → Ana Lopez"),
        ({"Ticket:7": {"assignee_user_id": [3, 4]}}, "assignee user Ana Lopez → user 4"),
        ({"Ticket:7": {"summary": [None, "one\ntwo"]}}, "summary set"),
        ({"Ticket:7": {"summary": [{"$text": "ab"}, {"$text": "cd"}]}}, "summary changed"),
        ({"Ticket:7": {"password_hash": [SECRET, OTHER]}}, "password changed"),
        ({"Ticket:7": {"password_hash": [SECRET, None]}}, "password cleared"),
        ({"TicketTag:1": {"id": [None, 1], "ticket_id": [None, 7], "tag_id": [None, 5]}}, "+ refund"),
        ({"TicketTag:1": {"id": [1, None], "ticket_id": [7, None], "tag_id": [6, None]}}, "− tag 6"),
        ({"Ticket:7": {"id": [None, 7], "subject": [None, "Lost"], "spam": [None, False]}}, "subject Lost"),
        ({"Ticket:7": {"id": [7, None], "subject": ["Lost", None]}}, ""),
        ({"Gone:7": {"id": [None, 7], "name": [None, "Old thing"]}}, "+ gone “Old thing”"),
        (
            {"Ticket:7": {name: ["a", "b"] for name in ("priority", "language", "channel", "excerpt", "via")}},
            "priority a → b · language a → b · channel a → b and 2 more",
        ),
    ],
)
def test_the_line(changes: Any, line: str) -> None:
    assert TELLER.line(an_event(changes)) == line


def test_an_event_without_changes_tells_its_data() -> None:
    data = {"remote_addr": "127.0.0.1", "login_type": ["password"]}
    assert TELLER.line(an_event(None, data)) == "remote addr 127.0.0.1 · login type password"


def test_what_is_pointed_to_is_looked_up_by_class_and_number() -> None:
    changes = {"Ticket:7": {"assignee_user_id": [None, 3], "account_id": [None, 1], "messages_count": [1, 2]}}
    assert mentioned([an_event(changes), an_event(None)]) == {("User", 3)}
