"""Whatever reads, reads one account: objects, queries, relations, Core, the log, on both databases."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload
from sqlalchemy.orm.exc import ObjectDeletedError

from audit.action import begin, enter
from audit.base import AccountScoped, Base
from audit.log import event_table
from audit.sessions import reading_on, scoped
from helpdesk import tickets
from helpdesk.models import Account, Customer, DeskClock, Tag, Ticket, TicketMessage, User
from tests.desks import Desk, open_desk, open_session
from tests.outside import sqlite_only


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session that serves several accounts one after the other."""
    with open_session(engine) as session:
        yield session


@pytest.fixture
def demo(session: Session) -> Desk:
    """One account."""
    return open_desk(session, "demo")


@pytest.fixture
def other(demo: Desk) -> Desk:
    """Another one, with a ticket that nobody of the first must see."""
    other = open_desk(demo.session, "other")
    other.a_ticket("Secret plans")
    return other


def look_as(desk: Desk) -> Session:
    """A fresh look at the database, as a request of this account has it."""
    desk.session.rollback()
    enter(desk.session, desk.account_id)
    return desk.session


MODELS = sorted((mapper.class_ for mapper in Base.registry.mappers), key=lambda model: model.__name__)


def test_every_model_is_read_for_one_account(demo: Desk, other: Desk) -> None:
    found: dict[str, set[int]] = {}
    for desk in (demo, other):
        session = look_as(desk)
        for model in MODELS:
            column = getattr(model, model.__account_key__)
            for statement in (select(column), select(model).with_only_columns(column), select(aliased(model))):
                rows = session.scalars(statement).all()
                accounts = {row if isinstance(row, int) else getattr(row, model.__account_key__) for row in rows}
                assert accounts <= {desk.account_id}, model
                found.setdefault(model.__name__, set()).update(accounts)
    assert {name for name, accounts in found.items() if len(accounts) == 2} >= {
        "Account",
        "Customer",
        "CustomerChannel",
        "DeskClock",
        "Team",
        "TeamMember",
        "Ticket",
        "TicketMessage",
        "User",
    }


def test_every_model_but_the_account_is_scoped_by_its_mixin() -> None:
    assert [model.__name__ for model in MODELS if not issubclass(model, AccountScoped)] == ["Account"]


def test_a_number_of_another_account_leads_nowhere(demo: Desk, other: Desk) -> None:
    numbers = {model: look_as(other).scalars(select(model.id)).first() for model in (Ticket, Customer, User)}
    other.session.expunge_all()
    session = look_as(demo)
    for model, number in numbers.items():
        assert number is not None
        assert session.get(model, number) is None
        assert session.scalars(select(model).where(model.id == number)).first() is None
        assert session.query(model).filter_by(id=number).first() is None
    assert session.get(Account, other.account_id) is None
    assert session.get(DeskClock, other.account_id) is None


def test_not_even_what_is_still_in_memory_is_handed_out(demo: Desk, other: Desk) -> None:
    held: list[Any] = list(look_as(other).scalars(select(Ticket)))
    numbers = [ticket.id for ticket in held]
    session = look_as(demo)
    for number in numbers:
        try:
            assert session.get(Ticket, number) is None
        except ObjectDeletedError:
            pytest.fail("get() answers None for what is not there")
    assert held


def test_joins_subqueries_and_counts_stay_inside(demo: Desk, other: Desk) -> None:
    session = look_as(demo)
    assert session.scalar(select(func.count()).select_from(Ticket)) == 1
    assert session.scalars(select(Ticket.subject).join(Customer)).all() == ["Welcome to your new desk"]
    inner = select(Ticket.id).where(Ticket.subject == "Secret plans")
    assert session.scalars(select(TicketMessage.id).where(TicketMessage.ticket_id.in_(inner))).all() == []
    assert session.scalar(select(inner.exists())) is False
    everything = select(Ticket.id).union_all(select(Ticket.id))
    assert len(session.execute(everything).all()) == 2


def test_relations_stay_inside(demo: Desk, other: Desk) -> None:
    session = look_as(demo)
    statement = select(Ticket).options(selectinload(Ticket.messages), joinedload(Ticket.customer))
    for ticket in session.scalars(statement):
        assert {message.account_id for message in ticket.messages} == {demo.account_id}
        assert ticket.customer.account_id == demo.account_id


@sqlite_only
def test_whoever_reads_on_starts_from_the_key_however_long_the_log_is(demo: Desk) -> None:
    session = demo.session
    enter(session, demo.account_id)
    types = event_table.c.type.in_(["ticket-created", "ticket-updated"])
    statement = reading_on(session, event_table).where(event_table.c.id > 5, event_table.c.id <= 9, types).limit(3)
    assert [row.id for row in session.execute(statement)] == sorted(row.id for row in session.execute(statement))
    words = statement.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {words}").all()
    assert [line.detail for line in plan] == ["SEARCH event USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"]


def test_core_selects_start_from_scoped(demo: Desk, other: Desk) -> None:
    session = look_as(demo)
    rows = session.execute(scoped(session, table=event_table)).all()
    assert {row.account_id for row in rows} == {demo.account_id}
    labels = session.scalars(scoped(session, event_table.c.object_label, table=event_table)).all()
    assert "Secret plans" not in labels


def test_without_an_account_all_are_seen(demo: Desk, other: Desk) -> None:
    demo.session.rollback()
    enter(demo.session, None)
    assert sorted(demo.session.scalars(select(Account.id))) == [demo.account_id, other.account_id]
    assert demo.session.scalar(select(func.count()).select_from(Ticket)) == 3


def test_begin_enters_and_leaves_accounts(demo: Desk, other: Desk) -> None:
    session = demo.session
    for desk in (demo, other, demo):
        begin(session, desk.account_id, source="web")
        assert session.scalars(select(Account.id)).all() == [desk.account_id]
        session.commit()
        assert session.scalars(select(Account.id)).all() == [desk.account_id]  # still entered
        session.rollback()


def test_two_actions_on_two_accounts_in_one_transaction_stay_apart(demo: Desk, other: Desk) -> None:
    session = demo.session
    numbers = [desk.a_ticket().id for desk in (demo, other)]
    with demo.acting():
        tickets.set_priority(session.get_one(Ticket, numbers[0]), "high", by=demo.by_ana)
        assert session.get(Ticket, numbers[1]) is None
    with other.acting():
        tickets.set_priority(session.get_one(Ticket, numbers[1]), "low", by=other.by_ana)
    assert demo.replay().agrees
    assert other.replay().agrees


def test_names_of_one_account_are_free_in_another(demo: Desk, other: Desk) -> None:
    from helpdesk import tags

    for desk in (demo, other):
        with desk.acting():
            tags.create(desk.account, "refund", by=desk.by_ana)
    assert look_as(demo).scalars(select(Tag.account_id)).all() == [demo.account_id]
