"""The owner switches the account off, and on again; nobody else does, and nobody else learns of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from audit.action import enter as enter_account
from audit.clock import wall_now
from audit.ledger import record
from helpdesk.events import ACCOUNT_UPDATED
from helpdesk.models import Account
from helpdesk.web import auth
from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser
from tests.helpdesk.web.letters import ANA, text

Enter = Callable[[str], Browser]


@pytest.fixture(autouse=True)
def fresh_limits(app: Flask) -> None:
    """Tries of other tests don't count."""
    with app.app_context():
        auth.limiter.reset()


def test_the_owner_switches_the_account_off_and_on_again(
    desk: Desk, client: Browser, enter: Enter, stranger: Browser
) -> None:
    ana = enter(ANA)
    sheet = text(client.get("/settings/account/deactivate"))
    assert "All 4 team members are logged out" in sheet
    with desk.watched() as trail:
        assert client.post("/settings/account/deactivate").headers["Location"] == "/login"
        assert ana.get("/profile").status_code == client.get("/profile").status_code == 303
        assert "Account deactivated" in text(client.get("/login"))
        assert ana.log_in(ANA).status_code == 422
        door = stranger.log_in("owner@demo.example")
        assert door.status_code == 403
        assert "This account is deactivated" in text(door)
        assert stranger.get("/profile").status_code == 303
        assert stranger.post("/reactivate").headers["Location"] == "/tickets"
    assert trail.lines == [
        ("account-deactivated", "Olive Owner"),
        ("user-login-failed", None),
        ("account-reactivated", "Olive Owner"),
        ("user-logged-in", "Olive Owner"),
    ]
    assert len({event.context for event in trail.events[2:]}) == 1
    assert "Demo shop is switched on again" in text(stranger.get("/profile"))
    assert ana.get("/profile").status_code == 303, "sessions of before don't come back"
    assert ana.log_in(ANA).status_code == 303


def test_only_the_owner_may_switch_it_off(desk: Desk, enter: Enter) -> None:
    with desk.watched() as trail:
        for email in ("admin@demo.example", ANA):
            browser = enter(email)
            assert browser.get("/settings/account/deactivate").status_code == 403
            assert browser.post("/settings/account/deactivate").status_code == 403
    assert set(trail.types) == {"user-logged-in"}


@pytest.mark.parametrize("email", ["admin@demo.example", ANA, "nobody@demo.example"])
def test_others_are_told_what_they_are_always_told(desk: Desk, client: Browser, stranger: Browser, email: str) -> None:
    client.post("/settings/account/deactivate")
    response = stranger.log_in(email)
    assert response.status_code == 422
    assert auth.WRONG.replace("'", "&#39;") in text(response)
    assert stranger.post("/reactivate").headers["Location"] == "/login"
    assert not desk_is_on(desk)


def desk_is_on(desk: Desk) -> bool:
    """Whether people may log in."""
    desk.session.rollback()
    enter_account(desk.session, desk.account_id)
    return bool(desk.session.scalars(select(Account).execution_options(populate_existing=True)).one().is_active)


def test_a_wrong_password_does_not_tell_that_it_is_off(desk: Desk, client: Browser, stranger: Browser) -> None:
    client.post("/settings/account/deactivate")
    response = stranger.log_in("owner@demo.example", "a guess")
    assert response.status_code == 422
    assert "deactivated" not in text(response)
    assert stranger.post("/reactivate").headers["Location"] == "/login"
    assert not desk_is_on(desk)


def test_who_thinks_about_it_for_too_long_logs_in_again(desk: Desk, client: Browser, stranger: Browser) -> None:
    client.post("/settings/account/deactivate")
    stranger.log_in("owner@demo.example")
    with time_machine.travel(wall_now() + timedelta(minutes=11), tick=True):
        assert stranger.post("/reactivate").headers["Location"] == "/login"
        assert "Log in again" in text(stranger.get("/login"))
    assert not desk_is_on(desk)


def test_an_archived_account_lets_not_even_its_owner_back(desk: Desk, client: Browser, stranger: Browser) -> None:
    with desk.acting():
        desk.account.archived_datetime = desk.now()
        record(ACCOUNT_UPDATED, desk.account, by=desk.by_admin)
    assert stranger.log_in("owner@demo.example").status_code == 422


def test_the_cookie_of_one_account_switches_on_no_other(desk: Desk, client: Browser, stranger: Browser) -> None:
    with stranger.client.session_transaction() as cookie:
        forged: dict[str, Any] = {"user": desk.ana_id, "account": desk.account_id, "until": wall_now().timestamp() + 60}
        cookie[auth.WAITING] = forged
    client.post("/settings/account/deactivate")
    response = stranger.post("/reactivate")
    assert response.status_code == 409
    assert not desk_is_on(desk)
