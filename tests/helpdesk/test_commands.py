"""The commands about the desk itself."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import URL

from helpdesk import commands, embedded, keys, migrations
from helpdesk import config as settings
from helpdesk import settings as account_settings
from helpdesk.mail import trap
from tests.databases import owner_url
from tests.desks import Desk

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance folder of the test's own."""
    monkeypatch.setenv("HELPDESK_INSTANCE", str(tmp_path))
    return tmp_path


@pytest.fixture
def on_desk(desk: Desk, database_url: URL, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk in the database that commands find."""
    monkeypatch.setenv("DATABASE_URL", database_url.render_as_string(hide_password=False))
    desk.session.rollback()
    return desk


def run(command: object, *arguments: str) -> Result:
    """Run a command as a person would."""
    return CliRunner().invoke(command, arguments)  # type: ignore[arg-type]


def test_migrating_makes_a_database_once() -> None:
    assert "brought up to date" in run(commands.migrate).output
    assert "is up to date" in run(commands.migrate).output
    engine = create_engine(settings.from_environment().database_url)
    assert inspect(engine).has_table("event")
    engine.dispose()


@pytest.mark.postgres
def test_migrating_runs_as_the_owner_and_tells_every_account(
    on_desk: Desk, database_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []

    def pretend(_engine: object, role: str | None = None) -> bool:
        asked.append(role)
        return True

    monkeypatch.setattr(migrations, "upgrade", pretend)
    if database_url.get_backend_name() == "postgresql":
        monkeypatch.setenv("MIGRATE_DATABASE_URL", owner_url(database_url).render_as_string(hide_password=False))
    with on_desk.watched() as trail:
        assert run(commands.migrate).exit_code == 0
    assert asked == ["helpdesk_app" if database_url.get_backend_name() == "postgresql" else None]
    assert trail.types == ["schema-migrated"]
    assert trail["schema-migrated"].actor_name == "command line"


def test_an_api_key_is_all_that_is_printed(on_desk: Desk) -> None:
    with on_desk.watched() as trail:
        result = run(commands.api_key, "ADMIN@demo.example")
    assert result.exit_code == 0
    key = keys.find(on_desk.session, result.output.strip())
    assert key is not None
    assert key.user_id == on_desk.admin_id
    assert trail.types == ["api-key-created"]
    assert trail["api-key-created"].source == "cli"


def test_no_key_for_a_stranger(on_desk: Desk) -> None:
    result = run(commands.api_key, "nobody@demo.example")
    assert (result.exit_code, result.output) == (
        1,
        "Error: There is no team member with the address nobody@demo.example.\n",
    )


def test_without_a_database_a_sentence_says_what_makes_one() -> None:
    result = run(commands.api_key, "admin@demo.example")
    assert result.exit_code == 1
    assert "There is no database yet" in result.output


def test_a_database_without_tables_is_a_sentence(instance: Path) -> None:
    (instance / "helpdesk.db").touch()
    result = run(commands.api_key, "admin@demo.example")
    assert result.exit_code == 1
    assert "run `helpdesk migrate`" in result.output


def test_a_reset_throws_all_away_but_the_secret(instance: Path) -> None:
    run(commands.migrate)
    trap.store("a@demo.example", ["b@demo.example"], b"Subject: x\r\n\r\n")
    (instance / "secret").write_text("hush")
    assert "gone" in run(commands.reset, "--yes").output
    assert trap.caught(None) == []
    assert sorted(path.name for path in instance.iterdir()) == ["helpdesk.db.lock", "mail", "secret"]
    assert "nothing to throw away" in run(commands.reset, "--yes").output


def test_a_reset_asks_first(instance: Path) -> None:
    run(commands.migrate)
    assert CliRunner().invoke(commands.reset, input="n\n").exit_code == 1
    assert (instance / "helpdesk.db").exists()


def test_a_database_that_is_served_is_not_thrown_away(instance: Path) -> None:
    run(commands.migrate)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD], cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ, "DATABASE_URL": ""}
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    result = run(commands.reset, "--yes")
    assert (result.exit_code, (instance / "helpdesk.db").exists()) == (1, True)
    assert "Stop it first" in result.output
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    assert run(commands.reset, "--yes").exit_code == 0


HOLD = """
import time
from helpdesk import config, embedded
with embedded.alone(config.from_environment()):
    print("held", flush=True)
    time.sleep(60)
"""


def test_postgresql_is_never_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://desk@127.0.0.1/desk")
    result = run(commands.reset, "--yes")
    assert result.exit_code == 1
    assert "Only the embedded database" in result.output


def test_a_database_that_does_not_answer_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://desk@127.0.0.1:9/desk")
    for command, arguments in ((commands.migrate, []), (commands.api_key, ["a@b.example"])):
        result = run(command, *arguments)
        assert result.exit_code == 1
        assert result.output.startswith("Error: The database does not answer as it should")


def test_the_embedded_database_is_held_once(instance: Path) -> None:
    config = settings.from_environment()
    with embedded.alone(config), pytest.raises(embedded.InUse), embedded.alone(config):
        pass
    with embedded.alone(config):
        assert embedded.database_file(config) == instance / "helpdesk.db"


def test_a_setting_is_shown_and_set(on_desk: Desk) -> None:
    assert run(commands.setting, "trash").output == '{"days": 30}\n'
    with on_desk.watched() as trail:
        assert run(commands.setting, "trash", '{"days": 60}').output == '{"days": 60}\n'
        assert run(commands.setting, "trash").output == '{"days": 60}\n'
    assert trail.types == ["account-setting-created", "account-updated"]
    assert run(commands.setting, "audit-log", '{"longest_period_days": null}').exit_code == 0


def test_what_only_programs_know_of_a_setting_stays(on_desk: Desk) -> None:
    with on_desk.acting():
        account_settings.create(on_desk.account, "auto-merge", "", {"theirs": 1}, by=on_desk.by_admin)
    kept = {"enabled": True, "hours": 24, "theirs": 1}
    assert json.loads(run(commands.setting, "auto-merge", '{"enabled": true}').output) == kept
    assert run(commands.setting, "auto-merge", '{"enabeld": true}').exit_code == 1


def test_a_setting_that_is_so_by_default_is_no_event(on_desk: Desk) -> None:
    with on_desk.watched() as trail:
        assert run(commands.setting, "trash", '{"days": 30}').exit_code == 0
    assert trail.types == []


def test_business_hours_are_put_in_order(on_desk: Desk) -> None:
    hours = (
        '[{"days": "7, 6", "from_time": "10:00", "to_time": "12:00"},'
        ' {"days": "1", "from_time": "09:00", "to_time": "12:00"}]'
    )
    done = run(commands.setting, "business-hours", f'{{"timezone": "europe/dublin", "business_hours": {hours}}}')
    assert json.loads(done.output) == {
        "timezone": "Europe/Dublin",
        "business_hours": [
            {"days": "1", "from_time": "09:00", "to_time": "12:00"},
            {"days": "6,7", "from_time": "10:00", "to_time": "12:00"},
        ],
    }


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["no-such"], "There is no setting 'no-such'."),
        (["trash", "60"], "DATA is no JSON object"),
        (["trash", "{"], "DATA is no JSON object"),
        (["trash", '{"hours": 3}'], "holds days, and nothing else"),
        (["trash", '{"days": 0}'], "days is a whole number from 1 to 3650."),
        (["trash", '{"days": true}'], "days is a whole number from 1 to 3650."),
        (["audit-log", '{"longest_period_days": "7"}'], "or null for no limit"),
        (["business-hours", '{"timezone": "Mars"}'], "is no time zone"),
        (["business-hours", '{"timezone": "localtime"}'], "is no time zone"),
        (["business-hours", '{"timezone": 7}'], "is no time zone"),
        (["business-hours", '{"business_hours": "always"}'], "is a list"),
        (["business-hours", '{"business_hours": [1]}'], "A row of business_hours holds"),
        (["business-hours", '{"business_hours": [{"days": "1"}]}'], "A row of business_hours holds"),
        (
            ["business-hours", '{"business_hours": [{"days": "8", "from_time": "09:00", "to_time": "17:00"}]}'],
            "Choose at least one day, from Monday (1) to Sunday (7).",
        ),
        (
            ["business-hours", '{"business_hours": [{"days": 1, "from_time": "09:00", "to_time": "17:00"}]}'],
            "Choose at least one day",
        ),
        (
            ["business-hours", '{"business_hours": [{"days": "1", "from_time": "17:00", "to_time": "09:00"}]}'],
            "Hours begin before they end",
        ),
        (["satisfaction-surveys", '{"enabled": 1}'], "enabled is true or false."),
        (["satisfaction-surveys", '{"delay_hours": 0}'], "delay_hours is a whole number from 1 to 8760."),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(on_desk: Desk, words: list[str], sentence: str) -> None:
    with on_desk.watched() as trail:
        result = run(commands.setting, *words)
    assert result.exit_code == 1
    assert sentence in result.output
    assert trail.types == []
