"""The straight way to the driver: for what every action sends, SQLAlchemy's preparations take longer than the answer.

What goes wrong is told as SQLAlchemy tells it; whoever sends looks after row-level security and the ledger itself.
"""

from collections.abc import Sequence
from typing import Any, NoReturn

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
