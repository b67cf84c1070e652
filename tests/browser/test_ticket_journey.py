"""A ticket is worked by hand: whatever is pressed shows at once in the trail, and nothing is lost on the way."""

import re
from datetime import timedelta
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import House, log_in


def newest(page: Page) -> Locator:
    """The label of the trail's newest line."""
    return page.locator("#trail .line-label").first


def press(page: Page, name: str) -> None:
    """Press a button above the thread."""
    page.get_by_role("group", name="What to do with this ticket").get_by_role("button", name=name, exact=True).click()


def choose(page: Page, menu: str, item: str) -> None:
    """Open a menu and press one of its buttons."""
    page.locator("#ticket-page summary").filter(has_text=menu).click()
    page.locator("details[open]").get_by_role("button", name=item).click()


def test_working_a_ticket(house: House, owner: Page) -> None:
    number = house.a_ticket("A journey")
    owner.goto(f"/tickets/{number}")
    for button, event, badge in (
        ("Close", "Ticket closed", "Closed"),
        ("Reopen", "Ticket reopened", "Open"),
        ("Spam", "Ticket marked spam", "Spam"),
        ("Not spam", "Ticket unmarked spam", "Open"),
        ("Trash", "Ticket trashed", "In the trash"),
        ("Restore", "Ticket untrashed", "Open"),
    ):
        press(owner, button)
        expect(newest(owner)).to_have_text(event)
        expect(owner.locator(".badges")).to_contain_text(badge)
        expect(owner.locator(".toast").last).to_contain_text("· 2 events")
        expect(owner.locator(".toast").last).to_contain_text(event)


def test_a_snoozed_ticket_wakes_under_ones_eyes(house: House, owner: Page) -> None:
    number = house.a_ticket("Sleeps")
    owner.goto(f"/tickets/{number}")
    snoozed = owner.locator(".rail").get_by_role("link", name="Snoozed")
    before = int("0" + re.sub(r"\D", "", snoozed.inner_text()))
    choose(owner, "Snooze", "In 3 hours")
    expect(newest(owner)).to_have_text("Ticket snoozed")
    expect(owner.locator("details[data-menu][open]")).to_have_count(0)
    expect(snoozed).to_contain_text(f"Snoozed {before + 1}")
    house.let_time_pass(timedelta(hours=4))
    expect(newest(owner)).to_have_text("Ticket self unsnoozed", timeout=20_000)
    expect(owner.locator("#trail .line").first).to_contain_text("No user")
    expect(owner.locator("#trail .line").first).to_contain_text("snooze timer")
    expect(owner.locator(".badges")).to_contain_text("Open")


def test_people_tags_priority_and_subject(house: House, owner: Page) -> None:
    number = house.a_ticket("Old name")
    owner.goto(f"/tickets/{number}")
    choose(owner, "Unassigned", "Ben Okafor")
    expect(newest(owner)).to_have_text("Ticket assigned")
    expect(owner.locator("#trail .line").first).to_contain_text("nobody → Ben Okafor")
    choose(owner, "No team", "Returns")
    expect(newest(owner)).to_have_text("Ticket team assigned")
    choose(owner, "Ben Okafor", "Take it from Ben Okafor")
    expect(newest(owner)).to_have_text("Ticket unassigned")
    choose(owner, "Normal", "Critical")
    expect(owner.locator("#trail .line").first).to_contain_text("priority normal → critical")
    owner.get_by_label("Add a tag").fill("urgent")
    owner.get_by_label("Add a tag").press("Enter")
    expect(newest(owner)).to_have_text("Ticket tags added")
    expect(owner.get_by_label("Add a tag")).to_have_value("")
    owner.get_by_role("button", name="Remove the tag urgent").click()
    expect(newest(owner)).to_have_text("Ticket tags removed")
    owner.get_by_label("Subject").fill("New name")
    owner.get_by_label("Subject").press("Enter")
    expect(newest(owner)).to_have_text("Ticket subject updated")
    expect(owner).to_have_title(f"#{number} New name · Desk")


def test_merging_and_swapping_the_customer(house: House, owner: Page) -> None:
    into, source = house.a_ticket("Lives on"), house.a_ticket("Goes")
    owner.goto(f"/tickets/{into}")
    owner.get_by_role("link", name="Merge").click()
    dialog = owner.locator("dialog[open]")
    dialog.get_by_label("Number, subject or customer").fill(str(source))
    dialog.get_by_role("link", name=f"#{source}").click()
    dialog.get_by_label("Goes").check()
    dialog.get_by_role("button", name="Merge").click()
    expect(newest(owner)).to_have_text("Ticket merged")
    expect(owner.get_by_label("Subject")).to_have_value("Goes")
    expect(owner.locator(".message")).to_have_count(2)
    owner.goto(f"/tickets/{source}")
    expect(owner).to_have_url(f"{house.url}/tickets/{into}")
    owner.get_by_role("link", name="Swap the customer").click()
    owner.get_by_label("Name or e-mail address of the customer").press_sequentially("welc")
    owner.locator("dialog").get_by_role("button", name="Your desk").click()
    expect(newest(owner)).to_have_text("Ticket customer updated")
    expect(owner.locator("dialog[open]")).to_have_count(0)


def test_deleting_for_good(house: House, owner: Page) -> None:
    number = house.a_ticket("Must go")
    owner.goto(f"/tickets/{number}")
    press(owner, "Trash")
    owner.get_by_role("link", name="Delete for good").click()
    owner.get_by_role("link", name="Keep it").click()
    expect(owner.locator("dialog[open]")).to_have_count(0)
    owner.get_by_role("link", name="Delete for good").click()
    owner.locator("dialog").get_by_role("button", name="Delete for good").click()
    owner.wait_for_url("**/tickets?view=trash")
    expect(owner.locator(".toast")).to_contain_text("Ticket deleted")


def test_writing_keeps_what_was_written(house: House, owner: Page) -> None:
    number = house.a_ticket("Talk")
    owner.goto(f"/tickets/{number}")
    message = owner.get_by_label("Message", exact=True)
    message.fill("Half a sentence")
    press(owner, "Spam")
    expect(newest(owner)).to_have_text("Ticket marked spam")
    expect(message).to_have_value("Half a sentence")
    owner.reload()
    expect(message).to_have_value("Half a sentence")
    message.press("Control+Enter")
    expect(owner.locator(".message-agent")).to_contain_text("Half a sentence")
    expect(message).to_have_value("")
    owner.get_by_label("Internal note").check()
    message.fill("Only for us")
    owner.get_by_role("button", name="Add note").click()
    expect(owner.locator(".message-note")).to_contain_text("Only for us")


def test_an_empty_reply_says_so_beside_the_field(house: House, owner: Page, problems: list[str]) -> None:
    owner.goto(f"/tickets/{house.a_ticket('Nothing to say')}")
    owner.get_by_role("button", name="Send reply").click()
    expect(owner.locator("#composer-problem")).to_contain_text("Nothing was sent")
    assert all("422" in problem for problem in problems)
    problems.clear()


def test_two_agents_one_ticket(house: House, owner: Page, ben: Page, problems: list[str]) -> None:
    number = house.a_ticket("Contested")
    owner.goto(f"/tickets/{number}")
    owner.route("**/trail*", lambda route: route.abort())
    ben.goto(f"/tickets/{number}")
    press(ben, "Close")
    expect(newest(ben)).to_have_text("Ticket closed")
    problems.clear()
    choose(owner, "Snooze", "Tomorrow")
    expect(owner.locator(".toast-error")).to_contain_text("Ben Okafor closed this ticket")
    expect(owner.locator(".badges")).to_contain_text("Closed")
    owner.unroute("**/trail*")
    choose(owner, "Snooze", "Tomorrow")
    expect(newest(owner)).to_have_text("Ticket snoozed")
    problems.clear()


def test_what_others_do_appears_while_one_writes(house: House, owner: Page, ben: Page) -> None:
    number = house.a_ticket("Watched")
    owner.goto(f"/tickets/{number}")
    message = owner.get_by_label("Message", exact=True)
    message.fill("I am writing")
    ben.goto(f"/tickets/{number}")
    press(ben, "Close")
    expect(newest(owner)).to_have_text("Ticket closed")
    expect(message).to_be_focused()
    expect(message).to_have_value("I am writing")


def test_a_menu_stays_open_while_the_ticket_is_made_fresh(house: House, owner: Page, ben: Page) -> None:
    number = house.a_ticket("Open menu")
    owner.goto(f"/tickets/{number}")
    owner.locator("#ticket-page summary").filter(has_text="Snooze").click()
    ben.goto(f"/tickets/{number}")
    press(ben, "Spam")
    expect(newest(owner)).to_have_text("Ticket marked spam")
    expect(owner.get_by_role("button", name="In 3 hours")).to_be_visible()
    owner.keyboard.press("Escape")
    expect(owner.get_by_role("button", name="In 3 hours")).to_be_hidden()


def test_everything_works_without_scripts(house: House, browser: Browser, browser_context_args: dict[str, Any]) -> None:
    number = house.a_ticket("Plain")
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    owner = log_in(context.new_page(), "owner@demo.example")
    owner.goto(f"/tickets/{number}")
    press(owner, "Close")
    expect(newest(owner)).to_have_text("Ticket closed")
    expect(owner.locator(".toast-events li")).to_have_text(["Ticket updated", "Ticket closed"])
    choose(owner, "Snooze", "Tomorrow")
    expect(newest(owner)).to_have_text("Ticket snoozed")
    owner.get_by_label("Message", exact=True).fill("Written without scripts")
    owner.get_by_role("button", name="Send reply").click()
    expect(owner.locator(".message-agent")).to_contain_text("Written without scripts")
    owner.get_by_role("link", name="Merge").click()
    expect(owner.get_by_role("heading", name="Merge another ticket")).to_be_visible()
    context.close()
