"""Two accounts side by side on one application: who may do what in the first, and that nobody reaches the second."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import pytest
from flask import Flask

from audit.db import db
from helpdesk import config as settings
from helpdesk.models import Role
from tests.databases import engine_for, sqlite_url
from tests.desks import Desk, find_desk, open_desk, open_session
from tests.helpdesk.web.browsers import hire
from tests.helpdesk.web.everywhere import furnish_everything, things_of
from wsgi import create_app

Caller = TypeVar("Caller")


@dataclass
class Neighbours(Generic[Caller]):
    """Two accounts with one of everything each, and a caller of the first for each role."""

    app: Flask
    desk: Desk
    other: Desk
    callers: dict[Role, Caller]  #: browsers in which somebody is logged in, or programs with a key
    own: dict[str, Any]  #: what an address of the first account can name
    theirs: dict[str, Any]

    def written(self) -> tuple[int, int]:
        """The newest event of each account."""
        return self.desk.last_event_id(), self.other.last_event_id()


@contextmanager
def neighbours(folder: Path, call: Callable[[Flask, Desk, str], Caller], **config: Any) -> Iterator[Neighbours[Caller]]:
    """Make them in this folder; `call` makes a caller of a team member's address."""
    with pytest.MonkeyPatch.context() as patch, sqlite_url(folder, furnished=True) as url:
        patch.setenv("HELPDESK_INSTANCE", str(folder))
        engine = engine_for(url)
        desk, other = find_desk(open_session(engine)), open_desk(open_session(engine), "other")
        assert desk is not None
        for each in (desk, other):
            furnish_everything(each)
        emails = {role: "owner@demo.example" if role is Role.OWNER else hire(desk, role) for role in Role}
        plain = replace(settings.from_environment({}), database_url=url.render_as_string(), secret_key="only for tests")
        app = create_app(replace(plain, **config))
        app.config.update(WTF_CSRF_ENABLED=False)
        callers = {role: call(app, desk, email) for role, email in emails.items()}
        own, theirs = (things_of(each.session, each.account_id) for each in (desk, other))
        yield Neighbours(app, desk, other, callers, own, theirs)
        for each in (desk, other):
            each.session.close()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        engine.dispose()
