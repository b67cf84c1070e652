"""Writes a tree as a text that reads back into the same tree, always in the same way."""

import math
import re
from typing import Any, Final

from helpdesk.language.mistakes import Mistake
from helpdesk.language.trees import DEEPEST, LONGEST_TEXT, Tree, operands, raw

_INDENT: Final = "    "
_WIDEST: Final = 100
_NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_KEYWORDS: Final = {"if", "else", "true", "false", "null"}


def unparse(tree: Tree) -> str:
    """The canonical text of a Program or an expression; raises Mistake for what is none of the language's trees."""
    try:
        text = _program(tree) if tree["type"] == "Program" else _expression(tree, 0)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise Mistake("this tree is incomplete, or has something where it can't be.") from None
    if len(text) > LONGEST_TEXT:
        raise Mistake(f"this tree is {len(text):,} characters long as a text; {LONGEST_TEXT:,} are the most.")
    return text


def _program(tree: Tree) -> str:
    body = tree["body"]
    if len(body) == 1 and body[0]["type"] == "ExpressionStatement" and not _is_action(body[0]["expression"]):
        return _filter(body[0]["expression"])
    return "\n".join(_statement(part, 0) for part in body)


def _is_action(expression: Tree) -> bool:
    is_call: bool = expression["type"] == "CallExpression"
    return is_call and expression["callee"].get("name") == "Action"


def _filter(expression: Tree) -> str:
    line = _expression(expression, 0)
    if len(line) <= _WIDEST or expression["type"] != "LogicalExpression":
        return line
    operator = expression["operator"]
    return f" {operator}\n".join(_operand(part, operator, 1) for part in operands(expression))


def _statement(node: Tree, depth: int) -> str:
    _fits(depth)
    indent = _INDENT * depth
    if node["type"] == "ExpressionStatement":
        return f"{indent}{_expression(node['expression'], depth)};"
    if node["type"] != "IfStatement":
        raise _foreign(node)
    text = f"{indent}if ({_expression(node['test'], depth)}) {_block(node['consequent'], depth)}"
    other = node["alternate"]
    if other is None:
        return text
    if other["type"] == "IfStatement":
        # An `else if` stands as far left as its `if`, but nests all the same.
        return f"{text} else {_statement(other, depth).lstrip()}"
    return f"{text} else {_block(other, depth)}"


def _block(node: Tree, depth: int) -> str:
    if node["type"] != "BlockStatement":
        raise _foreign(node)
    if not node["body"]:
        return "{}"
    lines = "\n".join(_statement(part, depth + 1) for part in node["body"])
    return f"{{\n{lines}\n{_INDENT * depth}}}"


def _expression(node: Tree, depth: int) -> str:
    _fits(depth)
    writer = _WRITERS.get(node["type"])
    if writer is None:
        raise _foreign(node)
    text: str = writer(node, depth + 1)
    return text


def _logical(node: Tree, depth: int) -> str:
    operator = node["operator"]
    if operator not in ("&&", "||"):
        raise _foreign(node)
    return f" {operator} ".join(_operand(part, operator, depth) for part in operands(node))


def _operand(node: Tree, operator: str, depth: int) -> str:
    text = _expression(node, depth)
    # `&&` binds closer than `||`; an operand of the same kind stands on the right, else it were part of the chain.
    loose = node["type"] == "LogicalExpression" and (operator == "&&" or node["operator"] == "||")
    return f"({text})" if loose else text


def _unary(node: Tree, depth: int) -> str:
    operator, argument = node["operator"], node["argument"]
    if operator == "-" and argument["type"] == "Literal" and type(argument["value"]) in (int, float):
        return f"-{_literal(argument, depth)}"
    if operator != "!":
        raise _foreign(node)
    text = _expression(argument, depth)
    return f"!({text})" if argument["type"] == "LogicalExpression" else f"!{text}"


def _call(node: Tree, depth: int) -> str:
    arguments = ", ".join(_expression(argument, depth) for argument in node["arguments"])
    return f"{_path(node['callee'], depth)}({arguments})"


def _path(node: Tree, depth: int) -> str:
    _fits(depth)
    if node["type"] == "Identifier":
        return _name(node["name"])
    if node["type"] != "MemberExpression":
        raise _foreign(node)
    owner, step = _path(node["object"], depth + 1), node["property"]
    if not node["computed"]:
        return f"{owner}.{_name(step['name'], is_member=True)}"
    if step["type"] != "Literal" or type(step["value"]) is not int or step["value"] < 0:
        raise Mistake("only the number of a custom field can stand in [ ] after a name.")
    return f"{owner}.{step['value']}"


def _literal(node: Tree, _depth: int) -> str:
    value = node["value"]
    if value is not None and type(value) not in (str, bool, int, float):
        raise _foreign(node)
    if type(value) in (int, float) and (not math.isfinite(value) or value < 0 or math.copysign(1, value) < 0):
        raise Mistake("a number in a tree is finite and not below zero.")
    return raw(value)


def _list(node: Tree, depth: int) -> str:
    return f"[{', '.join(_expression(element, depth) for element in node['elements'])}]"


def _object(node: Tree, depth: int) -> str:
    return f"{{{', '.join(_property(part, depth) for part in node['properties'])}}}"


def _property(node: Tree, depth: int) -> str:
    key = node["key"]
    name = _name(key["name"], is_member=True) if key["type"] == "Identifier" else raw(str(key["value"]))
    return f"{name}: {_expression(node['value'], depth)}"


_WRITERS: Final[dict[str, Any]] = {
    "LogicalExpression": _logical,
    "UnaryExpression": _unary,
    "CallExpression": _call,
    "MemberExpression": _path,
    "Identifier": _path,
    "Literal": _literal,
    "ArrayExpression": _list,
    "ObjectExpression": _object,
}


def _name(word: object, *, is_member: bool = False) -> str:
    if not isinstance(word, str) or not _NAME.fullmatch(word) or (word in _KEYWORDS and not is_member):
        raise Mistake("a name in this tree is none of the language's.")
    return word


def _fits(depth: int) -> None:
    if depth > DEEPEST:
        raise Mistake(f"this tree nests more than {DEEPEST} deep.")


def _foreign(node: Tree) -> Mistake:
    return Mistake(f"the language has no {str(node.get('type'))[:40]}.")
