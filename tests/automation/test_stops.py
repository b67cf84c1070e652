"""What the clock stops at beside timers: calls that are tried again, jobs that were put off, each at its own time."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from automation import calls, clockwork, jobs, stops, upcoming, webhooks
from helpdesk import bulk, integrations, tickets
from helpdesk import jobs as long_work
from helpdesk.models import Delivery, Job
from helpdesk.refusals import Refused
from tests.desks import TUESDAY, Desk, open_session
from tests.listening import Ear, listening
from tests.outside import sqlite_only

HOUR = timedelta(hours=1)


@pytest.fixture
def ear() -> Iterator[Ear]:
    """The other system."""
    with listening() as ear:
        yield ear


def _waits(desk: Desk) -> list[tuple[timedelta, str]]:
    """What waits, and how long after the desk's birth it is due."""
    desk.session.rollback()
    return [(line.at - TUESDAY, line.words) for line in upcoming.queue(desk.session, desk.account_id, 10).lines]


def _a_call_that_failed(desk: Desk, engine: Engine, ear: Ear) -> int:
    """Answers the delivery's number."""
    http = {"url": f"{ear.url}/hook", "triggers": {"ticket-created": True}}
    with desk.acting():
        integrations.create(desk.account, "http", "Order system", http=http, by=desk.by_admin)
    desk.a_ticket()
    ear.status = 503
    desk.session.rollback()
    webhooks.follow(desk.session, desk.account_id)
    calls.send_due(lambda: open_session(engine))
    return desk.session.scalars(select(Delivery.id).where(Delivery.kind == "webhook")).one()


@sqlite_only
def test_a_call_that_failed_waits_in_the_queue_and_a_step_makes_it_again(desk: Desk, engine: Engine, ear: Ear) -> None:
    number = _a_call_that_failed(desk, engine, ear)
    assert _waits(desk) == [(timedelta(seconds=30), "Order system is called again")]
    assert clockwork.advance(desk.session, desk.account_id, None) == desk.now() == TUESDAY + timedelta(seconds=30)
    assert (len(ear.asked), _waits(desk)[0][0]) == (2, timedelta(seconds=150))
    ear.status = 200
    clockwork.advance(desk.session, desk.account_id, None)
    assert desk.session.get_one(Delivery, number, populate_existing=True).status == "sent"
    assert (len(ear.asked), _waits(desk)) == (3, [])
    with pytest.raises(Refused, match="Nothing is waiting"):
        clockwork.advance(desk.session, desk.account_id, None)


@sqlite_only
def test_a_long_way_makes_every_try_until_it_is_given_up(
    desk: Desk, engine: Engine, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "PATIENCE", 60)  # however slow this machine is
    number = _a_call_that_failed(desk, engine, ear)
    clockwork.advance(desk.session, desk.account_id, 3 * HOUR)
    call = desk.session.get_one(Delivery, number, populate_existing=True)
    assert (call.status, call.attempts, len(ear.asked)) == ("failed", 5, 5)
    assert desk.now() == TUESDAY + 3 * HOUR


@sqlite_only
def test_who_keeps_a_clock_waiting_is_not_called_again_on_its_way(
    desk: Desk, engine: Engine, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = _a_call_that_failed(desk, engine, ear)
    monkeypatch.setattr(calls, "PATIENCE", -1)
    clockwork.advance(desk.session, desk.account_id, 3 * HOUR)
    assert desk.session.get_one(Delivery, number, populate_existing=True).attempts == 2
    assert len(ear.asked) == 2


def _put_off(desk: Desk, numbers: list[int], span: timedelta) -> int:
    """Ana asks for a job that closes tickets later; answers its number."""
    with desk.acting() as action:
        params = {"title": "Close them", "deed": "close", "given": {}, "tickets": numbers}
        begins = action.at + span
        return long_work.queue(
            desk.session, desk.account_id, bulk.JOB, params, by=desk.by_ana, total=len(numbers), begins=begins
        ).id


def test_a_job_that_was_put_off_is_done_at_its_time_when_the_clock_passes_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 2)
    numbers = [desk.a_ticket().id for _ in range(5)]
    early, late = desk.a_ticket().id, desk.a_ticket().id
    for number, span in ((early, HOUR), (late, 3 * HOUR)):
        with desk.acting() as action:
            tickets.snooze(desk.ticket(number), action.at + span, by=desk.by_ana)
    job_id = _put_off(desk, numbers, 2 * HOUR)
    assert jobs.claim_next(desk.session) is None, "its time has not come"
    assert _waits(desk) == [
        (HOUR, f"#{early} wakes"), (2 * HOUR, "the job Close them begins"), (3 * HOUR, f"#{late} wakes"),
    ]  # fmt: skip
    with desk.watched() as trail:
        clockwork.advance(desk.session, desk.account_id, 4 * HOUR)
    happened = [event for event in trail.events if event.type in ("ticket-closed", "ticket-self-unsnoozed")]
    assert [event.object_id for event in happened] == [early, *numbers, late]
    assert [event.created_datetime - TUESDAY for event in happened] == [HOUR, *[2 * HOUR] * 5, 3 * HOUR]
    job = desk.session.get_one(Job, job_id, populate_existing=True)
    assert (job.status, job.ended_datetime) == ("done", TUESDAY + 2 * HOUR)
    assert desk.now() == TUESDAY + 4 * HOUR


def test_killed_when_it_has_just_arrived_the_job_is_still_done_at_its_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = desk.a_ticket().id
    _put_off(desk, [number], HOUR)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(stops, "serve", die)
    with pytest.raises(KeyboardInterrupt):
        clockwork.advance(desk.session, desk.account_id, 3 * HOUR)
    assert (desk.now() - TUESDAY, desk.ticket(number).status) == (HOUR, "open")
    monkeypatch.undo()
    with desk.acting("automation"):
        (journey,) = desk.session.scalars(select(Job).where(Job.type == long_work.CLOCK))
        journey.locked_datetime = None  # its lease has run out
    with desk.watched() as trail:
        jobs.run_all(desk.session)
    assert trail["ticket-closed"].created_datetime - TUESDAY == HOUR
    assert desk.now() - TUESDAY == 3 * HOUR


def test_a_step_begins_it_and_where_the_clock_runs_by_itself_workers_do(desk: Desk) -> None:
    first, second = desk.a_ticket().id, desk.a_ticket().id
    _put_off(desk, [first], HOUR)
    _put_off(desk, [second], 2 * HOUR)
    clockwork.advance(desk.session, desk.account_id, None)
    assert (desk.now() - TUESDAY, desk.ticket(first).status) == (HOUR, "closed")
    desk.move_clock(HOUR)
    jobs.run_all(desk.session)
    assert desk.ticket(second).status == "closed"
