"""The whole application on a test's database: built once for all tests, since that takes longer than most of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

from flask import Flask
from sqlalchemy.engine import URL

from audit import tail
from audit.db import db
from helpdesk import config as settings
from helpdesk.web.auth import limiter
from wsgi import create_app


@contextmanager
def open_site(url: URL) -> Iterator[Flask]:
    """The application as it was before any test came; forms need no token, except where a test switches that on."""
    app = _application(url)
    config = dict(app.config)
    limiter.reset()
    yield app
    app.config.clear()
    app.config.update(config)
    tail.tail(app).close()
    with app.app_context():
        tail.install(app, db.engine)
        for kept in ("audit_known", "audit_drawings", "audit_ways"):  # the next test's database is another one
            app.extensions.pop(kept, None)
        db.session.remove()
        db.engine.dispose()


@cache
def _application(url: URL) -> Flask:
    address = url.render_as_string(hide_password=False)
    plain = settings.from_environment({"SECRET_KEY": "only for tests"})
    app = create_app(replace(plain, database_url=address, migrate_database_url=address, trusted_hosts=("localhost",)))
    app.config.update(WTF_CSRF_ENABLED=False)
    return app
