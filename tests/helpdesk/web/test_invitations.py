"""Following an invitation: once, for seven days of the desk clock, into the account that sent it."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine

from helpdesk import invitations
from helpdesk.models import Role
from helpdesk.web import auth, resets
from tests.desks import Desk, open_desk, open_session
from tests.helpdesk.web.browsers import Browser
from tests.helpdesk.web.letters import ANA, CHOSEN, invite, newest_path, text


@pytest.fixture(autouse=True)
def fresh_limits(app: Flask) -> None:
    """Tries of other tests don't count."""
    with app.app_context():
        auth.limiter.reset()


@pytest.fixture(autouse=True)
def quick_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests wait for nothing that they don't look at."""
    monkeypatch.setattr(resets, "SECONDS_TO_ANSWER", 0.0)


def test_following_an_invitation(desk: Desk, stranger: Browser) -> None:
    path = invite(desk)
    with desk.watched() as trail:
        page = text(stranger.get(path))
        assert "Join Demo shop" in page
        assert "nora@demo.example" in page
        assert "reply to customers" in page
        response = stranger.post(path, **CHOSEN)
        assert response.headers["Location"] == "/tickets"
    assert trail.lines == [("user-password-changed", "Nora New"), ("user-logged-in", "Nora New")]
    assert len(trail.contexts) == 1
    assert trail["user-logged-in"].data == {"remote_addr": "127.0.0.1", "login_type": ["password"]}
    profile = text(stranger.get("/profile"))
    assert "Welcome to Demo shop." in profile
    assert "User password changed" in profile


def test_a_link_is_used_up(desk: Desk, stranger: Browser, app: Flask) -> None:
    path = invite(desk)
    stranger.post(path, **CHOSEN)
    with desk.watched() as trail:
        for again in (stranger.get(path), Browser(app.test_client()).post(path, **CHOSEN)):
            assert again.status_code == 404
            assert "It was used already" in text(again)
    assert trail.types == []


def test_looking_at_a_link_changes_nothing(desk: Desk, stranger: Browser) -> None:
    path = invite(desk)
    with desk.watched() as trail:
        for _ in range(3):
            assert stranger.get(path).status_code == 200
            assert stranger.client.head(path).status_code == 200
    assert trail.types == []
    assert stranger.post(path, **CHOSEN).status_code == 303


def test_an_invitation_of_eight_days_ago_has_run_out(desk: Desk, stranger: Browser) -> None:
    path = invite(desk)
    desk.move_clock(timedelta(days=8))
    for response in (stranger.get(path), stranger.post(path, **CHOSEN)):
        assert response.status_code == 410
        assert "has run out" in text(response)


@pytest.mark.parametrize("token", ["x", "a" * 5000, "%00", "%ff%fe", "☃", "..%2f..", "' OR 1=1--"])
@pytest.mark.parametrize("where", ["/invitation/", "/reset/"])
def test_a_token_that_never_was_gets_a_clear_page(stranger: Browser, where: str, token: str) -> None:
    for response in (stranger.get(f"{where}{token}"), stranger.post(f"{where}{token}", **CHOSEN)):
        assert response.status_code == 404
        assert "<script" not in text(response).replace("<script src", "")


def test_tokens_don_t_open_each_others_doors(desk: Desk, stranger: Browser) -> None:
    invitation = invite(desk)
    stranger.post("/forgot", email=ANA)
    reset = newest_path(desk)
    assert stranger.get(invitation.replace("/invitation/", "/reset/")).status_code == 404
    assert stranger.get(reset.replace("/reset/", "/invitation/")).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"password": "short", "repeated": "short"}, "at least 8"),
        ({"repeated": "another"}, "differ"),
        ({"password": "", "repeated": ""}, "Choose a password."),
        ({"password": "x" * 2000, "repeated": "x" * 2000}, "at most 1024"),
    ],
)
def test_a_password_that_can_not_be_chosen_costs_nothing(
    desk: Desk, stranger: Browser, wrong: dict[str, str], sentence: str
) -> None:
    path = invite(desk)
    response = stranger.post(path, **{**CHOSEN, **wrong})
    assert response.status_code == 422
    assert sentence in text(response)
    assert stranger.post(path, **CHOSEN).status_code == 303


def test_an_invitation_of_another_account_leads_there(desk: Desk, engine: Engine, client: Browser) -> None:
    other = open_desk(open_session(engine), "two")
    with other.acting():
        invitations.invite(other.account, email="nora@two.example", name="Nora", role=Role.LITE, by=other.by_admin)
    path = newest_path(desk)
    assert "Olive Owner is logged in" in text(client.get(path))
    with desk.watched() as ours, other.watched() as theirs:
        assert client.post(path, **CHOSEN).status_code == 303
    assert ours.types == []
    assert theirs.types == ["user-password-changed", "user-logged-in"]
    assert "Two shop" in text(client.get("/profile"))
    assert other.replay().agrees
    other.session.close()


def test_nobody_joins_a_desk_that_is_switched_off(desk: Desk, client: Browser, stranger: Browser) -> None:
    path = invite(desk)
    client.post("/settings/account/deactivate")
    response = stranger.get(path)
    assert response.status_code == 409
    assert "switched off for now" in text(response)
    assert stranger.post(path, **CHOSEN).status_code == 409
