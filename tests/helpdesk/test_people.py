"""Team members: invited and come in, forgotten passwords, another role or address, switched off; on both databases."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from audit.action import begin, enter
from audit.actors import Actor
from audit.clock import wall_now
from audit.log import event_table
from automation.deliveries import Route, send_due
from helpdesk import accounts, invitations, passwords, people, resets, tokens
from helpdesk.desk import acting
from helpdesk.mail.listener import Listener
from helpdesk.models import Delivery, LoginSession, Role, User
from helpdesk.refusals import Refused
from seeds.scenes.invitations import link_in_the_mail
from tests.automation.test_deliveries import Post
from tests.desks import Desk, open_desk, open_session

NEW_PASSWORD = "a password of her own"

HOSTILE_NAMES = [
    "Nora\r\nBcc: everybody@example.org\r\n\r\nBuy",
    "نورا \N{RIGHT-TO-LEFT OVERRIDE}exe.gpj",
    "👩‍👩‍👧‍👦 Nora",
    "<script>alert(1)</script>",
    '"Nora" <owner@demo.example>, evil@example.org',
    "{{7*7}} {name} %s {0}",
    "=?utf-8?q?Bcc:_x?=",
]


def invite(desk: Desk, name: str = "Nora New", email: str = "nora@demo.example", role: Role = Role.BASIC) -> int:
    """Ada invites somebody."""
    with desk.acting():
        return invitations.invite(desk.account, email=email, name=name, role=role, by=desk.by_admin).id


def held(desk: Desk, number: int) -> User:
    """A team member, held for the action."""
    return desk.session.get_one(User, number, with_for_update=True)


def accept(desk: Desk, number: int, token: str) -> None:
    """Follow the link."""
    with desk.acting():
        invitations.accept(held(desk, number), token, NEW_PASSWORD)


def log_in(desk: Desk, user: User) -> None:
    """A browser in which somebody is logged in."""
    with desk.acting():
        desk.session.add(
            LoginSession(
                account_id=user.account_id,
                user_id=user.id,
                token_hash=tokens.digest(tokens.fresh()),
                created_datetime=wall_now(),
                expires_datetime=wall_now() + timedelta(days=1),
            )
        )


def sessions(desk: Desk) -> list[int]:
    """Whose sessions there are."""
    desk.session.rollback()
    enter(desk.session, desk.account_id)
    return list(desk.session.scalars(select(LoginSession.user_id).order_by(LoginSession.user_id)))


# ---- Invitations


def test_an_invitation_lets_somebody_in_once(desk: Desk) -> None:
    with desk.watched() as trail:
        number = invite(desk)
        token = link_in_the_mail(desk)
        accept(desk, number, token)
    assert trail.lines == [
        ("user-created", "Ada Admin"),
        ("user-invited", "Ada Admin"),
        ("user-password-changed", "Nora New"),
    ]
    assert len({event.context for event in trail.events[:2]}) == 1
    assert passwords.matches(held(desk, number).password_hash, NEW_PASSWORD)
    with pytest.raises(Refused, match="opens nothing"):
        accept(desk, number, token)


def test_neither_database_nor_log_holds_the_link(desk: Desk) -> None:
    number = invite(desk)
    token = link_in_the_mail(desk)
    stored = held(desk, number).invitation_digest
    assert stored == tokens.digest(token)
    written = str(desk.events_after())
    assert token not in written
    assert stored not in written


@pytest.mark.parametrize(("days", "opens"), [(6, True), (7, False), (8, False)])
def test_a_link_lives_for_seven_days_of_the_desk_clock(desk: Desk, days: int, opens: bool) -> None:
    number = invite(desk)
    desk.move_clock(timedelta(days=days))
    if opens:
        accept(desk, number, link_in_the_mail(desk))
        return
    with pytest.raises(Refused, match="has run out"):
        accept(desk, number, link_in_the_mail(desk))
    with desk.acting():
        invitations.send(held(desk, number), by=desk.by_admin)
    accept(desk, number, link_in_the_mail(desk))


def test_another_invitation_kills_the_first_link(desk: Desk) -> None:
    number = invite(desk)
    with desk.watched() as trail, desk.acting():
        invitations.send(held(desk, number), by=desk.by_admin)
    assert trail.types == ["user-invited"]
    with pytest.raises(Refused, match="opens nothing"):
        accept(desk, number, link_in_the_mail(desk, later=1))
    accept(desk, number, link_in_the_mail(desk))


def test_a_corrected_address_kills_the_link_in_the_strangers_mailbox(desk: Desk) -> None:
    number = invite(desk, email="nroa@demo.example")
    with desk.watched() as trail, desk.acting():
        people.update(held(desk, number), email="nora@demo.example", by=desk.by_admin)
    assert trail.types == ["user-updated"]
    with pytest.raises(Refused, match="opens nothing"):
        accept(desk, number, link_in_the_mail(desk))


def test_two_who_follow_a_link_at_once_come_in_once(desk: Desk, engine: Engine) -> None:
    number = invite(desk)
    token, account_id = link_in_the_mail(desk), desk.account_id
    desk.session.rollback()

    def follow(session: Session) -> None:
        with acting(session, account_id, source="web"):
            user = session.get_one(User, number, with_for_update=True)
            invitations.accept(user, token, NEW_PASSWORD)

    with desk.watched() as trail:
        assert at_once(engine, [follow] * 4) == 3
    assert trail.types == ["user-password-changed"]


def at_once(engine: Engine, deeds: list[Any]) -> int:
    """Let several act at the same moment; answers how many were refused."""
    together, refused = Barrier(len(deeds)), []

    def act(deed: Any) -> None:
        with open_session(engine) as session:
            together.wait()
            try:
                deed(session)
            except Refused as refusal:
                refused.append(refusal)

    threads = [Thread(target=act, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return len(refused)


# ---- The mail


@pytest.fixture
def post() -> Post:
    """A mail server that keeps what it gets."""
    return Post()


@pytest.fixture
def route(post: Post) -> Iterator[Route]:
    """The way there."""
    listener = Listener(post, "127.0.0.1", 0)
    listener.start()
    yield Route("127.0.0.1", listener.port, is_trap=True)
    listener.stop()


def test_the_invitation_is_really_sent_and_its_link_then_forgotten(
    desk: Desk, engine: Engine, post: Post, route: Route
) -> None:
    number = invite(desk)
    token = link_in_the_mail(desk)
    assert send_due(lambda: open_session(engine), route) == 1
    (mail,) = post.mails
    assert mail["To"] == "Nora New <nora@demo.example>"
    assert mail["From"] == "Demo shop <support@demo.example>"
    assert mail["Subject"] == "Join the team of Demo shop"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_body(("plain",))
    assert text is not None
    assert f"http://127.0.0.1:8000/invitation/{token}" in text.get_content()
    assert "Ada Admin has asked you" in text.get_content()
    desk.session.rollback()
    delivery = desk.session.scalars(select(Delivery).execution_options(populate_existing=True)).one()
    assert (delivery.status, delivery.payload) == ("sent", {})
    accept(desk, number, token)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_no_name_breaks_a_mails_headers(desk: Desk, engine: Engine, post: Post, route: Route, name: str) -> None:
    number = invite(desk, name=name)
    with desk.acting():
        people.update(desk.admin, name=name, by=desk.by_admin)
        accounts.rename(desk.account, name, by=desk.by_admin)
    with desk.acting():
        invitations.send(held(desk, number), by=desk.by_admin)
    assert send_due(lambda: open_session(engine), route) == 2
    for mail, envelope in zip(post.mails, post.envelopes, strict=True):
        assert envelope[1] == ["nora@demo.example"]
        assert mail["Bcc"] is None
        assert [each.addr_spec for each in mail["To"].addresses] == ["nora@demo.example"]
        assert [each.addr_spec for each in mail["From"].addresses] == ["support@demo.example"]
        assert not mail.defects


# ---- Forgotten passwords


def forget(desk: Desk) -> str:
    """Ana has forgotten her password; answers the token in her mail."""
    with desk.acting():
        assert resets.ask(desk.ana)
    return link_in_the_mail(desk)


def test_a_reset_is_the_users_own_act_and_its_link_works_once(desk: Desk) -> None:
    with desk.watched() as trail:
        token = forget(desk)
        log_in(desk, desk.ana)
        with desk.acting():
            resets.finish(held(desk, desk.ana_id), token, NEW_PASSWORD)
    assert trail.lines == [("user-password-reset", "Ana Lopez"), ("user-password-changed", "Ana Lopez")]
    assert sessions(desk) == []
    assert token not in str(trail.events)
    with pytest.raises(Refused, match="opens nothing"), desk.acting():
        resets.finish(held(desk, desk.ana_id), token, "yet another one")


def test_a_reset_lives_for_one_hour_of_the_wall_clock(desk: Desk) -> None:
    token = forget(desk)
    desk.move_clock(timedelta(days=8))
    late = time_machine.travel(wall_now() + timedelta(minutes=61), tick=True)
    with late, pytest.raises(Refused, match="has run out"), desk.acting():
        resets.finish(held(desk, desk.ana_id), token, NEW_PASSWORD)
    with desk.acting():
        resets.finish(held(desk, desk.ana_id), token, NEW_PASSWORD)


def test_who_may_not_log_in_gets_no_link(desk: Desk) -> None:
    number = invite(desk)
    with desk.acting():
        people.switch_off(desk.ben, by=desk.by_admin)
    with desk.watched() as trail, desk.acting():
        assert not resets.ask(desk.ben)
        assert not resets.ask(held(desk, number))
    with desk.acting():
        accounts.deactivate(desk.account, by=Actor.user(desk.owner))
    with desk.acting():
        assert not resets.ask(desk.ana)
    assert trail.types == []


def test_a_link_opens_nothing_for_who_was_switched_off_meanwhile(desk: Desk) -> None:
    token = forget(desk)
    with desk.acting():
        people.switch_off(desk.ana, by=desk.by_admin)
    with pytest.raises(Refused, match="opens nothing"), desk.acting():
        resets.finish(held(desk, desk.ana_id), token, NEW_PASSWORD)


# ---- Changes


def test_a_new_password_ends_all_sessions_of_this_user_only(desk: Desk) -> None:
    for user in (desk.ana, desk.ana, desk.ben):
        log_in(desk, user)
    with desk.acting():
        people.change_password(desk.ana, NEW_PASSWORD, by=desk.by_ana)
    assert sessions(desk) == [desk.ben_id]


def test_who_is_switched_off_is_logged_out_and_can_come_back(desk: Desk) -> None:
    log_in(desk, desk.ana)
    with desk.watched() as trail:
        with desk.acting():
            people.switch_off(desk.ana, by=desk.by_admin)
        assert sessions(desk) == []
        with desk.acting():
            people.switch_off(desk.ana, by=desk.by_admin)
        with desk.acting():
            people.switch_on(desk.ana, by=desk.by_admin)
    assert trail.types == ["user-updated", "user-updated"]
    assert desk.ana.active
    assert desk.ana.deactivated_datetime is None


@pytest.mark.parametrize("address", ["other@two.example", "OTHER@two.example "])
def test_an_address_of_another_account_is_taken_there_and_here(engine: Engine, desk: Desk, address: str) -> None:
    with open_session(engine) as session:
        other = open_desk(session, "two")
        with other.acting():
            people.create(other.account, email="other@two.example", name="O", role=Role.LITE, by=other.by_admin)
    with desk.watched() as trail:
        with pytest.raises(people.AddressTaken), desk.acting():
            invitations.invite(desk.account, email=address, name="X", role=Role.LITE, by=desk.by_admin)
        with pytest.raises(people.AddressTaken), desk.acting():
            people.update(desk.ana, email=address, by=desk.by_admin)
    assert trail.types == []


@pytest.mark.parametrize(
    "address",
    ["", "ana", "a@b@c.example", "a b@c.example", "a@c.example\r\nBcc: x@y.example", "x" * 300 + "@y.example"],
)
def test_what_is_no_address_is_refused(desk: Desk, address: str) -> None:
    for act in (
        lambda: people.create(desk.account, email=address, name="X", role=Role.LITE, by=desk.by_admin),
        lambda: people.update(desk.ana, email=address, by=desk.by_admin),
    ):
        with pytest.raises(Refused, match="is no e-mail address"), desk.acting():
            act()


def test_names_are_tidy_and_end_somewhere(desk: Desk) -> None:
    with desk.acting():
        people.update(desk.ana, name="  Ana\r\n\tde \N{RIGHT-TO-LEFT OVERRIDE}Lopez ", by=desk.by_admin)
    assert desk.ana.name == "Ana de Lopez"
    for name, sentence in (("x" * 201, "at most 200"), (" \n ", "needs a name")):
        with pytest.raises(Refused, match=sentence), desk.acting():
            people.update(desk.ana, name=name, by=desk.by_admin)


def test_the_profile_takes_what_there_is_and_nothing_else(desk: Desk) -> None:
    with desk.watched() as trail, desk.acting():
        told = {"timezone": "Europe/Dublin", "language": "fr", "bio": "Returns, until noon."}
        people.update(desk.ana, profile=told, by=desk.by_ana)
    assert trail.types == ["user-updated"]
    for told, sentence in (
        ({"timezone": "Mars/Olympus"}, "no time zone"),
        ({"role": "owner"}, "has no role"),
        ({"bio": "x" * 501}, "at most 500"),
        ({"language": "xx"}, "no language"),
        ({"country": "QQ"}, "no country"),
    ):
        with pytest.raises(Refused, match=sentence), desk.acting():
            people.update(desk.ana, profile=told, by=desk.by_ana)


# ---- Accounts


def open_twin(session: Session) -> None:
    """Somebody opens the desk "twin"."""
    begin(session, None, source="web")
    opening = accounts.Opening(
        name="Twin",
        domain="twin",
        mail_address="support@twin.example",
        owner_name="Tom Twin",
        owner_email=f"{tokens.fresh()[:8]}@twin.example",
        password=NEW_PASSWORD,
    )
    try:
        accounts.open_account(session, opening, by=accounts.SIGN_UP)
        session.commit()
    except BaseException:
        session.rollback()
        raise


def test_of_two_who_open_the_same_desk_at_once_one_is_told_that_it_is_taken(desk: Desk, engine: Engine) -> None:
    desk.session.rollback()
    assert at_once(engine, [open_twin, open_twin, open_twin]) == 2
    opened = select(func.count()).select_from(event_table).where(event_table.c.type == "account-created")
    enter(desk.session, None)
    assert desk.session.scalar(opened) == 2
    desk.session.rollback()


@pytest.mark.parametrize(
    "domain", ["", "a", "-ab", "ab-", "a--b", "a.b", "ab cd", "äb", "x" * 64, "www", "a\nb", "a/b"]
)
def test_what_is_no_subdomain_is_refused(domain: str) -> None:
    with pytest.raises(Refused):
        accounts.checked_domain(domain)


def test_a_subdomain_is_written_small() -> None:
    assert accounts.checked_domain(" Clay-and-Kettle2 ") == "clay-and-kettle2"
