"""`helpdesk account`: opened, switched off and on from the command line."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlalchemy.engine import URL

from audit.action import enter
from helpdesk import account_commands
from helpdesk import config as settings
from helpdesk.models import Account
from tests.desks import Desk

CLAY = ("--name", "Clay", "--owner-name", "Cleo", "--owner-email", "cleo@clay.example", "--password", "kettle-and-clay")


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, database_url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the commands find."""
    monkeypatch.setenv("HELPDESK_INSTANCE", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", database_url.render_as_string(hide_password=False))


def run(desk: Desk, *arguments: str) -> Result:
    """Run a command as a person would."""
    desk.session.rollback()
    return CliRunner().invoke(account_commands.account, arguments)


def test_opening_an_account(desk: Desk) -> None:
    made = run(desk, "create", "clay", "--timezone", "Europe/Dublin", *CLAY)
    assert made.exit_code == 0, made.output
    assert "support@clay.example" in made.output
    enter(desk.session, None)
    clay = desk.session.scalars(select(Account).where(Account.domain == "clay")).one()
    desk.account_id, before = clay.id, desk.account_id
    assert [(event.type, event.source, event.user_id) for event in desk.events_after()] == [
        (name, "cli", None)
        for name in (
            "customer-created",
            "ticket-created",
            "ticket-message-created",
            "user-created",
            "account-created",
        )
    ]
    assert desk.replay().agrees
    desk.account_id = before


@pytest.mark.parametrize(
    ("domain", "more", "sentence"),
    [
        ("demo", (), "There is an account 'demo' already."),
        ("a b", (), "Take 2 to 63 letters"),
        ("clay", ("--timezone", "Mars/Olympus"), "is no time zone"),
        ("clay", ("--owner-email", "ana@demo.example"), "already belongs to a team member"),
        ("clay", ("--password", "short"), "at least 8 characters"),
    ],
)
def test_what_can_not_be_opened(desk: Desk, domain: str, more: tuple[str, ...], sentence: str) -> None:
    made = run(desk, "create", domain, *CLAY, *more)
    assert made.exit_code == 1
    assert sentence in made.output


def test_switching_off_and_on(desk: Desk) -> None:
    with desk.watched() as trail:
        for what, said in (
            ("deactivate", "is off now"),
            ("deactivate", "is off already"),
            ("reactivate", "is on again"),
            ("reactivate", "is on already"),
        ):
            done = run(desk, what, "demo")
            assert (done.exit_code, said in done.output) == (0, True), done.output
    assert trail.actors == [("account-deactivated", "system"), ("account-reactivated", "system")]
    assert {event.source for event in trail.events} == {"cli"}
    assert run(desk, "deactivate", "nowhere").exit_code == 1


@pytest.mark.parametrize(
    ("environment_says", "is_on"),
    [
        ({}, True),
        ({"SIGN_UP": "off"}, False),
        ({"DATABASE_URL": "postgresql://a:b@host/x"}, False),
        ({"DATABASE_URL": "postgresql://a:b@host/x", "SIGN_UP": "on"}, True),
    ],
)
def test_whether_anybody_may_sign_up(environment_says: dict[str, str], is_on: bool) -> None:
    assert settings.from_environment(environment_says).sign_up is is_on


def test_what_can_not_be_set_is_said() -> None:
    assert settings.from_environment({"MAIL_DOMAIN": "desks.münchen.example"}).mail_domain.startswith("desks.xn--")
    for wrong in ({"SIGN_UP": "maybe"}, {"MAIL_DOMAIN": "not a domain"}):
        with pytest.raises(settings.Misconfigured, match=next(iter(wrong))):
            settings.from_environment(wrong)
