"""The glossary in a browser: every event is fired from its card, and the card shows what the catalogue says."""

import pytest
from playwright.sync_api import Page, expect

from audit.types import registry
from seeds import fire_pages
from seeds.scenarios import scenes_of
from tests.browser.conftest import House
from tests.browser.looks import complaints

CARDS = "/settings/audit/events"


def test_every_event_is_fired_from_its_card(house: House, ben: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fire_pages, "LIMIT", "1000 per minute")
    before = house.desk.last_event_id()
    for type_ in registry:
        scene = next(iter(scenes_of(type_.name)), None)
        if scene is None:
            continue
        ben.goto(f"{CARDS}/{type_.name}")
        ben.get_by_role("button", name="Fire it").click()
        fired = ben.locator(f'.fired[data-fired="{type_.name}"]')
        expect(fired).to_contain_text("Exactly as the catalogue says.", timeout=30_000)
        lines = fired.locator(".fired-now .fired-line").all()
        assert [line.get_attribute("data-event") for line in lines] == [name for name, _ in scene.writes]
        for line, (_, kind) in zip(lines, scene.writes, strict=True):
            assert ("No user" in line.inner_text()) is (kind != "user"), type_.name
    assert house.desk.last_event_id() == before, "nothing of it happened on the desk itself"


def test_a_class_finds_a_card_and_asks_why_nothing_is_written(house: House, ben: Page) -> None:
    ben.goto("/tickets")
    ben.get_by_role("link", name="Events explained").first.click()
    ben.get_by_label("Find an event").fill("closed")
    expect(ben.locator(".brief-name").first).to_be_visible()
    expect(ben.locator(".brief-name").filter(has_text="Tag created")).to_have_count(0)
    assert "q=closed" in ben.url
    ben.get_by_role("link", name="Ticket closed").click()
    expect(ben.get_by_role("heading", level=1)).to_have_text("Ticket closed")
    ben.get_by_text("When nothing is written").click()
    ben.get_by_role("listitem").filter(has_text="Closing a closed ticket").get_by_role("button", name="Try").click()
    expect(ben.locator("#fired")).to_contain_text("no change, no event")
    assert complaints(ben) == []
    ben.get_by_role("link", name="All events").click()
    ben.get_by_role("link", name="What each deed writes in each state of a ticket").click()
    expect(ben.get_by_role("heading", level=1)).to_have_text("Every state and every deed")
    assert complaints(ben) == []


def test_the_log_is_proved_before_ones_eyes(house: House, owner: Page) -> None:
    owner.goto("/settings/audit/coverage")
    owner.get_by_role("button", name="Prove it").click()
    expect(owner.locator("[data-proven]")).to_contain_text("Log and database agree.")
    assert complaints(owner) == []
    owner.set_viewport_size({"width": 390, "height": 844})
    assert owner.evaluate("document.documentElement.scrollWidth") <= 390
