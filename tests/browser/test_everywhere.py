"""Every page that there is, read from the application itself: axe finds nothing, and nothing scrolls sideways."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from helpdesk import oauth
from tests.browser.conftest import House, log_in, served, watch
from tests.browser.looks import complaints
from tests.desks import Desk
from tests.helpdesk.web.everywhere import address, application, furnish_everything, routes, teach, things_of

PAGES = [
    route
    for route in routes()
    if route.method == "GET" and not route.is_public and not {"name", "menu", "mail_id"} & {*route.arguments}
]
# Each area's own journeys look at their pages in every run; this one makes sure that none is left out.
pytestmark = pytest.mark.long

#: Answers to programs, or fragments that only stand within a page.
NO_PAGES = {
    "audit.around", "audit.complete", "audit.facets", "audit.live", "audit.newer", "audit.older",
    "drills.line", "lessons.line", "macros.pick", "shell.pulse", "tickets.compose",
}  # fmt: skip


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None) -> Iterator[tuple[House, list[str]]]:
    """A desk with one of everything, and the addresses of all its pages."""

    def furnish(desk: Desk) -> int:
        furnish_everything(desk)
        return desk.a_ticket("A ticket").id

    with served(tmp_path_factory.mktemp("everything"), furnish) as house:
        app: Flask = application()
        session, account_id = house.desk.session, house.desk.account_id
        things = {**things_of(session, account_id), **teach(session, account_id, house.desk.owner_id)}
        pages = {route.endpoint: address(app, route, things) for route in PAGES if route.endpoint not in NO_PAGES}
        pages["oauth.authorize"] += "?" + urlencode(what_an_application_asks(house.desk))
        yield house, [*pages.values(), "/api/docs"]


def what_an_application_asks(desk: Desk) -> dict[str, str]:
    """What stands in the address under which somebody is asked whether a program may act as them."""
    with desk.acting():
        made, _ = oauth.register(desk.account, "Tracker", ["https://app.example/done"], by=desk.by_admin)
    return {
        "response_type": "code", "client_id": made.client_id, "redirect_uri": "https://app.example/done",
        "scope": "tickets:read offline", "code_challenge": "c" * 43, "code_challenge_method": "S256",
    }  # fmt: skip


def test_axe_finds_nothing_on_any_page(
    browser: Browser,
    everything: tuple[House, list[str]],
    problems: list[str],
) -> None:
    house, addresses = everything
    context = browser.new_context(base_url=house.url, reduced_motion="reduce")
    page = log_in(watch(context.new_page(), problems), "owner@demo.example")
    found = {}
    for path in addresses:
        page.goto(path)
        if lines := complaints(page):
            found[path] = lines
    context.close()
    assert found == {}


def test_no_page_scrolls_sideways_on_a_phone(
    browser: Browser, everything: tuple[House, list[str]], problems: list[str]
) -> None:
    house, addresses = everything
    context = browser.new_context(base_url=house.url, viewport={"width": 390, "height": 844})
    page = log_in(watch(context.new_page(), problems), "owner@demo.example")
    assert {path: width for path in addresses if (width := _width(page, path)) > 390} == {}
    context.close()


def _width(page: Page, path: str) -> int:
    page.goto(path)
    return int(page.evaluate("document.documentElement.scrollWidth"))
