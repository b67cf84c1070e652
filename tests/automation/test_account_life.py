"""An account that is switched off: nobody is in, its mail is refused, its timers rest; and what happens afterwards."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from audit.action import enter
from audit.actors import Actor
from audit.ledger import record
from automation import clockwork, timers
from automation.deliveries import Route
from automation.scheduler import Scheduler
from automation.smtp import account_for
from helpdesk import accounts, tickets
from helpdesk.events import ACCOUNT_UPDATED
from helpdesk.models import LoginSession
from helpdesk.refusals import Refused
from tests.desks import Desk, open_desk, open_session
from tests.helpdesk.test_people import log_in

HOUR = timedelta(hours=1)


def switch_off(desk: Desk) -> None:
    """Olive deactivates the account."""
    with desk.acting():
        accounts.deactivate(desk.account, by=Actor.user(desk.owner))


def switch_on(desk: Desk) -> None:
    """Olive reactivates it."""
    with desk.acting():
        accounts.reactivate(desk.account, by=Actor.user(desk.owner))


def test_all_its_sessions_end_and_no_others(desk: Desk, engine: Engine) -> None:
    with open_session(engine) as session:
        other = open_desk(session, "two")
        log_in(other, other.ana)
        log_in(desk, desk.ana)
        log_in(desk, desk.ben)
        switch_off(desk)
        enter(session, None)
        assert session.scalars(select(LoginSession.account_id)).all() == [other.account_id]


def test_its_mail_is_refused_until_it_is_on_again(desk: Desk, engine: Engine) -> None:
    with open_session(engine) as session:
        assert account_for(session, "support@demo.example") == desk.account_id
        session.rollback()
        switch_off(desk)
        assert account_for(session, "support@demo.example") is None
        session.rollback()
        switch_on(desk)
        assert account_for(session, "support@demo.example") == desk.account_id


def test_its_timers_rest_and_what_fell_due_happens_after_it_is_on_again(desk: Desk, engine: Engine) -> None:
    number = desk.a_ticket().id
    with desk.acting() as action:
        tickets.snooze(desk.ticket(number), action.at + HOUR, by=desk.by_ana)
    switch_off(desk)
    desk.move_clock(5 * HOUR)
    scheduler = Scheduler(lambda: open_session(engine), Route("127.0.0.1", 1))
    with desk.watched() as trail:
        scheduler.play()
        assert timers.play_due(desk.session, desk.account_id) == 0
    assert trail.types == []
    with desk.watched() as trail:
        switch_on(desk)
        scheduler.play()
    assert trail.types == ["account-reactivated", "ticket-updated", "ticket-self-unsnoozed"]
    times = [event.created_datetime for event in trail.events]
    assert times == sorted(times)
    assert desk.ticket(number).is_open


def test_its_clock_is_not_advanced(desk: Desk) -> None:
    switch_off(desk)
    with pytest.raises(Refused, match="switched off"):
        clockwork.advance(desk.session, desk.account_id, HOUR)
    switch_on(desk)
    clockwork.advance(desk.session, desk.account_id, HOUR)


def test_an_archived_account_stays_off(desk: Desk) -> None:
    with desk.acting():
        desk.account.archived_datetime = desk.now()
        record(ACCOUNT_UPDATED, desk.account, by=desk.by_admin)
    with pytest.raises(Refused, match="archived"):
        switch_on(desk)
