"""Who may do what on every route: the forbidden answers 403, another account's things 404, and nothing is written."""

from collections.abc import Iterator
from typing import Any, TypeAlias

import pytest
from flask import Flask

from helpdesk.models import Role
from helpdesk.permissions import may
from tests.desks import Desk
from tests.helpdesk.neighbours import Neighbours, neighbours
from tests.helpdesk.web.browsers import Browser
from tests.helpdesk.web.everywhere import Route, address, routes

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


Site: TypeAlias = Neighbours[Browser]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None) -> Iterator[Site]:
    """The people of the first account are logged in, one in each role."""
    with neighbours(tmp_path_factory.mktemp("roles"), logged_in, trusted_hosts=("localhost",)) as made:
        yield made


def logged_in(app: Flask, _desk: Desk, email: str) -> Browser:
    """A browser in which they are."""
    browser = Browser(app.test_client())
    assert browser.log_in(email).status_code == 303
    return browser


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
    answer = ask(site.callers[role], route, address(site.app, route, site.own))
    assert answer.status_code == 403
    assert site.written() == before


@pytest.mark.parametrize(("role", "route"), OPEN, ids=named)
def test_who_may_look_is_let_in(site: Site, role: Role, route: Route) -> None:
    answer = ask(site.callers[role], route, address(site.app, route, site.own))
    assert answer.status_code not in (403, 500)


@pytest.mark.parametrize("route", OF_THINGS, ids=str)
def test_what_belongs_to_another_account_is_not_there(site: Site, route: Route) -> None:
    before = site.written()
    missing = [name for name in route.arguments if site.theirs.get(name) is None]
    assert not missing, f"furnish_everything() must make a {', '.join(missing)}"
    answer = ask(site.callers[Role.OWNER], route, address(site.app, route, site.theirs))
    if answer.status_code == 303 and route.method == "GET":
        answer = site.callers[Role.OWNER].get(answer.headers["Location"])
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
