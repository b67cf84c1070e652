"""What a rule says, checked and brought down to cases and actions; and what of it is to be done, given the facts."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, TypeAlias

from helpdesk.language import trees
from helpdesk.language.conditions import All, AnyOf, Condition, Not, Test, understand
from helpdesk.language.mistakes import Mistake
from helpdesk.language.predicates import Facts, holds
from helpdesk.language.trees import Tree, place_of
from helpdesk.language.vocabulary import Vocabulary
from helpdesk.refusals import Refused

Arguments: TypeAlias = dict[str, Any]

#: The arguments of an action as they are kept; raises Refused, with a sentence about them.
Check: TypeAlias = Callable[[Arguments], Arguments]

MOST_ACTIONS: Final = 50


@dataclass(frozen=True)
class Act:
    """Something that a rule does, and where it is written."""

    name: str
    arguments: Arguments
    line: int = 1
    column: int = 1


@dataclass(frozen=True)
class Case:
    """What is done if a condition holds; an `else` asks for nothing."""

    condition: Condition
    steps: tuple["Step", ...]
    line: int
    is_else: bool = False


@dataclass(frozen=True)
class Choice:
    """`if … else if … else`: the first case whose condition holds is done, and no other."""

    cases: tuple[Case, ...]


Step: TypeAlias = Act | Choice


@dataclass(frozen=True)
class Plan:
    """What a rule comes to on the facts: its actions in order, and the cases that led there."""

    acts: tuple[Act, ...] = ()
    cases: tuple[Case, ...] = ()


def understand_rule(program: Tree, vocabulary: Vocabulary, kinds: Mapping[str, Check]) -> tuple[Step, ...]:
    """What a rule says; raises Mistake where it asks for, or does, what there is not."""
    steps = tuple(_Reader(vocabulary, kinds).steps(program["body"]))
    count = sum(1 for _ in acts_in(steps))
    if count == 0:
        raise Mistake("this rule does nothing: it needs at least one Action('…', {…}).", *_first_place(program))
    if count > MOST_ACTIONS:
        raise Mistake(f"a rule has {MOST_ACTIONS} actions at most; this one has {count}.")
    return steps


def plan(steps: tuple[Step, ...], facts: Facts) -> Plan:
    """What is to be done; all is asked of the same facts, so what a rule does never changes its own mind."""
    acts: list[Act] = []
    cases: list[Case] = []

    def go(steps: tuple[Step, ...]) -> None:
        for step in steps:
            if isinstance(step, Act):
                acts.append(step)
                continue
            case = next((case for case in step.cases if holds(case.condition, facts)), None)
            if case is not None:
                cases.append(case)
                go(case.steps)

    go(steps)
    return Plan(tuple(acts), tuple(cases))


def acts_in(steps: tuple[Step, ...]) -> Iterator[Act]:
    """Every action of a rule, whether it is done or not."""
    for step in steps:
        if isinstance(step, Act):
            yield step
        else:
            for case in step.cases:
                yield from acts_in(case.steps)


def fields_in(steps: tuple[Step, ...]) -> set[str]:
    """The fields that a rule asks for anywhere."""
    return {
        test.field.path
        for step in steps
        if isinstance(step, Choice)
        for case in step.cases
        for test in _tests(case.condition)
    }.union(*(fields_in(case.steps) for step in steps if isinstance(step, Choice) for case in step.cases))


def when(steps: tuple[Step, ...]) -> Condition:
    """A condition that holds where the rule does something, and perhaps where its case turns out to be empty."""
    parts: list[Condition] = []
    for step in steps:
        if isinstance(step, Act):
            return All(())
        before: list[Condition] = []
        for case in step.cases:
            parts.append(All((*before, case.condition, when(case.steps))))
            before.append(Not(case.condition))
    return AnyOf(tuple(parts))


def loosened(condition: Condition, *, holds_if_unknown: bool = True) -> Condition:
    """The condition as far as it is about the ticket: it holds wherever the whole might, whatever the message is."""
    match condition:
        case Test():
            unknown = condition.field.path.startswith("message.")
            return (All(()) if holds_if_unknown else AnyOf(())) if unknown else condition
        case Not():
            return Not(loosened(condition.part, holds_if_unknown=not holds_if_unknown))
        case All():
            return All(tuple(loosened(part, holds_if_unknown=holds_if_unknown) for part in condition.parts))
        case AnyOf():
            return AnyOf(tuple(loosened(part, holds_if_unknown=holds_if_unknown) for part in condition.parts))


def _tests(condition: Condition) -> Iterator[Test]:
    match condition:
        case Test():
            yield condition
        case Not():
            yield from _tests(condition.part)
        case _:
            for part in condition.parts:
                yield from _tests(part)


def _first_place(program: Tree) -> tuple[int, int]:
    return place_of(program["body"][0]) if program["body"] else (1, 1)


class _Reader:
    """Brings statements down to steps."""

    def __init__(self, vocabulary: Vocabulary, kinds: Mapping[str, Check]) -> None:
        self.vocabulary = vocabulary
        self.kinds = kinds

    def steps(self, body: list[Tree]) -> Iterator[Step]:
        for node in body:
            if node["type"] == "IfStatement":
                yield Choice(tuple(self._cases(node)))
            else:
                yield self._act(node["expression"])

    def _cases(self, node: Tree | None) -> Iterator[Case]:
        while node is not None and node["type"] == "IfStatement":
            steps = tuple(self.steps(node["consequent"]["body"]))
            yield Case(understand(node["test"], self.vocabulary), steps, place_of(node)[0])
            node = node["alternate"]
        if node is not None:
            yield Case(All(()), tuple(self.steps(node["body"])), place_of(node)[0], is_else=True)

    def _act(self, call: Tree) -> Act:
        place, arguments = place_of(call), call["arguments"]
        called = trees.path_of(call["callee"]) or ""
        if called != "Action":
            raise Mistake(f"a rule does things with Action('addTags', {{tags: 'vip'}}); {called[:80]} is none.", *place)
        if not arguments or arguments[0]["type"] != "Literal" or not isinstance(arguments[0]["value"], str):
            raise Mistake("Action begins with a name: Action('addTags', {tags: 'vip'}).", *place)
        name = arguments[0]["value"]
        check = self.kinds.get(name)
        if check is None:
            raise Mistake(self._guess(name), *place_of(arguments[0]))
        if len(arguments) > 2:
            raise Mistake("after its name, Action takes one object and no more.", *place_of(arguments[2]))
        given = arguments[1] if len(arguments) == 2 else None
        if given is not None and given["type"] != "ObjectExpression":
            raise Mistake(f"what {name} needs stands in an object: {{…}}.", *place_of(given))
        return Act(name, _checked(name, check, given, place), *place)

    def _guess(self, name: str) -> str:
        lowered = {known.lower(): known for known in self.kinds}
        close = get_close_matches(name.lower()[:80], lowered, 1, 0.6)
        hint = f" Did you mean {lowered[close[0]]}?" if close else f" There are {', '.join(self.kinds)}."
        return f"there is no action {name[:80]}.{hint}"


def _checked(name: str, check: Check, given: Tree | None, place: tuple[int, int]) -> Arguments:
    arguments: Arguments = _plain(given) if given is not None else {}
    try:
        kept = check(dict(arguments))
    except Refused as refusal:
        raise Mistake(f"{name}: {refusal}", *_place_of_value(given, place)) from None
    strange = next((part for part in (given or {"properties": []})["properties"] if _key(part) not in kept), None)
    if strange is not None:
        takes = f"takes {' and '.join(kept)}" if kept else "takes nothing"
        raise Mistake(f"{name} {takes}, and no {_key(strange)[:60]}.", *place_of(strange))
    return kept


def _place_of_value(given: Tree | None, place: tuple[int, int]) -> tuple[int, int]:
    # With one argument it is plain which one is meant.
    if given is None:
        return place
    parts = given["properties"]
    return place_of(parts[0]["value"] if len(parts) == 1 else given)


def _plain(node: Tree) -> Any:
    match node["type"]:
        case "Literal":
            return node["value"]
        case "UnaryExpression" if node["operator"] == "-":
            return -node["argument"]["value"]
        case "ArrayExpression":
            return [_plain(element) for element in node["elements"]]
        case "ObjectExpression":
            return _object(node)
    path = trees.path_of(node)
    hint = f" Write the text in quotes: '{path[:40]}'." if path else ""
    raise Mistake(f"an action is given values: texts, numbers, lists and objects.{hint}", *place_of(node))


def _object(node: Tree) -> Arguments:
    found: Arguments = {}
    for part in node["properties"]:
        key = _key(part)
        if key in found:
            raise Mistake(f"{key[:60]} stands here twice.", *place_of(part))
        found[key] = _plain(part["value"])
    return found


def _key(part: Tree) -> str:
    key = part["key"]
    return str(key["name"] if key["type"] == "Identifier" else key["value"])
