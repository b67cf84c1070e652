"""Scenes of rules: made, changed, put in order, switched off and on, suggested; and what they do by themselves."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from audit.actors import Actor
from automation import rules as runner
from automation import timers
from helpdesk import macros, messages, rules, tags, tickets
from helpdesk.drafts import Draft
from helpdesk.models import Macro, Rule, Ticket
from helpdesk.rules import Shape, shape_of
from seeds.scenes.beginnings import CUSTOMER, HOUR, RULE, SCHEDULE, SYSTEM, USER, open_ticket
from seeds.scenes.kinds import Line, Scene, quiet, scenario
from seeds.scenes.macros import a_macro
from seeds.stage import Stage

SUGGESTIONS = Actor.system("suggestions")

ZEBRA = Shape(
    name="Zebra",
    code="if (contains(message.body_text, 'refund')) {\n    Action('addTags', {tags: 'refund'});\n}",
    event_types=("ticket-message-created",),
)

SAID: tuple[Line, ...] = (("ticket-message-created", CUSTOMER), ("ticket-updated", CUSTOMER))
UPDATED: Line = ("ticket-updated", RULE)
EXECUTED: Line = ("rule-executed", RULE)


def _rule(stage: Stage, number: int) -> Rule:
    return stage.session.get_one(Rule, number, with_for_update=True)


def a_rule(stage: Stage, shape: Shape = ZEBRA) -> int:
    """A rule that acts."""
    with stage.acting():
        return rules.create(stage.account, shape, by=stage.by_admin).id


def _off(stage: Stage) -> int:
    number = a_rule(stage)
    with stage.acting():
        rules.deactivate(_rule(stage, number), by=stage.by_admin)
    return number


def _draft(stage: Stage) -> int:
    ticket = open_ticket(stage)
    with stage.acting():
        return rules.suggest(stage.account, ZEBRA, stage.ticket(ticket), by=SUGGESTIONS).id


# ── By hand ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@scenario("rule-created", "A rule is made", ("rule-created", USER))
def a_rule_is_made(stage: Stage, _number: int) -> None:
    a_rule(stage)


@quiet("rule-created", "A rule that can't be understood", refusal="Line 1, column 8: there is no action addTag.")
def a_rule_that_can_not_be_understood(stage: Stage, _number: int) -> None:
    a_rule(stage, replace(ZEBRA, code="Action('addTag', {tags: 'refund'});"))


@scenario("rule-updated", "A rule is reworded", ("rule-updated", USER), prepare=a_rule)
def a_rule_is_reworded(stage: Stage, number: int) -> None:
    with stage.acting():
        rule = _rule(stage, number)
        code = rule.code.replace("'refund')", "'money back')")
        rules.update(rule, replace(shape_of(rule), code=code), by=stage.by_admin)


@quiet("rule-updated", "The words it has", prepare=a_rule)
def the_words_it_has(stage: Stage, number: int) -> None:
    with stage.acting():
        rules.update(_rule(stage, number), ZEBRA, by=stage.by_admin)


@scenario("rule-updated", "A suggestion is taken up", ("rule-updated", USER), prepare=_draft)
def a_suggestion_is_taken_up(stage: Stage, number: int) -> None:
    with stage.acting():
        rules.take_up(_rule(stage, number), by=stage.by_admin)


@scenario(
    "rule-priority-updated",
    "A rule is moved up",
    ("rule-updated", USER),
    ("rule-priority-updated", USER),
    prepare=a_rule,
)
def a_rule_is_moved_up(stage: Stage, number: int) -> None:
    with stage.acting():
        rules.set_priorities(stage.account, {number: 90}, by=stage.by_admin)


@quiet("rule-priority-updated", "The place it has", prepare=a_rule)
def the_place_it_has(stage: Stage, number: int) -> None:
    with stage.acting():
        rules.set_priorities(stage.account, {number: 0}, by=stage.by_admin)


@scenario(
    "rule-deactivated", "A rule is switched off", ("rule-updated", USER), ("rule-deactivated", USER), prepare=a_rule
)
@quiet("rule-deactivated", "A rule that is off already", prepare=_off)
def a_rule_is_switched_off(stage: Stage, number: int) -> None:
    with stage.acting():
        rules.deactivate(_rule(stage, number), by=stage.by_admin)


@scenario(
    "rule-reactivated", "A rule is switched on again", ("rule-updated", USER), ("rule-reactivated", USER), prepare=_off
)
@quiet("rule-reactivated", "A rule that is on", prepare=a_rule)
def a_rule_is_switched_on(stage: Stage, number: int) -> None:
    with stage.acting():
        rules.reactivate(_rule(stage, number), by=stage.by_admin)


@scenario("rule-deleted", "A rule is deleted", ("rule-deleted", USER), prepare=a_rule)
def a_rule_is_deleted(stage: Stage, number: int) -> None:
    with stage.acting():
        rules.delete(_rule(stage, number), by=stage.by_admin)


def _a_macro_in_a_rule(stage: Stage) -> int:
    number = a_macro(stage)
    a_rule(stage, replace(ZEBRA, code=f"Action('applyMacro', {{macro_id: {number}}});"))
    return number


@quiet("macro-deleted", "A rule applies it", prepare=_a_macro_in_a_rule, refusal="it is applied by the rule “Zebra”.")
def a_rule_applies_it(stage: Stage, number: int) -> None:
    with stage.acting():
        macros.delete(stage.session.get_one(Macro, number), by=stage.by_admin)


@scenario(
    "rule-suggestion-suggested", "The desk proposes a rule", ("rule-suggestion-suggested", SYSTEM), prepare=open_ticket
)
def the_desk_proposes_a_rule(stage: Stage, number: int) -> None:
    with stage.acting("automation"):
        rules.suggest(stage.account, ZEBRA, stage.ticket(number), by=SUGGESTIONS)


# ── By itself ────────────────────────────────────────────────────────────────────────────────────────────────────────


def carol_writes(stage: Stage, number: int) -> None:
    """She asks for her money, and rules do what they do."""
    with stage.acting("email"):
        draft = Draft(sender=stage.carol, body_text="I want a refund.", via="email")
        messages.receive(stage.ticket(number), draft, by=stage.by_carol)
    runner.settle(stage.session, stage.account_id)


def _ready(
    action: Callable[[Stage], str] | str, before: Callable[[Stage, Ticket], object] | None = None
) -> Callable[[Stage], int]:
    """A ticket, and a rule that does this when she asks for a refund."""

    def prepare(stage: Stage) -> int:
        number = open_ticket(stage)
        if before is not None:
            with stage.acting():
                before(stage, stage.ticket(number))
        done = action if isinstance(action, str) else action(stage)
        a_rule(stage, replace(ZEBRA, code=f"if (contains(message.body_text, 'refund')) {{ Action({done}); }}"))
        return number

    return prepare


def by_rule(
    type_: str,
    title: str,
    action: Callable[[Stage], str] | str,
    *types: str,
    before: Callable[[Stage, Ticket], object] | None = None,
    said: tuple[Line, ...] = SAID,
) -> None:
    """Register a scene in which a rule does this, and nobody else does anything but write."""
    writes = [*said, *((each, RULE) for each in types), EXECUTED]
    scene: Scene = carol_writes
    scenario(type_, title, *writes, prepare=_ready(action, before))(scene)


by_rule("rule-executed", "A rule acts", "'setPriority', {priority: 'high'}", "ticket-updated")
by_rule("ticket-updated", "A rule makes it urgent", "'setPriority', {priority: 'high'}", "ticket-updated")
by_rule("tag-created", "A rule puts a new tag on", "'addTags', {tags: 'refund'}",
        "tag-created", "ticket-updated", "ticket-tags-added")  # fmt: skip
by_rule("ticket-tags-added", "A rule adds a tag", "'addTags', {tags: 'refund'}", "ticket-updated", "ticket-tags-added",
        before=lambda stage, ticket: tags.create(stage.account, "refund", by=stage.by_admin))  # fmt: skip
by_rule("ticket-tags-removed", "A rule removes a tag", "'removeTags', {tags: 'calm'}",
        "ticket-updated", "ticket-tags-removed",
        before=lambda stage, ticket: tags.put_on(ticket, ["calm"], by=stage.by_ana))  # fmt: skip
by_rule("ticket-closed", "A rule closes it", "'setStatus', {status: 'closed'}", "ticket-updated", "ticket-closed")
by_rule("ticket-snoozed", "A rule lets it sleep", "'snoozeTicket', {for: '3h'}", "ticket-updated", "ticket-snoozed")
by_rule("ticket-trashed", "A rule throws it away", "'trashTicket'", "ticket-updated", "ticket-trashed")
by_rule("ticket-subject-updated", "A rule changes the subject", "'setSubject', {subject: 'Refund: {{ticket.id}}'}",
        "ticket-updated", "ticket-subject-updated")  # fmt: skip
by_rule("ticket-assigned", "A rule gives it to whose turn it is",
        lambda stage: f"'setAssignee', {{round_robin: {stage.team_id}}}",
        "ticket-updated", "ticket-assigned")  # fmt: skip
by_rule("ticket-team-assigned", "A rule gives it to a team",
        lambda stage: f"'setTeamAssignee', {{assignee_team: {{id: {stage.team_id}}}}}",
        "ticket-updated", "ticket-assigned", "ticket-team-assigned")  # fmt: skip
by_rule("ticket-unassigned", "A rule takes it from its assignee", "'setAssignee', {assignee_user: null}",
        "ticket-updated", "ticket-unassigned",
        before=lambda stage, ticket: tickets.assign(ticket, stage.ana, by=stage.by_ana))  # fmt: skip
by_rule("ticket-team-unassigned", "A rule takes it from its team", "'setTeamAssignee', {assignee_team: null}",
        "ticket-updated", "ticket-team-unassigned",
        before=lambda stage, ticket: tickets.assign_team(ticket, stage.team, by=stage.by_ana))  # fmt: skip
by_rule("ticket-message-created", "A rule answers", "'replyToTicket', {body_text: 'We are on it.'}",
        "ticket-message-created", "ticket-updated")  # fmt: skip


def _asleep_with_a_rule(stage: Stage) -> int:
    number = open_ticket(stage)
    with stage.acting():
        tickets.snooze(stage.ticket(number), stage.now() + HOUR, by=stage.by_ana)
    code = "Action('replyToTicket', {body_text: 'It is on its way.'});"
    a_rule(stage, replace(ZEBRA, code=code, event_types=("ticket-self-unsnoozed",)))
    return number


@scenario(
    "rule-executed",
    "A rule answers when a ticket wakes",
    ("ticket-updated", SCHEDULE),
    ("ticket-self-unsnoozed", SCHEDULE),
    ("ticket-message-created", RULE),
    ("ticket-updated", RULE),
    EXECUTED,
    prepare=_asleep_with_a_rule,
)
def a_rule_answers_when_a_ticket_wakes(stage: Stage, _number: int) -> None:
    stage.move_clock(2 * HOUR)
    timers.play_due(stage.session, stage.account_id)


def _hourly(stage: Stage) -> int:
    number = open_ticket(stage)
    when = f"eq(ticket.id, {number}) && eq(ticket.status, 'open')"
    code = f"if ({when}) {{ Action('setPriority', {{priority: 'high'}}); }}"
    return a_rule(stage, replace(ZEBRA, code=code, event_types=(), schedule="30 9 * * *"))


@scenario("rule-executed", "A rule acts by the clock", UPDATED, EXECUTED, prepare=_hourly)
def a_rule_acts_by_the_clock(stage: Stage, _number: int) -> None:
    stage.move_clock(timedelta(hours=1))
    timers.play_due(stage.session, stage.account_id)


def _failing(stage: Stage) -> int:
    code = "Action('snoozeTicket', {until: '2026-01-01T00:00:00Z'});"
    number = a_rule(stage, replace(ZEBRA, code=code))
    ticket = open_ticket(stage)
    for _ in range(runner.MOST_FAILURES - 2):
        carol_writes(stage, ticket)
    assert _rule(stage, number).failures_in_a_row == runner.MOST_FAILURES - 1
    stage.session.rollback()
    return ticket


scenario(
    "rule-deactivated",
    "A rule fails for the tenth time in a row",
    *SAID,
    EXECUTED,
    ("rule-updated", SYSTEM),
    ("rule-deactivated", SYSTEM),
    prepare=_failing,
)(carol_writes)


@quiet("rule-executed", "A rule whose time has not come", prepare=_hourly)
def a_rule_whose_time_has_not_come(stage: Stage, _number: int) -> None:
    timers.play_due(stage.session, stage.account_id)
