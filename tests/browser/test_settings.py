"""The account's settings, and a survey on its way: switched on, sent, answered by the customer, read by the team."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from helpdesk import settings
from helpdesk.models import Delivery
from tests.browser.conftest import House, log_in, watch
from tests.browser.looks import complaints

API_ONLY = "/settings/audit?api_only=1&event="


@pytest.fixture
def as_before(house: House) -> Iterator[None]:
    """Other tests of this house find its settings as they were."""
    yield
    desk = house.desk
    desk.session.rollback()
    with desk.acting():
        for type_, default in settings.DEFAULTS.items():
            settings.change(desk.account, type_, default, by=desk.by_admin)


@pytest.fixture
def customer(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[BrowserContext]:
    """A fresh browser on a phone, in which nobody is logged in."""
    context = browser.new_context(**{**browser_context_args, "viewport": {"width": 390, "height": 844}})
    yield context
    context.close()


def save(page: Page, card: str) -> None:
    """Press the button of a card, and wait for what is said."""
    page.get_by_role("button", name=f"Save {card}").last.click()
    expect(page.locator(".toast").last).to_be_visible()


def newest_event(page: Page, type_: str) -> None:
    """The audit page shows that this happened."""
    page.goto(f"{API_ONLY}{type_}")
    label = type_.replace("-", " ").capitalize()
    expect(page.locator(".event-name").first).to_contain_text(label)


def test_settings_are_saved_card_by_card(house: House, owner: Page, as_before: None) -> None:
    owner.goto(f"{API_ONLY}account-setting-created")
    before = owner.locator(".event-name").count()  # other stories of this house have set something, too
    owner.goto("/settings/account")
    owner.get_by_role("textbox", name="Name").fill("Demo pottery")
    save(owner, "name")
    expect(owner.locator(".toast").last).to_contain_text("Account updated")
    owner.get_by_role("combobox", name="Time zone").fill("europe/dublin")
    save(owner, "time zone")
    expect(owner.get_by_role("combobox", name="Time zone")).to_have_value("Europe/Dublin")
    owner.get_by_label("Days in the trash").fill("45")
    save(owner, "trash")
    expect(owner.locator(".toast").last).to_contain_text("Account setting created")
    owner.get_by_label("No limit").check()
    save(owner, "audit log")
    save(owner, "audit log")
    expect(owner.locator(".toast").last).to_contain_text("Nothing changed")
    newest_event(owner, "account-setting-created")
    expect(owner.locator(".event-name")).to_have_count(before + 3)
    owner.goto("/settings/account")
    owner.get_by_role("textbox", name="Name").fill("Demo shop")
    save(owner, "name")


def test_business_hours_by_keyboard(house: House, owner: Page, as_before: None, problems: list[str]) -> None:
    owner.goto("/settings/account")
    rows = owner.locator(".hours-row")
    expect(rows).to_have_count(1)
    add = owner.get_by_role("button", name="Add hours")
    add.focus()
    owner.keyboard.press("Enter")
    expect(rows).to_have_count(2)
    expect(owner.get_by_text("Not saved yet.")).to_be_visible()
    expect(rows.nth(1).get_by_label("Mon")).to_be_focused()
    save_hours = owner.get_by_role("button", name="Save business hours").last
    save_hours.click()
    expect(rows.nth(1)).to_contain_text("Choose at least one day")
    rows.nth(1).get_by_label("Sat").check()
    save_hours.click()
    expect(owner.locator(".toast").last).to_contain_text("Business hours saved")
    expect(rows).to_have_count(2)
    rows.nth(1).get_by_role("button", name="Remove").click()
    expect(rows).to_have_count(1)
    expect(add).to_be_focused()
    owner.reload()
    expect(rows).to_have_count(2)
    problems[:] = [line for line in problems if "422" not in line]


def test_the_account_page_works_without_scripts(
    house: House, browser: Browser, browser_context_args: dict[str, Any], as_before: None
) -> None:
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    page = log_in(context.new_page(), "owner@demo.example")
    page.goto("/settings/account")
    page.get_by_role("button", name="Add hours").click()
    expect(page.locator(".hours-row")).to_have_count(2)
    page.locator(".hours-row").nth(1).get_by_label("Sun").check()
    page.get_by_role("button", name="Save business hours").last.click()
    expect(page.locator(".toast")).to_contain_text("Business hours saved")
    page.get_by_role("button", name="Remove row 1").click()
    expect(page.locator(".hours-row")).to_have_count(1)
    context.close()


def test_a_survey_from_the_close_to_the_answer(
    house: House, owner: Page, customer: BrowserContext, as_before: None, problems: list[str]
) -> None:
    owner.goto("/settings/account")
    owner.get_by_label("Ask customers how it was").check()
    owner.get_by_label("Hours after the close").fill("2")
    save(owner, "satisfaction surveys")
    number = house.a_ticket("Was it good?")
    owner.goto(f"/tickets/{number}")
    owner.get_by_role("button", name="Close", exact=True).first.click()
    expect(owner.locator(".toast").last).to_contain_text("Satisfaction survey created")
    expect(owner.locator("#ticket-side")).to_contain_text("Will be asked")
    house.let_time_pass(timedelta(hours=3))
    newest_event(owner, "satisfaction-survey-sent")
    expect(owner.locator("tr", has=owner.locator(".event-name")).first).to_contain_text("survey timer")

    page = watch(customer.new_page(), problems)
    page.goto(link_in_the_mail(house, number))
    expect(page.get_by_role("heading", name="How was it?")).to_be_visible()
    page.get_by_role("button", name="Send answer").click()
    expect(page.get_by_text("Choose one to five stars.")).to_be_visible()
    page.get_by_label("1 star, bad").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_label("4 stars, good")).to_be_checked()
    page.get_by_label("A word, if you like").fill("Quick and kind.")
    page.get_by_role("button", name="Send answer").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    newest_event(owner, "satisfaction-survey-responded")
    expect(owner.locator("tr", has=owner.locator(".event-name")).first).to_contain_text("customer Carol Diaz")
    owner.goto("/settings/surveys")
    expect(owner.locator("tbody tr").first).to_contain_text("Quick and kind.")
    owner.goto(f"/tickets/{number}")
    expect(owner.locator("#ticket-side")).to_contain_text("★ 4 of 5")
    problems[:] = [line for line in problems if "422" not in line]


def link_in_the_mail(house: House, number: int) -> str:
    """Where the mail about a ticket leads, on this server."""
    desk = house.desk
    desk.session.rollback()
    wanted = select(Delivery).where(Delivery.ticket_id == number, Delivery.stable_id.startswith("survey."))
    letter = desk.session.scalars(wanted).one()
    found = re.search(r"/survey/\S+", letter.payload["body_text"])
    desk.session.rollback()
    assert found is not None
    return found[0]


def test_axe_finds_nothing(
    house: House, owner: Page, customer: BrowserContext, as_before: None, problems: list[str]
) -> None:
    house.desk.session.rollback()
    with house.desk.acting():
        asking = {"enabled": True, "delay_hours": 1}
        settings.change(house.desk.account, "satisfaction-surveys", asking, by=house.desk.by_admin)
    number = house.a_ticket("In any light")
    page = watch(customer.new_page(), problems)
    found = {}
    owner.goto(f"/tickets/{number}")
    owner.get_by_role("button", name="Close", exact=True).first.click()
    expect(owner.locator("#ticket-side")).to_contain_text("Will be asked")
    house.let_time_pass(timedelta(hours=2))
    page.goto(link_in_the_mail(house, number))
    page.get_by_label("3 stars, all right").check()
    found["stars"] = complaints(page)
    page.get_by_role("button", name="Send answer").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    found["thanks"] = complaints(page)
    page.goto("/survey/1-nothing")
    found["nothing"] = complaints(page)
    for address in ("/settings/account", "/settings/surveys", "/settings/surveys?show=waiting", f"/tickets/{number}"):
        owner.goto(address)
        found[address] = complaints(owner)
    owner.set_viewport_size({"width": 390, "height": 844})
    for address in ("/settings/account", "/settings/surveys", "/settings/surveys?show=waiting"):
        owner.goto(address)
        assert owner.evaluate("document.querySelector('main').scrollWidth") <= 390, address
    assert {address: lines for address, lines in found.items() if lines} == {}
    problems[:] = [line for line in problems if "404" not in line]
