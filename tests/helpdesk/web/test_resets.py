"""Forgotten passwords: everybody is told the same, a link works once for an hour, nobody is flooded with mail."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from audit.clock import wall_now
from helpdesk.mail import trap
from helpdesk.models import Role
from helpdesk.web import auth, resets
from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser, hire
from tests.helpdesk.web.letters import ANA, CHOSEN, invite, letters, newest_path, path_in, text

Enter = Callable[[str], Browser]


@pytest.fixture(autouse=True)
def fresh_limits(app: Flask) -> None:
    """Tries of other tests don't count."""
    with app.app_context():
        auth.limiter.reset()


@pytest.fixture(autouse=True)
def quick_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests wait for nothing that they don't look at."""
    monkeypatch.setattr(resets, "SECONDS_TO_ANSWER", 0.0)


def test_a_forgotten_password_from_the_log_in_page_to_the_inbox(desk: Desk, stranger: Browser, enter: Enter) -> None:
    ana = enter(ANA)
    assert 'href="/forgot"' in text(stranger.get("/login"))
    with desk.watched() as trail:
        assert stranger.post("/forgot", email=" ANA@demo.example ").headers["Location"] == "/forgot/sent"
        path = newest_path(desk)
        assert ANA in text(stranger.get(path))
        response = stranger.post(path, **CHOSEN)
        assert response.headers["Location"] == "/login"
    assert trail.lines == [("user-password-reset", "Ana Lopez"), ("user-password-changed", "Ana Lopez")]
    assert ana.get("/profile").status_code == 303
    assert stranger.log_in(ANA).status_code == 422
    assert stranger.log_in(ANA, "one that is new").status_code == 303
    assert stranger.get(path).status_code == 404
    assert stranger.post(path, **CHOSEN).status_code == 404


def test_the_old_password_works_until_the_new_one_is_set(desk: Desk, stranger: Browser) -> None:
    stranger.post("/forgot", email=ANA)
    assert stranger.log_in(ANA).status_code == 303


def test_unknown_addresses_are_told_the_same_and_nothing_is_written(desk: Desk, stranger: Browser) -> None:
    with desk.watched() as trail:
        known, unknown = (stranger.post("/forgot", email=email) for email in (ANA, "nobody@demo.example"))
    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    assert known.data == unknown.data
    assert trail.types == ["user-password-reset"]
    assert [letter.recipient for letter in letters(desk)] == [ANA]
    page = text(stranger.get("/forgot/sent"))
    assert "If the address belongs to a team member" in page


def test_known_or_not_an_answer_takes_the_same_time(
    desk: Desk, stranger: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resets, "SECONDS_TO_ANSWER", 0.4)
    for email in (ANA, "nobody@demo.example"):
        begun = time.monotonic()
        stranger.post("/forgot", email=email)
        assert time.monotonic() - begun >= 0.4


def test_who_can_not_log_in_gets_no_mail(desk: Desk, client: Browser, stranger: Browser) -> None:
    invite(desk)
    client.post(f"/settings/users/{desk.ben_id}/switch-off")
    before = len(letters(desk))
    for email in ("nora@demo.example", "ben@demo.example"):
        assert stranger.post("/forgot", email=email).headers["Location"] == "/forgot/sent"
    client.post("/settings/account/deactivate")
    assert stranger.post("/forgot", email=ANA).headers["Location"] == "/forgot/sent"
    assert len(letters(desk)) == before


def test_nobody_is_flooded_with_mail(desk: Desk, stranger: Browser) -> None:
    for _ in range(5):
        assert stranger.post("/forgot", email=ANA).status_code == 303
    for email in (ANA, " Ana@Demo.example"):
        refused = stranger.post("/forgot", email=email)
        assert refused.status_code == 429
        assert "No mail was sent" in text(refused)
    for _ in range(5):
        stranger.post("/forgot", email="nobody@demo.example")
    assert stranger.post("/forgot", email="nobody@demo.example").status_code == 429
    assert len(letters(desk)) == 5


def test_only_the_newest_of_two_links_works(desk: Desk, stranger: Browser) -> None:
    for _ in range(2):
        stranger.post("/forgot", email=ANA)
    first, second = (path_in(letter) for letter in letters(desk))
    assert stranger.post(first, **CHOSEN).status_code == 404
    assert stranger.post(second, **CHOSEN).status_code == 303


def test_a_link_runs_out_after_an_hour_on_the_wall_whatever_the_desk_clock_says(desk: Desk, stranger: Browser) -> None:
    stranger.post("/forgot", email=ANA)
    path = newest_path(desk)
    desk.move_clock(timedelta(days=8))
    assert stranger.get(path).status_code == 200
    with time_machine.travel(wall_now() + timedelta(minutes=61), tick=True):
        for response in (stranger.get(path), stranger.post(path, **CHOSEN)):
            assert response.status_code == 410
            assert "has run out" in text(response)


@pytest.mark.parametrize(
    "email", ["", "ana", "x" * 10_000, "<script>alert(1)</script>", "a@b.example\r\nBcc: x@y.example"]
)
def test_what_is_no_address_is_said_beside_the_field(desk: Desk, stranger: Browser, email: str) -> None:
    with desk.watched() as trail:
        response = stranger.post("/forgot", email=email)
    assert response.status_code == 422
    assert "<script>alert" not in text(response)
    assert trail.types == []


def test_the_trap_shows_links_that_open_somebodys_account_to_admins_only(desk: Desk, enter: Enter) -> None:
    for name in ("password", "invitation", "message"):
        raw = f"Message-ID: <{name}.1@demo.example>\r\nSubject: About a {name}\r\n\r\nHello".encode()
        trap.store("support@demo.example", [ANA], raw)
    ids = {mail.subject: mail.id for mail in trap.caught(None)}
    lead, admin = enter(hire(desk, Role.LEAD)), enter("admin@demo.example")
    assert [
        name in text(lead.get("/mail")) for name in ("About a password", "About a invitation", "About a message")
    ] == [
        False,
        False,
        True,
    ]
    assert lead.get(f"/mail/{ids['About a password']}").status_code == 404
    assert "About a password" in text(admin.get("/mail"))
    assert admin.get(f"/mail/{ids['About a password']}").status_code == 200
