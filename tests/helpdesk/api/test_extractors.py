"""Extractors that nobody here wrote take a whole account along, told only what the API's contract says; the second time
they get what is new."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL

from audit.log import event_table
from helpdesk import models
from helpdesk.api import view_showing
from tests.automation.processes import ROOT
from tests.desks import Desk
from tests.helpdesk.api.programs import Program
from tests.helpdesk.api.served import served
from tests.helpdesk.web.everywhere import furnish_everything

PROGRAMS: Final = Path(__file__).parent / "extractors"

#: Answers the numbers of the rows that it got, by list.
Extract = Callable[..., dict[str, list[int]]]

#: Lists of the contract, and the tables that hold their rows.
TABLES: Final[dict[str, Any]] = {
    "events": event_table.c,
    "tickets": models.Ticket,
    "messages": models.TicketMessage,
    "customers": models.Customer,
    "tags": models.Tag,
    "teams": models.Team,
    "users": models.User,
    "macros": models.Macro,
    "rules": models.Rule,
    "views": models.View,
    "widgets": models.Widget,
    "integrations": models.Integration,
    "satisfaction-surveys": models.SatisfactionSurvey,
    "jobs": models.Job,
    "custom-fields": models.CustomField,
}
#: Lists that are followed by changes, too.
CHANGE: Final = ("tickets", "customers")


def held(desk: Desk) -> dict[str, dict[int, datetime]]:
    """The numbers of all that there is, each with the time by which its list grows."""
    desk.session.rollback()
    found = {}
    for name, table in TABLES.items():
        grows = table.updated_datetime if name in CHANGE else table.created_datetime
        found[name] = dict(map(tuple, desk.session.execute(select(table.id, grows))))
    # The desk's own views are in no table; they are as old as the account.
    found["views"] |= dict.fromkeys(view_showing.FIXED, desk.account.created_datetime)
    return found


def by(python: str, program: str) -> Extract:
    """An extractor in a process of its own; what it got is its last line."""

    def extract(*arguments: str) -> dict[str, list[int]]:
        command = [python, str(PROGRAMS / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        got: dict[str, list[int]] = json.loads(done.stdout.splitlines()[-1])
        return got

    return extract


def check(extract: Extract, desk: Desk, api: Program, url: URL, folder: Path, *, last_again: bool) -> None:
    """All that there is comes along at first, and then what is new or changed.

    `last_again`: an extractor that leaves it to the destination to know what it has takes what has the last time again.
    """
    furnish_everything(desk)
    for number in range(3):
        desk.move_clock(timedelta(seconds=1))
        desk.a_ticket(f"Ticket {number}")
    with served(url, folder) as address:
        api.post("/desk/settle", status=200)
        known = held(desk)
        assert extract(address, api.email, api.key, str(folder)) == {name: sorted(known[name]) for name in TABLES}
        desk.move_clock(timedelta(seconds=1))
        api.put(f"/tickets/{min(known['tickets'])}", {"status": "closed", "tags": [{"name": "brand new"}]})
        api.post("/desk/settle", status=200)
        new = {name: dict(rows.items() - known[name].items()) for name, rows in held(desk).items()}
        assert {name for name, rows in new.items() if rows} == {"events", "tickets", "tags"}
        for name, rows in known.items() if last_again else ():
            new[name] |= {number: at for number, at in rows.items() if at == max(rows.values())}
        assert extract(address, api.email, api.key, str(folder)) == {name: sorted(new[name]) for name in TABLES}


def test_dlt_takes_everything_along_and_then_what_is_new(
    desk: Desk, api: Program, database_url: URL, tmp_path: Path
) -> None:
    check(by(sys.executable, "with_dlt.py"), desk, api, database_url, tmp_path, last_again=False)


@pytest.mark.long
def test_airbyte_takes_everything_along_and_then_what_is_new(
    desk: Desk, api: Program, database_url: URL, tmp_path: Path
) -> None:
    """Its libraries are heavy, and want others than ours: they live in an environment of their own."""
    python = tmp_path / "venv" / "bin" / "python"
    locked = ["--require-hashes", "--requirements", str(ROOT / "requirements-airbyte.txt")]
    uv = str(Path(sys.executable).with_name("uv"))
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(tmp_path / "venv")], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *locked], check=True)
    check(by(str(python), "with_airbyte.py"), desk, api, database_url, tmp_path, last_again=True)
