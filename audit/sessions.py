"""Sessions that witness, and connections that behave the same on SQLite and PostgreSQL."""

from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, event, select, text
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, with_loader_criteria

from audit import guards, ledger
from audit.action import let_go, postgres_scope
from audit.base import AccountScoped


class AuditedSession(Session):
    """A session whose every change is witnessed; see `audit.ledger`."""


def scoped(session: Session, *columns: Any, table: Table) -> Select[Any]:
    """A Core select that is bound to the session's account: criteria of the ORM don't reach Core."""
    return select(*(columns or (table,))).where(table.c.account_id == session.info["account_id"])


def prepare(engine: Engine) -> None:
    """Make an engine's connections fit for the desk: SQLite's pragmas and explicit BEGIN, and the ban on raw writes."""
    guards.watch(engine)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", _begin_sqlite)


def _open_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not begin by itself: two deferred readers who both write lock each other out.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("desk_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@event.listens_for(AuditedSession, "after_begin")
def _tell_postgres_the_account(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        account = postgres_scope(session.info.get("account_id"))
        connection.execute(
            text("SELECT set_config('desk.account', :account, true)"),
            {"account": account},
        )


@event.listens_for(AuditedSession, "do_orm_execute")
def _keep_to_the_account(state: ORMExecuteState) -> None:
    guards.refuse_bulk(state)
    account_id = state.session.info.get("account_id")
    if state.is_select and account_id is not None and not state.is_column_load:
        state.statement = state.statement.options(
            with_loader_criteria(
                AccountScoped,
                lambda model: model.account_id == account_id,
                include_aliases=True,
                propagate_to_loaders=True,
            )
        )


@event.listens_for(AuditedSession, "after_transaction_end")
def _let_go_at_the_end(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        let_go(session)


ledger.attach(AuditedSession)
