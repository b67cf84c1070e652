"""The plugin against a desk that runs elsewhere: over HTTP in every run, and from the built wheel in the long form."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpdesk import keys
from helpdesk.testing.remote import DeskError, RemoteDesk, RemoteEvents
from tests.browser.conftest import House, served

ROOT = Path(__file__).parents[2]

FOREIGN = """
import pytest
import helpdesk.pytest_plugin

def test_the_plugin_is_the_wheels():
    assert "/site/helpdesk/" in helpdesk.pytest_plugin.__file__

@pytest.fixture
def ticket(desk_account):
    body = {"customer": {"email": "dora@mail.example"}, "subject": "A lid", "messages": [
        {"channel": "email", "via": "api", "from_agent": False, "body_text": "Do you sell lids alone?"}]}
    return desk_account.call("POST", "/api/tickets", body)["id"]

def test_closing_a_ticket(desk_account, events, ticket):
    assert events == ["customer-created", "ticket-created", "ticket-message-created", "ticket-updated"]
    events.clear()
    desk_account.call("PUT", f"/api/tickets/{ticket}", {"status": "closed"})
    assert events == ["ticket-updated", "ticket-closed"]

def test_closing_it_twice_writes_nothing(desk_account, ticket, events):
    desk_account.call("PUT", f"/api/tickets/{ticket}", {"status": "closed"})
    events.clear()
    desk_account.call("PUT", f"/api/tickets/{ticket}", {"status": "closed"})
    assert events == []
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None) -> Iterator[tuple[House, str]]:
    """A desk behind a real server, and an admin's key to it."""
    with served(tmp_path_factory.mktemp("remote"), lambda desk: desk.a_ticket().id) as house:
        with house.desk.acting():
            _, key = keys.create(house.desk.admin, name="Tests", by=house.desk.by_admin)
        yield house, f"admin@demo.example:{key}"


def test_a_throw_away_account_is_asked_over_rest(running: tuple[House, str]) -> None:
    house, key = running
    before = house.desk.last_event_id()
    account = RemoteDesk.open(house.url, key)
    events = RemoteEvents(account)
    assert events == []
    made = account.call("POST", "/api/tags", {"name": "refund"})
    assert events == ["tag-created"]
    events.clear()
    account.call("PUT", f"/api/tags/{made['id']}", {"name": "money-back"})
    assert events == ["tag-updated", "tag-renamed"]
    assert {"account-created", "tag-renamed"} <= set(events.everything())
    account.throw_away()
    with pytest.raises(DeskError) as refused:
        account.settle()
    assert refused.value.status == 401
    assert house.desk.last_event_id() == before


@pytest.mark.long
def test_a_foreign_project_installs_the_wheel_and_tests_a_running_desk(
    running: tuple[House, str], tmp_path: Path
) -> None:
    house, key = running
    uv = ROOT / ".venv" / "bin" / "uv"
    build = f"build --quiet --wheel --build-constraints {ROOT}/requirements-build.txt --out-dir {tmp_path}/dist {ROOT}"
    subprocess.run([uv, *build.split()], check=True, timeout=300)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    site, project = tmp_path / "site", tmp_path / "project"
    install = f"pip install --quiet --python {sys.executable} --no-deps --target {site} {wheel}"
    subprocess.run([uv, *install.split()], check=True, timeout=120)
    project.mkdir()
    (project / "test_client.py").write_text(FOREIGN)
    asked = ["--desk-url", house.url, "--desk-key", key, "--event-coverage"]
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:playwright", *asked]
    environment = {**os.environ, "PYTHONPATH": str(site)}
    enough = ["--event-coverage-of=ticket-closed", "--event-coverage-of=ticket-created"]
    done = subprocess.run(
        [*run, *enough], cwd=project, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
    assert "2 of 2 types of events were seen." in done.stdout
    short = subprocess.run(run, cwd=project, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert short.returncode == 1
    assert "not seen: ticket-snoozed." in short.stdout
