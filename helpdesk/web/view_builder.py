"""The builder of a view's filter: rows of field, operator and value, and the code that says the same."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from helpdesk.language import trees
from helpdesk.language.conditions import CURRENT_USER
from helpdesk.language.trees import Tree
from helpdesk.language.vocabulary import OWN, TICKET, Field
from helpdesk.refusals import Refused
from helpdesk.spans import parse_span

#: How values are given: not at all, typed, chosen (one of, several of), typed with commas between, an age, a time.
Takes = Literal["nothing", "words", "number", "choice", "choices", "commas", "age", "moment"]

MOST_ROWS: Final = 40


@dataclass(frozen=True)
class Operator:
    """What is asked of a field, in words; `test` is what the language calls it."""

    name: str
    label: str
    test: str
    takes: Takes


@dataclass(frozen=True)
class Asked:
    """A field as the builder offers it."""

    path: str
    label: str
    kind: str
    operators: tuple[Operator, ...]
    choices: tuple[tuple[str, str], ...] = ()

    def operator(self, name: str) -> Operator:
        """The operator of that name, or the first."""
        return next((operator for operator in self.operators if operator.name == name), self.operators[0])


@dataclass(frozen=True)
class Row:
    """One test."""

    path: str
    operator: str
    values: tuple[str, ...] = ()
    problem: str = field(default="", compare=False)


@dataclass(frozen=True)
class Names:
    """Whom and what the account's fields can be compared with: numbers or names, and what a person reads."""

    users: Sequence[tuple[str, str]]
    teams: Sequence[tuple[str, str]]
    tags: Sequence[str]
    own: Sequence[tuple[int, str, Mapping[str, Any]]]


# ---- What there is to choose


def _operators(*told: tuple[str, str, str, Takes]) -> tuple[Operator, ...]:
    return tuple(Operator(*each) for each in told)


_EMPTY: Final = _operators(
    ("empty", "is empty", "isEmpty", "nothing"), ("filled", "is not empty", "isNotEmpty", "nothing")
)
_CHOSEN: Final = _operators(
    ("is", "is", "eq", "choice"),
    ("not", "is not", "neq", "choice"),
    ("any", "is one of", "eq", "choices"),
    ("none", "is none of", "neq", "choices"),
)
_SOMEBODY: Final = (
    *_operators(
        ("is", "is", "eq", "choice"),
        ("not", "is not", "neq", "choice"),
        ("any", "is one of", "containsAny", "choices"),
        ("none", "is none of", "notContainsAny", "choices"),
    ),
    *_operators(("empty", "is nobody", "isEmpty", "nothing"), ("filled", "is somebody", "isNotEmpty", "nothing")),
)
_WORDS: Final = (
    *_operators(
        ("contains", "contains", "contains", "words"),
        ("lacks", "does not contain", "notContains", "words"),
        ("any", "contains one of", "containsAny", "commas"),
        ("none", "contains none of", "notContainsAny", "commas"),
        ("is", "is exactly", "eq", "words"),
        ("not", "is not", "neq", "words"),
        ("starts", "starts with", "startsWith", "words"),
        ("ends", "ends with", "endsWith", "words"),
    ),
    *_EMPTY,
)
_LISTED: Final = (
    *_operators(
        ("any", "has one of", "containsAny", "choices"),
        ("all", "has all of", "containsAll", "choices"),
        ("none", "has none of", "notContainsAny", "choices"),
    ),
    *_operators(("empty", "has none", "isEmpty", "nothing"), ("filled", "has some", "isNotEmpty", "nothing")),
)
_YES_OR_NO: Final = _operators(("is", "is", "eq", "choice"))
_TIMES: Final = (
    *_operators(
        ("within", "in the last", "gte", "age"),
        ("older", "longer ago than", "lt", "age"),
        ("after", "on or after", "gte", "moment"),
        ("before", "before", "lt", "moment"),
    ),
    *_EMPTY,
)
_NUMBERS: Final = _operators(
    ("is", "is", "eq", "number"),
    ("not", "is not", "neq", "number"),
    ("least", "is at least", "gte", "number"),
    ("most", "is at most", "lte", "number"),
    ("above", "is above", "gt", "number"),
    ("below", "is below", "lt", "number"),
)


def offered(names: Names, fields: Iterable[Field] = TICKET, *, viewer: bool = True) -> dict[str, Asked]:
    """All fields that can be chosen, by path; `viewer` says whether somebody looks, whom a user can be."""
    me = ((CURRENT_USER, "Me (whoever looks)"),) if viewer else ()
    found = [_asked(field, names, me) for field in fields] + [_own(*each) for each in names.own]
    return {asked.path: asked for asked in found}


def _asked(field: Field, names: Names, me: tuple[tuple[str, str], ...]) -> Asked:
    if field.of == "user":
        return Asked(field.path, field.label, field.kind, _SOMEBODY, (*me, *names.users))
    if field.of == "team":
        return Asked(field.path, field.label, field.kind, _SOMEBODY, tuple(names.teams))
    if field.of == "tag":
        return Asked(field.path, field.label, field.kind, _LISTED, tuple((name, name) for name in names.tags))
    if field.choices:
        choices = tuple((word, _spoken(word)) for word in field.choices)
        return Asked(field.path, field.label, field.kind, _CHOSEN, choices)
    operators = {"truth": _YES_OR_NO, "moment": _TIMES, "number": _NUMBERS}.get(field.kind, _WORDS)
    return Asked(field.path, field.label, field.kind, operators, _YES_NO if field.kind == "truth" else ())


_YES_NO: Final = (("true", "yes"), ("false", "no"))


def _own(number: int, label: str, definition: Mapping[str, Any]) -> Asked:
    path, asked = f"{OWN}{number}", definition.get("input_settings") or {}
    match definition.get("data_type"):
        case "number":
            return Asked(path, label, "own number", (*_NUMBERS, *_EMPTY))
        case "boolean":
            return Asked(path, label, "own truth", (*_YES_OR_NO, *_EMPTY), _YES_NO)
    if asked.get("input_type") == "dropdown" and asked.get("choices"):
        choices = tuple((str(choice), str(choice)) for choice in asked["choices"])
        return Asked(path, label, "own word", (*_CHOSEN, *_EMPTY), choices)
    return Asked(path, label, "own text", _WORDS)


def _spoken(word: str) -> str:
    words = word.replace("_", " ").replace("-", " ")
    return {"sms": "SMS", "api": "API"}.get(word, f"{words[:1].upper()}{words[1:]}")


# ---- From rows to code


def tree_of(rows: Iterable[Row], fields: Mapping[str, Asked], zone: ZoneInfo) -> tuple[Tree, list[Row]]:
    """What the rows ask as a filter, and the rows, each with what is missing or wrong in it."""
    asked, checked = tests_of(rows, fields, zone)
    return trees.program_of(trees.joined("&&", [part for parts in asked for part in parts])), checked


def tests_of(rows: Iterable[Row], fields: Mapping[str, Asked], zone: ZoneInfo) -> tuple[list[list[Tree]], list[Row]]:
    """What each row asks, by one test or several, and the rows, each with what is missing or wrong in it."""
    asked: list[list[Tree]] = []
    checked: list[Row] = []
    for row in rows:
        try:
            asked.append(_parts(row, fields[row.path], zone))
            checked.append(replace(row, problem=""))
        except Refused as refusal:
            checked.append(replace(row, problem=str(refusal)))
    return asked, checked


def _parts(row: Row, asked: Asked, zone: ZoneInfo) -> list[Tree]:
    operator, path = asked.operator(row.operator), trees.path(asked.path)
    if operator.takes == "nothing":
        return [trees.call(operator.test, path)]
    values = [_MEANT[operator.takes](value, asked, zone) for value in row.values if value.strip()]
    if operator.takes == "commas":
        values = [word for value in values for word in _between_commas(value)]
    if not values:
        raise Refused(_MISSING[operator.takes])
    if operator.takes in ("choices", "commas") and operator.test not in ("eq", "neq"):
        return [trees.call(operator.test, path, trees.list_of(values))]
    tests = [trees.call(operator.test, path, trees.literal(value)) for value in values]
    if operator.test == "eq" and len(tests) > 1:
        return [trees.joined("||", tests) or tests[0]]
    return tests


def _number(value: str, asked: Asked, _zone: ZoneInfo) -> Any:
    try:
        number = float(value)
    except ValueError:
        raise Refused(f"{value.strip()[:20]!r} is no number.") from None
    if not abs(number) < 1e15 or (asked.kind == "number" and not number.is_integer()):
        raise Refused("Write a whole number.")
    return int(number) if number.is_integer() else number


def _chosen(value: str, asked: Asked, _zone: ZoneInfo) -> Any:
    if asked.kind in ("truth", "own truth"):
        return value == "true"
    return int(value) if asked.kind == "number" and value.isascii() and value.isdecimal() and len(value) < 19 else value


def _age(value: str, _asked: Asked, _zone: ZoneInfo) -> str:
    parse_span(value)
    return value.strip()


def _moment(value: str, _asked: Asked, zone: ZoneInfo) -> str:
    try:
        at = datetime.fromisoformat(value).replace(tzinfo=zone).astimezone(UTC)
    except (OverflowError, ValueError):
        raise Refused("Choose a date and a time.") from None
    return f"{at:%Y-%m-%dT%H:%M:%S}Z" if at.second else f"{at:%Y-%m-%dT%H:%M}Z"


_MEANT: Final[dict[str, Callable[[str, Asked, ZoneInfo], Any]]] = {
    "words": lambda value, _asked, _zone: value,
    "commas": lambda value, _asked, _zone: value,
    "number": _number,
    "choice": _chosen,
    "choices": _chosen,
    "age": _age,
    "moment": _moment,
}
_MISSING: Final = {
    "words": "Write what to look for.",
    "commas": "Write what to look for, with commas between.",
    "number": "Write a number.",
    "choice": "Choose one.",
    "choices": "Choose at least one.",
    "age": "Write an age, such as 3d or 4h.",
    "moment": "Choose a date and a time.",
}


def _between_commas(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


# ---- From code to rows


def rows_of(expression: Tree | None, fields: Mapping[str, Asked], zone: ZoneInfo) -> list[Row] | None:
    """The rows that ask the same; None if rows can't say it."""
    parts = [] if expression is None else trees.operands(expression)
    if expression is not None and expression["type"] == "LogicalExpression" and expression["operator"] == "||":
        parts = [expression]
    found = [_row(part, fields, zone) for part in parts]
    rows = _gathered([row for row in found if row is not None], fields)
    return rows if None not in found and len(rows) <= MOST_ROWS else None


def are_alike(some: Sequence[Row], others: Sequence[Row], fields: Mapping[str, Asked]) -> bool:
    """Whether both ask the same; boxes are ticked in no order."""

    def plain(row: Row) -> tuple[str, str, object]:
        takes = fields[row.path].operator(row.operator).takes
        return row.path, row.operator, frozenset(row.values) if takes == "choices" else row.values

    return list(map(plain, some)) == list(map(plain, others))


def _row(part: Tree, fields: Mapping[str, Asked], zone: ZoneInfo) -> Row | None:
    if part["type"] == "LogicalExpression" and part["operator"] == "||":
        return _one_of([_row(each, fields, zone) for each in trees.operands(part)], fields)
    if part["type"] != "CallExpression":
        return None
    name, arguments = trees.path_of(part["callee"]), part["arguments"]
    asked = fields.get(trees.path_of(arguments[0]) or "") if arguments else None
    if asked is None:
        return None
    for operator in asked.operators:
        if operator.test == name:
            values = _shown(arguments[1:], operator, asked, zone)
            if values is not None:
                return Row(asked.path, operator.name, values)
    return None


def _one_of(rows: list[Row | None], fields: Mapping[str, Asked]) -> Row | None:
    """`a is x, or a is y` as "a is one of x, y"."""
    first = rows[0]
    if first is None or any(row is None or (row.path, row.operator) != (first.path, "is") for row in rows):
        return None
    if not any(each.name == "any" and each.test == "eq" for each in fields[first.path].operators):
        return None
    return Row(first.path, "any", tuple(value for row in rows if row is not None for value in row.values))


def _gathered(rows: list[Row], fields: Mapping[str, Asked]) -> list[Row]:
    """`a is not x` and `a is not y`, one after the other, as "a is none of x, y"."""
    found: list[Row] = []
    for row in rows:
        last = found[-1] if found else None
        is_more = last is not None and last.path == row.path and row.operator == "not" and row.values
        if last is not None and is_more and last.operator in ("not", "none") and _has_none_of(fields[row.path]):
            found[-1] = Row(row.path, "none", (*last.values, *row.values))
        else:
            found.append(row)
    return found


def _has_none_of(asked: Asked) -> bool:
    return any((operator.name, operator.test) == ("none", "neq") for operator in asked.operators)


def _shown(arguments: list[Tree], operator: Operator, asked: Asked, zone: ZoneInfo) -> tuple[str, ...] | None:
    if operator.takes == "nothing":
        return () if not arguments else None
    if len(arguments) != 1:
        return None
    several = operator.takes in ("choices", "commas")
    argument = arguments[0]
    if several and operator.test in ("eq", "neq"):
        return None  # one by one they are "is" and "is not", and gathered afterwards
    elements = argument["elements"] if several and argument["type"] == "ArrayExpression" else [argument]
    values = [_text(element, operator, asked, zone) for element in elements]
    if not values or any(value is None for value in values):
        return None
    texts = tuple(value for value in values if value is not None)
    return (", ".join(texts),) if operator.takes == "commas" else texts


def _text(node: Tree, operator: Operator, asked: Asked, zone: ZoneInfo) -> str | None:
    if node["type"] == "UnaryExpression" and operator.takes == "number":
        text = _text(node["argument"], operator, asked, zone)
        return f"-{text}" if text else None
    if node["type"] != "Literal" or node["value"] is None:
        return None
    value = node["value"]
    match operator.takes:
        case "words":
            return value if isinstance(value, str) and value.strip() and "\n" not in value else None
        case "commas":
            fits = isinstance(value, str) and value.strip() == value != "" and "," not in value and "\n" not in value
            return value if fits else None
        case "number":
            return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
        case "choice" | "choices":
            text = trees.raw(value) if isinstance(value, bool) else str(value)
            # A tag may be gone, or come; the filter asks for its name all the same.
            return text if asked.kind == "list" or any(text == choice for choice, _ in asked.choices) else None
        case "age":
            return value if isinstance(value, str) and _is_age(value) else None
        case "moment":
            return _local(value, zone) if isinstance(value, str) and not _is_age(value) else None
    return None


def _is_age(text: str) -> bool:
    try:
        parse_span(text)
    except Refused:
        return False
    return True


def _local(text: str, zone: ZoneInfo) -> str | None:
    """A moment as an input for date and time shows it; None if that leaves something of it out."""
    try:
        at = datetime.fromisoformat(text)
        at = (at.replace(tzinfo=UTC) if at.tzinfo is None else at).astimezone(zone)
    except (OverflowError, ValueError):
        return None
    shown = f"{at:%Y-%m-%dT%H:%M}"
    return shown if at.year >= 1000 and datetime.fromisoformat(shown).replace(tzinfo=zone) == at else None
