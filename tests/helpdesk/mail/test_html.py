"""The HTML of strangers is shown safely, and read out as text."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.mail.html import safe_html
from helpdesk.mail.htmltext import html_text

ALLOWED = re.compile(r"</?(?:[a-z][a-z0-9]*)((?: [a-z]+=\"[^\"]*\")*)>")
HARMLESS_ATTRIBUTES = {
    "href", "target", "rel", "src", "alt", "width", "height", "colspan", "rowspan", "align", "valign", "start", "dir",
    "lang", "title",
}  # fmt: skip
PIECES = [
    "<", ">", '"', "'", "=", "/", "<b>", "</b>", "<p ", "<a href=", "javascript:", "<img src=x onerror=", "<svg>",
    "<!--", "-->", "<style>", "</style>", "<math>", "<table>", "<td>", "<script", "</script>", "&lt;", "&#", "\x00",
    "x", " ", "\n", "<noscript>", "<title>", "<textarea>", "<a title='", "<![CDATA[", "<template>", "ü", "<select>",
    "<plaintext>", "</p>", "<mtext>", "<foreignObject>", "<img alt=",
]  # fmt: skip


def assert_harmless(html: str) -> None:
    """Only known tags with known attributes, and addresses that neither act nor load anything."""
    for tag in re.findall(r"<[^>]*>", html):
        match = ALLOWED.fullmatch(tag)
        assert match, tag
        attributes = dict(re.findall(r' ([a-z]+)="([^"]*)"', match[1]))
        assert set(attributes) <= HARMLESS_ATTRIBUTES
        assert re.match(r"https?://|mailto:|tel:|$", attributes.get("href", ""), re.IGNORECASE)
        assert attributes.get("src", "cid:").lower().startswith("cid:")
        assert not tag.startswith("<a ") or attributes["rel"] == "noopener noreferrer"


@pytest.mark.parametrize(
    ("html", "safe"),
    [
        ("<p onclick='evil()' style='color:red' class=x id=y hx-get=/x>Hi", "<p>Hi</p>"),
        ("<script>evil()</script><style>p{}</style><title>t</title>Hi", "Hi"),
        ("<body onload=evil()><form action=/x><input name=q>Hi</form>", "Hi"),
        ("<svg><script>evil()</script></svg><math><mtext>x</math><iframe src=/x></iframe>Hi", "Hi"),
        ("<!-- <b>c</b> --><![if !mso]>Hi<![endif]><?xml x?><o:p></o:p>", "Hi"),
        ("<img src='https://spy.example/p.gif' width=1 height=1>Hi", "Hi"),
        ("<img src=https://shop.example/hat.png alt='A hat' onerror=evil()>", '<img alt="A hat">'),
        ("<img src='data:image/svg+xml,<svg onload=evil()>'>Hi", "Hi"),
        ("<img src=cid:hat@1 width=10 height=1e9>", '<img src="cid:hat@1" width="10">'),
        ("<b>bold<i>both</b>rest</i>", "<b>bold<i>both</i></b>rest"),
        ("<ul><li>a<li>b</ul><p>c<p>d", "<ul><li>a</li><li>b</li></ul><p>c</p><p>d</p>"),
        (
            "mail <anna@b.example> 1 < 2 &lt;b&gt; &#x3c;i> &amp;",
            "mail &lt;anna@b.example&gt; 1 &lt; 2 &lt;b&gt; &lt;i&gt; &amp;",
        ),
        ('<font face="Arial"">stray quote</font>', "stray quote"),
        ("<a", "&lt;a"),
        ("", ""),
    ],
)
def test_what_is_left_of_html(html: str, safe: str) -> None:
    assert safe_html(html) == safe
    assert_harmless(safe_html(html))


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://shop.example/?a=1&amp;b=2", True),
        ("HTTP://shop.example", True),
        ("mailto:a@b.example", True),
        ("tel:+491234", True),
        ("javascript:evil()", False),
        (" java\nscript:evil()", False),
        ("&#106;avascript:evil()", False),
        ("data:text/html,<script>evil()</script>", False),
        ("vbscript:x", False),
        ("/tickets/1/delete", False),
        ("//evil.example", False),
        ("cid:x", False),
    ],
)
def test_links_lead_only_outside(address: str, kept: bool) -> None:
    safe = safe_html(f'<a href="{address}" ping=https://spy.example target=_top>x</a>')
    assert ('href="' in safe) is kept
    assert 'target="_blank"' in safe
    assert_harmless(safe)


@given(st.lists(st.sampled_from(PIECES)).map("".join))
@settings(max_examples=300, deadline=None)
def test_no_mixture_of_html_is_harmful(html: str) -> None:
    safe = safe_html(html)
    assert_harmless(safe)
    html_text(safe)


@pytest.mark.parametrize(
    "html",
    [
        "".join(f"<b title=x{number}><p>" for number in range(15_000)),
        "".join(f"<a href=https://x.example/{number}><!--</a>--><p>" for number in range(10_000)),
        "<div>" * 30_000,
        "<table><tr><td>" * 10_000,
        "<a x='" * 10_000,
    ],
)
def test_html_made_to_grow_stays_in_proportion(html: str) -> None:
    """Untamed, the first two need more memory than the machine has, and the others minutes."""
    assert len(safe_html(html)) < 10 * len(html)


def test_html_is_read_out_as_text() -> None:
    html = """<html><body><h1>Your order</h1><p>Dear&nbsp;Anna,<br>thanks   for
    <b>everything</b>.</p><ul><li>a hat<li><p>a coat</p><ol><li>red</li><li>blue</li></ol></ul>
    <table><tr><th>Hat<td>10 €<tr><th>Coat<td>20 €</table>
    <p>See <a href="https://shop.example/o/1">your order</a> or <a href="https://shop.example">shop.example</a>
    or <a href="mailto:a@b.example">write</a>.</p><img src=cid:1 alt="A hat"><hr><pre>a
  b</pre><blockquote>You wrote:<blockquote>older</blockquote></blockquote><div>Bye</div><div>Anna</div>"""
    assert html_text(safe_html(html)) == (
        "Your order\n\nDear Anna,\nthanks for everything.\n\n- a hat\n- a coat\n  1. red\n  2. blue\n\n"
        "Hat  10 €\nCoat  20 €\n\nSee your order (https://shop.example/o/1) or shop.example or write (a@b.example).\n\n"
        "A hat\n---\n\na\n  b\n\n> You wrote:\n>\n> > older\n\nBye\nAnna"
    )
