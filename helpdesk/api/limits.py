"""A leaky bucket for each key: each call adds a drop, and the drops leak away at a steady rate."""

import math
from dataclasses import dataclass
from threading import Lock
from typing import Final

from flask import Response, current_app, g
from sqlalchemy import text

from audit.action import tell_account
from audit.clock import wall_now
from audit.db import db
from helpdesk.config import Config

#: An application that somebody allowed to act for them may call twice as often as a key.
OF_AN_APPLICATION: Final = 2

#: What is told where nothing is counted.
USUAL_SIZE: Final = 40

_guard: Final = Lock()

_COUNT: Final = text(
    """
    INSERT INTO api_bucket AS held (api_key_id, account_id, level, is_over, filled_datetime)
    VALUES (:key, :account, 1, false, clock_timestamp())
    ON CONFLICT (api_key_id) DO UPDATE SET
      (level, is_over, filled_datetime) = (
        SELECT CASE WHEN drained + 1 > :size THEN drained ELSE drained + 1 END, drained + 1 > :size, clock_timestamp()
        FROM (SELECT greatest(0, held.level - :leak * extract(epoch FROM clock_timestamp() - held.filled_datetime))
              AS drained) AS leaked)
    RETURNING level, is_over
    """
)


@dataclass(frozen=True)
class Level:
    """How full a bucket is."""

    level: float
    size: int
    leak: float  #: drops a second
    is_over: bool = False

    @property
    def wait(self) -> int:
        """Whole seconds until there is room for another call."""
        missing = self.level + 1 - self.size
        return max(math.ceil(missing / self.leak), 1) if self.is_over else 0


def count(key_id: int, *, is_application: bool) -> Level:
    """Count a call of this key."""
    config: Config = current_app.config["DESK"]
    times = OF_AN_APPLICATION if is_application else 1
    if config.api_rate is None:
        return Level(0, _size(times), 1)
    size = _size(times)
    leak = size / config.api_rate[1]
    level, is_over = _here(key_id, size, leak) if config.is_embedded else _together(key_id, size, leak)
    return Level(level, size, leak, is_over)


def tell(response: Response) -> Response:
    """The headers that stand on every answer."""
    level: Level = g.get("api_level") or Level(0, _size(1), 1)
    response.headers["Retry-After"] = str(level.wait)
    response.headers["X-Gorgias-Account-Api-Call-Limit"] = f"{math.ceil(level.level)}/{level.size}"
    return response


def _size(times: int) -> int:
    config: Config = current_app.config["DESK"]
    return (config.api_rate[0] if config.api_rate is not None else USUAL_SIZE) * times


def _here(key_id: int, size: int, leak: float) -> tuple[float, bool]:
    # One process serves a desk on SQLite; several on PostgreSQL count together, in the database.
    levels: dict[int, tuple[float, float]] = current_app.extensions.setdefault("api_levels", {})
    at = wall_now().timestamp()
    with _guard:
        level, since = levels.get(key_id, (0.0, at))
        drained = max(0.0, level - max(at - since, 0) * leak)
        is_over = drained + 1 > size
        levels[key_id] = (drained if is_over else drained + 1, at)
        return levels[key_id][0], is_over


def _together(key_id: int, size: int, leak: float) -> tuple[float, bool]:
    with db.engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        tell_account(connection, g.account.id)
        asked = {"key": key_id, "account": g.account.id, "size": size, "leak": leak}
        row = connection.execute(_COUNT, asked).one()
    return row.level, row.is_over
