"""A Black Friday by hand: it begins with a click, the feed and the audit page fill, and it can be stopped."""

import re
from threading import Event, Thread

from playwright.sync_api import Page, expect

from automation import jobs, machines
from tests.browser.conftest import House
from tests.browser.looks import complaints


def test_a_black_friday_fills_the_feed_and_the_audit_page(house: House, owner: Page) -> None:
    is_over = Event()

    def work() -> None:
        while not is_over.wait(0.2):
            jobs.run_due(machines.sessions_of(house.app), is_over.is_set)

    owner.goto("/settings/simulator")
    assert complaints(owner) == []
    owner.get_by_role("radio", name="Black Friday").check()
    owner.get_by_role("spinbutton", name="Agents").fill("3")
    owner.get_by_label("Speed").select_option("An hour in a second")
    owner.get_by_role("button", name="Begin").click()
    expect(owner.get_by_text("Black Friday: under way")).to_be_visible()
    worker = Thread(target=work)
    worker.start()
    try:
        expect(owner.locator(".feed-line").first).to_be_visible(timeout=60_000)
        assert complaints(owner) == []
        owner.goto("/settings/audit?api_only=1")
        expect(owner.locator("tr.event").first).to_be_visible(timeout=30_000)
        expect(owner.locator("tr.event", has_text="Ticket created").first).to_be_visible(timeout=60_000)
        owner.goto("/settings/simulator")
        owner.get_by_role("button", name="Stop here").click()
        expect(owner.get_by_text(re.compile("Black Friday: (stopped|done)"))).to_be_visible(timeout=30_000)
    finally:
        is_over.set()
        worker.join(60)
    for path in ("/settings/echo", "/notices"):
        owner.goto(path)
        assert complaints(owner) == []
