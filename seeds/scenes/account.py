"""Scenes of an account and its settings."""

from audit.action import begin
from helpdesk import accounts, settings
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
    other = f"{stage.account.domain}-twin"
    begin(stage.session, None, source="web", at=stage.now())
    opening = accounts.Opening(
        name="Twin shop",
        domain=other,
        mail_address=f"support@{other}.example",
        owner_name="Tom Twin",
        owner_email=f"owner@{other}.example",
        password="twin-and-twin",
    )
    account, _owner = accounts.open_account(stage.session, opening, by=SIGN_UP)
    stage.session.commit()
    stage.account_id = account.id  # the scene goes on there


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
