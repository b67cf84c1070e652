"""Coming in: an invitation read in the mail, a forgotten password, a desk of one's own; and going: off, on, deleted."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from automation.deliveries import Route, send_due
from helpdesk.mail import trap
from helpdesk.web import auth
from tests.browser.conftest import House, log_in, watch
from tests.browser.looks import complaints
from tests.databases import engine_for
from tests.desks import PASSWORD, open_session

NEW_PASSWORD = "a password of her own"


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    """Tries of other tests don't count."""
    auth.limiter.reset()


@pytest.fixture
def post(house: House) -> Iterator[Route]:
    """The way to the mail trap, which is a real mail server."""
    listener = trap.listen()
    yield Route("127.0.0.1", listener.port, is_trap=True)
    listener.stop()


@pytest.fixture
def somebody(browser: Browser, browser_context_args: dict[str, Any], problems: list[str]) -> Iterator[Page]:
    """Another browser, in which nobody is logged in."""
    context: BrowserContext = browser.new_context(**browser_context_args)
    context.set_default_timeout(5000)
    yield watch(context.new_page(), problems)
    context.close()


def send(house: House, post: Route) -> None:
    """One tick of the outbox."""
    engine = engine_for(house.desk.session.get_bind().url)  # type: ignore[union-attr]
    assert send_due(lambda: open_session(engine), post) > 0
    engine.dispose()


def link_in(page: Page, subject: str) -> str:
    """Open the newest mail with this subject in the mail trap's page; answers where its link leads."""
    page.goto("/mail")
    page.get_by_role("link", name=subject).first.click()
    found = re.search(r"https?://\S+", page.locator(".mail-text").inner_text())
    assert found is not None
    return urlsplit(found[0]).path


def choose_password(page: Page, act: str) -> None:
    """Fill in the form under a link."""
    page.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("Password, again").fill(NEW_PASSWORD)
    page.get_by_role("button", name=act).click()


def enter(page: Page, email: str, password: str) -> None:
    """Through the front door."""
    page.goto("/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_from_an_invitation_to_the_inbox_and_out_again(house: House, owner: Page, somebody: Page, post: Route) -> None:
    name, email, found = "Nora New", "nora@demo.example", {}

    owner.goto("/settings/users")
    found["list"] = complaints(owner)
    owner.get_by_role("link", name="Invite").click()
    found["invite"] = complaints(owner)
    owner.get_by_label("Name", exact=True).fill(name)
    owner.get_by_label("E-mail address").fill(email)
    owner.get_by_label("Role", exact=True).select_option("lead")
    owner.get_by_role("button", name="Send the invitation").click()
    toast = owner.locator(".toast")
    expect(toast).to_contain_text("User created")
    expect(toast).to_contain_text("User invited")
    expect(owner.get_by_role("row", name=name)).to_contain_text("Invited")
    send(house, post)

    somebody.goto(link_in(owner, "Join the team of Demo shop"))
    expect(somebody.get_by_role("heading", name="Join Demo shop")).to_be_visible()
    found["invitation"] = complaints(somebody)
    choose_password(somebody, "Join")
    somebody.wait_for_url("**/tickets")
    expect(somebody.locator(".toast")).to_contain_text("User logged in")
    somebody.locator(".me summary").click()
    somebody.get_by_role("link", name="Profile").click()
    expect(somebody.get_by_label("Name", exact=True)).to_have_value(name)
    found["profile"] = complaints(somebody)
    somebody.goto("about:blank")  # a page that stays open asks by itself, and would be told that it may not

    owner.goto("/settings/users")
    owner.get_by_role("link", name=name).click()
    expect(owner.locator(".history")).to_contain_text("User invited")
    found["member"] = complaints(owner)
    owner.get_by_role("button", name="Switch off").click()
    expect(owner.locator(".toast")).to_contain_text("User updated")
    somebody.goto("/profile")
    expect(somebody).to_have_url(re.compile("/login"))
    owner.get_by_role("link", name="Delete").click()
    expect(owner.locator("dialog[open]")).to_contain_text(f"Delete {name}?")
    found["delete"] = complaints(owner)
    owner.locator("dialog[open]").get_by_role("button", name="Delete").click()
    expect(owner.locator(".toast")).to_contain_text("User deleted")
    expect(owner.get_by_role("row", name=name)).to_have_count(0)
    assert {where: lines for where, lines in found.items() if lines} == {}


def test_a_forgotten_password(house: House, owner: Page, somebody: Page, post: Route) -> None:
    found = {}
    somebody.goto("/login")
    found["log-in"] = complaints(somebody)
    somebody.get_by_role("link", name="Forgot your password?").click()
    found["forgot"] = complaints(somebody)
    somebody.get_by_label("E-mail address").fill("admin@demo.example")
    somebody.get_by_role("button", name="Send me a link").click()
    expect(somebody.get_by_role("heading", name="Look into your mail")).to_be_visible()
    found["sent"] = complaints(somebody)
    send(house, post)
    path = link_in(owner, "A new password for the desk of Demo shop")
    somebody.goto(path)
    found["reset"] = complaints(somebody)
    choose_password(somebody, "Set the password")
    expect(somebody.locator(".toast")).to_contain_text("User password changed")
    enter(somebody, "admin@demo.example", NEW_PASSWORD)
    somebody.wait_for_url("**/tickets")

    # And back, in the profile: the other tests log in as ever.
    somebody.goto("/profile")
    somebody.locator("#old_password").fill(NEW_PASSWORD)
    somebody.get_by_label("New password", exact=True).fill(PASSWORD)
    somebody.get_by_label("New password, again").fill(PASSWORD)
    somebody.get_by_role("button", name="Change the password").click()
    somebody.wait_for_url("**/login")
    log_in(somebody, "admin@demo.example")
    assert {where: lines for where, lines in found.items() if lines} == {}


def test_a_link_that_was_used_says_so(house: House, somebody: Page, problems: list[str]) -> None:
    somebody.goto("/reset/was-used-already")
    expect(somebody.get_by_text("This link opens nothing.")).to_be_visible()
    somebody.get_by_role("link", name="Ask for another link").click()
    expect(somebody.get_by_label("E-mail address")).to_be_visible()
    problems[:] = [line for line in problems if "404" not in line]


def test_a_desk_of_ones_own_switched_off_and_on_again(house: House, somebody: Page, problems: list[str]) -> None:
    found = {}
    somebody.goto("/login")
    somebody.get_by_role("link", name="Open a desk of your own").click()
    expect(somebody.get_by_label("Time zone")).not_to_have_value("")
    found["sign-up"] = complaints(somebody)
    somebody.get_by_label("Name of your shop or company").fill("Clay & Kettle")
    somebody.get_by_label("Subdomain").fill("demo")
    somebody.get_by_label("Your name").fill("Cleo Clay")
    somebody.get_by_label("Your e-mail address").fill("cleo@clay.example")
    somebody.get_by_label("Password").fill(NEW_PASSWORD)
    somebody.get_by_role("button", name="Open the desk").click()
    expect(somebody.locator("#domain-error")).to_contain_text("Another desk has this subdomain")
    found["taken"] = complaints(somebody)
    somebody.get_by_label("Subdomain").fill("clay")
    somebody.get_by_label("Password").fill(NEW_PASSWORD)
    somebody.get_by_role("button", name="Open the desk").click()
    somebody.wait_for_url("**/tickets")
    expect(somebody.locator(".toast")).to_contain_text("Account created")
    expect(somebody.get_by_text("Welcome to your new desk").first).to_be_visible()

    somebody.goto("/settings/account/deactivate")
    found["deactivate"] = complaints(somebody)
    somebody.get_by_role("button", name="Deactivate").click()
    expect(somebody.locator(".toast")).to_contain_text("Account deactivated")
    enter(somebody, "cleo@clay.example", NEW_PASSWORD)
    expect(somebody.get_by_role("heading", name="This account is deactivated")).to_be_visible()
    found["deactivated"] = complaints(somebody)
    somebody.get_by_role("button", name="Reactivate it").click()
    somebody.wait_for_url("**/tickets")
    expect(somebody.locator(".toast")).to_contain_text("Account reactivated")
    assert {where: lines for where, lines in found.items() if lines} == {}
    problems[:] = [line for line in problems if "422" not in line and "403" not in line]


def test_pressing_twice_opens_one_desk(house: House, somebody: Page) -> None:
    somebody.goto("/signup")
    somebody.get_by_label("Name of your shop or company").fill("Twice")
    somebody.get_by_label("Subdomain").fill("twice")
    somebody.get_by_label("Your name").fill("Tess Twice")
    somebody.get_by_label("Your e-mail address").fill("tess@twice.example")
    somebody.get_by_label("Password").fill(NEW_PASSWORD)
    somebody.get_by_role("button", name="Open the desk").dblclick()
    somebody.wait_for_url("**/tickets")
    expect(somebody.locator(".toast")).to_contain_text("Account created")


def test_everything_at_the_door_can_be_done_by_keyboard(house: House, somebody: Page) -> None:
    somebody.goto("/login")
    for key in ("Tab", "Tab", "Tab"):  # past address, password and button
        somebody.keyboard.press(key)
    somebody.keyboard.press("Enter")
    expect(somebody.get_by_role("heading", name="Forgot your password?")).to_be_visible()
    somebody.keyboard.type("nobody@demo.example")
    somebody.keyboard.press("Enter")
    expect(somebody.get_by_role("heading", name="Look into your mail")).to_be_visible()


@pytest.mark.parametrize("width", [360, 390])
def test_nothing_of_it_scrolls_sideways_on_a_phone(
    house: House, owner: Page, somebody: Page, width: int, problems: list[str]
) -> None:
    ana = house.desk.ana_id
    house.desk.session.rollback()
    inside = ("/settings/users", "/settings/users/invite", f"/settings/users/{ana}", f"/settings/users/{ana}/delete")
    for page, addresses in (
        (owner, (*inside, "/profile", "/settings/account/deactivate")),
        (somebody, ("/login", "/forgot", "/forgot/sent", "/signup", "/invitation/x", "/reset/x")),
    ):
        page.set_viewport_size({"width": width, "height": 844})
        for address in addresses:
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    problems[:] = [line for line in problems if "404" not in line]
