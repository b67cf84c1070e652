"""Turns the Markdown that a team member writes into HTML that may be sent and shown; raw HTML in it stays text."""

import re
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

#: What Markdown makes, and nothing else.
_TAGS: Final = {
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES: Final = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES: Final = {"http", "https", "mailto", "tel"}

_BARE_ADDRESS: Final = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]}'*_~]")


def to_html(text: str) -> str:
    """The HTML of a Markdown text; a line end is a line end, and a bare address is a link."""
    return nh3.clean(
        _parser.render(text), tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener noreferrer"
    ).strip()


def _make_parser() -> MarkdownIt:
    # Pictures would be fetched from wherever they are by everybody who reads the mail.
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["strikethrough", "table"])
    parser.disable(["image", "html_block", "html_inline"])
    parser.core.ruler.after("inline", "bare_addresses", _link_bare_addresses)
    return parser


def _link_bare_addresses(state: StateCore) -> None:
    for block in state.tokens:
        if block.type == "inline" and block.children:
            block.children = _linked(block.children)


def _linked(tokens: list[Token]) -> list[Token]:
    found: list[Token] = []
    depth = 0
    for token in tokens:
        depth += token.nesting if token.type in ("link_open", "link_close") else 0
        found += [token] if depth or token.type != "text" else _pieces(token.content, token.level)
    return found


def _pieces(text: str, level: int) -> list[Token]:
    pieces: list[Token] = []
    end = 0
    for link in _BARE_ADDRESS.finditer(text):
        pieces += [_text(text[end : link.start()], level), _open(link[0], level), _text(link[0], level + 1)]
        pieces.append(Token("link_close", "a", -1, level=level))
        end = link.end()
    return [*pieces, _text(text[end:], level)]


def _text(content: str, level: int) -> Token:
    return Token("text", "", 0, content=content, level=level)


def _open(address: str, level: int) -> Token:
    return Token("link_open", "a", 1, attrs={"href": address}, level=level)


_parser: Final = _make_parser()
