"""Deletions beside people who work, on PostgreSQL, where both go on at the same time: no ticket is left behind."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit.actors import Actor
from automation import jobs
from helpdesk import customers, leaving, people, tags, teams, tickets
from helpdesk import desk as acting_on
from helpdesk.models import Customer, Tag, Team, Ticket, User
from helpdesk.refusals import Refused
from tests.desks import Desk, open_session
from tests.outside import postgres_only

pytestmark = postgres_only

Do = Callable[[Session], object]


@pytest.fixture
def pool() -> Any:
    """Somebody else's thread."""
    with ThreadPoolExecutor(2) as pool:
        yield pool


def act(engine: Engine, account_id: int, do: Do) -> None:
    """One action, as an edge does it."""
    with open_session(engine) as session, acting_on.acting(session, account_id, source="web"):
        do(session)


def waits(future: Future[None]) -> bool:
    """Whether it is kept waiting."""
    try:
        future.result(0.4)
    except TimeoutError:
        return True
    return False


def use_and_delete(desk: Desk, number: int, by: Actor) -> dict[str, tuple[Do, Do]]:
    """For each sort of thing: what points a ticket to it, and what deletes it."""
    ana, team, carol = desk.ana_id, desk.team_id, desk.carol_id
    with desk.acting():
        tag = tags.create(desk.account, "refund", by=by).id
        dora = customers.create(desk.account, name="Dora", email="dora@mail.example", by=by).id
    return {
        "user": (
            lambda session: tickets.assign(session.get_one(Ticket, number), session.get_one(User, ana), by=by),
            lambda session: people.delete(session.get_one(User, ana), by=by),
        ),
        "team": (
            lambda session: tickets.assign_team(session.get_one(Ticket, number), session.get_one(Team, team), by=by),
            lambda session: teams.delete(session.get_one(Team, team), by=by),
        ),
        "tag": (
            lambda session: tags.put_on(session.get_one(Ticket, number), ["refund"], by=by),
            lambda session: tags.delete(session.get_one(Tag, tag), by=by),
        ),
        "customer": (
            lambda session: tickets.swap_customer(
                session.get_one(Ticket, number), session.get_one(Customer, dora), by=by
            ),
            lambda session: customers.delete(session.get_one(Customer, dora), by=by),
        ),
        "into": (
            lambda session: tickets.swap_customer(
                session.get_one(Ticket, number), session.get_one(Customer, dora), by=by
            ),
            lambda session: customers.merge(
                session.get_one(Customer, dora), session.get_one(Customer, carol), values={}, by=by
            ),
        ),
    }


KINDS = ["user", "team", "tag", "customer", "into"]


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_is_just_pointing_a_ticket_to_it_is_waited_for(
    desk: Desk, engine: Engine, pool: ThreadPoolExecutor, kind: str
) -> None:
    number = desk.a_ticket().id
    use, delete = use_and_delete(desk, number, desk.by_admin)[kind]
    desk.session.rollback()
    with open_session(engine) as first, desk.watched() as trail:
        with acting_on.acting(first, desk.account_id, source="web"):
            use(first)  # flushed, not yet committed
            second = pool.submit(act, engine, desk.account_id, delete)
            assert waits(second)
        second.result(30)
    ends = {"user": "unassigned", "team": "team-unassigned", "tag": "tags-removed"}
    assert f"ticket-{ends.get(kind, 'customer-updated')}" in trail.types
    assert trail.types[-1] in (f"{kind}-deleted", "customer-merged")


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_comes_later_finds_it_gone(desk: Desk, engine: Engine, pool: ThreadPoolExecutor, kind: str) -> None:
    number = desk.a_ticket().id
    use, delete = use_and_delete(desk, number, desk.by_admin)[kind]
    desk.session.rollback()
    with open_session(engine) as first:
        with acting_on.acting(first, desk.account_id, source="web"):
            delete(first)
            second = pool.submit(act, engine, desk.account_id, use)
            assert waits(second)
        with pytest.raises(IntegrityError) as race:  # of which a page makes "look again"
            second.result(30)
    assert race.value.orig is not None
    assert race.value.orig.sqlstate == "23503"  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", KINDS)
def test_of_two_who_delete_it_one_is_told(desk: Desk, engine: Engine, pool: ThreadPoolExecutor, kind: str) -> None:
    _use, delete = use_and_delete(desk, desk.a_ticket().id, desk.by_admin)[kind]
    desk.session.rollback()
    with open_session(engine) as first:
        with acting_on.acting(first, desk.account_id, source="web"):
            delete(first)
            second = pool.submit(act, engine, desk.account_id, delete)
            assert waits(second)
        with pytest.raises(Refused, match="deleted by somebody else"):
            second.result(30)


def test_of_two_who_begin_a_long_deletion_one_is_told(
    desk: Desk, engine: Engine, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "MANY", 0)
    number, by = desk.a_ticket().id, desk.by_admin
    use, delete = use_and_delete(desk, number, by)["user"]
    with desk.acting():
        use(desk.session)
    with open_session(engine) as first:
        with acting_on.acting(first, desk.account_id, source="web"):
            delete(first)
            second = pool.submit(act, engine, desk.account_id, delete)
            assert waits(second)
        with pytest.raises(Refused, match="being deleted or merged already"):
            second.result(30)
    jobs.run_all(desk.session)
    assert desk.ticket(number).assignee_user_id is None


def test_a_ticket_that_is_given_to_it_in_the_last_moment_is_swept_along(
    desk: Desk, engine: Engine, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "MANY", 0)
    one, late, by = desk.a_ticket().id, desk.a_ticket().id, desk.by_admin
    use, delete = use_and_delete(desk, one, by)["user"]
    with desk.acting():
        use(desk.session)
    desk.session.rollback()
    with open_session(engine) as first:
        with acting_on.acting(first, desk.account_id, source="web"):
            leaving.refuse_new(first.get_one(User, desk.ana_id))  # has looked before the deletion begins
            act(engine, desk.account_id, delete)
            tickets.assign(first.get_one(Ticket, late), first.get_one(User, desk.ana_id), by=by)
            job = pool.submit(jobs.run_all, open_session(engine))
            assert waits(job)
        job.result(30)
    assert desk.ticket(late).assignee_user_id is None
    assert desk.session.get(User, desk.ana_id) is None


def test_two_who_delete_the_first_customers_make_one_stand_in(
    desk: Desk, engine: Engine, pool: ThreadPoolExecutor
) -> None:
    desk.a_ticket()
    by = desk.by_admin
    with desk.acting():
        dora = customers.create(desk.account, name="Dora", email="dora@mail.example", by=by)
        dora_id = dora.id
        number = tickets.create(desk.account, tickets.Opening(customer=dora), by=by).id
    carol_id = desk.carol_id
    desk.session.rollback()
    with open_session(engine) as first:
        with acting_on.acting(first, desk.account_id, source="web"):
            customers.delete(first.get_one(Customer, carol_id), by=by)
            second = pool.submit(
                act,
                engine,
                desk.account_id,
                lambda session: customers.delete(session.get_one(Customer, dora_id), by=by),
            )
            assert waits(second)
        second.result(30)
    assert desk.ticket(number).customer.stands_for_deleted
    assert [row.type for row in desk.events_after()].count("customer-deleted") == 2
    created = [row for row in desk.events_after() if row.object_label == "Deleted customer"]
    assert len(created) == 1


def test_two_merges_the_other_way_round_dont_wait_for_one_another(
    desk: Desk, engine: Engine, pool: ThreadPoolExecutor
) -> None:
    by = desk.by_admin
    with desk.acting():
        one, other = (tags.create(desk.account, name, by=by).id for name in ("a", "b"))
    desk.session.rollback()

    def merge(source: int, into: int) -> Do:
        return lambda session: tags.merge(session.get_one(Tag, source), session.get_one(Tag, into), by=by)

    with open_session(engine) as first:
        with acting_on.acting(first, desk.account_id, source="web"):
            merge(one, other)(first)
            second = pool.submit(act, engine, desk.account_id, merge(other, one))
            assert waits(second)
        with pytest.raises(Refused, match="deleted by somebody else"):
            second.result(30)
