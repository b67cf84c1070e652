"""Peers: the same week of the same log in other programs, beside our page with its exact total and its histogram.

They are installed by `make bench` alone, and read the very file that our page reads.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from datasette.app import Datasette
from flask import Flask
from flask.testing import FlaskClient
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from sqlalchemy import MetaData, Table, func
from sqlalchemy.orm import DeclarativeBase, Session

from audit.base import to_microseconds
from bench import django_admin
from bench.biglog import BigLog, a_big_log
from bench.reading import clients
from bench.results import Result, Wrong
from bench.sizes import Sizes

Ask = Callable[[], int]

#: The questions by the member that they name, if any.
QUESTIONS: Final = {"a week": None, "one member and a week": 7}
#: What our list with exact total and histogram may take of theirs, whose pages have no histogram but the floor's.
GOALS: Final = {
    "the floor": 1.3,
    "Flask-Admin": 0.5,
    "Datasette, no suggestions": None,
    "Django admin, no full count": None,
}
_IN_PLACE: Final = {"HX-Request": "true", "HX-Target": "section#audit-result"}


def measure(sizes: Sizes, wrong: Wrong) -> Iterator[Result]:
    """In turns, on the default database."""
    with a_big_log("SQLite", sizes.log) as log, clients(log) as (desk, bare):
        admin = django_admin.installed(str(log.engine.url.database))
        for question, member in QUESTIONS.items():
            asked = {"account_id": log.account_id, "created_datetime__gte": _since(log), **_of(member, "user_id")}
            peers: dict[str, Ask] = {
                "the floor": partial(_get, bare, f"/counted?{urlencode(_of(member, 'member'))}"),
                "Flask-Admin": _flask_admin(log, member),
                "Datasette, no suggestions": _datasette(log, asked),
                "Django admin, no full count": partial(django_admin.ask, admin, asked),
            }
            ours = _timed(partial(_ours, desk, urlencode(_of(member, "member"))))
            for peer, ask in peers.items():
                pairs = [(ours(wrong), _timed(ask)(wrong)) for _ in range(sizes.visits // 4 + 2)][1:]
                mine, theirs = (statistics.median(pair[side] for pair in pairs) * 1000 for side in (0, 1))
                yield Result(
                    name=f"peers: {question}, ours against {peer}",
                    database="SQLite",
                    rows=f"count(*) = {log.events:,}, {mine:.1f} and {theirs:.1f} ms",
                    measured=[statistics.median(our / their for our, their in pairs)],
                    unit="×",
                    goal=GOALS[peer],
                    at_most=True,
                )


def _of(member: int | None, name: str) -> dict[str, int]:
    return {name: member} if member else {}


def _ours(desk: FlaskClient, filters: str) -> int:
    """The list as it comes while one chooses, and the exact total and the bars, which the page fetches if not there."""
    listed = desk.get(f"/settings/audit?{filters}", headers=_IN_PLACE)
    if b"data-histogram" in listed.data:
        return listed.status_code
    return max(listed.status_code, _get(desk, f"/settings/audit/around?{filters}", {"HX-Request": "true"}))


def _get(client: FlaskClient, path: str, headers: dict[str, str] | None = None) -> int:
    return client.get(path, headers=headers).status_code


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
    asked = [columns.account_id == log.account_id, columns.created_datetime >= _since(log)]
    asked += [columns.user_id == member] if member else []

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


def _datasette(log: BigLog, asked: dict[str, int]) -> Ask:
    path = str(log.engine.url.database)
    served = Datasette([path], settings={"suggest_facets": False, "default_page_size": 50, "sql_time_limit_ms": 60_000})
    name = path.rsplit("/", 1)[-1].removesuffix(".db")
    address = f"/{name}/event?{urlencode(asked)}&_sort_desc=created_datetime"
    return lambda: int(asyncio.run(served.client.get(address)).status_code)
