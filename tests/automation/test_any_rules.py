"""Any rules on any tickets: they come to an end, break no law, and act once per chain and ticket."""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Row

from automation import rules as runner
from automation import timers
from helpdesk import messages, rules, tags, tickets
from helpdesk.drafts import Draft
from helpdesk.rules import Shape
from tests.automation.ruled import act, write
from tests.databases import engine_for, sqlite_url
from tests.desks import Desk, find_desk, open_session

CONDITIONS = st.recursive(
    st.sampled_from(
        [
            "eq(ticket.status, 'open')", "eq(ticket.status, 'closed')", "eq(ticket.priority, 'high')",
            "containsAny(ticket.tags.name, ['a', 'b'])", "isEmpty(ticket.tags.name)", "eq(ticket.spam, true)",
            "isEmpty(ticket.assignee_user.id)", "contains(ticket.subject, 'order')", "eq(message.from_agent, false)",
            "isNotEmpty(ticket.snooze_datetime)", "isEmpty(ticket.trashed_datetime)",
            "gt(ticket.created_datetime, '3h')",
        ]
    ),
    lambda children: st.one_of(
        st.builds("({} && {})".format, children, children),
        st.builds("({} || {})".format, children, children),
        st.builds("!({})".format, children),
    ),
    max_leaves=4,
)  # fmt: skip
ACTIONS = st.sampled_from(
    [
        *(act("addTags", f"tags: '{name}'") for name in "abc"), act("removeTags", "tags: 'a,b'"),
        act("setTags", "tags: 'c'"), act("setStatus", "status: 'closed'"), act("setStatus", "status: 'open'"),
        act("setPriority", "priority: 'high'"), act("setPriority", "priority: 'low'"), act("snoozeTicket", "for: '1h'"),
        act("setAssignee", "round_robin: 1"), act("setAssignee", "assignee_user: null"),
        act("setTeamAssignee", "assignee_team: {id: 1}"), act("setSubject", "subject: 'x{{ticket.subject}}'"),
        act("replyToTicket", "body_text: 'Hi'"), act("addInternalNote", "body_text: 'N'"), act("trashTicket"),
        act("excludeFromCSAT"), act("sendEmail", "to: 'b@x.example', subject: 's', body_text: 'b'"),
    ]
)  # fmt: skip
BODIES = st.lists(ACTIONS, min_size=1, max_size=3).map("".join)
CODES = st.builds("if ({}) {{ {} }} else {{ {} }}".format, CONDITIONS, BODIES, BODIES) | BODIES
SHAPES = st.builds(
    Shape,
    name=st.sampled_from(["Ant", "Bee", "Cat"]),
    code=CODES,
    event_types=st.lists(st.sampled_from(list(rules.TRIGGERS)), min_size=1, max_size=4, unique=True).map(tuple),
    schedule=st.sampled_from([None, None, "0 * * * *", "*/20 * * * *"]),
)
DEEDS = st.lists(st.sampled_from(["write", "reply", "close", "tag", "snooze", "spam", "wait"]), max_size=6)


@pytest.mark.parametrize("examples", [30, pytest.param(150, marks=pytest.mark.long)])
def test_any_rules_come_to_an_end_and_break_no_law(tmp_path: Path, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.generate],
    )
    @given(st.lists(SHAPES, min_size=1, max_size=4), DEEDS)
    def play(shapes: list[Shape], deeds: list[str]) -> None:
        with sqlite_url(Path(mkdtemp(dir=tmp_path)), furnished=True) as url:
            engine = engine_for(url)
            with open_session(engine) as session:
                desk = find_desk(session)
                assert desk is not None
                _play(desk, shapes, deeds)
            engine.dispose()

    play()


def _play(desk: Desk, shapes: list[Shape], deeds: list[str]) -> None:
    with desk.acting():
        for priority, shape in enumerate(shapes):
            rules.create(desk.account, shape, priority=priority, by=desk.by_admin)
    number = desk.a_ticket().id
    for deed in deeds:
        _do(desk, number, deed)
    runner.settle(desk.session, desk.account_id)
    assert runner.is_settled(desk.session, desk.account_id)
    events = desk.events_after()
    assert all(before.created_datetime <= after.created_datetime for before, after in pairwise(events))
    roots = {event.id: event for event in events}
    set_off = [event for event in events if event.type == "rule-executed" and event.cause_id is not None]
    assert set(Counter((event.context, event.actor_id, _ticket_of(roots, event)) for event in set_off).values()) <= {1}
    assert all(event.cause_id < event.id and roots[event.cause_id].context == event.context
               for event in events if event.cause_id is not None)  # fmt: skip
    report = desk.replay()
    assert report.agrees, report.differences


def _ticket_of(events: dict[int, Row[Any]], event: Row[Any]) -> int:
    """The ticket on which a rule acted: there are one that is worked on, and the welcome ticket."""
    cause = events[event.cause_id]
    if cause.object_type == "Ticket":
        return int(cause.object_id)
    changed = cause.changes.get(f"TicketMessage:{cause.object_id}", {})
    return int(changed["ticket_id"][1]) if "ticket_id" in changed else 0


def _do(desk: Desk, number: int, deed: str) -> None:
    if deed == "wait":
        desk.move_clock(timers.HELD * 360)
        timers.play_due(desk.session, desk.account_id)
        return
    if deed == "write":
        write(desk, number)
        return
    with desk.acting() as action:
        ticket = desk.ticket(number)
        match deed:
            case "reply":
                messages.reply(ticket, Draft(sender=desk.ana, body_text="Hello"), by=desk.by_ana)
            case "close":
                tickets.close(ticket, by=desk.by_ana)
            case "tag":
                tags.put_on(ticket, ["a"], by=desk.by_ana)
            case "snooze":
                tickets.snooze(ticket, action.at + timers.HELD * 180, by=desk.by_ana)
            case "spam":
                tickets.mark_spam(ticket, by=desk.by_ana)
