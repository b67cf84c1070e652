"""`helpdesk classroom`, and what lies below it on both databases: seats, who may look in, a reset."""

import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlalchemy.engine import URL

from audit.action import enter
from audit.actors import Actor
from audit.replay import replay
from helpdesk import classrooms, people
from helpdesk import desk as helpdesk_desk
from helpdesk.models import Role, Seat, Ticket
from helpdesk.refusals import Refused
from seeds import classroom
from seeds.classroom_commands import classroom as command
from tests.desks import PASSWORD, Desk
from tests.outside import sqlite_only

SECRET = "only for tests"


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, database_url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command finds."""
    monkeypatch.setenv("HELPDESK_INSTANCE", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", database_url.render_as_string(hide_password=False))
    monkeypatch.setenv("SECRET_KEY", SECRET)


def run(desk: Desk, *arguments: str) -> Result:
    """Run the command as a person would."""
    desk.session.rollback()
    return CliRunner().invoke(command, arguments)


def test_a_seat_is_open_to_its_trainer_alone_and_a_reset_gives_a_fresh_one(desk: Desk) -> None:
    session = desk.session
    name = classroom.seat_trainees(session, desk.admin_id, 1, SECRET)
    enter(session, desk.account_id)
    (trainee,) = classrooms.trainees(session, desk.admin_id)
    assert session.info["account_id"] == desk.account_id, "it came back"
    assert session.scalars(select(Seat)).all() == [], "other accounts' seats are not this account's"
    may = {
        (who, role): classrooms.open_to(session, who, role, trainee.account_id) is not None
        for who in (desk.admin_id, desk.owner_id)
        for role in ("owner", "admin", "lead", "basic")
    }
    assert [key for key, is_open in may.items() if is_open] == [
        (desk.admin_id, role) for role in ("owner", "admin", "lead")
    ]
    assert classrooms.open_to(session, desk.admin_id, "admin", desk.account_id) is None

    classroom.reset(session, trainee.account_id, SECRET, trainer="Ada")
    with pytest.raises(Refused, match="reset already"):
        classroom.reset(session, trainee.account_id, SECRET, trainer="Ada")
    (fresh,) = classrooms.trainees(session, desk.admin_id, name)
    assert (fresh.email, fresh.place) == (trainee.email, trainee.place)
    assert fresh.account_id != trainee.account_id
    assert classrooms.knows_password(fresh, SECRET)
    assert [each.account_id for each in classrooms.earlier(session, fresh.place)] == [trainee.account_id]
    for account_id in (trainee.account_id, fresh.account_id):
        assert replay(session, account_id).agrees
    enter(session, fresh.account_id)
    statuses = [(ticket.status, ticket.spam, ticket.priority) for ticket in session.scalars(select(Ticket))]
    assert len(set(statuses)) >= 4, "a desk with tickets that differ"
    enter(session, None)


@sqlite_only
def test_the_command_opens_grows_and_resets(desk: Desk) -> None:
    assert "at least a lead" in run(desk, "--trainees", "1", "--trainer", "ana@demo.example").output
    made = run(desk, "--trainees", "2", "--trainer", "admin@demo.example")
    assert made.exit_code == 0, made.output
    name = made.output.split("trainee-1@class-")[1].partition(".")[0]
    before = classrooms.trainees(desk.session, desk.admin_id, name)
    for each in before:
        assert each.email in made.output
        assert classrooms.password_of(SECRET, each.place) in made.output

    assert run(desk, name, "--reset", "2").exit_code == 0
    after = classrooms.trainees(desk.session, desk.admin_id, name)
    assert [each.account_id == old.account_id for each, old in zip(after, before, strict=True)] == [True, False]
    assert run(desk, name, "--trainees", "1").output.count("trainee-") == 3
    assert (
        run(desk, name, "--reset", "9").output
        == f"Error: Nobody in {name} has the number 9. Write one of theirs, or all.\n"
    )
    assert run(desk, "none").output == "Error: There is no classroom 'none'.\n"
    assert run(desk).exit_code == 2

    thief, victim = after[0], after[1]
    with helpdesk_desk.acting(desk.session, victim.account_id, source="web"):
        owner = people.by_email(desk.session, victim.email)
        assert owner is not None
        people.update(owner, email="mine@two.example", by=Actor.user(owner))
    with helpdesk_desk.acting(desk.session, thief.account_id, source="web"):
        owner = people.by_email(desk.session, thief.email)
        assert owner is not None
        people.update(owner, email=victim.email, by=Actor.user(owner))
    enter(desk.session, None)
    refused = run(desk, name, "--reset", "2")
    assert f"{victim.email} was taken in another account, so nothing was reset" in refused.output
    assert classrooms.trainees(desk.session, desk.admin_id, name)[1].account_id == victim.account_id
    again = run(desk, name, "--reset", "all")
    assert again.exit_code == 0, "the thief is reset first, which gives the address back"


@sqlite_only
def test_without_a_name_the_first_accounts_lead_is_the_trainer(desk: Desk) -> None:
    with desk.acting():
        people.create(
            desk.account,
            email="lead@demo.example",
            name="Lea Lead",
            role=Role.LEAD,
            password=PASSWORD,
            by=desk.by_admin,
        )
    assert "Lea Lead (lead@demo.example) reads along" in run(desk, "--trainees", "1").output


@sqlite_only
@pytest.mark.long
def test_twenty_have_their_desks_in_thirty_seconds(desk: Desk) -> None:
    began = time.process_time()  # what else the machine does is no business of the classroom
    classroom.seat_trainees(desk.session, desk.admin_id, 20, SECRET)
    assert time.process_time() - began < 30
    enter(desk.session, None)
