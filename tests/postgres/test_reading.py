"""Who only reads keeps what PostgreSQL has planned; who has written and takes it back leaves nothing."""

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from audit import queries
from audit.action import write_aside
from helpdesk.models import Notice
from tests.desks import TUESDAY, Desk, open_session
from tests.outside import postgres_only

pytestmark = postgres_only

#: After so many times psycopg has a statement planned.
OFTEN = 6
PLANNED = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%event_head%'")
ENTERED = text("SELECT current_setting('desk.account', true)")


def test_plans_outlive_a_transaction_that_only_read(desk: Desk, engine: Engine) -> None:
    desk.session.rollback()
    engine.dispose()
    with open_session(engine) as session:
        session.info["account_id"] = desk.account_id
        for _ in range(OFTEN):
            assert queries.newest_id(session) > 0
            session.rollback()
        assert session.execute(PLANNED).scalar_one() == 1
        assert session.execute(text("SELECT current_setting('desk.account', true)")).scalar_one() == str(
            desk.account_id
        )
        session.rollback()
    with engine.connect() as connection:
        assert not connection.execute(ENTERED).scalar_one(), "the next reader of this connection is in no account yet"


def test_what_was_written_is_rolled_back_as_ever(desk: Desk, engine: Engine) -> None:
    desk.session.rollback()
    with open_session(engine) as session:
        write_aside(session, desk.account_id)
        session.add(
            Notice(
                user_id=desk.by_ana.id, account_id=desk.account_id, subject="", text="Never", created_datetime=TUESDAY
            )
        )
        session.flush()
        session.rollback()
        session.info["account_id"] = desk.account_id
        assert session.scalars(select(Notice.id).where(Notice.text == "Never")).all() == []


def test_a_question_that_failed_ends_its_transaction_and_no_more(desk: Desk, engine: Engine) -> None:
    desk.session.rollback()
    with open_session(engine) as session:
        with pytest.raises(DBAPIError):
            session.execute(text("SELECT 1 / 0"))
        session.rollback()
        assert session.execute(text("SELECT 1")).scalar_one() == 1
