"""Tags and teams are made, edited and ended by hand; each time the audit page says so, once, by who did it."""

from uuid import uuid4

from playwright.sync_api import Page, expect

from helpdesk import tags
from tests.browser.conftest import House
from tests.browser.looks import complaints
from tests.browser.test_customers import logged, too_wide


def a_tagged_ticket(house: House, *names: str) -> int:
    """A ticket with these tags."""
    number = house.a_ticket("Tagged")
    with house.desk.acting():
        tags.put_on(house.desk.ticket(number), names, by=house.desk.by_ana)
    return number


def test_a_tag_from_its_making_to_its_merge(house: House, owner: Page) -> None:
    word = uuid4().hex[:8]
    owner.goto("/settings/tags")
    owner.get_by_role("link", name="New tag").click()
    owner.get_by_label("Name").fill(word)
    owner.get_by_label("Mixed colour").fill("#12ab34")
    expect(owner.get_by_role("radio", name="Mixed")).to_be_checked()
    owner.get_by_role("button", name="Create tag").press("Enter")
    expect(owner.locator(".toast")).to_contain_text("Tag created")
    owner.get_by_label("Search", exact=True).fill(word)
    row = owner.locator("#found tbody tr")
    expect(row).to_have_count(1)
    expect(row.locator("circle")).to_have_attribute("fill", "#12ab34")
    row.get_by_role("link", name=word).click()
    number = int(owner.url.rpartition("/")[2].partition("#")[0])

    owner.get_by_label("Name").fill(f"{word} again")
    owner.get_by_role("radio", name="Teal").focus()
    owner.keyboard.press("Space")
    owner.get_by_role("button", name="Save").click()
    expect(owner.locator(".toast")).to_contain_text("· 2 events")
    expect(owner.locator(".line-label")).to_have_text(["Tag renamed", "Tag updated", "Tag created"])

    a_tagged_ticket(house, f"{word} again", f"{word} too")
    a_tagged_ticket(house, f"{word} too")
    owner.goto(f"/settings/tags/{number}")
    expect(owner.locator("#tickets .mini-row")).to_have_count(1)
    owner.get_by_role("link", name="Merge").click()
    owner.get_by_label("Other tags").fill(f"{word} too")
    expect(owner.locator("#found a")).to_have_count(1)
    owner.locator("#found a").click()
    expect(owner.locator(".happens")).to_contain_text("is on 1 ticket now, and will be on 2")
    source = int(owner.locator("form[method=post] input[name=source]").input_value())
    owner.get_by_role("button", name="Merge 1 tag").click()
    expect(owner.locator(".toast")).to_contain_text(f"{word} too is part of {word} again now")
    expect(owner.locator("#tickets .mini-row")).to_have_count(2)
    assert logged(owner, "Tag", source) == ["Tag merged, Olive Owner", "Tag created, Ana Lopez"]
    assert logged(owner, "Tag", number) == [
        "Tag renamed, Olive Owner",
        "Tag updated, Olive Owner",
        "Tag created, Olive Owner",
    ]


def test_a_tag_is_deleted(house: House, owner: Page) -> None:
    word = uuid4().hex[:8]
    ticket = a_tagged_ticket(house, word)
    owner.goto(f"/settings/tags?q={word}")
    owner.locator("#found tbody").get_by_role("link", name=word, exact=True).click()
    number = int(owner.url.rpartition("/")[2])
    owner.get_by_role("link", name="Delete").click()
    dialog = owner.locator("dialog[open]")
    expect(dialog).to_contain_text("1 ticket will lose it.")
    dialog.get_by_role("button", name="Delete tag").click()
    expect(owner.locator(".toast")).to_contain_text(f"Tag {word} deleted")
    assert logged(owner, "Tag", number)[0] == "Tag deleted, Olive Owner"
    assert logged(owner, "Ticket", ticket)[0].startswith("Ticket tags removed, No user")


def test_a_team_from_its_making_to_its_end(house: House, owner: Page) -> None:
    word = uuid4().hex[:8]
    owner.goto("/settings/teams")
    owner.get_by_role("link", name="New team").click()
    owner.get_by_label("Name", exact=True).fill(word)
    owner.get_by_label("Emoji").fill("🏬")
    owner.get_by_label("Find a team member").fill("ben okafor")
    expect(owner.locator(".ticks li:visible")).to_have_count(1)
    owner.get_by_role("checkbox", name="Ben Okafor").check()
    owner.get_by_label("Find a team member").press("Enter")
    expect(owner.locator("[data-ticked]")).to_have_text("1 chosen")
    owner.get_by_role("button", name="Create team").click()
    expect(owner.locator(".toast")).to_contain_text("Team created")
    owner.locator("tbody").get_by_role("link", name=word).click()
    number = int(owner.url.rpartition("/")[2])
    owner.get_by_label("Name", exact=True).fill(f"{word} desk")
    owner.get_by_role("checkbox", name="Ana Lopez").check()
    owner.get_by_role("checkbox", name="Ben Okafor").uncheck()
    owner.get_by_role("button", name="Save").click()
    expect(owner.locator(".toast")).to_contain_text("· 1 event")
    owner.get_by_role("link", name="Delete").click()
    owner.locator("dialog[open]").get_by_role("button", name="Delete team").click()
    expect(owner.locator(".toast")).to_contain_text(f"Team {word} desk deleted")
    assert logged(owner, "Team", number) == [
        "Team deleted, Olive Owner",
        "Team updated, Olive Owner",
        "Team created, Olive Owner",
    ]


def test_axe_finds_nothing_and_nothing_scrolls_sideways(house: House, owner: Page) -> None:
    long = f"{uuid4().hex} {'x' * 200}"
    a_tagged_ticket(house, long)
    owner.goto(f"/settings/tags?q={long[:32]}")
    owner.locator("#found tbody a").first.click()
    tag = owner.url.rpartition("/")[2]
    for address in (
        "/settings/tags",
        "/settings/tags?q=no-such-tag",
        "/settings/tags/new",
        f"/settings/tags/{tag}",
        f"/settings/tags/{tag}/merge?source={int(tag) - 1}",
        f"/settings/tags/{tag}/delete",
        "/settings/teams",
        "/settings/teams/new",
        f"/settings/teams/{house.desk.team_id}",
        f"/settings/teams/{house.desk.team_id}/delete",
    ):
        owner.goto(address)
        assert complaints(owner) == [], address
        for width in (360, 390, 1280):
            assert too_wide(owner, width) == [], (address, width)
            if width >= 390:
                assert owner.evaluate("document.documentElement.scrollWidth") <= width, (address, width)
