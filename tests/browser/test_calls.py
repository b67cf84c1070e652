"""Calls by hand: a rule calls the echo page, where it can be read, and a press sends the call once more."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from automation import calls
from automation import rules as runner
from helpdesk import integrations, outgoing, rules
from helpdesk.config import ECHO
from helpdesk.models import Rule
from helpdesk.rules import Shape
from tests.browser.conftest import House
from tests.browser.looks import complaints
from tests.desks import open_session


@pytest.fixture
def echo(house: House, owner: Page) -> Iterator[str]:
    """Where the echo page takes in calls; as in the demo, it is the only part of the server that may be called."""
    owner.goto("/settings/echo")
    port = urlsplit(house.url).port or 80
    outgoing.use([outgoing.Place("127.0.0.1", port, ECHO)])
    yield house.url + urlsplit(owner.locator(".hook-address").inner_text()).path
    outgoing.use([])


@pytest.fixture
def caller(house: House, echo: str) -> Iterator[int]:
    """An integration that a rule calls; the rule is gone afterwards. Answers its number."""
    desk = house.desk
    desk.session.rollback()
    with desk.acting():
        http = {"url": echo, "form": {"number": "{{ticket.id}}", "because": "{{rule.name}}"}}
        hook = integrations.create(desk.account, integrations.HTTP, "Parrot", http=http, by=desk.by_admin).id
        code = f"if (contains(ticket.subject, 'parrot')) {{ Action('httpRequest', {{integration_id: {hook}}}); }}"
        shape = Shape(name="Say it again", code=code, event_types=("ticket-created",))
        rule_id = rules.create(desk.account, shape, by=desk.by_admin).id
    yield hook
    desk.session.rollback()
    with desk.acting():
        rules.delete(desk.session.get_one(Rule, rule_id), by=desk.by_admin)


def _send(house: House) -> int:
    engine = house.desk.session.get_bind()
    return calls.send_due(lambda: open_session(engine))  # type: ignore[arg-type]


def test_a_rule_calls_the_echo_page_and_a_press_sends_it_again(house: House, owner: Page, caller: int) -> None:
    number = house.a_ticket("My parrot repeats itself")
    runner.settle(house.desk.session, house.desk.account_id)
    assert _send(house) == 1
    owner.goto("/settings/echo")
    arrived = owner.locator("details", has_text="POST")
    expect(arrived).to_have_count(1)
    expect(arrived).to_contain_text("answered 200")
    arrived.locator("summary").click()
    expect(arrived).to_contain_text(f'"number": {number}')
    expect(arrived).to_contain_text('"because": "Say it again"')

    owner.goto(f"/settings/integrations/{caller}/deliveries")
    owner.locator(".calls a").first.click()
    expect(owner.locator("main")).to_contain_text("200 OK")
    with house.desk.watched() as trail:
        owner.get_by_role("button", name="Send it again").click()
        expect(owner.locator(".toast")).to_contain_text("It is sent again")
    assert trail.events == []
    assert complaints(owner) == []
    assert _send(house) == 1
    owner.goto("/settings/echo")
    expect(owner.locator("details", has_text="POST")).to_have_count(2)
    assert complaints(owner) == []
