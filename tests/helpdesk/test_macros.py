"""Macros: what may be in one, what it does to a ticket and in which order, and that it is all or nothing."""

import re
from typing import Any

import pytest

from audit.actors import Actor
from audit.ledger import record, seal
from helpdesk import desk as helpdesk_desk
from helpdesk import macros, messages, people, tickets
from helpdesk.drafts import Draft
from helpdesk.events import RULE_CREATED
from helpdesk.macro_actions import checked
from helpdesk.models import Delivery, Macro, Rule, Ticket
from helpdesk.refusals import Refused
from tests.desks import Desk, open_desk

THANKS = [{"name": "setResponseText", "arguments": {"body_text": "Thank you, {{ticket.customer.firstname}}!"}}]


def action(name: str, **arguments: Any) -> dict[str, Any]:
    """One action."""
    return {"name": name, "arguments": arguments}


def a_macro(desk: Desk, *actions: dict[str, Any], name: str = "Do it") -> int:
    """A macro that does this."""
    with desk.acting():
        return macros.create(desk.account, name, list(actions), by=desk.by_admin).id


def apply(desk: Desk, macro_id: int, ticket_id: int) -> macros.Reply | None:
    """Ana applies it."""
    with desk.acting():
        return macros.apply(desk.session.get_one(Macro, macro_id), desk.ticket(ticket_id), by=desk.by_ana)


def test_all_actions_happen_in_their_order_by_the_macro_with_its_initiator(desk: Desk) -> None:
    ticket_id = desk.a_ticket().id
    number = a_macro(
        desk,
        action("setResponseText", body_text="Hi {{ticket.customer.firstname}}, {{nobody.knows}}"),
        action("addTags", tags="late, late ,vip"),
        action("setTeamAssignee", assignee_team={"id": desk.team_id}),
        action("setAssignee", assignee_user={"id": " {{current_user.id}} "}),
        action("setPriority", priority="high"),
        action("setSubject", subject="{{ticket.customer.lastname}}: {{ticket.subject}}"),
        action(
            "addInternalNote", body_text="{{current_user.name}} had {{ticket.assignee_user.name | fallback('nobody')}}"
        ),
        action("setStatus", status="closed"),
        action("setStatus", status="open"),
        action("snoozeTicket", **{"for": "2d 3h"}),
    )
    with desk.watched() as trail:
        reply = apply(desk, number, ticket_id)
    assert reply is not None
    assert (reply.text, reply.unknown) == ("Hi Carol, {{nobody.knows}}", ("{{nobody.knows}}",))
    assert trail.types == [
        "macro-applied",
        "tag-created",
        "tag-created",
        "ticket-message-created",
        "ticket-updated",
        "ticket-tags-added",
        "ticket-assigned",
        "ticket-team-assigned",
        "ticket-assigned",
        "ticket-subject-updated",
        "ticket-closed",
        "ticket-reopened",
        "ticket-snoozed",
    ]
    for event in trail.events:
        assert event.user_id is None
        assert (event.actor_kind, event.actor_id, event.actor_name, event.actor_version) == (
            "macro",
            number,
            "Do it",
            1,
        )
        assert event.initiator_id == desk.ana_id
    ticket = desk.ticket(ticket_id)
    assert (ticket.subject, ticket.priority, ticket.assignee_user_id) == (
        "Diaz: Where is my order?",
        "high",
        desk.ana_id,
    )
    assert (ticket.snooze_datetime - desk.now()).total_seconds() == 51 * 3600  # type: ignore[operator]
    note = ticket.messages[-1]
    assert (note.public, note.sender_name, note.body_text) == (False, "Do it", "Ana Lopez had nobody")


def test_a_macro_that_only_writes_is_still_told_of(desk: Desk) -> None:
    ticket_id, number = desk.a_ticket().id, a_macro(desk, *THANKS)
    with desk.watched() as trail:
        reply = apply(desk, number, ticket_id)
    assert reply == macros.Reply("Thank you, Carol!")
    assert trail.types == ["macro-applied"]


@pytest.mark.parametrize(
    ("actions", "sentence"),
    [
        ([action("setTeamAssignee", assignee_team={"id": 99_999})], "assigns to a team that is not there any more"),
        ([action("setAssignee", assignee_user={"id": 99_999})], "assigns to a team member that is not there any more"),
        ([action("snoozeTicket", until="2020-01-01T00:00:00+00:00")], "still to come"),
        ([action("http", url="https://a.example/{{ticket.subject}}/x")], "would lead to another folder"),
    ],
)
def test_what_can_not_be_refuses_the_whole(desk: Desk, actions: list[dict[str, Any]], sentence: str) -> None:
    ticket_id = desk.a_ticket("..").id
    number = a_macro(desk, action("setStatus", status="closed"), *actions)
    with desk.watched() as trail, pytest.raises(Refused, match=sentence):
        apply(desk, number, ticket_id)
    assert trail.types == []
    assert desk.ticket(ticket_id).is_open


def test_somebody_who_was_switched_off_refuses_the_whole(desk: Desk) -> None:
    ticket_id = desk.a_ticket().id
    number = a_macro(desk, action("addTags", tags="late"), action("setAssignee", assignee_user={"id": desk.ben_id}))
    with desk.acting():
        people.delete(desk.ben, by=desk.by_admin)
    with desk.watched() as trail, pytest.raises(Refused):
        apply(desk, number, ticket_id)
    assert trail.types == []


def test_the_team_of_another_account_is_none_of_ours(desk: Desk) -> None:
    other = open_desk(desk.session, "other")
    ticket_id = desk.a_ticket().id
    number = a_macro(desk, action("setTeamAssignee", assignee_team={"id": other.team_id}))
    with desk.watched() as trail, pytest.raises(Refused, match="not there any more"):
        apply(desk, number, ticket_id)
    assert trail.types == []


def test_a_machine_can_not_assign_to_whoever_applies(desk: Desk) -> None:
    ticket_id = desk.a_ticket().id
    number = a_macro(desk, action("setAssignee", assignee_user={"id": "{{current_user.id}}"}))
    with pytest.raises(Refused, match="nobody of the team does"), desk.acting():
        macros.apply(desk.session.get_one(Macro, number), desk.ticket(ticket_id), by=Actor("rule", 1, "Zebra", 1))


def test_a_call_is_queued_with_values_that_can_break_nothing(desk: Desk) -> None:
    with desk.acting("email"):
        ticket = tickets.create(
            desk.account, tickets.Opening(customer=desk.carol, subject='Say "hi" & go/../'), by=desk.by_carol
        )
        ticket_id = ticket.id
    number = a_macro(
        desk,
        action(
            "http",
            url="https://hooks.example/t/{{ticket.id}}?about={{ticket.subject}}",
            method="post",
            headers={"X-Desk": "{{ticket.customer.name}}"},
            body='{"subject": "{{ticket.subject}}"}',
        ),
    )
    with desk.watched() as trail:
        apply(desk, number, ticket_id)
    assert trail.types == ["macro-applied"]
    (delivery,) = desk.session.query(Delivery).filter_by(kind="webhook")
    assert delivery.recipient == f"https://hooks.example/t/{ticket_id}?about=Say%20%22hi%22%20%26%20go%2F..%2F"
    assert delivery.payload == {
        "url": delivery.recipient,
        "method": "POST",
        "headers": {"X-Desk": "Carol Diaz", "Content-Type": "application/json"},
        "body": '{"subject": "Say \\"hi\\" & go/../"}',
    }
    assert delivery.ticket_id == ticket_id


def test_a_reply_with_a_macro_is_two_actions_in_one_chain_or_none_at_all(desk: Desk) -> None:
    ticket_id = desk.a_ticket().id
    number = a_macro(desk, action("setStatus", status="closed"), name="Bye")

    def send(text: str) -> None:
        with desk.acting():
            ticket = desk.ticket(ticket_id)
            macros.apply(desk.session.get_one(Macro, number), ticket, by=desk.by_ana)
            helpdesk_desk.go_on(desk.session)
            messages.reply(ticket, Draft(sender=desk.ana, body_text=text), by=desk.by_ana)

    with desk.watched() as trail, pytest.raises(Refused):
        send(" ")
    assert trail.types == []
    with desk.watched() as trail:
        send("Good bye")
    assert trail.lines == [
        ("macro-applied", None),
        ("ticket-updated", None),
        ("ticket-closed", None),
        ("ticket-message-created", "Ana Lopez"),
        ("ticket-updated", "Ana Lopez"),
        ("ticket-assigned", "Ana Lopez"),
    ]
    assert len(trail.contexts) == 1


def test_several_tickets_in_one_chain_have_a_set_of_events_each(desk: Desk) -> None:
    numbers = [desk.a_ticket().id for _ in range(3)]
    macro_id = a_macro(desk, action("setPriority", priority="high"))
    with desk.watched() as trail, desk.acting():
        for number in numbers:
            macros.apply(desk.session.get_one(Macro, macro_id), desk.ticket(number), by=desk.by_ana)
            helpdesk_desk.go_on(desk.session)
    assert trail.types == ["macro-applied", "ticket-updated"] * 3
    assert len(trail.contexts) == 1
    assert macros.usage(desk.session, desk.account_id, [macro_id]) == {macro_id: 3}


def test_the_version_and_the_name_of_that_moment_stay_in_the_log(desk: Desk) -> None:
    ticket_id, number = desk.a_ticket().id, a_macro(desk, action("setStatus", status="closed"))
    with desk.acting():
        macros.update(desk.session.get_one(Macro, number), "Do it well", THANKS, by=desk.by_admin)
    with desk.watched() as trail:
        apply(desk, number, ticket_id)
    assert [(event.actor_name, event.actor_version) for event in trail.events] == [("Do it well", 2)]


WRONG: list[tuple[Any, str]] = [
    ("x", "list of objects"),
    ([action("launchRocket")], "can't do 'launchRocket'"),
    ([action("setResponseText")], "Action 1, write the reply: it needs a text"),
    ([*THANKS, *THANKS], "A macro writes one reply"),
    ([action("addTags", tags=" , ")], "at least one tag"),
    ([action("addTags", tags=["ok", 5])], "names of tags"),
    ([action("addTags", tags="x" * 257)], "256 characters"),
    ([action("setStatus", status="snoozed")], "open or closed"),
    ([action("snoozeTicket", **{"for": "soon"})], "no span of time"),
    ([action("snoozeTicket", **{"for": "0d"})], "no time at all"),
    ([action("snoozeTicket", until="2026-03-03T10:00")], "with an offset"),
    ([action("setAssignee")], "choose a team member"),
    ([action("setAssignee", assignee_user={"id": True})], "choose a team member"),
    ([action("setTeamAssignee", assignee_team={"id": 2**63})], "choose a team"),
    ([action("setTeamAssignee", assignee_team={"id": "{{current_user.id}}"})], "choose a team"),
    ([action("setSubject", subject="x" * 999)], "998 characters"),
    ([action("setPriority", priority="yes")], "a priority is one of"),
    ([action("setPriority", priority="high", extra=1)], "takes no 'extra'"),
    ([action("http", url="ftp://a.example")], "https://"),
    ([action("http", url="https://{{ticket.subject}}/")], "scheme or the host"),
    ([action("http", url="https://a.example", method="BREW")], "a method is one of"),
    ([action("http", url="https://a.example", headers={"Authorization": "Bearer x"})], "would hold a secret"),
    ([action("http", url="https://a.example", headers={"X-Api-Key": "x"})], "would hold a secret"),
    ([action("http", url="https://a.example", headers={"X": "a\r\nB: c"})], "one line"),
    ([action("http", url="https://a.example", method="GET", body="x")], "a GET has no body"),
    ([action("setStatus", status="open")] * 21, "20 things at most"),
    ([{"name": "setStatus", "arguments": "open"}], "no object"),
    ([{"name": "setStatus", "title": "x" * 256, "arguments": {"status": "open"}}], "255 characters"),
]


@pytest.mark.parametrize(
    ("actions", "sentence"), WRONG, ids=[f"{place} {sentence}" for place, (_, sentence) in enumerate(WRONG)]
)
def test_what_no_macro_can_do_is_refused(actions: Any, sentence: str) -> None:
    with pytest.raises(Refused, match=re.escape(sentence)):
        checked(actions)


def test_a_macro_that_could_not_work_is_neither_made_nor_saved(desk: Desk) -> None:
    number = a_macro(desk, *THANKS)
    with desk.watched() as trail:
        with pytest.raises(Refused), desk.acting():
            macros.create(desk.account, "Wrong", [action("launchRocket")], by=desk.by_admin)
        with pytest.raises(Refused), desk.acting():
            macros.update(desk.session.get_one(Macro, number), "Wrong", [action("setStatus")], by=desk.by_admin)
    assert trail.types == []


@pytest.mark.parametrize("name", ["", "   ", "x" * 256])
def test_a_macro_needs_a_name_that_can_be_read(desk: Desk, name: str) -> None:
    with pytest.raises(Refused, match="name"), desk.acting():
        macros.create(desk.account, name, THANKS, by=desk.by_admin)


def test_a_name_stands_once_among_macros_in_use(desk: Desk) -> None:
    first = a_macro(desk, *THANKS, name="Thanks")
    with pytest.raises(Refused, match="There is a macro 'Thanks' already"):
        a_macro(desk, *THANKS, name=" Thanks ")
    with desk.acting():
        macros.archive(desk.session.get_one(Macro, first), by=desk.by_admin)
    second = a_macro(desk, *THANKS, name="Thanks")
    with pytest.raises(Refused), desk.acting():
        macros.unarchive(desk.session.get_one(Macro, first), by=desk.by_admin)
    with desk.acting():
        macros.update(desk.session.get_one(Macro, second), "Many thanks", THANKS, by=desk.by_admin)
        seal(desk.session)
        macros.unarchive(desk.session.get_one(Macro, first), by=desk.by_admin)
    other = open_desk(desk.session, "other")
    with other.acting():
        macros.create(other.account, "Thanks", THANKS, by=other.by_admin)


def test_intent_and_language_are_checked(desk: Desk) -> None:
    for wrong in ({"intent": "space/travel"}, {"language": "English"}):
        with pytest.raises(Refused), desk.acting():
            macros.create(desk.account, "Wrong", THANKS, **wrong, by=desk.by_admin)
    with desk.acting():
        macro = macros.create(desk.account, "Right", THANKS, intent="refund/status", language="pt-BR", by=desk.by_admin)
        assert (macro.intent, macro.language) == ("refund/status", "pt-BR")


def test_a_macro_that_a_rule_applies_can_not_be_deleted(desk: Desk) -> None:
    used, free = a_macro(desk, *THANKS, name="Used"), a_macro(desk, *THANKS, name="Free")
    with desk.acting() as doing:
        rule = Rule(
            account_id=desk.account_id,
            name="Thank everybody",
            code=f"if (eq(ticket.status, 'open')) {{ Action('applyMacro', {{macro_id: {used}}}) }}",
            created_datetime=doing.at,
        )
        desk.session.add(rule)
        record(RULE_CREATED, rule, by=desk.by_admin)
    with desk.watched() as trail:
        with pytest.raises(Refused, match="it is applied by the rule “Thank everybody”"), desk.acting():
            macros.delete(desk.session.get_one(Macro, used), by=desk.by_admin)
        with desk.acting():
            macros.delete(desk.session.get_one(Macro, free), by=desk.by_admin)
    assert trail.types == ["macro-deleted"]


def test_rendering_needs_nobody_who_acts(desk: Desk) -> None:
    ticket = desk.session.get_one(Ticket, desk.a_ticket().id)
    text = "{{ticket.id}} {{current_user.name | fallback('the desk')}} {{account.name}}"
    assert macros.render(text, ticket, None) == f"{ticket.id} the desk Demo shop"
