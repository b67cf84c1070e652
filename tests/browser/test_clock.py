"""The desk clock in the bar of every page: frozen, stepped, advanced, watched by who may not touch it."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from helpdesk import tickets
from tests.browser.conftest import House
from tests.browser.looks import complaints


def asleep(house: House, minutes: int) -> int:
    """A ticket that wakes in so many minutes."""
    number = house.a_ticket(f"Wakes in {minutes} minutes")
    with house.desk.acting() as action:
        tickets.snooze(house.desk.ticket(number), action.at + timedelta(minutes=minutes), by=house.desk.by_ana)
    return number


def test_freeze_step_advance_and_see_what_happened(house: House, owner: Page, ben: Page) -> None:
    first, second = asleep(house, 150), asleep(house, 300)
    owner.goto(f"/tickets/{first}")
    face = owner.locator("#desk-clock")
    expect(face).to_contain_text(f"next: #{first} wakes in 2 h")
    owner.locator("#clock-menu summary").click()
    owner.get_by_role("button", name="×10").click()
    expect(face).to_contain_text("×10")
    owner.get_by_role("button", name="Frozen").click()
    expect(face).to_contain_text("frozen")
    expect(owner.get_by_role("button", name="Frozen")).to_have_attribute("aria-pressed", "true")
    owner.keyboard.press("Escape")

    owner.get_by_role("button", name="Step to the next thing due").click()
    expect(owner.locator(".toast").last).to_contain_text("Ticket self unsnoozed")
    expect(owner.locator("#trail")).to_contain_text("snooze timer")
    expect(face).to_contain_text(f"next: #{second} wakes in")

    owner.goto("/clock")
    expect(owner.locator(".clock-queue li").first).to_contain_text(f"#{second} wakes")
    assert complaints(owner) == []
    owner.get_by_label("Another span").fill("4h")
    owner.get_by_label("Another span").press("Enter")
    expect(owner.locator(".toast").last).to_contain_text("Ticket self unsnoozed")
    expect(owner.locator(".clock-queue").get_by_role("link", name=f"#{second}", exact=True)).to_have_count(0)

    ben.goto("/clock")
    expect(ben.get_by_text("Admins and the owner move this clock")).to_be_visible()
    expect(ben.get_by_role("button", name="Step to the next thing due")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_bar_fits_and_its_menu_is_for_everybody(owner: Page, width: int) -> None:
    owner.set_viewport_size({"width": width, "height": 844})
    owner.goto("/tickets")
    owner.locator("#clock-menu summary").focus()
    owner.keyboard.press("Enter")
    expect(owner.locator("#clock-panel").get_by_label("Another span")).to_be_visible()
    assert complaints(owner) == []
    assert owner.evaluate("document.documentElement.scrollWidth") <= width
    panel = owner.locator("#clock-panel").bounding_box()
    assert panel is not None
    assert panel["x"] >= 0
    assert panel["x"] + panel["width"] <= width
    owner.keyboard.press("Escape")
    expect(owner.locator("#clock-panel")).to_be_hidden()
