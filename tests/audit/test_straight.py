"""What is sent straight to the driver: what goes wrong is told as SQLAlchemy tells it, secrets aside, and got over."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError

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
def test_a_transaction_begins_with_its_first_question(engine: Engine) -> None:
    with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="nowhere"), connection.begin():
            straight.begin_with(connection, "SELECT to_json(count(*)) FROM nowhere")
        with connection.begin():
            assert not straight.has_begun(connection)
            began = straight.begin_with(connection, "SELECT to_json(now())")
            assert straight.has_begun(connection)
            assert connection.exec_driver_sql("SELECT to_json(now())").scalar_one() == began  # it is one transaction
        assert not straight.has_begun(connection)


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
