"""Who may do what on every route: the forbidden answers 403, another account's things 404, and nothing is written."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from audit.db import db
from helpdesk import config as settings
from helpdesk.models import Role
from helpdesk.permissions import may
from tests.databases import engine_for, sqlite_url
from tests.desks import Desk, find_desk, open_desk, open_session
from tests.helpdesk.web.browsers import Browser, hire
from tests.helpdesk.web.everywhere import Route, address, furnish_everything, routes, things_of
from wsgi import create_app

#: What whoever is logged in may open, whatever their role: nothing here changes anything but their own things.
EVERYBODY = {
    "attachments.download",
    "auth.log_out",
    "glossary.index",
    "glossary.show",
    "profile.change_password",
    "profile.show",
    "profile.update",
    "shell.pulse",
    "tickets.home",
    "tickets.index",
    "tickets.mark_unread",
    "tickets.show",
    "tickets.show_trail",
}

#: What a stranger may open: the doors of the desk, and the pages for customers.
PUBLIC = {
    "auth.log_in", "auth.log_in_now", "auth.reactivate",
    "chatroom.file", "chatroom.leave", "chatroom.messages", "chatroom.room", "chatroom.write",
    "echo.take", "invitations.accept", "invitations.show",
    "oauth.token",
    "resets.finish", "resets.forgot", "resets.forgot_now", "resets.sent", "resets.show",
    "shop_hooks.take", "sign_up.create", "sign_up.new",
    "storefront.buy", "storefront.cancel", "storefront.front", "storefront.order", "storefront.refund",
    "surveys.answer", "surveys.respond",
}  # fmt: skip

#: Everybody may delete their own views, and who may share them those of the others.
ANSWERED_BY_THE_THING = {"views.confirm_delete"}

GUARDED = [(role, route) for route in routes() if route.needs is not None for role in Role]
FORBIDDEN = [(role, route) for role, route in GUARDED if not may(role, route.needs or "read")]
#: What pressing something does is told by tests of its own; here it would only take things away from the others.
OPEN = [
    (role, route)
    for role, route in GUARDED
    if route.method == "GET" and (role, route) not in FORBIDDEN and route.endpoint not in ANSWERED_BY_THE_THING
]
OF_THINGS = [
    route
    for route in routes()
    if not route.is_public and {*route.arguments} - {"menu", "name", "event_type", "lesson", "drill"}
]


@dataclass
class Site:
    """Two accounts with one of everything each, and the people of the first, one in each role, logged in."""

    app: Flask
    desk: Desk
    other: Desk
    people: dict[Role, Browser]
    own: dict[str, Any]
    theirs: dict[str, Any]

    def written(self) -> tuple[int, int]:
        """The newest event of each account."""
        return self.desk.last_event_id(), self.other.last_event_id()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("roles")
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
            trusted_hosts=("localhost",),
        )
        app = create_app(config)
        app.config.update(WTF_CSRF_ENABLED=False)
        people = {}
        for role, email in emails.items():
            people[role] = Browser(app.test_client())
            assert people[role].log_in(email).status_code == 303
        own, theirs = (things_of(each.session, each.account_id) for each in (desk, other))
        yield Site(app, desk, other, people, own, theirs)
        for each in (desk, other):
            each.session.close()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        engine.dispose()
    patch.undo()


#: Where a form without a field is no form, what is filled in.
FILLED: dict[str, dict[str, Any]] = {
    "customers.merge": {"other": 1},
    "tickets.add_tags": {"names": "refund"},
    "tickets.merge": {"other": 1},
    "tickets.set_field": {"value": "Anything"},
    "tickets.set_language": {"language": "en"},
    "tickets.set_subject": {"subject": "Anything"},
    "views.move": {"before": "0"},
    "widgets.move": {"direction": "up"},
}


def ask(browser: Browser, route: Route, path: str) -> Any:
    """Ask for it as the route is asked for."""
    return browser.get(path) if route.method == "GET" else browser.post(path, **FILLED.get(route.endpoint, {}))


def named(pair: Any) -> str:
    """What a role and a route are called in the list of tests."""
    return str(pair)


@pytest.mark.parametrize(("role", "route"), FORBIDDEN, ids=named)
def test_who_may_not_is_told_so_and_nothing_happens(site: Site, role: Role, route: Route) -> None:
    before = site.written()
    answer = ask(site.people[role], route, address(site.app, route, site.own))
    assert answer.status_code == 403
    assert site.written() == before


@pytest.mark.parametrize(("role", "route"), OPEN, ids=named)
def test_who_may_look_is_let_in(site: Site, role: Role, route: Route) -> None:
    answer = ask(site.people[role], route, address(site.app, route, site.own))
    assert answer.status_code not in (403, 500)


@pytest.mark.parametrize("route", OF_THINGS, ids=str)
def test_what_belongs_to_another_account_is_not_there(site: Site, route: Route) -> None:
    before = site.written()
    missing = [name for name in route.arguments if site.theirs.get(name) is None]
    assert not missing, f"furnish_everything() must make a {', '.join(missing)}"
    answer = ask(site.people[Role.OWNER], route, address(site.app, route, site.theirs))
    if answer.status_code == 303 and route.method == "GET":
        answer = site.people[Role.OWNER].get(answer.headers["Location"])
    assert answer.status_code == 404, answer.status_code
    assert site.written() == before


def test_what_everybody_may_open_was_looked_at() -> None:
    open_to_all = {route.endpoint for route in routes() if route.needs is None and not route.is_public}
    assert open_to_all == EVERYBODY


def test_what_strangers_may_open_was_looked_at() -> None:
    assert {route.endpoint for route in routes() if route.is_public} == PUBLIC


@pytest.mark.parametrize("route", [route for route in routes() if not route.is_public], ids=str)
def test_a_stranger_is_led_to_the_door(site: Site, route: Route) -> None:
    before = site.written()
    path = address(site.app, route, site.own)
    answer = ask(Browser(site.app.test_client()), route, path)
    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/login")
    assert site.written() == before
