"""The straight way to the driver: for what every action sends, SQLAlchemy's preparations take longer than the answer.

What goes wrong is told as SQLAlchemy tells it; whoever sends looks after row-level security and the ledger itself.
"""

import json
from collections.abc import Sequence
from typing import Any, NoReturn

from psycopg import Error
from psycopg.errors import error_from_result
from psycopg.generators import execute
from psycopg.pq import Escaping, ExecStatus, TransactionStatus
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


def call(
    connection: Connection,
    function: str,
    given: Sequence[str | int | None],
    *,
    begins: bool = False,
    ends: bool = False,
) -> Any:
    """Call a function of PostgreSQL's and return its one answer, which has come as JSON.

    It `begins` the transaction, or `ends` it, in the same round trip: by itself each would cost one of its own. After
    an end the driver's own commit finds nothing to do.
    """
    driver: Any = connection.connection.driver_connection
    question = f"SELECT to_json({function}({', '.join(_literal(driver, value) for value in given)}))"
    try:
        driver.pgconn.send_query(f"{'BEGIN; ' if begins else ''}{question}{'; COMMIT' if ends else ''}".encode())
        answers = driver.wait(execute(driver.pgconn))
        for answer in answers:
            if answer.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
                raise _wrong(answer)
    except connection.dialect.loaded_dbapi.Error as error:
        _fail(connection, function, error)
    return json.loads(answers[1 if begins else 0].get_value(0, 0))


def _wrong(answer: Any) -> Error:
    error = error_from_result(answer)
    error.args = (error.diag.message_primary,)  # else the line that it is about is shown, with what was given
    return error


def _literal(driver: Any, value: str | int | None) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else Escaping(driver.pgconn).escape_literal(value.encode()).decode()


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
