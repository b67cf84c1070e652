"""Lines and people that are kept from one look to the next follow whatever happens around them."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.engine import URL

from audit import drawing
from audit.rows import EventRow
from helpdesk import people, settings, tickets
from helpdesk.models import Role
from tests.audit.site import look, words
from tests.databases import fresh_sqlite
from tests.desks import Desk


@pytest.fixture
def database_url() -> URL:
    """What is kept in memory is the same on both databases."""
    return fresh_sqlite(furnished=True)


def test_a_line_is_drawn_once_and_follows_what_happens_around_it(
    ada: FlaskClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def draw(line: EventRow) -> str:
        drawn.append(line.id)
        return drawn_as_ever(line)

    drawn_as_ever = drawing.draw
    monkeypatch.setattr(drawing, "draw", draw)
    ticket = desk.a_ticket()
    link = f'<a href="/tickets/{ticket.id}">Ticket {ticket.id}'
    assert link in words(look(ada, event="ticket-created"))
    seen = len(drawn)
    assert link in words(look(ada, event="ticket-created"))
    assert len(drawn) == seen > 0
    with desk.acting():
        tickets.erase(desk.ticket(ticket.id), by=desk.by_ana)
    page = words(look(ada, event="ticket-created"))
    assert link not in page
    assert f'<span title="Gone since, or without a page of its own">Ticket {ticket.id}' in page
    assert len(drawn) == seen + 1


def test_a_line_calls_people_what_they_are_called_today(ada: FlaskClient, desk: Desk) -> None:
    ticket = desk.a_ticket()
    with desk.acting():
        tickets.assign(desk.ticket(ticket.id), desk.ana, by=desk.by_admin)
    assert "assignee nobody → Ana Lopez" in words(look(ada, event="ticket-assigned"))
    with desk.acting():
        people.update(desk.ana, name="Ana Soto", by=desk.by_admin)
    assert "assignee nobody → Ana Soto" in words(look(ada, event="ticket-assigned"))


def test_whom_one_can_ask_for_follows_the_log(ada: FlaskClient, desk: Desk) -> None:
    look(ada)
    with desk.acting():
        zoe = people.create(desk.account, email="zoe@demo.example", name="Zoe", role=Role.BASIC, by=desk.by_admin)
        settings.change(desk.account, "audit-log", {"longest_period_days": 31}, by=desk.by_admin)
    page = words(look(ada, member=zoe.id, period="30d"))
    assert "No events by Zoe since" in page
    with desk.acting():
        people.update(desk.ana, name="Ana Soto", by=desk.by_admin)
    assert re.search(r"<span>Ana Soto</span>", words(look(ada, member=zoe.id)))
