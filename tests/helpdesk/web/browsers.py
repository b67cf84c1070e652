"""A browser without scripts, people in every role, and a count of statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from audit.db import db
from helpdesk import people
from helpdesk.models import Role
from tests.desks import PASSWORD, Desk

HTMX = {"HX-Request": "true"}


class Browser:
    """A browser without scripts; `press` is what htmx would send."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def log_in(self, email: str, password: str = PASSWORD, **form: str) -> TestResponse:
        """Fill in the log-in page."""
        return self.client.post("/login", data={"email": email, "password": password, **form})

    def get(self, path: str, **more: Any) -> TestResponse:
        """Open a page."""
        return self.client.get(path, **more)

    def post(self, path: str, **form: Any) -> TestResponse:
        """Send a form."""
        return self.client.post(path, data=form)

    def press(self, path: str, **form: Any) -> TestResponse:
        """Send a form as htmx does."""
        return self.client.post(path, data=form, headers=HTMX)

    def fragment(self, path: str) -> TestResponse:
        """Ask as htmx does."""
        return self.client.get(path, headers=HTMX)


def hire(desk: Desk, role: Role) -> str:
    """A team member in this role; answers the address."""
    email = f"{role.value}-more@demo.example"
    with desk.acting():
        by = desk.by_ana
        people.create(desk.account, email=email, name=f"{role.value.title()} More", role=role, password=PASSWORD, by=by)
    return email


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The statements that are sent while the block runs; transaction control doesn't count."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "COMMIT", "ROLLBACK")):
            sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)
