"""Processes that play what is due, killed at random while others write: nothing is lost, nothing happens twice."""

import json
import subprocess
import sys
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL

from audit.clock import set_clock
from helpdesk import settings, tickets
from helpdesk.drafts import Draft
from helpdesk.models import Delivery, SatisfactionSurvey
from tests.automation.killing import Plan
from tests.desks import TUESDAY, Desk

ROOT = Path(__file__).parents[2]
START = TUESDAY + timedelta(days=30)

#: Something that a timer will do: event, number of its object, when.
Line = tuple[str, int, datetime]

#: Things due, seconds in which they fall due, kills that must hit an open transaction, and the longest it may take.
SMALL = (400, 4, 16, 120)
FULL = (6000, 60, 200, 400)


@pytest.mark.parametrize(
    "size", [pytest.param(SMALL, id="small"), pytest.param(FULL, id="full", marks=pytest.mark.long)]
)
def test_nothing_due_is_lost_or_done_twice(
    desk: Desk, database_url: URL, size: tuple[int, int, int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    count, seconds, enough, longest = size
    planned = put_to_sleep(desk, count)
    worked_on = [desk.a_ticket(f"worked on {index}").id for index in range(20)]
    last_due = max(at for _, _, at in planned)
    with desk.acting("cli"):
        set_clock(desk.session, desk.account_id, desk=START, rate=(last_due - START).total_seconds() / seconds)
    plan = Plan(
        url=database_url.render_as_string(hide_password=False),
        account_id=desk.account_id,
        user_id=desk.ana_id,
        ticket_ids=worked_on,
        due=count,
        last_due=last_due.isoformat(),
        seed=20261123,
        enough=enough,
        seconds=longest,
    )
    outcome = drive(plan)
    with capsys.disabled():
        print(f"\n  kills on {database_url.get_backend_name()}: {outcome}", end=" ")
    assert outcome["done"], outcome
    assert outcome["failures"] == 0, outcome
    # Begun: holds the write lock of the database, or waits for the account. Changed: has written and not committed.
    assert outcome["begun"] + outcome["changed"] >= enough, "too few kills hit an open transaction"
    assert outcome["changed"] >= enough // 5, "too few kills hit a transaction that had changed something"
    check_the_log(desk, planned)
    with desk.acting("cli") as action:  # the fixture's replay wants the clock to stand
        set_clock(desk.session, desk.account_id, desk=action.at, rate=0)


def put_to_sleep(desk: Desk, count: int) -> list[Line]:
    """Tickets that will wake, whose stay in the trash will end, whose customers will be asked: a second apart."""
    with desk.acting():
        setting = {"enabled": True, "delay_hours": 30 * 24}
        settings.change(desk.account, "satisfaction-surveys", setting, by=desk.by_admin)
    numbers: list[int] = []
    for _ in range(count // 200):
        with desk.acting("simulator", at=TUESDAY):
            for index in range(200):
                words = (Draft(sender=desk.carol, body_text="Where is it?"),) if index % 4 == 1 else ()
                opening = tickets.Opening(customer=desk.carol, subject=f"Ticket {index}", messages=words)
                numbers.append(tickets.create(desk.account, opening, by=desk.by_carol).id)
    planned: list[Line] = []
    for index, number in enumerate(numbers):
        if index % 4 > 1:
            continue
        with desk.acting(at=TUESDAY + timedelta(seconds=1 + index)) as action:
            if index % 4:
                tickets.close(desk.ticket(number), by=desk.by_ana)
            else:
                tickets.trash(desk.ticket(number), by=desk.by_ana)
                planned.append(("ticket-deleted", number, action.at + timedelta(days=30)))
    with desk.acting(at=TUESDAY + timedelta(days=1)):
        for index, number in enumerate(numbers):
            if index % 4 > 1:
                until = START + timedelta(seconds=1 + index)
                tickets.snooze(desk.ticket(number), until, by=desk.by_ana)
                planned.append(("ticket-self-unsnoozed", number, until))
    for survey in desk.session.scalars(select(SatisfactionSurvey)):
        assert survey.should_send_datetime is not None
        planned.append(("satisfaction-survey-sent", survey.id, survey.should_send_datetime))
    assert len(planned) == count
    desk.move_clock(START - desk.now())
    return planned


def drive(plan: Plan, program: str = "tests.automation.killing") -> dict[str, int]:
    """Run the driver, which forks: a process with threads, as tests have them, had better not."""
    done = subprocess.run(
        [sys.executable, "-m", program],
        cwd=ROOT,
        input=json.dumps(asdict(plan)),
        capture_output=True,
        text=True,
        timeout=plan.seconds + 120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    outcome: dict[str, int] = json.loads(done.stdout)
    assert outcome["failures"] == 0, done.stderr[-4000:]
    return outcome


def check_the_log(desk: Desk, planned: list[Line]) -> None:
    """Each thing once, at its own time, with its mail, and times never behind ids."""
    events = desk.events_after()
    played = [event for event in events if event.actor_kind == "schedule" and event.type != "ticket-updated"]
    assert sorted((event.type, event.object_id, event.created_datetime) for event in played) == sorted(planned)
    times = [event.created_datetime for event in events]
    assert times == sorted(times)
    assert sum(event.actor_kind == "user" for event in events) > len(planned)
    letters = list(desk.session.scalars(select(Delivery.ticket_id).where(Delivery.stable_id.startswith("survey."))))
    assert len(letters) == len(set(letters)) == sum(type_ == "satisfaction-survey-sent" for type_, _, _ in planned)
