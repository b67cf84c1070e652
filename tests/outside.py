"""Somebody who comes to the database without the house: a plain driver connection, as the owner of the tables."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import URL, make_url

from tests.databases import APP_PASSWORD, APP_ROLE, owner_url, postgres_server

#: Marks tests about what only one of the two databases can do.
sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
postgres_only = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)

#: Runs one statement and returns its rows; positional parameters are written `?`.
Run = Callable[..., list[tuple[Any, ...]]]

#: What a database says when one of our triggers refuses.
REFUSED = (sqlite3.IntegrityError, psycopg.errors.RaiseException)


@contextmanager
def outside(url: URL) -> Iterator[Run]:
    """Statements past engine, session and guards; each is its own transaction."""
    if url.get_backend_name() == "sqlite":
        with _sqlite(url) as run:
            yield run
    else:
        with _postgres(owner_url(url)) as run:
            yield run


@contextmanager
def as_application(url: URL) -> Iterator[Run]:
    """The same with the application's own PostgreSQL role."""
    server = make_url(postgres_server())
    with _postgres(server.set(database=url.database, username=APP_ROLE, password=APP_PASSWORD)) as run:
        yield run


@contextmanager
def _sqlite(url: URL) -> Iterator[Run]:
    connection = sqlite3.connect(str(url.database), isolation_level=None)

    def run(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return connection.execute(statement, parameters).fetchall()

    try:
        yield run
    finally:
        connection.close()


@contextmanager
def _postgres(url: URL) -> Iterator[Run]:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:

        def run(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
            cursor = connection.execute(statement.replace("?", "%s").encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []

        yield run
