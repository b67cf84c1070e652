"""Sessions that witness, and connections that behave the same on SQLite and PostgreSQL."""

from contextlib import suppress
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, Select, Table, event, func, select
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, with_loader_criteria
from sqlalchemy.sql.base import ExecutableOption

from audit import bell, guards, ledger, straight, watching
from audit.action import let_go, tell_account
from audit.base import AccountScoped, Base
from audit.folding import teach_sqlite


class AuditedSession(Session):
    """A session whose every change is witnessed; see `audit.ledger`."""

    def get(self, *args: Any, **options: Any) -> Any:
        """As ever, but never a row of another account: neither from memory nor from the database.

        In an action it stays at hand: a session forgets what nobody holds, and a thousand tickets of one customer
        would ask for the customer a thousand times.
        """
        options["execution_options"] = {**options.get("execution_options", {}), "account_checked": True}
        row, account_id = super().get(*args, **options), self.info.get("account_id")
        if row is None or account_id not in (None, getattr(row, row.__account_key__)):
            return None
        if "writing" in self.info:
            self.info.setdefault("at_hand", set()).add(row)
        return row

    def rollback(self) -> None:
        """As ever; where nothing was written, the connection keeps what the database has planned for it."""
        _end_reading(self)
        super().rollback()

    def close(self) -> None:
        """The same for what is left open."""
        _end_reading(self)
        super().close()


def scoped(session: Session, *columns: Any, table: Table) -> Select[Any]:
    """A Core select that is bound to the session's account: criteria of the ORM don't reach Core."""
    return select(*(columns or (table,))).where(table.c.account_id == session.info["account_id"])


def reading_on(session: Session, table: Table) -> Select[Any]:
    """The same for whoever reads on from an id: the database starts from the key, however long the table is.

    Offered an index that begins with the account, SQLite reads all of the account and sorts it.
    """
    own = func.coalesce(table.c.account_id, 0) == session.info["account_id"]
    return select(table).where(own).order_by(table.c.id)


def keep_what_was_read(session: Session) -> None:
    """End the transaction, and hold on to its rows as they are: a rollback would have each of them read anew.

    For whoever learns from the log what others have changed meanwhile.
    """
    session.expire_on_commit = False
    try:
        session.commit()
    finally:
        session.expire_on_commit = True


def prepare(engine: Engine) -> None:
    """Make an engine's connections fit for the desk: SQLite's pragmas and explicit BEGIN, and the ban on raw writes."""
    guards.watch(engine)
    engine.hide_parameters = True  # secrets travel as parameters, and what goes wrong is printed into logs
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        guards.look_at_statements(engine, _note_whether_it_reads)


def _open_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not begin by itself: two deferred readers who both write lock each other out.
    connection.isolation_level = None
    teach_sqlite(connection)
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "wal_autocheckpoint=4000",  # it is done in the midst of somebody's commit; of 1,000 pages many are written anew
        "foreign_keys=ON",
        "busy_timeout=30000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("desk_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _note_whether_it_reads(connection: Connection, statement: str) -> None:
    if not guards.only_reads(statement):
        connection.info["only_reads"] = False


def _end_reading(session: Session) -> None:
    # On a rollback psycopg forgets all statements that PostgreSQL has planned for it, and every page ends with one.
    # Where nothing was written a commit does the same, and the rollback that follows it finds nothing to do.
    connection: Connection | None = session.info.pop("reading_on", None)
    if connection is None or connection.closed or connection.invalidated or not connection.info.get("only_reads"):
        return
    driver: Any = connection.connection.driver_connection
    if driver.info.transaction_status == TransactionStatus.INTRANS:
        with suppress(psycopg.Error):  # the rollback will tell
            driver.commit()


@event.listens_for(AuditedSession, "after_begin")
def _begin_on_postgres(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        return
    if not straight.has_begun(connection):  # a savepoint comes by here, too
        connection.info["only_reads"] = True
        session.info["reading_on"] = connection
    if not session.info.get("writing"):  # whoever writes tells it while standing in line
        tell_account(connection, session.info.get("account_id"))


@event.listens_for(AuditedSession, "do_orm_execute")
def _keep_to_the_account(state: ORMExecuteState) -> None:
    if not state.is_select:
        guards.refuse_bulk(state)
        return
    account_id = state.session.info.get("account_id")
    if "account_checked" in state.execution_options or account_id is None:
        return
    if state.is_orm_statement and not state.is_column_load:  # see `scoped` for the others
        state.statement = state.statement.options(*_of_account(account_id))


@lru_cache(maxsize=1024)
def _of_account(account_id: int) -> list[ExecutableOption]:
    # The account itself is its own: its row names it in another column than all others do.
    own = [mapper.class_ for mapper in Base.registry.mappers if not issubclass(mapper.class_, AccountScoped)]
    return [
        with_loader_criteria(model, criterion, include_aliases=True, propagate_to_loaders=True)
        for model, criterion in (
            (AccountScoped, lambda model: model.account_id == account_id),
            *((model, getattr(model, model.__account_key__) == account_id) for model in own),
        )
    ]


@event.listens_for(AuditedSession, "after_transaction_end")
def _let_go_at_the_end(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        watching.forget(session)
        let_go(session)


@event.listens_for(AuditedSession, "after_commit")
def _ring(session: Session) -> None:
    # Also told for what a savepoint of a larger commit wrote: nobody can see that yet, and nobody is misled by it.
    watching.tell(session)
    if session.info.get("sealed"):
        bell.ring(session.info.get("account_id"))


ledger.attach(AuditedSession)
