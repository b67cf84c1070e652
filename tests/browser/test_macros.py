"""Macros by hand: made with a row per action, previewed, put away, deleted; each time the log says so, once."""

from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import House, log_in
from tests.browser.looks import complaints


def test_a_macro_is_made_changed_put_away_and_deleted(house: House, owner: Page) -> None:
    number = house.a_ticket("Preview me")
    owner.goto("/settings/macros")
    owner.get_by_role("link", name="New macro").first.click()
    owner.get_by_label("Name", exact=True).fill("Journey")
    text = owner.get_by_label("The reply", exact=True)
    text.fill("Hi ")
    owner.locator("summary").filter(has_text="Placeholder").click()
    owner.get_by_role("button", name="ticket.customer.firstname").click()
    expect(text).to_have_value("Hi {{ticket.customer.firstname}}")
    owner.get_by_label("With the values of ticket").fill(str(number))
    expect(owner.locator("#macro-preview")).to_contain_text("Preview me")
    expect(owner.locator(".preview-text")).to_have_text("Hi Carol")
    text.press_sequentially(" {{7*7}}")
    expect(owner.locator("#macro-preview")).to_contain_text("Nobody knows {{7*7}}")
    text.fill("Hi {{ticket.customer.firstname}}")
    owner.locator("summary").filter(has_text="Add an action").click()
    owner.get_by_role("button", name="Set the priority").click()
    expect(owner.locator(".step")).to_have_count(2)
    expect(owner.get_by_label("The reply", exact=True)).to_have_value("Hi {{ticket.customer.firstname}}")
    owner.get_by_role("button", name="Move up: Set the priority").click()
    expect(owner.locator(".step h2").first).to_contain_text("Set the priority")
    assert complaints(owner) == []
    owner.get_by_role("button", name="Create macro").click()
    expect(owner.locator(".toast")).to_contain_text("Macro created")
    expect(owner.locator(".history-lines .line-label").first).to_have_text("Macro created")
    owner.get_by_label("Name", exact=True).fill("Long journey")
    owner.get_by_label("Name", exact=True).press("Enter")
    expect(owner.locator(".toast")).to_contain_text("Macro updated")
    expect(owner.get_by_role("heading", level=1)).to_have_text("Long journey")
    expect(owner.locator(".step")).to_have_count(2)
    owner.get_by_role("button", name="Archive").click()
    expect(owner.locator(".toast")).to_contain_text("Macro updated")
    owner.get_by_role("link", name="Archived").click()
    owner.get_by_role("link", name="Long journey").click()
    owner.get_by_role("button", name="Bring back").click()
    expect(owner.locator(".toast")).to_contain_text("Macro brought back")
    owner.get_by_role("link", name="Delete").click()
    dialog = owner.locator("dialog[open]")
    expect(dialog).to_contain_text("It was applied 0 times")
    dialog.get_by_role("button", name="Delete it").click()
    expect(owner.locator(".toast")).to_contain_text("Macro deleted")
    owner.goto("/settings/audit")
    expect(owner.locator("#audit-log")).to_contain_text("Macro deleted")


def test_what_is_wrong_stands_beside_its_row(owner: Page, problems: list[str]) -> None:
    owner.goto("/settings/macros/new")
    owner.get_by_label("Name", exact=True).fill("Wrong")
    owner.get_by_label("The reply", exact=True).fill("x")
    owner.locator("summary").filter(has_text="Add an action").click()
    owner.get_by_role("button", name="Snooze").click()
    owner.get_by_label("For how long").fill("soon")
    owner.get_by_role("button", name="Create macro").click()
    expect(owner.locator(".step-wrong")).to_contain_text("is no span of time")
    expect(owner.get_by_label("For how long")).to_have_value("soon")
    assert complaints(owner) == []
    problems[:] = [line for line in problems if "422" not in line]


def test_the_editor_works_without_scripts(browser: Browser, browser_context_args: dict[str, Any]) -> None:
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    owner = log_in(context.new_page(), "owner@demo.example")
    owner.goto("/settings/macros/new")
    owner.get_by_label("Name", exact=True).fill("Plain")
    owner.get_by_label("The reply", exact=True).fill("Hello")
    owner.locator("summary").filter(has_text="Add an action").click()
    owner.get_by_role("button", name="Close or reopen").click()
    expect(owner.get_by_label("The reply", exact=True)).to_have_value("Hello")
    owner.get_by_role("button", name="Remove: Write the reply").click()
    owner.get_by_role("button", name="Create macro").click()
    expect(owner.get_by_role("heading", level=1)).to_have_text("Plain")
    owner.get_by_role("button", name="Archive").click()
    context.close()


def test_axe_finds_nothing_and_nothing_scrolls_sideways(owner: Page) -> None:
    owner.goto("/settings/macros/new")
    owner.get_by_label("Name", exact=True).fill("Everything")
    owner.get_by_label("The reply", exact=True).fill("Hello")
    for kind in ("Add tags", "Call another system", "Assign to a person", "Write an internal note"):
        owner.locator("summary").filter(has_text="Add an action").click()
        owner.get_by_role("button", name=kind).click()
        expect(owner.locator(".step h2").last).to_contain_text(kind)
    assert complaints(owner) == []
    for width in (390, 768):
        owner.set_viewport_size({"width": width, "height": 844})
        assert owner.evaluate("document.documentElement.scrollWidth") <= width
        owner.goto("/settings/macros")
        assert owner.evaluate("document.documentElement.scrollWidth") <= width
        assert complaints(owner) == []
