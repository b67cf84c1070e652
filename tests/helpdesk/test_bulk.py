"""One verb on many tickets: one chain, the ordinary events for each, and the truth about where it was not done."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from audit.action import enter
from audit.actors import Actor
from automation import jobs as automation_jobs
from helpdesk import bulk, jobs, macros, settings, tags, tickets
from helpdesk.bulk import DEEDS, Outcome
from helpdesk.models import Job
from helpdesk.refusals import Refused
from tests.desks import Desk, open_desk, open_session
from tests.outside import sqlite_only


def do(desk: Desk, name: str, numbers: list[int], by: Actor | None = None, **given: Any) -> Outcome:
    """One bulk, as the page does it."""
    with desk.acting():
        verb = bulk.verb_for(desk.session, DEEDS[name], given)
        return bulk.do(desk.session, DEEDS[name], verb, numbers, by=by or desk.by_ana)


def some(desk: Desk, count: int = 3) -> list[int]:
    """Fresh tickets."""
    return [desk.a_ticket(f"Number {index}").id for index in range(count)]


CASES: dict[str, tuple[list[str], dict[str, Any], list[str]]] = {
    "close": ([], {}, ["ticket-updated", "ticket-closed"]),
    "reopen": (["close"], {}, ["ticket-updated", "ticket-reopened"]),
    "snooze": ([], {"until": "tomorrow"}, ["ticket-updated", "ticket-snoozed"]),
    "assign": ([], {"user_id": "ben"}, ["ticket-updated", "ticket-assigned"]),
    "unassign": (["assign"], {}, ["ticket-updated", "ticket-unassigned"]),
    "assign-team": ([], {"team_id": "team"}, ["ticket-updated", "ticket-assigned", "ticket-team-assigned"]),
    "unassign-team": (["assign-team"], {}, ["ticket-updated", "ticket-team-unassigned"]),
    "tag": ([], {"names": ["refund", "vip"]}, ["ticket-updated", "ticket-tags-added"]),
    "untag": (["tag"], {"names": ["refund"]}, ["ticket-updated", "ticket-tags-removed"]),
    "priority": ([], {"priority": "high"}, ["ticket-updated"]),
    "spam": ([], {}, ["ticket-updated", "ticket-marked-spam"]),
    "not-spam": (["spam"], {}, ["ticket-updated", "ticket-unmarked-spam"]),
    "trash": ([], {}, ["ticket-updated", "ticket-trashed"]),
    "restore": (["trash"], {}, ["ticket-updated", "ticket-untrashed"]),
    "delete": (["trash"], {}, ["ticket-deleted"]),
}


def given_for(desk: Desk, name: str) -> dict[str, Any]:
    """What is chosen for a deed, with the numbers of this desk."""
    people = {"ben": desk.ben_id, "team": desk.team_id, "tomorrow": (desk.now() + timedelta(days=1)).isoformat()}
    return {key: people.get(value, value) if isinstance(value, str) else value for key, value in CASES[name][1].items()}


@pytest.mark.parametrize("name", CASES)
def test_each_ticket_has_its_own_events_in_one_chain(desk: Desk, name: str) -> None:
    before, _, expected = CASES[name]
    with desk.acting():
        for tag in ("refund", "vip"):
            tags.create(desk.account, tag, by=desk.by_ana)
    numbers = some(desk)
    for step in before:
        do(desk, step, numbers, **given_for(desk, step))
    with desk.watched() as trail:
        outcome = do(desk, name, numbers, **given_for(desk, name))
    assert (outcome.done, outcome.unchanged, outcome.refused) == (numbers, [], [])
    assert len(trail.contexts) == 1
    for number in numbers:
        own = [event.type for event in trail.events if event.object_id == number]
        assert own == expected
    assert {event.actor_kind for event in trail.events} == {"user"}
    assert len({event.created_datetime for event in trail.events}) == 1


@pytest.mark.parametrize("name", [name for name in CASES if name != "delete"])
def test_what_is_so_already_writes_nothing(desk: Desk, name: str) -> None:
    numbers = some(desk)
    for step in [*CASES[name][0], name]:
        do(desk, step, numbers, **given_for(desk, step))
    with desk.watched() as trail:
        outcome = do(desk, name, numbers, **given_for(desk, name))
    assert (outcome.done, outcome.unchanged) == ([], numbers)
    assert trail.types == []


def test_a_new_tag_is_made_once(desk: Desk) -> None:
    numbers = some(desk)
    with desk.watched() as trail:
        do(desk, "tag", numbers, names=["brand new"])
    assert trail.types.count("tag-created") == 1
    assert trail.types.count("ticket-tags-added") == 3


@sqlite_only
def test_what_all_have_in_common_is_asked_once(desk: Desk, engine: Engine) -> None:
    with desk.acting():
        settings.change(desk.account, "satisfaction-surveys", {"enabled": True, "delay_hours": 1}, by=desk.by_ana)
    numbers, asked = some(desk, 4), list[str]()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    by = desk.by_ana
    event.listen(engine, "before_cursor_execute", note)
    try:
        do(desk, "close", numbers, by=by)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    for table in ("account", "account_setting", "customer", "ticket"):
        assert sum(statement.startswith(f"SELECT {table}.id,") for statement in asked) == 1, asked


def test_refusals_leave_the_others_alone(desk: Desk) -> None:
    numbers = some(desk, 4)
    do(desk, "trash", numbers[:2])
    with desk.watched() as trail:
        outcome = do(desk, "delete", [*numbers, 99999])
    assert (outcome.done, outcome.missing) == (numbers[:2], [99999])
    assert [number for number, _ in outcome.refused] == numbers[2:]
    assert trail.types == ["ticket-deleted", "ticket-deleted"]
    assert bulk.sentence(DEEDS["delete"], outcome) == "2 deleted for good, 1 not there any more, 2 refused"
    assert bulk.reasons(outcome)[0].startswith("2 × Only a ticket in the trash")


def test_a_moment_that_has_passed_is_refused_for_each(desk: Desk) -> None:
    numbers = some(desk)
    with desk.watched() as trail:
        outcome = do(desk, "snooze", numbers, until=desk.now().isoformat())
    assert len(outcome.refused) == 3
    assert trail.types == []


def test_the_sentence_counts(desk: Desk) -> None:
    numbers = some(desk)
    do(desk, "close", numbers[:1])
    outcome = do(desk, "close", numbers)
    assert bulk.sentence(DEEDS["close"], outcome) == "2 closed, 1 was closed already"
    assert bulk.sentence(DEEDS["close"], Outcome(unchanged=[1, 2])) == "2 were closed already"


def test_a_macro_acts_on_each_as_no_user(desk: Desk) -> None:
    with desk.acting():
        actions = [
            {"name": "addTags", "title": "", "type": "user", "arguments": {"tags": "refund"}},
            {"name": "setStatus", "title": "", "type": "user", "arguments": {"status": "closed"}},
        ]
        macro_id = macros.create(desk.account, "Refund", actions, by=desk.by_admin).id
    numbers = some(desk)
    do(desk, "close", numbers[:1])
    with desk.watched() as trail:
        outcome = do(desk, "macro", numbers, macro_id=macro_id)
    assert outcome.done == numbers
    assert len(trail.contexts) == 1
    assert {event.actor_kind for event in trail.events if event.object_type == "Ticket"} == {"macro"}
    assert {event.user_id for event in trail.events if event.object_type == "Ticket"} == {None}
    assert {event.initiator_id for event in trail.events if event.object_type == "Ticket"} == {desk.ana_id}
    assert trail.types.count("macro-applied") == 3


def test_what_a_macro_would_say_to_many_at_once_is_held_back_and_that_is_told(desk: Desk) -> None:
    with desk.acting():
        says = [{"name": "setResponseText", "title": "", "type": "user", "arguments": {"body_text": "We are closed."}}]
        macro_id = macros.create(desk.account, "Closed", says, by=desk.by_admin).id
    numbers = some(desk)
    with desk.watched() as trail:
        outcome = do(desk, "macro", numbers, macro_id=macro_id)
    assert (outcome.done, outcome.unsaid) == (numbers, numbers)
    assert bulk.reasons(outcome) == ["The reply that the macro writes was sent to nobody: to many at once, none is."]
    assert "ticket-message-created" not in trail.types


@pytest.mark.parametrize("name", ["assign", "assign-team", "macro"])
def test_what_is_another_account_s_or_nothing_is_refused_as_a_whole(desk: Desk, name: str) -> None:
    other = open_desk(desk.session, "other")
    field = {"assign": "user_id", "assign-team": "team_id", "macro": "macro_id"}[name]
    numbers = some(desk)
    for number in (other.ben_id if name == "assign" else 99999, 0, -1, 2**63, None, "1"):
        with desk.watched() as trail, pytest.raises(Refused, match="of this account"):
            do(desk, name, numbers, by=None, **{field: number})
        assert trail.types == []


def test_another_account_s_tickets_are_not_there(desk: Desk) -> None:
    other = open_desk(desk.session, "other")
    theirs = some(other)
    outcome = do(desk, "close", theirs)
    assert outcome.missing == theirs
    enter(other.session, other.account_id)
    assert other.ticket(theirs[0]).is_open


def test_many_are_a_job_that_goes_on_where_it_was(desk: Desk) -> None:
    numbers = some(desk, 5)
    do(desk, "close", numbers[:1])
    with desk.acting() as action:
        chain = action.context
        params = {"title": "Close", "deed": "close", "given": {}, "tickets": [*numbers, 99999]}
        job_id = jobs.queue(desk.session, desk.account_id, bulk.JOB, params, by=desk.by_ana, total=6).id
    with desk.watched() as trail:
        automation_jobs.run_due(lambda: open_session(desk.session.get_bind()))  # type: ignore[arg-type]
    assert trail.types == ["ticket-updated", "ticket-closed"] * 4
    assert trail.contexts == {chain}
    assert {event.user_id for event in trail.events} == {desk.ana_id}
    job = desk.session.get_one(Job, job_id)
    assert job.status == "done"
    assert job.info is not None
    assert {name: job.info[name] for name in ("done", "changed", "unchanged", "missing")} == {
        "done": 6, "changed": 4, "unchanged": 1, "missing": 1,
    }  # fmt: skip
    desk.session.rollback()


def test_a_job_whose_choice_has_gone_refuses_the_rest(desk: Desk) -> None:
    numbers = some(desk, 2)
    with desk.acting():
        params = {"title": "Assign", "deed": "assign", "given": {"user_id": 99999}, "tickets": numbers}
        job_id = jobs.queue(desk.session, desk.account_id, bulk.JOB, params, by=desk.by_ana, total=2).id
    automation_jobs.run_due(lambda: open_session(desk.session.get_bind()))  # type: ignore[arg-type]
    desk.session.rollback()
    job = desk.session.get_one(Job, job_id)
    assert job.status == "done"
    assert len(jobs.progress(job).refused) == 2
    desk.session.rollback()


def test_undoing_a_bulk_is_an_action_of_its_own(desk: Desk) -> None:
    numbers = some(desk)
    with desk.acting() as action:
        chain = action.context
        verb = bulk.verb_for(desk.session, DEEDS["close"], {})
        bulk.do(desk.session, DEEDS["close"], verb, numbers, by=desk.by_ana)
    with desk.acting():
        tickets.reopen(desk.ticket(numbers[0]), by=desk.by_ben)
    with desk.watched() as trail:
        outcome = do(desk, "undo", numbers, context=str(chain), user_id=desk.ana_id)
    assert outcome.done == numbers[1:]
    assert [number for number, why in outcome.refused if "has changed since" in why] == numbers[:1]
    assert trail.types == ["ticket-updated", "ticket-reopened"] * 2
    with pytest.raises(Refused, match="can't be undone"):
        do(desk, "undo", numbers, context=str(uuid.uuid4()), user_id=desk.ana_id)
