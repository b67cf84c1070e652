"""The inbox without a mouse: every key of the sheet does what it says, never while somebody writes, and focus stays."""

import re

import pytest
from playwright.sync_api import Page, expect

from helpdesk.models import Role
from helpdesk.web.shortcuts import SHORTCUTS
from tests.browser.conftest import House, log_in
from tests.browser.test_inbox import pane, row
from tests.helpdesk.web.browsers import hire

#: What a person would call what has the focus.
FOCUSED = """() => {
  const control = document.activeElement.closest("summary, button, a, input, textarea, [tabindex]");
  return control?.textContent?.trim() || control?.ariaLabel || control?.id;
}"""


def newest(page: Page) -> str:
    """What happened last to the ticket that is open."""
    return page.locator("#trail .line-label").first.inner_text()


def test_moving_opening_and_selecting(house: House, owner: Page) -> None:
    third, second, first = (house.a_ticket(f"Walked over {name}") for name in ("third", "second", "first"))
    owner.goto("/tickets?view=inbox")
    for number in (first, second, third):
        owner.keyboard.press("j")
        expect(row(owner, number).locator(".row-link")).to_be_focused()
    owner.keyboard.press("k")
    expect(row(owner, second).locator(".row-link")).to_be_focused()
    owner.keyboard.press("o")
    expect(pane(owner)).to_have_attribute("data-ticket", str(second))
    expect(row(owner, second).locator(".row-link")).to_be_focused()  # and j goes on from there
    owner.keyboard.press("j")
    owner.keyboard.press("Enter")
    expect(pane(owner)).to_have_attribute("data-ticket", str(third))
    owner.keyboard.press("x")
    expect(row(owner, third).get_by_role("checkbox")).to_be_checked()
    owner.keyboard.press("k")
    owner.keyboard.press("k")
    owner.keyboard.press("Shift+X")
    for number in (first, second, third):
        expect(row(owner, number).get_by_role("checkbox")).to_be_checked()
    expect(owner.locator("[data-selected]")).to_have_text("3 selected")
    owner.keyboard.press("Escape")
    expect(owner.locator("[data-bulk]")).to_be_hidden()
    expect(row(owner, first).locator(".row-link")).to_be_focused()


@pytest.mark.parametrize(
    ("key", "event"),
    [("e", "Ticket closed"), ("!", "Ticket marked spam"), ("#", "Ticket trashed")],
)
def test_a_verb_on_the_ticket_that_is_open_and_undo(house: House, owner: Page, key: str, event: str) -> None:
    number = house.a_ticket("Worked by key")
    owner.goto(f"/tickets/{number}")
    owner.keyboard.press(key)
    expect(owner.locator("#trail .line-label").first).to_have_text(event)
    owner.keyboard.press("z")
    expect(owner.locator(".toast").last).to_contain_text("1 undone")
    assert newest(owner) != event


def test_undo_by_key_when_the_toast_is_gone(house: House, owner: Page) -> None:
    number = house.a_ticket("Regretted late")
    owner.goto(f"/tickets/{number}")
    owner.keyboard.press("e")
    expect(owner.locator("#trail .line-label").first).to_have_text("Ticket closed")
    owner.locator(".toast").get_by_label("Dismiss").click()
    expect(owner.locator(".toast")).to_have_count(0)
    owner.keyboard.press("z")
    expect(owner.locator("#trail .line-label").first).to_have_text("Ticket reopened")


def test_menus_open_with_their_first_choice_focused(house: House, owner: Page) -> None:
    number = house.a_ticket("Menus by key")
    owner.goto(f"/tickets/{number}")
    owner.keyboard.press("s")
    expect(owner.get_by_role("button", name="In 3 hours")).to_be_focused()
    owner.keyboard.press("ArrowDown")
    expect(owner.get_by_role("button", name="Tomorrow, 9:00").first).to_be_focused()
    owner.keyboard.press("Enter")
    expect(owner.locator("#trail .line-label").first).to_have_text("Ticket snoozed")
    owner.keyboard.press("z")
    expect(owner.locator("#trail .line-label").first).to_have_text("Ticket reopened")
    owner.keyboard.press("a")
    owner.keyboard.press("Escape")
    expect(owner.locator("details[data-menu][open]")).to_have_count(0)
    owner.keyboard.press("t")
    expect(owner.locator("#add-tag")).to_be_focused()


def test_writing(house: House, owner: Page) -> None:
    number = house.a_ticket("Written by key")
    owner.goto(f"/tickets/{number}")
    owner.keyboard.press("n")
    expect(owner.get_by_role("textbox", name="Message")).to_be_focused()
    expect(owner.get_by_label("Internal note")).to_be_checked()
    owner.keyboard.type("jex#!u?/z")  # letters, while one writes
    expect(owner.get_by_role("textbox", name="Message")).to_have_value("jex#!u?/z")
    assert newest(owner) == "Ticket updated"
    owner.keyboard.press("Escape")
    owner.keyboard.press("t")
    expect(owner.locator("#add-tag")).to_be_focused()
    owner.keyboard.press("Escape")  # the list of tags, then the field
    owner.keyboard.press("Escape")
    owner.keyboard.press("r")
    expect(owner.get_by_role("textbox", name="Message")).to_have_value("jex#!u?/z")
    expect(owner.get_by_role("textbox", name="Message")).to_be_focused()
    expect(owner.locator("input[name=mode][value=reply]")).to_be_checked()


def test_a_key_in_the_list_means_the_row_that_is_focused(house: House, owner: Page) -> None:
    other, number = house.a_ticket("Stays open"), house.a_ticket("Closed from the list")
    owner.goto(f"/tickets/{other}?view=inbox")
    row(owner, number).locator(".row-link").focus()
    owner.keyboard.press("e")
    expect(owner.locator(".toast").last).to_contain_text("1 closed")
    expect(row(owner, number)).to_contain_text("Not in Inbox any more")
    expect(row(owner, number).locator(".row-link")).to_be_focused()
    expect(owner.locator("[data-bulk]")).to_be_hidden()
    assert newest(owner) == "Ticket updated"  # the ticket that is open is left alone
    owner.keyboard.press("!")  # it lies in the bar's last menu
    expect(row(owner, number)).to_contain_text("Spam")


def test_marking_as_unread(house: House, owner: Page) -> None:
    number = house.a_ticket("Read and put back")
    owner.goto(f"/tickets/{number}?view=inbox")
    owner.keyboard.press("u")
    expect(row(owner, number)).to_have_class(re.compile("row-unread"))
    expect(owner.get_by_role("heading", name="No ticket is open")).to_be_visible()


@pytest.mark.parametrize(
    ("key", "view"), [("i", "Inbox"), ("u", "Unassigned"), ("a", "All"), ("s", "Snoozed"), ("c", "Closed")]
)
def test_going_to_views(owner: Page, key: str, view: str) -> None:
    owner.goto("/customers")
    owner.keyboard.press("g")
    owner.keyboard.press(key)
    expect(owner.locator("#list-pane").get_by_role("heading", name=view, exact=True)).to_be_visible()


def test_the_sheet_lists_every_key_and_can_switch_them_off(house: House, owner: Page) -> None:
    number = house.a_ticket("Keys off")
    owner.goto(f"/tickets/{number}")
    owner.keyboard.press("?")
    sheet = owner.get_by_role("dialog", name="Keys")
    expect(sheet).to_be_visible()
    for shortcut in (each for group in SHORTCUTS.values() for each in group):
        expect(sheet.locator("dd").get_by_text(shortcut.label, exact=True)).to_be_visible()
    owner.keyboard.press("e")  # not while the sheet is open
    assert newest(owner) == "Ticket updated"
    sheet.get_by_label("Keys work while nothing is being written").uncheck()
    owner.keyboard.press("Escape")
    owner.keyboard.press("e")
    owner.wait_for_timeout(300)
    assert newest(owner) == "Ticket updated"
    owner.locator(".me summary").click()
    owner.get_by_role("button", name="Keys ?").click()
    sheet.get_by_label("Keys work while nothing is being written").check()
    sheet.get_by_role("button", name="Close").click()
    owner.keyboard.press("e")
    expect(owner.locator("#trail .line-label").first).to_have_text("Ticket closed")


def test_everything_is_reached_by_tab(house: House, owner: Page) -> None:
    number = house.a_ticket("Tabbed through")
    owner.goto(f"/tickets/{number}?view=inbox")
    row(owner, number).get_by_role("checkbox").focus()
    owner.keyboard.press("Space")
    reached = set()
    for _ in range(400):
        owner.keyboard.press("Tab")
        name = owner.evaluate(FOCUSED)
        reached.add(re.sub(r"\s+", " ", name or ""))
        if "Send reply" in reached:
            break
    for name in ("All shown", "Clear", "Close", "Snooze", "Assign", "Tags", "More", "Merge"):
        assert any(each.startswith(name) for each in reached), (name, reached)


def test_who_may_only_look_presses_in_vain(house: House, page: Page) -> None:
    desk = house.desk
    number = house.a_ticket("Only looked at")
    email = hire(desk, Role.OBSERVER)
    desk.session.rollback()
    observer = log_in(page, email)
    observer.goto(f"/tickets/{number}?view=inbox")
    expect(observer.locator("[data-bulk], [data-select]")).to_have_count(0)
    for key in ("e", "x", "#", "!", "s", "a", "t", "m", "z"):
        observer.keyboard.press(key)
    observer.wait_for_timeout(500)
    assert newest(observer) == "Ticket updated"
    observer.keyboard.press("n")
    expect(observer.get_by_role("textbox", name="Message")).to_be_focused()
