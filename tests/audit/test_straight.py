"""What is sent straight to the driver: what goes wrong is told as SQLAlchemy tells it, secrets aside, and got over."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from audit import straight
from audit.action import begin
from helpdesk import tickets
from tests.desks import Desk, open_session
from tests.outside import outside, postgres_only

SECRET = "hunter2"
#: Of everybody but who asks.
OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def test_what_goes_wrong_is_told_without_what_was_sent(engine: Engine) -> None:
    place = "?" if engine.dialect.name == "sqlite" else "%s"
    with engine.connect() as connection:
        for send, sent in ((straight.send, (SECRET,)), (straight.send_each, [(SECRET,)])):
            with pytest.raises(DBAPIError, match="nowhere") as told, connection.begin():
                send(connection, f"INSERT INTO nowhere VALUES ({place})", sent)
            assert SECRET not in str(told.value)
            assert not told.value.connection_invalidated
        assert straight.send(connection, f"SELECT {place}", ("there",)).fetchone() == ("there",)


@postgres_only
def test_a_transaction_begins_and_ends_with_a_question(engine: Engine) -> None:
    with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="nothing") as told, connection.begin():
            straight.call(connection, "nothing", (SECRET,), begins=True)
        assert SECRET not in str(told.value)
        with connection.begin():
            assert not straight.has_begun(connection)
            began = straight.call(connection, "now", (), begins=True)
            assert straight.has_begun(connection)
            assert straight.call(connection, "now", ()) == began  # it is one transaction
            assert straight.call(connection, "now", (), ends=True) == began
            assert not straight.has_begun(connection)
        assert straight.call(connection, "concat", ("O'Neill\\", None, 7)) == "O'Neill\\7"


@postgres_only
def test_what_only_the_commit_refuses_is_told_and_nothing_is_kept(engine: Engine) -> None:
    with engine.connect() as connection:
        with connection.begin():
            connection.exec_driver_sql("CREATE TEMP TABLE pair (one int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        with connection.begin():
            connection.exec_driver_sql("INSERT INTO pair VALUES (1), (1)")
            with pytest.raises(IntegrityError, match="pair"):
                straight.call(connection, "now", (), ends=True)
        assert connection.exec_driver_sql("SELECT count(*) FROM pair").scalar_one() == 0


@postgres_only
def test_a_server_that_went_away_is_noticed_once(desk: Desk, engine: Engine, database_url: URL) -> None:
    number = desk.a_ticket().id
    desk.session.rollback()
    with open_session(engine) as one, open_session(engine) as other:
        for session in (one, other):  # two connections that go back to the pool
            session.connection()
        for session in (one, other):
            session.rollback()
        with outside(database_url) as run:
            run(f"SELECT pg_terminate_backend(pid) {OTHERS}")
            while run(f"SELECT pid {OTHERS}"):
                pass
        with pytest.raises(OperationalError) as lost:
            begin(one, desk.account_id, source="web")
        assert lost.value.connection_invalidated
        one.rollback()
        begin(other, desk.account_id, source="web")
        other.rollback()
    with desk.watched() as trail, desk.acting():
        tickets.mark_spam(desk.ticket(number), by=desk.by_ana)
    assert trail.types == ["ticket-updated", "ticket-marked-spam"]
