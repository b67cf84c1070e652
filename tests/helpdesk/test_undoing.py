"""Undo reads from the log what an action did, and takes it back with ordinary verbs, where nobody did more since."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk import customers, messages, tags, tickets, undoing
from helpdesk.drafts import Draft
from helpdesk.models import Tag, Ticket
from helpdesk.refusals import Refused
from tests.desks import Desk

Act = Callable[[Desk, Ticket], object]


def snooze(desk: Desk, ticket: Ticket) -> None:
    """Until tomorrow."""
    tickets.snooze(ticket, desk.now() + timedelta(days=1), by=desk.by_ana)


#: What was before, what is done, and the event that takes it back.
CASES: dict[str, tuple[list[Act], Act, str]] = {
    "close": ([], lambda d, t: tickets.close(t, by=d.by_ana), "ticket-reopened"),
    "reopen": (
        [lambda d, t: tickets.close(t, by=d.by_ana)],
        lambda d, t: tickets.reopen(t, by=d.by_ana),
        "ticket-closed",
    ),
    "snooze an open one": ([], snooze, "ticket-reopened"),
    "snooze a closed one": ([lambda d, t: tickets.close(t, by=d.by_ana)], snooze, "ticket-closed"),
    "snooze longer": (
        [lambda d, t: tickets.snooze(t, d.now() + timedelta(hours=3), by=d.by_ana)],
        snooze,
        "ticket-snoozed",
    ),
    "close a snoozed one": ([snooze], lambda d, t: tickets.close(t, by=d.by_ana), "ticket-snoozed"),
    "wake": ([snooze], lambda d, t: tickets.reopen(t, by=d.by_ana), "ticket-snoozed"),
    "spam": ([], lambda d, t: tickets.mark_spam(t, by=d.by_ana), "ticket-unmarked-spam"),
    "not spam": (
        [lambda d, t: tickets.mark_spam(t, by=d.by_ana)],
        lambda d, t: tickets.unmark_spam(t, by=d.by_ana),
        "ticket-marked-spam",
    ),
    "trash": ([], lambda d, t: tickets.trash(t, by=d.by_ana), "ticket-untrashed"),
    "restore": (
        [lambda d, t: tickets.trash(t, by=d.by_ana)],
        lambda d, t: tickets.untrash(t, by=d.by_ana),
        "ticket-trashed",
    ),
    "assign": ([], lambda d, t: tickets.assign(t, d.ben, by=d.by_ana), "ticket-unassigned"),
    "assign to another": (
        [lambda d, t: tickets.assign(t, d.ana, by=d.by_ana)],
        lambda d, t: tickets.assign(t, d.ben, by=d.by_ana),
        "ticket-assigned",
    ),
    "unassign": (
        [lambda d, t: tickets.assign(t, d.ana, by=d.by_ana)],
        lambda d, t: tickets.unassign(t, by=d.by_ana),
        "ticket-assigned",
    ),
    "team": ([], lambda d, t: tickets.assign_team(t, d.team, by=d.by_ana), "ticket-team-unassigned"),
    "no team": (
        [lambda d, t: tickets.assign_team(t, d.team, by=d.by_ana)],
        lambda d, t: tickets.unassign_team(t, by=d.by_ana),
        "ticket-team-assigned",
    ),
    "subject": ([], lambda d, t: tickets.set_subject(t, "New", by=d.by_ana), "ticket-subject-updated"),
    "priority": ([], lambda d, t: tickets.set_priority(t, "high", by=d.by_ana), "ticket-updated"),
    "language": ([], lambda d, t: tickets.set_language(t, "de", by=d.by_ana), "ticket-updated"),
    "add tags": ([], lambda d, t: tags.put_on(t, ["a", "b"], by=d.by_ana), "ticket-tags-removed"),
    "remove a tag": (
        [lambda d, t: tags.put_on(t, ["a", "b"], by=d.by_ana)],
        lambda d, t: tags.take_off(t, ["a"], by=d.by_ana),
        "ticket-tags-added",
    ),
}


def state(ticket: Ticket) -> tuple[object, ...]:
    """What undo is to bring back."""
    return (
        ticket.status,
        ticket.snooze_datetime,
        ticket.spam,
        ticket.is_trashed,
        ticket.assignee_user_id,
        ticket.assignee_team_id,
        ticket.customer_id,
        ticket.subject,
        ticket.priority,
        ticket.language,
        sorted(tag.name for tag in ticket.tags),
    )


def act(desk: Desk, number: int, what: Act) -> uuid.UUID:
    """Do it, and answer its chain."""
    with desk.acting() as action:
        what(desk, desk.ticket(number))
    return action.context


def undo(desk: Desk, chain: uuid.UUID, user_id: int | None = None) -> None:
    """Take it back."""
    with desk.acting():
        for step in undoing.steps(desk.session, chain, user_id or desk.ana_id):
            undoing.undo(desk.ticket(step.ticket_id), step, by=desk.by_ana)


@pytest.mark.parametrize("name", CASES)
def test_what_was_done_is_taken_back_by_an_ordinary_verb(desk: Desk, name: str) -> None:
    before, what, event = CASES[name]
    number = desk.a_ticket("Old").id
    for each in before:
        act(desk, number, each)
    was = state(desk.ticket(number))
    chain = act(desk, number, what)
    assert state(desk.ticket(number)) != was
    with desk.watched() as trail:
        undo(desk, chain)
    assert state(desk.ticket(number)) == was
    assert trail.types[-1] == event
    assert {line.actor_name for line in trail.events} == {"Ana Lopez"}


def test_a_snooze_that_would_be_over_opens(desk: Desk) -> None:
    number = desk.a_ticket().id
    act(desk, number, lambda d, t: tickets.snooze(t, d.now() + timedelta(hours=1), by=d.by_ana))
    chain = act(desk, number, lambda d, t: tickets.close(t, by=d.by_ana))
    desk.move_clock(timedelta(hours=2))
    undo(desk, chain)
    assert desk.ticket(number).is_open


def test_what_somebody_did_since_stays(desk: Desk) -> None:
    number = desk.a_ticket().id
    chain = act(desk, number, lambda d, t: tickets.assign(t, d.ben, by=d.by_ana))
    act(desk, number, lambda d, t: tickets.set_priority(t, "high", by=d.by_ben))
    undo(desk, chain)  # another field: nobody minds
    assert desk.ticket(number).assignee_user_id is None
    assert desk.ticket(number).priority == "high"
    with desk.watched() as trail, pytest.raises(Refused, match="has changed since"):
        undo(desk, chain)
    assert trail.types == []


def test_nobody_undoes_what_another_did(desk: Desk) -> None:
    number = desk.a_ticket().id
    chain = act(desk, number, lambda d, t: tickets.close(t, by=d.by_ana))
    with pytest.raises(Refused):
        undo(desk, chain, desk.ben_id)


def test_what_leaves_something_behind_is_not_undone(desk: Desk) -> None:
    number = desk.a_ticket().id

    def reply_and_close(desk: Desk, ticket: Ticket) -> None:
        messages.reply(ticket, Draft(sender=desk.ana, body_text="Done"), by=desk.by_ana)
        tickets.close(ticket, by=desk.by_ana)

    chain = act(desk, number, reply_and_close)
    with pytest.raises(Refused, match="can't be undone"):
        undo(desk, chain)
    assert not undoing.is_undoable(["ticket-updated", "ticket-message-created"])
    assert not undoing.is_undoable(["ticket-deleted"])
    assert not undoing.is_undoable([])
    assert not undoing.is_undoable(["tag-created"])


def test_swapping_the_customer_back(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.acting():
        other_id = customers.create(desk.account, name="Zoe", email="zoe@mail.example", by=desk.by_ana).id
    with desk.acting() as action:
        ticket = desk.ticket(number)
        tickets.swap_customer(ticket, customers.find(desk.account, "zoe@mail.example") or desk.carol, by=desk.by_ana)
        assert ticket.customer_id == other_id
    undo(desk, action.context)
    assert desk.ticket(number).customer_id == desk.carol_id


def test_a_tag_that_is_gone_can_not_come_back(desk: Desk) -> None:
    number = desk.a_ticket().id
    act(desk, number, lambda d, t: tags.put_on(t, ["gone"], by=d.by_ana))
    chain = act(desk, number, lambda d, t: tags.take_off(t, ["gone"], by=d.by_ana))
    with desk.acting():
        tags.delete(desk.session.scalars(select(Tag).where(Tag.name == "gone")).one(), by=desk.by_admin)
    with pytest.raises(Refused, match="is gone"):
        undo(desk, chain)
