"""What no template may hold: attributes of htmx 2, inline style and script, and whatever needs eval."""

import re
from pathlib import Path

import pytest

TEMPLATES = sorted((Path(__file__).parents[3] / "templates").rglob("*.html"))

FORBIDDEN = {
    "htmx 2": r"\shx-(vars|params|prompt|ext|disinherit|inherit|request|history|disabled-elt|ws|sse(?!:))\b",
    "inline style": r"<style|\sstyle=",
    "inline script": r"<script(?![^>]*\bsrc=)|\son[a-z]+=|hx-on|javascript:",
    "eval": r"hx-(vals|headers|trigger)[^=]*=[\"'](js:|[^\"']*\[)",
    "an inherited attribute that is not said to be": r"<body[^>]*\shx-headers=",
    "somebody else's server": r"(src|href)=\"(https?:)?//",
}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_template_holds_nothing_forbidden(template: Path) -> None:
    text = template.read_text()
    assert [name for name, pattern in FORBIDDEN.items() if re.search(pattern, text)] == []
