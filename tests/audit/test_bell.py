"""The bell: it rings when events were committed, and only then."""

from audit import bell
from helpdesk import tickets
from tests.desks import Desk


def test_it_rings_for_each_commit_that_wrote_events(desk: Desk) -> None:
    rung: list[int | None] = []
    ticket = desk.a_ticket()
    with bell.listening(rung.append):
        with desk.acting():
            tickets.close(desk.ticket(ticket.id), by=desk.by_ana)
        with desk.acting():  # it is closed already: nothing happens, and nothing is told
            tickets.close(desk.ticket(ticket.id), by=desk.by_ana)
        assert rung == [desk.account_id]
    with desk.acting():
        tickets.reopen(desk.ticket(ticket.id), by=desk.by_ana)
    assert rung == [desk.account_id]


def test_what_is_rolled_back_rings_nothing(desk: Desk) -> None:
    rung: list[int | None] = []
    ticket = desk.a_ticket()
    with bell.listening(rung.append):
        try:
            with desk.acting():
                tickets.close(desk.ticket(ticket.id), by=desk.by_ana)
                raise RuntimeError
        except RuntimeError:
            pass
    assert rung == []
