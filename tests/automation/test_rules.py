"""Rules at work: what sets them off, in which order and chain; once, and not without end."""

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from audit.actors import Actor
from automation import clockwork, scheduled, timers, upcoming
from automation import rules as runner
from helpdesk import accounts, macros, people, rules, settings, surveys, tickets
from helpdesk.events import RULE_EXECUTED
from helpdesk.models import Delivery, Rule, RuleRun, SatisfactionSurvey
from helpdesk.rule_doing import PAUSE
from helpdesk.rule_runs import what_would
from tests.automation.ruled import OPEN, act, by_rules, executed, failures, make_rule, settle, tag, tags_of, write
from tests.desks import TUESDAY, Desk
from tests.outside import sqlite_only

HOUR = timedelta(hours=1)
REPLY = act("replyToTicket", "body_text: 'Dear {{ticket.customer.firstname}}, we have it.'")


def test_what_a_rule_does_carries_its_chain_its_cause_and_its_version(desk: Desk) -> None:
    number = make_rule(desk, act("setPriority", "priority: 'high'") + tag("new"), "ticket-created")
    with desk.watched() as trail:
        desk.a_ticket()
        desk.move_clock(HOUR)  # the machines were down
        assert settle(desk) == 1
        assert settle(desk) == 0
    assert [event.actor_kind for event in trail.events] == ["customer"] * 3 + ["rule"] * 4
    assert trail.types[3:] == ["ticket-updated", "ticket-tags-added", "tag-created", "rule-executed"]
    assert len(trail.contexts) == 1
    done = trail.events[3:]
    assert {event.cause_id for event in done} == {trail.events[0].id}
    assert {(event.actor_id, event.actor_name, event.actor_version) for event in done} == {(number, "Zebra", 1)}
    assert {(event.user_id, event.source) for event in done} == {(None, "automation")}
    assert {event.created_datetime for event in done} == {TUESDAY}, "it belongs to the time of what set it off"
    assert trail["rule-executed"].data == {"id": number, "name": "Zebra", "failed_actions": []}


# ---- What sets rules off


def _survey(desk: Desk, number: int) -> None:
    with desk.acting():
        settings.change(desk.account, "satisfaction-surveys", {"enabled": True, "delay_hours": 1}, by=desk.by_admin)
    with desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ana)
    desk.move_clock(2 * HOUR)
    with desk.acting():
        survey = desk.session.scalars(select(SatisfactionSurvey)).one()
        surveys.respond(survey, 1, "Bad", by=desk.by_carol)


def _snooze(desk: Desk, number: int) -> None:
    with desk.acting() as action:
        tickets.snooze(desk.ticket(number), action.at + HOUR, by=desk.by_ana)
    desk.move_clock(2 * HOUR)


def _assign(desk: Desk, number: int) -> None:
    with desk.acting():
        tickets.assign(desk.ticket(number), desk.ana, by=desk.by_ben)


def _close(desk: Desk, number: int) -> None:
    with desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ana)


CAUSES = {
    "ticket-created": lambda desk, number: desk.a_ticket("Another"),
    "ticket-message-created": write,
    "ticket-updated": _close,
    "ticket-assigned": _assign,
    "ticket-self-unsnoozed": _snooze,
    "satisfaction-survey-responded": _survey,
}


@pytest.mark.parametrize("trigger", rules.TRIGGERS)
def test_each_trigger_sets_a_rule_off(desk: Desk, trigger: str) -> None:
    number = desk.a_ticket().id
    make_rule(desk, act("excludeFromAutoMerge"), trigger, when="neq(ticket.id, 0)")
    with desk.watched() as trail:
        CAUSES[trigger](desk, number)
        timers.play_due(desk.session, desk.account_id)
    done = trail["rule-executed"]
    (cause,) = [event for event in trail.events if event.id == done.cause_id]
    assert cause.type == trigger
    assert by_rules(trail) == ["ticket-updated", "rule-executed"]


def test_there_is_a_cause_for_every_trigger() -> None:
    assert CAUSES.keys() == rules.TRIGGERS.keys()


@sqlite_only
def test_created_comes_before_message_before_updated_and_higher_priority_first(desk: Desk) -> None:
    for name, priority, trigger in (
        ("updated, high", 9, "ticket-updated"),
        ("message, low", 1, "ticket-message-created"),
        ("message, high", 5, "ticket-message-created"),
        ("created", 0, "ticket-created"),
    ):
        make_rule(desk, act("excludeFromCSAT"), trigger, name=name, priority=priority)
    with desk.watched() as trail:
        desk.a_ticket()
        settle(desk)
    assert executed(trail) == ["created", "message, high", "message, low", "updated, high"]


@sqlite_only
def test_whoever_acts_next_lets_rules_run_first(desk: Desk) -> None:
    make_rule(desk, tag("new"), "ticket-created")
    number = desk.a_ticket().id
    with desk.watched() as trail, desk.acting():
        assert tags_of(desk, number) == {"new"}
        tickets.close(desk.ticket(number), by=desk.by_ana)
    by_the_rule = ["tag-created", "ticket-updated", "ticket-tags-added", "rule-executed"]
    assert trail.types == [*by_the_rule, "ticket-updated", "ticket-closed"]
    assert not runner.is_settled(desk.session, desk.account_id)
    settle(desk)
    assert runner.is_settled(desk.session, desk.account_id)


@sqlite_only
def test_a_new_rule_sees_nothing_of_what_was_before_it(desk: Desk) -> None:
    make_rule(desk, tag("first"), "ticket-updated")
    number = desk.a_ticket().id
    make_rule(desk, tag("second"), "ticket-created")
    settle(desk)
    assert tags_of(desk, number) == {"first"}


@sqlite_only
def test_a_condition_that_does_not_hold_leaves_nothing(desk: Desk) -> None:
    make_rule(desk, tag("new"), "ticket-created", when="eq(ticket.status, 'closed')")
    with desk.watched() as trail:
        desk.a_ticket()
        assert settle(desk) == 0
    assert by_rules(trail) == []


@sqlite_only
def test_on_a_switched_off_account_rules_rest(desk: Desk) -> None:
    make_rule(desk, tag("new"), "ticket-created")
    number = desk.a_ticket().id
    desk.session.rollback()
    with desk.acting():
        accounts.deactivate(desk.account, by=Actor.user(desk.owner))
    desk.move_clock(HOUR)
    assert settle(desk) == 0
    assert tags_of(desk, number) == {"new"}, "it ran before the account was switched off"


# ---- Once, and not without end


def test_a_rule_acts_once_per_chain_and_ticket(desk: Desk) -> None:
    """Two rules that undo each other would go on for ever."""
    high = act("setPriority", "priority: 'high'")
    make_rule(desk, high, "ticket-updated", name="up", when="neq(ticket.priority, 'high')")
    make_rule(desk, act("setPriority", "priority: 'low'"), "ticket-updated", name="down", when="neq(ticket.id, 0)")
    with desk.watched() as trail:
        first, second = desk.a_ticket().id, desk.a_ticket().id
        settle(desk)
    assert executed(trail) == ["up", "down"] * 2
    assert [desk.ticket(number).priority for number in (first, second)] == ["low", "low"]
    with desk.watched() as trail:
        _close(desk, first)
        settle(desk)
    assert executed(trail) == ["up", "down"], "another chain"


@sqlite_only
def test_a_chain_of_rules_ends_at_a_depth_and_says_so(desk: Desk) -> None:
    for number in range(18):  # the last first, so that each has to wait for the one before it
        when = f"containsAny(ticket.tags.name, ['t{number}'])" if number else OPEN_AND_NEW
        make_rule(desk, tag(f"t{number + 1}"), "ticket-updated", name=f"{number}", when=when, priority=number)
    with desk.watched() as trail:
        ticket = desk.a_ticket().id
        settle(desk)
    assert executed(trail) == [str(number) for number in range(17)]
    assert failures(trail) == [runner.TOO_DEEP]
    assert tags_of(desk, ticket) == {f"t{number}" for number in range(1, 17)}
    done = [event for event in trail.events if event.type == "rule-executed"]
    assert len({event.cause_id for event in done}) == 17, "each follows from the one before"


OPEN_AND_NEW = "eq(ticket.status, 'open') && isEmpty(ticket.tags.name)"


def test_what_fails_is_noted_and_the_rest_is_done(desk: Desk) -> None:
    assign = act("setAssignee", f"assignee_user: {{id: {desk.ben_id}}}")
    make_rule(desk, tag("before") + assign + tag("after"), "ticket-created")
    with desk.acting():
        people.delete(desk.ben, by=desk.by_admin)
    with desk.watched() as trail:
        number = desk.a_ticket().id
        settle(desk)
    assert tags_of(desk, number) == {"before", "after"}
    (failed,) = trail["rule-executed"].data["failed_actions"]
    assert failed == {"name": "setAssignee", "reason": f"There is no team member {desk.ben_id} any more."}
    tell = RULE_EXECUTED.tell_data
    assert tell is not None
    assert tell(trail["rule-executed"].data) == f"Not done: setAssignee: {failed['reason']}"
    assert tell({"failed_actions": []}) == "All its actions were done"


@sqlite_only
def test_a_rule_that_fails_ten_times_in_a_row_is_switched_off_and_the_admins_are_told(desk: Desk) -> None:
    fails = make_rule(desk, act("snoozeTicket", "until: '2026-03-03T09:30:00Z'"), "ticket-created")
    desk.move_clock(HOUR)
    for _ in range(9):
        desk.a_ticket()
    settle(desk)
    assert desk.session.get_one(Rule, fails).failures_in_a_row == 9
    with desk.watched() as trail:
        desk.a_ticket()
        desk.a_ticket()
        settle(desk)
    assert executed(trail) == ["Zebra"], "once it is off, it sees nothing more"
    at = trail.types.index("rule-executed")
    off = trail.events[at + 1 : at + 3]
    assert [(event.type, event.actor_kind, event.user_id) for event in off] == [
        ("rule-updated", "system", None),
        ("rule-deactivated", "system", None),
    ]
    assert {event.cause_id for event in off} == {trail["rule-executed"].id}
    told = desk.session.scalars(select(Delivery).where(Delivery.stable_id.startswith("rule."))).all()
    assert {letter.recipient for letter in told} == {"owner@demo.example", "admin@demo.example"}
    assert "The last time: A ticket can only be snoozed" in told[0].payload["body_text"]
    with desk.acting():
        rules.reactivate(desk.session.get_one(Rule, fails), by=desk.by_admin)
    assert desk.session.get_one(Rule, fails).failures_in_a_row == 0


@sqlite_only
def test_what_breaks_unforeseen_is_a_failure_like_any_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    make_rule(desk, tag("before") + act("trashTicket") + tag("after"), "ticket-created")
    monkeypatch.setattr(tickets, "trash", None)
    with desk.watched() as trail:
        number = desk.a_ticket().id
        settle(desk)
    assert tags_of(desk, number) == {"before", "after"}
    assert failures(trail) == ["Something went wrong that was not foreseen; the server's own log names it."]


@sqlite_only
def test_old_runs_are_forgotten(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "REMEMBERED", 2)
    make_rule(desk, tag("new"), "ticket-created")
    for _ in range(4):
        desk.a_ticket()
        settle(desk)
    assert desk.session.scalar(select(func.count()).select_from(RuleRun)) == 2


# ---- Spam, trash, and talking to people


@sqlite_only
@pytest.mark.parametrize(
    ("when", "seen"),
    [("eq(ticket.status, 'open')", ["plain"]), ("neq(ticket.id, 0) && eq(ticket.spam, true)", ["spam"]),
     ("isNotEmpty(ticket.trashed_datetime)", ["trashed"]), ("eq(ticket.spam, false)", ["plain"])],
)  # fmt: skip
def test_spam_and_trash_are_seen_only_by_rules_that_ask_for_them(desk: Desk, when: str, seen: list[str]) -> None:
    made = {name: desk.a_ticket(name).id for name in ("plain", "spam", "trashed")}
    with desk.acting():
        tickets.mark_spam(desk.ticket(made["spam"]), by=desk.by_ana)
        tickets.trash(desk.ticket(made["trashed"]), by=desk.by_ana)
    make_rule(desk, tag("seen"), "ticket-message-created", when=when)
    for number in made.values():
        write(desk, number)
    settle(desk)
    assert [name for name, number in made.items() if tags_of(desk, number)] == seen


def test_a_customer_gets_one_automatic_reply_in_five_minutes(desk: Desk) -> None:
    make_rule(desk, REPLY + tag("told"), "ticket-created")
    with desk.watched() as trail:
        first, second = desk.a_ticket().id, desk.a_ticket().id
        settle(desk)
    assert [len(desk.ticket(number).messages) for number in (first, second)] == [2, 1]
    assert failures(trail) == [
        "The customer got an automatic reply in the five minutes before; this one was held back."
    ]
    assert tags_of(desk, second) == {"told"}
    assert desk.session.scalars(select(Rule)).one().failures_in_a_row == 0, "it is held back, and no failure"
    reply = desk.ticket(first).messages[-1]
    assert (reply.body_text, reply.is_automatic, reply.via) == ("Dear Carol, we have it.", True, "rule")
    assert reply.rule_id == desk.session.scalars(select(Rule.id)).one()
    mail = desk.session.scalars(select(Delivery)).one()
    assert (mail.recipient, mail.ticket_message_id) == ("carol@mail.example", reply.id)
    desk.move_clock(PAUSE)
    third = desk.a_ticket().id
    settle(desk)
    assert len(desk.ticket(third).messages) == 2


@sqlite_only
def test_a_trial_says_what_would_not_be_said_and_why(desk: Desk) -> None:
    number = desk.a_ticket().id
    make_rule(desk, REPLY, "ticket-message-created")
    with desk.acting():
        says = [{"name": "setResponseText", "arguments": {"body_text": "We have it."}}]
        macro = macros.create(desk.account, "Received", says, by=desk.by_admin).id
    code = act("applyMacro", f"macro_id: {macro}") + act("addTags", "tags: 'told'") + REPLY
    rule = desk.session.scalars(select(Rule)).one()

    def tried() -> list[str | None]:
        return [would.silence for would in what_would(rule, desk.ticket(number), code=code).acts]

    above = "It would not reply: Carol Diaz would have got the automatic reply above a moment before."
    assert tried() == [None, None, above]
    write(desk, number)
    settle(desk)
    desk.move_clock(PAUSE / 2)
    assert tried()[0] == "It would not reply: Carol Diaz got an automatic reply 2 minutes ago."
    desk.move_clock(PAUSE)
    assert tried() == [None, None, above]
    write(desk, number, "I am out of office", is_automatic=True)
    assert (tried()[0] or "").startswith("It would write nothing: a machine wrote this message")


@sqlite_only
def test_machines_are_not_answered_by_machines(desk: Desk) -> None:
    number = desk.a_ticket().id
    make_rule(desk, REPLY, "ticket-message-created", when="eq(message.from_agent, false)")
    with desk.watched() as trail:
        write(desk, number, "I am out of office", is_automatic=True)
        settle(desk)
    assert by_rules(trail) == ["rule-executed"]
    assert failures(trail) == ["A machine wrote this message, and machines are not answered by machines."]


# ---- By the clock


def test_a_rule_by_the_clock_acts_on_what_its_condition_holds_for(desk: Desk) -> None:
    old = desk.a_ticket("old").id
    desk.move_clock(2 * HOUR)
    new, spam = desk.a_ticket("new").id, desk.a_ticket("spam").id
    with desk.acting():
        tickets.mark_spam(desk.ticket(spam), by=desk.by_ana)
    number = make_rule(
        desk, tag("late"), when="lte(ticket.created_datetime, '2h') && contains(message.body_text, '991')",
        schedule="30 * * * *",
    )  # fmt: skip
    first = upcoming.first(desk.session, desk.account_id)
    assert first is not None
    assert first.words == "the rule Zebra runs"
    with desk.watched() as trail:
        clockwork.advance(desk.session, desk.account_id, HOUR)
    assert [tags_of(desk, each) for each in (old, new, spam)] == [{"late"}, set(), set()]
    done = [event for event in trail.events if event.actor_kind == "rule"]
    assert [event.type for event in done] == ["tag-created", "ticket-updated", "ticket-tags-added", "rule-executed"]
    assert {(event.created_datetime - TUESDAY, event.cause_id) for event in done} == {(2.5 * HOUR, None)}
    assert desk.session.get_one(Rule, number).next_run_datetime == TUESDAY + 3.5 * HOUR
    with desk.watched() as trail:
        clockwork.advance(desk.session, desk.account_id, 3 * HOUR)
    assert [(event.created_datetime - TUESDAY) / HOUR for event in trail.events if event.type == "rule-executed"] == [
        3.5, 4.5, 4.5, 5.5, 5.5,
    ]  # fmt: skip


@sqlite_only
def test_many_tickets_are_gone_through_some_at_a_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduled, "BATCH", 2)
    numbers = [1, *(desk.a_ticket().id for _ in range(5))]  # the first is the welcome ticket
    make_rule(desk, tag("late"), schedule="30 * * * *")
    with desk.watched() as trail:
        clockwork.advance(desk.session, desk.account_id, HOUR)
    assert all(tags_of(desk, number) == {"late"} for number in numbers)
    assert len(executed(trail)) == 6


@sqlite_only
def test_a_rule_by_the_clock_waits_once_however_often_it_will_run(desk: Desk) -> None:
    make_rule(desk, tag("late"), schedule="30 * * * *")
    numbers = [desk.a_ticket().id for _ in range(3)]
    with desk.acting():
        for number in numbers:
            tickets.snooze(desk.ticket(number), TUESDAY + HOUR, by=desk.by_ana)
    queue = upcoming.queue(desk.session, desk.account_id, 2)
    assert (len(queue.lines), queue.more) == (2, 2)


@sqlite_only
def test_advancing_plays_rules_in_order_with_all_that_falls_due(desk: Desk) -> None:
    """A rule that puts a ticket to sleep again: each waking has its own time, and nothing overtakes anything."""
    number, other = desk.a_ticket().id, desk.a_ticket().id
    make_rule(desk, act("snoozeTicket", "for: '1h'"), "ticket-self-unsnoozed", when=f"eq(ticket.id, {number})")
    with desk.acting() as action:
        tickets.snooze(desk.ticket(number), action.at + HOUR, by=desk.by_ana)
        tickets.snooze(desk.ticket(other), action.at + 2.5 * HOUR, by=desk.by_ana)
    with desk.watched() as trail:
        clockwork.advance(desk.session, desk.account_id, 4 * HOUR)
    told = ("ticket-self-unsnoozed", "ticket-snoozed")
    story = [
        (event.type, event.object_id, (event.created_datetime - TUESDAY) / HOUR)
        for event in trail.events
        if event.type in told
    ]
    assert story == [
        ("ticket-self-unsnoozed", number, 1.0), ("ticket-snoozed", number, 1.0),
        ("ticket-self-unsnoozed", number, 2.0), ("ticket-snoozed", number, 2.0),
        ("ticket-self-unsnoozed", other, 2.5),
        ("ticket-self-unsnoozed", number, 3.0), ("ticket-snoozed", number, 3.0),
        ("ticket-self-unsnoozed", number, 4.0), ("ticket-snoozed", number, 4.0),
    ]  # fmt: skip
    assert all(before.created_datetime <= after.created_datetime for before, after in pairwise(trail.events))
    assert desk.now() == TUESDAY + 4 * HOUR


@sqlite_only
def test_what_a_rule_did_before_the_next_thing_due_is_respected(desk: Desk) -> None:
    """Two wake in one batch; a rule on the first puts the second to sleep for longer."""
    first, second = desk.a_ticket("first").id, desk.a_ticket("second").id
    make_rule(
        desk, act("setStatus", "status: 'closed'"), when="isNotEmpty(ticket.snooze_datetime)", schedule="5 9 * * *"
    )
    with desk.acting() as action:
        tickets.snooze(desk.ticket(first), action.at + timedelta(minutes=4), by=desk.by_ana)
        tickets.snooze(desk.ticket(second), action.at + timedelta(minutes=6), by=desk.by_ana)
    clockwork.advance(desk.session, desk.account_id, HOUR)
    assert (desk.ticket(first).status, desk.ticket(second).status) == ("open", "closed")
    assert desk.ticket(second).snooze_datetime is None


@sqlite_only
def test_a_rule_that_was_switched_off_does_not_run_by_the_clock(desk: Desk) -> None:
    number = make_rule(desk, tag("late"), schedule="30 * * * *")
    desk.a_ticket()
    with desk.acting():
        rules.deactivate(desk.session.get_one(Rule, number), by=desk.by_admin)
    with desk.watched() as trail:
        clockwork.advance(desk.session, desk.account_id, HOUR)
    assert by_rules(trail) == []


@sqlite_only
def test_a_rule_each_minute_takes_its_turn_among_all_that_falls_due(desk: Desk) -> None:
    """It mostly finds nothing to do; what wakes in between is found a minute later at most, and once."""
    number, minute = desk.a_ticket().id, timedelta(minutes=1)
    with desk.acting() as action:
        tickets.snooze(desk.ticket(number), action.at + 30.5 * minute, by=desk.by_ana)
    asleep = f"eq(ticket.id, {number}) && {OPEN} && notContainsAny(ticket.tags.name, ['awake'])"
    make_rule(desk, tag("awake"), when=asleep, schedule="* * * * *")
    assert timers.count_due(desk.session, desk.account_id, TUESDAY + HOUR) == 61
    seen: list[tuple[int, int]] = []
    with desk.watched() as trail:
        clockwork.advance(
            desk.session, desk.account_id, HOUR, lambda journey: seen.append((journey.played, journey.total))
        )
    story = [(event.type, (event.created_datetime - TUESDAY) / minute) for event in trail.events]
    told = ("ticket-self-unsnoozed", "rule-executed")
    assert [line for line in story if line[0] in told] == [(told[0], 30.5), (told[1], 31.0)]
    assert seen[-1] == (61, 61)
    assert len(seen) == 2, "what finds nothing to do is no transaction of its own"
