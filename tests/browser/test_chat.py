"""The chat in two windows: a visitor writes, an agent answers, and each sees the other without a reload."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from helpdesk import integrations, tickets
from helpdesk.models import Delivery, Integration
from tests.browser.conftest import House, watch
from tests.browser.looks import complaints


@pytest.fixture
def visitor(browser: Browser, browser_context_args: dict[str, object], problems: list[str]) -> Iterator[Page]:
    """The customer's window."""
    context: BrowserContext = browser.new_context(**browser_context_args)  # type: ignore[arg-type]
    context.set_default_timeout(5000)
    yield watch(context.new_page(), problems)
    context.close()


@pytest.fixture
def room(house: House) -> str:
    """The address of a chat."""
    desk = house.desk
    desk.session.rollback()
    with desk.acting():
        number = integrations.create(desk.account, "chat", "Chat with us", by=desk.by_admin).id
    key = integrations.public_key(desk.session.get_one(Integration, number))
    desk.session.rollback()
    return f"/chat/{key}"


def begin(visitor: Page, room: str, name: str, text: str) -> None:
    """The visitor says who they are and what they want."""
    visitor.goto(room)
    visitor.get_by_label("Your name").fill(name)
    visitor.get_by_label("Message").fill(text)
    visitor.get_by_role("button", name="Send").click()
    expect(visitor.locator(".saying")).to_have_count(1)


def open_ticket(page: Page, subject: str) -> int:
    """The agent opens the visitor's ticket from the inbox."""
    page.goto("/tickets?view=inbox")
    page.get_by_text(subject).first.click()
    page.wait_for_url(re.compile(r"/tickets/\d+"))
    found = re.search(r"/tickets/(\d+)", page.url)
    assert found is not None
    return int(found[1])


def test_two_people_talk(house: House, owner: Page, visitor: Page, room: str) -> None:
    with house.desk.watched() as trail:
        begin(visitor, room, "Dora Ek", "Is anybody <b>there</b>?")
    assert trail.actors == [
        ("customer-created", "customer"), ("ticket-created", "customer"), ("ticket-message-created", "customer"),
        ("ticket-updated", "customer"),
    ]  # fmt: skip
    number = open_ticket(owner, "Chat with Dora Ek")
    expect(owner.locator("#thread")).to_contain_text("Is anybody <b>there</b>?")
    expect(owner.locator("#composer")).to_contain_text("In the chat, not by mail")
    owner.locator("#composer textarea").fill("Olive here, hello!")
    owner.locator("#composer").get_by_role("button", name=re.compile("^Send")).first.click()
    expect(owner.locator("#thread")).to_contain_text("Olive here, hello!")
    expect(visitor.locator(".saying-theirs")).to_contain_text("Olive here, hello!", timeout=8000)
    visitor.get_by_label("Message").fill("It is about my mug")
    visitor.keyboard.press("Enter")
    expect(visitor.locator(".saying")).to_have_count(3)
    expect(visitor.get_by_label("Message")).to_have_value("")
    expect(owner.locator("#thread")).to_contain_text("It is about my mug", timeout=8000)
    house.desk.session.rollback()
    assert house.desk.session.query(Delivery).filter(Delivery.ticket_id == number).all() == []


def test_a_file_is_named_before_it_goes_and_arrives(owner: Page, visitor: Page, room: str) -> None:
    begin(visitor, room, "Ida Moss", "My mug came like this")
    files = visitor.get_by_label("Attach")
    waiting = visitor.locator("[data-attached]")
    files.set_input_files({"name": "wrong.txt", "mimeType": "text/plain", "buffer": b"not this"})
    expect(waiting).to_contain_text("wrong.txt")
    waiting.get_by_role("button", name="Leave out").press("Enter")
    expect(waiting).to_be_empty()
    files.set_input_files({"name": "mug.txt", "mimeType": "text/plain", "buffer": b"broken"})
    expect(waiting).to_contain_text("mug.txt")
    assert complaints(visitor) == []
    visitor.get_by_role("button", name="Send").click()
    expect(visitor.locator(".saying-files")).to_contain_text("mug.txt")
    expect(waiting).to_be_empty()
    visitor.get_by_label("Message").fill("Do you see it?")
    visitor.keyboard.press("Enter")
    expect(visitor.locator(".saying")).to_have_count(3)
    expect(visitor.locator(".saying-files")).to_have_count(1)  # it went once
    open_ticket(owner, "Chat with Ida Moss")
    expect(owner.locator("#thread")).to_contain_text("mug.txt")


def test_a_closed_conversation_opens_again(house: House, visitor: Page, room: str) -> None:
    begin(visitor, room, "Ed Ruiz", "Hello")
    desk = house.desk
    desk.session.rollback()
    from helpdesk.models import Ticket

    number = desk.session.query(Ticket.id).order_by(Ticket.id.desc()).first()[0]  # type: ignore[index]
    desk.session.rollback()
    with desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ana)
    with desk.watched() as trail:
        visitor.get_by_label("Message").fill("One more thing")
        visitor.get_by_role("button", name="Send").click()
        expect(visitor.locator(".saying")).to_have_count(2)
    assert trail.actors[-1] == ("ticket-reopened", "customer")


def test_two_visitors_never_meet_and_one_may_leave(
    house: House,
    visitor: Page,
    room: str,
    browser: Browser,
    browser_context_args: dict[str, object],
    problems: list[str],
) -> None:
    begin(visitor, room, "Fay Lund", "My own words")
    context: BrowserContext = browser.new_context(**browser_context_args)  # type: ignore[arg-type]
    other = watch(context.new_page(), problems)
    other.goto(room)
    expect(other.get_by_label("Your name")).to_be_visible()
    expect(other.locator("main")).not_to_contain_text("My own words")
    context.close()
    visitor.get_by_role("button", name="Leave").click()
    expect(visitor.get_by_label("Your name")).to_be_visible()
    expect(visitor.locator("main")).not_to_contain_text("My own words")


def test_a_conversation_is_in_order_for_axe_and_on_a_phone(visitor: Page, room: str) -> None:
    begin(visitor, room, "Gus", "x" * 500)
    assert complaints(visitor) == []
    visitor.set_viewport_size({"width": 390, "height": 844})
    assert visitor.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_empty_word_is_not_sent(visitor: Page, room: str, problems: list[str]) -> None:
    begin(visitor, room, "Hal", "Hello")
    visitor.get_by_label("Message").fill("   ")
    visitor.get_by_role("button", name="Send").click()
    expect(visitor.get_by_role("alert")).to_contain_text("Write something first")
    expect(visitor.locator(".saying")).to_have_count(1)
    problems[:] = [line for line in problems if "409" not in line]
