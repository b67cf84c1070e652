"""Why something happened to a ticket: what changed, who did it, and the chain that it belongs to."""

from collections.abc import Callable

from helpdesk import macros, tickets
from helpdesk.models import Macro, Role
from tests.desks import Desk, open_desk
from tests.helpdesk.web.browsers import Browser, hire


def closed_by_a_macro(desk: Desk) -> tuple[int, int]:
    """A ticket and the event of its close."""
    number = desk.a_ticket().id
    with desk.acting():
        actions = [{"name": "setStatus", "arguments": {"status": "closed"}}]
        macro_id = macros.create(desk.account, "Bye", actions, by=desk.by_admin).id
    with desk.watched() as trail, desk.acting():
        macros.apply(desk.session.get_one(Macro, macro_id), desk.ticket(number), by=desk.by_ana)
    return number, trail["ticket-closed"].id


def test_no_user_is_no_dead_end(desk: Desk, enter: Callable[[str], Browser]) -> None:
    number, event = closed_by_a_macro(desk)
    browser = enter(hire(desk, Role.OBSERVER))
    page = browser.fragment(f"/tickets/{number}/trail/{event}").get_data(as_text=True)
    assert "Macro Bye v1 by Ana Lopez did it" in page
    assert page.index("Macro applied") < page.index("Ticket updated") < page.index("Ticket closed")
    assert "status" in page
    assert "open</td>" in page
    assert "closed</td>" in page
    assert "audit log" not in page
    assert "<html" in browser.get(f"/tickets/{number}/trail/{event}").get_data(as_text=True)


def test_those_who_may_go_on_to_the_log(desk: Desk, client: Browser, enter: Callable[[str], Browser]) -> None:
    number, event = closed_by_a_macro(desk)
    assert f'href="/settings/audit/events/{event}"' in client.get(f"/tickets/{number}").get_data(as_text=True)
    assert "in the audit log" in client.fragment(f"/tickets/{number}/trail/{event}").get_data(as_text=True)
    page = enter(hire(desk, Role.BASIC)).get(f"/tickets/{number}").get_data(as_text=True)
    assert f'href="/tickets/{number}/trail/{event}"' in page
    assert f"/settings/audit/events/{event}" not in page


def test_events_of_something_else_are_not_told_here(desk: Desk, client: Browser) -> None:
    number, event = closed_by_a_macro(desk)
    elsewhere = desk.a_ticket().id
    other = open_desk(desk.session, "other")
    foreign = other.a_ticket().id
    with other.watched() as trail, other.acting():
        tickets.close(other.ticket(foreign), by=other.by_ana)
    assert client.get(f"/tickets/{elsewhere}/trail/{event}").status_code == 404
    assert client.get(f"/tickets/{number}/trail/{event - 2}").status_code in (200, 404)
    for path in (f"/tickets/{number}/trail/{trail['ticket-closed'].id}", f"/tickets/{foreign}/trail/{event}"):
        assert client.get(path).status_code == 404
    assert client.get(f"/tickets/{number}/trail/{2**63 - 1}").status_code == 404
    assert client.get(f"/tickets/{number}/trail/0").status_code == 404
