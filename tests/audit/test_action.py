"""One transaction is one action: how it begins, what time it has, who comes next, and how it lets go."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from audit.action import FairLock, NoAction, begin, current, enter, now
from audit.clock import desk_now, set_clock
from helpdesk import desk as acting_on
from helpdesk import people, tickets
from helpdesk.models import Ticket
from tests.desks import TUESDAY, Desk, open_desk, open_session
from tests.outside import Run, sqlite_only


def test_without_an_action_there_is_no_time_and_no_account(desk: Desk) -> None:
    with pytest.raises(NoAction, match=r"begin\(session, account_id"):
        current(desk.session)
    with pytest.raises(NoAction):
        now(desk.session)


def test_an_event_carries_where_it_came_from(desk: Desk) -> None:
    chain = uuid.uuid4()
    cause = desk.last_event_id()
    with desk.watched() as trail:
        begin(desk.session, desk.account_id, source="webhook", context=chain, cause_id=cause, remote_addr="192.0.2.7")
        people.log_in(desk.ana)
        desk.session.commit()
    (event,) = trail.events
    assert (event.source, event.context, event.cause_id) == ("webhook", chain, cause)
    assert event.data == {"remote_addr": "192.0.2.7", "login_type": ["password"]}
    assert event.account_id == desk.account_id


def test_an_action_is_never_before_the_last_event(desk: Desk) -> None:
    with desk.acting(at=TUESDAY + timedelta(hours=5)):
        people.log_in(desk.ana)
    with desk.watched() as trail, desk.acting(at=TUESDAY) as action:
        people.log_in(desk.ben)
    assert action.at == trail["user-logged-in"].created_datetime == TUESDAY + timedelta(hours=5)


def test_an_action_ends_with_its_transaction(desk: Desk) -> None:
    for end in (desk.session.commit, desk.session.rollback, desk.session.close):
        begin(desk.session, desk.account_id, source="web")
        assert current(desk.session).account_id == desk.account_id
        end()
        with pytest.raises(NoAction):
            current(desk.session)


def test_what_was_read_before_is_read_anew(desk: Desk, engine: Engine) -> None:
    ticket = desk.a_ticket()
    number = ticket.id
    other = open_session(engine)
    with acting_on.acting(other, desk.account_id, source="web"):
        tickets.close(other.get_one(Ticket, number), by=desk.by_ben)
    other.close()
    assert ticket.status == "open"  # what this session read long ago
    with desk.acting():
        assert ticket.status == "closed"


def test_a_change_made_before_begin_is_refused(desk: Desk) -> None:
    desk.a_ticket().subject = "Too early"
    with pytest.raises(NoAction, match="before begin"):
        begin(desk.session, desk.account_id, source="web")
    desk.session.rollback()


def test_times_have_microseconds_and_utc(desk: Desk) -> None:
    moment = TUESDAY + timedelta(microseconds=123457)
    with desk.watched() as trail, desk.acting(at=moment):
        people.log_in(desk.ana)
    event = trail["user-logged-in"]
    assert event.created_datetime == moment
    assert event.created_datetime.utcoffset() == timedelta(0)
    assert event.recorded_datetime.utcoffset() == timedelta(0)
    assert event.recorded_datetime > moment + timedelta(seconds=1)  # on the wall it is later than on this desk


def test_every_account_has_its_own_time(engine: Engine) -> None:
    session = open_session(engine)
    demo, other = open_desk(session, "demo"), open_desk(session, "other")
    enter(session, demo.account_id)
    demo.move_clock(timedelta(days=3))
    for desk, moment in ((demo, TUESDAY + timedelta(days=3)), (other, TUESDAY)):
        enter(session, desk.account_id)
        assert desk.now() == moment
    with other.watched() as trail, other.acting():
        people.log_in(other.ana)
    assert trail["user-logged-in"].created_datetime == TUESDAY
    session.close()


def test_a_clock_may_run_fast(desk: Desk) -> None:
    begin(desk.session, desk.account_id, source="cli")
    set_clock(desk.session, desk.account_id, desk=TUESDAY, rate=86_400 * 365)
    desk.session.commit()
    first = desk_now(desk.session, desk.account_id)
    assert desk_now(desk.session, desk.account_id) > first + timedelta(seconds=1)


# ---- The writers' line


def test_a_fair_lock_is_handed_on_in_the_order_of_asking() -> None:
    lock, order, threads = FairLock(), list[int](), list[threading.Thread]()
    lock.acquire()

    def wait(number: int) -> None:
        lock.acquire()
        order.append(number)
        lock.release()

    for number in range(8):
        thread = threading.Thread(target=wait, args=(number,))
        thread.start()
        threads.append(thread)
        while len(lock._waiting) <= number:
            pass  # until it stands in line
    lock.release()
    for thread in threads:
        thread.join(10)
    assert order == list(range(8))
    lock.acquire()
    lock.release()


@pytest.mark.parametrize("leave", ["close", "rollback", "commit"])
@sqlite_only
def test_a_writer_who_leaves_lets_the_next_one_in(desk: Desk, engine: Engine, leave: str) -> None:
    with open_session(engine) as first, ThreadPoolExecutor(1) as pool:
        begin(first, desk.account_id, source="web")
        waiting = pool.submit(_come_and_go, engine, desk.account_id)
        with pytest.raises(TimeoutError):
            waiting.result(0.05)
        getattr(first, leave)()
        waiting.result(10)


def _come_and_go(engine: Engine, account_id: int) -> None:
    with open_session(engine) as session:
        begin(session, account_id, source="web")


@sqlite_only
def test_a_writer_who_can_not_begin_lets_the_next_one_in(desk: Desk, engine: Engine, run: Run) -> None:
    desk.session.connection().exec_driver_sql("PRAGMA busy_timeout = 50")
    run("BEGIN IMMEDIATE")  # another process writes, and takes its time
    with pytest.raises(OperationalError, match="locked"):
        begin(desk.session, desk.account_id, source="web")
    run("ROLLBACK")
    begin(desk.session, desk.account_id, source="web")
    desk.session.rollback()


def test_readers_do_not_wait_for_writers(desk: Desk, engine: Engine) -> None:
    number = desk.a_ticket().id
    with desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ana)
        desk.session.flush()
        with open_session(engine) as reader:
            enter(reader, desk.account_id)
            assert reader.get_one(Ticket, number).status == "open"
            assert reader.execute(text("SELECT count(*) FROM event WHERE type = 'ticket-closed'")).scalar_one() == 0
