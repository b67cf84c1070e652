"""The embedded database as a file: who serves it, and how it is thrown away."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from helpdesk.config import Config


class InUse(Exception):
    """Somebody serves the embedded database; the message says what to do."""


def database_file(config: Config) -> Path:
    """Where the embedded database lies."""
    return Path(make_url(config.database_url).database or "helpdesk.db").absolute()


@contextmanager
def alone(config: Config) -> Iterator[None]:
    """Hold the embedded database, so that nobody serves it twice or removes it meanwhile; raises InUse.

    The lock goes with the process that holds it, however that ends.
    """
    database = database_file(config)
    database.parent.mkdir(parents=True, exist_ok=True)
    with database.with_name(f"{database.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse(f"A server is running on {database}. Stop it first: Ctrl-C where it runs.") from None
        yield


def remove(config: Config) -> bool:
    """Throw the embedded database away; answers whether there was one."""
    database = database_file(config)
    found = database.exists()
    for ending in ("", "-wal", "-shm", "-journal"):
        database.with_name(database.name + ending).unlink(missing_ok=True)
    return found
