"""The audit page as a browser asks for it."""

from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.desks import PASSWORD

LOG = "/settings/audit"
LIVE = {"HX-Request": "true", "HX-Target": "section#audit-result"}


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
