"""Asking the log in a browser: the line with its completion, chips, the brush by mouse and keys, facets, time zones."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from audit.actors import Actor
from helpdesk import tickets
from tests.browser.conftest import House
from tests.browser.looks import complaints
from tests.browser.test_audit_page import choose

LOG = "/settings/audit"


@pytest.fixture
def log(house: House, owner: Page) -> Page:
    """The audit page, as Olive sees it, on a desk where a rule has closed a ticket."""
    number = house.a_ticket("Refund my teapot")
    with house.desk.acting():
        tickets.close(house.desk.ticket(number), by=Actor("rule", 7, "Zebra", 3))
    house.desk.session.rollback()
    owner.goto(LOG)
    expect(owner.locator("[data-histogram]")).to_be_visible()
    return owner


def events(page: Page) -> list[str]:
    """The events that are shown, from the top."""
    return [name.strip() for name in page.locator("#audit-rows .event-name").all_inner_texts()]


def test_the_line_completes_asks_and_becomes_chips_that_turn_back_into_the_form(log: Page) -> None:
    line, options = log.get_by_label("Search line", exact=True), log.locator("#audit-completion [role=option]")
    line.click()
    line.press_sequentially("act")
    expect(options.first).to_contain_text("actor:")
    log.keyboard.press("ArrowDown")
    expect(line).to_have_attribute("aria-activedescendant", "completion-0")
    log.keyboard.press("Enter")
    expect(line).to_have_value("actor:")
    line.press_sequentially("non")
    expect(options.first).to_contain_text("No user")
    log.keyboard.press("ArrowDown")
    log.keyboard.press("Tab")
    expect(line).to_have_value("actor:none ")
    line.press_sequentially('type:ticket-* -type:ticket-updated by:rule#7 "TEAPOT"')
    log.keyboard.press("Escape")
    expect(log.locator("#audit-completion")).to_be_hidden()
    log.keyboard.press("Enter")
    sentence = log.locator("#audit-sentence")
    expect(sentence).to_contain_text("1 Ticket event other than “Ticket updated” by No user where rule 7 acted")
    expect(log).to_have_url(re.compile(r"member=none&by=rule:7&event=ticket-\*&not_event=ticket-updated&text=teapot"))
    assert events(log) == ["Ticket closed"]
    expect(log.locator("#member-choice")).to_have_text("No user")
    expect(log.locator("#event-choice")).to_have_text("Ticket")
    log.get_by_role("button", name="text teapot").click()
    expect(log.get_by_label("Text", exact=True)).to_be_focused()
    log.get_by_role("button", name="not type ticket-updated").click()
    expect(log.locator("#not-event-panel").get_by_role("checkbox", name="Ticket updated")).to_be_checked()
    log.keyboard.press("Escape")
    log.get_by_role("button", name="by rule#7").click()
    expect(log.locator("#by-panel").get_by_role("checkbox", name="Rule 7")).to_be_checked()
    log.get_by_label("One by number").fill("macro 2")
    expect(log.get_by_role("button", name="by macro#2")).to_be_visible()
    log.get_by_label("One by number").fill("")
    expect(log.get_by_role("button", name="by macro#2")).to_be_hidden()
    log.keyboard.press("Escape")
    log.get_by_role("button", name="actor none").click()
    expect(log.locator("#member-panel")).to_be_visible()
    log.keyboard.press("Escape")
    log.get_by_role("link", name="Show more than by rule#7").click()
    expect(log.get_by_label("Search line", exact=True)).to_have_value(
        'actor:none type:ticket-* -type:ticket-updated "teapot"'
    )
    log.get_by_label("Text", exact=True).fill("nowhere at all")
    expect(log.get_by_label("Search line", exact=True)).to_have_value(re.compile('"nowhere at all"$'))
    expect(log.get_by_text("No such event here")).to_be_visible()


def test_a_line_that_makes_no_sense_leaves_the_list_and_says_where(log: Page, problems: list[str]) -> None:
    line, before = log.get_by_label("Search line", exact=True), events(log)
    line.fill('since:24h actor:zoe "refund"')
    log.keyboard.press("Escape")
    log.keyboard.press("Enter")
    expect(log.get_by_role("alert")).to_have_text("At character 11: nobody here is called “zoe”.")
    assert events(log) == before
    expect(line).to_have_value('since:24h actor:zoe "refund"')
    assert not complaints(log)
    line.fill("actor:olive by:rule")
    log.keyboard.press("Escape")
    log.keyboard.press("Enter")
    expect(log.get_by_text("is written as No user, so none of it is by a team member")).to_be_visible()
    expect(log.get_by_role("alert")).to_be_hidden()
    problems[:] = [one for one in problems if "422" not in one]


def test_a_completion_that_comes_late_does_not_cover_the_refusal(log: Page, problems: list[str]) -> None:
    held: list[Route] = []
    log.route("**/settings/audit/complete*", lambda route: held.append(route))
    line = log.get_by_label("Search line", exact=True)
    with log.expect_request(re.compile("complete.*type%3A")):
        line.press_sequentially("actor:bob type:")
    log.keyboard.press("Enter")
    expect(log.get_by_role("alert")).to_contain_text("nobody here is called “bob”")
    for route in held:
        route.continue_()
    expect(log.locator("#audit-completion > *")).not_to_have_count(0)
    expect(log.locator("#audit-completion")).to_be_hidden()
    log.unroute("**/settings/audit/complete*")
    line.press_sequentially("ticket-c")
    expect(log.locator("#audit-completion [role=option]").first).to_be_visible()
    problems[:] = [one for one in problems if "422" not in one]


def test_the_histogram_zooms_by_mouse_and_by_keys_and_back(house: House, log: Page) -> None:
    house.let_time_pass(timedelta(hours=30))
    house.a_ticket("A day later")
    log.goto(LOG)
    brush, period = log.locator("[data-brush]"), log.get_by_label("Period", exact=True)
    expect(brush).to_be_visible()
    box = brush.bounding_box()
    assert box is not None
    log.mouse.move(box["x"] + box["width"] - 20, box["y"] + 10)
    log.mouse.down()
    log.mouse.move(box["x"] + box["width"] - 2, box["y"] + 10, steps=3)
    log.mouse.up()
    expect(period).to_have_value("own")
    expect(log).to_have_url(re.compile("period=own&from=.*&to="))
    expect(log.locator("#audit-sentence")).to_contain_text("2 events from")
    log.get_by_role("button", name="Zoom out").click()
    expect(period).to_have_value("")
    expect(log.locator("#audit-sentence")).to_contain_text("events since")
    expect(log.get_by_role("button", name="Zoom out")).to_be_hidden()
    brush.focus()
    log.keyboard.press("ArrowLeft")
    expect(log.locator("[data-brush-words]")).to_contain_text("events (Tickets 2)")
    log.keyboard.press("Shift+ArrowLeft")
    expect(log.locator("[data-brush-words]")).to_contain_text("2 bars")
    expect(log.locator("[data-brush-mark]")).to_have_attribute("width", "20")
    log.keyboard.press("Escape")
    expect(log.locator("[data-brush-mark]")).to_have_attribute("width", "0")
    log.keyboard.press("Home")
    expect(log.locator(".bar").first).to_contain_class("is-here")
    log.keyboard.press("End")
    log.keyboard.press("Shift+ArrowLeft")
    log.keyboard.press("Enter")
    expect(period).to_have_value("own")
    expect(log.get_by_role("button", name="Zoom out")).to_be_visible()
    expect(brush).to_be_focused()
    expect(log.locator("#audit-sentence")).to_contain_text("2 events from")
    log.keyboard.press("Escape")
    expect(period).to_have_value("")
    # A stretch that holds nothing has no bars, and a way back.
    expect(log.locator("#audit-sentence")).to_contain_text("events since")
    expect(brush).to_be_focused()
    words = log.locator(".bar").evaluate_all("bars => bars.map(bar => bar.dataset.words)")
    place = next(place for place, each in enumerate(words) if each.endswith(": 0 events"))
    log.keyboard.press("Home")
    for _ in range(place):
        log.keyboard.press("ArrowRight")
    log.keyboard.press("Enter")
    expect(log.get_by_text("No such event here")).to_be_visible()
    expect(log.get_by_role("button", name="Zoom out")).to_be_focused()
    log.keyboard.press("Enter")
    expect(period).to_have_value("")
    expect(brush).to_be_focused()
    expect(log.get_by_role("button", name="Zoom out")).to_be_hidden()


WHOLE = re.compile(r"/settings/audit\?period=&")


def test_hands_that_are_faster_than_the_answers_find_the_way_back(house: House, log: Page) -> None:
    house.let_time_pass(timedelta(hours=30))
    house.a_ticket("A day later")
    log.goto(LOG)
    brush, sentence = log.locator("[data-brush]"), log.locator("#audit-sentence")
    expect(brush).to_be_visible()
    brush.focus()
    log.keyboard.press("End")
    log.keyboard.press("Shift+ArrowLeft")
    log.keyboard.press("Enter")
    expect(sentence).to_contain_text("2 events from")
    expect(brush).to_be_focused()
    # Back to the whole, and before that is answered, the first of the bars that are still there.
    held: list[Route] = []
    log.route(WHOLE, lambda route: held.append(route))
    with log.expect_request(WHOLE):
        log.keyboard.press("Escape")
    log.keyboard.press("Home")
    with log.expect_response(re.compile("period=own")):
        log.keyboard.press("Enter")
        log.unroute(WHOLE)
    assert len(held) == 1
    expect(log.get_by_text("No such event here")).to_be_visible()
    expect(log.get_by_label("Period", exact=True)).to_have_value("own")
    expect(log.get_by_role("button", name="Zoom out")).to_be_focused()
    log.keyboard.press("Enter")
    expect(sentence).to_contain_text("events since")
    expect(brush).to_be_focused()


@contextmanager
def held(page: Page, address: str | re.Pattern[str]) -> Iterator[None]:
    """What happens while the answer to this is on its way; it comes when the block ends."""
    waiting: list[Route] = []
    page.route(address, lambda route: waiting.append(route))
    yield
    page.unroute(address)  # and lets go of what waits


def test_what_is_written_while_an_answer_is_on_its_way_is_added_to_the_line(log: Page, problems: list[str]) -> None:
    line = log.get_by_role("combobox", name="Search line")
    members = "**/settings/audit?*member=*"
    with held(log, members):
        with log.expect_request(members):
            choose(log, "Team member", "Ana Lopez")
        line.press_sequentially("type:ticket-cl")
    expect(log.locator("#audit-sentence")).to_contain_text("by Ana Lopez")
    expect(line).to_have_value(re.compile("^actor:.* type:ticket-cl$"))
    expect(line).to_be_focused()
    # And so is what was not sent yet when something else is chosen.
    log.get_by_label("Period", exact=True).select_option(label="Last hour")
    expect(line).to_have_value(re.compile("^actor:.* since:1h type:ticket-cl$"))
    line.press_sequentially("osed")
    sent = re.compile(r"audit\?.*line=")
    with held(log, sent):
        with log.expect_request(sent):
            log.keyboard.press("Enter")
        line.press_sequentially(" by:user")
        expect(log.locator("#audit-form[inert]")).to_be_visible()  # what was chosen now would be lost
    expect(log.locator("#audit-sentence")).to_contain_text("Ticket closed")
    expect(line).to_have_value(re.compile("^actor:.* type:ticket-closed .*by:user$"))
    expect(line).to_be_focused()
    # Nor does a refusal touch it.
    line.fill("type:nonsense")
    refused = re.compile(r"audit\?.*nonsense")
    with held(log, refused):
        with log.expect_request(refused):
            log.keyboard.press("Enter")
        line.press_sequentially(" by:user")
    expect(log.get_by_role("alert")).to_contain_text("nonsense")
    expect(line).to_have_value("type:nonsense by:user")
    log.keyboard.press("Escape")  # what can stand there lies over the button
    log.get_by_role("link", name="Reset", exact=True).click()
    expect(line).to_have_value("")
    problems[:] = [one for one in problems if "422" not in one]


def test_who_goes_back_is_not_overtaken_by_an_answer(log: Page) -> None:
    log.get_by_label("Period", exact=True).select_option(label="Last hour")
    expect(log).to_have_url(re.compile("period=1h"))
    days = "**/settings/audit?*period=24h*"
    with held(log, days):
        with log.expect_request(days):
            log.get_by_label("Period", exact=True).select_option(label="Last 24 hours")
        log.go_back()
        expect(log.get_by_label("Period", exact=True)).to_have_value("")
    expect(log).to_have_url(re.compile(f"{LOG}$"))
    expect(log.get_by_label("Period", exact=True)).to_have_value("")


def test_a_question_that_is_refused_is_in_the_address_too(log: Page, problems: list[str]) -> None:
    period = log.get_by_label("Period", exact=True)
    period.select_option("own")
    expect(log).to_have_url(re.compile("period=own"))
    log.get_by_label("From", exact=True).fill("2026-01-01T00:00")
    expect(log.get_by_role("alert")).to_contain_text("at most a week at once")
    log.get_by_label("To (empty: now)").fill("2025-01-01T00:00")
    expect(log.get_by_role("alert")).to_contain_text("ends before it begins")
    log.reload()
    expect(log.get_by_role("alert")).to_contain_text("ends before it begins")
    expect(log.get_by_label("From", exact=True)).to_have_value("2026-01-01T00:00")
    period.select_option(label="Last hour")
    expect(log.locator("#audit-sentence")).to_contain_text("since")
    log.go_back()
    expect(log.get_by_role("alert")).to_have_count(0)  # what made no sense is not passed on the way
    problems[:] = [one for one in problems if "422" not in one]


def test_chips_lead_the_keyboard_into_their_controls_and_on(log: Page) -> None:
    log.goto(f"{LOG}?by=rule&source=web&event=ticket-updated")
    log.get_by_role("button", name="by rule").press("Enter")
    expect(log.locator("#by-panel input[value=rule]")).to_be_focused()
    log.keyboard.press("Escape")
    log.get_by_role("button", name="type ticket-updated").press("Enter")
    expect(log.locator("#event-panel [data-find]")).to_be_focused()
    expect(log.locator("#event-panel input[value=ticket-updated]")).to_be_in_viewport()
    log.keyboard.press("Escape")
    log.get_by_role("link", name="Show more than by rule").press("Enter")
    expect(log.get_by_role("link", name="Show more than type ticket-updated")).to_be_focused()
    log.keyboard.press("Enter")
    expect(log.get_by_role("link", name="Show more than source web")).to_be_focused()
    log.keyboard.press("Enter")
    expect(log.get_by_label("Search line", exact=True)).to_be_focused()


def test_numbers_stand_beside_the_options_and_what_acted_is_a_link(log: Page) -> None:
    log.get_by_role("button", name="Event").click()
    closed = log.locator(".choice-option", has=log.locator('input[name="event"][value="ticket-closed"]'))
    expect(closed.locator(".choice-count")).to_have_text(re.compile(r"^\d+$"))
    log.keyboard.press("Escape")
    log.get_by_role("button", name="Team member").click()
    nobody = log.locator(".choice-option", has=log.locator('input[value="none"]'))
    expect(nobody.locator(".choice-count")).to_have_text(re.compile(r"^[\d,]+$"))
    log.keyboard.press("Escape")
    log.get_by_text("More filters").click()
    log.get_by_role("button", name="Acted").click()
    by_hand = log.locator(".choice-option", has=log.locator('input[value="user"]')).locator(".choice-count")
    expect(by_hand).to_have_text(re.compile(r"^[1-9]\d*$"))
    numbers = log.locator(".choice-count:not(:empty)")
    held: list[Route] = []
    log.route("**/settings/audit/around*", lambda route: held.append(route))
    with log.expect_request("**/settings/audit/around*"):
        log.locator('input[name="by"][value="rule"]').check()
    expect(numbers).to_have_count(0)
    for route in held:
        route.continue_()
    log.unroute("**/settings/audit/around*")
    expect(log.locator('[data-count="member:none"]')).to_have_text(re.compile("^[1-9]"))
    expect(log.locator('[data-count="member:1"]')).to_have_text("0")
    expect(by_hand).to_have_text(re.compile(r"^[1-9]\d*$"))
    expect(log.locator('[data-count="source:cli"]')).to_have_text("0")
    log.keyboard.press("Escape")
    log.get_by_role("link", name="Reset").click()
    log.get_by_role("link", name="rule Zebra").click()
    expect(log.locator("#audit-sentence")).to_contain_text("where rule 7 acted")
    assert set(events(log)) == {"Ticket closed", "Ticket updated"}


def test_times_in_the_browsers_zone(browser: Any, browser_context_args: dict[str, Any], log: Page) -> None:
    state = log.context.storage_state()
    context = browser.new_context(**browser_context_args, storage_state=state, timezone_id="Asia/Tokyo")
    page = context.new_page()
    page.goto(LOG)
    page.get_by_text("More filters").click()
    page.get_by_label("Times in").select_option(label="Asia/Tokyo (this browser)")
    expect(page.locator("#audit-sentence")).to_contain_text("(Asia/Tokyo)")
    expect(page.locator(".events .zone")).to_have_text("Asia/Tokyo")
    expect(page).to_have_url(re.compile("times=Asia%2FTokyo"))
    page.reload()
    expect(page.get_by_label("Times in")).to_have_value("Asia/Tokyo")
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(log: Page, width: int) -> None:
    log.set_viewport_size({"width": width, "height": 844})
    log.goto(f"{LOG}?member=none&by=rule:7&not_event=ticket-updated&text=teapot&times=UTC")
    expect(log.locator("[data-histogram]")).to_be_visible()
    log.get_by_label("Search line", exact=True).press_sequentially(" s")
    expect(log.locator("#audit-completion [role=option]").first).to_be_visible()
    assert not complaints(log)
    assert log.evaluate("document.documentElement.scrollWidth") <= width


def test_a_search_is_saved_found_again_and_deleted(log: Page) -> None:
    log.goto(f"{LOG}?member=none&period=24h")
    saved = log.locator(".saved")
    saved.get_by_text("Saved", exact=True).click()
    saved.get_by_label("Save what is asked now as").fill("What nobody did")
    saved.get_by_label("Share it with all who read the log").check()
    saved.get_by_role("button", name="Save search").click()
    expect(saved.locator(".search-what")).to_contain_text("What nobody did shared actor:none since:24h")
    log.goto(LOG)
    saved.get_by_text("Saved", exact=True).click()
    saved.get_by_role("link", name="What nobody did").click()
    expect(log.locator("#audit-sentence")).to_contain_text("by No user since")
    expect(log.get_by_label("Period", exact=True)).to_have_value("24h")
    saved.get_by_text("Saved", exact=True).click()
    change = saved.locator(".search-change summary")
    change.click()
    saved.get_by_label("Name", exact=True).fill("Nobody")
    log.keyboard.press("Enter")
    expect(saved.get_by_role("link", name="Nobody", exact=True)).to_be_visible()
    expect(change).to_be_focused()  # and what it opened is still open
    log.get_by_label("Period", exact=True).select_option(label="Last hour")
    expect(log).to_have_url(re.compile("period=1h"))
    saved.get_by_role("button", name="Ask what is shown now").click()
    expect(saved.locator(".search-what code")).to_have_text("actor:none since:1h")
    expect(change).to_be_focused()
    assert not complaints(log)
    saved.get_by_role("button", name="Delete").click()
    expect(saved).to_contain_text("No searches yet.")
    expect(saved.get_by_label("Save what is asked now as")).to_be_focused()
    toast = log.locator("[data-toast]").filter(has_text="Search deleted")
    expect(toast).to_contain_text("Account setting updated")
    toast.get_by_role("button", name="Undo").click()
    expect(saved.locator(".search-what")).to_contain_text("Nobody shared actor:none since:1h")
    expect(toast).to_have_count(0)
    expect(saved.get_by_role("link", name="Nobody", exact=True)).to_be_focused()
    saved.locator(".search-change summary").click()
    saved.get_by_role("button", name="Delete").click()
    expect(saved).to_contain_text("No searches yet.")
    expect(saved.get_by_role("button", name="Save search")).to_be_visible()
