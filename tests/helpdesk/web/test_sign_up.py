"""Opening a desk of one's own: what is written, what is wrong beside its field, where it is switched off."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from audit.action import enter as enter_account
from helpdesk import passwords
from helpdesk.models import Account, AccountSetting, User
from helpdesk.web import auth
from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser
from tests.helpdesk.web.letters import text

Enter = Callable[[str], Browser]


TWIN = {
    "company": "Clay & Kettle",
    "domain": "clay",
    "name": "Cleo Clay",
    "email": "cleo@clay.example",
    "password": "kettle-and-clay",
    "timezone": "Europe/Dublin",
}


@pytest.fixture(autouse=True)
def fresh_limits(app: Flask) -> None:
    """Tries of other tests don't count."""
    with app.app_context():
        auth.limiter.reset()


def opened(desk: Desk, domain: str = "clay") -> Desk:
    """The desk that was opened."""
    desk.session.rollback()
    enter_account(desk.session, None)
    account_id = desk.session.scalar(select(Account.id).where(Account.domain == domain))
    assert account_id is not None
    owner_id = desk.session.scalars(select(User.id).where(User.account_id == account_id)).one()
    desk.session.rollback()
    return replace(desk, account_id=account_id, owner_id=owner_id)


def test_signing_up_opens_a_desk_and_lets_its_owner_in(desk: Desk, stranger: Browser) -> None:
    assert 'href="/signup"' in text(stranger.get("/login"))
    assert stranger.get("/signup").status_code == 200
    with desk.watched() as ours:
        response = stranger.post("/signup", **TWIN)
    assert response.headers["Location"] == "/tickets"
    assert ours.types == []
    twin = opened(desk)
    written = twin.events_after()
    assert [(event.type, event.actor_kind, event.user_id) for event in written] == [
        ("customer-created", "system", None),
        ("ticket-created", "system", None),
        ("ticket-message-created", "system", None),
        ("user-created", "system", None),
        ("account-created", "system", None),
        ("user-logged-in", "user", twin.owner_id),
    ]
    assert len({event.context for event in written}) == 1
    assert {event.source for event in written} == {"web"}
    assert twin.replay().agrees
    enter_account(twin.session, twin.account_id)
    assert (twin.account.name, twin.account.mail_address) == ("Clay & Kettle", "support@clay.example")
    (hours,) = twin.session.scalars(select(AccountSetting))
    assert hours.data["timezone"] == "Europe/Dublin"
    assert twin.owner.role == "owner"
    assert passwords.matches(twin.owner.password_hash, TWIN["password"])
    page = text(stranger.get("/profile"))
    assert "Clay &amp; Kettle has a desk. Welcome!" in page
    assert "Account created" in page
    assert stranger.get("/settings/users").status_code == 200
    assert "ana@demo.example" not in text(stranger.get("/settings/users"))


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"domain": "demo"}, "domain", "Another desk has this subdomain"),
        ({"domain": "Demo "}, "domain", "Another desk has this subdomain"),
        ({"domain": "www"}, "domain", "is kept for the desk itself"),
        ({"domain": "a b"}, "domain", "Take 2 to 63 letters"),
        ({"domain": "x" * 10_000}, "domain", "Take 2 to 63 letters"),
        ({"domain": "<script>"}, "domain", "Take 2 to 63 letters"),
        ({"email": "ANA@demo.example"}, "email", "belongs to a team member already"),
        ({"email": "cleo"}, "email", "is no e-mail address"),
        ({"company": "x" * 10_000}, "company", "at most 200"),
        ({"company": " "}, "company", "Enter the name"),
        ({"name": "x" * 10_000}, "name", "at most 200"),
        ({"password": "short"}, "password", "at least 8"),
        ({"timezone": "Mars/Olympus"}, "timezone", "is no time zone"),
    ],
)
def test_what_is_wrong_with_a_sign_up_is_said_beside_it(
    desk: Desk, stranger: Browser, wrong: dict[str, str], field: str, sentence: str
) -> None:
    with desk.watched() as trail:
        response = stranger.post("/signup", **{**TWIN, **wrong})
    page = text(response)
    assert response.status_code == 422
    error = page.split(f'id="{field}-error">', 1)[1].split("<", 1)[0]
    assert sentence in error
    assert "kettle-and-clay" not in page
    assert "<script>" not in page.replace("<script src", "")
    assert 'value="Clay &amp; Kettle"' in page or field == "company"
    assert trail.types == []
    assert desk.session.scalars(select(Account.domain)).all() == ["demo"]


@pytest.mark.parametrize(
    "company",
    [
        "👩‍👩‍👧‍👦",
        "مرحبا \N{RIGHT-TO-LEFT OVERRIDE}gnp",
        "{{7*7}}",
        "A\r\nBcc: x@y.example",
        "<img src=x onerror=alert(1)>",
    ],
)
def test_a_desk_may_have_any_name(desk: Desk, stranger: Browser, company: str) -> None:
    assert stranger.post("/signup", **{**TWIN, "company": company, "name": company}).status_code == 303
    assert "<img src=x" not in text(stranger.get("/settings/users"))
    twin = opened(desk)
    enter_account(twin.session, twin.account_id)
    assert "\n" not in twin.account.name
    assert twin.replay().agrees


def test_signing_up_twice_opens_one_desk(desk: Desk, stranger: Browser, app: Flask) -> None:
    assert stranger.post("/signup", **TWIN).status_code == 303
    assert Browser(app.test_client()).post("/signup", **TWIN).status_code == 422
    opened(desk)


def test_where_nobody_may_sign_up_there_is_no_way_to_it(app: Flask, desk: Desk, stranger: Browser) -> None:
    app.config["DESK"] = replace(app.config["DESK"], sign_up=False)
    assert "/signup" not in text(stranger.get("/login"))
    for response in (stranger.get("/signup"), stranger.post("/signup", **TWIN)):
        assert response.status_code == 403
        assert "Ask whoever runs this desk" in text(response)
    assert desk.session.scalars(select(Account.domain)).all() == ["demo"]


def test_signing_up_all_the_time_is_refused(stranger: Browser) -> None:
    answers = [stranger.post("/signup", **{**TWIN, "domain": "a b"}).status_code for _ in range(21)]
    assert answers == [422] * 20 + [429]


def test_a_form_that_was_open_for_too_long_keeps_what_was_typed(app: Flask, stranger: Browser) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    for path, form in (("/signup", TWIN), ("/forgot", {"email": "cleo@clay.example"})):
        response = stranger.post(path, **form)
        assert response.status_code == 400
        assert 'value="cleo@clay.example"' in text(response)
        assert "Try again now." in text(response)
