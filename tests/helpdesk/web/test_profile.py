"""One's own profile: name, address with the present password, and another password, after which all sessions end."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk import passwords, people
from helpdesk.models import LoginSession
from helpdesk.web import auth
from tests.desks import PASSWORD, Desk
from tests.helpdesk.web.browsers import Browser

Enter = Callable[[str], Browser]


@pytest.fixture(autouse=True)
def fresh_limits(app: Flask) -> None:
    """Tries of other tests don't count."""
    with app.app_context():
        auth.limiter.reset()


def profile(**changes: str) -> dict[str, str]:
    """The profile form as Olive's browser would send it."""
    return {"name": "Olive Owner", "email": "owner@demo.example", "timezone": "", "language": "", "bio": "", **changes}


def test_saving_the_profile(desk: Desk, client: Browser) -> None:
    with desk.watched() as trail:
        told = profile(name="Olive O.", timezone="Europe/Dublin", language="fr", bio="Until noon.")
        assert client.post("/profile", **told).status_code == 303
        client.post("/profile", **told)
    assert trail.lines == [("user-updated", "Olive Owner")]
    page = client.get(f"/settings/users/{desk.owner_id}").get_data(as_text=True)
    for words in ("Olive O.", "Europe/Dublin", "French", "Until noon."):
        assert words in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"email": "o@demo.example"}, "enter your present password"),
        ({"email": "o@demo.example", "present_password": "a guess"}, "not your present password"),
        ({"email": "ana@demo.example", "present_password": PASSWORD}, "already belongs to a team member"),
        ({"name": " "}, "Enter a name."),
        ({"timezone": "Mars/Olympus"}, "is no time zone"),
        ({"language": "xx"}, "Choose a language"),
        ({"bio": "x" * 10_000}, "at most 500"),
    ],
)
def test_a_profile_that_can_not_be_saved(desk: Desk, client: Browser, changes: dict[str, str], sentence: str) -> None:
    with desk.watched() as trail:
        response = client.post("/profile", **profile(**changes))
    assert response.status_code in (409, 422)
    assert sentence in response.get_data(as_text=True)
    assert PASSWORD not in response.get_data(as_text=True)
    assert trail.types == []


def test_another_address_with_the_present_password(desk: Desk, client: Browser, stranger: Browser) -> None:
    client.post("/profile", **profile(email="olive@demo.example", present_password=PASSWORD))
    assert stranger.log_in("owner@demo.example").status_code == 422
    assert stranger.log_in("olive@demo.example").status_code == 303


def test_another_password_ends_all_sessions(desk: Desk, enter: Enter, stranger: Browser) -> None:
    here, there = enter("ana@demo.example"), enter("ana@demo.example")
    new = {"old_password": PASSWORD, "password": "one that is new", "repeated": "one that is new"}
    with desk.watched() as trail:
        response = here.post("/profile/password", **new)
    assert response.headers["Location"] == "/login"
    assert trail.lines == [("user-password-changed", "Ana Lopez")]
    assert here.get("/profile").status_code == there.get("/profile").status_code == 303
    assert desk.session.scalars(select(LoginSession).where(LoginSession.user_id == desk.ana_id)).all() == []
    assert "User password changed" in here.get("/login").get_data(as_text=True)
    assert stranger.log_in("ana@demo.example").status_code == 422
    assert stranger.log_in("ana@demo.example", "one that is new").status_code == 303


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"old_password": "a guess"}, "not your present password"),
        ({"password": "short", "repeated": "short"}, "at least 8"),
        ({"password": "x" * 1025, "repeated": "x" * 1025}, "at most 1024"),
        ({"repeated": "another one"}, "differ"),
    ],
)
def test_a_password_that_can_not_be_changed(desk: Desk, client: Browser, wrong: dict[str, str], sentence: str) -> None:
    form = {"old_password": PASSWORD, "password": "one that is new", "repeated": "one that is new", **wrong}
    with desk.watched() as trail:
        response = client.post("/profile/password", **form)
    assert response.status_code == 422
    assert sentence in response.get_data(as_text=True)
    assert "one that is new" not in response.get_data(as_text=True)
    assert trail.types == []


def test_who_guesses_the_present_password_waits(client: Browser) -> None:
    form = {"password": "one that is new", "repeated": "one that is new"}
    for _ in range(10):
        assert client.post("/profile/password", old_password="a guess", **form).status_code == 422
    assert client.post("/profile/password", old_password=PASSWORD, **form).status_code == 429


def test_a_password_that_is_changed_while_it_is_checked_opens_nothing(
    desk: Desk, stranger: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    matches = passwords.matches

    def slow(stored: str | None, given: str) -> bool:
        right = matches(stored, given)
        with desk.acting():
            people.change_password(desk.ana, "one that is new", by=desk.by_ana)
        return right

    monkeypatch.setattr(passwords, "matches", slow)
    with desk.watched() as trail:
        assert stranger.log_in("ana@demo.example").status_code == 422
    assert trail.types == ["user-password-changed", "user-login-failed"]


def test_who_is_deleted_while_they_log_in_is_not_let_in(
    desk: Desk, stranger: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    matches = passwords.matches

    def slow(stored: str | None, given: str) -> bool:
        right = matches(stored, given)
        with desk.acting():
            people.delete(desk.ana, by=desk.by_admin)
        return right

    monkeypatch.setattr(passwords, "matches", slow)
    assert stranger.log_in("ana@demo.example").status_code == 422
