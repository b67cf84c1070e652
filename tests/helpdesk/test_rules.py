"""The verbs of rules: what they write, in which order, what they refuse; and what a rule would do, tried out."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from audit.actors import Actor
from helpdesk import following, rules, settings, teams, tickets
from helpdesk.language import Mistake, parse_rule
from helpdesk.models import Rule, RuleCursor
from helpdesk.refusals import Refused
from helpdesk.rule_runs import Trial, what_would
from helpdesk.rules import Shape, shape_of
from tests.desks import TUESDAY, Desk
from tests.outside import sqlite_only

CODE = "if (eq(ticket.status, 'open')) { Action('addTags', {tags: 'new'}) }"
ZEBRA = Shape(name="Zebra", code=CODE, event_types=("ticket-created",))
SYSTEM = Actor.system("suggestions")


def make(desk: Desk, **chosen: object) -> int:
    """A rule; answers its number."""
    with desk.acting():
        return rules.create(desk.account, replace(ZEBRA, **chosen), by=desk.by_admin).id  # type: ignore[arg-type]


def get(desk: Desk, number: int) -> Rule:
    """A rule, held for the action."""
    return desk.session.get_one(Rule, number, with_for_update=True, populate_existing=True)


def cursor(desk: Desk) -> int | None:
    """Up to where the account's rules have seen the log."""
    desk.session.rollback()
    return desk.session.scalar(select(RuleCursor.event_id).where(RuleCursor.name == following.CURSOR))


def test_a_rules_life_and_its_events(desk: Desk) -> None:
    before = desk.last_event_id()
    with desk.watched() as trail:
        number = make(desk, name="  Zebra \n", event_types=("ticket-updated", "ticket-created"))
    assert trail.lines == [("rule-created", "Ada Admin")]
    rule = get(desk, number)
    assert (rule.name, rule.version, rule.event_types) == ("Zebra", 1, "ticket-created,ticket-updated")
    assert rule.code_ast == parse_rule(CODE)
    assert cursor(desk) == before, "it sees what comes after it"

    steps = [
        (lambda rule: rules.update(rule, shape_of(rule), by=desk.by_admin), []),
        (lambda rule: rules.update(rule, replace(shape_of(rule), name="Yak"), by=desk.by_admin), ["rule-updated"]),
        (lambda rule: rules.deactivate(rule, by=desk.by_admin), ["rule-updated", "rule-deactivated"]),
        (lambda rule: rules.deactivate(rule, by=desk.by_admin), []),
        (lambda rule: rules.reactivate(rule, by=desk.by_admin), ["rule-updated", "rule-reactivated"]),
        (
            lambda rule: rules.set_priorities(desk.account, {rule.id: 90}, by=desk.by_admin),
            ["rule-updated", "rule-priority-updated"],
        ),
        (lambda rule: rules.set_priorities(desk.account, {rule.id: 90}, by=desk.by_admin), []),
        (lambda rule: rules.delete(rule, by=desk.by_admin), ["rule-deleted"]),
    ]
    for step, types in steps:
        with desk.watched() as trail, desk.acting():
            step(get(desk, number))
        assert trail.types == types
    assert trail.events[0].changes[f"Rule:{number}"]["version"] == [2, None], "only a new wording is a new version"


def test_higher_priority_comes_first_and_the_older_of_equals(desk: Desk) -> None:
    first, second, third = (make(desk, name=name) for name in "abc")
    with desk.acting():
        rules.set_priorities(desk.account, {third: 5}, by=desk.by_admin)
    assert [rule.id for rule in rules.in_order(desk.session, desk.account_id)] == [third, first, second]
    with desk.acting(), pytest.raises(Refused, match="There is no rule 999"):
        rules.set_priorities(desk.account, {first: 7, 999: 1}, by=desk.by_admin)


def test_a_suggestion_does_nothing_until_it_is_taken_up(desk: Desk) -> None:
    ticket = desk.a_ticket()
    with desk.watched() as trail, desk.acting():
        draft = rules.suggest(desk.account, ZEBRA, ticket, by=SYSTEM).id
    assert trail.lines == [("rule-suggestion-suggested", None)]
    assert cursor(desk) is None
    with desk.acting():
        assert not following.listeners(desk.session, desk.account_id).rules
    with desk.watched() as trail, desk.acting():
        rules.take_up(get(desk, draft), replace(ZEBRA, name="Yak"), by=desk.by_admin)
    assert trail.lines == [("rule-updated", "Ada Admin")]
    rule = get(desk, draft)
    assert (rule.is_draft, rule.version, rule.suggested_ticket_id) == (False, 2, ticket.id)
    assert cursor(desk) is not None
    with desk.acting(), pytest.raises(Refused, match="somebody took it up"):
        rules.take_up(get(desk, draft), by=desk.by_admin)


def test_where_no_rule_listens_nobody_follows_the_log(desk: Desk) -> None:
    number = make(desk)
    with desk.acting():
        rules.deactivate(get(desk, number), by=desk.by_admin)
    assert cursor(desk) is None
    desk.a_ticket()
    newest = desk.last_event_id()
    with desk.acting():
        rules.reactivate(get(desk, number), by=desk.by_admin)
    assert cursor(desk) == newest


@sqlite_only
def test_a_schedule_is_kept_in_the_accounts_zone(desk: Desk) -> None:
    number = make(desk, schedule=" 0  9 * * 1-5 ", event_types=())
    assert get(desk, number).schedule == "0 9 * * 1-5"
    assert get(desk, number).next_run_datetime == TUESDAY + timedelta(days=1), "the moment itself is over"
    with desk.acting():
        hours = {**settings.read(desk.account, "business-hours"), "timezone": "America/New_York"}
        settings.change(desk.account, "business-hours", hours, by=desk.by_admin)
    assert get(desk, number).next_run_datetime == TUESDAY + timedelta(hours=5)
    with desk.acting():
        rules.deactivate(get(desk, number), by=desk.by_admin)
    assert get(desk, number).next_run_datetime is None


@sqlite_only
@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"name": " "}, "A rule needs a name."),
        ({"name": "x" * 256}, "at most 255 characters"),
        ({"description": "x" * 2001}, "at most 2,000 characters"),
        ({"event_types": ("ticket-closed",)}, "No rule is set off by 'ticket-closed'."),
        ({"schedule": "daily"}, "A schedule has five parts"),
        ({"schedule": "61 * * * *"}, "can't be understood"),
        ({"schedule": "0 0 30 2 *"}, "a day that never comes"),
        ({"schedule": "0 0 1 * 1"}, "not both"),
        ({"schedule": "0 0 * * 8"}, "is no day of the week"),
        ({"code": "if ("}, "Line 1, column"),
        ({"code": "Action('setAssignee', {assignee_user: {id: 999}})"}, "column 1: there is no team member 999."),
        ({"code": "Action('setTeamAssignee', {assignee_team: {id: 999}})"}, "there is no team 999."),
        ({"code": "Action('setAssignee', {round_robin: 999})"}, "there is no team 999."),
        ({"code": "Action('applyMacro', {macro_id: 999})"}, "there is no macro 999."),
        ({"code": "Action('httpRequest', {integration_id: 999})"}, "there is no integration 999."),
        ({"code": "Action('setCustomField', {id: 999, value: 1})"}, "there is no custom field 999."),
        ({"code": "if (eq(ticket.custom_fields.999, 1)) { Action('trashTicket') }"}, "no custom field 999"),
    ],
)
def test_what_no_rule_can_be_is_refused_and_unwritten(desk: Desk, chosen: dict[str, object], said: str) -> None:
    with desk.watched() as trail, pytest.raises(Refused) as refused:
        make(desk, **chosen)
    assert said in str(refused.value)
    assert trail.types == []


@sqlite_only
@pytest.mark.parametrize(
    ("line", "hours"),
    [("0 9 * * 0", 5 * 24), ("0 9 * * 7", 5 * 24), ("0 9 * * 1", 6 * 24), ("30 9 * * 2", 0.5), ("*/15 * * * *", 0.25),
     ("0 9 * * mon", 6 * 24), ("0 9 1 * *", 29 * 24), ("0 9 * * */2", 2 * 24)],
)  # fmt: skip
def test_days_of_the_week_count_from_sunday_as_cron_has_it(desk: Desk, line: str, hours: float) -> None:
    number = make(desk, schedule=line)
    assert get(desk, number).next_run_datetime == TUESDAY + timedelta(hours=hours)


# ---- Trying it out


def trial(desk: Desk, number: int, code: str) -> Trial:
    """What a rule would do to a ticket; nothing is written by asking."""
    before = desk.last_event_id()
    rule = Rule(account_id=desk.account_id, name="Zebra", code=code, version=1)
    found = what_would(rule, desk.ticket(number))
    assert not desk.session.new
    assert not desk.session.dirty
    assert desk.last_event_id() == before
    return found


def test_what_a_rule_would_do_is_told_and_not_done(desk: Desk) -> None:
    number = desk.a_ticket("Refund, please").id
    with desk.acting():
        empty = teams.create(desk.account, "Empty", by=desk.by_admin).id
    code = f"""if (contains(message.body_text, 'ORDER 991') && eq(ticket.status, 'open')) {{
        Action('replyToTicket', {{body_text: 'Hello {{{{ticket.customer.firstname}}}}!'}});
        Action('setStatus', {{status: 'open'}});
        Action('setTeamAssignee', {{assignee_team: {{id: {desk.team_id}}}}});
        Action('setAssignee', {{round_robin: {empty}}});
        Action('setAssignee', {{assignee_user: {{id: 999}}}});
    }} else {{ Action('trashTicket'); }}"""
    found = trial(desk, number, code)
    assert [case.line for case in found.cases] == [1]
    assert [would.words for would in found.acts] == [
        "reply to the customer",
        "reopen it",
        "give it to Returns",
        "give it to whoever is next in Empty",
        "assign it to somebody who is gone",
    ]
    assert found.acts[0].texts == {"body_text": "Hello Carol!"}
    assert [would.is_idle for would in found.acts] == [False, True, False, False, False]
    assert [bool(would.problem) for would in found.acts] == [False, False, False, True, True]
    assert found.overlooked is None
    assert [would.words for would in trial(desk, number, code.replace("991", "992")).acts] == ["move it to the trash"]
    with pytest.raises(Mistake):
        trial(desk, number, "nonsense")


def test_spam_and_trash_are_overlooked_unless_the_rule_asks(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.acting():
        tickets.mark_spam(desk.ticket(number), by=desk.by_ana)
        tickets.trash(desk.ticket(number), by=desk.by_ana)
    assert "does not ask for ticket.spam" in str(trial(desk, number, CODE).overlooked)
    asks = "if (eq(ticket.spam, true)) { Action('addTags', {tags: 'x'}) }"
    assert "does not ask for ticket.trashed_datetime" in str(trial(desk, number, asks).overlooked)
    both = asks.replace("true)", "true) && isNotEmpty(ticket.trashed_datetime)")
    assert trial(desk, number, both).overlooked is None


def test_a_deleted_rule_leaves_its_events(desk: Desk) -> None:
    number = make(desk)
    with desk.acting():
        rules.delete(get(desk, number), by=desk.by_admin)
    assert desk.session.scalar(select(func.count()).select_from(Rule)) == 0
    assert [event.type for event in desk.events_after() if event.object_type == "Rule"] == [
        "rule-created",
        "rule-deleted",
    ]
