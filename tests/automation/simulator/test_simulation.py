"""Simulations: the same seed writes the same log, each kind of day is what it says, and nothing is lost on the way."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from audit.action import enter
from audit.replay import replay
from automation import clockwork, jobs
from automation.simulator import simulation
from automation.simulator.opening import COMMAND_LINE, open_desk
from automation.simulator.simulation import Wish
from helpdesk import rules
from helpdesk.jobs import NothingToDo
from helpdesk.models import Delivery, Job, TicketMessage
from helpdesk.refusals import Refused
from tests.desks import Desk, open_session
from tests.seeds.worlds import empty_desk, events_of

FRIDAY = datetime(2026, 11, 27, tzinfo=UTC)
DAY = timedelta(days=1)

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

#: What differs from one run to the next: digests of secrets, and the address of the shop, which nobody may guess.
SECRETS = re.compile(r'\{"\$secret": ?"[0-9a-f]+"\}|"key": ?"[\w-]+"')


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """An installation with nothing in it."""
    with empty_desk(tmp_path) as session:
        yield session


def simulate(session: Session, account_id: int, then: float | None = None, **wish: Any) -> simulation.State:
    """From beginning to end, as the command does it."""
    job = simulation.set_out(
        session, account_id, Wish(**wish), by=COMMAND_LINE, source="cli", is_ours=True, then=then
    )  # fmt: skip
    return simulation.play(session, account_id, job, lambda _state: None)


def exported(session: Session) -> list[str]:
    """The log, line by line, without recorded times and secrets."""
    lines = []
    for event in events_of(session):
        told = {name: value for name, value in event._mapping.items() if name != "recorded_datetime"}
        lines.append(SECRETS.sub("…", json.dumps(told, default=str, ensure_ascii=False)))
    return lines


#: What must happen on each kind of day, beside tickets that come and are answered.
MARKS = {
    "quiet-day": {"ticket-closed", "user-logged-out", "ticket-tags-added"},
    "black-friday": {"order-refunded", "macro-applied", "ticket-reopened", "ticket-team-assigned"},
    "outage": {"ticket-merged", "ticket-reopened", "ticket-snoozed"},
    "spam-wave": {"ticket-marked-spam", "ticket-unmarked-spam", "ticket-trashed"},
    "holiday-backlog": {"ticket-reopened", "ticket-snoozed"},
}


def told(folder: Path, seed: int, *profiles: str) -> list[str]:
    """The log of an installation on which each kind of day is simulated once, with one agent, each on its own desk."""
    with empty_desk(folder) as session:
        for profile in profiles:
            account_id, _ = open_desk(session, profile, FRIDAY, seed)
            simulate(session, account_id, then=1.0, profile=profile, seed=seed, agents=1, days=1)
            assert replay(session, account_id).agrees
            session.rollback()
        return exported(session)


def test_the_same_seed_writes_the_same_log_byte_for_byte_on_every_kind_of_day(tmp_path: Path) -> None:
    first = told(tmp_path / "first", 4, *MARKS)
    assert "\n".join(first) == "\n".join(told(tmp_path / "second", 4, *MARKS))
    lines = Counter(re.findall(r'"account_id": (\d+)', "\n".join(first)))
    assert len(lines) == len(MARKS)
    assert min(lines.values()) > 60, lines
    assert told(tmp_path / "other", 5, "quiet-day")[-1] not in first


def test_every_kind_of_day_is_what_it_says(session: Session) -> None:
    for profile, marks in MARKS.items():
        account_id, _ = open_desk(session, profile, FRIDAY, 1)
        state = simulate(session, account_id, then=1.0, profile=profile, agents=3)
        assert (state.status, state.reached) == ("done", state.until)
        enter(session, account_id)
        events = [event for event in events_of(session) if event.account_id == account_id]
        written = Counter(event.type for event in events)
        assert marks <= written.keys(), (profile, marks - written.keys())
        assert all(event.user_id is None for event in events if event.actor_kind != "user")
        assert {event.source for event in events} <= {"simulator", "automation", "cli"}
        report = replay(session, account_id)
        assert report.agrees, report.differences
        if profile == "holiday-backlog":
            first = min(event.created_datetime for event in events if event.type == "user-logged-in")
            assert first >= FRIDAY + 2 * DAY
        if profile == "spam-wave":
            assert written["ticket-marked-spam"] > written["ticket-created"] / 3
        session.rollback()


def test_somebody_real_is_answered_by_real_mail_and_rules_act_on_the_way(desk: Desk) -> None:
    mine = desk.a_ticket("Where is it?").id
    with desk.acting():
        code = "if (eq(ticket.channel, 'email')) { Action('addTags', {tags: 'seen'}) }"
        rules.create(
            desk.account, rules.Shape(name="Seen", code=code, event_types=("ticket-created",)), by=desk.by_admin
        )
    state = simulate(desk.session, desk.account_id, profile="quiet-day", agents=2, seed=2)
    assert state.status == "done"
    enter(desk.session, desk.account_id)
    answer = desk.session.scalars(select(TicketMessage).where(TicketMessage.ticket_id == mine).offset(1)).first()
    assert answer is not None
    assert answer.from_agent
    going = select(func.count()).where(Delivery.status == "queued", Delivery.ticket_message_id == answer.id)
    assert desk.session.scalar(going) == 1
    simulated = select(func.count()).where(
        Delivery.status == "queued", Delivery.ticket_message_id.is_not(None), Delivery.ticket_id > mine
    )
    assert desk.session.scalar(simulated) == 0
    seen = [event for event in desk.events_after() if event.type == "rule-executed"]
    came = [event for event in desk.events_after() if event.type == "ticket-created" and event.source == "simulator"]
    assert seen
    assert {event.context for event in seen} <= {event.context for event in came}
    assert [event.id for event in desk.events_after()] == sorted(event.id for event in desk.events_after())


@on_sqlite
def test_a_worker_that_is_killed_leaves_the_rest_to_another(
    desk: Desk, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk.watched() as trail:
        job = simulation.set_out(
            desk.session, desk.account_id, Wish(profile="spam-wave", agents=2), by=desk.by_admin, source="web"
        )
        half = 0
        while half < 1:
            row = desk.session.get_one(Job, job, populate_existing=True)
            assert simulation.step(desk.session, row)
            row = desk.session.get_one(Job, job, populate_existing=True)
            half = (row.info or {})["done"] // (12 * 3600)
        simulation._runs.clear()  # all that a process knows dies with it
        desk.session.rollback()
        monkeypatch.setattr(jobs, "LEASE", timedelta(0))  # and after a minute, its lease
        jobs.run_due(lambda: open_session(engine))
    row = desk.session.get_one(Job, job, populate_existing=True)
    assert row.info is not None
    assert (row.status, row.info["done"]) == ("done", 24 * 3600)
    rates = [event.data["rate"] for event in trail.events if event.type == "desk-clock-changed" and event.data]
    assert rates == []  # it stood before, and stands again
    assert desk.now() == datetime.fromisoformat(row.params["to"])
    assert row.info["written"] == sum(event.source in ("simulator", "automation") for event in trail.events)


@on_sqlite
def test_it_can_be_stopped_and_ends_where_somebody_moves_the_clock(desk: Desk) -> None:
    clockwork.set_rate(desk.session, desk.account_id, 60)

    def begin() -> int:
        return simulation.set_out(
            desk.session, desk.account_id, Wish(profile="quiet-day", agents=3), by=desk.by_admin, source="web"
        )

    first = begin()
    assert clockwork.rate_of(desk.session, desk.account_id) == 0
    with pytest.raises(Refused, match="going on already"):
        begin()
    assert simulation.step(desk.session, desk.session.get_one(Job, first))
    simulation.cancel(desk.session, desk.account_id, by=desk.by_admin, source="web")
    assert clockwork.rate_of(desk.session, desk.account_id) == 60
    with pytest.raises(NothingToDo):
        simulation.step(desk.session, desk.session.get_one(Job, first))
    desk.session.rollback()
    clockwork.set_rate(desk.session, desk.account_id, 0)
    second = begin()
    assert simulation.step(desk.session, desk.session.get_one(Job, second))
    clockwork.advance(desk.session, desk.account_id, timedelta(minutes=1))
    with pytest.raises(NothingToDo):
        simulation.step(desk.session, desk.session.get_one(Job, second))
    state = simulation.newest(desk.session, desk.account_id)
    assert state is not None
    assert (state.status, "moved the desk's clock" in (state.error or "")) == ("cancelled", True)


@on_sqlite
@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"profile": "doomsday"}, "no profile 'doomsday'"),
        ({"profile": "outage", "agents": 0}, "From 1 to 200 agents"),
        ({"profile": "outage", "days": 10**9}, "days can be simulated"),
        ({"profile": "outage", "speed": 7}, "The speed is one of"),
    ],
)
def test_what_can_t_be_simulated(desk: Desk, wish: dict[str, Any], sentence: str) -> None:
    with desk.watched() as trail, pytest.raises(Refused, match=sentence):
        simulation.set_out(desk.session, desk.account_id, Wish(**wish), by=desk.by_admin, source="web")
    assert trail.types == []
