"""Scenes of how team members come in, forget their passwords, and are switched off."""

import re
from datetime import timedelta

from sqlalchemy import select

from audit.actors import Actor
from helpdesk import invitations, people, resets
from helpdesk.models import Delivery, Role, User
from seeds.scenes.beginnings import USER
from seeds.scenes.kinds import quiet, scenario
from seeds.stage import Stage


def _nora(stage: Stage) -> int:
    with stage.acting():
        address = f"nora@{stage.account.domain}.example"
        return invitations.invite(stage.account, email=address, name="Nora New", role=Role.BASIC, by=stage.by_admin).id


def link_in_the_mail(stage: Stage, *, later: int = 0) -> str:
    """The token in the newest letter that is queued, or in one after which so many were queued."""
    newest_first = select(Delivery).where(Delivery.account_id == stage.account_id).order_by(Delivery.id.desc())
    letter = stage.session.scalars(newest_first.offset(later).limit(1)).one()
    found = re.search(r"/(?:invitation|reset)/([\w-]+)", letter.payload["body_text"])
    assert found is not None
    return found[1]


def _user(stage: Stage, number: int) -> User:
    return stage.session.get_one(User, number, with_for_update=True)


@scenario("user-invited", "Nora is invited", ("user-created", USER), ("user-invited", USER))
def nora_is_invited(stage: Stage, _number: int) -> None:
    _nora(stage)


@scenario("user-invited", "Nora is invited again", ("user-invited", USER), prepare=_nora)
def nora_is_invited_again(stage: Stage, number: int) -> None:
    with stage.acting():
        invitations.send(_user(stage, number), by=stage.by_admin)


@quiet("user-invited", "Ana has joined already", refusal="Ana Lopez has joined already")
def ana_has_joined_already(stage: Stage, _number: int) -> None:
    with stage.acting():
        invitations.send(stage.ana, by=stage.by_admin)


@quiet("user-invited", "A second owner", refusal="An account has one owner.")
def a_second_owner(stage: Stage, _number: int) -> None:
    with stage.acting():
        invitations.invite(stage.account, email="o@x.example", name="Oz", role=Role.OWNER, by=stage.by_admin)


@scenario(
    "user-password-changed",
    "Nora follows the link and comes in",
    ("user-password-changed", USER),
    ("user-logged-in", USER),
    prepare=_nora,
)
def nora_comes_in(stage: Stage, number: int) -> None:
    token = link_in_the_mail(stage)
    with stage.acting():
        nora = _user(stage, number)
        invitations.accept(nora, token, "a password of her own")
        people.log_in(nora)


def _nora_waits_too_long(stage: Stage) -> int:
    number = _nora(stage)
    stage.move_clock(timedelta(days=7))
    return number


@quiet(
    "user-password-changed",
    "An invitation of seven days ago",
    prepare=_nora_waits_too_long,
    refusal="This invitation has run out",
)
def an_old_invitation(stage: Stage, number: int) -> None:
    token = link_in_the_mail(stage)
    with stage.acting():
        invitations.accept(_user(stage, number), token, "a password of her own")


@scenario("user-password-reset", "Ana has forgotten her password", ("user-password-reset", USER))
def ana_has_forgotten(stage: Stage, _number: int) -> None:
    with stage.acting():
        assert resets.ask(stage.ana)


@quiet("user-password-reset", "Nora has no password to forget", prepare=_nora)
def nora_has_none(stage: Stage, number: int) -> None:
    with stage.acting():
        assert not resets.ask(_user(stage, number))


def _ana_forgets(stage: Stage) -> int:
    ana_has_forgotten(stage, 0)
    return stage.ana_id


@scenario(
    "user-password-changed",
    "Ana sets a new password under the link",
    ("user-password-changed", USER),
    prepare=_ana_forgets,
)
def ana_follows_the_link(stage: Stage, number: int) -> None:
    token = link_in_the_mail(stage)
    with stage.acting():
        resets.finish(_user(stage, number), token, "one that she remembers")


def _ana_asks_twice(stage: Stage) -> int:
    _ana_forgets(stage)
    return _ana_forgets(stage)


@quiet(
    "user-password-changed",
    "A link after which another was sent",
    prepare=_ana_asks_twice,
    refusal="This link opens nothing.",
)
def the_first_of_two_links(stage: Stage, number: int) -> None:
    token = link_in_the_mail(stage, later=1)
    with stage.acting():
        resets.finish(_user(stage, number), token, "one that she remembers")


@scenario("user-updated", "Ben is switched off", ("user-updated", USER))
def ben_is_switched_off(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.switch_off(stage.ben, by=stage.by_admin)


def _ben_off(stage: Stage) -> int:
    ben_is_switched_off(stage, 0)
    return stage.ben_id


@scenario("user-updated", "Ben is switched on again", ("user-updated", USER), prepare=_ben_off)
def ben_is_switched_on(stage: Stage, number: int) -> None:
    with stage.acting():
        people.switch_on(_user(stage, number), by=stage.by_admin)


@quiet("user-updated", "Nobody changes their own role", refusal="Nobody changes their own role")
def ones_own_role(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.update(stage.admin, role=Role.LITE, by=stage.by_admin)


@quiet("user-updated", "The owner's address, by somebody else", refusal="Only the owner changes their own")
def the_owners_address(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.update(stage.owner, email="ada@mine.example", by=stage.by_admin)


@quiet("user-updated", "The owner can't be switched off", refusal="The owner of an account can't be switched off.")
def the_owner_stays_on(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.switch_off(stage.owner, by=stage.by_admin)


@quiet("user-updated", "What Ana is called already")
def what_ana_is_called(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.update(
            stage.ana, name=" Ana  Lopez ", email=stage.ana.email, role=Role.BASIC, by=Actor.user(stage.owner)
        )
