"""The audit page in a browser: filters that answer while you choose, Back, new events, rows that open, any screen."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from audit.actors import Actor
from helpdesk import tickets
from tests.browser.conftest import House
from tests.browser.looks import complaints

LOG = "/settings/audit"


@pytest.fixture
def log(owner: Page) -> Page:
    """The audit page, as Olive sees it."""
    with owner.expect_response(lambda answer: "/facets" in answer.url):  # the last that is asked for beside the list
        owner.goto(LOG)
    expect(owner.locator('[data-count="source:web"]')).not_to_be_empty()
    return owner


def rows(page: Page) -> Locator:
    """The events that are shown."""
    return page.locator("#audit-rows tr.event")


def choose(page: Page, field: str, *names: str) -> None:
    """Tick options of a filter, found by typing."""
    page.get_by_role("button", name=field).click()
    panel = page.locator(".choice-panel:popover-open")
    for name in names:
        panel.get_by_role("searchbox").fill(name)
        panel.locator(".choice-option", has=page.get_by_text(name, exact=True)).get_by_role("checkbox").check()
    page.keyboard.press("Escape")


def counted(page: Page) -> list[int]:
    """How many events there are, as the sentence, the legend and the bars have it."""
    said = int(re.sub(r"\D", "", page.locator("#audit-sentence").inner_text().split(" ")[0]))
    sums = [
        sum(map(int, page.locator(each).evaluate_all("found => found.map(each => each.dataset.number)")))
        for each in (".legend > li", ".bar-piece")
    ]
    return [said, *sums]


def reloads(page: Page) -> None:
    """Leave a mark that a reload would wipe out."""
    page.evaluate("window.mark = 'still here'")


def assert_never_reloaded(page: Page) -> None:
    """The mark is still there."""
    assert page.evaluate("window.mark") == "still here"


def close(house: House, number: int, by: Actor | None = None) -> None:
    """Close a ticket, as Ana or whoever it is."""
    desk = house.desk
    with desk.acting():
        tickets.close(desk.ticket(number), by=by or desk.by_ana)
    desk.session.rollback()


def test_filters_answer_while_one_chooses(house: House, log: Page) -> None:
    number = house.a_ticket("Filtered")
    close(house, number)
    log.goto(LOG)
    reloads(log)
    sentence = log.locator("#audit-sentence")
    choose(log, "Team member", "Ana Lopez")
    expect(sentence).to_contain_text("by Ana Lopez since")
    expect(log.locator("#member-choice")).to_have_text("Ana Lopez")
    expect(log).to_have_url(re.compile(rf"{LOG}\?member=\d+$"))
    choose(log, "Event", "Ticket closed")
    expect(sentence).to_contain_text("“Ticket closed” event")
    expect(rows(log).first).to_contain_text(f'Ticket {number} "Filtered"')
    assert {text.strip() for text in rows(log).locator(".event-name").all_inner_texts()} == {"Ticket closed"}
    log.get_by_label("Period", exact=True).focus()
    log.get_by_label("Period", exact=True).select_option(label="Yesterday")
    # Other stories may have closed tickets yesterday, but not this one.
    expect(sentence).to_contain_text(re.compile("“Ticket closed” events? by Ana Lopez from"))
    expect(rows(log).filter(has_text=f'Ticket {number} "Filtered"')).to_have_count(0)
    expect(log.get_by_label("Period", exact=True)).to_be_focused()
    log.get_by_role("link", name="Reset", exact=True).click()
    expect(sentence).to_contain_text("API-only events left out")
    expect(log).to_have_url(re.compile(f"{LOG}$"))
    assert_never_reloaded(log)


def test_no_user_shows_who_really_acted(house: House, log: Page) -> None:
    close(house, house.a_ticket("By a rule"), by=Actor("rule", 7, "Zebra", 3))
    choose(log, "Team member", "No user")
    expect(rows(log).first.locator(".who")).to_have_text("No user rule Zebra v3")
    expect(log.locator("#audit-sentence")).to_contain_text("by No user since")
    assert {text.split()[0] for text in rows(log).locator(".who").all_inner_texts()} == {"No"}


def test_typing_finds_options_and_is_no_filter(log: Page) -> None:
    asked: list[str] = []
    log.on("request", lambda request: asked.append(request.url) if LOG in request.url else None)
    log.get_by_role("button", name="Event").click()
    panel = log.locator("#event-panel")
    expect(panel.get_by_role("searchbox")).to_be_focused()
    panel.get_by_role("searchbox").fill("ticket snoo")
    found = panel.locator(".choice-option:visible", has_text="Ticket")
    expect(found).to_contain_text(["Ticket self unsnoozed", "Ticket snoozed"], use_inner_text=True)
    panel.get_by_role("searchbox").fill("zzz")
    expect(panel.get_by_text("No event is called that.")).to_be_visible()
    panel.get_by_role("searchbox").fill("self")
    log.keyboard.press("ArrowDown")
    log.keyboard.press("Space")
    expect(log.locator("#event-choice")).to_have_text("Ticket self unsnoozed")
    assert not [url for url in asked if "newer" not in url and "event=ticket-self-unsnoozed" not in url]
    log.keyboard.press("Escape")
    expect(log.get_by_role("button", name="Event")).to_be_focused()


def test_api_only_events_extend_options_and_list(log: Page) -> None:
    log.get_by_role("button", name="Event").click()
    option = log.locator("#event-panel").get_by_label("Ticket message created API only")
    expect(option).to_be_hidden()
    log.get_by_label("Also show API-only events").check()
    expect(option).to_be_visible()
    expect(log.locator("#audit-sentence")).to_contain_text("API-only events included")
    expect(rows(log).filter(has_text="Ticket message created").first).to_be_visible()


def test_back_shows_what_was_there(log: Page) -> None:
    choose(log, "Team member", "Ana Lopez")
    expect(log.locator("#audit-sentence")).to_contain_text("by Ana Lopez")
    choose(log, "Event", "Ticket assigned")
    expect(log.locator("#audit-sentence")).to_contain_text("“Ticket assigned”")
    log.go_back()
    expect(log.locator("#audit-sentence")).not_to_contain_text("“Ticket assigned”")
    expect(log.locator("#audit-sentence")).to_contain_text("by Ana Lopez")
    expect(log.locator("#member-choice")).to_have_text("Ana Lopez")
    expect(log.locator("#event-choice")).to_have_text("All events")
    log.go_back()
    expect(log.locator("#audit-sentence")).not_to_contain_text("by Ana Lopez")
    log.go_forward()
    expect(log.locator("#audit-sentence")).to_contain_text("by Ana Lopez")
    choose(log, "Event", "Ticket assigned")
    expect(log.locator("#audit-sentence")).to_contain_text("“Ticket assigned”")


def test_an_own_period_and_one_that_is_too_long(log: Page, problems: list[str]) -> None:
    log.get_by_label("Period", exact=True).select_option("own")
    expect(log.get_by_label("From", exact=True)).to_be_enabled()
    expect(log.locator("#audit-sentence")).to_contain_text("since")
    log.get_by_label("From", exact=True).fill("2026-01-01T00:00")
    expect(log.get_by_role("alert")).to_contain_text("at most a week at once")
    expect(log.get_by_label("From", exact=True)).to_have_value("2026-01-01T00:00")
    log.get_by_label("To (empty: now)").fill("2026-01-02T00:00")
    expect(log.locator("#audit-sentence")).to_contain_text(
        "No events from Thursday 1 January, 00:00 to Friday 2 January"
    )
    log.get_by_label("Period", exact=True).select_option(label="Last 7 days")
    expect(rows(log).first).to_be_visible()
    expect(log.get_by_label("From", exact=True)).to_be_hidden()
    problems[:] = [line for line in problems if "422" not in line]


def test_new_events_appear_by_themselves(house: House, log: Page) -> None:
    choose(log, "Event", "Ticket closed")
    expect(log.locator("#audit-sentence")).to_contain_text("Ticket closed")
    # What loads beside the list tells the total, too.
    expect(log.locator("#audit-around > *")).not_to_have_count(0)
    reloads(log)
    count = rows(log).count()
    number = house.a_ticket("Seen at once")
    close(house, number)
    expect(rows(log).first).to_contain_text(f"Ticket {number} ", timeout=20_000)
    assert rows(log).count() == count + 1
    expect(log.locator("#audit-sentence")).to_have_text(re.compile(rf"^{count + 1} “Ticket closed” event"))
    log.wait_for_timeout(2500)
    assert rows(log).count() == count + 1
    assert_never_reloaded(log)


def test_new_events_wait_while_one_reads_further_down(house: House, log: Page) -> None:
    log.mouse.wheel(0, 800)
    expect(rows(log).first).not_to_be_in_viewport()
    seen = rows(log).nth(18)
    text, place = seen.inner_text(), seen.bounding_box()
    before = counted(log)
    house.a_ticket("Waits")
    pill = log.get_by_role("button", name="2 new")
    expect(pill).to_be_visible(timeout=8000)
    # The list waits; sentence, legend and bars count what has happened.
    assert counted(log) == [number + 2 for number in before]
    assert len(set(before)) == 1
    assert seen.inner_text() == text
    assert seen.bounding_box() == place
    pill.click()
    expect(rows(log).first).to_contain_text("Waits")
    expect(pill).to_be_hidden()
    assert log.evaluate("window.scrollY") == 0


def test_the_list_goes_on_as_one_scrolls(log: Page) -> None:
    expect(rows(log)).to_have_count(50)
    for _ in range(20):
        log.mouse.wheel(0, 3000)
        log.wait_for_timeout(60)
    expect(rows(log).filter(has_text="Account created")).to_be_visible()
    ids = rows(log).evaluate_all("rows => rows.map(row => row.id)")
    assert len(ids) == len(set(ids)) > 100


def test_a_row_opens_and_closes_by_mouse_and_keys(house: House, log: Page) -> None:
    number = house.a_ticket("Opens")
    close(house, number)
    log.goto(f"{LOG}?event=ticket-closed")
    row = rows(log).first
    toggle = row.locator("[data-toggle]")
    row.locator(".change").click()
    story = log.locator("#audit-rows tr.story").first
    expect(story).to_contain_text("The work on the ticket is done, for now.")
    expect(story).to_contain_text("Whole chain of 2 events")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    toggle.click()
    expect(story).to_be_hidden()
    toggle.focus()
    log.keyboard.press("Enter")
    expect(story).to_contain_text("Ana Lopez")
    log.keyboard.press("Escape")
    expect(story).to_be_hidden()
    log.keyboard.press("ArrowDown")
    expect(rows(log).nth(1).locator("[data-toggle]")).to_be_focused()
    row.locator(".change").click()
    story.get_by_role("link", name="Whole chain of 2 events").click()
    expect(log.locator("#audit-sentence")).to_contain_text("2 events in one chain at any time")
    log.get_by_role("link", name=re.compile("Show more than chain")).click()
    expect(log.locator("#audit-sentence")).to_contain_text("events since")
    rows(log).first.locator("[data-toggle]").click()
    log.get_by_role("link", name=re.compile("Whole trail of")).click()
    expect(log.locator("#audit-sentence")).to_contain_text("on Ticket")


def test_an_open_row_belongs_to_the_address(house: House, log: Page) -> None:
    close(house, house.a_ticket("Pasted"))
    log.goto(f"{LOG}?event=ticket-closed")
    row, story = rows(log).first, log.locator("#audit-rows tr.story .story-body")
    number = (row.get_attribute("id") or "").removeprefix("event-")
    row.locator(".change").click()
    expect(story).to_be_visible()
    expect(log).to_have_url(re.compile(rf"{LOG}\?event=ticket-closed&open={number}$"))
    log.goto(log.url)
    expect(story).to_be_visible()
    expect(row.locator("[data-toggle]")).to_have_attribute("aria-expanded", "true")
    choose(log, "Team member", "Ana Lopez")
    expect(log).to_have_url(re.compile(r"member=\d+&event=ticket-closed$"))
    expect(story).to_have_count(0)
    log.go_back()
    expect(log).to_have_url(re.compile(f"{LOG}.event=ticket-closed&open={number}$"))
    expect(story).to_be_visible()
    row.locator("[data-toggle]").click()
    expect(story).to_have_count(0)
    expect(log).to_have_url(re.compile(f"{LOG}.event=ticket-closed$"))
    log.goto(f"{LOG}?event=ticket-trashed&open={number}")
    log.get_by_role("link", name=f"Look at event {number} on its own page").click()
    expect(log.get_by_role("heading", name="Ticket closed", level=1)).to_be_visible()


def test_a_meaning_is_one_tap_or_rest_away(log: Page) -> None:
    name = rows(log).locator(".event-name", has_text="Ticket updated").first
    meaning = log.locator("#meaning-ticket-updated")
    name.click()
    expect(meaning).to_be_visible()
    expect(meaning).to_contain_text("Something about the ticket changed.")
    log.keyboard.press("Escape")
    expect(meaning).to_be_hidden()
    log.mouse.move(5, 5)
    name.hover()
    expect(meaning).to_be_visible()
    log.mouse.move(5, 5)
    expect(meaning).to_be_hidden()


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(log: Page, width: int) -> None:
    log.set_viewport_size({"width": width, "height": 844})
    log.goto(f"{LOG}?object=Ticket:62&period=own&api_only=1")
    rows(log).first.locator("[data-toggle]").click()
    expect(log.locator(".story-body")).to_be_visible()
    rows(log).nth(3).locator(".event-name").click()
    found = complaints(log)
    log.get_by_role("button", name="Event").click()
    found += complaints(log)
    assert not found, "\n".join(found)


def test_axe_finds_nothing_beside_the_list(log: Page) -> None:
    for address in ("?period=yesterday", "?colour=red", "/events/5"):
        log.goto(LOG + address)
        assert not complaints(log), address


def test_nothing_scrolls_sideways_and_rows_become_cards(house: House, log: Page) -> None:
    house.a_ticket("Averylongwordthatneverends" * 8)
    for width in (360, 390, 768, 1280, 2560):
        log.set_viewport_size({"width": width, "height": 844})
        for address in ("?period=own&object=Ticket:1", "/events/5", ""):
            log.goto(LOG + address)
            assert log.evaluate("document.documentElement.scrollWidth") <= width, (width, address)
        rows(log).first.locator("[data-toggle]").click()
        expect(log.locator(".story-body")).to_be_visible()
        assert log.evaluate("document.documentElement.scrollWidth") <= width
        boxes = [rows(log).first.locator(cell).bounding_box() for cell in (".what", ".object", ".who")]
        tops = {box["y"] for box in boxes if box}
        assert len(tops) == (3 if width < 800 else 1)


def test_it_works_without_scripts(browser: Any, browser_context_args: dict[str, Any]) -> None:
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/login?next={LOG}")
    page.get_by_label("E-mail address").fill("owner@demo.example")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Team member").click()
    page.get_by_label("No user").check()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#audit-sentence")).to_contain_text("by No user since")
    page.get_by_role("link", name="Older events").click()
    expect(rows(page).first).to_be_visible()
    rows(page).first.locator("[data-toggle]").click()
    expect(page.locator(".story-body")).to_be_visible()
    context.close()


def test_nothing_is_asked_while_nobody_looks(log: Page) -> None:
    log.evaluate("Object.defineProperty(document, 'hidden', {value: true})")
    asked: list[str] = []
    log.on("request", lambda request: asked.append(request.url))
    log.wait_for_timeout(2500)
    assert asked == []


def test_time_that_passes_shows_as_events(house: House, log: Page) -> None:
    number = house.a_ticket("Wakes up")
    desk = house.desk
    with desk.acting():
        tickets.snooze(desk.ticket(number), desk.now() + timedelta(hours=1), by=desk.by_ana)
    house.let_time_pass(timedelta(hours=2))
    woken = rows(log).filter(has_text="Ticket self unsnoozed").first
    expect(woken).to_contain_text(f"Ticket {number} ", timeout=20_000)
    expect(woken.locator(".who")).to_have_text("No user snooze timer")
