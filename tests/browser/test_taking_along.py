"""An export by hand, and a story with its chain: by keyboard, on any screen, read back from the file."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import House
from tests.browser.looks import complaints

LOG = "/settings/audit"


@pytest.mark.parametrize("width", [390, 1280])
def test_an_export_is_a_file_and_an_event(house: House, owner: Page, width: int) -> None:
    number = house.a_ticket("Taken along")
    owner.set_viewport_size({"width": width, "height": 844})
    owner.goto(f"{LOG}?object=Ticket:{number}&api_only=1")
    owner.locator("summary", has_text="Export").focus()
    owner.keyboard.press("Enter")
    expect(owner.get_by_text("The export itself goes into the log.")).to_be_visible()
    assert not complaints(owner)
    assert owner.evaluate("document.documentElement.scrollWidth") <= width
    box = owner.locator(".export").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    with owner.expect_download() as download:
        owner.get_by_role("button", name="JSON Lines").press("Enter")
    lines = [json.loads(line) for line in Path(download.value.path()).read_text().splitlines()]
    assert [line["type"] for line in lines] == ["ticket-created", "ticket-updated"]
    owner.goto(f"{LOG}?event=audit-log-exported&api_only=1")
    expect(owner.locator("#audit-rows tr.event").first).to_contain_text("as jsonl")


@pytest.mark.parametrize("width", [390, 1280])
def test_a_story_leads_from_link_to_link(house: House, owner: Page, width: int) -> None:
    owner.set_viewport_size({"width": width, "height": 844})
    owner.goto(f"{LOG}?object=Ticket:{house.full}&event=ticket-tags-added")
    owner.locator("#audit-rows [data-toggle]").first.press("Enter")
    story = owner.locator(".story-body")
    expect(story.locator(".chain")).to_be_visible()
    story.get_by_text("JSON", exact=True).press("Enter")
    expect(story.locator(".story-json pre")).to_contain_text('"type": "ticket-tags-added"')
    assert not complaints(owner)
    assert owner.evaluate("document.documentElement.scrollWidth") <= width
    story.locator(".chain").get_by_role("link", name="Ticket assigned").first.press("Enter")
    expect(owner.get_by_role("heading", level=1)).to_have_text("Ticket assigned")
    expect(owner.locator(".life [aria-current]")).to_contain_text("Ticket assigned")
