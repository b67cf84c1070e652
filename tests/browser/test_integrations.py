"""Integrations, widgets and the shop by hand: what is pressed appears in the log, once, and every page is in order."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from helpdesk import integrations, widgets
from helpdesk.models import Integration, Role
from tests.browser.conftest import House, log_in, watch
from tests.browser.looks import complaints
from tests.desks import Trail
from tests.listening import Ear, listening


@pytest.fixture
def ear(house: House) -> Iterator[Ear]:
    """The other system."""
    with listening() as ear:
        yield ear


@pytest.fixture
def visitor(browser: Browser, browser_context_args: dict[str, object], problems: list[str]) -> Iterator[Page]:
    """A second window, in which nobody is logged in."""
    context: BrowserContext = browser.new_context(**browser_context_args)  # type: ignore[arg-type]
    context.set_default_timeout(5000)
    yield watch(context.new_page(), problems)
    context.close()


def lines_of(trail: Trail, prefix: tuple[str, ...]) -> list[tuple[str, str | None]]:
    """What was written of these things, and by whom."""
    return [line for line in trail.lines if line[0].startswith(prefix)]


def connect(page: Page, kind: str, name: str) -> str:
    """Connect a shop or a chat by hand; answers its public address."""
    page.goto(f"/settings/integrations/new?type={kind}")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Connect", exact=True).click()
    page.wait_for_url(re.compile(r"/integrations/\d+$"))
    return page.locator(".public-address").inner_text()


def test_an_integration_from_its_birth_to_its_end(house: House, owner: Page, ear: Ear) -> None:
    with house.desk.watched() as trail:
        owner.goto("/settings/integrations")
        owner.get_by_role("link", name="New integration").click()
        owner.get_by_role("link", name="Connect by HTTP").click()
        owner.get_by_label("Name", exact=True).fill("Warehouse")
        owner.get_by_label("Address").fill(f"{ear.url}/hook/{{{{ticket.id}}}}")
        owner.get_by_label("A ticket is created").check()
        owner.get_by_label("Name of a header").first.fill("X-Key")
        owner.get_by_label("Value").first.fill("sesame")
        owner.get_by_role("button", name="Try it").click()
        expect(owner.locator(".tried")).to_contain_text("200 OK")
        assert ear.asked[0].headers["X-Key"] == "sesame"
        owner.get_by_role("button", name="Connect", exact=True).click()
        expect(owner.locator(".toast")).to_contain_text("Integration created")
        expect(owner.get_by_label("Value of X-Key")).to_have_attribute("placeholder", re.compile("Unchanged"))
        owner.get_by_label("Description").fill("Tells the warehouse")
        owner.get_by_role("button", name="Save").click()
        expect(owner.locator(".toast")).to_contain_text("Integration updated")
        owner.get_by_role("button", name="Switch off").click()
        expect(owner.locator(".toast")).to_contain_text("Integration deactivated")
        owner.get_by_role("button", name="Switch on").click()
        expect(owner.locator(".toast")).to_contain_text("Integration reactivated")
        owner.get_by_role("link", name="Delete").click()
        owner.get_by_role("button", name="Delete integration").click()
        expect(owner.locator(".toast")).to_contain_text("Integration Warehouse deleted")
    assert lines_of(trail, ("integration",)) == [
        ("integration-created", "Olive Owner"), ("integration-updated", "Olive Owner"),
        ("integration-updated", "Olive Owner"), ("integration-deactivated", "Olive Owner"),
        ("integration-updated", "Olive Owner"), ("integration-reactivated", "Olive Owner"),
        ("integration-deleted", "Olive Owner"),
    ]  # fmt: skip
    owner.goto("/settings/audit?event=integration-deleted")
    expect(owner.locator("main")).to_contain_text("Warehouse")


def test_cards_are_made_previewed_and_arranged_by_mouse_and_keyboard(house: House, owner: Page) -> None:
    house.a_ticket("With cards")
    titles = ("First card", "Second card", "Third card")
    with house.desk.watched() as trail:
        for title in titles:
            owner.goto("/settings/widgets/new?type=custom")
            owner.get_by_label("Title").fill(title)
            expect(owner.locator("#preview .widget h2")).to_have_text(title)
            expect(owner.locator("#preview")).to_contain_text("carol@mail.example")
            owner.get_by_role("button", name="Create widget").click()
            expect(owner.locator(".toast")).to_contain_text("Widget created")
        names = owner.locator("[data-arranged] a")
        expect(names).to_have_text(titles)
        up = owner.get_by_role("button", name="Move up: Third card")
        up.focus()
        owner.keyboard.press("Enter")
        expect(names).to_have_text(("First card", "Third card", "Second card"))
        expect(up).to_be_focused()
        owner.locator("[data-grip]").nth(0).drag_to(owner.locator("[data-arranged]").nth(2))
        expect(names).to_have_text(("Third card", "Second card", "First card"))
        expect(owner.locator("#beside .widget h2")).to_have_text(("Third card", "Second card", "First card"))
        owner.get_by_role("link", name="Second card").click()
        owner.get_by_label("Show it beside tickets").uncheck()
        owner.get_by_role("button", name="Save").click()
        expect(owner.locator(".toast")).to_contain_text("Widget updated")
        owner.get_by_role("link", name="Delete").click()
        owner.get_by_role("button", name="Delete widget").click()
        expect(owner.locator(".toast")).to_contain_text("Widget Second card deleted")
    written = [name for name, _ in lines_of(trail, ("widget",))]
    assert written == ["widget-created"] * 3 + ["widget-updated"] * (2 + 3 + 1) + ["widget-deleted"]


def test_a_trainer_buys_and_an_agent_refunds(house: House, owner: Page, visitor: Page) -> None:
    shop = connect(owner, "shop", "Harbour shop")
    visitor.goto(shop)
    visitor.get_by_label("How many: Harbour mug").fill("2")
    visitor.get_by_label("E-mail address").fill("carol@mail.example")
    visitor.get_by_role("button", name="Buy").click()
    expect(visitor.get_by_role("heading", name="Order 1001")).to_be_visible()
    number = house.a_ticket("About my order")
    with house.desk.watched() as trail:
        owner.goto(f"/tickets/{number}")
        card = owner.locator(".widget", has_text="1001")
        expect(card).to_contain_text("2 × Harbour mug")
        card.get_by_role("link", name="Refund").click()
        owner.locator("dialog").get_by_role("button", name="Refund").click()
        expect(owner.locator(".toast")).to_contain_text("Order refunded")
        expect(owner.locator(".widget", has_text="1001")).to_contain_text("refunded")
    assert lines_of(trail, ("order",)) == [("order-refunded", None)]
    assert trail["order-refunded"].actor_name == "Harbour shop"
    visitor.reload()
    expect(visitor.locator("main")).to_contain_text("The money is on its way back")


def test_cards_stay_while_the_ticket_around_them_is_made_fresh(house: House, owner: Page) -> None:
    desk = house.desk
    desk.session.rollback()
    with desk.acting():
        template = {"title": "Steady", "widgets": [{"path": "customer.email"}]}
        widgets.create(desk.account, "custom", template, by=desk.by_admin)
    desk.session.rollback()
    owner.goto(f"/tickets/{house.a_ticket('Steady')}")
    card = owner.locator(".widget", has_text="Steady")
    expect(card).to_contain_text("carol@mail.example")
    asked: list[str] = []
    owner.on("request", lambda request: asked.append(request.url) if "/widgets" in request.url else None)
    owner.get_by_role("button", name="Close", exact=True).first.click()
    expect(owner.locator(".toast")).to_contain_text("Closed")
    expect(card).to_contain_text("carol@mail.example")
    assert asked == []


def test_axe_finds_nothing(house: House, owner: Page, visitor: Page, ear: Ear) -> None:
    desk = house.desk
    desk.session.rollback()
    with desk.acting():
        http = {"url": f"{ear.url}/x", "triggers": {"ticket-created": True}}
        hook = integrations.create(desk.account, "http", "Hook", http=http, headers={"X-Key": "k"}, by=desk.by_admin).id
        shop = integrations.create(desk.account, "shop", "Shop", by=desk.by_admin).id
        chat = integrations.create(desk.account, "chat", "Chat", by=desk.by_admin).id
    keys = {number: integrations.public_key(desk.session.get_one(Integration, number)) for number in (shop, chat)}
    with desk.acting():
        template = {"title": "Card", "widgets": [{"path": "customer.email"}]}
        card = widgets.create(desk.account, "custom", template, by=desk.by_admin).id
    desk.session.rollback()
    found: dict[str, list[str]] = {}
    for page, paths in (
        (
            owner,
            [
                "/settings/integrations", "/settings/integrations/new", "/settings/integrations/new?type=http",
                f"/settings/integrations/{hook}", f"/settings/integrations/{shop}",
                f"/settings/integrations/{hook}/delete",
                "/settings/widgets", "/settings/widgets/new", "/settings/widgets/new?type=custom",
                f"/settings/widgets/{card}",
            ],
        ),
        (visitor, [f"/shop/{keys[shop]}", f"/chat/{keys[chat]}"]),
    ):  # fmt: skip
        for path in paths:
            page.set_viewport_size({"width": 1280, "height": 800})
            page.goto(path)
            page.wait_for_load_state("networkidle")
            found[path] = complaints(page)
            page.set_viewport_size({"width": 390, "height": 844})
            too_wide = page.evaluate(
                "[...document.querySelectorAll('main, main *')].filter(e => e.getBoundingClientRect().right > 390.5)"
                ".map(e => e.outerHTML.slice(0, 120))"
            )
            assert too_wide == [], path
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_who_may_not_act_on_orders_sees_them_only(house: House, page: Page, owner: Page, visitor: Page) -> None:
    shop = connect(owner, "shop", "Quiet shop")
    visitor.goto(shop)
    visitor.get_by_label("How many: Dune side plate").fill("1")
    visitor.get_by_label("E-mail address").fill("carol@mail.example")
    visitor.get_by_role("button", name="Buy").click()
    visitor.wait_for_url("**/orders/**")
    from helpdesk import people
    from tests.desks import PASSWORD

    desk = house.desk
    desk.session.rollback()
    with desk.acting():
        email = "watcher@demo.example"
        by = desk.by_admin
        people.create(desk.account, email=email, name="Wes Watcher", role=Role.LITE, password=PASSWORD, by=by)
    desk.session.rollback()
    log_in(visitor, "watcher@demo.example")
    visitor.goto(f"/tickets/{house.a_ticket('Plates')}")
    expect(visitor.locator(".widget", has_text="Dune side plate")).to_be_visible()
    expect(visitor.locator(".widget").get_by_role("link", name="Refund")).to_have_count(0)
