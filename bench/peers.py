"""Peers: the same week of the same log in Flask-Admin and in Datasette, beside our page with its total.

They are installed by `make bench` alone, and read the very file that our page reads.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any, Final

from datasette.app import Datasette
from flask import Flask
from flask.testing import FlaskClient
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from sqlalchemy import MetaData, Table, func
from sqlalchemy.orm import DeclarativeBase, Session

from audit.base import to_microseconds
from bench.biglog import BigLog, a_big_log
from bench.reading import clients
from bench.results import Result, Wrong
from bench.sizes import Sizes

Ask = Callable[[], int]

#: The questions by the member that they name, if any.
QUESTIONS: Final = {"a week": None, "one member and a week": 7}
#: What our page with list and total may take of the peer's.
GOALS: Final = {"Flask-Admin": 0.5, "Datasette": None}


def measure(sizes: Sizes, wrong: Wrong) -> Iterator[Result]:
    """In turns, on the default database."""
    with a_big_log("SQLite", sizes.log) as log, clients(log) as (desk, _):
        for question, member in QUESTIONS.items():
            filters = f"?member={member}" if member else ""
            ours = _timed(partial(_list, desk, f"/settings/audit{filters}"))
            for peer, ask in (("Flask-Admin", _flask_admin(log, member)), ("Datasette", _datasette(log, member))):
                pairs = [(ours(wrong), _timed(ask)(wrong)) for _ in range(sizes.visits // 4 + 2)][1:]
                theirs = statistics.median(their for _, their in pairs) * 1000
                yield Result(
                    name=f"peers: {question}, ours against {peer}",
                    database="SQLite",
                    rows=f"count(*) = {log.events:,}, theirs {theirs:.0f} ms",
                    measured=[statistics.median(our / their for our, their in pairs)],
                    unit="×",
                    goal=GOALS[peer],
                    at_most=True,
                )


def _list(desk: FlaskClient, path: str) -> int:
    return desk.get(path, headers={"HX-Request": "true", "HX-Target": "section#audit-result"}).status_code


def _timed(ask: Ask) -> Callable[[Wrong], float]:
    def timed(wrong: Wrong) -> float:
        started = time.perf_counter()
        status = ask()
        taken = time.perf_counter() - started
        wrong.unless(status == 200, f"a peer, or we beside it, answered {status}")
        return taken

    return timed


def _since(log: BigLog) -> int:
    return to_microseconds(log.end - timedelta(days=7))


def _flask_admin(log: BigLog, member: int | None) -> Ask:
    class Base(DeclarativeBase):
        """Apart from the desk's own."""

    class Event(Base):
        """A row of the log."""

        __table__ = Table("event", MetaData(), autoload_with=log.engine)

    columns = Event.__table__.c
    asked = [columns.created_datetime >= _since(log), *([columns.user_id == member] if member else [])]

    class Events(ModelView):  # type: ignore[misc]
        """Newest first, fifty a page, with their number, as it has them by default."""

        can_create = can_edit = can_delete = False
        page_size = 50
        column_list = ("created_datetime", "actor_name", "type", "object_type", "object_id", "object_label", "changes")
        column_default_sort = ("created_datetime", True)

        def get_query(self) -> Any:
            return self.session.query(Event).filter(*asked)

        def get_count_query(self) -> Any:
            return self.session.query(func.count()).select_from(Event).filter(*asked)

    app = Flask("peer")
    app.secret_key = "only for benchmarks"
    Admin(app).add_view(Events(Event, Session(log.engine)))
    client = app.test_client()
    return lambda: client.get("/admin/event/").status_code


def _datasette(log: BigLog, member: int | None) -> Ask:
    path = str(log.engine.url.database)
    served = Datasette([path], settings={"suggest_facets": False, "default_page_size": 50, "sql_time_limit_ms": 60_000})
    name = path.rsplit("/", 1)[-1].removesuffix(".db")
    asked = f"created_datetime__gte={_since(log)}" + (f"&user_id={member}" if member else "")
    address = f"/{name}/event?{asked}&_sort_desc=created_datetime"
    return lambda: int(asyncio.run(served.client.get(address)).status_code)
