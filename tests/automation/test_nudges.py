"""Rules run because of the commit itself, and not because some clock ticks."""

from threading import Event, Thread

from sqlalchemy import Engine

from audit import bell
from automation import rules as runner
from automation.nudges import Nudges
from tests.automation.ruled import executed, make_rule, tag
from tests.desks import Desk, open_session
from tests.outside import sqlite_only

#: Far more than it takes; whoever waits that long has failed.
PATIENCE = 20


def test_a_commit_lets_rules_run_at_once(desk: Desk, engine: Engine) -> None:
    """No scheduler ticks here: what runs was rung for. The rule's own commit rings, too, and that tells us."""
    make_rule(desk, tag("new"), "ticket-created")
    rings: list[int | None] = []
    twice = Event()

    def hear(account_id: int | None) -> None:
        rings.append(account_id)
        if len(rings) == 2:
            twice.set()

    def obey(account_id: int) -> None:
        session = open_session(engine)
        runner.settle(session, account_id)
        session.close()

    nudges = Nudges(obey)
    nudges.start()
    try:
        with desk.watched() as trail, bell.listening(hear):
            desk.a_ticket()
            desk.session.rollback()
            assert twice.wait(PATIENCE)
    finally:
        nudges.stop()
    assert executed(trail) == ["Zebra"]


@sqlite_only
def test_many_rings_are_one_while_there_is_work_and_the_end_is_waited_for(desk: Desk) -> None:
    del desk
    done: list[int] = []
    begun, go_on = Event(), Event()

    def work(account_id: int) -> None:
        done.append(account_id)
        begun.set()
        assert go_on.wait(PATIENCE)

    nudges = Nudges(work)
    nudges.start()
    bell.ring(1)
    assert begun.wait(PATIENCE)
    for account_id in (1, 2, 1, 2, None):
        bell.ring(account_id)
    stopping = Thread(target=nudges.stop)
    stopping.start()
    go_on.set()
    stopping.join(PATIENCE)
    assert not stopping.is_alive()
    assert done == [1, 1, 2]
    nudges.stop()
    bell.ring(1)
    assert done == [1, 1, 2]
