"""What an expression asks, checked and brought down to a few plain tests, which SQL or a predicate answers."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, TypeAlias

from helpdesk.language import trees
from helpdesk.language.mistakes import Mistake
from helpdesk.language.trees import Tree, place_of
from helpdesk.language.vocabulary import FUNCTIONS, Field, Function, Vocabulary, guess_function, sort_of
from helpdesk.refusals import Refused
from helpdesk.spans import parse_span

#: known: is not null. filled: is neither null nor an empty text. has: as a part of a text, or a member of a list.
Operation = Literal["known", "filled", "is", "among", "lt", "lte", "gt", "gte", "has", "starts", "ends"]


@dataclass(frozen=True)
class Age:
    """So long before the desk's time now."""

    span: timedelta


@dataclass(frozen=True)
class CurrentUser:
    """Whoever looks."""


Value: TypeAlias = str | int | float | bool | datetime | Age | CurrentUser


@dataclass(frozen=True)
class Test:
    """Whether a field is so; never true of a field that is null. `has` asks for any of its values."""

    operation: Operation
    field: Field
    values: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Not:
    """Whether something is not so."""

    part: "Condition"


@dataclass(frozen=True)
class All:
    """Whether all of it is so; nothing is always so."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class AnyOf:
    """Whether some of it is so."""

    parts: tuple["Condition", ...]


Condition: TypeAlias = Test | Not | All | AnyOf

CURRENT_USER: Final = "{{current_user.id}}"
LONGEST_WORDS: Final = 1000
_EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2999, 12, 31, tzinfo=UTC)


def understand(expression: Tree | None, vocabulary: Vocabulary) -> Condition:
    """What an expression asks; raises Mistake where it asks for what there is not. None asks for nothing."""
    return All(()) if expression is None else _understand(expression, vocabulary)


def _understand(node: Tree, vocabulary: Vocabulary) -> Condition:
    match node["type"]:
        case "LogicalExpression":
            parts = tuple(_understand(part, vocabulary) for part in trees.operands(node))
            return All(parts) if node["operator"] == "&&" else AnyOf(parts)
        case "UnaryExpression" if node["operator"] == "!":
            return Not(_understand(node["argument"], vocabulary))
        case "CallExpression":
            return _test(node, vocabulary)
    path = trees.path_of(node)
    field = vocabulary.find(path) if path else None
    if field is not None:
        example = {"truth": "true", "number": "1", "moment": "'2026-01-01'"}.get(field.kind, "'…'")
        said = f"a field alone is no test. Write eq({field.path}, {example}) or isNotEmpty({field.path})."
        raise Mistake(said, *place_of(node))
    if path is not None:
        raise Mistake(f"a test was expected, such as eq(ticket.status, 'open'); {path[:80]} is none.", *place_of(node))
    raise Mistake("a test was expected, such as eq(ticket.status, 'open').", *place_of(node))


def _test(node: Tree, vocabulary: Vocabulary) -> Condition:
    name = trees.path_of(node["callee"]) or ""
    function = FUNCTIONS.get(name)
    if function is None:
        raise Mistake(_no_function(name), *place_of(node))
    arguments = node["arguments"]
    if not arguments:
        raise Mistake(f"{name} asks about a field: {name}({_example(function)}).", *place_of(node))
    field = _field(arguments[0], vocabulary)
    if field.kind not in function.kinds:
        raise Mistake(_unfit(function, field), *place_of(node))
    wanted = 1 if function.takes == "nothing" else 2
    if len(arguments) != wanted:
        much = "a field and nothing else" if wanted == 1 else "a field and one value"
        if function.takes == "several":
            much = "a field and a list"
        raise Mistake(f"{name} has {much} between its brackets: {name}({_example(function)}).", *place_of(node))
    return _asked(function, field, arguments[1] if wanted == 2 else None, vocabulary)


def _asked(function: Function, field: Field, argument: Tree | None, vocabulary: Vocabulary) -> Condition:
    if argument is None:
        filled = Test("filled", field)
        return filled if function.name == "isNotEmpty" else Not(filled)
    if function.takes == "several":
        values = _several(argument, function, field, vocabulary)
        return _of_several(function.name, field, values)
    if function.name in ("eq", "neq") and argument["type"] == "Literal" and argument["value"] is None:
        known = Test("known", field)
        return Not(known) if function.name == "eq" else known
    value = _value(argument, function, field, vocabulary)
    match function.name:
        case "eq":
            return Test("is", field, (value,))
        case "neq":
            return Not(Test("is", field, (value,)))
        case "contains":
            return Test("has", field, (value,))
        case "notContains":
            return Not(Test("has", field, (value,)))
        case "startsWith":
            return Test("starts", field, (value,))
        case "endsWith":
            return Test("ends", field, (value,))
        case "lt" | "lte" | "gt" | "gte" as operation:
            return Test(operation, field, (value,))
        case "lteTimedelta":
            return Test("lte", field, (value,))
        case "gteTimedelta":
            return Test("gte", field, (value,))
    raise AssertionError(function.name)


def _of_several(name: str, field: Field, values: tuple[Value, ...]) -> Condition:
    if name == "containsAll":
        return All(tuple(Test("has", field, (value,)) for value in values))
    some = Test("among" if field.kind == "number" else "has", field, values)
    return Not(some) if name == "notContainsAny" else some


# ---- Arguments


def _field(node: Tree, vocabulary: Vocabulary) -> Field:
    path = trees.path_of(node)
    if path is None:
        raise Mistake("here a field is expected, such as ticket.status.", *place_of(node))
    field = vocabulary.find(path)
    if field is None:
        raise Mistake(vocabulary.guess(path), *place_of(node))
    return field


def _several(node: Tree, function: Function, field: Field, vocabulary: Vocabulary) -> tuple[Value, ...]:
    # A single value stands for a list of one.
    elements = node["elements"] if node["type"] == "ArrayExpression" else [node]
    if not elements:
        raise Mistake(f"this list is empty; {function.name} needs something to look for.", *place_of(node))
    return tuple(_value(element, function, field, vocabulary) for element in elements)


def _value(node: Tree, function: Function, field: Field, vocabulary: Vocabulary) -> Value:
    if node["type"] == "ArrayExpression":
        several = {"eq": "containsAny", "contains": "containsAny", "neq": "notContainsAny"}
        hint = f" {several[function.name]} takes a list." if function.name in several else ""
        raise Mistake(f"{function.name} takes one value, no list.{hint}", *place_of(node))
    try:
        checked = _CHECKS[field.kind](_constant(node, field), function)
    except _Unfit as unfit:
        raise Mistake(f"{field.path} {unfit}", *place_of(node)) from None
    if isinstance(checked, CurrentUser) and not vocabulary.knows_viewer:
        raise Mistake(f"{CURRENT_USER} is whoever looks at a view; nobody looks at a rule.", *place_of(node))
    return checked


def _constant(node: Tree, field: Field) -> Any:
    if node["type"] == "Literal":
        return node["value"]
    if node["type"] == "UnaryExpression" and node["operator"] == "-":
        return -node["argument"]["value"]
    path = trees.path_of(node)
    hint = f" Write the text in quotes: '{path[:40]}'." if path and "." not in path else ""
    raise Mistake(f"{field.path} is compared with a value.{hint}", *place_of(node))


class _Unfit(Exception):
    """A value that a field can't be compared with; the message goes on after the field's name."""


def _a_number(value: Any, _function: Function) -> Value:
    if isinstance(value, str) and "{{" in value:
        if value == CURRENT_USER:
            return CurrentUser()
        raise _Unfit(f"can be compared with {CURRENT_USER}, and nothing else stands between {{{{ and }}}}.")
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19:
        return int(value)
    if isinstance(value, str):
        raise _Unfit("is a number: write it without quotes.")
    if type(value) is not int or abs(value) > trees.LARGEST_NUMBER:
        raise _Unfit(f"is a whole number, not {'a fraction' if type(value) is float else sort_of(value)}.")
    return value


def _a_text(value: Any, _function: Function) -> Value:
    if not isinstance(value, str):
        raise _Unfit(f"is a text, not {sort_of(value)}: write it in quotes.")
    if len(value) > LONGEST_WORDS:
        raise _Unfit(f"is compared with at most {LONGEST_WORDS} characters; here are {len(value):,}.")
    return value


def _a_truth(value: Any, _function: Function) -> Value:
    if not isinstance(value, bool):
        raise _Unfit("is true or false, without quotes.")
    return value


def _a_moment(value: Any, function: Function) -> Value:
    if not isinstance(value, str):
        raise _Unfit(f"is a date: write it in quotes, such as '2026-03-03T09:00:00Z', not {sort_of(value)}.")
    tidy = value.strip()
    if _AGE.fullmatch(tidy):
        if function.name in ("eq", "neq"):
            raise _Unfit("is hardly ever exactly so old: use lt, lte, gt or gte with an age.")
        try:
            return Age(parse_span(tidy))
        except Refused as refusal:
            raise _Unfit(f"has a wrong age: {refusal}") from None
    try:
        moment = datetime.fromisoformat(tidy)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, ValueError):
        said = "is compared with a date such as '2026-03-03T09:00:00Z' or an age such as '3d 2h'"
        raise _Unfit(f"{said}, not {trees.raw(value[:40])}.") from None
    if not _EARLIEST <= moment <= _LATEST:
        raise _Unfit("is compared with dates from 1900 to 2999.")
    return moment


def _an_own(value: Any, function: Function) -> Value:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if function.name in ("lt", "lte", "gt", "gte"):
        if not is_number:
            raise _Unfit(f"can only be compared with a number in {function.name}.")
        return float(value)
    if function.name not in ("eq", "neq") or isinstance(value, str):
        return _a_text(value, function)
    return float(value) if is_number else bool(value)


#: What looks as if an age was meant.
_AGE: Final = re.compile(r"[0-9]+\s*[a-zA-Z][0-9a-zA-Z\s]*")

_CHECKS: Final = {
    "number": _a_number,
    "text": _a_text,
    "word": _a_text,
    "list": _a_text,
    "truth": _a_truth,
    "moment": _a_moment,
    "own": _an_own,
}


# ---- Sentences


def _no_function(name: str) -> str:
    if name == "Action":
        return "a test was expected here; Action(…) is something that a rule does."
    return guess_function(name)


_EXAMPLES: Final = {
    "nothing": "ticket.assignee_user.id",
    "one": "ticket.status, 'open'",
    "several": "ticket.tags.name, ['refund', 'vip']",
}


def _example(function: Function) -> str:
    if function.takes == "one" and "moment" in function.kinds and "text" not in function.kinds:
        return "ticket.updated_datetime, '3d 2h'"
    return _EXAMPLES[function.takes]


def _unfit(function: Function, field: Field) -> str:
    kinds = {"number": "a number", "truth": "true or false", "moment": "a date", "list": "a list"}
    kind = kinds.get(field.kind, "a text")
    fitting = ", ".join(other.name for other in FUNCTIONS.values() if field.kind in other.kinds)
    return f"{field.path} is {kind}, and {function.name} can't be asked of it. Use {fitting}."
