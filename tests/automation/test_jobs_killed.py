"""Workers on a very long deletion, killed with SIGKILL at random: nothing is lost, nothing happens twice."""

import json
import subprocess
import sys
from dataclasses import asdict

import pytest
from sqlalchemy.engine import URL

from helpdesk import leaving, people, tickets
from helpdesk.models import User
from tests.automation.killing_jobs import Plan
from tests.automation.test_kills import ROOT
from tests.desks import Desk


def test_a_deletion_survives_all_that_kill_its_workers(
    desk: Desk, database_url: URL, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with desk.acting():
        opening = tickets.Opening(customer=desk.carol, assignee=desk.ana)
        numbers = [tickets.create(desk.account, opening, by=desk.by_ben).id for _ in range(leaving.MANY + 1)]
    with desk.watched() as trail:
        with desk.acting():
            people.delete(desk.ana, by=desk.by_admin)
        url = database_url.render_as_string(hide_password=False)
        plan = Plan(url, desk.account_id, seed=20261124, enough=20, seconds=300)
        done = subprocess.run(
            [sys.executable, "-m", "tests.automation.killing_jobs"],
            cwd=ROOT,
            input=json.dumps(asdict(plan)),
            capture_output=True,
            text=True,
            timeout=plan.seconds + 60,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        outcome = json.loads(done.stdout)
    with capsys.disabled():
        print(f"\n  workers killed on {database_url.get_backend_name()}: {outcome}", end=" ")
    assert outcome["done"], done.stderr[-4000:]
    assert outcome["failures"] == 0, done.stderr[-4000:]
    assert outcome["begun"] + outcome["changed"] >= 5, "too few kills hit an open transaction"
    assert [event.object_id for event in trail.events if event.type == "ticket-unassigned"] == numbers
    assert trail.types[0] == "cascade-started"
    assert trail.types[-2:] == ["team-updated", "user-deleted"]
    assert len(trail.types) == 3 + 2 * len(numbers)
    assert len(trail.contexts) == 1
    assert desk.session.get(User, desk.ana_id) is None
