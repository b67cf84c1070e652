"""Many tickets at once in a browser: chosen, changed, told on the audit page once each, and taken back."""

import re

import pytest
from playwright.sync_api import Page, expect

from helpdesk import bulk, tickets
from tests.browser.conftest import House
from tests.browser.test_inbox import row


def some(house: House, name: str, count: int = 3) -> list[int]:
    """Fresh tickets."""
    return [house.a_ticket(f"{name} {index}") for index in range(count)]


def select(page: Page, numbers: list[int]) -> None:
    """Tick their boxes."""
    for number in numbers:
        row(page, number).get_by_role("checkbox").check()


def deed(page: Page, name: str) -> None:
    """Press a button of the bar."""
    page.locator("[data-bulk]").get_by_role("button", name=name, exact=True).click()


def choose(page: Page, menu: str, name: str) -> None:
    """Open a menu of the bar and press one of its buttons."""
    page.locator(f"[data-deed-menu='{menu}'] > summary").click()
    page.locator(f"[data-deed-menu='{menu}']").get_by_role("button", name=name).first.click()


def written(house: House, since: int) -> list[tuple[str, int, str]]:
    """What stands in the log since: type, object, who."""
    events = house.desk.events_after(since)
    assert len({event.context for event in events}) == 1
    told = [(event.type, event.object_id, event.actor_name) for event in events if event.type != "ticket-updated"]
    return sorted(told, key=lambda line: line[1])


@pytest.mark.parametrize(
    ("menu", "button", "said", "event"),
    [
        (None, "Close", "2 closed", "ticket-closed"),
        ("snooze", "Tomorrow", "2 snoozed", "ticket-snoozed"),
        ("assign", "Ben Okafor", "2 assigned", "ticket-assigned"),
        ("assign", "Returns", "2 given to the team", "ticket-team-assigned"),
        ("more", "Spam", "2 marked as spam", "ticket-marked-spam"),
        ("more", "Trash", "2 moved to the trash", "ticket-trashed"),
        ("more", "Critical", "2 given another priority", None),
    ],
)
def test_what_is_pressed_is_written_once_each_and_can_be_undone(
    house: House, owner: Page, menu: str | None, button: str, said: str, event: str | None
) -> None:
    numbers = some(house, f"Bulk {button}", 2)
    owner.goto("/tickets?view=inbox")
    select(owner, numbers)
    expect(owner.locator("[data-selected]")).to_have_text("2 selected")
    since = house.desk.last_event_id()
    if menu is None:
        deed(owner, button)
    else:
        choose(owner, menu, button)
    expect(owner.locator(".toast").last).to_contain_text(said)
    expect(owner.locator("[data-bulk]")).to_be_hidden()
    told = [line for line in written(house, since) if line[0] == event]
    assert told == ([(event, number, "Olive Owner") for number in numbers] if event else [])
    owner.locator(".toast").last.get_by_role("button", name="Undo").click()
    expect(owner.locator(".toast").last).to_contain_text("2 undone")


def test_the_audit_page_tells_the_whole_chain(house: House, owner: Page) -> None:
    numbers = some(house, "Told on the audit page")
    owner.goto("/tickets?view=inbox")
    since = house.desk.last_event_id()
    select(owner, numbers)
    deed(owner, "Close")
    expect(owner.locator(".toast").last).to_contain_text("Ticket closed ×3")
    (context,) = {event.context for event in house.desk.events_after(since)}
    house.desk.session.rollback()
    owner.goto(f"/settings/audit?context={context}")
    expect(owner.locator("#audit-sentence")).to_contain_text("6 events in one chain")
    closes = owner.locator("#audit-rows tr.event").filter(has_text="Ticket closed")
    expect(closes).to_have_count(3)
    for number in numbers:
        expect(closes.filter(has_text=f"Ticket {number} ")).to_have_count(1)
    expect(closes.filter(has_text="Olive Owner")).to_have_count(3)


def test_a_range_and_all_that_are_shown(house: House, owner: Page) -> None:
    some(house, "Ranged", 6)
    owner.goto("/tickets?view=inbox")
    boxes = owner.locator("[data-select]")
    boxes.nth(1).check()
    boxes.nth(4).click(modifiers=["Shift"])
    expect(owner.locator("[data-selected]")).to_have_text("4 selected")
    boxes.nth(4).click()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(owner.locator("[data-selected]")).to_have_text("1 selected")
    owner.get_by_role("button", name="All shown").click()
    expect(owner.locator("[data-selected]")).to_have_text("50 selected")
    owner.get_by_role("button", name="Clear").click()
    expect(owner.locator("[data-bulk]")).to_be_hidden()


def test_all_of_a_view_are_a_job_with_a_page(house: House, owner: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    some(house, "Job")
    owner.goto("/tickets?view=all")
    owner.locator("[data-select]").first.check()
    everything = owner.get_by_role("button", name=re.compile(r"^All \d+ in All$"))
    count = int(re.sub(r"\D", "", everything.inner_text()))
    everything.click()
    expect(owner.locator("[data-selected]")).to_have_text(f"All {count} in All")
    choose(owner, "more", "Low")
    expect(owner.locator(".toast").last).to_contain_text(f"This takes a while: {count} tickets")
    expect(owner.locator(".toast .job-line")).to_contain_text(f"0 of {count} so far.")
    owner.get_by_role("link", name="See how far it is").click()
    expect(owner.locator("#job")).to_contain_text(f"of {count} tickets")


def test_tags_go_on_and_off(house: House, owner: Page) -> None:
    numbers = some(house, "Tagged", 2)
    owner.goto("/tickets?view=inbox")
    select(owner, numbers)
    owner.locator("[data-deed-menu='tags'] > summary").click()
    owner.get_by_label("Tags (several with commas)").fill("bulk-tag")
    owner.keyboard.press("Enter")
    expect(owner.locator(".toast").last).to_contain_text("2 tagged")
    for number in numbers:
        expect(row(owner, number)).to_contain_text("bulk-tag")
    select(owner, numbers)
    owner.locator("[data-deed-menu='tags'] > summary").click()
    owner.get_by_label("Tags (several with commas)").fill("bulk-tag")
    owner.locator("[data-deed-menu='tags']").get_by_role("button", name="Remove").click()
    expect(row(owner, numbers[0])).not_to_contain_text("bulk-tag")


def test_deleting_for_good_asks_first(house: House, owner: Page) -> None:
    numbers = some(house, "Must all go", 2)
    with house.desk.acting():
        for number in numbers:
            tickets.trash(house.desk.ticket(number), by=house.desk.by_ana)
    house.desk.session.rollback()
    owner.goto("/tickets?view=trash")
    select(owner, numbers)
    deed(owner, "Delete for good")
    dialog = owner.locator("dialog[open]")
    expect(dialog).to_contain_text("Delete 2 tickets for good?")
    dialog.get_by_role("link", name="Keep them").click()
    expect(owner.locator("dialog[open]")).to_have_count(0)
    expect(owner.locator("[data-selected]")).to_have_text("2 selected")
    since = house.desk.last_event_id()
    deed(owner, "Delete for good")
    dialog.get_by_role("button", name="Delete for good").click()
    expect(owner.locator(".toast").last).to_contain_text("2 deleted for good")
    for number in numbers:
        expect(row(owner, number)).to_contain_text("was deleted for good")
    assert written(house, since) == [("ticket-deleted", number, "Olive Owner") for number in numbers]


def test_what_was_refused_is_told_with_its_reason(house: House, owner: Page, problems: list[str]) -> None:
    numbers = some(house, "Refused", 2)
    owner.goto("/tickets?view=inbox")
    select(owner, numbers)
    owner.locator("[data-deed-menu='snooze'] > summary").click()
    owner.get_by_label("Until a date and time").first.fill("2020-01-01T09:00")
    owner.get_by_role("button", name="Snooze until then").first.click()
    expect(owner.locator(".toast-error")).to_contain_text("2 refused")
    expect(owner.locator(".toast-error")).to_contain_text("2 × A ticket can only be snoozed until a time")
    problems.clear()


def test_the_ticket_that_is_open_is_made_fresh(house: House, owner: Page) -> None:
    numbers = some(house, "Open meanwhile", 2)
    owner.goto(f"/tickets/{numbers[0]}?view=inbox")
    owner.get_by_role("textbox", name="Message").fill("Half a sentence")
    select(owner, numbers)
    deed(owner, "Close")
    expect(owner.locator("#trail .line-label").first).to_have_text("Ticket closed")
    expect(owner.locator(".badges")).to_contain_text("Closed")
    expect(owner.get_by_role("textbox", name="Message")).to_have_value("Half a sentence")


def test_escape_closes_a_menu_and_the_selection_only_at_the_next_press(house: House, owner: Page) -> None:
    numbers = some(house, "Bulk kept", 2)
    owner.goto("/tickets?view=inbox")
    select(owner, numbers)
    owner.locator("[data-deed-menu='more'] > summary").click()
    expect(owner.locator("[data-deed-menu='more']").get_by_role("button", name="Trash", exact=True)).to_be_visible()
    owner.keyboard.press("Escape")
    expect(owner.locator("[data-deed-menu='more'][open]")).to_have_count(0)
    expect(owner.locator("[data-selected]")).to_have_text("2 selected")
    owner.keyboard.press("Escape")
    expect(owner.locator("[data-bulk]")).to_be_hidden()
