"""The commands that move a desk's clock."""

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from automation import commands
from helpdesk import tickets
from tests.desks import TUESDAY, Desk, open_desk, open_session


@pytest.fixture
def on_desk(desk: Desk, database_url: URL, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk in the database that commands find."""
    monkeypatch.setenv("DATABASE_URL", database_url.render_as_string(hide_password=False))
    desk.session.rollback()
    return desk


def clock(desk: Desk, *arguments: str) -> Result:
    """Run `helpdesk clock …`."""
    result = CliRunner().invoke(commands.clock, arguments)
    desk.session.rollback()
    return result


def test_the_clock_is_shown(on_desk: Desk) -> None:
    assert clock(on_desk, "show").output == "Demo shop: Tuesday, 03 March 2026, 09:00:00 (UTC), frozen.\n"


def test_advancing_plays_what_falls_due(on_desk: Desk) -> None:
    number = on_desk.a_ticket().id
    with on_desk.acting() as action:
        tickets.snooze(on_desk.ticket(number), action.at.replace(hour=11), by=on_desk.by_ana)
    with on_desk.watched() as trail:
        result = clock(on_desk, "advance", "4h")
    assert result.exit_code == 0, result.output
    assert result.output.endswith("Tuesday, 03 March 2026, 13:00:00 (UTC), frozen.\n")
    assert trail["ticket-self-unsnoozed"].created_datetime == TUESDAY.replace(hour=11)
    assert {event.source for event in trail.events} == {"cli", "automation"}


def test_what_waits_is_listed_and_stepped_to(on_desk: Desk) -> None:
    number = on_desk.a_ticket().id
    other = on_desk.a_ticket().id
    with on_desk.acting() as action:
        tickets.snooze(on_desk.ticket(number), action.at.replace(hour=11), by=on_desk.by_ana)
        tickets.trash(on_desk.ticket(other), by=on_desk.by_ana)
    assert clock(on_desk, "queue").output.splitlines() == [
        f"Tue 03 Mar 2026, 11:00:00  #{number} wakes",
        f"Thu 02 Apr 2026, 09:00:00  #{other} is deleted for good",
    ]
    assert f"Next: #{number} wakes, Tuesday, 03 March 2026, 11:00:00.\n" in clock(on_desk, "show").output
    assert clock(on_desk, "queue", "--limit", "1").output.endswith("… and 1 more.\n")
    assert "11:00:00 (UTC), frozen" in clock(on_desk, "step").output
    assert on_desk.ticket(number).is_open
    assert "Thursday, 02 April 2026" in clock(on_desk, "step").output
    assert clock(on_desk, "queue").output == "Nothing waits for its time.\n"


def test_a_moment_may_name_its_zone(on_desk: Desk) -> None:
    assert "14:30:00 (UTC)" in clock(on_desk, "to", "2026-03-03 14:30").output
    assert "16:00:00 (UTC)" in clock(on_desk, "to", "2026-03-03T18:00+02:00").output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("advance", "soon"), "is no span of time"),
        (("advance", "0s"), "only runs forward"),
        (("to", "2026-03-01"), "only runs forward"),
        (("to", "9999-12-31"), "ten years"),
        (("to", "tomorrow"), "is no moment"),
        (("rate", "100001"), "rate"),
        (("step",), "Nothing is waiting"),
        (("stop",), "nothing to stop"),
        (("show", "--account", "nobody"), "There is no account 'nobody'"),
    ],
)
def test_nonsense_is_a_sentence(on_desk: Desk, arguments: tuple[str, ...], sentence: str) -> None:
    with on_desk.watched() as trail:
        result = clock(on_desk, *arguments)
    assert result.exit_code == 1
    assert sentence in result.output
    assert "Traceback" not in result.output
    assert trail.types == []


def test_its_pace_is_set_and_frozen(on_desk: Desk) -> None:
    assert "60 times as fast" in clock(on_desk, "rate", "60").output
    assert "real time" in clock(on_desk, "rate", "1").output
    assert "frozen" in clock(on_desk, "freeze").output


def test_another_account_is_named_by_domain_or_number(on_desk: Desk, engine: Engine) -> None:
    with open_session(engine) as session:
        other = open_desk(session, "other").account_id
    for name in ("other", str(other)):
        assert clock(on_desk, "advance", "1h", "--account", name).exit_code == 0
    assert "Other shop" in clock(on_desk, "show", "--account", "other").output
    assert "11:00:00" in clock(on_desk, "show", "--account", "other").output
    assert on_desk.now() == TUESDAY


def test_every_command_has_a_help_text() -> None:
    for command in commands.COMMANDS:
        result = CliRunner().invoke(command, ["--help"])
        assert result.exit_code == 0
        assert command.help
