"""Every event there is: fired by the command, offered, found and shown by the audit log, and covered."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit import proofs
from audit.coverage_commands import coverage
from audit.db import db
from audit.log import event_table
from audit.types import registry
from automation import beforehand
from helpdesk import desk
from helpdesk.commands import command_session
from helpdesk.models import Account
from seeds import trigger_commands
from seeds.commands import seed
from seeds.office import DEMO_PASSWORD
from seeds.scenarios import covered_types
from tests.helpdesk.web.browsers import Browser
from wsgi import create_app

_c = event_table.c


@dataclass
class World:
    """A small demo whose log was told, past all guards, what the sandboxes saw."""

    app: Flask
    fired: Result
    sandboxes: int

    def run(self, *arguments: str) -> Result:
        """`helpdesk audit coverage` with these arguments."""
        return CliRunner().invoke(coverage, arguments, obj=ScriptInfo(create_app=lambda: self.app))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("every-event")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HELPDESK_INSTANCE", str(folder))
        patch.setenv("SECRET_KEY", "only for tests")
        patch.setenv("TRUSTED_HOSTS", "localhost")
        patch.delenv("DATABASE_URL", raising=False)
        desk.connect_machines(beforehand)
        run = CliRunner().invoke
        made = run(seed, ["--days", "1", "--tickets", "3", "--until", "2026-03-20 15:37"])
        assert made.exit_code == 0, made.output
        fired = run(trigger_commands.trigger, ["--all"])
        with command_session() as session:
            sandboxes = session.scalar(select(func.count()).select_from(Account).where(Account.id > 1)) or 0
            _tell_the_demo(session)
        app = create_app()
        app.config.update(WTF_CSRF_ENABLED=False)
        yield World(app, fired, sandboxes)
        with app.app_context():
            db.engine.dispose()


def _tell_the_demo(session: Session) -> None:
    """Write one event of each type and actor of the sandboxes' logs into the demo's, with its time."""
    newest = session.scalar(select(func.max(_c.id))) or 0
    at = session.scalar(select(func.max(_c.created_datetime)).where(_c.account_id == 1))
    examples = select(func.max(_c.id)).where(_c.account_id > 1).group_by(_c.type, _c.actor_kind)
    lines = session.execute(select(event_table).where(_c.id.in_(examples)).order_by(_c.id)).mappings().all()
    session.connection().info["witnessed"] = True
    for place, line in enumerate(lines, 1):
        row = {**line, "id": newest + place, "account_id": 1, "created_datetime": at}
        session.execute(event_table.insert().values(row))
    session.commit()


def test_the_command_fires_every_event_exactly_as_the_catalogue_says(world: World) -> None:
    assert "NOT AS" not in world.fired.output
    for name in covered_types():
        assert f"{name} · " in world.fired.output
    assert world.sandboxes >= len(covered_types())
    assert world.fired.exit_code == 0, world.fired.output


def test_the_audit_log_offers_finds_and_shows_every_event(world: World) -> None:
    browser = Browser(world.app.test_client())
    assert browser.log_in("admin@demo.example", DEMO_PASSWORD).status_code == 303
    for name in sorted(covered_types()):
        asked = {"event": name, "period": "own", "from": "2026-03-19T00:00", "to": "2026-03-21T00:00"}
        page = browser.get("/settings/audit", query_string=asked).text
        assert set(re.findall(r'data-event="([a-z-]+)"', page)) == {name}
        assert f'value="{name}" checked' in page
        assert f"</span>{registry[name].label}</button>" in page


def test_coverage_tells_what_was_seen_and_how_to_cause_the_rest(world: World) -> None:
    told: dict[str, Any] = json.loads(world.run("--format", "json", "--part", "types", "--part", "ways").output)
    by_name = {line["type"]: line for line in told["types"]}
    seen = {name for name, line in by_name.items() if line["seen"]}
    assert seen >= covered_types()
    table = world.run("--part", "types").output
    assert f"{len(seen)} of {len(registry)} types seen" in table
    for name in by_name.keys() - seen:
        assert f"  {name}: not seen." in table
    assert by_name["ticket-self-unsnoozed"]["ways"] == {"schedule": by_name["ticket-self-unsnoozed"]["seen"]}
    assert {gap["type"] for gap in told["missing"] if gap["what"] == "not seen by customer"} >= {"customer-updated"}
    later = json.loads(world.run("--format", "json", "--since", "2999-01-01").output)
    assert later["figures"]["types"]["full"] == 0
    assert world.run("--since", "yesterday").exit_code == 1
    red = world.run("--format", "junit", "--part", "types", "--fail-under", "100", "--since", "2999-01-01")
    assert red.exit_code == 1
    assert "  ticket-closed: not seen. Open the ticket and press Close." in red.stderr
    cases = ElementTree.fromstring(red.stdout.encode()).findall("testsuite/testcase")
    assert len(cases) == len(registry)
    assert all(case.find("failure") is not None for case in cases)
    assert world.run("--part", "types", "--fail-under", "1").exit_code == 0


def test_coverage_reads_what_a_suite_left_and_names_what_it_lacks(world: World, tmp_path: Path) -> None:
    report = proofs.Report()
    for type_ in registry:
        for proof in proofs.PROOFS:
            report.note(proof.name, type_.name, "a test")
    whole = tmp_path / "whole.json"
    proofs.write(whole, report)
    assert world.run("--part", "proofs", "--report", str(whole), "--fail-under", "100").exit_code == 0
    del report.seen["rendered"]["ticket-closed"]
    proofs.write(whole, report)
    lacking = world.run("--part", "proofs", "--report", str(whole), "--fail-under", "100")
    assert lacking.exit_code == 1
    assert "ticket-closed: not rendered. Show a row of ticket-closed" in lacking.stderr
    (tmp_path / "none.json").write_text("[1]")
    for name in ("none.json", "missing.json"):
        refused = world.run("--report", str(tmp_path / name))
        assert (refused.exit_code, "report" in refused.output) == (1, True)
