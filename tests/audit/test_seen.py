"""What a log has seen is kept and followed, and is always what counting it from nothing says."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from audit import seen
from audit.action import enter
from audit.log import event_table
from audit.seen import Seen, Ways
from helpdesk import tags, tickets
from tests.desks import Desk, open_desk


@pytest.fixture(autouse=True)
def application() -> Iterator[None]:
    """What was counted is kept by the application."""
    with Flask("of this test").app_context():
        yield


def counted_by_hand(desk: Desk) -> Ways:
    """Every event, one by one."""
    found: Ways = {}
    for row in desk.events_after():
        before = found.get((row.type, row.actor_kind), Seen(0, row.created_datetime, row.id))
        found[row.type, row.actor_kind] = Seen(before.count + 1, row.created_datetime, row.id)
    return found


def ways(desk: Desk) -> Ways:
    """What the log's pages are told."""
    enter(desk.session, desk.account_id)
    found = seen.ways(desk.session)
    desk.session.rollback()
    return found


def test_what_was_counted_once_is_followed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ways(desk) == counted_by_hand(desk)
    number = desk.a_ticket().id
    other = open_desk(desk.session, "other")  # whose events are no business of this desk
    for _ in range(2):
        with desk.acting():  # its clock stands: many events share one time
            tags.put_on(desk.ticket(number), ["refund", "late"], by=desk.by_ana)
            tickets.close(desk.ticket(number), by=desk.by_ana)
        with desk.acting():
            tickets.reopen(desk.ticket(number), by=desk.by_carol)
        assert ways(desk) == counted_by_hand(desk)
    assert ways(other) == counted_by_hand(other)

    monkeypatch.setattr(seen, "FURTHEST", 0)  # too far to follow: all anew
    other.a_ticket()
    with desk.acting():
        tags.take_off(desk.ticket(number), ["late"], by=desk.by_ben)
    for each in (desk, other):
        assert ways(each) == counted_by_hand(each)
    first = desk.session.scalar(select(event_table.c.created_datetime).order_by(event_table.c.id).limit(1))
    enter(desk.session, desk.account_id)
    assert seen.ways(desk.session, since=first) == counted_by_hand(desk), "since the first is ever"
