"""A rule as it is made by clicking: `if` all or any of some tests hold, then some actions; from code, and to code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from zoneinfo import ZoneInfo

from helpdesk.language import trees
from helpdesk.language.statements import Act, Choice, understand_rule
from helpdesk.language.trees import Tree
from helpdesk.language.vocabulary import MESSAGE, TICKET, Vocabulary
from helpdesk.refusals import Refused
from helpdesk.rule_actions import CHECKS
from helpdesk.web import rule_steps, view_builder
from helpdesk.web.rule_steps import Step
from helpdesk.web.view_builder import MOST_ROWS, Asked, Names, Row

Join = Literal["all", "any"]


@dataclass(frozen=True)
class Desk:
    """What a rule of this account can ask and do."""

    names: Names
    macros: Sequence[tuple[str, str]]
    integrations: Sequence[tuple[str, str]]
    zone: ZoneInfo

    @property
    def fields(self) -> dict[str, Asked]:
        """All fields that can be asked."""
        return view_builder.offered(self.names, (*TICKET, *MESSAGE), viewer=False)

    @property
    def vocabulary(self) -> Vocabulary:
        """All fields of the language."""
        return Vocabulary((*TICKET, *MESSAGE), {number: label for number, label, _ in self.names.own})

    @property
    def field_types(self) -> dict[int, str]:
        """What custom fields hold."""
        return {number: str(definition.get("data_type") or "text") for number, _, definition in self.names.own}


@dataclass
class Built:
    """A rule's condition and its actions, row by row."""

    join: Join = "all"
    rows: list[Row] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    @property
    def has_gaps(self) -> bool:
        """Whether something in it is missing or wrong."""
        return any(row.problem for row in self.rows) or any(step.problem for step in self.steps)

    def is_like(self, other: "Built", fields: Mapping[str, Asked]) -> bool:
        """Whether both say the same."""
        joins_alike = self.join == other.join or len(self.rows) < 2
        steps_alike = [step.says for step in self.steps] == [step.says for step in other.steps]
        return joins_alike and steps_alike and view_builder.are_alike(self.rows, other.rows, fields)


# ---- To code


def tree_of(built: Built, desk: Desk) -> tuple[Tree, Built]:
    """What was clicked together as a rule, and the rows, each with what is missing or wrong in it."""
    asked, rows = view_builder.tests_of(built.rows, desk.fields, desk.zone)
    if built.join == "all":
        test = trees.joined("&&", [part for parts in asked for part in parts])
    else:
        test = trees.joined("||", [whole for parts in asked if (whole := trees.joined("&&", parts))])
    acts = [act for step in built.steps if (act := _act(step, desk)) is not None]
    body: list[Tree] = [{"type": "ExpressionStatement", "expression": act} for act in acts]
    if test is not None:
        block = {"type": "BlockStatement", "body": body}
        body = [{"type": "IfStatement", "test": test, "consequent": block, "alternate": None}]
    return {"type": "Program", "body": body, "sourceType": "script"}, Built(built.join, rows, built.steps)


def _act(step: Step, desk: Desk) -> Tree | None:
    try:
        given = rule_steps.arguments(step, desk.field_types)
    except Refused as refusal:
        step.problem = f"{str(refusal)[:1].upper()}{str(refusal)[1:]}"
        return None
    step.problem = ""
    return trees.call("Action", trees.literal(step.kind), *([trees.record_of(given)] if given else []))


# ---- From code


def built_of(program: Tree, desk: Desk, join: Join = "all") -> Built | None:
    """The same to be clicked; None if it says more than can be shown so. Raises Mistake."""
    steps = understand_rule(program, desk.vocabulary, CHECKS)
    test: Tree | None = None
    if len(steps) == 1 and isinstance(choice := steps[0], Choice):
        if len(choice.cases) > 1:
            return None
        test, steps = program["body"][0]["test"], choice.cases[0].steps
    acts = [step for step in steps if isinstance(step, Act)]
    if len(acts) != len(steps):
        return None
    asked = _rows(test, desk, join)
    return Built(asked[0], asked[1], rule_steps.of_acts(acts)) if asked is not None else None


def _rows(test: Tree | None, desk: Desk, join: Join) -> tuple[Join, list[Row]] | None:
    fields = desk.fields
    rows = view_builder.rows_of(test, fields, desk.zone)
    if rows is not None:
        return ("all" if len(rows) > 1 else join), rows
    if test is None or test["type"] != "LogicalExpression" or test["operator"] != "||":
        return None
    found = [view_builder.rows_of(part, fields, desk.zone) for part in trees.operands(test)]
    if len(found) > MOST_ROWS or any(each is None or len(each) != 1 for each in found):
        return None
    return "any", [each[0] for each in found if each]


def choices(desk: Desk, priorities: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """What can be chosen for the inputs of actions."""
    gone = (rule_steps.NOBODY, "Nobody: take it from its assignee")
    in_turn = [(f"{rule_steps.IN_TURN}{number}", f"Whoever is next in {name}") for number, name in desk.names.teams]
    fields: list[tuple[str, Any]] = [(str(number), label) for number, label, _ in desk.names.own]
    return {
        "status": [("closed", "Close it"), ("open", "Reopen it")],
        "priority": [(each, each.capitalize()) for each in priorities],
        "user": [*in_turn, *desk.names.users, gone],
        "team": [*desk.names.teams, (rule_steps.NOBODY, "None: take it from its team")],
        "macro": list(desk.macros),
        "integration": list(desk.integrations),
        "field": fields,
    }
