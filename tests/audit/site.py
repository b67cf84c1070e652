"""The whole application on a test's database, and browsers that are logged in to it."""

from dataclasses import replace
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import URL
from werkzeug.test import TestResponse

import wsgi
from audit.db import db
from helpdesk import config as settings
from tests.desks import PASSWORD

LOG = "/settings/audit"
LIVE = {"HX-Request": "true", "HX-Target": "section#audit-result"}


def open_site(url: URL) -> Flask:
    """The application; its forms want no token, or every test would have to fetch one."""
    address = url.render_as_string(hide_password=False)
    plain = settings.from_environment({"SECRET_KEY": "only for tests"})
    app = wsgi.create_app(replace(plain, database_url=address, migrate_database_url=address))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return app


def close_site(app: Flask) -> None:
    """Let go of its connections."""
    with app.app_context():
        db.engine.dispose()


def browser(app: Flask, name: str = "admin", domain: str = "demo") -> FlaskClient:
    """A browser in which this team member is logged in."""
    client = app.test_client()
    answer = client.post("/login", data={"email": f"{name}@{domain}.example", "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client


def look(client: FlaskClient, path: str = LOG, **asked: Any) -> TestResponse:
    """What a browser gets for an address."""
    return client.get(path, query_string=asked)


def words(answer: TestResponse) -> str:
    """Its text, with entities read."""
    return unescape(answer.text)
