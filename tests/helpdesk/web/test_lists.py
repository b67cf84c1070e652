"""The system views: what they hold, how they are counted, and how one scrolls through them."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from helpdesk import messages, tickets
from helpdesk.drafts import Draft
from helpdesk.models import Ticket
from helpdesk.web import listing
from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser, statements

Prepare = Callable[[Desk, Ticket], None]

PLAIN = {"inbox", "unassigned", "all"}
STATES: dict[str, tuple[Prepare, set[str]]] = {
    "open": (lambda desk, ticket: None, PLAIN),
    "assigned": (lambda desk, ticket: tickets.assign(ticket, desk.ana, by=desk.by_ana), {"inbox", "all"}),
    "closed": (lambda desk, ticket: tickets.close(ticket, by=desk.by_ana), {"closed", "all"}),
    "snoozed": (
        lambda desk, ticket: tickets.snooze(ticket, desk.now() + timedelta(hours=1), by=desk.by_ana),
        {"snoozed", "all"},
    ),
    "spam": (lambda desk, ticket: tickets.mark_spam(ticket, by=desk.by_ana), {"spam"}),
    "trashed": (lambda desk, ticket: tickets.trash(ticket, by=desk.by_ana), {"trash"}),
}


@pytest.mark.parametrize("state", STATES)
def test_a_ticket_stands_in_the_views_of_its_state(desk: Desk, client: Browser, state: str) -> None:
    prepare, views = STATES[state]
    number = desk.a_ticket("The one we look for").id
    with desk.acting():
        prepare(desk, desk.ticket(number))
    found = {view for view in listing.VIEWS if b"The one we look for" in client.get(f"/tickets?view={view}").data}
    assert found == views


def test_spam_in_the_trash_stands_in_the_trash_only(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket("Both").id
    with desk.acting():
        tickets.mark_spam(desk.ticket(number), by=desk.by_ana)
        tickets.trash(desk.ticket(number), by=desk.by_ana)
    assert b"Both" in client.get("/tickets?view=trash").data
    assert b"Both" not in client.get("/tickets?view=spam").data


def test_counts_are_those_of_the_lists(desk: Desk, client: Browser) -> None:
    for prepare, _ in STATES.values():
        number = desk.a_ticket().id
        with desk.acting():
            prepare(desk, desk.ticket(number))
    page = client.fragment("/pulse").get_data(as_text=True)
    counted = dict(re.findall(r"view=(\w+)\".*?class=\"count\">(\d+)", page, re.DOTALL))
    for view, count in counted.items():
        rows = client.get(f"/tickets?view={view}").get_data(as_text=True).count("data-row=")
        assert rows == int(count), view


def test_the_newest_change_comes_first(desk: Desk, client: Browser) -> None:
    first = desk.a_ticket("The first").id
    desk.move_clock(timedelta(minutes=5))
    desk.a_ticket("The second")
    desk.move_clock(timedelta(minutes=5))
    with desk.acting():
        tickets.set_priority(desk.ticket(first), "high", by=desk.by_ana)
    page = client.get("/tickets").get_data(as_text=True)
    assert page.index("The first") < page.index("The second")


def test_scrolling_shows_every_ticket_once_also_those_of_one_moment(desk: Desk, client: Browser) -> None:
    made = {desk.a_ticket(f"Ticket number {index}").id for index in range(listing.PAGE * 2 + 3)}
    address, seen = "/tickets?view=inbox", []
    while address:
        rows = client.fragment(address).get_data(as_text=True)
        seen += [int(number) for number in re.findall(r'data-row="(\d+)"', rows)]
        more = re.search(r'row-more" hx-get="([^"]+)"', rows)
        address = more[1].replace("&amp;", "&") if more else ""
    assert len(seen) == len(set(seen))
    assert made <= set(seen)


def test_a_long_list_costs_no_more_than_a_short_one(app: Flask, desk: Desk, client: Browser) -> None:
    for _ in range(30):
        desk.a_ticket()
    with statements(app) as sent:
        assert client.get("/tickets").status_code == 200
    assert len(sent) <= 5, sent


@pytest.mark.parametrize("address", ["/tickets?view=nonsense", "/tickets?after=x", "/tickets?after=1-" + "9" * 20])
def test_an_address_that_leads_nowhere_is_not_found(client: Browser, address: str) -> None:
    assert client.get(address).status_code == 404


def test_an_empty_view_teaches(client: Browser) -> None:
    assert b"Nothing sleeps" in client.get("/tickets?view=snoozed").data


def test_a_page_that_is_open_learns_of_newer_tickets(desk: Desk, client: Browser) -> None:
    page = client.get("/tickets").get_data(as_text=True)
    pulse = re.search(r'hx-get="(/pulse[^"]+)"', page)
    assert pulse is not None
    address = pulse[1].replace("&amp;", "&")
    assert client.fragment(address).status_code == 204  # nothing was written since
    number = desk.a_ticket().id  # the clock stands: what is new is known by its events
    assert f'data-waiting="{number}"' in client.fragment(address).get_data(as_text=True)


def test_what_people_write_is_shown_as_text(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket("<script>alert(1)</script>{{ 7*7 }}").id
    with desk.acting("email"):
        draft = Draft(sender=desk.carol, body_text="<img src=x onerror=alert(1)> \u202egnp.exe 🎉")
        messages.receive(desk.ticket(number), draft, by=desk.by_carol)
    for address in ("/tickets", f"/tickets/{number}"):
        page = client.get(address).get_data(as_text=True)
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "{{ 7*7 }}" in page
