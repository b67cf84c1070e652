"""Markdown that a team member writes: harmless HTML, whatever was written."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.markdown import to_html
from helpdesk.placeholders import for_markdown

LINK = 'rel="noopener noreferrer"'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Hi **you**", "<p>Hi <strong>you</strong></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("[words](https://a.example)", f'<p><a href="https://a.example" {LINK}>words</a></p>'),
        (
            "see https://a.example/x_y_z.",
            f'<p>see <a href="https://a.example/x_y_z" {LINK}>https://a.example/x_y_z</a>.</p>',
        ),
        ("`https://a.example`", "<p><code>https://a.example</code></p>"),
        ("~~no~~", "<p><s>no</s></p>"),
        ("", ""),
    ],
)
def test_what_markdown_means(text: str, html: str) -> None:
    assert to_html(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>)",
        "![pixel](https://track.example/1.png)",
        "<a href='javascript:1'>x</a>",
        '[x](https://a.example "\\" onclick=\\"x")',
        "<style>*{display:none}</style>",
    ],
)
def test_nothing_that_runs_or_loads_comes_out(text: str) -> None:
    assert tags_in(to_html(text)) <= {("p", ()), ("a", ("href", "rel")), ("a", ("href", "title", "rel"))}
    assert "javascript:" not in "".join(re.findall(r'href="[^"]*"', to_html(text)))


def tags_in(html: str) -> set[tuple[str, tuple[str, ...]]]:
    """Every tag with the names of its attributes, as a browser reads it."""
    found = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
            found.add((tag, tuple(name for name, _ in pairs)))

    Reader().feed(html)
    return found


@given(st.text(max_size=300))
def test_any_text_makes_harmless_html(text: str) -> None:
    assert not re.search(r"<(?:script|img|style|iframe|form|input)\b", to_html(text))


@pytest.mark.parametrize(
    "name", ["*Bob*", "[click](https://evil.example)", "<b>x</b>", "# Title", "https://evil.example", "a_b_c"]
)
def test_a_customers_name_is_no_markdown(name: str) -> None:
    html = to_html(f"Hi {for_markdown(name)},")
    assert not re.search(r"<(?:a|em|strong|b|h1)\b", html)


def test_a_long_line_of_signs_takes_no_time() -> None:
    for sign in ("[", "*a ", "> ", "`", "(" * 3):
        to_html(sign * 5000)
