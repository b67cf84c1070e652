"""Reads the HTML of a mail out as plain text."""

import re

from helpdesk.mail.html import BLOCKS, Token, tokens

_PARAGRAPHS = frozenset({
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "dl", "table", "pre", "figure",
})  # fmt: skip
_DEEPEST_QUOTE = 9
_LONGEST_LINK = 500


def html_text(html: str) -> str:
    """The text of HTML with paragraphs, list items, quotes (`> `), links and images' alt texts still to be told apart.

    Wants what `safe_html` returns: every tag closed, nothing hidden in it that isn't text.
    """
    writer = _Writer()
    for token in tokens(html):
        writer.take(token)
    return writer.text()


class _Writer:
    """Writes lines, and remembers where in lists, quotes, links and preformatted text it stands."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line = ""
        self.bullet = ""
        self.quotes = 0
        self.gap: int | None = None
        self.preformatted = 0
        self.bullets: list[int | None] = []
        self.links: list[tuple[str, int, int]] = []

    def text(self) -> str:
        self._end_line()
        return "\n".join(self.lines).strip("\n")

    def take(self, token: Token) -> None:
        if not token.tag:
            self._write(token.text)
        elif token.tag == "br":
            self._end_line(always=True)
        elif token.tag == "img":
            self._write(f" {token.attributes.get('alt', '')} ")
        elif token.tag == "a":
            self._end_link() if token.closing else self._start_link(token.attributes.get("href", ""))
        elif token.tag in BLOCKS:
            self._block(token.tag, token.closing)

    def _block(self, tag: str, closing: bool) -> None:
        if tag in {"td", "th"}:
            if closing and self.line.strip():
                self.line = self.line.rstrip() + "  "
            return
        self._end_line()
        if tag in _PARAGRAPHS and not (self.bullets and tag in {"p", "ul", "ol"}):
            self.gap = min(self.quotes, self.quotes if self.gap is None else self.gap)
        step = -1 if closing else 1
        if tag == "blockquote":
            self.quotes = max(0, self.quotes + step)
        elif tag == "pre":
            self.preformatted = max(0, self.preformatted + step)
        elif tag in {"ul", "ol"}:
            self._list(tag, closing)
        elif tag == "li" and not closing:
            self._bullet()
        elif tag == "hr" and not closing:
            self.line = "---"
            self._end_line()

    def _list(self, tag: str, closing: bool) -> None:
        if not closing:
            self.bullets.append(0 if tag == "ol" else None)
        elif self.bullets:
            self.bullets.pop()

    def _bullet(self) -> None:
        number = self.bullets[-1] if self.bullets else None
        if number is not None:
            self.bullets[-1] = number = number + 1
        indent = "  " * min(max(0, len(self.bullets) - 1), _DEEPEST_QUOTE)
        self.bullet = indent + (f"{number}. " if number is not None else "- ")

    def _start_link(self, target: str) -> None:
        self.links.append((target, len(self.lines), len(self.line)))

    def _end_link(self) -> None:
        if not self.links:
            return
        target, lines, start = self.links.pop()
        shown = self.line[start:].strip() if lines == len(self.lines) else ""
        bare = re.sub(r"^(?:https?://|mailto:|tel:)", "", target).rstrip("/")
        if bare and len(target) <= _LONGEST_LINK and shown and bare not in shown.replace(" ", ""):
            self._write(f" ({target.removeprefix('mailto:').removeprefix('tel:')})")

    def _write(self, text: str) -> None:
        if self.preformatted:
            first, *others = text.split("\n")
            self.line += first
            for other in others:
                self._end_line(always=True)
                self.line += other
            return
        words = re.sub(r"[ \t\r\n\f\xa0]+", " ", text)
        self.line += words.lstrip(" ") if not self.line or self.line.endswith(" ") else words

    def _end_line(self, *, always: bool = False) -> None:
        if self.line.strip() or always:
            if self.lines and self.gap is not None and self.lines[-1].strip("> "):
                self.lines.append(_prefix(min(self.gap, self.quotes)).rstrip())
            self.lines.append((_prefix(self.quotes) + self.bullet + self.line).rstrip())
            self.bullet, self.gap = "", None
        self.line = ""


def _prefix(quotes: int) -> str:
    return "> " * min(quotes, _DEEPEST_QUOTE)
