"""Logging in and out: who gets in, what is said to whom, and what is written."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.clock import wall_now
from audit.ledger import record
from helpdesk.events import ACCOUNT_DEACTIVATED
from helpdesk.models import LoginSession
from helpdesk.web import auth, logins
from tests.desks import Desk
from tests.helpdesk.web.browsers import HTMX, Browser

ANA = "ana@demo.example"


@pytest.fixture(autouse=True)
def fresh_limits(app: Flask) -> None:
    """Tries of other tests don't count."""
    with app.app_context():
        auth.limiter.reset()


def test_logging_in_and_out_writes_both_events(desk: Desk, stranger: Browser) -> None:
    with desk.watched() as trail:
        assert stranger.log_in(ANA).headers["Location"] == "/tickets"
        assert b"Inbox" in stranger.get("/tickets").data
        assert stranger.post("/logout").status_code == 303
    assert trail.lines == [("user-logged-in", "Ana Lopez"), ("user-logged-out", "Ana Lopez")]
    assert trail["user-logged-in"].data == {"remote_addr": "127.0.0.1", "login_type": ["password"]}
    assert stranger.get("/tickets").headers["Location"] == "/login?next=/tickets"


def test_the_database_holds_only_a_digest_of_the_token(desk: Desk, stranger: Browser) -> None:
    response = stranger.log_in(ANA)
    cookie = next(value for value in response.headers.getlist("Set-Cookie") if value.startswith(logins.COOKIE))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    token = cookie.split("=", 1)[1].split(";", 1)[0]
    assert token not in desk.session.scalars(select(LoginSession.token_hash)).all()


def test_an_unknown_address_and_a_wrong_password_are_told_the_same(desk: Desk, stranger: Browser) -> None:
    with desk.watched() as trail:
        wrong = stranger.log_in(ANA, "not the password")
        unknown = stranger.log_in("nobody@demo.example", "not the password")
    assert wrong.status_code == unknown.status_code == 422
    assert _without_tokens(wrong, ANA) == _without_tokens(unknown, "nobody@demo.example")
    assert trail.lines == [("user-login-failed", None)]


def test_who_tries_too_often_waits_and_keeps_what_was_typed(stranger: Browser) -> None:
    for _ in range(10):
        assert stranger.log_in(ANA, "guess").status_code == 422
    response = stranger.log_in(ANA, "guess")
    assert response.status_code == 429
    assert auth.TOO_OFTEN.encode() in response.data
    assert ANA.encode() in response.data
    assert stranger.log_in("ben@demo.example").status_code == 303


def test_a_new_log_in_ends_the_session_that_was_there(desk: Desk, stranger: Browser) -> None:
    stranger.log_in(ANA)
    before = desk.session.scalars(select(LoginSession.token_hash)).all()
    stranger.log_in(ANA)
    desk.session.rollback()
    after = desk.session.scalars(select(LoginSession.token_hash)).all()
    assert len(after) == 1
    assert after != before


def test_a_token_that_somebody_planted_opens_nothing(stranger: Browser) -> None:
    stranger.client.set_cookie(logins.COOKIE, "planted")
    assert stranger.get("/tickets").status_code == 303
    response = stranger.log_in(ANA)
    assert "planted" not in str(response.headers)


def test_a_session_ends_by_wall_time(desk: Desk, stranger: Browser) -> None:
    stranger.log_in(ANA)
    with desk.acting("cli"):
        desk.session.scalars(select(LoginSession)).one().expires_datetime = wall_now() - timedelta(seconds=1)
    assert stranger.get("/tickets").status_code == 303


def test_a_deactivated_account_lets_nobody_in(desk: Desk, client: Browser, stranger: Browser) -> None:
    with desk.acting():
        desk.account.deactivated_datetime = desk.now()
        record(ACCOUNT_DEACTIVATED, desk.account, by=desk.by_ana)
    response = stranger.log_in(ANA)
    assert response.status_code == 422
    assert b"Nobody was logged in" in response.data
    assert client.get("/tickets").status_code == 303


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/tickets/7", "/tickets/7"),
        ("/tickets?view=all", "/tickets?view=all"),
        ("//evil.example", "/tickets"),
        ("/\\evil.example", "/tickets"),
        ("https://evil.example", "/tickets"),
        ("/\t/evil.example", "/tickets"),
        ("javascript:alert(1)", "/tickets"),
        ("tickets", "/tickets"),
    ],
)
def test_the_log_in_leads_only_to_pages_of_the_desk(stranger: Browser, wanted: str, reached: str) -> None:
    assert stranger.log_in(ANA, next=wanted).headers["Location"] == reached


def test_a_page_whose_session_has_ended_stays_with_what_was_written_and_says_so(stranger: Browser) -> None:
    headers = {**HTMX, "HX-Current-URL": "http://localhost/tickets/7"}
    response = stranger.get("/pulse", headers=headers)
    assert response.status_code == 401
    assert "HX-Redirect" not in response.headers
    assert "your words are still here" in response.get_data(as_text=True)
    assert 'href="/login?next=/tickets/7"' in response.get_data(as_text=True)


def _without_tokens(response: TestResponse, email: str) -> str:
    page = response.get_data(as_text=True).replace(email, "")
    return re.sub(r'(csrf_token" value="|X-CSRFToken": ")[^"]+', "", page)
