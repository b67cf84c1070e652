"""Scenes of team members, their keys, and customers."""

from helpdesk import channels, customers, keys, people, teams
from helpdesk.models import ApiKey, CustomerChannel, Role
from seeds.scenes.beginnings import SYSTEM, USER
from seeds.scenes.kinds import quiet, scenario
from seeds.stage import Stage


@scenario("user-created", "A new agent joins", ("user-created", USER))
def a_new_agent_joins(stage: Stage, _number: int) -> None:
    with stage.acting():
        address = f"nora@{stage.account.domain}.example"
        people.create(stage.account, email=address, name="Nora New", role=Role.BASIC, by=stage.by_admin)


@quiet("user-created", "An address that is taken", refusal="already belongs to a team member")
def an_address_that_is_taken(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.create(stage.account, email=stage.ana.email.upper(), name="X", role=Role.BASIC, by=stage.by_admin)


@scenario("user-updated", "Ana becomes a lead", ("user-updated", USER))
def ana_becomes_a_lead(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.update(stage.ana, role=Role.LEAD, by=stage.by_admin)


@quiet("user-updated", "The owner can't be demoted", refusal="The owner of an account stays its owner.")
def the_owner_cant_be_demoted(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.update(stage.owner, role=Role.LITE, by=stage.by_admin)


@scenario("user-logged-in", "Ana logs in", ("user-logged-in", USER))
def ana_logs_in(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.log_in(stage.ana)


@scenario("user-logged-out", "Ana logs out", ("user-logged-out", USER))
def ana_logs_out(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.log_out(stage.ana)


@scenario("user-login-failed", "Somebody guesses Ana's password", ("user-login-failed", SYSTEM))
def somebody_guesses(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.refuse_log_in(stage.ana)


@scenario("user-password-changed", "Ana sets a new password", ("user-password-changed", USER))
def ana_sets_a_new_password(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.change_password(stage.ana, "a longer and better one", by=stage.by_ana)


@quiet("user-password-changed", "A password that is too short", refusal="A password has at least 8 characters.")
def a_password_that_is_too_short(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.change_password(stage.ana, "short", by=stage.by_ana)


@scenario("api-key-created", "Ana makes a key", ("api-key-created", USER))
def ana_makes_a_key(stage: Stage, _number: int) -> None:
    with stage.acting():
        keys.create(stage.ana, name="My script", by=stage.by_ana)


def _a_key(stage: Stage) -> int:
    with stage.acting():
        return keys.create(stage.ana, name="My script", by=stage.by_ana)[0].id


@scenario("api-key-revoked", "Ana revokes her key", ("api-key-revoked", USER), prepare=_a_key)
def ana_revokes_her_key(stage: Stage, number: int) -> None:
    with stage.acting():
        keys.revoke(stage.session.get_one(ApiKey, number), by=stage.by_ana)


def _a_revoked_key(stage: Stage) -> int:
    number = _a_key(stage)
    ana_revokes_her_key(stage, number)
    return number


@quiet("api-key-revoked", "It is revoked already", prepare=_a_revoked_key)
def it_is_revoked_already(stage: Stage, number: int) -> None:
    ana_revokes_her_key(stage, number)


@scenario("customer-created", "A customer is added by hand", ("customer-created", USER))
def a_customer_is_added(stage: Stage, _number: int) -> None:
    with stage.acting():
        customers.create(stage.account, name="Emil Eriksen", email="emil@mail.example", by=stage.by_ana)


@quiet("customer-created", "An address that belongs to Carol", refusal="There is a customer with the address")
def an_address_that_belongs_to_carol(stage: Stage, _number: int) -> None:
    with stage.acting():
        customers.create(stage.account, name="Eve", email="CAROL@mail.example", by=stage.by_ana)


@quiet("customer-created", "An address that is none", refusal="not-an-address@ is no e-mail address.")
def an_address_that_is_none(stage: Stage, _number: int) -> None:
    with stage.acting():
        customers.create(stage.account, name="Eve", email="not-an-address@", by=stage.by_ana)


@scenario("customer-updated", "Carol moves to another address", ("customer-updated", USER))
def carol_moves(stage: Stage, _number: int) -> None:
    with stage.acting():
        changes = {"email": "carol@new.example", "note": "Likes blue."}
        customers.update(stage.carol, changes, by=stage.by_ana)


@quiet("customer-updated", "Nothing new about Carol")
def nothing_new_about_carol(stage: Stage, _number: int) -> None:
    with stage.acting():
        customers.update(stage.carol, {"email": "Carol@mail.example "}, by=stage.by_ana)


def _phone_of_carol(stage: Stage) -> int:
    with stage.acting():
        channels.add(stage.carol, "phone", "+353 1 234 5678", by=stage.by_ana)
    return next(channel.id for channel in stage.carol.channels if channel.type == "phone")


def _second_address_of_carol(stage: Stage) -> int:
    with stage.acting():
        channels.add(stage.carol, "email", "carol@work.example", by=stage.by_ana)
    return next(channel.id for channel in stage.carol.channels if channel.address == "carol@work.example")


@scenario("customer-updated", "Carol gets a phone number", ("customer-updated", USER))
def carol_gets_a_phone_number(stage: Stage, _number: int) -> None:
    with stage.acting():
        channels.add(stage.carol, "phone", "+353 1 234 5678", by=stage.by_ana)


@scenario(
    "customer-updated",
    "Carol's other address becomes her own",
    ("customer-updated", USER),
    prepare=_second_address_of_carol,
)
def carols_other_address(stage: Stage, number: int) -> None:
    with stage.acting():
        channels.prefer(stage.session.get_one(CustomerChannel, number), by=stage.by_ana)


@scenario("customer-updated", "A phone number is taken away", ("customer-updated", USER), prepare=_phone_of_carol)
def a_phone_number_is_taken_away(stage: Stage, number: int) -> None:
    with stage.acting():
        channels.remove(stage.session.get_one(CustomerChannel, number), by=stage.by_ana)


@quiet("customer-updated", "A number that Carol has", prepare=_phone_of_carol)
def a_number_that_carol_has(stage: Stage, _number: int) -> None:
    with stage.acting():
        channels.add(stage.carol, "phone", "+353 (1) 234-5678", by=stage.by_ana)


@quiet("customer-updated", "A number that is none", refusal="call me is no phone number.")
def a_number_that_is_none(stage: Stage, _number: int) -> None:
    with stage.acting():
        channels.add(stage.carol, "phone", "call me", by=stage.by_ana)


@quiet("customer-updated", "A time zone that is none", refusal="'Mars' is no time zone.")
def a_time_zone_that_is_none(stage: Stage, _number: int) -> None:
    with stage.acting():
        customers.update(stage.carol, {"timezone": "Mars"}, by=stage.by_ana)


@scenario("team-created", "A team for wholesale", ("team-created", USER))
def a_team_for_wholesale(stage: Stage, _number: int) -> None:
    with stage.acting():
        teams.create(stage.account, "Wholesale", emoji="🏬", members=[stage.ben], by=stage.by_admin)


@quiet("team-created", "A team of that name exists", refusal="There is a team 'Returns' already.")
def a_team_of_that_name_exists(stage: Stage, _number: int) -> None:
    with stage.acting():
        teams.create(stage.account, "Returns", by=stage.by_admin)


@scenario("team-updated", "Ben leaves the team, Ada joins", ("team-updated", USER))
def ben_leaves_the_team(stage: Stage, _number: int) -> None:
    with stage.acting():
        teams.set_members(stage.team, [stage.ana, stage.admin], by=stage.by_admin)


@scenario("team-updated", "The team gets another name, sign and member, in one save", ("team-updated", USER))
def the_team_is_edited(stage: Stage, _number: int) -> None:
    with stage.acting():
        members = [stage.ana, stage.ben, stage.admin]
        teams.update(
            stage.team, name="Returns desk", emoji="↩️", description="Goods back", members=members, by=stage.by_admin
        )


@quiet("team-updated", "A sign that is a word", refusal="An emoji is one sign")
def a_sign_that_is_a_word(stage: Stage, _number: int) -> None:
    with stage.acting():
        teams.update(stage.team, name="Returns", emoji="BOX", description=None, members=[], by=stage.by_admin)


@quiet("team-updated", "The members it has")
def the_members_it_has(stage: Stage, _number: int) -> None:
    with stage.acting():
        teams.set_members(stage.team, [stage.ben, stage.ana], by=stage.by_admin)
