"""Every form of every page, filled in by somebody who means harm: stored or refused with a sentence, shown escaped."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask

from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser
from tests.helpdesk.web.everywhere import Route, address, furnish_everything, routes, things_of

#: Everything that is written somewhere, at once: what is refused in one field must not shield it in another.
WICKED = " ".join(
    (
        "👩‍👩‍👧‍👦 🏳️‍🌈 \N{ZERO WIDTH SPACE}",
        "مرحبا \N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "{{7*7}} {% for x in y %} ${7*7} {{ticket.__class__.__mro__}} {{config}}",
        "'); DROP TABLE ticket;-- \" OR 1=1",
        "Subject\r\nBcc: everybody@example.org\r\n\r\nBody",
    )
)
HOSTILE = {
    "wicked": WICKED,
    "long": "x" * 10_000,
    "line breaks": "Subject\r\nBcc: everybody@example.org\r\n\r\nBody",
    "control": "a\x00b\x0bc\x1b[31m\ufffe\ud7ff",
    "numbers": "-1",
    "huge number": "9" * 40,
}

#: Logging out ends the walk, and what deactivates the account ends the desk.
LEFT_ALONE = {"/logout"}

#: The page whose frame is tried for all: what stands around `<main>` is the same everywhere.
FRAMED = "tickets.index"

PAGES = [
    route
    for route in routes()
    if route.method == "GET" and not {"token", "key"} & set(route.arguments) and not route.is_public
]


@dataclass
class Form:
    """A form as a browser would send it."""

    action: str
    method: str
    typed: list[str] = field(default_factory=list)  #: fields into which anything can be written
    given: dict[str, str] = field(default_factory=dict)  #: what else is sent along
    is_frame: bool = False  #: stands outside `<main>`


class Reader(HTMLParser):
    """Reads the forms of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._is_frame = "<main" in page
        self._select: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in pairs}
        if tag == "main":
            self._is_frame = False
        if tag == "form":
            method = attributes.get("method", "get").lower()
            self._open = Form(attributes.get("action", ""), method, is_frame=self._is_frame)
            self.forms.append(self._open)
        if self._open is None:
            return
        name, kind = attributes.get("name", ""), attributes.get("type", "text")
        if tag == "textarea" or (tag == "input" and kind not in ("hidden", "checkbox", "radio", "submit", "file")):
            self._open.typed.append(name)
        elif tag == "input" and kind in ("hidden", "checkbox", "radio"):
            self._open.given.setdefault(name, attributes.get("value", "y"))
        elif tag == "button" and name:
            self._open.given[name] = attributes.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            self._open.given[self._select] = attributes.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "main":
            self._is_frame = True
        if tag == "form":
            self._open = None
        if tag == "select":
            self._select = None


@pytest.fixture
def things(desk: Desk) -> dict[str, Any]:
    """One of everything."""
    furnish_everything(desk)
    return things_of(desk.session, desk.account_id)


@pytest.mark.parametrize("route", PAGES, ids=str)
def test_forms_take_anything_and_break_nothing(
    app: Flask, desk: Desk, client: Browser, things: dict[str, Any], route: Route
) -> None:
    path = address(app, route, things)
    page = client.get(path)
    forms = Reader(page.get_data(as_text=True)).forms if page.mimetype == "text/html" else []
    for form in {(form.action, *form.typed): form for form in forms}.values():
        if form.action in LEFT_ALONE or not form.typed or (form.is_frame and route.endpoint != FRAMED):
            continue
        for name, fields in _filled(form):
            answer = _send(client, form, fields)
            assert answer.status_code < 500, (form.action, name, answer.get_data(as_text=True)[:2000])
            _is_escaped(answer.get_data(as_text=True), (form.action, name))
        _is_escaped(client.get(path).get_data(as_text=True), (path, "afterwards"))
    assert desk.replay().agrees


def _filled(form: Form) -> Iterator[tuple[str, dict[str, str]]]:
    """All fields with the same, and each field alone with everything."""
    plain = {name: "a@b.example" if "mail" in name else "Plain" for name in form.typed}
    for name, text in HOSTILE.items():
        yield name, {**form.given, **dict.fromkeys(form.typed, text)}
    if len(form.typed) > 1:
        for name in form.typed:
            yield f"{name} alone", {**form.given, **plain, name: WICKED}


def _send(client: Browser, form: Form, fields: dict[str, str]) -> Any:
    if form.method == "get":
        return client.get(form.action, query_string=fields)
    return client.post(form.action, **fields)


def _is_escaped(page: str, where: tuple[str, str]) -> None:
    assert "<script>alert(1)" not in page, where
    assert "<img src=x" not in page, where
    assert "\x00" not in page, where
