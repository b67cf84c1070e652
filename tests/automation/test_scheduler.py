"""The ticking clock: on every desk what is due, and trouble stays where it is."""

import smtplib
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from audit.db import db
from automation import timers
from automation.deliveries import Route
from automation.machines import MachineRoom, sessions_of
from automation.scheduler import Scheduler
from helpdesk import leaving, messages, people, tickets
from helpdesk.drafts import Draft
from helpdesk.mail import trap
from tests.automation.apps import a_config, an_app
from tests.desks import TUESDAY, Desk, open_desk, open_session

NOWHERE = Route("127.0.0.1", 9, is_trap=True)
HOUR = timedelta(hours=1)


@pytest.fixture
def app(database_url: URL, desk: Desk) -> Iterator[Flask]:
    """The smallest application on the test's database."""
    app = an_app(a_config(database_url))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def sleeping_ticket(desk: Desk) -> int:
    """A ticket whose snooze has ended, and nobody noticed yet."""
    number = desk.a_ticket().id
    with desk.acting() as action:
        tickets.snooze(desk.ticket(number), action.at + HOUR, by=desk.by_ana)
    desk.move_clock(2 * HOUR)
    return number


def wakings(desk: Desk) -> list[timedelta]:
    """When tickets of a desk woke."""
    return [event.created_datetime - TUESDAY for event in desk.events_after() if event.type == "ticket-self-unsnoozed"]


def wait_until(wanted: object, what: object) -> None:
    """Ask again and again, for ten seconds."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if what() == wanted:  # type: ignore[operator]
            return
        time.sleep(0.05)
    assert what() == wanted  # type: ignore[operator]


def test_a_tick_wakes_what_is_due_on_every_desk(desk: Desk, app: Flask, engine: Engine) -> None:
    other = open_desk(open_session(engine), "other")
    sleeping_ticket(desk)
    sleeping_ticket(other)
    for one in (desk, other):
        one.session.rollback()
    Scheduler(sessions_of(app), NOWHERE).play()
    assert wakings(desk) == wakings(other) == [HOUR]
    other.session.close()


def test_trouble_on_one_desk_is_none_on_another(
    desk: Desk, app: Flask, engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = open_desk(open_session(engine), "other")
    sleeping_ticket(desk)
    sleeping_ticket(other)
    for one in (desk, other):
        one.session.rollback()
    play_due = timers.play_due

    def stumble(session: Session, account_id: int) -> int:
        if account_id == desk.account_id:
            raise RuntimeError("a bug")
        return play_due(session, account_id)

    monkeypatch.setattr(timers, "play_due", stumble)
    Scheduler(sessions_of(app), NOWHERE).play()
    assert (wakings(desk), wakings(other)) == ([], [HOUR])
    assert f"account {desk.account_id} could not be played" in caplog.text
    monkeypatch.undo()
    other.session.close()


def test_a_database_that_is_away_is_asked_again(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    def no_session() -> Session:
        raise OperationalError("connect", {}, Exception("nobody there"))

    scheduler = Scheduler(no_session, NOWHERE)
    scheduler.play()
    scheduler.send()
    assert caplog.text.count("the next tick tries again") == 2


def test_it_ticks_until_it_is_stopped(desk: Desk, app: Flask) -> None:
    sleeping_ticket(desk)
    desk.session.rollback()
    scheduler = Scheduler(sessions_of(app), NOWHERE)
    scheduler.start()
    wait_until([HOUR], lambda: wakings(desk))
    scheduler.stop()
    scheduler.stop()
    sleeping_ticket(desk)
    time.sleep(1.2)
    assert wakings(desk) == [HOUR]


def test_the_machine_room_takes_mail_in_and_catches_what_goes_out(
    desk: Desk, app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("HELPDESK_INSTANCE", str(tmp_path))
    desk.session.rollback()
    room = MachineRoom(app)
    room.start()
    try:
        with smtplib.SMTP("127.0.0.1", room._mail_server.port, local_hostname="localhost", timeout=20) as client:
            raw = b"From: dora@mail.example\r\nSubject: Kettle\r\nMessage-ID: <1@mail.example>\r\n\r\nHello"
            client.sendmail("dora@mail.example", ["support@demo.example"], raw)
        arrived = next(
            event for event in desk.events_after() if event.type == "ticket-created" and event.source == "email"
        )
        with desk.acting():
            ticket = desk.ticket(arrived.object_id)
            messages.reply(ticket, Draft(sender=desk.ana, body_text="Hello Dora"), by=desk.by_ana)
        wait_until(1, lambda: len(trap.caught("support@demo.example")))
    finally:
        room.stop()
    (mail,) = trap.caught("support@demo.example")
    assert (mail.recipients, mail.in_reply_to, mail.body_text) == (
        ["dora@mail.example"],
        "1@mail.example",
        "Hello Dora",
    )


def test_it_goes_on_with_jobs_and_puts_them_back_when_it_stops(
    desk: Desk, app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(leaving, "MANY", 0)
    number = desk.a_ticket().id
    with desk.acting():
        tickets.assign(desk.ticket(number), desk.ana, by=desk.by_ben)
    with desk.acting():
        people.delete(desk.ana, by=desk.by_admin)
    desk.session.rollback()
    stopped = Scheduler(sessions_of(app), NOWHERE)
    stopped.stop()
    stopped.work()
    assert desk.ticket(number).assignee_user_id == desk.ana_id
    desk.session.rollback()
    Scheduler(sessions_of(app), NOWHERE).work()
    assert desk.ticket(number).assignee_user_id is None

    def no_session() -> Session:
        raise OperationalError("connect", {}, Exception("nobody there"))

    Scheduler(no_session, NOWHERE).work()
    assert "Jobs could not be worked on; the next tick tries again" in caplog.text
