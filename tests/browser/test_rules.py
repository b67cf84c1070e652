"""Rules by hand: built by clicking, set off by a mail, seen as No user, and followed back by "why"."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from automation import rules as runner
from helpdesk.mail import inbound
from helpdesk.mail.parse import parse
from helpdesk.models import Rule
from helpdesk.rules import delete
from tests.browser.conftest import House
from tests.browser.looks import complaints

MAIL = b"""From: Carol Diaz <carol@mail.example>
To: support@demo.example
Subject: A giraffe arrived instead
Message-ID: <giraffe@mail.example>

It eats my hedge."""


@pytest.fixture
def no_rules(house: House) -> Iterator[None]:
    """Other tests of this house find no rules."""
    yield
    desk = house.desk
    desk.session.rollback()
    with desk.acting():
        for rule in desk.session.query(Rule).all():
            delete(rule, by=desk.by_admin)


def test_a_rule_built_by_clicking_acts_on_a_mail_and_why_leads_to_it(house: House, owner: Page, no_rules: None) -> None:
    owner.goto("/settings/rules")
    expect(owner.get_by_text("No rules yet")).to_be_visible()
    owner.get_by_role("link", name="New rule").click()
    owner.get_by_label("Name", exact=True).fill("Zebra")
    code = owner.get_by_label("The same as code")
    owner.get_by_label("Value of row 1").fill("giraffe")
    expect(code).to_have_value(re.compile(r"contains\(ticket.subject, 'giraffe'\)"))
    owner.get_by_role("button", name="Add a row").click()
    owner.get_by_label("Field of row 2").select_option(label="Channel of the message")
    owner.locator("select#value-1").select_option(label="Email")
    owner.get_by_text("Add an action").click()
    owner.get_by_role("button", name="Set the priority").click()
    owner.get_by_label("Priority", exact=True).select_option(label="Critical")
    expect(code).to_have_value(re.compile(r"&& eq\(message.channel, 'email'\)\) \{[\s\S]*setPriority.*critical"))
    code.fill(code.input_value().replace("giraffe", "giraff"))
    expect(owner.get_by_label("Value of row 1")).to_have_value("giraff")
    owner.get_by_label("On ticket #").fill(str(house.full))
    expect(owner.locator("#rule-tried")).to_contain_text("the condition does not hold")
    assert complaints(owner) == []
    owner.get_by_role("button", name="Create rule").click()
    expect(owner.locator(".toast").last).to_contain_text("Rule created")

    desk = house.desk
    desk.session.rollback()
    number = inbound.take_in(desk.session, desk.account_id, parse(MAIL))
    runner.settle(desk.session, desk.account_id)
    owner.goto(f"/tickets/{number}")
    line = owner.locator("#trail li", has_text="Ticket tags added")
    expect(line).to_contain_text("No user")
    expect(line).to_contain_text("rule Zebra v1")
    line.get_by_role("link", name="Why").click()
    owner.get_by_role("link", name="Open the rule").click()
    expect(owner.get_by_role("heading", name="Zebra", exact=True)).to_be_visible()
    expect(owner.get_by_text("ran 1 time")).to_be_visible()
    assert complaints(owner) == []


def test_it_fits_a_phone_and_is_moved_by_keyboard(house: House, owner: Page, no_rules: None) -> None:
    owner.set_viewport_size({"width": 390, "height": 844})
    for name in ("First", "Second"):
        owner.goto("/settings/rules/new")
        owner.get_by_label("Name", exact=True).fill(name)
        assert owner.evaluate("document.documentElement.scrollWidth") <= 390
        owner.get_by_role("button", name="Create rule").click()
        expect(owner.get_by_role("heading", name=name, exact=True)).to_be_visible()
    owner.goto("/settings/rules")
    assert complaints(owner) == []
    assert owner.evaluate("document.documentElement.scrollWidth") <= 390
    owner.get_by_role("button", name="Move up: Second").focus()
    owner.keyboard.press("Enter")
    expect(owner.locator(".rule-line").first).to_contain_text("Second")
    expect(owner.locator(".toast").last).to_contain_text("Rule priority updated")
