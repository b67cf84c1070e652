"""Scenes of an account and its settings."""

import dataclasses

from sqlalchemy import select

from audit.action import begin
from audit.actors import Actor
from audit.ledger import seal
from helpdesk import accounts, desk, people, searches, settings
from helpdesk.commands import COMMAND_LINE, tell_of_migration
from helpdesk.models import AccountSetting
from seeds.scenes.beginnings import SYSTEM, USER
from seeds.scenes.kinds import quiet, scenario
from seeds.stage import SIGN_UP, Stage


@scenario(
    "account-created",
    "A new account is opened, with its welcome ticket",
    ("customer-created", SYSTEM),
    ("ticket-created", SYSTEM),
    ("ticket-message-created", SYSTEM),
    ("user-created", SYSTEM),
    ("account-created", SYSTEM),
)
def a_new_account(stage: Stage, _number: int) -> None:
    begin(stage.session, None, source="web", at=stage.now())
    account, _owner = accounts.open_account(stage.session, _twin(stage), by=SIGN_UP)
    stage.session.commit()
    stage.account_id = account.id  # the scene goes on there


def _twin(stage: Stage) -> accounts.Opening:
    other = f"{stage.account.domain}-twin"
    return accounts.Opening(
        name="Twin shop",
        domain=other,
        mail_address=f"support@{other}.example",
        owner_name="Tom Twin",
        owner_email=f"owner@{other}.example",
        password="twin-and-twin",
    )


@scenario(
    "account-created",
    "Somebody signs up, and is inside",
    ("customer-created", SYSTEM),
    ("ticket-created", SYSTEM),
    ("ticket-message-created", SYSTEM),
    ("user-created", SYSTEM),
    ("account-created", SYSTEM),
    ("user-logged-in", USER),
)
def somebody_signs_up(stage: Stage, _number: int) -> None:
    opening = _twin(stage)
    with desk.opening(stage.session, source="web") as action:
        account, owner = accounts.open_account(stage.session, opening, by=SIGN_UP)
        seal(stage.session)
        begin(stage.session, account.id, source="web", context=action.context)
        people.log_in(owner)
    stage.account_id = account.id  # the scene goes on there


@quiet("account-created", "A subdomain that is taken", refusal="There is an account")
def a_subdomain_that_is_taken(stage: Stage, _number: int) -> None:
    taken = dataclasses.replace(_twin(stage), domain=stage.account.domain)
    with desk.opening(stage.session, source="web"):
        accounts.open_account(stage.session, taken, by=SIGN_UP)


@quiet("account-created", "An address of another desk's", refusal="already belongs to a team member")
def an_address_of_another_desks(stage: Stage, _number: int) -> None:
    taken = dataclasses.replace(_twin(stage), owner_email=stage.ana.email)
    with desk.opening(stage.session, source="web"):
        accounts.open_account(stage.session, taken, by=SIGN_UP)


@scenario("account-updated", "The account is renamed", ("account-updated", USER))
def the_account_is_renamed(stage: Stage, _number: int) -> None:
    with stage.acting():
        accounts.rename(stage.account, "Clay and Kettle", by=stage.by_admin)


@quiet("account-updated", "The name it has")
def the_name_it_has(stage: Stage, _number: int) -> None:
    with stage.acting():
        accounts.rename(stage.account, stage.account.name, by=stage.by_admin)


@scenario(
    "account-setting-created",
    "The trash is to be kept for 60 days",
    ("account-setting-created", USER),
    ("account-updated", USER),
)
def the_trash_is_kept_longer(stage: Stage, _number: int) -> None:
    with stage.acting():
        settings.change(stage.account, "trash", {"days": 60}, by=stage.by_admin)


def _a_setting(stage: Stage) -> int:
    the_trash_is_kept_longer(stage, 0)
    return 0


@scenario(
    "account-setting-updated",
    "The trash is to be kept for 10 days after all",
    ("account-setting-updated", USER),
    ("account-updated", USER),
    prepare=_a_setting,
)
def the_trash_is_kept_shorter(stage: Stage, _number: int) -> None:
    with stage.acting():
        settings.change(stage.account, "trash", {"days": 10}, by=stage.by_admin)


@scenario(
    "account-setting-created",
    "An admin saves a search of the log",
    ("account-setting-created", USER),
    ("account-updated", USER),
)
def a_search_is_saved(stage: Stage, _number: int) -> None:
    with stage.acting():
        searches.save(stage.account, "What nobody did", "member=none", is_shared=True, by=stage.by_admin)


def _a_search(stage: Stage) -> int:
    with stage.acting():
        searches.save(stage.account, "What nobody did", "member=none", is_shared=False, by=stage.by_admin)
    kept = select(AccountSetting.id).where(AccountSetting.type == searches.SAVED).order_by(AccountSetting.id.desc())
    return stage.session.scalars(kept.limit(1)).one()


@scenario(
    "account-setting-updated",
    "A saved search is shared",
    ("account-setting-updated", USER),
    ("account-updated", USER),
    prepare=_a_search,
)
def a_search_is_shared(stage: Stage, number: int) -> None:
    with stage.acting():
        searches.share(stage.session.get_one(AccountSetting, number), True, by=stage.by_admin)


@scenario(
    "account-setting-updated",
    "A saved search is deleted",
    ("account-setting-updated", USER),
    ("account-updated", USER),
    prepare=_a_search,
)
def a_search_is_deleted(stage: Stage, number: int) -> None:
    with stage.acting():
        searches.delete(stage.session.get_one(AccountSetting, number), by=stage.by_admin)


@quiet("account-setting-updated", "A search that is private already", prepare=_a_search)
def a_search_that_is_private(stage: Stage, number: int) -> None:
    with stage.acting():
        searches.share(stage.session.get_one(AccountSetting, number), False, by=stage.by_admin)


@quiet("account-setting-created", "Thirty days, which is what everybody has who never said anything")
def what_everybody_has(stage: Stage, _number: int) -> None:
    with stage.acting():
        settings.change(stage.account, "trash", {"days": 30}, by=stage.by_admin)


@quiet("account-setting-updated", "Sixty days, as before", prepare=_a_setting)
def as_before(stage: Stage, _number: int) -> None:
    the_trash_is_kept_longer(stage, 0)


@scenario("audit-log-exported", "An admin exports a week of the log as CSV", ("audit-log-exported", USER))
def the_log_is_exported(stage: Stage, _number: int) -> None:
    with stage.acting():
        accounts.export_log(stage.account, {"format": "csv", "filter": "", "after": 0}, by=stage.by_admin)


@scenario("audit-log-exported", "A copy is taken on the command line", ("audit-log-exported", SYSTEM))
def the_log_is_exported_by_command(stage: Stage, _number: int) -> None:
    with stage.acting("cli"):
        accounts.export_log(stage.account, {"format": "jsonl", "filter": "since:24h", "after": 0}, by=COMMAND_LINE)


@scenario("account-deactivated", "The owner switches the account off", ("account-deactivated", USER))
def the_owner_switches_off(stage: Stage, _number: int) -> None:
    with stage.acting():
        accounts.deactivate(stage.account, by=Actor.user(stage.owner))


@scenario("account-deactivated", "Whoever runs the desk switches the account off", ("account-deactivated", SYSTEM))
def the_command_line_switches_off(stage: Stage, _number: int) -> None:
    with stage.acting("cli"):
        accounts.deactivate(stage.account, by=COMMAND_LINE)


@quiet("account-deactivated", "An admin would switch the account off", refusal="Only its owner deactivates an account")
def an_admin_would_switch_off(stage: Stage, _number: int) -> None:
    with stage.acting():
        accounts.deactivate(stage.account, by=stage.by_admin)


def _switched_off(stage: Stage) -> int:
    the_owner_switches_off(stage, 0)
    return 0


@quiet("account-deactivated", "It is off already", prepare=_switched_off)
def it_is_off_already(stage: Stage, _number: int) -> None:
    the_owner_switches_off(stage, 0)


@scenario(
    "account-reactivated",
    "The owner switches the account on again",
    ("account-reactivated", USER),
    prepare=_switched_off,
)
def the_owner_switches_on(stage: Stage, _number: int) -> None:
    with stage.acting():
        accounts.reactivate(stage.account, by=Actor.user(stage.owner))


@scenario(
    "account-reactivated",
    "The command line, where the owner can't",
    ("account-reactivated", SYSTEM),
    prepare=_switched_off,
)
def the_command_line_switches_on(stage: Stage, _number: int) -> None:
    with stage.acting("cli"):
        accounts.reactivate(stage.account, by=COMMAND_LINE)


@quiet("account-reactivated", "It is on already")
def it_is_on_already(stage: Stage, _number: int) -> None:
    the_owner_switches_on(stage, 0)


@scenario("schema-migrated", "The desk's software is updated", ("schema-migrated", SYSTEM))
def the_software_is_updated(stage: Stage, _number: int) -> None:
    with stage.acting("cli"):
        tell_of_migration(stage.account, by=COMMAND_LINE)


@scenario(
    "account-updated",
    "A throw-away account is put away for good",
    ("account-updated", SYSTEM),
)
def an_account_is_put_away(stage: Stage, _number: int) -> None:
    with stage.acting("cli"):
        accounts.archive(stage.account, by=COMMAND_LINE)


def _put_away(stage: Stage) -> int:
    an_account_is_put_away(stage, 0)
    return 0


@quiet("account-updated", "It is put away already", prepare=_put_away)
def it_is_put_away_already(stage: Stage, _number: int) -> None:
    an_account_is_put_away(stage, 0)


@quiet(
    "account-reactivated",
    "It was put away for good",
    prepare=_put_away,
    refusal="This account was archived when it was reset; it can't be switched on again.",
)
def it_was_put_away_for_good(stage: Stage, _number: int) -> None:
    the_owner_switches_on(stage, 0)
