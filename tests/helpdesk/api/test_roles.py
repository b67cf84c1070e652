"""Who may do what by API, read from the application: the forbidden answers 403, another account's things 404."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask

from audit.db import db
from audit.rest.calls import Call
from helpdesk import config as settings
from helpdesk.models import Role
from helpdesk.permissions import Action, may
from tests.databases import engine_for, sqlite_url
from tests.desks import Desk, find_desk, open_desk, open_session
from tests.helpdesk.api.programs import Program, key_for
from tests.helpdesk.web.browsers import hire
from tests.helpdesk.web.everywhere import application, furnish_everything, things_of
from wsgi import create_app

CALLS: list[Call] = application().extensions["api_calls"]
#: What anybody may read of themselves, whatever number stands there.
OF_THINGS = [call for call in CALLS if "<" in call.path]


@dataclass
class Site:
    """Two accounts with one of everything each, and programs of the first, one for each role."""

    app: Flask
    desk: Desk
    other: Desk
    programs: dict[Role, Program]
    own: dict[str, Any]
    theirs: dict[str, Any]

    def written(self) -> tuple[int, int]:
        """The newest event of each account."""
        return self.desk.last_event_id(), self.other.last_event_id()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("api-roles")
    patch = pytest.MonkeyPatch()
    patch.setenv("HELPDESK_INSTANCE", str(folder))
    with sqlite_url(folder, furnished=True) as url:
        engine = engine_for(url)
        desk, other = find_desk(open_session(engine)), open_desk(open_session(engine), "other")
        assert desk is not None
        for each in (desk, other):
            furnish_everything(each)
        emails = {role: "owner@demo.example" if role is Role.OWNER else hire(desk, role) for role in Role}
        config = replace(
            settings.from_environment({}),
            database_url=url.render_as_string(),
            secret_key="only for tests",
            api_rate=None,
        )
        app = create_app(config)
        programs = {role: key_for(app, desk, email) for role, email in emails.items()}
        own, theirs = (things_of(each.session, each.account_id) for each in (desk, other))
        yield Site(app, desk, other, programs, own, theirs)
        for each in (desk, other):
            each.session.close()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        engine.dispose()
    patch.undo()


def path_of(call: Call, things: dict[str, Any]) -> str:
    """The call's path with these things in it."""
    path = call.path
    for name, number in things.items():
        for kind in ("number", "self", "string"):
            path = path.replace(f"<{kind}:{name}>", str(number))
    assert "<" not in path, path
    return path


def sample_of(call: Call, things: dict[str, Any]) -> Any:
    """The call's sample with these things in it."""
    words = json.dumps(call.sample)
    for name, number in things.items():
        words = words.replace(f'"${name.upper()}"', json.dumps(number))
    assert "$" not in words, words
    return json.loads(words)


@cache
def forbidden() -> list[tuple[Role, Call]]:
    """Every role with every call that it must not make."""
    return [(role, call) for role in Role for call in CALLS if not may(role, cast(Action, call.needs))]


def test_who_may_not_is_told_so_and_nothing_happens(site: Site) -> None:
    before = site.written()
    for role, call in forbidden():
        status, _ = site.programs[role].fail(call.method, path_of(call, site.own), sample_of(call, site.own))
        assert status == 403, (role, call.endpoint)
    assert site.written() == before


def test_what_belongs_to_another_account_is_not_there(site: Site) -> None:
    before = site.written()
    for call in OF_THINGS:
        asking = f"?{call.asking}" if call.asking else ""
        status, _ = site.programs[Role.OWNER].fail(
            call.method, path_of(call, site.theirs) + asking, sample_of(call, site.own)
        )
        assert status == 404, call.endpoint
    assert site.written() == before


def test_without_a_key_nobody_calls_anything(site: Site) -> None:
    for call in CALLS:
        answer = site.app.test_client().open(
            f"/api{path_of(call, site.own)}", method=call.method, json=sample_of(call, site.own)
        )
        assert answer.status_code == 401, call.endpoint
