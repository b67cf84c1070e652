"""The pages of team members: invited, edited, switched off, deleted, by whom it may be done."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import get_args

import pytest
from flask import Flask
from sqlalchemy import Engine, select

from audit.action import enter
from helpdesk import tickets
from helpdesk.models import Role, User
from helpdesk.permissions import WORDS, Action, added
from helpdesk.web import auth
from tests.desks import Desk, open_desk, open_session
from tests.helpdesk.web.browsers import HTMX, Browser, hire, statements
from tests.helpdesk.web.letters import letters, newest_path

Enter = Callable[[str], Browser]

NORA = {"name": "Nora New", "email": "nora@demo.example", "role": "basic"}
HOSTILE = [
    "x" * 10_000,
    "👩‍👩‍👧‍👦 🏳️‍🌈",
    "مرحبا \N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
    "<script>alert(1)</script>",
    "{{7*7}} {% for x in y %}",
    "'); DROP TABLE user;--",
    "Nora\r\nBcc: everybody@example.org\r\n\r\nBody",
    "a\x00b",
]


@pytest.fixture(autouse=True)
def fresh_limits(app: Flask) -> None:
    """Tries of other tests don't count."""
    with app.app_context():
        auth.limiter.reset()


def user(desk: Desk, email: str) -> User:
    """The team member with this address, as they are now."""
    desk.session.rollback()
    enter(desk.session, desk.account_id)
    return desk.session.scalars(select(User).where(User.email == email).execution_options(populate_existing=True)).one()


def address(number: int, what: str = "") -> str:
    """A page of somebody."""
    return f"/settings/users/{number}{what}"


# ---- Inviting


def test_inviting_somebody_writes_both_events_in_one_chain_and_a_letter(desk: Desk, client: Browser) -> None:
    with desk.watched() as trail:
        response = client.post("/settings/users/invite", **NORA)
    assert (response.status_code, response.headers["Location"]) == (303, "/settings/users")
    assert trail.lines == [("user-created", "Olive Owner"), ("user-invited", "Olive Owner")]
    assert len(trail.contexts) == 1
    page = client.get("/settings/users").get_data(as_text=True)
    assert "nora@demo.example is invited" in page
    assert "Invited" in page
    (letter,) = letters(desk)
    assert (letter.recipient, letter.payload["to_name"]) == ("nora@demo.example", "Nora New")


def test_clicking_twice_invites_once(desk: Desk, client: Browser) -> None:
    client.post("/settings/users/invite", **NORA)
    with desk.watched() as trail:
        again = client.post("/settings/users/invite", **NORA)
    assert again.status_code == 409
    assert "already belongs to a team member. Nobody was invited." in again.get_data(as_text=True)
    assert trail.types == []
    assert len(letters(desk)) == 1


def test_inviting_again_once_per_look(desk: Desk, client: Browser) -> None:
    client.post("/settings/users/invite", **NORA)
    number = user(desk, NORA["email"]).id
    seen = re.search(r'name="seen" value="(\w{16})">\s*<button', client.get(address(number)).get_data(as_text=True))
    assert seen is not None
    with desk.watched() as trail:
        for _ in range(2):
            client.post(address(number, "/invite"), seen=seen[1])
    assert trail.types == ["user-invited"]
    assert len(letters(desk)) == 2
    assert "no further mail was sent" in client.get(address(number)).get_data(as_text=True)


def test_who_has_joined_is_not_invited_again(desk: Desk, client: Browser) -> None:
    response = client.post(address(desk.ana_id, "/invite"))
    assert response.status_code == 409
    assert "has joined already" in response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "Enter a name."),
        ({"email": "nora"}, "is no e-mail address"),
        ({"email": "ana@demo.example"}, "already belongs to a team member"),
        ({"role": "owner"}, "Choose a role."),
        ({"role": "king"}, "Choose a role."),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_nothing_is_lost(
    desk: Desk, client: Browser, wrong: dict[str, str], sentence: str
) -> None:
    with desk.watched() as trail:
        response = client.post("/settings/users/invite", **{**NORA, "name": "Nora Typed", **wrong})
    assert response.status_code in (409, 422)
    assert sentence in response.get_data(as_text=True)
    assert "Nora Typed" in response.get_data(as_text=True) or "name" in wrong
    assert trail.types == []


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_is_kept_or_refused_and_shown_escaped(desk: Desk, client: Browser, name: str) -> None:
    response = client.post("/settings/users/invite", **{**NORA, "name": name})
    assert response.status_code in (303, 422)
    page = client.get("/settings/users").get_data(as_text=True)
    assert "<script>alert" not in page
    if response.status_code == 303:
        assert "\n" not in user(desk, NORA["email"]).name
        assert client.get(newest_path(desk)).status_code == 200


def test_an_address_of_another_account_is_taken(desk: Desk, engine: Engine, client: Browser) -> None:
    open_desk(open_session(engine), "two").session.close()
    response = client.post("/settings/users/invite", **{**NORA, "email": "ana@two.example"})
    assert response.status_code == 409
    assert "already belongs to a team member" in response.get_data(as_text=True)


# ---- The list and the page


def test_the_list_names_everybody_with_teams_and_last_log_in(desk: Desk, client: Browser, enter: Enter) -> None:
    enter("ana@demo.example")
    page = client.get("/settings/users").get_data(as_text=True)
    for words in ("Ana Lopez", "ana@demo.example", "Returns", "Active", "Tue 3 Mar"):
        assert words in page


def test_searching_by_name_and_address_in_any_script(desk: Desk, client: Browser) -> None:
    client.post("/settings/users/invite", **{**NORA, "name": "ÅSA Ünal"})
    page = client.get("/settings/users?q=åsa").get_data(as_text=True)
    assert "ÅSA Ünal" in page
    assert "ana@demo.example" not in page
    assert "Nobody is called that" in client.get("/settings/users?q=%3Cb%3E").get_data(as_text=True)


def test_an_invitation_that_ran_out_says_so(desk: Desk, client: Browser) -> None:
    client.post("/settings/users/invite", **NORA)
    desk.move_clock(timedelta(days=8))
    assert "Invitation ran out" in client.get("/settings/users").get_data(as_text=True)


def test_the_pages_need_few_statements(app: Flask, desk: Desk, client: Browser) -> None:
    for path in ("/settings/users", address(desk.ana_id), address(desk.ana_id, "/delete"), "/profile"):
        client.get(path)
        with statements(app) as sent:
            assert client.get(path).status_code == 200
        assert len(sent) <= 12, (path, sent)


def test_every_action_has_words_and_the_page_says_them(client: Browser) -> None:
    assert set(WORDS) == set(get_args(Action))
    assert sorted(words for role in Role for words in added(role)) == sorted(WORDS.values())
    page = client.get("/settings/users").get_data(as_text=True)
    for words in WORDS.values():
        assert words.replace("'", "&#39;") in page


# ---- Editing


def test_another_role_holds_at_once_in_sessions_that_are_open(desk: Desk, client: Browser, enter: Enter) -> None:
    ana = enter("ana@demo.example")
    assert ana.get("/settings/users/invite").status_code == 403
    changed = {"name": "Ana Lopez", "email": "ana@demo.example", "role": "admin"}
    with desk.watched() as trail:
        assert client.post(address(desk.ana_id), **changed).status_code == 303
    assert trail.lines == [("user-updated", "Olive Owner")]
    assert ana.get("/settings/users/invite").status_code == 200
    client.post(address(desk.ana_id), **{**changed, "role": "observer"})
    assert ana.get("/settings/users/invite").status_code == 403


def test_saving_what_is_there_writes_nothing(desk: Desk, client: Browser) -> None:
    with desk.watched() as trail:
        client.post(address(desk.ana_id), name="Ana Lopez", email="ana@demo.example", role="basic")
    assert trail.types == []


def test_who_saves_late_sees_what_somebody_else_did(desk: Desk, client: Browser, enter: Enter) -> None:
    page = client.get(address(desk.ana_id)).get_data(as_text=True)
    seen = re.search(r'name="seen" value="(\w{16})"', page)
    assert seen is not None
    enter("admin@demo.example").post(address(desk.ana_id), name="Ana Lopez", email="ana@demo.example", role="lead")
    with desk.watched() as trail:
        late = {"name": "Ana L.", "email": "ana@demo.example", "role": "basic", "seen": seen[1]}
        response = client.post(address(desk.ana_id), **late)
    assert response.status_code == 409
    assert "Somebody changed Ana Lopez" in response.get_data(as_text=True)
    assert 'value="Ana L."' in response.get_data(as_text=True)
    assert trail.types == []


def test_the_owner_is_not_edited_switched_off_or_deleted_by_anybody(desk: Desk, enter: Enter) -> None:
    admin = enter("admin@demo.example")
    form = {"name": "Olive Owner", "email": "ada@mine.example", "role": "lite"}
    with desk.watched() as trail:
        assert admin.post(address(desk.owner_id), **form).status_code == 409
        assert admin.post(address(desk.owner_id, "/switch-off")).status_code == 409
        assert admin.post(address(desk.owner_id, "/delete")).status_code == 409
    assert trail.types == []


@pytest.mark.parametrize("who", ["owner", "admin"])
def test_who_can_never_be_deleted_is_not_offered_for_deletion(desk: Desk, enter: Enter, who: str) -> None:
    number = {"owner": desk.owner_id, "admin": desk.admin_id}[who]
    sheet = enter("admin@demo.example").get(address(number, "/delete")).get_data(as_text=True)
    assert "There is no undo" not in sheet
    assert ">Delete</button>" not in sheet
    assert ("The owner of an account can" if who == "owner" else "nobody deletes themselves") in sheet


def test_nobody_changes_or_deletes_themselves_here(desk: Desk, enter: Enter) -> None:
    admin = enter("admin@demo.example")
    form = {"name": "Ada Admin", "email": "admin@demo.example", "role": "lite"}
    with desk.watched() as trail:
        assert admin.post(address(desk.admin_id), **form).status_code == 409
        assert admin.post(address(desk.admin_id, "/switch-off")).status_code == 409
        assert admin.post(address(desk.admin_id, "/delete")).status_code == 409
    assert trail.types == []


def test_who_is_switched_off_is_out_at_once_and_comes_back(desk: Desk, client: Browser, enter: Enter) -> None:
    ana = enter("ana@demo.example")
    with desk.watched() as trail:
        client.post(address(desk.ana_id, "/switch-off"))
        client.post(address(desk.ana_id, "/switch-off"))
    assert trail.types == ["user-updated"]
    assert ana.get("/settings/users").status_code == 303
    assert ana.log_in("ana@demo.example").status_code == 422
    assert "Switched off" in client.get("/settings/users").get_data(as_text=True)
    client.post(address(desk.ana_id, "/switch-on"))
    assert ana.log_in("ana@demo.example").status_code == 303


def test_deleting_somebody_names_what_follows(desk: Desk, client: Browser, enter: Enter) -> None:
    number = desk.a_ticket().id
    with desk.acting():
        tickets.assign(desk.ticket(number), desk.ana, by=desk.by_ana)
    ana = enter("ana@demo.example")
    for headers in ({}, HTMX):
        sheet = client.get(address(desk.ana_id, "/delete"), headers=headers).get_data(as_text=True)
        assert "Delete Ana Lopez?" in sheet
        assert "1 ticket will become unassigned." in sheet
        assert "They leave 1 team." in sheet
    with desk.watched() as trail:
        assert client.post(address(desk.ana_id, "/delete")).headers["Location"] == "/settings/users"
    assert trail.types[-1] == "user-deleted"
    assert trail.lines[-1] == ("user-deleted", "Olive Owner")
    assert "ticket-unassigned" in trail.types
    assert ana.get("/settings/users").status_code == 303
    assert ana.log_in("ana@demo.example").status_code == 422
    assert client.get(address(desk.ana_id)).status_code == 404
    assert client.post(address(desk.ana_id, "/delete")).status_code == 404


# ---- Who may


MANAGED = [
    ("get", "/settings/users/invite"),
    ("post", "/settings/users/invite"),
    ("post", "/settings/users/{id}"),
    ("post", "/settings/users/{id}/invite"),
    ("post", "/settings/users/{id}/switch-off"),
    ("post", "/settings/users/{id}/switch-on"),
    ("get", "/settings/users/{id}/delete"),
    ("post", "/settings/users/{id}/delete"),
]


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.LITE, Role.BASIC, Role.LEAD, Role.ADMIN])
def test_only_admins_manage_people_and_everybody_sees_the_list(desk: Desk, enter: Enter, role: Role) -> None:
    browser = enter(hire(desk, role))
    for path in ("/settings/users", address(desk.ben_id), "/profile"):
        page = browser.get(path)
        assert page.status_code == 200
        assert ("Invite" in page.get_data(as_text=True)) is (role is Role.ADMIN and path == "/settings/users")
        assert ("Switch off" in page.get_data(as_text=True)) is (role is Role.ADMIN and path == address(desk.ben_id))
    if role is Role.ADMIN:
        return
    with desk.watched() as trail:
        for method, path in MANAGED:
            response = getattr(browser, method)(path.format(id=desk.ben_id))
            assert response.status_code == 403, path
            assert "Ask an admin" in response.get_data(as_text=True)
    assert trail.types == []


def test_other_accounts_people_do_not_exist(desk: Desk, engine: Engine, client: Browser) -> None:
    other = open_desk(open_session(engine), "two")
    number = other.ana_id
    with other.watched() as theirs, desk.watched() as ours:
        for method, path in [("get", "/settings/users/{id}"), *MANAGED[2:]]:
            form = {"name": "X", "email": "x@x.example", "role": "lite"} if method == "post" else {}
            assert getattr(client, method)(path.format(id=number), **form).status_code == 404, path
    assert theirs.types == ours.types == []
    other.session.close()
