"""Deletions with very many tickets: begun at once, done bit by bit, exactly once, whoever is killed in between."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from audit.actors import Actor
from audit.clock import wall_now
from automation import jobs as machine
from helpdesk import accounts, customers, jobs, keys, leaving, people, tags, teams, tickets
from helpdesk.models import Customer, Job, Tag, Ticket, User
from helpdesk.refusals import Refused
from tests.desks import Desk, open_desk, open_session

COUNT = 17


class Killed(BaseException):
    """What a process that is killed does: nothing more at all."""


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five tickets a bit, and more than ten are a job."""
    monkeypatch.setattr(leaving, "MANY", 10)
    monkeypatch.setattr(leaving, "BATCH", 5)


def very_many(desk: Desk, count: int = COUNT) -> list[int]:
    """Tickets of Carol's that are Ana's and her team's, with a tag."""
    with desk.acting():
        opening = tickets.Opening(customer=desk.carol, assignee=desk.ana, team=desk.team, tags=("refund",))
        return [tickets.create(desk.account, opening, by=desk.by_ana).id for _ in range(count)]


def the_tag(desk: Desk, name: str = "refund") -> Tag:
    """A tag by its name."""
    return desk.session.scalars(select(Tag).where(Tag.name == name)).one()


def the_job(desk: Desk) -> Job:
    """The only job."""
    desk.session.rollback()
    desk.session.info["account_id"] = desk.account_id
    return desk.session.scalars(select(Job)).one()


def a_twin(desk: Desk) -> int:
    """Another profile of Carol's."""
    with desk.acting():
        return customers.create(desk.account, name="C. Diaz", email="carol@work.example", by=desk.by_ana).id


def into_another_tag(desk: Desk) -> Job | None:
    """Merge the tag into a new one."""
    return tags.merge(the_tag(desk), tags.create(desk.account, "money back", by=desk.by_admin), by=desk.by_admin)


DELETIONS: dict[str, tuple[Callable[[Desk], Job | None], list[str], list[str]]] = {
    "user": (lambda desk: people.delete(desk.ana, by=desk.by_admin), ["ticket-unassigned"], ["team-updated"]),
    "team": (lambda desk: teams.delete(desk.team, by=desk.by_admin), ["ticket-team-unassigned"], []),
    "tag": (lambda desk: tags.delete(the_tag(desk), by=desk.by_admin), ["ticket-tags-removed"], []),
    "customer": (lambda desk: customers.delete(desk.carol, by=desk.by_admin), ["ticket-customer-updated"], []),
}
LAST = {"user": "user-deleted", "team": "team-deleted", "tag": "tag-deleted", "customer": "customer-deleted"}


@pytest.mark.parametrize("what", DELETIONS)
def test_it_begins_at_once_the_tickets_follow_and_the_deletion_is_last(desk: Desk, what: str) -> None:
    numbers = very_many(desk)
    delete, each, rest = DELETIONS[what]
    with desk.watched() as trail, desk.acting() as action:
        delete(desk)
    assert trail.actors == [("cascade-started", "user")]
    assert trail.events[0].data["tickets"] == COUNT
    job = the_job(desk)
    assert (job.status, job.type, job.user_id) == ("pending", "cascade", desk.admin_id)
    with desk.watched() as trail:
        machine.run_all(desk.session)
    per_ticket = [(type_, number) for number in numbers for type_ in ("ticket-updated", *each)]
    told = [(event.type, event.object_id) for event in trail.events if event.type.startswith("ticket-")]
    assert told == per_ticket
    others = [event.type for event in trail.events if not event.type.startswith("ticket-")]
    assert others == [*(["customer-created"] if what == "customer" else []), *rest, LAST[what]]
    assert {kind for _, kind in trail.actors[:-1]} == {"system"}
    assert trail.lines[-1] == (LAST[what], "Ada Admin")
    assert trail.contexts == {action.context}
    assert {event.source for event in trail.events} == {"web"}
    job = the_job(desk)
    assert (job.status, jobs.progress(job)) == ("done", jobs.Progress(COUNT, COUNT, []))
    assert job.ended_datetime is not None


def test_merges_do_the_same(desk: Desk) -> None:
    very_many(desk)
    with desk.acting():
        into_another_tag(desk)
    machine.run_all(desk.session)
    assert {tag.name for number in range(2, 2 + COUNT) for tag in desk.ticket(number).tags} == {"money back"}
    twin = a_twin(desk)
    with desk.acting():
        customers.merge(desk.carol, desk.session.get_one(Customer, twin), values={"name": "Carol"}, by=desk.by_admin)
    with desk.watched() as trail:
        machine.run_all(desk.session)
    assert trail.types[-2:] == ["customer-deleted", "customer-merged"]
    assert trail.actors[-2:] == [("customer-deleted", "user"), ("customer-merged", "user")]
    assert desk.session.get_one(Customer, twin).name == "Carol"
    assert desk.ticket(2).customer_id == twin


def test_keys_and_sessions_end_at_once(desk: Desk) -> None:
    very_many(desk)
    with desk.acting():
        keys.create(desk.ana, name="Script", by=desk.by_ana)
    with desk.watched() as trail, desk.acting():
        people.delete(desk.ana, by=desk.by_admin)
    assert trail.actors == [("cascade-started", "user"), ("api-key-revoked", "system")]


# ---- While it runs


def test_what_is_leaving_takes_nothing_new_and_is_not_deleted_twice(desk: Desk) -> None:
    very_many(desk)
    free, twin = desk.a_ticket().id, a_twin(desk)
    with desk.acting():
        tags.create(desk.account, "money back", by=desk.by_admin)
        people.delete(desk.ana, by=desk.by_admin)
        teams.delete(desk.team, by=desk.by_admin)
        tags.merge(the_tag(desk), the_tag(desk, "money back"), by=desk.by_admin)
        customers.merge(desk.carol, desk.session.get_one(Customer, twin), values={}, by=desk.by_admin)
    refused: list[Callable[[], object]] = [
        lambda: tickets.assign(desk.ticket(free), desk.ana, by=desk.by_ben),
        lambda: tickets.assign_team(desk.ticket(free), desk.team, by=desk.by_ben),
        lambda: tags.put_on(desk.ticket(free), ["refund"], by=desk.by_ben),
        lambda: people.delete(desk.ana, by=desk.by_admin),
        lambda: teams.delete(desk.team, by=desk.by_admin),
        lambda: tags.delete(the_tag(desk), by=desk.by_admin),
        lambda: tags.delete(the_tag(desk, "money back"), by=desk.by_admin),
        lambda: tags.merge(the_tag(desk, "money back"), the_tag(desk), by=desk.by_admin),
        lambda: customers.delete(desk.carol, by=desk.by_admin),
        lambda: customers.delete(desk.session.get_one(Customer, twin), by=desk.by_admin),
    ]
    with desk.watched() as trail:
        for verb in refused:
            with pytest.raises(Refused, match="being deleted or merged"), desk.acting():
                verb()
    assert trail.types == []
    machine.run_all(desk.session)
    assert desk.session.get(User, desk.ana_id) is None


def test_mail_of_a_customer_who_is_leaving_is_taken_in_and_passes_on(desk: Desk) -> None:
    very_many(desk)
    with desk.acting():
        customers.delete(desk.carol, by=desk.by_admin)
    late = desk.a_ticket("One more").id
    machine.run_all(desk.session)
    assert desk.ticket(late).customer.stands_for_deleted
    assert jobs.progress(the_job(desk)).done == COUNT + 1


# ---- Killed, broken, put back


@contextmanager
def killed_at(session: Session, when: str, after: int) -> Iterator[None]:
    """The process ends at the so-many-eth flush or commit."""
    seen = 0

    def count(*_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen > after:
            raise Killed

    event.listen(session, when, count)
    try:
        yield
    finally:
        event.remove(session, when, count)


@pytest.mark.parametrize("what", DELETIONS)
@pytest.mark.parametrize("when", ["after_flush", "before_commit"])
def test_whoever_is_killed_loses_nothing_and_does_nothing_twice(
    desk: Desk, engine: Engine, what: str, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = very_many(desk)
    delete, each, rest = DELETIONS[what]
    with desk.watched() as trail:
        with desk.acting():
            delete(desk)
        monkeypatch.setattr(machine, "LEASE", timedelta(0))
        kills, done = 0, False
        for after in range(60):
            with open_session(engine) as worker, killed_at(worker, when, after):
                try:
                    machine.run_all(worker)
                    done = True
                except Killed:
                    kills += 1
            if done:
                break
        desk.session.rollback()
        assert done
        assert kills >= 3
    told = [(event.type, event.object_id) for event in trail.events if event.type.startswith("ticket-")]
    assert told == [(type_, number) for number in numbers for type_ in ("ticket-updated", *each)]
    assert [type_ for type_ in trail.types if type_ in (*rest, LAST[what])] == [*rest, LAST[what]]
    assert len(trail.contexts) == 1
    assert jobs.progress(the_job(desk)).done == COUNT


def test_what_breaks_is_tried_again_later_and_given_up_at_last(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(session: Session, job: Job) -> bool:
        raise RuntimeError("a bug")

    very_many(desk)
    with desk.acting():
        people.delete(desk.ana, by=desk.by_admin)
    steps = dict(machine.STEPS)
    monkeypatch.setattr(machine, "STEPS", {**steps, "cascade": broken})
    opened = lending(desk.session)
    assert machine.run_due(opened) == 1
    job = the_job(desk)
    assert (job.status, job.locked_datetime) == ("running", None)
    assert job.turn_datetime is not None
    assert job.turn_datetime > wall_now()
    assert job.info is not None
    assert (job.info["failures"], job.info["error"]) == (1, "RuntimeError: a bug")
    assert machine.run_due(opened) == 0, "it rests for a moment"
    monkeypatch.setattr(machine, "PAUSES", (timedelta(0),) * 2)
    for _ in range(2):
        make_due(desk)
        machine.run_due(opened)
    job = the_job(desk)
    assert job.status == "errored"
    assert job.failed_datetime is not None
    assert caplog.text.count("what it had done so far stays done") == 3
    monkeypatch.setattr(machine, "STEPS", steps)
    assert machine.run_due(opened) == 0
    with desk.acting():  # it may be asked for again
        people.delete(desk.ana, by=desk.by_admin)
    assert machine.run_due(opened) == 1
    assert desk.session.get(User, desk.ana_id) is None


def lending(session: Session) -> Callable[[], Any]:
    """How machines get this session."""

    @contextmanager
    def opened() -> Iterator[Session]:
        yield session

    return opened


def make_due(desk: Desk) -> None:
    """Let the job's pause be over."""
    with desk.acting():
        desk.session.scalars(select(Job)).one().turn_datetime = wall_now()


def test_a_long_job_lets_others_have_their_turn(desk: Desk, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    other = open_desk(open_session(engine), "other")
    very_many(desk)
    very_many(other, 12)
    with desk.acting():
        people.delete(desk.ana, by=desk.by_admin)
    with other.acting():
        people.delete(other.ana, by=other.by_admin)
    other.session.rollback()
    turns: list[int] = []
    step = machine._step

    def noted(session: Session, claim: machine.Claim) -> bool:
        turns.append(claim.account_id)
        return step(session, claim)

    monkeypatch.setattr(machine, "_step", noted)
    monkeypatch.setattr(machine, "TURN", timedelta(0))
    machine.run_due(lending(desk.session))
    assert turns[:4] == [desk.account_id, other.account_id] * 2
    assert desk.session.get(User, desk.ana_id) is None
    other.session.rollback()
    assert other.session.get(User, other.ana_id) is None
    assert other.replay().agrees
    other.session.close()


def test_whoever_stops_puts_the_job_back(desk: Desk) -> None:
    very_many(desk)
    with desk.acting():
        people.delete(desk.ana, by=desk.by_admin)
    stops = iter([False, True, True])
    assert machine.run_due(lending(desk.session), lambda: next(stops)) == 1
    job = the_job(desk)
    assert (job.status, job.locked_datetime, jobs.progress(job).done) == ("running", None, 5)
    machine.run_due(lending(desk.session))
    assert the_job(desk).status == "done"


def test_one_worker_has_a_job_for_itself_until_its_lease_is_over(
    desk: Desk, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    very_many(desk)
    with desk.acting():
        people.delete(desk.ana, by=desk.by_admin)
    with open_session(engine) as one, open_session(engine) as two:
        claim = machine.claim_next(one)
        assert claim is not None
        assert machine.claim_next(two) is None
        monkeypatch.setattr(machine, "LEASE", timedelta(0))
        again = machine.claim_next(two)
        assert again == claim
        # Two at once: each bit is done by one of them, and the one who comes late finds nothing to do.
        with desk.watched() as trail:
            while machine._step(one, claim) and machine._step(two, again):
                pass
            machine.work_on(two, again)
    assert trail.types.count("ticket-unassigned") == COUNT
    assert trail.types.count("user-deleted") == 1
    assert the_job(desk).status == "done"


def test_jobs_of_an_account_that_is_switched_off_rest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    very_many(desk)
    with desk.acting():
        people.delete(desk.ana, by=desk.by_admin)
    with desk.acting():
        accounts.deactivate(desk.account, by=Actor.user(desk.owner))
    assert machine.run_due(lending(desk.session)) == 0
    with desk.acting():
        accounts.reactivate(desk.account, by=Actor.user(desk.owner))
    assert machine.run_due(lending(desk.session)) == 1
    assert desk.session.get(Ticket, 2) is not None
