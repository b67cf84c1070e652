"""The audit page end to end on both databases: every filter, alone and with the others, and every route."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.engine import URL

from helpdesk import tickets
from tests.audit.site import LIVE, LOG, browser, look
from tests.desks import Desk
from tests.sites import open_site


@pytest.fixture
def ada(database_url: URL, desk: Desk) -> Iterator[FlaskClient]:
    """The admin's browser."""
    with open_site(database_url) as app:
        yield browser(app)


def test_every_filter_alone_and_together(ada: FlaskClient, desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, desk.acting():
        tickets.snooze(desk.ticket(number), desk.now() + timedelta(hours=1), by=desk.by_ana)
    desk.move_clock(timedelta(hours=2))
    with desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ben)
    ana, ben, chain = str(desk.ana_id), str(desk.ben_id), str(trail["ticket-snoozed"].context)
    late = {"from": "2026-03-03T10:00", "to": "2026-03-03T10:59"}
    for asked, found in (
        ({"member": ana}, ["ticket-snoozed", "ticket-updated"]),
        ({"member": [ana, ben], "event": ["ticket-snoozed", "ticket-closed"]}, ["ticket-closed", "ticket-snoozed"]),
        ({"member": "none", **late}, ["ticket-self-unsnoozed", "ticket-updated"]),
        ({"event": "ticket-self-unsnoozed"}, ["ticket-self-unsnoozed"]),
        ({"event": ["ticket-self-unsnoozed", "ticket-closed"], "member": ["none", ana]}, ["ticket-self-unsnoozed"]),
        ({"context": chain}, ["ticket-snoozed", "ticket-updated"]),
        ({"context": chain, "member": "none"}, []),
        ({"object": f"Ticket:{number}", "member": ben}, ["ticket-closed", "ticket-updated"]),
        ({"object": f"Ticket:{number}", "member": ben, "event": "ticket-closed", **late}, []),
        ({"period": "yesterday"}, []),
    ):
        answer = ada.get(LOG, query_string=asked, headers=LIVE)
        assert answer.status_code == 200
        assert re.findall(r'popovertarget="meaning-([a-z-]+)"', answer.text) == found, asked


def test_every_route_answers(ada: FlaskClient, desk: Desk) -> None:
    before = desk.last_event_id()
    for _ in range(30):
        desk.a_ticket()
    page = look(ada, api_only="1")
    (further,) = re.findall(r'hx-get="([^"]+/older[^"]+)"', page.text)
    assert ada.get(further.replace("&amp;", "&")).text.count('class="event ') > 10
    assert look(ada, f"{LOG}/newer", after=str(before)).text.count('class="event ') == 60
    assert look(ada, f"{LOG}/events/{before}").status_code == 200
