"""`helpdesk audit`: replay ends with 0 only if log and database agree, and the guards are looked at."""

import json
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy.engine import URL

from audit.commands import COMMANDS
from tests.desks import Desk, open_desk
from tests.outside import Run
from tests.sites import open_site


@pytest.fixture
def site(database_url: URL, victim: Desk) -> Iterator[Flask]:
    """The application on the database of a desk that may be harmed."""
    victim.a_ticket()
    with open_site(database_url) as app:
        yield app


def call(app: Flask, *words: str) -> Result:
    """Run the command as the shell would."""
    house = click.Group(commands={str(command.name): command for command in COMMANDS})
    return CliRunner().invoke(house, ["audit", *words], obj=ScriptInfo(create_app=lambda: app, set_debug_flag=False))


def test_replay_agrees(site: Flask, victim: Desk) -> None:
    result = call(site, "replay")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"demo: {len(victim.events_after())} events, ")
    assert result.stdout.endswith("Log and database agree.\n")


def test_replay_names_what_differs(site: Flask, victim: Desk, run: Run) -> None:
    run("UPDATE ticket SET subject = 'Changed behind the back'")
    result = call(site, "replay")
    assert result.exit_code == 1
    assert 'subject: "Where is my order?" by the log, "Changed behind the back" in the database' in result.stdout
    assert "differ" in result.stderr


def test_replay_takes_an_account_by_name_or_number(site: Flask, victim: Desk) -> None:
    other = open_desk(victim.session, "other")
    for words in ("other", str(other.account_id)):
        assert call(site, "replay", "--account", words).stdout.startswith("other: ")


def test_replay_of_an_unknown_account_is_a_sentence(site: Flask) -> None:
    result = call(site, "replay", "--account", "nobody")
    assert result.exit_code == 1
    assert "There is no account 'nobody'; there are demo." in result.stderr


def test_guards_that_stand(site: Flask) -> None:
    assert "every trigger stands" in call(site, "check-guards").stdout


def test_a_guard_that_is_missing(site: Flask, run: Run) -> None:
    run("DROP TRIGGER event_in_order" + (" ON event" if "postgres" in site.config["SQLALCHEMY_DATABASE_URI"] else ""))
    for words in ("check-guards", "replay"):
        result = call(site, words)
        assert result.exit_code == 1
        assert "event_in_order" in result.stderr


def test_progress_is_shown_to_a_person(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.commands._is_watched", lambda: True)
    result = call(site, "replay")
    assert result.exit_code == 0, result.output
    assert "Folding" in result.stderr


def test_an_export_writes_lines_that_go_on(site: Flask, victim: Desk) -> None:
    with victim.watched() as trail:
        first, *_ = lines = [json.loads(line) for line in call(site, "export", "api-only:yes").stdout.splitlines()]
        rest = call(site, "export", "api-only:yes", "--after", str(first["id"]), "--format", "csv").stdout.splitlines()
        refused = call(site, "export", "type:nonsense")
    assert [int(line.split(",")[0]) for line in rest[: len(lines) - 1]] == [line["id"] for line in lines[1:]]
    assert refused.exit_code == 1
    assert "nonsense" in refused.stderr
    assert set(trail.actors) == {("audit-log-exported", "system")}
