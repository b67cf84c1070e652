"""What the witness sees: births, changes and deaths of rows, parts filed under their owners, secrets never said."""

import json
import logging
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError

from audit.action import begin
from audit.ledger import record
from audit.log import event_table
from audit.notes import Notes
from audit.replay import replay
from audit.witness import LostRace
from helpdesk import customers, keys, people, tags, teams, tickets
from helpdesk.events import INTEGRATION_CREATED, INTEGRATION_UPDATED, USER_INVITED
from helpdesk.models import CustomerChannel, Integration, Role, Tag, Team, TeamMember, Ticket, User
from tests.desks import Desk, open_session
from tests.outside import Run, postgres_only

# ---- Notes


def test_the_first_old_and_the_last_new_value_are_kept() -> None:
    notes, row = Notes(), ("Ticket", 1)
    for before, after in (("a", "b"), ("b", "c"), ("c", "d")):
        notes.note(row, "subject", before, after)
    assert notes.rows == {row: {"subject": ["a", "d"]}}


def test_there_and_back_is_nothing() -> None:
    notes, row = Notes(), ("Ticket", 1)
    notes.note(row, "subject", "a", "b")
    notes.note(row, "subject", "b", "a")
    assert not notes


@pytest.mark.parametrize(
    ("before", "after"), [(0, False), (1, True), (1, 1.0), ("1", 1), (None, ""), (None, 0), ({}, [])]
)
def test_what_only_looks_alike_is_a_change(before: Any, after: Any) -> None:
    notes = Notes()
    notes.note(("View", 1), "position", before, after)
    assert notes.rows == {("View", 1): {"position": [before, after]}}


def test_a_copy_does_not_change_with_the_original() -> None:
    notes, row = Notes(), ("Ticket", 1)
    notes.note(row, "subject", "a", "b")
    notes.own(("TicketTag", 5), row)
    copy = notes.copy()
    notes.note(row, "subject", "b", "c")
    notes.note(("TicketTag", 5), "id", None, 5)
    notes.own(("TicketTag", 6), row)
    assert copy.rows == {row: {"subject": ["a", "b"]}}
    assert copy.parts == {row: {("TicketTag", 5): None}}


# ---- Rows


def test_a_birth_goes_from_nothing_and_leaves_out_what_is_nothing(desk: Desk) -> None:
    with desk.watched() as trail, desk.acting():
        number = tags.create(desk.account, "refund", by=desk.by_ana).id
    assert trail["tag-created"].changes == {
        f"Tag:{number}": {
            "id": [None, number],
            "account_id": [None, desk.account_id],
            "name": [None, "refund"],
            "created_datetime": [None, "2026-03-03T09:00:00.000000+00:00"],
        }
    }


def test_values_that_python_fills_in_are_seen(desk: Desk) -> None:
    with desk.watched() as trail, desk.acting():
        customers.create(desk.account, name="Dora", email=None, by=desk.by_ana)
    ((_, changes),) = trail["customer-created"].changes.items()
    assert changes["active"] == [None, True]
    assert changes["stands_for_deleted"] == [None, False]


def test_what_is_filled_in_by_relationship_is_seen(desk: Desk) -> None:
    with desk.watched() as trail, desk.acting():
        dora = customers.create(desk.account, name="Dora", email="dora@mail.example", by=desk.by_ana)
        number = dora.id
    (channel,) = [row for name, row in trail["customer-created"].changes.items() if name.startswith("CustomerChannel")]
    assert channel["customer_id"] == [None, number]


def test_a_member_who_is_taken_out_of_the_collection_is_seen(desk: Desk) -> None:
    with desk.watched() as trail, desk.acting():
        team = desk.team
        gone = next(member for member in team.members if member.user_id == desk.ben_id)
        number = gone.id
        teams.set_members(team, [desk.ana], by=desk.by_admin)
    assert trail["team-updated"].changes == {
        f"TeamMember:{number}": {
            "id": [number, None],
            "account_id": [desk.account_id, None],
            "team_id": [desk.team_id, None],
            "user_id": [desk.ben_id, None],
        }
    }
    assert [member.user_id for member in desk.session.scalars(select(TeamMember))] == [desk.ana_id]


def test_a_part_that_moves_belongs_to_its_old_and_its_new_owner(desk: Desk) -> None:
    with desk.acting():
        dora = customers.create(desk.account, name="Dora", email="dora@mail.example", by=desk.by_ana).id
    with desk.watched() as trail, desk.acting():
        channel = desk.session.scalars(select(CustomerChannel).where(CustomerChannel.customer_id == dora)).one()
        channel.customer_id = desk.carol_id
        carol = desk.carol
        carol.note = "is Dora, too"
        number = channel.id
        customers.update(carol, {"name": "Carol"}, by=desk.by_ana)
    assert trail["customer-updated"].changes[f"CustomerChannel:{number}"] == {"customer_id": [dora, desk.carol_id]}


def test_a_row_changed_and_deleted_in_one_action_tells_its_first_value(desk: Desk) -> None:
    number = desk.a_ticket("First").id
    with desk.watched() as trail, desk.acting("api"):
        ticket = desk.ticket(number)
        tickets.set_subject(ticket, "Second", by=desk.by_ana)
        ticket.subject = "Third"
        tickets.erase(ticket, by=desk.by_ana)
    key = f"Ticket:{number}"
    assert trail["ticket-subject-updated"].changes[key]["subject"] == ["First", "Second"]
    assert trail["ticket-deleted"].changes[key]["subject"] == ["Second", None]


def test_only_what_changed_is_told(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, desk.acting():
        ticket = desk.ticket(number)
        ticket.language = ticket.language
        ticket.meta = ticket.meta
        tickets.set_subject(ticket, "Another", by=desk.by_ana)
    assert trail["ticket-subject-updated"].changes == {
        f"Ticket:{number}": {"subject": ["Where is my order?", "Another"]}
    }
    assert not {"language", "meta"} & trail["ticket-updated"].changes[f"Ticket:{number}"].keys()


# ---- Races


@postgres_only  # on SQLite nobody writes between another one's reading and writing
def test_a_before_that_is_no_longer_true_is_a_lost_race(desk: Desk, engine: Engine) -> None:
    with desk.acting():
        number = tags.create(desk.account, "refund", by=desk.by_ana).id
        members = desk.ana.id
    slow, quick = open_session(engine), open_session(engine)
    try:
        begin(slow, desk.account_id, source="web")
        tag, ana = slow.get_one(Tag, number), slow.get_one(User, members)
        assert (tag.description, ana.name) == (None, "Ana Lopez")
        begin(quick, desk.account_id, source="web")
        tags.describe(quick.get_one(Tag, number), color=None, description="Money back", by=desk.by_ben)
        quick.commit()
        with pytest.raises(LostRace, match=f"Tag {number} was changed by somebody else meanwhile"):
            tags.describe(tag, color=None, description="Money", by=desk.by_ana)
    finally:
        slow.close()
        quick.close()
    assert desk.session.get_one(Tag, number).description == "Money back"


# ---- Secrets


CANARIES = {
    "password": "canary-password-91f2",
    "second password": "canary-password-77aa",
    "header": "Bearer canary-header-03bd",
    "hmac": "canary-hmac-8c11",
    "new hmac": "canary-hmac-ffff",
    "invitation": "canary-invitation-5e5e",
}


def secretive(desk: Desk) -> list[str]:
    """Put a secret into every place that holds secrets; answers all that must never be seen."""
    with desk.acting():
        eve = people.create(
            desk.account,
            email="eve@demo.example",
            name="Eve",
            role=Role.LITE,
            password=CANARIES["password"],
            by=desk.by_admin,
        )
        eve.invitation_digest, eve.invitation_expires = CANARIES["invitation"], desk.now()
        record(USER_INVITED, eve, by=desk.by_admin)
        eve_id, first = eve.id, str(eve.password_hash)
        _, key = keys.create(desk.ana, name="robot", by=desk.by_admin)
        integration = Integration(
            account_id=desk.account_id,
            name="Shop",
            type="http",
            headers={"Authorization": CANARIES["header"]},
            hmac_secret=CANARIES["hmac"],
            created_datetime=desk.now(),
        )
        desk.session.add(integration)
        record(INTEGRATION_CREATED, integration, by=desk.by_admin)
        number = integration.id
    with desk.acting():
        eve = desk.session.get_one(User, eve_id)
        people.change_password(eve, CANARIES["second password"], by=desk.by_admin)
        second = str(eve.password_hash)
        integration = desk.session.get_one(Integration, number)
        integration.headers = {"Authorization": CANARIES["header"] * 400}  # long, and still no text for the store
        integration.hmac_secret = CANARIES["new hmac"]
        record(INTEGRATION_UPDATED, integration, by=desk.by_admin)
    with pytest.raises(IntegrityError) as failure, desk.acting():
        add_twin(desk, eve_id)
    logging.getLogger("test").warning("it went wrong", exc_info=failure.value)
    return [*CANARIES.values(), first, second, key, keys.digest(key)]


def add_twin(desk: Desk, user_id: int) -> None:
    """A team member whose address is taken; the database's complaint will be logged."""
    at = desk.now()
    desk.session.add(
        User(
            account_id=desk.account_id,
            email="EVE@demo.example",
            name="Eve",
            role=Role.LITE,
            password_hash=CANARIES["password"],
            created_datetime=at,
            updated_datetime=at,
        )
    )


def test_no_secret_is_said_in_log_store_report_or_log_output(
    victim: Desk, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    forbidden = secretive(victim)
    victim.session.rollback()
    spoken = {
        "event": str(victim.session.execute(select(event_table)).all()),
        "stored_text": str(victim.session.execute(text("SELECT * FROM stored_text")).all()),
    }
    run("UPDATE integration SET hmac_secret = 'tampered-4d4d'")
    run('UPDATE "user" SET password_hash = NULL')
    report = victim.replay()
    assert not report.agrees
    spoken["replay"], spoken["log output"] = "\n".join(report.differences), caplog.text
    assert "it went wrong" in spoken["log output"]
    for place, said in spoken.items():
        for word in (*forbidden, "tampered-4d4d"):
            assert word not in said, f"{word} in {place}"


def test_secrets_are_told_as_changed_by_digest(victim: Desk) -> None:
    secretive(victim)
    changes = [event.changes for event in victim.events_after() if event.type == "user-password-changed"]
    ((told,),) = [list(each.values()) for each in changes]
    before, after = told["password_hash"]
    assert set(before) == set(after) == {"$secret"}
    assert before != after
    assert len(before["$secret"]) == 64
    assert replay(victim.session, victim.account_id).agrees


def test_the_same_secret_has_another_digest_in_another_installation(desk: Desk, run: Run) -> None:
    (key,) = run("SELECT digest_key FROM log_state")[0]
    assert len(bytes.fromhex(key)) == 32
    assert json.dumps(key) not in str(desk.events_after())


def test_a_model_says_who_it_is_after_it_is_gone(desk: Desk) -> None:
    with desk.watched() as trail, desk.acting():
        teams.create(desk.account, "Short-lived", by=desk.by_admin)
    assert trail["team-created"].object_label == "Short-lived"
    assert desk.session.get(Team, 999) is None
    assert desk.session.get(Ticket, 999) is None
