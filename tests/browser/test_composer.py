"""Writing on a ticket: macros by "/", what follows a reply, files, Markdown, colleagues; by keyboard alone."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from helpdesk import macros
from tests.browser.conftest import House, log_in
from tests.browser.looks import complaints


def labels(page: Page) -> list[str]:
    """What the trail says, newest first."""
    return page.locator("#trail .line-label").all_inner_texts()


def message(page: Page) -> Locator:
    """Where one writes."""
    return page.get_by_label("Message", exact=True)


@pytest.fixture(scope="module")
def offered(house: House) -> None:
    """Macros to choose from."""
    house.desk.session.rollback()
    sorry = {"body_text": "Sorry, {{ticket.customer.firstname}}."}
    for name, actions in (
        ("Late parcel", [("setResponseText", sorry), ("addTags", {"tags": "late"})]),
        ("Urgent", [("setPriority", {"priority": "critical"})]),
        ("In bold", [("setResponseText", {"body_text": "**Hello** {{ticket.customer.name}}", "markdown": True})]),
    ):  # fmt: skip
        with house.desk.acting():
            listed: list[dict[str, Any]] = [{"name": kind, "arguments": arguments} for kind, arguments in actions]
            macros.create(house.desk.account, name, listed, by=house.desk.by_admin)


def test_a_slash_offers_macros_and_sending_lets_the_macro_go_first(house: House, owner: Page, offered: None) -> None:
    owner.goto(f"/tickets/{house.a_ticket('Slash')}")
    message(owner).fill("Hi\n")
    message(owner).press("End")
    message(owner).press("/")
    expect(owner.get_by_role("option")).to_have_count(3)
    assert complaints(owner) == []
    owner.keyboard.type("late")
    expect(owner.get_by_role("option")).to_have_count(1)
    expect(owner.locator("[data-offer-preview]")).to_contain_text("Sorry, Carol.")
    owner.keyboard.press("Enter")
    expect(message(owner)).to_have_value("Hi\nSorry, Carol.")
    expect(message(owner)).to_be_focused()
    expect(owner.locator("[data-chosen]")).to_contain_text("will add the tag late")
    assert complaints(owner) == []
    owner.reload()
    expect(owner.locator("[data-chosen]")).to_contain_text("Late parcel")
    expect(message(owner)).to_have_value("Hi\nSorry, Carol.")
    message(owner).press("Control+Enter")
    expect(owner.locator(".message-agent")).to_contain_text("Sorry, Carol.")
    assert labels(owner)[:6] == [
        "Ticket assigned",
        "Ticket updated",
        "Ticket message created",
        "Ticket tags added",
        "Ticket updated",
        "Ticket updated",
    ]
    expect(owner.locator("#trail .line").nth(3)).to_contain_text("macro Late parcel v1 by Olive Owner")
    expect(owner.locator(".toast").last).to_contain_text("Macro applied")
    expect(owner.locator("[data-chosen]")).to_have_count(0)
    expect(message(owner)).to_be_focused()


def test_a_slash_within_a_line_is_a_slash_and_escape_leads_back(house: House, owner: Page, offered: None) -> None:
    owner.goto(f"/tickets/{house.a_ticket('No slash')}")
    message(owner).press_sequentially("and/or")
    expect(message(owner)).to_have_value("and/or")
    owner.get_by_role("link", name="Macro", exact=True).click()
    expect(owner.get_by_label("Search macros")).to_be_focused()
    expect(owner.get_by_role("option")).to_have_count(3)
    owner.keyboard.press("ArrowDown")
    expect(owner.get_by_role("option").nth(1)).to_have_attribute("aria-selected", "true")
    owner.keyboard.press("ArrowUp")
    owner.keyboard.press("ArrowUp")
    expect(owner.get_by_role("option").last).to_have_attribute("aria-selected", "true")
    owner.keyboard.press("Escape")
    expect(message(owner)).to_be_focused()
    expect(owner.locator("[data-picker]")).to_be_hidden()
    expect(message(owner)).to_have_value("and/or")


def test_a_macro_is_applied_without_sending_or_left_out(house: House, owner: Page, offered: None) -> None:
    owner.goto(f"/tickets/{house.a_ticket('Apply')}")
    message(owner).press("/")
    owner.keyboard.type("urgent")
    expect(owner.get_by_role("option")).to_have_count(1)
    owner.keyboard.press("Enter")
    owner.get_by_role("button", name="Leave the macro Urgent out").click()
    expect(owner.locator("[data-chosen]")).to_have_count(0)
    message(owner).fill("A draft")
    owner.get_by_role("link", name="Macro", exact=True).click()
    owner.get_by_role("option", name="Urgent").click()
    owner.get_by_role("button", name="Apply without sending").click()
    expect(owner.locator("#trail .line").first).to_contain_text("priority normal → critical")
    expect(owner.locator("#trail .line").first).to_contain_text("No user")
    expect(owner.locator("[data-chosen]")).to_have_count(0)
    expect(owner.locator(".message-agent")).to_have_count(0)
    owner.reload()
    expect(message(owner)).to_have_value("A draft")


@pytest.mark.parametrize(
    ("item", "badge", "event"),
    [("Send and close", "Closed", "Ticket closed"), ("Tomorrow, 9:00", "Snoozed until", "Ticket snoozed")],
)
def test_a_reply_closes_or_snoozes_in_one_action(house: House, owner: Page, item: str, badge: str, event: str) -> None:
    owner.goto(f"/tickets/{house.a_ticket(item)}")
    message(owner).fill("It is on its way.")
    owner.get_by_label("More ways to send").click()
    assert complaints(owner) == []
    owner.locator("#composer").get_by_role("button", name=item).click()
    expect(owner.locator(".badges")).to_contain_text(badge)
    assert labels(owner)[:4] == [event, "Ticket assigned", "Ticket updated", "Ticket message created"]
    expect(message(owner)).to_have_value("")


def test_a_reply_snoozes_until_a_time_of_ones_own(house: House, owner: Page) -> None:
    owner.goto(f"/tickets/{house.a_ticket('Own time')}")
    message(owner).fill("Later")
    owner.get_by_label("More ways to send").click()
    owner.locator("#send-until").fill("2030-01-02T10:00")
    owner.get_by_role("button", name="Send and snooze until then").click()
    expect(owner.locator(".badges")).to_contain_text("Snoozed until Wed 2 Jan 2030 10:00")


def test_files_come_and_go_and_what_is_left_is_sent(house: House, owner: Page, tmp_path: Path) -> None:
    owner.goto(f"/tickets/{house.a_ticket('Files')}")
    for name in ("one.txt", "two.txt", "three.txt"):
        (tmp_path / name).write_text(name)
    owner.locator("[data-attach]").set_input_files([tmp_path / "one.txt", tmp_path / "two.txt"])
    owner.locator("[data-attach]").set_input_files([tmp_path / "three.txt", tmp_path / "one.txt"])
    expect(owner.locator("[data-attached] .file")).to_have_count(3)
    owner.get_by_label("Don't send two.txt").click()
    expect(owner.locator("[data-attached] .file")).to_have_count(2)
    owner.evaluate(
        """() => {
          const bag = new DataTransfer();
          bag.items.add(new File(["dropped"], "dropped.txt", {type: "text/plain"}));
          const drop = new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: bag});
          document.querySelector("#body-text").dispatchEvent(drop);
        }"""
    )
    expect(owner.locator("[data-attached] .file")).to_have_count(3)
    assert complaints(owner) == []
    message(owner).fill("See the files")
    message(owner).press("Control+Enter")
    sent = owner.locator(".message-agent .file-name")
    expect(sent).to_have_text(["one.txt", "three.txt", "dropped.txt"])
    expect(owner.locator("[data-attached] .file")).to_have_count(0)


def test_markdown_by_keys_previewed_and_sent(house: House, owner: Page) -> None:
    owner.goto(f"/tickets/{house.a_ticket('Markdown')}")
    owner.get_by_label("Markdown", exact=True).last.check()
    message(owner).fill("bold")
    message(owner).press("Control+a")
    message(owner).press("Control+b")
    expect(message(owner)).to_have_value("**bold**")
    message(owner).fill("**bold** and https://a.example/x")
    owner.get_by_role("button", name="Preview").click()
    expect(owner.locator("#composer-preview strong")).to_have_text("bold")
    assert complaints(owner) == []
    owner.get_by_role("button", name="Preview").click()
    expect(message(owner)).to_be_focused()
    message(owner).press("Control+Enter")
    expect(owner.locator(".message-agent strong").last).to_have_text("bold")
    expect(owner.locator(".message-agent a[href='https://a.example/x']")).to_be_visible()
    expect(owner.get_by_label("Markdown", exact=True).last).to_be_checked()
    owner.get_by_label("Markdown", exact=True).last.uncheck()


def test_a_note_calls_a_colleague(house: House, owner: Page) -> None:
    owner.goto(f"/tickets/{house.a_ticket('Mention')}")
    owner.get_by_label("Internal note").check()
    message(owner).press_sequentially("Ask @okafor")
    expect(owner.locator("[data-mentions]").get_by_role("option")).to_have_count(1)
    assert complaints(owner) == []
    owner.keyboard.press("Enter")
    expect(message(owner)).to_have_value("Ask @Ben Okafor ")
    message(owner).press("Control+Enter")
    expect(owner.locator(".message-note").last).to_contain_text("Ask @Ben Okafor")


def test_a_tag_is_completed_or_made(house: House, owner: Page) -> None:
    owner.goto(f"/tickets/{house.a_ticket('Tags')}")
    field = owner.get_by_label("Add a tag", exact=True).first
    field.press_sequentially("refu")
    expect(owner.locator(".combo [role=option]").first).to_have_text("refund")
    assert complaints(owner) == []
    field.press("ArrowDown")
    field.press("Enter")
    expect(owner.locator(".tags")).to_contain_text("refund")
    field.press_sequentially("brand new")
    owner.locator(".combo").get_by_text("Make the tag “brand new”").click()
    expect(owner.locator(".tags")).to_contain_text("brand new")
    assert labels(owner)[0] == "Ticket tags added"


def test_why_is_told_within_the_line(house: House, owner: Page, ben: Page) -> None:
    number = house.a_ticket("Why")
    owner.goto(f"/tickets/{number}")
    owner.get_by_label("Why: Ticket created").click()
    expect(owner.locator(".why")).to_contain_text("Customer Carol Diaz did it, by mail.")
    expect(owner.locator(".why")).to_contain_text("Ticket message created")
    assert complaints(owner) == []
    ben.goto(f"/tickets/{number}")
    ben.get_by_role("button", name="Spam", exact=True).click()
    expect(owner.locator("#trail .line-label").first).to_have_text("Ticket marked spam")
    expect(owner.locator(".why")).to_be_visible()
    owner.get_by_role("link", name="in the audit log").click()
    expect(owner.get_by_role("heading", level=1)).to_have_text("Ticket created")


def test_the_language_is_chosen_by_name(house: House, owner: Page) -> None:
    owner.goto(f"/tickets/{house.a_ticket('Language')}")
    owner.locator("summary").filter(has_text="English").click()  # guessed from the first words
    owner.get_by_role("button", name="French").click()
    expect(owner.locator("#trail .line").first).to_contain_text("language en → fr")


def test_nothing_scrolls_sideways_and_the_picker_fits_a_phone(house: House, owner: Page, offered: None) -> None:
    owner.set_viewport_size({"width": 390, "height": 844})
    owner.goto(f"/tickets/{house.a_ticket('Phone')}")
    message(owner).press("/")
    expect(owner.get_by_role("option")).to_have_count(3)
    assert complaints(owner) == []
    assert owner.evaluate("document.documentElement.scrollWidth") <= 390
    owner.keyboard.press("Enter")
    assert owner.evaluate("document.documentElement.scrollWidth") <= 390
    owner.get_by_label("More ways to send").click()
    expect(owner.get_by_role("button", name="Send and close")).to_be_visible()
    assert owner.evaluate("document.documentElement.scrollWidth") <= 390


def test_macros_work_without_scripts(
    house: House, browser: Browser, browser_context_args: dict[str, Any], offered: None
) -> None:
    number = house.a_ticket("Plain macro")
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    owner = log_in(context.new_page(), "owner@demo.example")
    owner.goto(f"/tickets/{number}")
    owner.get_by_role("link", name="Macro", exact=True).click()
    owner.get_by_role("link", name="Choose Late parcel").click()
    expect(message(owner)).to_have_value("Sorry, Carol.")
    owner.get_by_role("button", name="Send reply").click()
    expect(owner.locator(".toast")).to_contain_text("Macro applied")
    expect(owner.locator(".tags")).to_contain_text("late")
    context.close()
