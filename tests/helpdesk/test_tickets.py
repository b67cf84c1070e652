"""A ticket's life: what each verb writes, in which order, by whom, and when it writes nothing."""

from datetime import timedelta

import pytest

from helpdesk import tickets
from helpdesk.refusals import Refused
from tests.desks import Desk


def test_closing_an_open_ticket_writes_updated_then_closed(desk: Desk) -> None:
    ticket = desk.a_ticket()
    with desk.watched() as trail, desk.acting():
        tickets.close(desk.ticket(ticket.id), by=desk.by_ana)
    assert trail.lines == [("ticket-updated", "Ana Lopez"), ("ticket-closed", "Ana Lopez")]
    assert len(trail.contexts) == 1


def test_closing_a_closed_ticket_writes_nothing(desk: Desk) -> None:
    ticket = desk.a_ticket(status="closed")
    with desk.watched() as trail, desk.acting():
        tickets.close(desk.ticket(ticket.id), by=desk.by_ana)
    assert trail.types == []


def test_snoozing_into_the_past_is_refused(desk: Desk) -> None:
    ticket = desk.a_ticket()
    with pytest.raises(Refused, match="still to come"), desk.acting():
        tickets.snooze(desk.ticket(ticket.id), desk.now() - timedelta(hours=1), by=desk.by_ana)
