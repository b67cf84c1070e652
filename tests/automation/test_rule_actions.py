"""Each action that a rule can do, done: exactly what the log says of it, and what it comes to."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk import integrations, macros, people, tags, teams, tickets
from helpdesk.models import Delivery, Role, Ticket
from helpdesk.rule_actions import KINDS
from tests.automation.ruled import act, by_rules, failures, make_rule, settle, tag, tags_of
from tests.desks import TUESDAY, Desk
from tests.helpdesk.test_fields import TEXT, a_field
from tests.outside import sqlite_only

HOUR = timedelta(hours=1)
TAGGED = ["ticket-updated", "ticket-tags-added"]
ASSIGNED = ["ticket-updated", "ticket-assigned"]


def _on(desk: Desk, number: int, deed: Callable[[Ticket], object]) -> None:
    with desk.acting():
        deed(desk.ticket(number))


def _a_macro(desk: Desk) -> int:
    actions = [
        {"name": "setResponseText", "arguments": {"body_text": "Hi {{ticket.customer.firstname}}"}},
        {"name": "setPriority", "arguments": {"priority": "high"}},
    ]
    with desk.acting():
        return macros.create(desk.account, "Thanks", actions, by=desk.by_admin).id


def _a_hook(desk: Desk) -> int:
    http = {"url": "https://example.com/{{ticket.id}}", "form": {"rule": "{{rule.name}}"}}
    with desk.acting():
        return integrations.create(desk.account, integrations.HTTP, "Hook", http=http, by=desk.by_admin).id


#: The rule's body, what is done before, the events of the rule, and what the ticket is like then.
Line = tuple[str, Callable[[Desk, int], None] | None, list[str], dict[str, Any]]

LINES: dict[str, Line] = {
    "addTags": (tag("late"), None, ["tag-created", *TAGGED], {}),
    "addTags, one there": (
        tag("late,vip"),
        lambda desk, number: _on(desk, number, lambda ticket: tags.put_on(ticket, ["vip"], by=desk.by_ana)),
        ["tag-created", *TAGGED],
        {},
    ),
    "removeTags": (
        act("removeTags", "tags: 'vip,none'"),
        lambda desk, number: _on(desk, number, lambda ticket: tags.put_on(ticket, ["vip"], by=desk.by_ana)),
        ["ticket-updated", "ticket-tags-removed"],
        {},
    ),
    "setTags": (
        act("setTags", "tags: 'late'"),
        lambda desk, number: _on(desk, number, lambda ticket: tags.put_on(ticket, ["vip"], by=desk.by_ana)),
        ["ticket-updated", "ticket-tags-removed", "ticket-tags-added", "tag-created"],
        {},
    ),
    "setStatus": (
        act("setStatus", "status: 'closed'"), None, ["ticket-updated", "ticket-closed"], {"status": "closed"},
    ),
    "setStatus, open": (
        act("setStatus", "status: 'open'"),
        lambda desk, number: _on(desk, number, lambda ticket: tickets.close(ticket, by=desk.by_ana)),
        ["ticket-updated", "ticket-reopened"],
        {"status": "open"},
    ),
    "setSubject": (
        act("setSubject", "subject: 'Late: {{ticket.subject}}'"),
        None,
        ["ticket-updated", "ticket-subject-updated"],
        {"subject": "Late: Where is my order?"},
    ),
    "setPriority": (act("setPriority", "priority: 'low'"), None, ["ticket-updated"], {"priority": "low"}),
    "setCustomField": (act("setCustomField", "id: %field%, value: 'Refund'"), None, ["ticket-updated"], {}),
    "setAssignee": (act("setAssignee", "assignee_user: {id: %ben%}"), None, ASSIGNED, {"assignee_user_id": 4}),
    "setAssignee, nobody": (
        act("setAssignee", "assignee_user: null"),
        lambda desk, number: _on(desk, number, lambda ticket: tickets.assign(ticket, desk.ana, by=desk.by_ana)),
        ["ticket-updated", "ticket-unassigned"],
        {"assignee_user_id": None},
    ),
    "setAssignee, round robin": (act("setAssignee", "round_robin: %team%"), None, ASSIGNED, {"assignee_user_id": 3}),
    "setTeamAssignee": (
        act("setTeamAssignee", "assignee_team: {id: %team%}"),
        None,
        ["ticket-updated", "ticket-assigned", "ticket-team-assigned"],
        {"assignee_team_id": 1},
    ),
    "setTeamAssignee, none": (
        act("setTeamAssignee", "assignee_team: null"),
        lambda desk, number: _on(desk, number, lambda ticket: tickets.assign_team(ticket, desk.team, by=desk.by_ana)),
        ["ticket-updated", "ticket-team-unassigned"],
        {"assignee_team_id": None},
    ),
    "snoozeTicket": (
        act("snoozeTicket", "for: '3h'"),
        None,
        ["ticket-updated", "ticket-snoozed"],
        {"snooze_datetime": TUESDAY + 3 * HOUR},
    ),
    "snoozeTicket, until": (
        act("snoozeTicket", "until: '2026-03-03T10:00:00+00:00'"),
        None,
        ["ticket-updated", "ticket-snoozed"],
        {"snooze_datetime": TUESDAY + HOUR},
    ),
    "replyToTicket": (
        act("replyToTicket", "body_text: 'Hi'"), None, ["ticket-message-created", "ticket-updated"],
        {"messages_count": 2, "assignee_user_id": None, "excerpt": "Hi"},
    ),
    "addInternalNote": (
        act("addInternalNote", "body_text: 'Look: {{ticket.id}}'"), None, ["ticket-message-created", "ticket-updated"],
        {"messages_count": 2, "excerpt": "My order 991 has not arrived."},
    ),
    "sendEmail": (act("sendEmail", "to: 'boss@x.example', subject: 'S {{ticket.id}}', body_text: 'B'"), None, [], {}),
    "applyMacro": (
        act("applyMacro", "macro_id: %macro%"), None,
        ["macro-applied", "ticket-message-created", "ticket-updated"], {"priority": "high", "excerpt": "Hi Carol"},
    ),
    "trashTicket": (act("trashTicket"), None, ["ticket-updated", "ticket-trashed"], {"trashed_datetime": TUESDAY}),
    "excludeFromAutoMerge": (
        act("excludeFromAutoMerge"), None, ["ticket-updated"], {"excluded_from_auto_merge": True}
    ),
    "excludeFromCSAT": (act("excludeFromCSAT"), None, ["ticket-updated"], {"excluded_from_csat": True}),
    "httpRequest": (act("httpRequest", "integration_id: %hook%"), None, [], {}),
}  # fmt: skip


def test_every_action_has_a_line() -> None:
    assert {name.partition(",")[0] for name in LINES} == set(KINDS)


def _made(desk: Desk, body: str) -> str:
    """The body with the numbers of what it speaks of."""
    numbers: dict[str, Callable[[Desk], int]] = {
        "%field%": lambda desk: a_field(desk, TEXT), "%macro%": _a_macro, "%hook%": _a_hook,
        "%ben%": lambda desk: desk.ben_id, "%team%": lambda desk: desk.team_id,
    }  # fmt: skip
    for word, number in numbers.items():
        if word in body:
            body = body.replace(word, str(number(desk)))
    return body


@sqlite_only
@pytest.mark.parametrize("name", LINES)
def test_what_an_action_writes(desk: Desk, name: str) -> None:
    body, before, types, after = LINES[name]
    number = desk.a_ticket().id
    if before is not None:
        before(desk, number)
    make_rule(desk, _made(desk, body), "ticket-updated", when=f"eq(ticket.id, {number})", name="Zebra")
    with desk.watched() as trail:
        _on(desk, number, lambda ticket: tickets.set_language(ticket, "de", by=desk.by_ana))
        settle(desk)
    assert failures(trail) == []
    assert sorted(by_rules(trail)) == sorted([*types, "rule-executed"])
    assert by_rules(trail)[-1] == "rule-executed"
    assert len(trail.contexts) == 1
    ticket = desk.ticket(number)
    assert {field: getattr(ticket, field) for field in after} == after
    _CHECKS.get(name, lambda _desk, _number: None)(desk, number)


def _has_tags(*names: str) -> Callable[[Desk, int], None]:
    def check(desk: Desk, number: int) -> None:
        assert tags_of(desk, number) == set(names)

    return check


def _mailed(desk: Desk, number: int) -> None:
    mail = desk.session.scalars(select(Delivery)).one()
    assert (mail.kind, mail.recipient, mail.payload["subject"]) == ("mail", "boss@x.example", f"S {number}")


def _called(desk: Desk, number: int) -> None:
    call = desk.session.scalars(select(Delivery)).one()
    assert (call.kind, call.recipient, call.status) == ("webhook", f"https://example.com/{number}", "queued")
    assert call.payload["body"] == '{"rule": "Zebra"}'


_CHECKS: dict[str, Callable[[Desk, int], None]] = {
    "addTags": _has_tags("late"),
    "addTags, one there": _has_tags("vip", "late"),
    "removeTags": _has_tags(),
    "setTags": _has_tags("late"),
    "sendEmail": _mailed,
    "httpRequest": _called,
}


@sqlite_only
def test_tickets_go_round_among_those_who_can_take_them(desk: Desk) -> None:
    with desk.acting():
        watcher = people.create(
            desk.account, email="w@demo.example", name="Wim", role=Role.OBSERVER, password="x" * 12, by=desk.by_admin
        )
        cleo = people.create(
            desk.account, email="c@demo.example", name="Cleo", role=Role.LITE, password="x" * 12, by=desk.by_admin
        )
        teams.set_members(desk.team, [desk.ana, watcher, cleo], by=desk.by_admin)
        cleo_id = cleo.id
    make_rule(desk, act("setAssignee", f"round_robin: {desk.team_id}"), "ticket-created", "ticket-message-created")
    numbers = [desk.a_ticket().id for _ in range(3)]
    settle(desk)
    assert [desk.ticket(number).assignee_user_id for number in numbers] == [desk.ana_id, cleo_id, desk.ana_id]


@sqlite_only
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (act("sendEmail", "to: 'support@demo.example', subject: 's', body_text: 'b'"), "no mail to itself"),
        (act("sendEmail", "to: '{{ticket.customer.email}}', subject: 's', body_text: 'b'"), "the customer's address"),
        (act("sendEmail", "to: '{{ticket.assignee_user.email}}', subject: 's', body_text: 'b'"), "Write the address"),
        (act("snoozeTicket", "until: '2020-01-01T00:00:00Z'"), "still to come"),
    ],
)
def test_what_can_not_be_done_here_is_a_failed_action(desk: Desk, body: str, said: str) -> None:
    make_rule(desk, body, "ticket-created")
    with desk.watched() as trail:
        desk.a_ticket()
        settle(desk)
    assert by_rules(trail) == ["rule-executed"]
    (why,) = failures(trail)
    assert said in why
    assert desk.session.scalars(select(Delivery)).all() == []
