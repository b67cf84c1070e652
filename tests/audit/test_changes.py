"""What an event changed, in words."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

import helpdesk.events
import helpdesk.models  # noqa: F401  # the teller asks models and types what a change means
from audit.changes import Teller, day_words, mentioned
from tests.audit.logs import BERLIN, NOW

TELLER = Teller({("User", 3): "Ana Lopez", ("Tag", 5): "refund"}, NOW.astimezone(BERLIN))
SECRET, OTHER = {"$secret": "ab"}, {"$secret": "cd"}


def an_event(changes: Any, data: Any = None, type_name: str = "ticket-updated", **more: Any) -> Any:
    words = {"object_type": "Ticket", "object_id": 7, "initiator_id": None, **more}
    return SimpleNamespace(type=type_name, changes=changes, data=data, **words)


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
        (
            {"Ticket:7": {"subject": ["A mug", "Lost"], "spam": [False, True]}},
            "subject “A mug” → “Lost” · spam no → yes",
        ),
        ({"Ticket:7": {"subject": ["x" * 90, None]}}, f"subject “{'x' * 47}…” → none"),
        ({"Ticket:7": {"assignee_user_id": [None, 3]}}, "assignee nobody → Ana Lopez"),
        ({"Ticket:7": {"assignee_user_id": [3, 4]}}, "assignee Ana Lopez → user 4"),
        ({"Ticket:7": {"assignee_team_id": [2, None]}}, "team team 2 → no team"),
        ({"Ticket:7": {"messages_count": [0, 1]}}, "messages 0 → 1"),
        (
            {"AccountSetting:1": {"data": [{"name": "Mine", "shared": False}, {"name": "Mine", "shared": True}]}},
            "shared no → yes",
        ),
        ({"Ticket:7": {"summary": [None, "one\ntwo"]}}, "summary → “one two”"),
        ({"Ticket:7": {"summary": ["one\ntwo", "three"]}}, "summary changed"),
        ({"Ticket:7": {"summary": [{"$text": "ab"}, {"$text": "cd"}]}}, "summary changed"),
        ({"Ticket:7": {"password_hash": [SECRET, OTHER]}}, "password changed"),
        ({"Ticket:7": {"password_hash": [SECRET, None]}}, "password cleared"),
        ({"TicketTag:1": {"id": [None, 1], "ticket_id": [None, 7], "tag_id": [None, 5]}}, "+ refund"),
        ({"TicketTag:1": {"id": [1, None], "ticket_id": [7, None], "tag_id": [6, None]}}, "− tag 6"),
        ({"Ticket:7": {"id": [None, 7], "subject": [None, "Lost"], "spam": [None, False]}}, "subject “Lost”"),
        ({"Ticket:7": {"id": [None, 7], "status": [None, "open"], "priority": [None, "high"]}}, "priority high"),
        ({"Ticket:7": {"id": [7, None], "subject": ["Lost", None]}}, ""),
        ({"Ticket:7": {"subject": ["Lost", ""]}}, "subject “Lost” → none"),
        ({"Ticket:7": {"id": [None, 7], "spam": [None, True], "from_agent": [None, False]}}, "spam yes"),
        ({"Team:7": {"id": [None, 7]}, "Ticket:7": {"spam": [None, False]}}, "+ team 7 · spam → no"),
        ({"Gone:7": {"id": [None, 7], "name": [None, "Old thing"]}}, "+ gone “Old thing”"),
        ({"TicketAlias:1": {"id": [None, 1], "ticket_id": [None, 7], "former_id": [None, 3]}}, "+ former ticket 3"),
        ({"TicketMessage:1": {"id": [1, None], "public": [True, None], "body_text": ["Hi", None]}}, "− text “Hi”"),
        (
            {"TicketMessage:1": {"ticket_id": [3, 7]}, "TicketMessage:2": {"ticket_id": [3, 7]}},
            "ticket ticket 3 → ticket 7",
        ),
        (
            {
                "Ticket:7": {
                    name: ["a", "b"] for name in ("priority", "language", "excerpt", "channel", "via", "status")
                }
            },
            "priority a → b · language a → b · channel a → b and 2 more",
        ),
    ],
)
def test_the_line(changes: Any, line: str) -> None:
    assert TELLER.line(an_event(changes)) == line


def test_an_event_without_changes_tells_its_data() -> None:
    data = {"remote_addr": "127.0.0.1", "login_type": ["password"]}
    assert TELLER.line(an_event(None, data)) == "remote addr 127.0.0.1 · login type password"


def test_data_are_told_like_the_columns_of_that_name() -> None:
    assert TELLER.line(an_event(None, {"assignee_user_id": None})) == "assignee nobody"


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        ({"id": [None, 1], "body_text": [None, "My mug\n\n> broke"]}, "“My mug > broke”"),
        ({"id": [None, 1], "body_text": [None, "Hi\n> you"], "stripped_text": [None, "Hi"]}, "“Hi”"),
        ({"id": [None, 1], "public": [None, False], "body_text": [None, "x" * 99]}, f"internal note “{'x' * 79}…”"),
        ({"id": [None, 1], "body_text": [None, {"$text": "ab"}]}, "a long text"),
        ({"id": [None, 1], "channel": [None, "chat"]}, "channel chat"),
    ],
)
def test_a_message_tells_what_was_said(columns: Any, line: str) -> None:
    changes = {"TicketMessage:1": columns}
    event = an_event(changes, type_name="ticket-message-created", object_type="TicketMessage", object_id=1)
    assert TELLER.line(event) == line


def test_a_message_that_goes_tells_what_it_said() -> None:
    changes = {"TicketMessage:1": {"id": [1, None], "public": [False, None], "body_text": ["Oops", None]}}
    event = an_event(changes, type_name="ticket-message-deleted", object_type="TicketMessage", object_id=1)
    assert TELLER.line(event) == "internal note “Oops”"


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        (("rule", "Zebra", 3, None), "rule Zebra v3"),
        (("macro", "Refund", 2, 3), "macro Refund v2 by Ana Lopez"),
        (("macro", "Refund", 2, 4), "macro Refund v2 by team member 4"),
        (("customer", "Carol", None, None), "customer Carol"),
        (("schedule", "snooze timer", None, None), "snooze timer"),
    ],
)
def test_who_really_acted(actor: Any, words: str) -> None:
    names = ("actor_kind", "actor_name", "actor_version", "initiator_id")
    assert TELLER.acted(an_event(None, user_id=None, **dict(zip(names, actor, strict=True)))) == words


def test_behind_a_team_member_stands_nobody() -> None:
    event = an_event(None, user_id=3, actor_kind="user", actor_name="Ana Lopez")
    assert TELLER.acted(event) == ""
    assert TELLER.actor(event) == "team member Ana Lopez"


def test_what_is_pointed_to_is_looked_up_by_class_and_number() -> None:
    changes = {"Ticket:7": {"assignee_user_id": [None, 3], "account_id": [None, 1], "messages_count": [1, 2]}}
    assert mentioned([an_event(changes), an_event(None, initiator_id=4)]) == {("User", 3), ("User", 4)}


def test_a_day_of_another_year_says_which_and_is_no_longer_for_it() -> None:
    now = datetime(2027, 1, 22, tzinfo=UTC)
    assert day_words(datetime(2027, 1, 5, tzinfo=UTC), now) == "Tue 5 Jan"
    assert day_words(datetime(2026, 11, 23, tzinfo=UTC), now) == "23 Nov 2026"
