"""The grammar: what can be written, what its tree is, and what is said of what can't be understood."""

import json
import random
import string
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from helpdesk.language import Mistake, parse_filter, parse_rule, unparse
from helpdesk.language.trees import Tree, calls, path_of
from tests.helpdesk.language.strategies import FILTERS, RULES

GOLDEN = {
    "": [],
    "eq(ticket.status, 'open')": [
        {
            "type": "ExpressionStatement",
            "expression": {
                "type": "CallExpression",
                "callee": {"type": "Identifier", "name": "eq"},
                "arguments": [
                    {
                        "type": "MemberExpression",
                        "computed": False,
                        "object": {"type": "Identifier", "name": "ticket"},
                        "property": {"type": "Identifier", "name": "status"},
                    },
                    {"type": "Literal", "value": "open", "raw": "'open'"},
                ],
            },
        }
    ],
}


@pytest.mark.parametrize("text", GOLDEN)
def test_a_filter_has_the_tree_that_javascript_would_give_it(text: str) -> None:
    assert parse_filter(text) == {"type": "Program", "body": GOLDEN[text], "sourceType": "script"}


def test_a_rule_has_the_tree_that_javascript_would_give_it() -> None:
    program = parse_rule("if (!a || b && c) { Action('x', {tags: 'a', 'b c': -1}) } else if (d) {} else {}")
    (statement,) = program["body"]
    assert (statement["type"], statement["test"]["operator"]) == ("IfStatement", "||")
    assert statement["test"]["left"] == {
        "type": "UnaryExpression",
        "operator": "!",
        "prefix": True,
        "argument": {"type": "Identifier", "name": "a"},
    }
    assert statement["test"]["right"]["operator"] == "&&"
    first, second = statement["consequent"]["body"][0]["expression"]["arguments"][1]["properties"]
    assert first["key"] == {"type": "Identifier", "name": "tags"}
    assert second["key"]["value"] == "b c"
    assert second["value"]["argument"]["value"] == 1
    assert statement["alternate"]["type"] == "IfStatement"
    assert statement["alternate"]["alternate"] == {"type": "BlockStatement", "body": []}
    assert json.loads(json.dumps(program)) == program


SAME = [
    ('eq(ticket.status,"open")', "eq(ticket.status, 'open')"),
    ("  a\n&&\tb ;; ", "a && b"),
    ("a // and so on\n&& /* b\n */ c", "a && c"),
    ("((a))", "a"),
    ("(a && b) && c", "a && b && c"),
    ("a && (b && c)", "a && (b && c)"),
    ("a || (b && c)", "a || b && c"),
    ("(a || b) && c", "(a || b) && c"),
    ("!(a || b)", "!(a || b)"),
    ("!!a", "!!a"),
    ("f([1, 2.50, -3,],)", "f([1, 2.5, -3])"),
    ("f(ticket.custom_fields[12])", "f(ticket.custom_fields.12)"),
    ("f({{ current_user.id }})", "f('{{current_user.id}}')"),
    (r"f('\u00e9\x41\'\n\q\/\u{1f600}\ud83d\ude00')", "f('éA\\'\\nq/😀😀')"),
    ("iffy && trueish.true", "iffy && trueish.true"),
    ("f({a: 1, 'b c': null})", "f({a: 1, 'b c': null})"),
    ("f(\u00a0true)\ufeff", "f(true)"),
]


@pytest.mark.parametrize(("written", "canonical"), SAME)
def test_the_canonical_text(written: str, canonical: str) -> None:
    assert unparse(parse_filter(written)) == canonical
    assert parse_filter(canonical) == parse_filter(written)


def test_a_long_filter_has_a_line_per_test() -> None:
    text = " && ".join(f"eq(ticket.subject, 'order {number}')" for number in range(4))
    assert unparse(parse_filter(text)).splitlines()[1] == "eq(ticket.subject, 'order 1') &&"


def test_a_rule_is_written_with_indents() -> None:
    code = "if (a) {\n    Action('x', {tags: 'a'});\n    if (b) {}\n} else if (c) {\n    Action('y', {});\n} else {}"
    assert unparse(parse_rule(code.replace("\n", " "))) == code


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FILTERS)
def test_a_filter_that_was_written_reads_back(tree: Tree) -> None:
    assert parse_filter(unparse(tree)) == tree


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RULES)
def test_a_rule_that_was_written_reads_back(tree: Tree) -> None:
    assert parse_rule(unparse(tree)) == tree


@settings(max_examples=400, deadline=None)
@given(st.text(st.sampled_from("eqab.(){}[],;:!&|'\"\\/*-0129 \n{{}}if else Action true ticket.status\x00\ud800é😀")))
@example("'\\")
@example("{{")
@example("f('\\u{110000}')")
@example("f('\\ud800')")
def test_any_text_is_a_tree_or_a_mistake_with_a_place(text: str) -> None:
    for parse in (parse_filter, parse_rule):
        caught = None
        try:
            json.dumps(parse(text))
        except Mistake as mistake:
            caught = mistake
        if caught is not None:
            lines = text.split("\n")
            assert 1 <= caught.line <= len(lines)
            assert 1 <= caught.column <= len(lines[caught.line - 1]) + 1
            assert str(caught).startswith(f"Line {caught.line}, column {caught.column}: ")


WRONG = [
    ("eq(ticket.status 'open')", 1, 18, "here stands 'open', but a comma, ( or ) was expected."),
    ("eq(ticket.status, 'open'", 1, 3, "this ( is never closed; ) is missing."),
    ("f([1, 2)", 1, 8, "here stands ), but a comma or ] was expected."),
    ("eq(ticket.status, 'open)", 1, 19, "this text is never closed; its second ' is missing on the line."),
    ("a == b", 1, 3, "compare with a function: eq(ticket.status, 'open')."),
    ("a and b", 1, 3, "write && for “and”."),
    ("not a", 1, 5, "write ! for “not”."),
    ("a &&\n\n b | c", 3, 4, "write || for “or”."),
    ("eq(a, “b”)", 1, 7, "write a text in straight quotes: 'open'."),
    ("eq(a) eq(b)", 1, 7, "here stands eq, but && or || was expected."),
    ("&& a", 1, 1, "here stands &&, but a test such as eq(ticket.status, 'open') was expected."),
    ("a &&", 1, 5, "the text ends here, but a test such as eq(ticket.status, 'open') was expected."),
    ("f(a,,b)", 1, 5, "here stands ,, but a field or a value was expected."),
    ("ticket.", 1, 8, "the text ends here, but the name of a field was expected."),
    (")", 1, 1, "this ) closes nothing."),
    ("if (a) {}", 1, 1, "a view's filter has no if and else: join its tests with &&."),
    ("f({{x)", 1, 4, "between {{ and }} stands who looks: {{current_user.id}}."),
    ("f(1e999)", 1, 3, "this number is too large."),
    ("f(99999999999999999999)", 1, 3, "this number is too large."),
    ("f('\\u12')", 1, 3, "\\u in a text needs the character's number: \\u00e9."),
    ("f('\\0')", 1, 3, "a text can't hold the character U+0000."),
    ("f('a\x00')", 1, 5, "here stands a character that no text can hold (U+0000)."),
    ("/* x", 1, 1, "this comment is never closed; */ is missing."),
    ("a ? b : c", 1, 3, "? means nothing here."),
]


@pytest.mark.parametrize(("text", "line", "column", "said"), WRONG, ids=[text[0] for text in WRONG])
def test_a_mistake_says_where_and_what_was_expected(text: str, line: int, column: int, said: str) -> None:
    with pytest.raises(Mistake) as caught:
        parse_filter(text)
    assert (caught.value.line, caught.value.column, caught.value.said) == (line, column, said)


WRONG_RULES = [
    ("if a", 1, 4, "here stands a, but ( was expected."),
    ("if (a) x", 1, 9, "the text ends here, but ( was expected."),
    ("if (a) {\n  Action('x', {})", 1, 8, "this { is never closed; } is missing."),
    ("if () {}", 1, 5, "here stands ), but a test such as eq(ticket.status, 'open') was expected."),
    ("else {}", 1, 1, "this else follows no if (…) {…}."),
    ("if (a) {} else", 1, 15, "the text ends here, but if (…) {…} or Action('…', {…}) was expected."),
    ("if (a) {}}", 1, 10, "this } closes nothing."),
    ("a(b) && c(d)", 1, 6, "here stands &&, but if (…) {…} or Action('…', {…}) was expected."),
]


@pytest.mark.parametrize(("text", "line", "column", "said"), WRONG_RULES, ids=[text[0] for text in WRONG_RULES])
def test_a_mistake_in_a_rule(text: str, line: int, column: int, said: str) -> None:
    with pytest.raises(Mistake) as caught:
        parse_rule(text)
    assert (caught.value.line, caught.value.column, caught.value.said) == (line, column, said)


HOSTILE = {
    "deep brackets": ("(" * 30_000, "nest more than 64 deep"),
    "deep lists": ("f(" + "[" * 30_000, "nest more than 64 deep"),
    "deep refusals": ("!" * 30_000 + "a", "nests more than 64 deep"),
    "a long path": ("a" + ".b" * 15_000, "nests more than 64 deep"),
    "many tests": (" && ".join(["f(a)"] * 5000), "test number 201; 200 are the most"),
    "many values": ("f([" + "1," * 20_000 + "])", "value number 601; 600 are the most"),
    "a long text": ("a" * 64_001, "64,000 are the most"),
    "alternating": ("(a && (b || " * 40, "nest more than 64 deep"),
    "quotes": ("'" * 9_999, "here stands '', but && or || was expected"),
    "backslashes": ("'" + "\\" * 60_000, "never closed"),
    "comments": ("/* " * 20_000, "never closed"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_refused_at_once(name: str) -> None:
    text, said = HOSTILE[name]
    began = time.thread_time()  # its own work, however busy the machine is
    with pytest.raises(Mistake) as caught:
        parse_filter(text)
    assert said in caught.value.said
    assert time.thread_time() - began < 2


def test_a_long_chain_of_conditions_is_refused() -> None:
    with pytest.raises(Mistake, match="nests more than 64 deep"):
        parse_rule("if (a) {}" + " else if (a) {}" * 100)
    with pytest.raises(Mistake, match="nest more than 64 deep"):
        parse_rule("if (a) {" * 1000)


def test_the_longest_chain_that_is_allowed() -> None:
    text = " || ".join(f"f(a{number})" for number in range(200))
    tree = parse_filter(text)
    assert len(list(calls(tree))) == 200
    assert parse_filter(unparse(tree)) == tree
    json.dumps(tree)


def test_random_bytes_never_break_it() -> None:
    chance = random.Random(7)
    for _ in range(300):
        text = "".join(chance.choices(string.printable, k=chance.randrange(200)))
        for parse in (parse_filter, parse_rule):
            try:
                parse(text)
            except Mistake:
                continue


FOREIGN: list[tuple[object, str]] = [
    ({"type": "Program"}, "incomplete"),
    ({"type": "WhileStatement"}, "no WhileStatement"),
    ({"type": "Program", "body": [{"type": "IfStatement"}]}, "incomplete"),
    ({"type": "Identifier", "name": "a b"}, "a name in this tree"),
    ({"type": "Identifier", "name": "if"}, "a name in this tree"),
    ({"type": "Literal", "value": float("inf")}, "finite"),
    ({"type": "Literal", "value": [1]}, "no Literal"),
    ({"type": "LogicalExpression", "operator": "??", "left": {}, "right": {}}, "no LogicalExpression"),
    ({"type": "Program", "body": 3}, "incomplete"),
    ([], "incomplete"),
    (None, "incomplete"),
]


@pytest.mark.parametrize(("tree", "said"), FOREIGN)
def test_trees_of_somebody_else_are_looked_at(tree: Tree, said: str) -> None:
    with pytest.raises(Mistake, match=said):
        unparse(tree)


def test_a_bottomless_tree_is_refused() -> None:
    tree: Tree = {"type": "Identifier", "name": "a"}
    for _ in range(5000):
        tree = {"type": "UnaryExpression", "operator": "!", "prefix": True, "argument": tree}
    with pytest.raises(Mistake, match="nests more than 64 deep"):
        unparse(tree)


def test_a_path_in_one_word() -> None:
    expression = parse_filter("f(ticket.custom_fields[12], 'x')")["body"][0]["expression"]
    assert path_of(expression["arguments"][0]) == "ticket.custom_fields.12"
    assert path_of(expression["arguments"][1]) is None


@pytest.mark.parametrize(
    ("bare", "braced"),
    [
        ("if (a(b)) Action('x', {})", "if (a(b)) {Action('x', {})}"),
        ("if (a(b)) Action('x', {}); Action('y', {});", "if (a(b)) {Action('x', {})} Action('y', {})"),
        ("if (a(b)) Action('x', {});\nelse Action('y', {})", "if (a(b)) {Action('x', {})} else {Action('y', {})}"),
        ("if (a(b)) {} else if (c(d)) Action('x', {})", "if (a(b)) {} else if (c(d)) {Action('x', {})}"),
    ],
)
def test_a_single_action_needs_no_braces(bare: str, braced: str) -> None:
    assert parse_rule(bare) == parse_rule(braced)
