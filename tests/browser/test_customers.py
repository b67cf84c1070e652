"""A customer is met, edited, merged and deleted by hand; each time the audit page says so, once, by who did it."""

import re
from uuid import uuid4

from playwright.sync_api import Page, expect

from helpdesk import customers, tickets
from helpdesk.models import Customer
from tests.browser.conftest import House
from tests.browser.looks import complaints


def add(house: House, name: str, email: str, tickets_too: int = 0) -> int:
    """A customer with tickets."""
    house.desk.session.rollback()
    with house.desk.acting():
        number = customers.create(house.desk.account, name=name, email=email, by=house.desk.by_ana).id
    for index in range(tickets_too):
        ticket = house.a_ticket(f"{name}'s ticket {index}")
        with house.desk.acting():
            customer = house.desk.session.get_one(Customer, number)
            tickets.swap_customer(house.desk.ticket(ticket), customer, by=house.desk.by_ana)
    return number


def too_wide(page: Page, width: int) -> list[str]:
    """What of the page's own reaches over the edge of a window of that width, if one can scroll there.

    The bar above it is the shell's: `test_pages` measures that at every width.
    """
    page.set_viewport_size({"width": width, "height": 800})
    found = page.evaluate(
        "edge => [...document.querySelectorAll('#main, #main *')]"
        ".filter(each => each.getBoundingClientRect().right > edge && !each.closest('thead'))"
        ".map(each => each.outerHTML.slice(0, 80))",
        width,
    )
    return [str(each) for each in found]


def logged(page: Page, kind: str, number: int) -> list[str]:
    """Event and team member of each line that the audit page has of something, the newest first."""
    page.goto(f"/settings/audit?object={kind}:{number}&api_only=1")
    expect(page.locator("tr.event").first).to_be_visible()
    rows = page.locator("tr.event").all()
    return [f"{row.locator('.what').inner_text().strip()}, {row.locator('.who').inner_text().strip()}" for row in rows]


def test_a_customer_is_created_found_and_edited(house: House, owner: Page, problems: list[str]) -> None:
    word = uuid4().hex[:8]
    owner.goto("/customers")
    owner.get_by_role("link", name="New customer").click()
    owner.get_by_label("Name", exact=True).fill(f"Émile {word}")
    owner.get_by_label("E-mail address").fill(f"{word}@mail.example")
    owner.get_by_label("Phone number").fill("call me")
    owner.get_by_role("button", name="Create customer").click()
    expect(owner.get_by_role("alert")).to_contain_text("call me is no phone number")
    expect(owner.get_by_label("Name", exact=True)).to_have_value(f"Émile {word}")
    problems.clear()  # the browser notes the refusal
    owner.get_by_label("Phone number").fill("+353 1 222")
    owner.get_by_role("button", name="Create customer").click()
    expect(owner.locator(".toast")).to_contain_text("Customer created")
    number = int(owner.url.rpartition("/")[2])

    owner.get_by_role("link", name="Edit").click()
    owner.get_by_label("Note").fill("Collects mugs.")
    owner.get_by_label("Language").select_option("French")
    owner.get_by_role("button", name="Save").click()
    expect(owner.locator(".toast")).to_contain_text("· 1 event")
    expect(owner.locator(".line-label").first).to_have_text("Customer updated")

    owner.get_by_label("Kind").select_option("E-mail")
    owner.get_by_label("Address", exact=True).fill(f"{word}@work.example")
    owner.get_by_role("button", name="Add").click()
    owner.get_by_role("button", name=f"Prefer {word}@work.example").click()
    expect(owner.locator(".channel", has_text="Main address")).to_contain_text(f"{word}@work.example")
    owner.get_by_role("button", name=f"Remove {word}@mail.example").click()
    expect(owner.locator(".channels")).not_to_contain_text(f"{word}@mail.example")

    owner.goto("/customers")
    owner.get_by_label("Search", exact=True).fill(f"ÉMILE {word}")
    expect(owner.locator("#found tbody tr")).to_have_count(1)
    expect(owner).to_have_url(re.compile(rf"q=%C3%89MILE(\+|%20){word}"))
    expect(owner.locator("#found tbody tr")).to_contain_text(f"{word}@work.example")
    assert logged(owner, "Customer", number) == [
        *["Customer updated, Olive Owner"] * 4,
        "Customer created, Olive Owner",
    ]
    owner.locator("tr.event .object a").first.click()
    expect(owner.get_by_role("heading", level=1)).to_have_text(f"Émile {word}")


def test_two_profiles_become_one(house: House, owner: Page) -> None:
    word = uuid4().hex[:8]
    keep = add(house, f"Kim {word}", f"kim.{word}@mail.example", 1)
    gone = add(house, f"Kimberly {word}", f"kimberly.{word}@mail.example", 2)
    owner.goto(f"/customers/{keep}")
    owner.get_by_role("link", name="Merge").click()
    owner.get_by_label("Who is the same person?").fill(f"kimberly {word}")
    owner.locator("#found a").click()
    expect(owner.locator(".happens")).to_contain_text(f"2 tickets of customer {gone} pass to customer {keep}")
    assert complaints(owner) == []
    owner.get_by_role("radio", name=f"Kimberly {word}").check()
    owner.get_by_role("button", name="Merge").click()
    expect(owner.locator(".toast")).to_contain_text("are one customer now")
    expect(owner.get_by_role("heading", level=1)).to_have_text(f"Kimberly {word}")
    expect(owner.locator(".channels .channel")).to_have_count(2)
    expect(owner.locator("#tickets .mini-row")).to_have_count(3)
    assert logged(owner, "Customer", gone)[0] == "Customer deleted, Olive Owner"
    assert logged(owner, "Customer", keep)[0] == "Customer merged, Olive Owner"
    owner.goto(f"/customers/{keep}")
    owner.locator("#tickets .mini-row").first.click()
    expect(owner.locator("#trail .line").first).to_contain_text("Ticket customer updated")
    expect(owner.locator("#trail .line").first).to_contain_text("No user")
    owner.locator(".customer-name a").click()
    expect(owner).to_have_url(re.compile(rf"/customers/{keep}$"))


def test_a_customer_is_deleted_after_the_consequences_were_read(house: House, owner: Page) -> None:
    word = uuid4().hex[:8]
    number = add(house, f"Gone {word}", f"gone.{word}@mail.example", 1)
    owner.goto(f"/customers/{number}")
    owner.get_by_role("link", name="Delete").click()
    dialog = owner.locator("dialog[open]")
    expect(dialog).to_contain_text("1 ticket will pass to the profile “Deleted customer”")
    assert complaints(owner) == []
    owner.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    owner.get_by_role("link", name="Delete").press("Enter")
    dialog.get_by_role("button", name="Delete customer").press("Enter")
    expect(owner.locator(".toast")).to_contain_text(f"Gone {word} deleted")
    assert logged(owner, "Customer", number) == ["Customer deleted, Olive Owner", "Customer created, Ana Lopez"]


def test_axe_finds_nothing_and_nothing_scrolls_sideways(house: House, owner: Page) -> None:
    other = add(house, "x" * 200, f"{uuid4().hex}@mail.example")
    carol = house.desk.carol_id
    for address in (
        "/customers",
        "/customers?q=nobody-like-that",
        "/customers/new",
        f"/customers/{carol}",
        f"/customers/{other}",
        f"/customers/{carol}/edit",
        f"/customers/{carol}/merge?q=x",
        f"/customers/{carol}/merge?other={other}",
        f"/customers/{carol}/delete",
        f"/customers/{carol}/tickets?after=WzE3NzI1Mjg0MDAwMDAwMDAsMTAwXQ",
    ):
        owner.goto(address)
        assert complaints(owner) == [], address
        for width in (360, 390, 1280):
            assert too_wide(owner, width) == [], (address, width)
            if width >= 390:
                assert owner.evaluate("document.documentElement.scrollWidth") <= width, (address, width)
