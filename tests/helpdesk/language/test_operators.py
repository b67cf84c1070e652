"""Each test that a condition can make: when it holds in a rule, and when not; in any case, on texts and on lists."""

from datetime import UTC, datetime
from typing import Any

import pytest

from helpdesk.language import parse_rule
from helpdesk.language.predicates import Facts
from helpdesk.language.statements import plan, understand_rule
from helpdesk.language.vocabulary import FUNCTIONS, of_rules
from helpdesk.rule_actions import CHECKS

NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
FACTS: dict[str, Any] = {
    "ticket.id": 12,
    "ticket.subject": "Where is my Order 991?",
    "ticket.language": None,
    "ticket.spam": False,
    "ticket.tags.name": ("refund", "VIP"),
    "ticket.assignee_user.id": None,
    "ticket.created_datetime": datetime(2026, 3, 1, 9, tzinfo=UTC),
    "ticket.custom_fields.3": "Large",
    "message.body_text": "It never came.",
    "message.intents.name": (),
}

#: Of each test: conditions that hold, and conditions that do not.
LINES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "eq": (
        ("ticket.id, 12", "ticket.subject, 'Where is my Order 991?'", "ticket.spam, false", "ticket.language, null"),
        ("ticket.id, 13", "ticket.subject, 'where is my order 991?'", "ticket.spam, true", "ticket.language, 'en'"),
    ),
    "neq": (
        ("ticket.id, 13", "ticket.subject, 'where is my order 991?'", "ticket.language, 'en'"),
        ("ticket.id, 12", "ticket.spam, false", "ticket.language, null"),
    ),
    "lt": (
        ("ticket.id, 13", "ticket.created_datetime, '1d'", "ticket.created_datetime, '2026-03-01T09:00:01Z'"),
        ("ticket.id, 12", "ticket.created_datetime, '3d'", "ticket.created_datetime, '2d'"),
    ),
    "lte": (
        ("ticket.id, 12", "ticket.created_datetime, '2d'", "ticket.created_datetime, '1d 23h'"),
        ("ticket.id, 11", "ticket.created_datetime, '2d 1s'"),
    ),
    "gt": (
        ("ticket.id, 11", "ticket.created_datetime, '3d 2h'", "ticket.created_datetime, '2026-03-01T08:59:59+00:00'"),
        ("ticket.id, 12", "ticket.created_datetime, '1d'", "ticket.created_datetime, '2d'"),
    ),
    "gte": (
        ("ticket.id, 12", "ticket.created_datetime, '2d'"),
        ("ticket.id, 13", "ticket.created_datetime, '47h'"),
    ),
    "lteTimedelta": (("ticket.created_datetime, '2d'",), ("ticket.created_datetime, '2d 1s'",)),
    "gteTimedelta": (("ticket.created_datetime, '2d'",), ("ticket.created_datetime, '47h'",)),
    "isEmpty": (
        ("ticket.language", "ticket.assignee_user.id", "message.intents.name"),
        ("ticket.subject", "ticket.tags.name", "ticket.spam"),
    ),
    "isNotEmpty": (
        ("ticket.subject", "ticket.tags.name", "ticket.custom_fields.3"),
        ("ticket.language", "message.intents.name", "ticket.custom_fields.4"),
    ),
    "contains": (
        ("ticket.subject, 'ORDER'", "ticket.tags.name, 'vip'", "message.body_text, 'never'"),
        ("ticket.subject, 'mug'", "ticket.tags.name, 'fund'", "ticket.language, 'e'"),
    ),
    "notContains": (
        ("ticket.subject, 'mug'", "ticket.tags.name, 'fund'", "ticket.language, 'e'"),
        ("ticket.subject, 'order'", "ticket.tags.name, 'Refund'"),
    ),
    "containsAny": (
        ("ticket.subject, ['mug', 'order']", "ticket.tags.name, ['late', 'VIP']", "ticket.id, [11, 12]"),
        ("ticket.subject, ['mug', 'cup']", "ticket.tags.name, ['late']", "ticket.id, [1, 2]"),
    ),
    "containsAll": (
        ("ticket.subject, ['where', '991']", "ticket.tags.name, ['vip', 'refund']"),
        ("ticket.subject, ['where', 'mug']", "ticket.tags.name, ['vip', 'late']"),
    ),
    "notContainsAny": (
        ("ticket.subject, ['mug', 'cup']", "ticket.tags.name, ['late']"),
        ("ticket.subject, ['mug', 'order']", "ticket.tags.name, ['late', 'vip']"),
    ),
    "startsWith": (("ticket.subject, 'where'", "ticket.custom_fields.3, 'la'"), ("ticket.subject, 'order'",)),
    "endsWith": (("ticket.subject, '991?'", "message.body_text, 'CAME.'"), ("ticket.subject, 'where'",)),
}


def test_every_test_has_a_line() -> None:
    assert LINES.keys() == FUNCTIONS.keys()


@pytest.mark.parametrize("name", LINES)
def test_when_it_holds_and_when_not(name: str) -> None:
    def holds(arguments: str) -> bool:
        code = f"if ({name}({arguments})) {{ Action('trashTicket', {{}}); }}"
        return bool(plan(understand_rule(parse_rule(code), of_rules(), CHECKS), Facts(FACTS, NOW)).acts)

    does, does_not = LINES[name]
    assert {arguments: holds(arguments) for arguments in (*does, *does_not)} == {
        **dict.fromkeys(does, True),
        **dict.fromkeys(does_not, False),
    }
