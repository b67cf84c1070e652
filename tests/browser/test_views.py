"""A view is built by clicking and by code, appears in the rail with its count, is arranged, and goes."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from helpdesk import tags, views
from helpdesk.models import View
from helpdesk.views import Shape
from tests.browser.conftest import House
from tests.browser.looks import complaints


def make(house: House, **chosen: object) -> int:
    """A view of the admin's."""
    desk = house.desk
    desk.session.rollback()
    with desk.acting():
        return views.create(desk.account, Shape(**chosen), by=desk.by_admin).id  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def no_views_left(house: House) -> Iterator[None]:
    """The next test finds the rail as it was."""
    yield
    desk = house.desk
    desk.session.rollback()
    with desk.acting():
        for view in desk.session.query(View).with_for_update().all():
            views.delete(view, by=desk.by_admin)


def test_a_view_is_built_and_fills_itself(house: House, owner: Page) -> None:
    first, second = house.a_ticket("The kettle whistles"), house.a_ticket("A kettle, please")
    with house.desk.acting():
        tags.put_on(house.desk.ticket(second), ["vip"], by=house.desk.by_ana)
    owner.goto("/settings/views")
    owner.get_by_role("link", name="New view").click()
    owner.get_by_label("Name").fill("Kettles")
    code = owner.get_by_label("The same as code")
    expect(code).to_have_value(
        "eq(ticket.status, 'open') && eq(ticket.spam, false) && isEmpty(ticket.trashed_datetime)"
    )
    owner.get_by_role("button", name="Remove row 3").click()
    expect(code).to_have_value("eq(ticket.status, 'open') && eq(ticket.spam, false)")
    owner.get_by_role("button", name="Add a row").click()
    field = owner.get_by_label("Field of row 3")
    expect(field).to_be_focused()
    field.select_option(label="Subject")
    expect(owner.get_by_label("How row 3 compares")).to_have_value("contains")
    owner.get_by_label("Value of row 3").fill("KETTLE")
    expect(code).to_have_value(
        "eq(ticket.status, 'open') && eq(ticket.spam, false) && contains(ticket.subject, 'KETTLE')"
    )
    expect(owner.get_by_label("Value of row 3")).to_be_focused()
    matches = owner.locator("#view-preview")
    expect(matches).to_contain_text("2 tickets match now")

    owner.get_by_role("button", name="Add a row").click()
    owner.get_by_label("Field of row 4").select_option(label="Tags")
    expect(owner.get_by_label("How row 4 compares")).to_have_value("any")
    owner.locator("#value-3").click()
    owner.locator("#test-3").get_by_role("checkbox", name="vip").check()
    expect(matches).to_contain_text("1 ticket matches now")
    expect(owner.locator("#test-3 .view-chosen")).to_have_text("vip")
    expect(code).to_have_value(
        "eq(ticket.status, 'open') &&\neq(ticket.spam, false) &&\n"
        "contains(ticket.subject, 'KETTLE') &&\ncontainsAny(ticket.tags.name, ['vip'])"
    )
    owner.keyboard.press("Escape")
    owner.get_by_role("button", name="Remove row 4").click()
    expect(matches).to_contain_text("2 tickets match now")

    with house.desk.watched() as trail:
        owner.get_by_role("button", name="Create view").click()
        expect(owner.locator(".toast")).to_contain_text("View created · 1 event")
    assert trail.lines == [("view-created", "Olive Owner")]
    line = owner.locator(".rail [data-views] a", has_text="Kettles")
    expect(line.locator(".count")).to_contain_text("2")
    expect(line).to_have_attribute("aria-current", "page")
    for subject in ("The kettle whistles", "A kettle, please"):
        expect(owner.get_by_text(subject).first).to_be_visible()

    owner.goto(f"/tickets/{first}")
    owner.get_by_role("button", name="Close", exact=True).click()
    expect(line.locator(".count")).to_contain_text("1")
    owner.goto("/settings/audit")
    expect(owner.locator("main")).to_contain_text("View created")
    owner.get_by_role("link", name="Kettles").first.click()
    expect(owner.get_by_role("heading", name="Kettles")).to_be_visible()


def test_code_leads_and_the_rows_follow(house: House, owner: Page) -> None:
    owner.goto("/settings/views/new")
    code = owner.get_by_label("The same as code")
    code.fill("eq(ticket.priority, 'high') && eq(ticket.stauts, 'open')")
    said = owner.locator("#code-said")
    expect(said).to_contain_text("Line 1, column 35: there is no field ticket.stauts. Did you mean ticket.status?")
    expect(said.locator("mark")).to_have_text("ticket.stauts")
    expect(code).to_be_focused()
    expect(owner.locator("#view-preview")).to_contain_text("as soon as the code can be understood")
    code.fill("eq(ticket.priority, 'high') && lt(ticket.updated_datetime, '3d')")
    expect(owner.get_by_label("Field of row 1")).to_have_value("ticket.priority")
    expect(owner.get_by_label("Value of row 2")).to_have_value("3d")
    expect(said).not_to_contain_text("column")
    code.fill("!eq(ticket.priority, 'high')")
    expect(owner.get_by_text("This filter says more than rows can show")).to_be_visible()
    code.fill("eq(ticket.priority,")
    expect(said).to_contain_text("never closed")
    owner.get_by_role("button", name="Back to what it was").click()
    expect(code).to_have_value("!eq(ticket.priority, 'high')")


def test_views_are_arranged_by_drag_and_by_keyboard(house: House, owner: Page) -> None:
    for name in ("Apples", "Pears", "Plums"):
        make(house, name=name)
    owner.goto("/settings/views")
    lines = owner.locator("#view-lists .view-name a")
    expect(lines).to_have_text(["Apples", "Pears", "Plums"])
    with house.desk.watched() as trail:
        up = owner.get_by_role("button", name="Move up: Plums")
        up.focus()
        owner.keyboard.press("Enter")
        expect(lines).to_have_text(["Apples", "Plums", "Pears"])
        expect(up).to_be_focused()
        owner.keyboard.press("Enter")
        expect(lines).to_have_text(["Plums", "Apples", "Pears"])
        grips = owner.locator("#view-lists [data-grip]")
        grips.nth(0).drag_to(owner.locator("#view-lists .view-line").nth(2), target_position={"x": 60, "y": 36})
        expect(owner.locator(".toast")).to_have_count(2)  # the two newest
        expect(lines).to_have_text(["Apples", "Pears", "Plums"])
        owner.wait_for_load_state("networkidle")  # the line stands there before the desk has heard of it
    assert trail.types == ["view-updated"] * 3
    expect(owner.locator(".rail [data-views] a").nth(-3)).to_contain_text("Apples")


def test_a_view_is_switched_off_and_deleted(house: House, owner: Page) -> None:
    number = make(house, name="Short-lived")
    owner.goto(f"/settings/views/{number}")
    owner.get_by_role("button", name="Switch off").click()
    expect(owner.locator(".toast")).to_contain_text("View switched off · 1 event")
    expect(owner.locator(".rail").get_by_text("Short-lived")).to_have_count(0)
    owner.get_by_role("link", name="Delete").click()
    dialog = owner.locator("dialog[open]")
    expect(dialog).to_contain_text("Delete the view Short-lived?")
    dialog.get_by_role("button", name="Delete the view").click()
    expect(owner.locator(".toast")).to_contain_text("View Short-lived deleted · 1 event")


def test_axe_finds_nothing(house: House, owner: Page, problems: list[str]) -> None:
    number = make(
        house, name="All sorts", emoji="⭐", visibility="shared", teams=(house.desk.team_id,),
        filters="containsAny(ticket.tags.name, ['vip']) && isEmpty(ticket.subject) && lt(ticket.id, 3)",
    )  # fmt: skip
    make(house, name="Another")
    make(house, name="A third")
    found = {}
    for address in ("/settings/views", "/settings/views/new", f"/settings/views/{number}"):
        owner.goto(address)
        found[address] = complaints(owner)
    owner.locator("#value-0").click()
    found["choices"] = complaints(owner)
    owner.keyboard.press("Escape")
    owner.get_by_label("The same as code").fill("eq(ticket.stauts, 'x')")
    expect(owner.locator("#code-said .error")).to_be_visible()
    found["mistake"] = complaints(owner)
    owner.get_by_label("Some teams and people").check()
    owner.get_by_role("button", name="Save").last.click()
    expect(owner.get_by_text("Nothing was saved")).to_be_visible()
    found["refused"] = complaints(owner)
    assert {address: lines for address, lines in found.items() if lines} == {}
    problems[:] = [line for line in problems if "422" not in line]


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_scrolls_sideways(house: House, owner: Page, width: int) -> None:
    number = make(
        house,
        name="A name that goes on and on " * 4,
        filters="contains(ticket.subject, 'x') && " * 9 + "eq(ticket.spam, true)",
    )
    make(house, name="Another")
    owner.set_viewport_size({"width": width, "height": 844})
    for address in ("/settings/views", "/settings/views/new", f"/settings/views/{number}"):
        owner.goto(address)
        beyond = owner.evaluate(
            "[...document.querySelectorAll('main, main *')].filter(each => each.checkVisibility())"
            ".filter(each => each.getBoundingClientRect().right > innerWidth + 1).map(each => each.outerHTML)"
        )
        assert beyond == [], address
    if width == 360:
        small = owner.evaluate(
            "[...document.querySelectorAll('.view-form button:not(.hidden), .view-form select')]"
            ".filter(each => each.checkVisibility() && each.getBoundingClientRect().height < 24).length"
        )
        assert small == 0
