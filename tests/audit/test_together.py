"""Many told together: the same events as one by one, with fewer flushes, and nothing that slips through."""

from typing import Any

import pytest
from sqlalchemy import event, select

from audit.action import begin
from audit.actors import Actor
from audit.ledger import UnrecordedChange, WrongActor, record, together
from helpdesk import tags, tickets
from helpdesk.events import TICKET_CLOSED
from helpdesk.models import Tag
from tests.desks import Desk


def some(desk: Desk, count: int = 5) -> list[int]:
    """Fresh tickets."""
    return [desk.a_ticket().id for _ in range(count)]


def told(desk: Desk, since: int) -> list[tuple[Any, ...]]:
    """What the log says, but for numbers that differ from action to action."""
    return [(event.type, event.object_label, event.actor_name, event.data) for event in desk.events_after(since)]


def test_together_is_told_as_one_by_one(desk: Desk) -> None:
    numbers, since = some(desk), desk.last_event_id()
    with desk.acting():
        for number in numbers:
            tickets.close(desk.ticket(number), by=desk.by_ana)
    singly, since = told(desk, since), desk.last_event_id()
    numbers, since = some(desk), desk.last_event_id()
    with desk.acting(), together(desk.session):
        for number in numbers:
            tickets.close(desk.ticket(number), by=desk.by_ana)
    assert told(desk, since) == singly


def test_it_flushes_once_however_many_there_are(desk: Desk) -> None:
    numbers, flushes = some(desk), []
    with desk.acting():
        held, team, by = [desk.ticket(number) for number in numbers], desk.team, desk.by_ana
        event.listen(desk.session, "after_flush", lambda *_: flushes.append(1))
        with together(desk.session) as so_far:
            for ticket in held:
                tickets.assign_team(ticket, team, by=by)
            assert len(so_far) == 2 * len(numbers)
    assert len(flushes) == 1


def test_a_row_that_is_made_on_the_way_is_told_once(desk: Desk) -> None:
    numbers, since = some(desk, 2), desk.last_event_id()
    with desk.acting(), together(desk.session):
        for number in numbers:
            tags.put_on(desk.ticket(number), ["new"], by=desk.by_ana)
    types = [line[0] for line in told(desk, since)]
    assert types.count("tag-created") == 1
    assert types.count("ticket-tags-added") == 2
    assert desk.session.scalars(select(Tag.name)).all() == ["new"]


def test_what_nobody_recorded_is_found_all_the_same(desk: Desk) -> None:
    (number,) = some(desk, 1)
    begin(desk.session, desk.account_id, source="web")
    with together(desk.session):
        desk.ticket(number).spam = True
    with pytest.raises(UnrecordedChange, match="spam"):
        desk.session.commit()
    desk.session.rollback()


def test_who_may_not_cause_it_is_refused_at_once(desk: Desk) -> None:
    (number,) = some(desk, 1)
    begin(desk.session, desk.account_id, source="web")
    with together(desk.session), pytest.raises(WrongActor):
        record(TICKET_CLOSED, desk.ticket(number), by=Actor("nobody", 1, "Nobody"))  # type: ignore[arg-type]
    desk.session.rollback()


def test_a_block_that_fails_leaves_the_next_action_alone(desk: Desk) -> None:
    (number,) = some(desk, 1)
    begin(desk.session, desk.account_id, source="web")
    ticket = desk.ticket(number)

    def break_down() -> None:
        with together(desk.session):
            tickets.close(ticket, by=desk.by_ana)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_down()
    desk.session.rollback()
    with desk.watched() as trail, desk.acting():
        tickets.mark_spam(desk.ticket(number), by=desk.by_ana)
    assert trail.types == ["ticket-updated", "ticket-marked-spam"]
