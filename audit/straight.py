"""The straight way to the driver: for what every action sends, SQLAlchemy's preparations take longer than the answer.

What goes wrong is told as SQLAlchemy tells it; whoever sends looks after row-level security and the ledger itself.
"""

import json
from collections.abc import Sequence
from typing import Any, NoReturn

from psycopg.errors import error_from_result
from psycopg.generators import execute
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import DBAPIModule
from sqlalchemy.exc import DBAPIError


def send(connection: Connection, statement: str, parameters: Any) -> Any:
    """Send one statement as the driver has it; returns the cursor, which holds its rows."""
    cursor: Any = connection.connection.cursor()
    try:
        cursor.execute(statement, parameters)
    except connection.dialect.loaded_dbapi.Error as error:
        _fail(connection, statement, error)
    return cursor


def begin_with(connection: Connection, question: str) -> Any:
    """Begin PostgreSQL's transaction together with its first question, whose one answer is JSON.

    The driver would begin it by itself before the first statement, and wait for that alone.
    """
    driver: Any = connection.connection.driver_connection
    try:
        driver.pgconn.send_query(f"BEGIN; {question}".encode())
        answer = driver.wait(execute(driver.pgconn))[-1]
        if answer.status != ExecStatus.TUPLES_OK:
            raise error_from_result(answer)
    except connection.dialect.loaded_dbapi.Error as error:
        _fail(connection, question, error)
    return json.loads(answer.get_value(0, 0))


def has_begun(connection: Connection) -> bool:
    """Whether PostgreSQL was sent anything in this transaction yet."""
    driver: Any = connection.connection.driver_connection
    return bool(driver.pgconn.transaction_status != TransactionStatus.IDLE)


def send_each(connection: Connection, statement: str, rows: Sequence[Any]) -> None:
    """Send one statement for each of these rows."""
    cursor: Any = connection.connection.cursor()
    try:
        cursor.executemany(statement, rows)
    except connection.dialect.loaded_dbapi.Error as error:
        _fail(connection, statement, error)


def _fail(connection: Connection, statement: str, error: DBAPIModule.Error) -> NoReturn:
    dialect = connection.dialect
    lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    told = DBAPIError.instance(
        statement, None, error, dialect.loaded_dbapi.Error, connection_invalidated=lost, dialect=dialect
    )
    if lost:  # and with it all others that wait in the pool: the server went away
        connection.invalidate(error)
        connection.engine.dispose()
    raise told from error
