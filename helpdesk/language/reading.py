"""Reads a text into a tree, or says where it can't be understood."""

import math
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from helpdesk.language.mistakes import Mistake
from helpdesk.language.trees import (
    DEEPEST,
    LARGEST_NUMBER,
    LONGEST_TEXT,
    LONGEST_VALUE,
    MOST_TERMS,
    MOST_VALUES,
    Node,
    raw,
)


def parse_filter(text: str) -> Node:
    """A view's filter as a Program of one expression, or of none; raises Mistake."""
    return _parse(text, "filter")


def parse_rule(text: str) -> Node:
    """A rule's code as a Program of statements; raises Mistake."""
    return _parse(text, "rule")


def _parse(text: str, start: str) -> Node:
    if len(text) > LONGEST_TEXT:
        raise Mistake(f"this text has {len(text):,} characters; {LONGEST_TEXT:,} are the most.")
    if found := _UNWRITABLE.search(text):
        line, column = _place_in(text, found.start())
        raise Mistake(f"here stands a character that no text can hold (U+{ord(found[0]):04X}).", line, column)
    guard = _Guard(text, start)
    parser = _language().parse_interactive(text, start)
    try:
        for token in parser.iter_parse():
            guard.see(token)
        program: Node = parser.feed_eof()  # type: ignore[no-untyped-call]
    except UnexpectedInput as error:
        expected: set[str] = parser.accepts()  # type: ignore[no-untyped-call]
        raise guard.mistake(error, expected) from None
    return program


@cache
def _language() -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(
        grammar, parser="lalr", start=["filter", "rule"], maybe_placeholders=False, transformer=_Builder(), strict=False
    )


#: NUL, which PostgreSQL can't store, and halves of characters, which no encoding has.
_UNWRITABLE: Final = re.compile("[\x00\ud800-\udfff]")


def _place_in(text: str, position: int) -> tuple[int, int]:
    line = text.count("\n", 0, position) + 1
    return line, position - text.rfind("\n", 0, position)


class _Guard:
    """Watches the words go by: how deep they nest, how many they are, and which brackets are still open."""

    def __init__(self, text: str, start: str) -> None:
        self.text = text
        self.start = start
        self.last: Token | None = None
        self.open: list[tuple[Token, bool]] = []  #: each with whether it opens the arguments of a call
        self.terms = 0
        self.values = 0

    def see(self, token: Token) -> None:
        """Count one word; raises Mistake once there are too many, or where a sentence of our own says more."""
        if token.type == "NAME" and token in ("if", "else") and self.last != ".":
            raise Mistake(_NO_IF if self.start == "filter" else "this else follows no if (…) {…}.", *_at(token))
        if token in ("(", "[", "{") and token.type != "STRING":
            self._open(token)
        elif token in (")", "]", "}") and self.open:
            self.open.pop()
        elif token.type in _VALUES:
            self.values += 1
            if self.values > MOST_VALUES:
                raise Mistake(f"this is value number {self.values}; {MOST_VALUES} are the most.", *_at(token))
        self.last = token

    def _open(self, token: Token) -> None:
        self.open.append((token, token == "(" and self.last is not None and self.last.type in ("NAME", "INDEX")))
        if len(self.open) > DEEPEST:
            raise Mistake(f"brackets nest more than {DEEPEST} deep.", *_at(token))
        if token == "(":
            self.terms += 1
            if self.terms > MOST_TERMS:
                raise Mistake(f"this is test number {self.terms}; {MOST_TERMS} are the most.", *_at(token))

    def mistake(self, error: UnexpectedInput, expected: set[str]) -> Mistake:
        """The parser's complaint in words of a person."""
        if isinstance(error, UnexpectedCharacters):
            return Mistake(_odd_character(self.text, error), error.line, error.column)
        if not isinstance(error, UnexpectedToken):
            return Mistake("this can't be understood.", error.line, error.column)
        wanted = self._wanted(expected)
        if error.token.type != "$END":
            return Mistake(self._odd_word(error.token, wanted), *_at(error.token))
        if self.open:
            unclosed = self.open[-1][0]
            return Mistake(f"this {unclosed} is never closed; {_CLOSING[unclosed.value]} is missing.", *_at(unclosed))
        return Mistake(f"the text ends here, but {wanted} was expected.", *_place_in(self.text, len(self.text)))

    def _odd_word(self, token: Token, wanted: str) -> str:
        for word in (token, self.last):
            if word in _SPOKEN:
                return f"write {_SPOKEN[word]} for “{word}”."
        if token in (")", "]", "}") and not self.open:
            return f"this {token} closes nothing."
        if token == "{" == self.last:
            return _NO_PLACEHOLDER
        shown = token if len(token) <= 40 else f"{token[:40]}…"
        return f"here stands {shown}, but {wanted} was expected."

    def _wanted(self, expected: set[str]) -> str:
        if "BANG" in expected:
            in_arguments = bool(self.open) and (self.open[-1][0] == "[" or self.open[-1][1])
            return "a field or a value" if in_arguments else _TEST
        for together, said in _TOGETHER:
            if together <= expected:
                return said
        words = [_NAMES.get(name) or _sign(name) for name in sorted(expected)]
        words = list(dict.fromkeys(word for word in words if word))
        if not words:
            return "&& or ||" if "__ANON_1" in expected else "nothing more"
        return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


_VALUES: Final = {"STRING", "NUMBER", "PLACEHOLDER"}
_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}
_TEST: Final = "a test such as eq(ticket.status, 'open')"
_NO_IF: Final = "a view's filter has no if and else: join its tests with &&."
_NO_PLACEHOLDER: Final = "between {{ and }} stands who looks: {{current_user.id}}."
_SPOKEN: Final[dict[str | None, str]] = {"and": "&&", "AND": "&&", "or": "||", "OR": "||", "not": "!", "NOT": "!"}


def _at(token: Token) -> tuple[int, int]:
    return token.line or 1, token.column or 1


_QUOTES: Final = "write a text in straight quotes: 'open'."
_HINTS: Final = {
    "=": "compare with a function: eq(ticket.status, 'open').",
    ">": "compare with a function: gt(ticket.updated_datetime, '2026-01-01').",
    "<": "compare with a function: lt(ticket.updated_datetime, '2026-01-01').",
    "&": "write && for “and”.",
    "|": "write || for “or”.",
    "+": "nothing can be added up here.",
    "#": "a comment begins with //.",
    **dict.fromkeys("“”‘’„`", _QUOTES),
    "'": "this text is never closed; its second ' is missing on the line.",
    '"': 'this text is never closed; its second " is missing on the line.',
}


def _odd_character(text: str, error: UnexpectedCharacters) -> str:
    at: int = error.pos_in_stream  # type: ignore[assignment]
    rest = text[at : at + 2]
    if rest == "/*":
        return "this comment is never closed; */ is missing."
    if rest == "{{":
        return _NO_PLACEHOLDER
    return _HINTS.get(rest[0], f"{rest[0]} means nothing here.")


#: What several of the grammar's words mean together, then what single ones are called.
_TOGETHER: Final = (
    ({"NAME", "IF", "RBRACE"}, "if (…) {…}, Action('…', {…}) or }"),
    ({"NAME", "IF"}, "if (…) {…} or Action('…', {…})"),
    ({"NAME", "INDEX"}, "the name of a field"),
    ({"NAME", "STRING"}, "a name such as tags"),
)
_NAMES: Final = {
    "NAME": "a name",
    "IF": "if (…)",
    "INDEX": "the number of a custom field",
    "NUMBER": "a number",
    "COMMA": "a comma",
    "COLON": "a colon",
}
#: They could stand nearly everywhere, and would make every sentence longer.
_UNSAID: Final = {"$END", "SEMICOLON", "DOT", "SQUARE", "__ANON_0", "__ANON_1"}


def _sign(name: str) -> str:
    if name in _UNSAID:
        return ""
    return next((str(terminal.pattern.value) for terminal in _language().terminals if terminal.name == name), "")


class _Builder(Transformer[Token, Node]):
    """Makes the nodes, from the innermost outwards, while the parser reads."""

    def filter(self, parts: list[Any]) -> Node:
        nodes = [part for part in parts if isinstance(part, Node)]
        body = [_node("ExpressionStatement", node.place, [node], expression=node) for node in nodes]
        return _node("Program", (1, 1), body, body=body, sourceType="script")

    def rule(self, statements: list[Any]) -> Node:
        body = [part for part in statements if isinstance(part, Node)]
        return _node("Program", (1, 1), body, body=body, sourceType="script")

    def action_statement(self, parts: list[Node]) -> Node:
        return _node("ExpressionStatement", parts[0].place, parts, expression=parts[0])

    def if_statement(self, parts: list[Any]) -> Node:
        head, test, consequent, *other = parts
        alternate = other[0] if other else None
        nodes = [test, consequent, *other]
        return _node("IfStatement", _at(head), nodes, test=test, consequent=consequent, alternate=alternate)

    def block(self, parts: list[Any]) -> Node:
        body = [part for part in parts[1:] if isinstance(part, Node)]
        return _node("BlockStatement", _at(parts[0]), body, body=body)

    def bare(self, parts: list[Any]) -> Node:
        body = [self.action_statement(parts[:1])]  # as if it stood in braces: a tree has one shape for what is done
        return _node("BlockStatement", parts[0].place, body, body=body)

    def any_of(self, parts: list[Node]) -> Node:
        return _logical("||", *parts)

    def all_of(self, parts: list[Node]) -> Node:
        return _logical("&&", *parts)

    def negation(self, parts: list[Any]) -> Node:
        return _node("UnaryExpression", _at(parts[0]), [parts[1]], operator="!", prefix=True, argument=parts[1])

    def negative(self, parts: list[Token]) -> Node:
        argument = self.number(parts[1:])
        return _node("UnaryExpression", _at(parts[0]), [argument], operator="-", prefix=True, argument=argument)

    def call(self, parts: list[Node]) -> Node:
        callee, *arguments = parts
        return _node("CallExpression", callee.place, parts, callee=callee, arguments=arguments)

    def identifier(self, parts: list[Token]) -> Node:
        return _node("Identifier", _at(parts[0]), [], name=str(parts[0]))

    def member(self, parts: list[Any]) -> Node:
        owner, name = parts
        step = self.identifier([name])
        return _node("MemberExpression", owner.place, [owner], computed=False, object=owner, property=step)

    def numbered_member(self, parts: list[Any]) -> Node:
        owner, number = parts[0], parts[-1]
        step = self.number([number])
        return _node("MemberExpression", owner.place, [owner], computed=True, object=owner, property=step)

    def text(self, parts: list[Token]) -> Node:
        return _literal(parts[0], _unescaped(parts[0]))

    def number(self, parts: list[Token]) -> Node:
        token = parts[0]
        value = int(token) if token.isdigit() and len(token) < 25 else float(token)
        if not math.isfinite(value) or value > LARGEST_NUMBER:
            raise Mistake("this number is too large.", *_at(token))
        return _literal(token, value)

    def true(self, parts: list[Token]) -> Node:
        return _literal(parts[0], True)

    def false(self, parts: list[Token]) -> Node:
        return _literal(parts[0], False)

    def null(self, parts: list[Token]) -> Node:
        return _literal(parts[0], None)

    def placeholder(self, parts: list[Token]) -> Node:
        return _literal(parts[0], "{{" + parts[0].strip("{} \t\r\n") + "}}")

    def array(self, parts: list[Any]) -> Node:
        elements = [part for part in parts if isinstance(part, Node)]
        return _node("ArrayExpression", _at(parts[0]), elements, elements=elements)

    def record(self, parts: list[Any]) -> Node:
        properties = [part for part in parts if isinstance(part, Node)]
        return _node("ObjectExpression", _at(parts[0]), properties, properties=properties)

    def named_property(self, parts: list[Any]) -> Node:
        return _property(self.identifier(parts[:1]), parts[1])

    def quoted_property(self, parts: list[Any]) -> Node:
        return _property(self.text(parts[:1]), parts[1])


def _node(type_: str, place: tuple[int, int], children: list[Node], **content: Any) -> Node:
    depth = 1 + max((child.depth for child in children), default=0)
    if depth > DEEPEST:
        raise Mistake(f"this nests more than {DEEPEST} deep.", *place)
    return Node(type_, place, depth, **content)


def _logical(operator: str, left: Node, right: Node) -> Node:
    node = _node("LogicalExpression", left.place, [right], operator=operator, left=left, right=right)
    # A chain of the same operator is one level, however long it is.
    is_chain = left["type"] == "LogicalExpression" and left["operator"] == operator
    node.depth = max(node.depth, left.depth if is_chain else left.depth + 1)
    if node.depth > DEEPEST:
        raise Mistake(f"this nests more than {DEEPEST} deep.", *left.place)
    return node


def _literal(token: Token, value: str | float | bool | None) -> Node:
    return _node("Literal", _at(token), [], value=value, raw=raw(value))


def _property(key: Node, value: Node) -> Node:
    return _node(
        "Property", key.place, [value],
        key=key, value=value, kind="init", computed=False, method=False, shorthand=False,
    )  # fmt: skip


_ESCAPE: Final = re.compile(r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_SHORT: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


def _unescaped(token: Token) -> str:
    def meant(escape: re.Match[str]) -> str:
        code = escape[1] or escape[2] or escape[3]
        if code is None:
            if escape[4] in "ux":
                raise Mistake(f"\\{escape[4]} in a text needs the character's number: \\u00e9.", *_at(token))
            return _SHORT.get(escape[4], escape[4])
        number = int(code, 16)
        if number > 0x10FFFF:
            raise Mistake("a text names a character that doesn't exist.", *_at(token))
        return chr(number)

    text = _ESCAPE.sub(meant, token[1:-1])
    # Two halves that were written one after the other are one character.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _HALVES.search(text) else text
    if "\0" in text:
        raise Mistake("a text can't hold the character U+0000.", *_at(token))
    if len(text) > LONGEST_VALUE:
        raise Mistake(f"this text has {len(text):,} characters; {LONGEST_VALUE:,} are the most.", *_at(token))
    return text


_HALVES: Final = re.compile("[\ud800-\udfff]")
