"""A whole rule: which cases and actions it has, what is said of what can't be, and what it comes to on facts."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings

from helpdesk.language import Mistake, parse_rule, unparse
from helpdesk.language.predicates import Facts, holds
from helpdesk.language.statements import Plan, Step, acts_in, fields_in, plan, understand_rule, when
from helpdesk.language.trees import Tree
from helpdesk.language.vocabulary import of_rules
from helpdesk.rule_actions import CHECKS
from tests.helpdesk.language.strategies import RULES

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def understood(code: str) -> tuple[Step, ...]:
    """What a rule says."""
    return understand_rule(parse_rule(code), of_rules(), CHECKS)


def planned(code: str, **facts: object) -> Plan:
    """What a rule comes to; `status="open"` is the ticket's status."""
    return plan(understood(code), Facts({f"ticket.{name}": value for name, value in facts.items()}, NOON))


ACTIONS = [
    ("addTags", "{tags: 'vip, late ,vip'}", {"tags": "vip,late"}),
    ("removeTags", "{tags: 'vip'}", {"tags": "vip"}),
    ("setTags", "{tags: ''}", {"tags": ""}),
    ("setStatus", "{status: 'closed'}", {"status": "closed"}),
    ("setSubject", "{subject: '{{ticket.id}}: late'}", {"subject": "{{ticket.id}}: late"}),
    ("setPriority", "{priority: 'high'}", {"priority": "high"}),
    ("setCustomField", "{id: 4, value: -2.5}", {"id": 4, "value": -2.5}),
    ("setAssignee", "{assignee_user: {id: 7}}", {"assignee_user": {"id": 7}}),
    ("setAssignee", "{assignee_user: null}", {"assignee_user": None}),
    ("setAssignee", "{round_robin: '3'}", {"round_robin": 3}),
    ("setTeamAssignee", "{assignee_team: {id: 3}}", {"assignee_team": {"id": 3}}),
    ("snoozeTicket", "{for: '3h'}", {"for": "3h"}),
    ("snoozeTicket", "{until: '2026-04-01T09:00:00Z'}", {"until": "2026-04-01T09:00:00Z"}),
    ("replyToTicket", "{body_text: 'Hi {{ticket.customer.firstname | fallback(\"there\")}}'}", None),
    ("addInternalNote", "{body_text: 'Look'}", {"body_text": "Look"}),
    ("sendEmail", "{to: 'Boss@x.example', subject: 's', body_text: 'b'}", None),
    ("applyMacro", "{macro_id: 2}", {"macro_id": 2}),
    ("trashTicket", "{}", {}),
    ("excludeFromAutoMerge", "{}", {}),
    ("excludeFromCSAT", "{}", {}),
    ("httpRequest", "{integration_id: 9}", {"integration_id": 9}),
]


@pytest.mark.parametrize(("name", "given", "kept"), ACTIONS)
def test_every_action_can_be_said_and_keeps_its_arguments(name: str, given: str, kept: dict[str, object]) -> None:
    (act,) = acts_in(understood(f"Action('{name}', {given});"))
    assert (act.name, act.line, act.column) == (name, 1, 1)
    if kept is not None:
        assert act.arguments == kept


def test_there_is_a_test_for_every_action() -> None:
    assert {name for name, _given, _kept in ACTIONS} == set(CHECKS)


MISTAKES = [
    ("", "Line 1, column 1: this rule does nothing"),
    ("if (eq(ticket.status, 'open')) {}", "Line 1, column 1: this rule does nothing"),
    ("Action('addTag', {tags: 'a'})", "Line 1, column 8: there is no action addTag. Did you mean addTags?"),
    ("Action(addTags)", "Line 1, column 1: Action begins with a name"),
    ("eq(ticket.status, 'open')", "Line 1, column 1: a rule does things with Action"),
    ("Action('addTags', 'a')", "Line 1, column 19: what addTags needs stands in an object"),
    ("Action('addTags', {tags: 'a'}, 1)", "Line 1, column 32: after its name"),
    ("Action('addTags', {tags: a})", "column 26: an action is given values"),
    ("Action('addTags', {tags: 'a', tags: 'b'})", "column 31: tags stands here twice."),
    ("Action('addTags')", "Line 1, column 1: addTags: it needs the names of tags"),
    ("Action('addTags', {tags: 'a', color: 'b'})", "column 31: addTags takes tags, and no color."),
    ("Action('trashTicket', {now: true})", "column 24: trashTicket takes nothing, and no now."),
    ("Action('setStatus', {status: 'snoozed'})", "column 30: setStatus: a status is open or closed."),
    ("Action('setPriority', {priority: 'big'})", "column 34: setPriority: a priority is one of"),
    ("Action('setAssignee', {assignee_user: {id: '{{current_user.id}}'}})", "setAssignee: choose a team member"),
    ("Action('setAssignee', {round_robin: 1, assignee_user: null})", "not both"),
    ("Action('setAssignee', {round_robin: 0})", "round_robin is the number of a team."),
    ("Action('setCustomField', {id: 1})", "it needs a value"),
    ("Action('setCustomField', {id: 1, value: []})", "a value is a text"),
    ("Action('snoozeTicket', {for: '0h'})", "no time at all"),
    ("Action('snoozeTicket', {for: 'a while'})", "is no span of time"),
    ("Action('replyToTicket', {body_text: 'Hi {{customer}}'})", "nobody knows what {{customer}} stands for."),
    ("Action('replyToTicket', {body_text: 'Me: {{current_user.name}}'})", "nobody knows what {{current_user.name}}"),
    ("Action('sendEmail', {to: 'nobody', subject: 'a', body_text: 'b'})", "nobody is no e-mail address."),
    ("Action('applyMacro', {macro_id: 'x'})", "macro_id is the number of a macro."),
    ("\n  if (eq(ticket.stat, 'a')) {Action('trashTicket')}", "Line 2, column 10: there is no field ticket.stat."),
    ("if (eq(ticket.assignee_user.id, '{{current_user.id}}')) {Action('trashTicket')}", "nobody looks at a rule"),
    ("Action('trashTicket');" * 51, "a rule has 50 actions at most; this one has 51."),
]


@pytest.mark.parametrize(("code", "said"), MISTAKES)
def test_what_can_not_be_is_said_with_line_and_column(code: str, said: str) -> None:
    with pytest.raises(Mistake) as mistake:
        understood(code)
    assert said in str(mistake.value)


CHOOSING = """
if (eq(ticket.status, 'open')) {
    if (eq(ticket.priority, 'high')) { Action('addTags', {tags: 'first'}) }
    Action('addTags', {tags: 'second'});
} else if (eq(ticket.spam, true)) {
    Action('trashTicket');
} else {
    Action('setStatus', {status: 'open'});
}
Action('addTags', {tags: 'always'});
"""


@pytest.mark.parametrize(
    ("facts", "done", "lines"),
    [
        ({"status": "open", "priority": "high"}, ["first", "second", "always"], [2, 3]),
        ({"status": "open", "spam": True}, ["second", "always"], [2]),
        ({"status": "closed", "spam": True}, ["trashTicket", "always"], [5]),
        ({"status": "closed"}, ["setStatus", "always"], [7]),
    ],
)
def test_the_first_case_that_holds_is_done(facts: dict[str, object], done: list[str], lines: list[int]) -> None:
    found = planned(CHOOSING, **facts)
    assert [act.arguments.get("tags", act.name) for act in found.acts] == done
    assert [case.line for case in found.cases] == lines


def test_what_a_rule_asks_for_and_when_it_acts_at_all() -> None:
    steps = understood("if (eq(ticket.status, 'open')) {if (!eq(ticket.spam, true)) {Action('trashTicket')}} else {}")
    assert fields_in(steps) == {"ticket.status", "ticket.spam"}
    for facts, acts in (({"ticket.status": "open"}, True), ({"ticket.status": "open", "ticket.spam": True}, False)):
        assert holds(when(steps), Facts(facts, NOON)) is acts


@settings(max_examples=100, deadline=None)
@given(RULES)
def test_any_rule_is_understood_or_a_mistake_and_its_text_means_the_same(tree: Tree) -> None:
    code = unparse(tree)
    try:
        steps = understood(code)
    except Mistake:
        return
    assert understood(unparse(parse_rule(code))) == steps
