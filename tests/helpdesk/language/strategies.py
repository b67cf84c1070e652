"""Random expressions of the language: any that can be written, and those that a ticket can be asked."""

from hypothesis import strategies as st

from helpdesk.language import trees
from helpdesk.language.trees import Tree

LETTERS = "abcXYZ äÄßéİıΣσς'\"\\%_/{}[]()&|!.,;:\n\t\r\u2028😀ü-"
NAMES = st.from_regex(r"\A[A-Za-z_$][A-Za-z0-9_$]{0,8}\Z").filter(
    lambda name: name not in ("if", "else", "true", "false", "null")
)
NUMBERS = st.one_of(
    st.integers(0, trees.LARGEST_NUMBER),
    st.floats(0, 1e18, allow_nan=False).filter(lambda number: str(number)[0] != "-"),
)
CONSTANTS = st.one_of(st.text(LETTERS, max_size=12), st.booleans(), st.none(), NUMBERS)
LITERALS = st.builds(trees.literal, CONSTANTS)
PATHS = st.lists(st.one_of(NAMES, st.integers(0, 10**18).map(str)), max_size=3).flatmap(
    lambda steps: NAMES.map(lambda first: trees.path(".".join([first, *steps])))
)
NEGATIVES = st.one_of(st.integers(-(10**9), -1), st.floats(-1e9, -0.001)).map(trees.literal)


def _expressions(children: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    key = st.one_of(
        NAMES.map(lambda name: {"type": "Identifier", "name": name}),
        st.text(LETTERS, max_size=5).map(trees.literal),
    )
    prop = st.builds(
        lambda key, value: {
            "type": "Property", "key": key, "value": value,
            "kind": "init", "computed": False, "method": False, "shorthand": False,
        },
        key, children,
    )  # fmt: skip
    return st.one_of(
        st.builds(
            lambda operator, left, right: {
                "type": "LogicalExpression", "operator": operator, "left": left, "right": right
            },
            st.sampled_from(["&&", "||"]), children, children,
        ),
        children.map(lambda part: {"type": "UnaryExpression", "operator": "!", "prefix": True, "argument": part}),
        st.builds(
            lambda callee, arguments: {"type": "CallExpression", "callee": callee, "arguments": arguments},
            PATHS, st.lists(children, max_size=3),
        ),
        st.lists(children, max_size=3).map(lambda parts: {"type": "ArrayExpression", "elements": parts}),
        st.lists(prop, max_size=3).map(lambda parts: {"type": "ObjectExpression", "properties": parts}),
    )  # fmt: skip


#: Whatever can be written.
EXPRESSIONS = st.recursive(st.one_of(LITERALS, PATHS, NEGATIVES), _expressions, max_leaves=12)

FILTERS = st.one_of(st.none(), EXPRESSIONS).map(trees.program_of)

_ACTIONS = st.builds(lambda name, what: trees.call(name, *what), NAMES, st.lists(EXPRESSIONS, max_size=2)).map(
    lambda call: {"type": "ExpressionStatement", "expression": call}
)


def _statements(children: st.SearchStrategy[list[Tree]]) -> st.SearchStrategy[list[Tree]]:
    block = children.map(lambda body: {"type": "BlockStatement", "body": body})
    plain = st.builds(
        lambda test, then, other: {"type": "IfStatement", "test": test, "consequent": then, "alternate": other},
        EXPRESSIONS, block, st.one_of(st.none(), block),
    )  # fmt: skip
    chained = st.builds(lambda first, second: {**first, "alternate": second}, plain, plain)
    return st.lists(st.one_of(_ACTIONS, plain, chained), max_size=3)


RULES = st.recursive(st.lists(_ACTIONS, max_size=2), _statements, max_leaves=4).map(
    lambda body: {"type": "Program", "body": body, "sourceType": "script"}
)
