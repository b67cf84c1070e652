"""The floor: the least that a page with these events can be. Flask, one Core statement, fifty rows in a plain table.

No log-in, no words, no links: whoever is close to it costs hardly more than asking and drawing does. Under `/counted`
there are bars beside the rows, one range of an index each, which add up to the exact total.
Started as `python -m bench.floor URL ACCOUNT PORT`, it is served as the desk is.
"""

import sys
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Flask, render_template_string, request
from gunicorn.app.base import BaseApplication
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from audit import queries
from audit.action import enter
from audit.base import to_microseconds
from audit.clock import wall_now
from audit.filters import read_query
from audit.log import event_head
from audit.periods import span_of
from audit.question import Ground, Query
from audit.scales import scale_for
from audit.sessions import AuditedSession, scoped
from tests.databases import engine_for

PAGE: Final = """<!DOCTYPE html><title>Events</title><table>
{% for row in rows %}<tr><td>{{ row.created_datetime }}</td><td>{{ row.actor_name }}</td><td>{{ row.type }}</td>
<td>{{ row.object_type }} {{ row.object_id }} {{ row.object_label }}</td><td>{{ row.changes }}</td></tr>
{% endfor %}</table>{% for number in bars %}<i>{{ number }}</i>{% endfor %}<b>{{ bars|sum }}</b>"""


def floor(engine: Engine, account_id: int, people: dict[int, str]) -> Flask:
    """The application."""
    app = Flask("floor")
    with AuditedSession(engine) as session:
        enter(session, account_id)
        ahead = session.execute(scoped(session, event_head.c.last_datetime, table=event_head)).scalar_one() - wall_now()

    @app.get("/")
    @app.get("/<counted>")
    def page(counted: str = "") -> str:
        # The log ends when it was made, and so does the desk's last week.
        ground = Ground(now=wall_now() + ahead, zone=ZoneInfo("UTC"), longest=None, people=people)
        query = read_query(request.args.to_dict(flat=False), ground).query
        with AuditedSession(engine) as session:
            session.info["account_id"] = account_id
            rows = session.execute(queries.statement(session, query, ground, [], queries.PAGE)).all()
            bars = _bars(session, query, ground) if counted else []
        return render_template_string(PAGE, rows=rows, bars=bars)

    return app


def _bars(session: Session, query: Query, ground: Ground) -> list[int]:
    """How many there are in each bar, of everybody or of one member; on SQLite."""
    span = span_of(query.period, ground.now, ground.zone)
    assert span.start is not None
    ends = [tuple(map(to_microseconds, bar)) for bar in scale_for(span.start, ground.now, ground.zone).bars]
    whose = f"AND user_id = {query.members[0]}" if query.members else ""
    asked = f"""SELECT (SELECT count(*) FROM event WHERE account_id = :account {whose}
                        AND created_datetime >= column1 AND created_datetime < column2)
                FROM (VALUES {", ".join(map(str, ends))})"""
    return list(session.execute(text(asked), {"account": session.info["account_id"]}).scalars())


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
