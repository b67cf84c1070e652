"""Every page: axe finds nothing in light and dark, nothing scrolls sideways on a phone, lists go on as one scrolls."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import House, log_in
from tests.browser.looks import complaints

PAGES = [
    "/tickets",
    "/tickets?view=spam",
    "/tickets?q=order+everything",
    "/tickets/{full}?view=all",
    "/tickets/{full}",
    "/tickets/{full}/merge?other=61",
    "/tickets/{full}/customers?q=carol",
    "/tickets/new",
    "/mail",
    "/nothing-here",
]


def test_axe_finds_nothing(house: House, page: Page, problems: list[str]) -> None:
    page.goto("/login")
    found = {"/login": complaints(page)}
    log_in(page, "owner@demo.example")
    for address in PAGES:
        page.goto(address.format(full=house.full))
        found[address] = complaints(page)
    page.goto(f"/tickets/{house.full}")
    page.locator("#ticket-page summary").filter(has_text="Snooze").click()
    found["snooze menu"] = complaints(page)
    page.get_by_label("Internal note").check()
    page.locator("#trail summary").first.click()
    page.get_by_role("link", name="Merge").click()
    expect(page.locator("dialog[open]")).to_be_visible()
    found["merge dialog"] = complaints(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Spam", exact=True).click()
    expect(page.locator(".toast")).to_be_visible()
    found["toast"] = complaints(page)
    page.get_by_role("button", name="Not spam", exact=True).click()
    expect(page.get_by_role("button", name="Spam", exact=True)).to_be_visible()
    assert {address: lines for address, lines in found.items() if lines} == {}
    problems[:] = [line for line in problems if "404" not in line]


@pytest.mark.parametrize("width", [360, 390, 768, 1280, 2560])
def test_nothing_scrolls_sideways(house: House, owner: Page, width: int, problems: list[str]) -> None:
    owner.set_viewport_size({"width": width, "height": 844})
    for address in PAGES:
        owner.goto(address.format(full=house.full))
        assert owner.evaluate("document.documentElement.scrollWidth") <= width, address
    problems.clear()  # one of them is not found


def test_the_rail_is_a_drawer_on_a_phone(owner: Page) -> None:
    owner.set_viewport_size({"width": 390, "height": 844})
    owner.goto("/tickets")
    owner.get_by_label("Menu").first.click()
    owner.locator(".drawer-panel").get_by_role("link", name="Spam").click()
    expect(owner.get_by_role("heading", name="Spam")).to_be_visible()


def test_a_list_goes_on_as_one_scrolls(owner: Page) -> None:
    owner.goto("/tickets?view=all")
    rows = owner.locator(".rows .row")
    expect(rows).to_have_count(50)
    owner.locator(".row-more").scroll_into_view_if_needed()
    expect(rows).not_to_have_count(50)
    numbers = rows.locator("a").evaluate_all("links => links.map(link => link.href)")
    assert len(set(numbers)) == len(numbers)


def test_newer_tickets_wait_behind_a_pill_and_counts_go_on(house: House, owner: Page) -> None:
    owner.goto("/tickets")
    count = owner.locator(".rail").get_by_role("link", name="Inbox").locator(".count")
    before = int(count.inner_text().split()[0])
    owner.locator(".rows").hover()  # nothing moves under a pointer
    house.let_time_pass(timedelta(minutes=1))
    house.a_ticket("Just came in")
    expect(owner.get_by_role("link", name="1 new or changed: show")).to_be_visible(timeout=8000)
    expect(owner.locator(".rows")).not_to_contain_text("Just came in")
    assert int(count.inner_text().split()[0]) == before + 1
    owner.get_by_role("link", name="1 new or changed: show").click()
    expect(owner.locator(".rows")).to_contain_text("Just came in")


def test_outgoing_mail_can_be_read(owner: Page) -> None:
    owner.goto("/mail")
    owner.get_by_role("link", name="Caught").click()
    expect(owner.get_by_role("article")).to_contain_text("Hello from the trap")


def test_logging_out(owner: Page) -> None:
    owner.locator(".me summary").click()
    owner.get_by_role("button", name="Log out").click()
    expect(owner.locator(".toast")).to_contain_text("You are logged out")
    owner.goto("/tickets")
    expect(owner).to_have_url(f"{owner.url.split('/login')[0]}/login?next=/tickets")


def test_nothing_asks_while_nobody_looks(owner: Page, house: House) -> None:
    owner.goto(f"/tickets/{house.a_ticket('Hidden')}")
    owner.evaluate("Object.defineProperty(document, 'hidden', {value: true})")
    asked: list[Any] = []
    owner.on("request", lambda request: asked.append(request.url))
    owner.wait_for_timeout(2500)
    assert asked == []
