"""Why something happened: the chain as a tree of causes, and the life of the object around an event."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.engine import URL

from audit import chains
from audit.action import begin
from audit.actors import Actor
from helpdesk import messages, tags, tickets
from helpdesk.drafts import Draft
from tests.audit.site import LIVE, LOG, words
from tests.databases import sqlite_url
from tests.desks import Desk

ZEBRA = Actor("rule", 7, "Zebra", 3)


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[URL]:
    """A tree is the same on both databases."""
    with sqlite_url(tmp_path, furnished=True) as url:
        yield url


def a_chain(desk: Desk) -> dict[str, int]:
    """Carol writes; rule Zebra tags because of it, and Ana is assigned because of the tag; answers events by type."""
    number = desk.a_ticket().id
    with desk.watched() as trail:
        with desk.acting("email"):
            draft = Draft(sender=desk.carol, body_text="It is late")
            messages.receive(desk.ticket(number), draft, by=desk.by_carol)
        _follow(desk, trail_end(desk, "ticket-message-created"))
        tags.put_on(desk.ticket(number), ["late"], by=ZEBRA)
        desk.session.commit()
        _follow(desk, trail_end(desk, "ticket-tags-added"))
        tickets.assign(desk.ticket(number), desk.ana, by=Actor("rule", 8, "Yak", 1))
        desk.session.commit()
    return {event.type: event.id for event in trail.events if event.type != "ticket-updated"}


def trail_end(desk: Desk, type_: str) -> int:
    """The newest event of a type."""
    return max(event.id for event in desk.events_after() if event.type == type_)


def _follow(desk: Desk, cause_id: int) -> None:
    (cause,) = [event for event in desk.events_after() if event.id == cause_id]
    begin(
        desk.session,
        desk.account_id,
        source="automation",
        at=cause.created_datetime,
        context=cause.context,
        cause_id=cause_id,
    )


def test_a_story_holds_the_whole_tree(ada: FlaskClient, desk: Desk) -> None:
    events = a_chain(desk)
    page = words(ada.get(f"{LOG}/events/{events['ticket-assigned']}", headers=LIVE))
    assert (
        "Rule Yak v1 did it, by the desk's own machines. It was set off by “Ticket tags added” of rule Zebra v3."
        in page
    )
    tree = page[page.index('<ol class="chain">') : page.index('class="life"')]
    depth = 0
    seen: list[tuple[int, str]] = []
    for opens, who, link in re.findall(
        r'(<ol class="chain">)|class="chain-who">(?:<a [^>]*>)?([^<]+)<|events/(\d+)"', tree
    ):
        depth += bool(opens)
        seen += [(depth, who or link)] if who or link else []
    for expected in (
        (1, "No user, customer Carol Diaz"),
        (1, str(events["ticket-message-created"])),
        (2, "No user, rule Zebra v3"),
        (2, str(events["ticket-tags-added"])),
        (3, "No user, rule Yak v1"),
    ):
        assert expected in seen
    # Its life: what came before on the same ticket, itself, and what came after.
    life = page[page.index('class="life"') :]
    assert life.index("Ticket tags added") < life.index("Ticket assigned")
    assert '"type": "ticket-assigned"' in life
    assert f'"cause_id": {events["ticket-tags-added"]}' in life


def test_every_event_has_a_page_and_a_long_chain_says_that_it_goes_on(
    ada: FlaskClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = a_chain(desk)
    monkeypatch.setattr(chains, "MOST", 3)
    for event in desk.events_after():
        answer = ada.get(f"{LOG}/events/{event.id}")
        assert answer.status_code == 200
        assert f"Event {event.id}" in words(answer)
    page = words(ada.get(f"{LOG}/events/{events['ticket-assigned']}"))
    assert "The chain goes on: it has 7 events." in page
    assert 'aria-current="true"' in page[page.index('class="chain"') :]
