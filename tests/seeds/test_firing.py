"""Firing an event: it really happens, in an account that is nobody's, which is put away right after."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, func, select

from audit.action import enter
from audit.clock import wall_now
from audit.replay import replay
from helpdesk import accounts
from helpdesk.commands import migrate
from helpdesk.models import Account, Delivery
from seeds import firing, sandbox, trigger_commands
from seeds.scenarios import quiet_of, scenes_of
from seeds.stage import Stage, open_stage
from tests.desks import open_session


def test_what_is_fired_happens_elsewhere_and_is_put_away(engine: Engine) -> None:
    session = open_session(engine)
    own = open_stage(session, "demo")
    before = firing.newest(own)
    for name in ("ticket-self-unsnoozed", "account-created", "account-deactivated", "user-invited"):
        fired = firing.fire(session, scenes_of(name)[0])
        assert fired.is_as_told
        assert name in [line.type for line in fired.lines]
        assert fired.account_id != own.account_id
        enter(session, fired.account_id)
        assert not session.get_one(Account, fired.account_id).is_active
        assert replay(session, fired.account_id).agrees
    woken = firing.fire(session, scenes_of("ticket-self-unsnoozed")[0])
    assert [line.type for line in woken.before][-1] == "ticket-snoozed"
    assert [(line.member, line.acted) for line in woken.lines] == [(None, "snooze timer")] * 2
    assert firing.newest(own) == before
    enter(session, None)
    assert session.scalars(select(Account.domain).where(Account.archived_datetime.is_(None))).all() == ["demo"]
    waiting = select(func.count()).select_from(Delivery).where(Delivery.status == "queued")
    assert session.scalar(waiting) == 0, "what an archived account had to send is not sent"
    session.close()


def test_refusals_are_fired_too_and_what_was_told_wrongly_is_seen(engine: Engine) -> None:
    session = open_session(engine)
    nothing = firing.fire(session, quiet_of("ticket-closed")[0])
    assert nothing.is_as_told
    assert (nothing.lines, nothing.refusal) == ([], None)
    refused = firing.fire(session, quiet_of("ticket-snoozed")[0])
    assert refused.is_as_told
    assert refused.refusal == "A ticket can only be snoozed until a time that is still to come."
    scene = scenes_of("ticket-closed")[0]
    wrong = type(scene)(scene.type, scene.title, scene.prepare, scene.cause, scene.writes[1:])
    assert not firing.fire(session, wrong).is_as_told
    session.close()


def test_a_throw_away_account_that_was_forgotten_is_put_away_by_the_next(engine: Engine) -> None:
    session = open_session(engine)
    left, for_a_test = (open_stage(session, f"{prefix}left") for prefix in (accounts.SANDBOX, accounts.FOR_A_TEST))
    own = open_stage(session, "demo")
    sandbox.sweep(session)
    assert _archived(left) is None, "somebody may be at it"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "wall_now", lambda: wall_now() + timedelta(hours=2))
        sandbox.sweep(session)
        assert (_archived(left) is not None, _archived(for_a_test)) == (True, None)
        patch.setattr(sandbox, "wall_now", lambda: wall_now() + timedelta(days=2))
        sandbox.sweep(session)
    assert (_archived(for_a_test) is not None, _archived(own)) == (True, None)
    session.close()


def test_the_command_fires_what_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELPDESK_INSTANCE", str(tmp_path))
    run = CliRunner().invoke
    assert run(migrate, []).exit_code == 0
    one = run(trigger_commands.trigger, ["ticket-closed", "--thoroughly"])
    assert one.exit_code == 0, one.output
    assert "ticket-closed · Closing a closed ticket\n  nothing was written, for nothing changed" in one.output
    assert run(trigger_commands.trigger, ["no-such-event"]).exit_code == 1
    assert run(trigger_commands.trigger, []).exit_code == 2


def _archived(stage: Stage) -> datetime | None:
    enter(stage.session, stage.account_id)
    return stage.account.archived_datetime
