"""The audit page follows the log: one browser acts, another watches, and no pause or cut loses or repeats a row."""

import re
from datetime import timedelta

from playwright.sync_api import Locator, Page, Route, expect

from automation import clockwork
from helpdesk import tickets
from tests.browser.conftest import House

LOG = "/settings/audit"
HIDE = """
    Object.defineProperty(document, "hidden", {value: %s, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
"""


def rows(page: Page) -> Locator:
    """The events that are shown."""
    return page.locator("#audit-rows tr.event")


def state(page: Page) -> Locator:
    """What the page says of its stream."""
    return page.locator("[data-follow-state]")


def close(house: House, subject: str) -> int:
    """A ticket is opened and closed, by a process that is not the browser's."""
    number = house.a_ticket(subject)
    with house.desk.acting():
        tickets.close(house.desk.ticket(number), by=house.desk.by_ana)
    return number


def subjects(page: Page) -> list[str]:
    """Of which tickets the shown rows tell, from the top."""
    return [re.sub(r'.*"(.*)"', r"\1", text) for text in rows(page).locator(".object").all_inner_texts()]


def test_one_acts_and_another_watches(house: House, owner: Page, ben: Page) -> None:
    number = house.a_ticket("Watched")
    owner.goto(f"{LOG}?event=ticket-closed")
    expect(state(owner)).to_have_text("Live")
    count = rows(owner).count()
    ben.goto(f"/tickets/{number}")
    ben.get_by_role("button", name="Close", exact=True).first.click()
    expect(rows(owner).first).to_contain_text("Watched", timeout=2000)
    expect(rows(owner).first.locator(".who")).to_have_text("Ben Okafor")
    expect(owner.locator("#audit-sentence")).to_have_text(re.compile(rf"^{count + 1} “Ticket closed” event"))
    tickets_shown = owner.locator(".legend [data-group=hue-ticket]")
    expect(tickets_shown).to_contain_text(f" {count + 1}")
    expect(owner.locator(".bar").last).to_have_attribute("data-words", re.compile(r": \d+ events? \(Tickets \d+\)$"))
    # Paused, the list stands; what happened meanwhile comes afterwards.
    owner.get_by_role("button", name="Pause").click()
    expect(state(owner)).to_have_text("Paused")
    close(house, "While paused")
    owner.wait_for_timeout(600)
    assert subjects(owner)[0] == "Watched"
    expect(tickets_shown).to_contain_text(f" {count + 1}")
    owner.get_by_role("button", name="Resume").click()
    expect(rows(owner).first).to_contain_text("While paused")
    expect(tickets_shown).to_contain_text(f" {count + 2}")
    expect(state(owner)).to_have_text("Live")


def test_what_was_counted_beside_the_list_does_not_overrule_what_came_since(house: House, owner: Page) -> None:
    held: list[Route] = []
    owner.route("**/settings/audit/around*", lambda route: held.append(route))
    house.app.extensions.pop("audit_known", None)  # nothing is counted yet
    owner.goto(f"{LOG}?event=ticket-closed")
    expect(state(owner)).to_have_text("Live")
    close(house, "Came first")
    expect(rows(owner).first).to_contain_text("Came first")
    told = owner.locator("#audit-sentence").inner_text()
    for each in held:
        answer = each.fetch()
        early = re.sub(r'<data value="\d+">[^<]*events?\b', '<data value="1">No events', answer.text())
        each.fulfill(response=answer, body=early)
    expect(owner.locator("[data-histogram]")).to_be_visible()
    expect(owner.locator("#audit-sentence")).to_have_text(told)


def test_numbers_beside_the_options_are_those_of_now(house: House, owner: Page) -> None:
    close(house, "Counted first")
    owner.goto(f"{LOG}?event=ticket-closed")
    expect(state(owner)).to_have_text("Live")
    option, ana = (
        owner.locator(f'[data-count="{name}"]') for name in ("event:ticket-closed", f"member:{house.desk.ana.id}")
    )
    # A count for which there was no time is taken up again where somebody looks.
    panel = owner.locator('[popovertarget="event-panel"]')
    panel.click()
    for number in (option, ana):
        expect(number).to_have_text(re.compile(r"^[\d,]+$"), timeout=15_000)
    owner.keyboard.press("Escape")
    before, hers = (int(number.text_content() or "") for number in (option, ana))
    close(house, "Counted while the panel is closed")
    expect(rows(owner).first).to_contain_text("Counted while the panel is closed")
    panel.click()
    expect(option).to_have_text(str(before + 1))
    close(house, "Counted while one looks")
    expect(option).to_have_text(str(before + 2), timeout=15_000)
    expect(ana).to_have_text(str(hers + 2), timeout=15_000)


def test_a_cut_and_a_hidden_page_lose_and_repeat_nothing(house: House, owner: Page) -> None:
    owner.goto(f"{LOG}?event=ticket-closed")
    expect(state(owner)).to_have_text("Live")
    close(house, "Before the cut")
    expect(rows(owner).first).to_contain_text("Before the cut")
    house.cut_streams()
    close(house, "After the cut")
    expect(rows(owner).first).to_contain_text("After the cut")
    # Nobody sees the page: it holds no stream, and what happened is there when somebody looks.
    streams: list[str] = []
    owner.on("request", lambda request: streams.append(request.url) if "/live" in request.url else None)
    owner.evaluate(HIDE % "true")
    house.await_no_streams()
    close(house, "While hidden")
    assert not streams
    owner.evaluate(HIDE % "false")
    expect(rows(owner).first).to_contain_text("While hidden")
    close(house, "Seen again")
    expect(rows(owner).first).to_contain_text("Seen again")
    assert subjects(owner)[:4] == ["Seen again", "While hidden", "After the cut", "Before the cut"]
    assert len(streams) == 1


def test_while_the_desk_is_down_the_page_says_so_quietly_and_comes_back(
    house: House, owner: Page, problems: list[str]
) -> None:
    owner.goto(f"{LOG}?event=ticket-closed")
    expect(state(owner)).to_have_text("Live")
    owner.route("**/*", lambda route: route.abort())
    house.cut_streams()
    expect(state(owner)).to_have_text(re.compile(r"^Cut off since \d\d:\d\d; tries again$"))
    with owner.expect_event("requestfailed", lambda request: "/newer" in request.url):
        pass
    toasts = owner.locator("#toasts .toast")
    expect(toasts).to_have_count(0)
    for _ in range(2):  # what somebody does is another matter, and said once
        with owner.expect_event("requestfailed", lambda request: request.url.endswith(LOG)):
            owner.get_by_role("link", name="Reset", exact=True).click()
    expect(toasts).to_have_text(["The desk did not answer, so nothing was done. Check your connection and try again."])
    close(house, "While down")
    owner.unroute("**/*")
    expect(state(owner)).to_have_text("Live")
    expect(rows(owner).first).to_contain_text("While down")
    problems[:] = [one for one in problems if "net::ERR_FAILED" not in one and "Failed to fetch" not in one]


def test_what_the_clock_leaves_behind_leaves_the_list(house: House, owner: Page) -> None:
    close(house, "Before the clock moved")
    owner.goto(f"{LOG}?period=1h&event=ticket-closed")
    expect(rows(owner).first).to_contain_text("Before the clock moved")
    expect(state(owner)).to_have_text("Live")
    clockwork.advance(house.desk.session, house.desk.account_id, timedelta(hours=2))
    expect(owner.get_by_role("heading", name="No such event here")).to_be_visible()
    expect(rows(owner)).to_have_count(0)
