"""The log followed on both databases: each event once, in order, through cuts, however far behind, from any process."""

import pytest
from flask.testing import FlaskClient

from audit import bell, tail
from helpdesk import messages
from helpdesk.drafts import Draft
from tests.audit.site import LOG
from tests.audit.streams import Stream, close_some
from tests.desks import Desk


def test_each_event_comes_once_through_cuts_and_however_far_behind(
    ada: FlaskClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "KEPT", 8)
    start = desk.last_event_id()
    stream = Stream(ada, event="ticket-closed", after=start)
    expected = close_some(desk)
    assert stream.upto(desk.last_event_id()) == expected
    assert "2 “Ticket closed” events" in stream.text or "1 “Ticket closed” event" in stream.text
    # Nothing that fits: no row, but a later place to go on from.
    desk.a_ticket()
    assert stream.upto(desk.last_event_id()) == []
    stream.cut()
    missed = close_some(desk, 2)
    # More than is kept in memory happened since: the page reads the database by itself, then follows again.
    again = Stream(ada, last=stream.last, event="ticket-closed", after=start)
    came = again.upto(desk.last_event_id())
    with monkeypatch.context() as deaf:
        deaf.setattr(bell, "ring", lambda _account_id: None)  # as for commits of another process
        missed += close_some(desk, 4)
        came += again.upto(desk.last_event_id())
    assert came == missed
    again.cut()


def test_what_a_long_message_says_is_found_at_once_and_later(ada: FlaskClient, desk: Desk) -> None:
    ticket = desk.a_ticket("A letter")
    stream = Stream(ada, text="samovar", after=desk.last_event_id())
    with desk.watched() as trail, desk.acting("email"):
        letter = f"Dear all,\n{'and so on, ' * 500}\nyours, with the SAMOVAR"
        messages.receive(desk.ticket(ticket.id), Draft(sender=desk.carol, body_text=letter), by=desk.by_carol)
    arrival = trail["ticket-message-created"].id
    desk.a_ticket("About something else")
    assert stream.upto(desk.last_event_id()) == []  # it is of a kind that only the API offers
    stream.cut()
    again = Stream(ada, text="samovar", api_only="1", after=arrival - 1)
    assert again.upto(desk.last_event_id()) == [arrival]
    again.cut()
    found = ada.get(LOG, query_string={"text": "samovar", "api_only": "1"}).text
    assert f'id="event-{arrival}"' in found
    assert "1 event mentioning “samovar”" in found
