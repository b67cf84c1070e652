"""Lines and people that are kept from one look to the next follow whatever happens around them."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import URL

from audit import drawing
from audit.queries import Cursor
from audit.rows import EventRow
from helpdesk import people, settings, tickets, views
from helpdesk.merging import merge
from helpdesk.models import Role, Ticket
from tests.audit.site import LOG, browser, look, words
from tests.databases import fresh_sqlite
from tests.desks import Desk
from tests.helpdesk.web.browsers import statements


@pytest.fixture
def database_url() -> URL:
    """What is kept in memory is the same on both databases."""
    return fresh_sqlite(furnished=True)


def test_a_line_is_drawn_once_and_follows_what_happens_around_it(
    ada: FlaskClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def draw(line: EventRow, story: str) -> str:
        drawn.append(line.id)
        return drawn_as_ever(line, story)

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


def test_a_message_is_linked_where_its_ticket_went(ada: FlaskClient, desk: Desk) -> None:
    target, source = desk.a_ticket().id, desk.a_ticket().id
    into, gone = f'<a href="/tickets/{target}#message-', f'<a href="/tickets/{source}#message-'
    asked = {"event": "ticket-message-created"}
    before = words(look(ada, **asked))
    assert (before.count(into), before.count(gone)) == (1, 1)
    with desk.acting():
        session = desk.session
        one, other = (session.get_one(Ticket, number, with_for_update=True) for number in sorted((target, source)))
        merge(other, one, subject="One", customer=desk.carol, assignee=None, by=desk.by_ana)
    after = words(look(ada, **asked))
    assert (after.count(into), after.count(gone)) == (2, 0)


def test_what_one_reader_may_open_is_no_link_for_another(site: Flask, ada: FlaskClient, desk: Desk) -> None:
    with desk.acting():
        kept = views.create(desk.account, views.Shape(name="Mine", visibility="private"), by=desk.by_admin)
    link = f'href="/settings/views/{kept.id}'
    assert link in words(look(ada, event="view-created"))
    assert link not in words(look(browser(site, "owner"), event="view-created"))
    assert link in words(look(ada, event="view-created"))


def test_a_list_asks_who_looks_and_for_its_rows_and_no_more(site: Flask, ada: FlaskClient, desk: Desk) -> None:
    ticket = desk.a_ticket()
    with desk.acting():
        tickets.assign(desk.ticket(ticket.id), desk.ana, by=desk.by_admin)
    top = Cursor(desk.now() + timedelta(days=1), 1).write(desk.account_id)
    look(ada, f"{LOG}/older", cursor=top)
    with statements(site) as asked:
        assert "assignee nobody → Ana Lopez" in words(look(ada, f"{LOG}/older", cursor=top))
    assert ["login_session" in one for one in asked] == [True, False]
    assert "changes" not in asked[1], "an event that was read once is only looked for, by its place and number"
    with desk.acting():
        tickets.close(desk.ticket(ticket.id), by=desk.by_ana)
    with statements(site) as asked:
        look(ada, f"{LOG}/older", cursor=top)
    assert len(asked) == 4, "what happened since is looked through and read; what it leaves as it was is not asked anew"


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
