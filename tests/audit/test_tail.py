"""The log followed on both databases: each event once, in order, through cuts, however far behind, from any process."""

import pytest
from flask.testing import FlaskClient

from audit import bell, tail
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
