"""The inbox in a browser: three panes that keep their place, search, what is new, who looks, undo, any size."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from helpdesk import marks, tickets
from tests.browser.conftest import House, log_in
from tests.browser.looks import complaints


def row(page: Page, number: int) -> Locator:
    """A ticket's row in the list."""
    return page.locator(f"#row-{number}")


def pane(page: Page) -> Locator:
    """The ticket that is open."""
    return page.locator("#ticket-page")


def reloads(page: Page) -> None:
    """Leave a mark that a reload would wipe out."""
    page.evaluate("window.mark = 'still here'")


def assert_never_reloaded(page: Page) -> None:
    """The mark is still there."""
    assert page.evaluate("window.mark") == "still here"


def test_opening_keeps_the_list_where_it_is_and_back_works(house: House, owner: Page) -> None:
    owner.goto("/tickets?view=all&sort=created-up")
    reloads(owner)
    rows = owner.locator("[data-row]")
    expect(rows).to_have_count(50)
    owner.locator(".row-more").scroll_into_view_if_needed()
    expect(rows).not_to_have_count(50)
    count = rows.count()
    rows.nth(54).locator(".row-link").scroll_into_view_if_needed()
    place = owner.locator("[data-list]").evaluate("list => list.scrollTop")
    assert place > 500
    first, second = (rows.nth(at).get_attribute("data-row") for at in (54, 52))
    for number in (first, second):
        owner.locator(f"#row-{number} .row-link").click()
        expect(pane(owner)).to_have_attribute("data-ticket", str(number))
        expect(owner).to_have_url(f"{house.url}/tickets/{number}?view=all&sort=created-up")
        expect(owner.locator(f"#row-{number} .row-link")).to_have_attribute("aria-current", "true")
        expect(owner).to_have_title(re.compile(f"^#{number} "))
    expect(owner.locator(".row-link[aria-current]")).to_have_count(1)
    owner.go_back()
    expect(pane(owner)).to_have_attribute("data-ticket", str(first))
    expect(owner.locator(f"#row-{first} .row-link")).to_have_attribute("aria-current", "true")
    owner.go_back()
    expect(owner.get_by_role("heading", name="No ticket is open")).to_be_visible()
    expect(owner).to_have_url(f"{house.url}/tickets?view=all&sort=created-up")
    expect(owner).to_have_title("All · Desk")
    owner.go_forward()
    expect(pane(owner)).to_have_attribute("data-ticket", str(first))
    assert rows.count() == count
    assert abs(owner.locator("[data-list]").evaluate("list => list.scrollTop") - place) < 5
    assert_never_reloaded(owner)
    owner.reload()
    expect(pane(owner)).to_have_attribute("data-ticket", str(first))
    expect(owner.get_by_text("Oldest ticket first").first).to_be_visible()


def test_back_from_elsewhere_shows_the_ticket_again(house: House, owner: Page) -> None:
    number = house.a_ticket("Comes back")
    owner.goto("/tickets?view=all")
    row(owner, number).locator(".row-link").click()
    expect(pane(owner)).to_have_attribute("data-ticket", str(number))
    owner.locator(".rail").get_by_role("link", name="Spam").click()
    expect(owner.get_by_role("heading", name="Spam")).to_be_visible()
    owner.go_back()
    expect(pane(owner)).to_have_attribute("data-ticket", str(number))
    expect(owner).to_have_url(f"{house.url}/tickets/{number}?view=all")


def test_a_row_is_unread_until_it_is_opened(house: House, owner: Page) -> None:
    number = house.a_ticket("Read me")
    owner.goto("/tickets")
    expect(row(owner, number)).to_have_class(re.compile("row-unread"))
    row(owner, number).locator(".row-link").click()
    expect(row(owner, number)).not_to_have_class(re.compile("row-unread"))
    owner.get_by_role("button", name="Mark as unread").click()
    expect(row(owner, number)).to_have_class(re.compile("row-unread"))
    expect(owner.get_by_role("heading", name="No ticket is open")).to_be_visible()
    expect(owner).to_have_url(f"{house.url}/tickets?view=inbox")


def test_searching(house: House, owner: Page) -> None:
    number = house.a_ticket("The walrus teapot drips")
    with house.desk.acting():
        tickets.trash(house.desk.ticket(number), by=house.desk.by_ana)
    house.desk.session.rollback()
    owner.goto("/tickets")
    owner.keyboard.press("/")
    expect(owner.get_by_label("Search tickets")).to_be_focused()
    owner.keyboard.type("teapot walr")
    owner.keyboard.press("Enter")
    expect(owner.locator("[data-row]")).to_have_count(1)
    expect(row(owner, number).locator("mark")).to_have_text(["walrus", "teapot"])
    expect(row(owner, number)).to_contain_text("Trash")
    owner.locator(".list-sought summary").click()
    owner.locator(".list-sought").get_by_role("link", name="In Inbox").click()
    expect(owner.get_by_role("heading", name="Nothing found")).to_be_visible()
    owner.get_by_role("link", name="Search everywhere").click()
    row(owner, number).locator(".row-link").click()
    expect(pane(owner)).to_have_attribute("data-ticket", str(number))
    expect(owner).to_have_url(re.compile(rf"/tickets/{number}\?q=teapot"))


def test_others_changes_show_where_the_rows_stand(house: House, owner: Page) -> None:
    number = house.a_ticket("Changes in place")
    owner.goto("/tickets?view=inbox")
    reloads(owner)
    row(owner, number).locator(".row-link").focus()
    before = row(owner, number).bounding_box()
    with house.desk.acting():
        tickets.assign(house.desk.ticket(number), house.desk.ben, by=house.desk.by_ben)
    house.desk.session.rollback()
    expect(row(owner, number)).to_contain_text("Ben Okafor", timeout=8000)
    assert row(owner, number).bounding_box() == before
    with house.desk.acting():
        tickets.close(house.desk.ticket(number), by=house.desk.by_ben)
    house.desk.session.rollback()
    expect(row(owner, number)).to_contain_text("Not in Inbox any more", timeout=8000)
    expect(row(owner, number).locator(".row-link")).to_be_focused()
    assert_never_reloaded(owner)


def test_new_tickets_wait_behind_a_pill_also_while_the_clock_stands(house: House, owner: Page) -> None:
    owner.goto("/tickets?view=inbox")
    first = owner.locator("[data-row]").first.get_attribute("data-row")
    owner.locator(f"#row-{first} .row-link").click()
    expect(pane(owner)).to_be_visible()
    number = house.a_ticket("Waits behind the pill")
    pill = owner.get_by_role("link", name="1 new or changed: show")
    expect(pill).to_be_visible(timeout=8000)
    expect(row(owner, number)).to_have_count(0)
    pill.click()
    expect(row(owner, number)).to_be_visible()
    expect(pane(owner)).to_have_attribute("data-ticket", str(first))  # what one reads stays
    expect(owner.locator(f"#row-{first} .row-link")).to_have_attribute("aria-current", "true")
    expect(pill).to_be_hidden()


def test_a_list_at_its_top_that_nobody_touches_shows_what_is_new(house: House, owner: Page) -> None:
    owner.goto("/tickets?view=inbox")
    owner.mouse.move(640, 5)
    number = house.a_ticket("Comes by itself")
    expect(row(owner, number)).to_be_visible(timeout=8000)
    expect(owner.locator(".pill")).to_be_hidden()
    owner.locator("[data-list]").evaluate("list => list.scrollTo(0, 100)")
    number = house.a_ticket("Waits for whoever has scrolled")
    expect(owner.get_by_role("link", name="1 new or changed: show")).to_be_visible(timeout=8000)
    expect(row(owner, number)).to_have_count(0)


def test_who_else_looks_is_told(house: House, owner: Page, ben: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "LOOKS_FOR", timedelta(seconds=5))
    monkeypatch.setattr(marks, "NOTED_EVERY", timedelta(seconds=1))
    number = house.a_ticket("Two pairs of eyes")
    owner.goto(f"/tickets/{number}")
    expect(owner.get_by_text("is looking at this")).to_have_count(0)
    ben.goto(f"/tickets/{number}")
    expect(ben.get_by_text("Olive Owner is looking at this")).to_be_visible(timeout=8000)
    expect(owner.get_by_text("Ben Okafor is looking at this")).to_be_visible(timeout=8000)
    ben.goto("/customers")
    expect(owner.get_by_text("is looking at this")).to_have_count(0, timeout=15_000)


def test_what_was_done_can_be_undone_from_the_toast(house: House, owner: Page) -> None:
    number = house.a_ticket("Undone")
    owner.goto(f"/tickets/{number}")
    toolbar = owner.get_by_role("group", name="What to do with this ticket")
    for button, event in (
        ("Close", "Ticket reopened"),
        ("Spam", "Ticket unmarked spam"),
        ("Trash", "Ticket untrashed"),
    ):
        toolbar.get_by_role("button", name=button, exact=True).click()
        owner.locator(".toast").last.get_by_role("button", name="Undo").click()
        expect(owner.locator("#trail .line-label").first).to_have_text(event)
        expect(owner.locator(".toast").last).to_contain_text("1 undone")
        expect(owner.locator(".badges")).to_have_text(re.compile(r"^\s*Open\s*$"))


def test_one_pane_at_a_time_on_a_phone(house: House, owner: Page) -> None:
    number = house.a_ticket("In the hand")
    owner.set_viewport_size({"width": 390, "height": 844})
    owner.goto("/tickets?view=all")
    expect(owner.locator(".ticket-pane")).to_be_hidden()
    row(owner, number).locator(".row-link").click()
    expect(pane(owner)).to_be_visible()
    expect(owner.locator(".list-pane")).to_be_hidden()
    owner.get_by_role("link", name="All", exact=True).click()
    expect(row(owner, number)).to_be_visible()
    expect(row(owner, number).locator(".row-link")).to_be_focused()
    expect(owner).to_have_url(f"{house.url}/tickets?view=all")
    owner.go_back()
    expect(pane(owner)).to_be_visible()


def test_everything_can_be_larger(house: House, owner: Page) -> None:
    owner.goto("/tickets")
    owner.locator(".me summary").click()
    owner.get_by_role("button", name="Larger, for a projector").click()
    assert owner.evaluate("getComputedStyle(document.documentElement).fontSize") == "20px"
    owner.reload()
    assert owner.evaluate("getComputedStyle(document.documentElement).fontSize") == "20px"
    for width in (390, 1280):
        owner.set_viewport_size({"width": width, "height": 800})
        for address in ("/tickets", f"/tickets/{house.full}"):
            owner.goto(address)
            assert owner.evaluate("document.documentElement.scrollWidth") <= width, (width, address)
    owner.locator(".me summary").click()
    owner.get_by_role("button", name="Larger, for a projector").click()
    assert owner.evaluate("getComputedStyle(document.documentElement).fontSize") == "16px"


def test_axe_finds_nothing(house: House, owner: Page) -> None:
    number = house.a_ticket("Looked at closely")
    owner.goto("/tickets?view=inbox")
    found = {}
    row(owner, number).get_by_role("checkbox").check()
    found["selected"] = complaints(owner)
    owner.locator("[data-deed-menu='assign'] summary").click()
    expect(owner.get_by_role("button", name="Ben Okafor")).to_be_visible()
    found["menu"] = complaints(owner)
    owner.get_by_role("button", name="Ben Okafor").click()
    expect(owner.locator(".toast")).to_contain_text("1 assigned")
    found["toast with undo"] = complaints(owner)
    with house.desk.acting():
        tickets.close(house.desk.ticket(number), by=house.desk.by_ben)
    house.desk.session.rollback()
    expect(row(owner, number)).to_contain_text("Not in Inbox any more", timeout=8000)
    house.a_ticket("Behind the pill")
    expect(owner.locator(".pill")).to_be_visible(timeout=8000)
    found["left, and pill"] = complaints(owner)
    owner.keyboard.press("?")
    expect(owner.get_by_role("heading", name="Keys")).to_be_visible()
    found["keys"] = complaints(owner)
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_it_works_without_scripts(house: House, browser: Browser, browser_context_args: dict[str, Any]) -> None:
    number = house.a_ticket("Without scripts")
    house.let_time_pass(timedelta(minutes=1))
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    page = log_in(context.new_page(), "owner@demo.example")
    page.goto("/tickets?view=all&sort=created")
    page.get_by_role("checkbox", name=f"Select ticket {number}").check()
    page.locator("[data-bulk]").get_by_role("button", name="Close").click()
    expect(page.locator(".toast")).to_contain_text("1 closed")
    expect(page).to_have_url(f"{house.url}/tickets?view=all&sort=created")
    expect(row(page, number)).to_contain_text("Closed")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("1 undone")
    page.get_by_role("link", name="More tickets").click()
    expect(page.get_by_role("link", name="From the beginning again")).to_be_visible()
    context.close()
