"""A program that calls the API with somebody's key, and what its answers look like."""

import json
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.actors import Actor
from helpdesk import keys
from helpdesk.models import User
from tests.desks import Desk

COMMAND_LINE = Actor.system("command line")
#: Where clients believe they are.
HOST = "https://acme.gorgias.com"


class Program:
    """Calls the API; paths are below /api."""

    def __init__(self, client: FlaskClient, email: str, key: str) -> None:
        self.client, self.email, self.key = client, email, key

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> TestResponse:
        """One call with the key."""
        if body is not None:
            # In its own order, which counts: the test client's JSON would be sorted.
            more |= {"data": json.dumps(body), "content_type": "application/json"}
        return self.client.open(f"/api{path}", method=method, auth=(self.email, self.key), base_url=HOST, **more)

    def get(self, path: str, **more: Any) -> Any:
        """What is there; it must be."""
        answer = self.call("GET", path, **more)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json

    def post(self, path: str, body: Any = None, status: int = 201, **more: Any) -> Any:
        """What was made."""
        answer = self.call("POST", path, body, **more)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer.json

    def put(self, path: str, body: Any = None, status: int = 200) -> Any:
        """What it is now."""
        answer = self.call("PUT", path, body)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer.json if answer.data else None

    def delete(self, path: str, body: Any = None, status: int = 204) -> None:
        """It is gone."""
        answer = self.call("DELETE", path, body)
        assert answer.status_code == status, (path, answer.status_code, answer.text)

    def fail(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, dict[str, Any]]:
        """The status and the error of a call that must not work."""
        answer = self.call(method, path, body, **more)
        assert answer.json is not None, answer.text
        error = answer.json["error"]
        assert error.keys() <= {"msg", "data"}
        assert isinstance(error["msg"], str)
        return answer.status_code, error


def key_for(app: Flask, desk: Desk, email: str) -> Program:
    """A program with a new key of this team member."""
    with desk.acting():
        user = desk.session.scalars(select(User).where(User.email == email)).one()
        _, key = keys.create(user, name="a program", by=COMMAND_LINE)
    return Program(app.test_client(use_cookies=False), email, key)
