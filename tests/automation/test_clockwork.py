"""The desk's clock moved by hand: everything on the way happens, also when somebody pulls the plug."""

import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.engine import URL

from audit.log import event_table
from automation import clockwork, timers
from automation import jobs as machine
from helpdesk import settings, tickets
from helpdesk.models import SatisfactionSurvey, Ticket
from helpdesk.refusals import Busy, Refused
from tests.desks import TUESDAY, Desk, open_session

ROOT = Path(__file__).parents[2]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def snooze_many(desk: Desk, count: int) -> list[int]:
    """So many tickets, each back a minute after the one before."""
    numbers = []
    with desk.acting("simulator"):
        for index in range(count):
            opening = tickets.Opening(customer=desk.carol, subject=f"Ticket {index}")
            numbers.append(tickets.create(desk.account, opening, by=desk.by_carol).id)
    with desk.acting() as action:
        for index, number in enumerate(numbers):
            tickets.snooze(desk.ticket(number), action.at + timedelta(minutes=1 + index), by=desk.by_ana)
    return numbers


def test_what_falls_due_on_the_way_happens_at_its_own_time(desk: Desk) -> None:
    (number,) = snooze_many(desk, 1)
    with desk.watched() as trail:
        reached = clockwork.advance(desk.session, desk.account_id, 4 * HOUR)
    assert reached == desk.now() == TUESDAY + 4 * HOUR
    assert trail.types == ["desk-clock-changed", "ticket-updated", "ticket-self-unsnoozed"]
    assert [event.created_datetime - TUESDAY for event in trail.events] == [
        timedelta(0),
        timedelta(minutes=1),
        timedelta(minutes=1),
    ]
    moved = trail["desk-clock-changed"]
    assert (moved.user_id, moved.actor_kind, moved.actor_name, moved.source) == (None, "system", "command line", "cli")
    assert moved.data == {"from": "2026-03-03T09:00:00+00:00", "to": "2026-03-03T13:00:00+00:00"}
    assert desk.session.get_one(Ticket, number).is_open


def test_months_with_surveys_go_by_in_order(desk: Desk) -> None:
    """Every week a ticket is closed, a snooze ends, something goes from the trash, and one close is taken back."""
    with desk.acting():
        setting = {"enabled": True, "delay_hours": 24 * 10}
        settings.change(desk.account, "satisfaction-surveys", setting, by=desk.by_admin)
    planned: list[tuple[str, int, timedelta]] = []
    for week in range(12):
        at = desk.now() - TUESDAY
        names = ("done", "asleep", "thrown", "again")
        done, asleep, thrown, again = (desk.a_ticket(f"{name} {week}").id for name in names)
        with desk.acting() as action:
            tickets.close(desk.ticket(done), by=desk.by_ana)
            tickets.snooze(desk.ticket(asleep), action.at + 9 * DAY, by=desk.by_ana)
            tickets.trash(desk.ticket(thrown), by=desk.by_ana)
            tickets.close(desk.ticket(again), by=desk.by_ana)
        with desk.acting():
            tickets.reopen(desk.ticket(again), by=desk.by_ana)
        survey = desk.session.scalars(select(SatisfactionSurvey.id).where(SatisfactionSurvey.ticket_id == done)).one()
        planned += [
            ("ticket-self-unsnoozed", asleep, at + 9 * DAY),
            ("satisfaction-survey-sent", survey, at + 10 * DAY),
            ("ticket-satisfaction-survey-skipped", again, at + 10 * DAY),
            ("ticket-deleted", thrown, at + 30 * DAY),
        ]
        clockwork.advance(desk.session, desk.account_id, 7 * DAY)
    clockwork.advance(desk.session, desk.account_id, 40 * DAY)
    played = [
        (event.type, event.object_id, event.created_datetime - TUESDAY)
        for event in desk.events_after()
        if event.actor_kind == "schedule" and event.type != "ticket-updated"
    ]
    assert played == sorted(planned, key=lambda line: (line[2], line[0] != "ticket-self-unsnoozed", line[1]))
    assert not timers.is_due(desk.session, desk.account_id, desk.now())


def test_what_was_due_before_is_played_before(desk: Desk) -> None:
    snooze_many(desk, 1)
    desk.move_clock(HOUR)
    with desk.watched() as trail:
        clockwork.advance(desk.session, desk.account_id, HOUR)
    assert trail.types == ["ticket-updated", "ticket-self-unsnoozed", "desk-clock-changed"]


def test_progress_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    snooze_many(desk, 5)
    monkeypatch.setattr(timers.due, "__defaults__", (2,))
    told: list[clockwork.Journey] = []
    clockwork.advance(desk.session, desk.account_id, DAY, told.append)
    minutes = [timedelta(minutes=number) for number in (2, 4, 5)]
    assert [(each.played, each.reached - TUESDAY) for each in told] == list(zip((2, 4, 5), minutes, strict=True))
    assert {(each.total, each.target, each.by) for each in told} == {(5, TUESDAY + DAY, "command line")}


def test_a_clock_only_runs_forward(desk: Desk) -> None:
    with desk.watched() as trail:
        with pytest.raises(Refused, match="forward"):
            clockwork.advance(desk.session, desk.account_id, TUESDAY - DAY)
        with pytest.raises(Refused, match="ten years"):
            clockwork.advance(desk.session, desk.account_id, TUESDAY + 5000 * DAY)
    assert trail.types == []
    assert desk.now() == TUESDAY


def test_its_pace_can_be_set(desk: Desk) -> None:
    with desk.watched() as trail:
        clockwork.set_rate(desk.session, desk.account_id, 3600)
        clockwork.set_rate(desk.session, desk.account_id, 3600)
    assert trail.types == ["desk-clock-changed"]
    assert trail["desk-clock-changed"].data == {"rate": [0, 3600]}
    desk.session.rollback()
    before = desk.now()
    time.sleep(0.01)
    assert desk.now() > before + timedelta(seconds=30)
    clockwork.set_rate(desk.session, desk.account_id, 0)
    assert desk.now() == desk.now()
    with pytest.raises(Refused, match="rate"):
        clockwork.set_rate(desk.session, desk.account_id, -1)


def test_a_running_clock_goes_on_from_where_it_is_put(desk: Desk) -> None:
    clockwork.set_rate(desk.session, desk.account_id, 1)
    reached = clockwork.advance(desk.session, desk.account_id, DAY)
    assert timedelta(0) <= desk.now() - reached < timedelta(seconds=20)
    assert clockwork.rate_of(desk.session, desk.account_id) == 1


def test_two_who_advance_at_once_follow_one_another_and_lose_nothing(desk: Desk, engine: Engine) -> None:
    numbers = snooze_many(desk, 30)

    def work() -> None:
        with open_session(engine) as session:
            clockwork.advance(session, desk.account_id, DAY)

    both = [Thread(target=work) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(60)
    assert woken(desk) == [(number, TUESDAY + timedelta(minutes=1 + index)) for index, number in enumerate(numbers)]
    assert desk.now() == TUESDAY + 2 * DAY


def test_the_next_thing_due_is_one_step_away(desk: Desk) -> None:
    first, second = snooze_many(desk, 2)
    clockwork.advance(desk.session, desk.account_id, None)
    assert woken(desk) == [(first, desk.now())]
    clockwork.advance(desk.session, desk.account_id, None)
    assert woken(desk)[1:] == [(second, TUESDAY + timedelta(minutes=2))]
    with desk.watched() as trail, pytest.raises(Refused, match="Nothing is waiting"):
        clockwork.advance(desk.session, desk.account_id, None)
    assert trail.types == []


def test_whoever_would_write_on_the_way_gets_a_sentence_and_machines_go_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    snooze_many(desk, 5)
    monkeypatch.setattr(timers.due, "__defaults__", (2,))
    monkeypatch.setattr(clockwork, "PATIENCE", 0.1)
    job_id = clockwork.set_out(desk.session, desk.account_id, DAY)
    assert not clockwork.go_on(desk.session, desk.account_id, job_id, seconds=0)
    with desk.watched() as trail:
        for attempt in (desk.acting, lambda: desk.acting("api"), lambda: desk.acting("email")):
            with pytest.raises(Busy, match="being moved"), attempt():
                tickets.close(desk.ticket(1), by=desk.by_ana)
        with pytest.raises(Busy):
            clockwork.advance(desk.session, desk.account_id, DAY)
        with desk.acting("automation"):
            pass
    assert trail.types == []
    journey = clockwork.under_way(desk.session, desk.account_id)
    assert journey is not None
    assert (journey.played, journey.total, journey.reached) == (2, 5, TUESDAY + timedelta(minutes=2))
    machine.run_all(desk.session)
    assert (len(woken(desk)), desk.now()) == (5, TUESDAY + DAY)
    assert clockwork.under_way(desk.session, desk.account_id) is None


def test_a_clock_on_its_way_can_be_stopped_where_it_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    snooze_many(desk, 5)
    monkeypatch.setattr(timers.due, "__defaults__", (2,))
    with pytest.raises(Refused, match="nothing to stop"):
        clockwork.cancel(desk.session, desk.account_id)
    job_id = clockwork.set_out(desk.session, desk.account_id, DAY)
    clockwork.go_on(desk.session, desk.account_id, job_id, seconds=0)
    with desk.watched() as trail:
        clockwork.cancel(desk.session, desk.account_id, by=desk.by_admin, source="web")
        assert clockwork.go_on(desk.session, desk.account_id, job_id, seconds=9)  # whoever works on it learns of it
        machine.run_all(desk.session)
    assert trail.lines == [("desk-clock-changed", "Ada Admin")]
    assert trail.events[0].data == {"stopped": "2026-03-03T09:02:00+00:00", "to": "2026-03-04T09:00:00+00:00"}
    assert (len(woken(desk)), desk.now()) == (2, TUESDAY + timedelta(minutes=2))
    with desk.acting():  # and people can work again
        tickets.close(desk.ticket(1), by=desk.by_ana)


def test_killed_on_the_way_it_stands_where_things_ended_and_goes_on_from_there(
    desk: Desk, database_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = snooze_many(desk, 400)
    command = [sys.executable, "-c", ADVANCE, database_url.render_as_string(hide_password=False), str(desk.account_id)]
    kills = 0
    for _ in range(40):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()  # it has begun
        time.sleep(0.005 * (kills % 7))
        process.kill()
        kills += process.wait() == -signal.SIGKILL
        process.stdout.close()
        played = woken(desk)
        assert desk.now() == (played[-1][1] if played else TUESDAY)
        if kills == 3:
            break
    assert kills == 3
    assert 0 < len(woken(desk)) < len(numbers)
    monkeypatch.setattr(timers, "HELD", timedelta(0))  # else it would wait until nobody can be at it any more
    clockwork.advance(desk.session, desk.account_id, TUESDAY + DAY)
    assert woken(desk) == [(number, TUESDAY + timedelta(minutes=1 + index)) for index, number in enumerate(numbers)]


def woken(desk: Desk) -> list[tuple[int, object]]:
    """Which tickets woke, and when."""
    desk.session.rollback()
    return [
        (event.object_id, event.created_datetime)
        for event in desk.events_after()
        if event.type == "ticket-self-unsnoozed"
    ]


#: Advances by small steps, and says when it begins to play.
ADVANCE = """
import sys
from datetime import timedelta
from automation import beforehand, clockwork, timers
from automation import jobs as machine
from helpdesk import desk
from tests.databases import engine_for
from tests.desks import TUESDAY, open_session

timers.due.__defaults__ = (5,)
timers.HELD = timedelta(0)
desk.connect_machines(beforehand)
with open_session(engine_for(sys.argv[1])) as session:
    tell = lambda journey: print(journey.played, flush=True)
    clockwork.advance(session, int(sys.argv[2]), TUESDAY + timedelta(days=1), tell)
"""


def test_the_log_agrees_about_how_much_was_played(desk: Desk) -> None:
    snooze_many(desk, 3)
    clockwork.advance(desk.session, desk.account_id, DAY)
    counted = select(func.count()).where(event_table.c.type == "ticket-self-unsnoozed")
    assert desk.session.scalar(counted) == 3
