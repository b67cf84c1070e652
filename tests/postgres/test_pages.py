"""Every page answers on PostgreSQL, too, which takes columns and types more strictly than SQLite does."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.engine import URL

from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser
from tests.helpdesk.web.everywhere import furnish_everything, how_asked, routes, things_of
from tests.outside import postgres_only
from tests.sites import open_site

pytestmark = postgres_only

#: A stream has no end.
ENDLESS = {"audit.live"}


@pytest.fixture
def app(desk: Desk, database_url: URL) -> Iterator[Flask]:
    """The application on a small desk."""
    with open_site(database_url) as app:
        yield app


def test_no_page_breaks(app: Flask, desk: Desk) -> None:
    furnish_everything(desk)
    things = things_of(desk.session, desk.account_id)
    desk.session.rollback()
    olive = Browser(app.test_client())
    assert olive.log_in("owner@demo.example").status_code == 303
    broken = {}
    for route in routes():
        if route.method == "GET" and route.endpoint not in ENDLESS and not {"token", "key"} & {*route.arguments}:
            path, headers = how_asked(app, olive.client, route, things)
            status = olive.get(path, headers=headers).status_code
            if status >= 500:
                broken[path] = status
    assert broken == {}
