"""The tree that a text is read into: plain data in the shapes that ESTree gives to JavaScript."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

Tree: TypeAlias = dict[str, Any]

#: Hostile texts and trees end here, long before Python's own limits.
DEEPEST: Final = 64
LONGEST_TEXT: Final = 64_000
MOST_TERMS: Final = 200
MOST_VALUES: Final = 600
LONGEST_VALUE: Final = 60_000
LARGEST_NUMBER: Final = 2**63 - 1


class Node(Tree):
    """A part of a tree that remembers where in the text it began; equal to any dict of the same content."""

    def __init__(self, type_: str, place: tuple[int, int], depth: int, **content: Any) -> None:
        super().__init__(type=type_, **content)
        self.line, self.column = place
        self.depth = depth

    @property
    def place(self) -> tuple[int, int]:
        """Line and column, counted from 1."""
        return self.line, self.column


def place_of(node: Tree) -> tuple[int, int]:
    """Where a part began; trees that were not read from a text begin at the top."""
    return node.place if isinstance(node, Node) else (1, 1)


def operands(node: Tree) -> list[Tree]:
    """What a chain such as `a && b && c` joins, in order; anything else is a chain of one."""
    if node["type"] != "LogicalExpression":
        return [node]
    found, operator = [], node["operator"]
    while node["type"] == "LogicalExpression" and node["operator"] == operator:
        found.append(node["right"])
        node = node["left"]
    return [node, *reversed(found)]


def expression_of(program: Tree) -> Tree | None:
    """The one expression of a filter; None for an empty one."""
    body = program["body"]
    expression: Tree | None = body[0]["expression"] if body else None
    return expression


def program_of(expression: Tree | None) -> Tree:
    """A filter that consists of this expression."""
    body = [] if expression is None else [{"type": "ExpressionStatement", "expression": expression}]
    return {"type": "Program", "body": body, "sourceType": "script"}


def path_of(node: Tree) -> str | None:
    """`ticket.assignee_user.id` as one word; None if this is something else than a path."""
    words: list[str] = []
    while node["type"] == "MemberExpression":
        words.append(str(node["property"]["value"] if node["computed"] else node["property"]["name"]))
        node = node["object"]
    if node["type"] != "Identifier":
        return None
    return ".".join([node["name"], *reversed(words)])


def literal(value: str | float | bool | None) -> Tree:
    """A value as a tree; what is below zero is the negative of a number."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
        return {"type": "UnaryExpression", "operator": "-", "prefix": True, "argument": literal(-value)}
    return {"type": "Literal", "value": value, "raw": raw(value)}


def list_of(values: list[Any]) -> Tree:
    """A list of values as a tree."""
    return {"type": "ArrayExpression", "elements": [literal(value) for value in values]}


def record_of(values: Mapping[str, Any]) -> Tree:
    """`{tags: 'a,b'}` as a tree; values may be lists and records, too."""
    parts = [
        {"type": "Property", "key": {"type": "Identifier", "name": name}, "value": value_of(value), "kind": "init"}
        for name, value in values.items()
    ]
    return {"type": "ObjectExpression", "properties": [{**part, **_PLAIN} for part in parts]}


#: What ESTree says of a property that is nothing but a name and a value.
_PLAIN: Final = {"computed": False, "method": False, "shorthand": False}


def value_of(value: Any) -> Tree:
    """Any value as a tree."""
    if isinstance(value, Mapping):
        return record_of(value)
    if isinstance(value, list):
        return {"type": "ArrayExpression", "elements": [value_of(each) for each in value]}
    return literal(value)


def path(words: str) -> Tree:
    """`ticket.status` as a tree; a number in it is the number of a custom field."""
    first, *others = words.split(".")
    node: Tree = {"type": "Identifier", "name": first}
    for word in others:
        step = literal(int(word)) if word.isdigit() else {"type": "Identifier", "name": word}
        node = {"type": "MemberExpression", "computed": word.isdigit(), "object": node, "property": step}
    return node


def call(name: str, *arguments: Tree) -> Tree:
    """`eq(ticket.status, 'open')` as a tree."""
    return {"type": "CallExpression", "callee": {"type": "Identifier", "name": name}, "arguments": list(arguments)}


def joined(operator: str, parts: list[Tree]) -> Tree | None:
    """A chain of these parts; None if there are none."""
    if not parts:
        return None
    chain = parts[0]
    for part in parts[1:]:
        chain = {"type": "LogicalExpression", "operator": operator, "left": chain, "right": part}
    return chain


def calls(node: Any) -> Iterator[Tree]:
    """Every call in a tree."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(reversed(part))
        elif isinstance(part, dict):
            if part.get("type") == "CallExpression":
                yield part
            waiting.extend(reversed(part.values()))


_ESCAPES: Final = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def raw(value: str | float | bool | None) -> str:
    """A value as it is written."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + "".join(map(_written, value)) + "'"
    return repr(value)


def _written(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character < " " or character in "\x7f\x85\u2028\u2029\ufeff":
        return f"\\u{ord(character):04x}"
    return character
