"""Makes the HTML of a mail safe to show."""

import re
from collections.abc import Iterator
from html import escape, unescape
from typing import NamedTuple

import nh3

FORMATTING = frozenset({
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
})  # fmt: skip
VOID = frozenset({"br", "hr", "img", "col", "wbr"})
BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "center", "dd", "details", "div", "dl", "dt", "figcaption",
    "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre",
    "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
_TEXT_LEVEL = frozenset({
    "abbr", "acronym", "b", "bdi", "bdo", "big", "br", "caption", "cite", "code", "col", "colgroup", "del", "dfn",
    "em", "i", "img", "ins", "kbd", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "time", "tt", "u", "var", "wbr", "a",
})  # fmt: skip
_ALLOWED = BLOCKS | _TEXT_LEVEL
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "align", "valign"},
    "th": {"colspan", "rowspan", "align", "valign"},
    "ol": {"start"},
}
_SWALLOWED = frozenset({
    "script", "style", "title", "template", "textarea", "select", "object", "applet", "iframe", "frameset",
    "noframes", "noembed", "noscript", "xmp", "svg", "math", "audio", "video", "canvas", "map",
})  # fmt: skip
_ENDS_OPEN = {
    "li": {"li", "p"},
    "td": {"td", "th", "p"},
    "th": {"td", "th", "p"},
    "tr": {"tr", "td", "th", "p"},
    "dt": {"dt", "dd", "p"},
    "dd": {"dt", "dd", "p"},
}
_NUMBER = re.compile(r"[0-9]{1,4}%?")
_SAFE_LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\s]", re.IGNORECASE)
# After = a quote protects, as browsers read it; a stray one elsewhere doesn't. Possessive: there is no way back.
_TAG = re.compile(r"""<(/?)([a-zA-Z][a-zA-Z0-9:-]*+)(?=[\s/>])((?:[^>=]++|=\s*+"[^"]*+"|=\s*+'[^']*+'|=)*+)>""")
_ATTRIBUTE = re.compile(r"""([^\s=/>"'<]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"']++)))?+""")
_LONGEST_TAG = 5_000
_MOST_TAGS = 30_000
_DEEPEST = 200
_DEEPEST_FORMATTING = 10


class Token(NamedTuple):
    """A run of text (then `tag` is empty), or a start or end tag with its attributes decoded."""

    tag: str
    closing: bool
    attributes: dict[str, str]
    text: str


def within_limits(html: str, longest: int) -> str:
    """As much of the HTML's beginning as can be made safe in moderate time: `longest` characters, 30,000 tags."""
    position = -1
    for _ in range(_MOST_TAGS + 1):
        position = html.find("<", position + 1, longest)
        if position < 0:
            return html[:longest]
    return html[:position]


def safe_html(html: str) -> str:
    """The HTML with nothing left in it that acts, loads, submits or reports that it was read.

    No scripts, styles, forms, event handlers, ids or classes. Links lead only to web, mail and telephone addresses,
    and tell them nothing of where they came from. Images are kept only where the mail brings them along (`cid:`, RFC
    2392): every other one could be a tracking pixel, and only its `alt` text stays. nh3 has the last word.
    """
    return nh3.clean(
        "".join(_tamed(html)),
        tags=set(_ALLOWED),
        clean_content_tags={"script", "style", "title"},
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=_attribute,
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"http", "https", "mailto", "tel", "cid"},
    ).strip()


def tokens(html: str) -> Iterator[Token]:
    """Text and tags in their order; comments, declarations and whatever holds no readable text are left out."""
    position = 0
    while (opening := html.find("<", position)) >= 0:
        if opening > position:
            yield Token("", False, {}, _characters(html[position:opening]))
        if html.startswith(("<!", "<?"), opening):
            position = _after_comment(html, opening)
            continue
        ends = html.find(">", opening, opening + _LONGEST_TAG) > 0
        tag = _TAG.match(html, opening, opening + _LONGEST_TAG) if ends else None
        if tag is None:
            yield Token("", False, {}, "<")
            position = opening + 1
            continue
        name, position = tag[2].lower(), tag.end()
        if name in _SWALLOWED and not tag[1]:
            position = _after_end_tag(html, name, position)
        else:
            yield Token(name, bool(tag[1]), _attributes(tag[3]), "")
    yield Token("", False, {}, _characters(html[position:]))


def _tamed(html: str) -> Iterator[str]:
    """The same HTML with every tag closed, in bounded depth, and nothing but what is allowed.

    The standard makes browsers (and nh3) reopen unclosed formatting in every later paragraph, so 200 kB of `<b><p>`
    grow to gigabytes. Closed and counted before nh3 sees it, the work stays in proportion to the mail.
    """
    stack: list[str] = []
    for tag, closing, attributes, text in tokens(html):
        if not tag:
            yield escape(text, quote=False)
        elif tag not in _ALLOWED:
            yield " " if tag in {"form", "body"} else ""
        elif tag in VOID:
            yield "" if closing or _is_pixel(tag, attributes) else _start_tag(tag, attributes)
        elif closing:
            if tag in stack:
                while (last := stack.pop()) != tag:
                    yield f"</{last}>"
                yield f"</{tag}>"
        else:
            while stack and stack[-1] in _ENDS_OPEN.get(tag, {"p"} if tag in BLOCKS else ()):
                yield f"</{stack.pop()}>"
            formats = sum(open_tag in FORMATTING for open_tag in stack) if tag in FORMATTING else 0
            if len(stack) < _DEEPEST and formats < _DEEPEST_FORMATTING:
                stack.append(tag)
                yield _start_tag(tag, attributes)
    for tag in reversed(stack):
        yield f"</{tag}>"


def _is_pixel(tag: str, attributes: dict[str, str]) -> bool:
    """An image that would neither be shown nor has anything to say."""
    if tag != "img" or attributes.get("alt", "").strip():
        return False
    return _attribute("img", "src", attributes.get("src", "")) is None


def _start_tag(tag: str, attributes: dict[str, str]) -> str:
    allowed = _ATTRIBUTES["*"] | _ATTRIBUTES.get(tag, set())
    kept = (f' {name}="{escape(value)}"' for name, value in attributes.items() if name in allowed)
    return f"<{tag}{''.join(kept)}>"


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return value.strip() if _SAFE_LINK.match(value.strip()) else None
    if name == "src":
        return value.strip() if value.strip().lower().startswith("cid:") else None
    if name in {"width", "height", "colspan", "rowspan", "start"}:
        return value if _NUMBER.fullmatch(value) else None
    return value


def _attributes(text: str) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(text):
        attributes.setdefault(name.lower(), _characters("".join(values)))
    return attributes


def _characters(text: str) -> str:
    """The text with its entities read, as far as that can be done."""
    try:
        return unescape(text)
    except ValueError:  # a number of more digits than Python reads
        return text


def _after_comment(html: str, opening: int) -> int:
    end = html.find("-->", opening + 2) + 3 if html.startswith("<!--", opening) else html.find(">", opening) + 1
    return end if end > opening else len(html)


def _after_end_tag(html: str, name: str, position: int) -> int:
    end = re.compile(rf"</{name}(?=[\s/>])[^>]*>", re.IGNORECASE).search(html, position)
    return end.end() if end else len(html)
