"""The audit page when things are not as asked: gone, foreign, strange, or too much."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import URL

from audit.queries import Cursor
from helpdesk import tickets
from tests.audit.site import LIVE, LOG, look, words
from tests.databases import fresh_sqlite
from tests.desks import TUESDAY, Desk, open_desk
from tests.helpdesk.web.browsers import statements


@pytest.fixture
def database_url() -> URL:
    """What the page says is the same on both databases (`test_queries` and `test_page_everywhere` use both)."""
    return fresh_sqlite(furnished=True)


@pytest.mark.parametrize("number", [999_999, 2**63 - 1, 2**63, 10**30])
def test_an_event_that_is_not_there(ada: FlaskClient, number: int) -> None:
    answer = look(ada, f"{LOG}/events/{number}")
    assert answer.status_code == 404
    assert 'href="/settings/audit">Go to the audit log</a>' in answer.text


def test_another_desks_events_are_not_there(ada: FlaskClient, desk: Desk) -> None:
    foreign = open_desk(desk.session, "other")
    ticket = foreign.a_ticket("Their secret")
    number = foreign.last_event_id()
    assert look(ada, f"{LOG}/events/{number}").status_code == 404
    assert look(ada, f"{LOG}/newer", after=str(number)).status_code == 422
    for asked in ({"object": f"Ticket:{ticket.id}"}, {"api_only": "1"}):
        assert "Their secret" not in look(ada, **asked).text
    cursor = Cursor(TUESDAY, number).write(foreign.account_id)
    assert "another desk's log" in words(look(ada, cursor=cursor))


def test_what_is_gone_is_plain_text(ada: FlaskClient, desk: Desk) -> None:
    ticket = desk.a_ticket("A & B")
    with desk.acting():
        tickets.erase(desk.ticket(ticket.id), by=desk.by_admin)
    page = look(ada, event="ticket-created")
    gone = '<span title="Gone since, or without a page of its own">'
    assert f'{gone}Ticket {ticket.id} "A & B"</span>' in words(page)


def test_what_people_wrote_is_text(ada: FlaskClient, desk: Desk) -> None:
    ticket = desk.a_ticket("<script>alert(1)</script>")
    page = look(ada, object=f"Ticket:{ticket.id}")
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


@pytest.mark.parametrize(
    "asked",
    [
        {"event": [f"type-{number}" for number in range(500)]},
        {"member": ["-1", "0", "1e9", str(10**40)]},
        {"object": "<b>Ticket</b>:1"},
        {"colour": "red"},
        {"from": "9" * 10_000},
        {"period": "\x00\x07\u202e"},
        {"object": "\x00"},
        {"context": "\x00"},
        {"cursor": "\x00"},
    ],
)
def test_what_makes_no_sense_gets_a_sentence_and_the_form(ada: FlaskClient, asked: dict[str, Any]) -> None:
    page = look(ada, **asked)
    assert page.status_code == 200
    assert "Nothing was looked up" in page.text
    assert 'id="audit-form"' in page.text
    assert "<b>Ticket" not in page.text
    assert ada.get(LOG, query_string=asked, headers=LIVE).status_code == 422


def test_nothing_found_says_so(ada: FlaskClient) -> None:
    page = words(look(ada, event="view-deleted"))
    assert "No “View deleted” events since" in page
    assert "No such event here" in page
    assert "Reset all filters" in page
    assert "mentioning “\ufffd” since" in words(look(ada, text="\x00"))  # nobody types it, and it is not nothing


def test_a_page_asks_the_database_a_fixed_number_of_times(site: Flask, ada: FlaskClient, desk: Desk) -> None:
    ada.get(LOG, headers=LIVE)  # who is there and what is set is read once, and known from then on
    counts = []
    for size in (30, 50):  # both are more than a page holds: a list that is shown whole needs no count
        for _ in range(size):
            desk.a_ticket()
        with statements(site) as sent:
            ada.get(LOG, headers=LIVE)
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 14
