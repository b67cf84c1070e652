"""What the desk does by itself because a setting says so: it hands out, merges doubles, and proposes rules."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk import macros, merging, rules, settings, tags, teams, tickets
from helpdesk.models import Macro, Rule, Tag
from helpdesk.refusals import Refused
from helpdesk.tags import why_kept
from helpdesk.web import trail as ticket_trail
from tests.automation.ruled import act, make_rule, settle
from tests.desks import Desk
from tests.outside import sqlite_only


def switch_on(desk: Desk, type_: str, **data: object) -> None:
    """Let the desk do something by itself."""
    with desk.acting():
        settings.change(desk.account, type_, {**settings.DEFAULTS[type_], "enabled": True, **data}, by=desk.by_admin)


def give_to_team(desk: Desk, number: int) -> None:
    """Ada gives a ticket to Returns."""
    with desk.acting():
        tickets.assign_team(desk.ticket(number), desk.team, by=desk.by_admin)
    settle(desk)


# ---- A team's tickets


def test_a_teams_tickets_go_round(desk: Desk) -> None:
    numbers = [desk.a_ticket().id for _ in range(3)]
    switch_on(desk, "ticket-assignment")
    with desk.watched() as trail:
        give_to_team(desk, numbers[0])
    assert trail.actors == [
        ("ticket-updated", "user"),
        ("ticket-assigned", "user"),
        ("ticket-team-assigned", "user"),
        ("ticket-updated", "system"),
        ("ticket-assigned", "system"),
    ]
    assert len(trail.contexts) == 1
    done = trail.events[-1]
    assert (done.actor_name, done.user_id, done.cause_id) == ("team assignment", None, trail.events[2].id)
    for number in numbers[1:]:
        give_to_team(desk, number)
    assert [desk.ticket(number).assignee_user_id for number in numbers] == [desk.ana_id, desk.ben_id, desk.ana_id]


@sqlite_only
def test_what_somebody_has_stays_theirs_and_where_nobody_is_it_waits(desk: Desk) -> None:
    taken, lonely = desk.a_ticket().id, desk.a_ticket().id
    switch_on(desk, "ticket-assignment")
    with desk.acting():
        tickets.assign(desk.ticket(taken), desk.admin, by=desk.by_admin)
    give_to_team(desk, taken)
    assert desk.ticket(taken).assignee_user_id == desk.admin_id
    with desk.acting():
        teams.set_members(desk.team, [], by=desk.by_admin)
    with desk.watched() as trail:
        give_to_team(desk, lonely)
    assert {event.actor_kind for event in trail.events} == {"user"}


@sqlite_only
def test_what_is_not_switched_on_is_not_done(desk: Desk) -> None:
    first, second = desk.a_ticket("Broken mug").id, desk.a_ticket("Broken mug").id
    give_to_team(desk, first)
    assert desk.ticket(first).assignee_user_id is None
    assert desk.ticket(second).messages_count == 1


# ---- Doubles


def test_a_double_is_merged_into_the_open_ticket(desk: Desk) -> None:
    first = desk.a_ticket("Broken mug").id
    switch_on(desk, "auto-merge")
    with desk.watched() as trail:
        second = desk.a_ticket("RE: Fwd: broken  MUG").id
        settle(desk)
    assert trail.actors[3:] == [("ticket-updated", "system"), ("ticket-merged", "system"), ("ticket-deleted", "system")]
    merged = trail["ticket-merged"]
    assert (merged.object_id, merged.user_id, merged.actor_name) == (first, None, "auto-merge")
    assert merged.cause_id == trail["ticket-created"].id
    assert trail["ticket-deleted"].object_id == second
    assert [message.body_text for message in desk.ticket(first).messages] == ["My order 991 has not arrived."] * 2


@sqlite_only
@pytest.mark.parametrize("why", ["subject", "closed", "excluded", "spam", "late", "by a rule"])
def test_what_is_no_double_stays(desk: Desk, why: str) -> None:
    first = desk.a_ticket("Broken mug").id
    switch_on(desk, "auto-merge", hours=2)
    if why == "by a rule":
        make_rule(desk, act("excludeFromAutoMerge"), "ticket-created")
    with desk.acting():
        ticket = desk.ticket(first)
        if why == "closed":
            tickets.close(ticket, by=desk.by_ana)
        elif why == "excluded":
            tickets.exclude_from_merging(ticket, by=desk.by_ana)
        elif why == "spam":
            tickets.mark_spam(ticket, by=desk.by_ana)
    if why == "late":
        desk.move_clock(timedelta(hours=3))
    with desk.watched() as trail:
        desk.a_ticket("Another" if why == "subject" else "Broken mug")
        settle(desk)
    assert "ticket-merged" not in trail.types


@sqlite_only
def test_what_breaks_leaves_no_trace_and_nothing_is_held_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.a_ticket("Broken mug")
    switch_on(desk, "auto-merge")
    monkeypatch.setattr(merging, "merge", None)
    with desk.watched() as trail:
        desk.a_ticket("Broken mug")
        settle(desk)
        settle(desk)
    assert trail.types == ["ticket-created", "ticket-message-created", "ticket-updated"]


# ---- Suggestions


def put_tag(desk: Desk, subject: str, tag: str = "refund") -> int:
    """Ana puts a tag on a ticket, by hand."""
    number = desk.a_ticket(subject).id
    with desk.acting():
        tags.put_on(desk.ticket(number), [tag], by=desk.by_ana)
    settle(desk)
    return number


def test_what_agents_do_three_times_is_proposed_as_a_rule(desk: Desk) -> None:
    switch_on(desk, "rule-suggestions")
    put_tag(desk, "Refund for the mug")
    put_tag(desk, "Where is my refund?")
    put_tag(desk, "Something else")
    assert not desk.session.query(Rule).count()
    with desk.watched() as trail:
        number = put_tag(desk, "REFUND please, order 12")
    suggested = trail["rule-suggestion-suggested"]
    assert (suggested.actor_kind, suggested.actor_name, suggested.user_id) == ("system", "suggestions", None)
    assert suggested.cause_id == trail["ticket-tags-added"].id
    (draft,) = rules.suggested_in(desk.ticket(number))
    assert (draft.is_draft, draft.name) == (True, "Tag “refund” where the subject says “refund”")
    assert draft.code == "if (containsAny(ticket.subject, ['refund'])) {\n    Action('addTags', {tags: 'refund'});\n}"
    with desk.watched() as trail:
        put_tag(desk, "A refund again")
    assert "rule-suggestion-suggested" not in trail.types, "it was proposed already"
    with desk.acting():
        rules.delete(desk.session.get_one(Rule, draft.id), by=desk.by_admin)
    with desk.watched() as trail:
        put_tag(desk, "My refund")
    assert "rule-suggestion-suggested" not in trail.types, "and turned down"


@sqlite_only
def test_it_is_proposed_in_the_trail_of_one_ticket_where_an_open_page_sees_it(desk: Desk) -> None:
    switch_on(desk, "rule-suggestions")
    numbers = [desk.a_ticket("Refund for the mug").id for _ in range(3)]
    with desk.acting():  # all in one chain
        for number in numbers:
            tags.put_on(desk.ticket(number), ["refund"], by=desk.by_ana)
    settle(desk)
    (suggested,) = [event for event in desk.events_after() if event.type == "rule-suggestion-suggested"]
    told = [ticket_trail.trail_of(desk.session, number, desk.now()) for number in numbers]
    assert [any(line.id == suggested.id for line in trail.lines) for trail in told] == [False, False, True]
    newest = [ticket_trail.newest_id(desk.session, number) for number in numbers]
    assert newest == [trail.newest for trail in told]
    assert newest[2] == suggested.id


@sqlite_only
def test_a_suggestion_that_is_taken_up_does_the_work(desk: Desk) -> None:
    switch_on(desk, "rule-suggestions")
    number = [put_tag(desk, "Refund") for _ in range(3)][-1]
    (draft,) = rules.suggested_in(desk.ticket(number))
    draft_id = draft.id
    assert why_kept(desk.session.scalars(select(Tag)).one()) is None, "what is only proposed holds nothing up"
    with desk.acting():
        rules.take_up(desk.session.get_one(Rule, draft_id), by=desk.by_admin)
    fresh = desk.a_ticket("My refund").id
    settle(desk)
    assert [tag.name for tag in desk.ticket(fresh).tags] == ["refund"]
    assert rules.suggested_in(desk.ticket(number)) == []
    with desk.acting(), pytest.raises(Refused, match="it is used by the rule"):
        tags.delete(desk.session.scalars(select(Tag)).one(), by=desk.by_admin)


@sqlite_only
def test_a_macro_that_agents_keep_applying_is_proposed_too(desk: Desk) -> None:
    switch_on(desk, "rule-suggestions")
    actions = [{"name": "setPriority", "arguments": {"priority": "high"}}]
    with desk.acting():
        macro_id = macros.create(desk.account, "Hurry", actions, by=desk.by_admin).id
    for subject in ("Wholesale tea", "Our wholesale terms", "Wholesale: 40 mugs"):
        number = desk.a_ticket(subject).id
        with desk.acting():
            macros.apply(desk.session.get_one(Macro, macro_id), desk.ticket(number), by=desk.by_ana)
        settle(desk)
    (draft,) = rules.suggested_in(desk.ticket(number))
    assert draft.name == "Macro “Hurry” where the subject says “wholesale”"
    assert f"Action('applyMacro', {{macro_id: {macro_id}}});" in draft.code


@sqlite_only
def test_what_rules_do_is_no_habit_of_agents(desk: Desk) -> None:
    make_rule(desk, act("addTags", "tags: 'refund'"), "ticket-created")
    switch_on(desk, "rule-suggestions")
    for _ in range(4):
        desk.a_ticket("Refund")
    with desk.watched() as trail:
        settle(desk)
    assert trail.types.count("ticket-tags-added") == 1
    assert "rule-suggestion-suggested" not in trail.types
