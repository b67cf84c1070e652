"""Two tickets become one by hand: found, looked at, merged; and a ticket passes to somebody new."""

from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import House, log_in
from tests.browser.looks import complaints


def test_the_other_ticket_is_found_looked_at_and_merged(house: House, owner: Page) -> None:
    into, source = house.a_ticket("Kettle leaks"), house.a_ticket("Zebra handle broken")
    owner.goto(f"/tickets/{into}")
    owner.get_by_role("link", name="Merge").click()
    dialog = owner.locator("dialog[open]")
    expect(dialog.locator("#merge-found")).to_contain_text("Other tickets of Carol Diaz")
    dialog.get_by_label("Number, subject or customer").fill("zebra")
    expect(dialog.locator(".found-ticket")).to_have_count(1)
    assert complaints(owner) == []
    owner.keyboard.press("Tab")
    dialog.locator(".found-ticket").press("Enter")
    expect(dialog).to_contain_text(f"The 1 message of #{source} comes to #{into}, which then has 2")
    expect(dialog).to_contain_text(f"#{source} is deleted, and its number leads here")
    assert complaints(owner) == []
    dialog.get_by_role("link", name="Choose another ticket").click()
    dialog.get_by_label("Number, subject or customer").fill(f"#{source}")
    dialog.locator(".found-ticket").first.click()
    dialog.get_by_label("Zebra handle broken").check()
    dialog.get_by_role("button", name="Merge", exact=True).click()
    expect(owner.locator("#trail .line-label").first).to_have_text("Ticket merged")
    expect(owner.get_by_label("Subject", exact=True)).to_have_value("Zebra handle broken")
    expect(owner.locator(".toast").last).to_contain_text("Ticket deleted")
    owner.goto(f"/tickets/{source}")
    expect(owner.locator(".ticket-number")).to_have_text(f"#{into}")


def test_the_dialog_fits_a_phone(house: House, owner: Page) -> None:
    into, source = house.a_ticket("Long " * 40), house.a_ticket("W" * 200)
    owner.set_viewport_size({"width": 390, "height": 844})
    owner.goto(f"/tickets/{into}")
    owner.get_by_role("link", name="Merge").click()
    dialog = owner.locator("dialog[open]")
    dialog.get_by_label("Number, subject or customer").fill(str(source))
    dialog.locator(".found-ticket").first.click()
    expect(dialog).to_contain_text("There is no undo")
    assert owner.evaluate("document.documentElement.scrollWidth") <= 390
    assert dialog.evaluate("element => element.scrollWidth <= element.clientWidth")


def test_a_ticket_passes_to_somebody_new(house: House, owner: Page, problems: list[str]) -> None:
    owner.goto(f"/tickets/{house.a_ticket('Somebody else')}")
    owner.get_by_role("link", name="Swap the customer").click()
    dialog = owner.locator("dialog[open]")
    dialog.get_by_label("Name or e-mail address of the customer").fill("carol@mail.example x")
    expect(dialog).to_contain_text("Nobody else in this account")
    assert complaints(owner) == []
    dialog.get_by_label("Name", exact=True).fill("Nora New")
    dialog.get_by_label("E-mail address", exact=True).fill("carol@mail.example")
    dialog.get_by_role("button", name="Add and swap").click()
    expect(dialog.get_by_role("alert")).to_contain_text("already")
    expect(dialog.get_by_label("Name", exact=True)).to_have_value("Nora New")
    dialog.get_by_label("E-mail address", exact=True).fill("nora@mail.example")
    dialog.get_by_role("button", name="Add and swap").click()
    expect(owner.locator("#trail .line-label").first).to_have_text("Ticket customer updated")
    expect(owner.locator(".customer-name")).to_have_text("Nora New")
    expect(owner.locator("dialog[open]")).to_have_count(0)
    problems[:] = [line for line in problems if "409" not in line]


def test_merging_works_without_scripts(house: House, browser: Browser, browser_context_args: dict[str, Any]) -> None:
    into, source = house.a_ticket("Plain one"), house.a_ticket("Plain other")
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    owner = log_in(context.new_page(), "owner@demo.example")
    owner.goto(f"/tickets/{into}/merge")
    owner.get_by_label("Number, subject or customer").fill("plain other")
    owner.get_by_role("button", name="Search").last.click()
    owner.get_by_role("link", name=f"#{source}").click()
    owner.get_by_role("button", name="Merge", exact=True).click()
    expect(owner.locator(".toast")).to_contain_text("Ticket merged")
    context.close()
