"""The floor: the least that a page with these events can be. Flask, one Core statement, fifty rows in a plain table.

No log-in, no words, no links, no total: whoever is close to it costs hardly more than asking and drawing does.
Started as `python -m bench.floor URL ACCOUNT PORT`, it is served as the desk is.
"""

import sys
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Flask, render_template_string, request
from gunicorn.app.base import BaseApplication
from sqlalchemy import Engine

from audit import queries
from audit.clock import wall_now
from audit.filters import read_query
from audit.question import Ground
from audit.sessions import AuditedSession
from tests.databases import engine_for

PAGE: Final = """<!DOCTYPE html><title>Events</title><table>
{% for row in rows %}<tr><td>{{ row.created_datetime }}</td><td>{{ row.actor_name }}</td><td>{{ row.type }}</td>
<td>{{ row.object_type }} {{ row.object_id }} {{ row.object_label }}</td><td>{{ row.changes }}</td></tr>
{% endfor %}</table>"""


def floor(engine: Engine, account_id: int, people: dict[int, str]) -> Flask:
    """The application."""
    app = Flask("floor")

    @app.get("/")
    def page() -> str:
        ground = Ground(now=wall_now(), zone=ZoneInfo("UTC"), longest=None, people=people)
        query = read_query(request.args.to_dict(flat=False), ground).query
        with AuditedSession(engine) as session:
            session.info["account_id"] = account_id
            rows = session.execute(queries.statement(session, query, ground, [], queries.PAGE)).all()
        return render_template_string(PAGE, rows=rows)

    return app


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, app: Flask, port: str) -> None:
        self._app, self._port = app, port
        super().__init__()

    def load_config(self) -> None:
        for name, value in (("bind", f"127.0.0.1:{self._port}"), ("worker_class", "gthread"), ("threads", 256)):
            self.cfg.set(name, value)
        self.cfg.set("loglevel", "warning")

    def load(self) -> Any:
        return self._app


def main(url: str, account: str, port: str) -> None:
    """Serve it."""
    engine = engine_for(url)
    with AuditedSession(engine) as session:
        session.info["account_id"] = int(account)
        people = queries.people(session)
    engine.dispose()  # connections don't survive a fork
    _Server(floor(engine, int(account), people), port).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
