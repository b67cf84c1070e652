"""Ids become visible in order on PostgreSQL also when commits come out of order; without the lock they would not."""

from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from audit.action import begin
from audit.actors import Actor
from audit.ledger import seal
from helpdesk import desk as acting_on
from helpdesk import tickets
from helpdesk.models import Ticket
from tests.desks import Desk, open_desk, open_session
from tests.outside import Run, outside, postgres_only

pytestmark = postgres_only


def test_who_flushes_first_and_commits_last_gets_the_larger_ids(desk: Desk, engine: Engine) -> None:
    one, other = desk.a_ticket().id, desk.a_ticket().id
    start = desk.last_event_id()
    by_ana, by_ben = desk.by_ana, desk.by_ben
    desk.session.rollback()
    with open_session(engine) as first, open_session(engine) as second:
        begin(first, desk.account_id, source="web")
        begin(second, desk.account_id, source="web")
        tickets.close(first.get_one(Ticket, one), by=by_ana)  # flushed, not yet committed
        tickets.close(second.get_one(Ticket, other), by=by_ben)
        second.commit()
        seen = [event.id for event in desk.events_after(start)]
        assert {event.object_id for event in desk.events_after(start)} == {other}
        first.commit()
    late = [event.id for event in desk.events_after(start) if event.object_id == one]
    assert min(late) > max(seen)


def test_who_has_drawn_ids_keeps_the_others_waiting_until_the_commit(desk: Desk, engine: Engine) -> None:
    one, other = desk.a_ticket().id, desk.a_ticket().id
    start = desk.last_event_id()
    by_ana = desk.by_ana
    desk.session.rollback()
    with open_session(engine) as first, ThreadPoolExecutor(1) as pool:
        begin(first, desk.account_id, source="web")
        tickets.close(first.get_one(Ticket, one), by=by_ana)
        drawn = seal(first)  # its events are in the table, and nobody sees them
        second = pool.submit(close, engine, desk.account_id, other, by_ana)
        with pytest.raises(TimeoutError):
            second.result(0.3)
        assert desk.events_after(start) == []
        first.commit()
        second.result(30)
    assert [event.id for event in desk.events_after(start)][:2] == drawn
    assert max(drawn) < min(event.id for event in desk.events_after(start) if event.object_id == other)


def test_a_neighbour_does_not_wait(desk: Desk, engine: Engine) -> None:
    with open_session(engine) as session, open_session(engine) as first:
        neighbour = open_desk(session, "other")
        number = neighbour.a_ticket().id
        by = neighbour.by_ana
        session.rollback()
        begin(first, desk.account_id, source="web")
        tickets.set_priority(first.get_one(Ticket, 1), "high", by=Actor.system("test"))
        seal(first)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(close, engine, neighbour.account_id, number, by).result(30)
        first.rollback()


def close(engine: Engine, account_id: int, number: int, by: Actor) -> None:
    """Close a ticket, as an edge does it."""
    with open_session(engine) as session, acting_on.acting(session, account_id, source="web"):
        tickets.close(session.get_one(Ticket, number, with_for_update=True), by=by)


def test_ids_drawn_at_the_flush_would_be_missed(desk: Desk, engine: Engine) -> None:
    """What others do, on a table of its own: a number from a sequence, whenever it is needed."""
    with outside(engine.url) as run:
        run("CREATE TABLE careless (id bigint PRIMARY KEY DEFAULT nextval('event_id_seq'), word text)")
        with outside(engine.url) as first, outside(engine.url) as second:
            first("BEGIN")
            ((one,),) = first("INSERT INTO careless (word) VALUES ('first') RETURNING id")
            ((two,),) = second("INSERT INTO careless (word) VALUES ('second') RETURNING id")
            seen, last = follow(run, 0)
            assert (seen, last) == (["second"], two)
            first("COMMIT")
        assert one < two
        assert follow(run, last) == ([], two)  # the first is there, and nobody who follows by id will ever see it
        assert run("SELECT count(*) FROM careless") == [(2,)]


def follow(run: Run, after: int) -> tuple[list[str], int]:
    """Read on by id."""
    rows = run("SELECT id, word FROM careless WHERE id > ? ORDER BY id", after)
    return [word for _, word in rows], rows[-1][0] if rows else after


def test_raw_inserts_that_would_overtake_each_other_are_refused(desk: Desk, engine: Engine) -> None:
    """Even who writes events without the ledger's lock can't bring them out of order: the head's row holds."""
    columns = (
        "account_id, type, object_type, object_id, object_label, actor_kind, actor_name, source, context,"
        " created_datetime, recorded_datetime"
    )
    insert = f"INSERT INTO event (id, {columns}) SELECT ?, {columns} FROM event ORDER BY id DESC LIMIT 1"
    last = desk.last_event_id()
    desk.session.rollback()
    with outside(engine.url) as first, outside(engine.url) as second, ThreadPoolExecutor(1) as pool:
        first("BEGIN")
        first(insert, last + 100)
        overtaken: Future[object] = pool.submit(second, insert, last + 50)
        with pytest.raises(TimeoutError):
            overtaken.result(0.3)
        first("COMMIT")
        with pytest.raises(Exception, match=r"only grows|never moves back"):
            overtaken.result(30)
