"""Many writers at once: who follows an account by id misses nothing, and times never run backwards."""

import random
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from audit.action import begin, enter
from audit.actors import Actor
from audit.log import event_table
from helpdesk import desk as acting_on
from helpdesk import messages, tickets
from helpdesk.drafts import Draft
from helpdesk.models import Customer, Ticket, User
from tests.desks import Desk, open_session
from tests.outside import postgres_only, sqlite_only

WRITERS = 8
EACH = 6


class Follower:
    """Reads an account's log by id, as the tail, the rules and every export do."""

    def __init__(self, session: Session, account_id: int, after: int) -> None:
        self.session, self.account_id, self.last = session, account_id, after
        self.seen: list[tuple[int, datetime]] = []

    def look(self) -> int:
        """Read on; answers how many events were new."""
        self.session.rollback()
        enter(self.session, self.account_id)
        statement = (
            select(event_table.c.id, event_table.c.created_datetime)
            .where(event_table.c.account_id == self.account_id, event_table.c.id > self.last)
            .order_by(event_table.c.id)
        )
        rows = [(row.id, row.created_datetime) for row in self.session.execute(statement)]
        self.session.rollback()
        self.seen += rows
        self.last = rows[-1][0] if rows else self.last
        return len(rows)

    def follow(self, done: threading.Event) -> None:
        """Read on until the writers are done and nothing is left."""
        while not done.is_set():
            self.look()
        while self.look():
            pass


def work(engine: Engine, desk: Desk, number: int, started: threading.Barrier, progress: Counter[int]) -> None:
    """One writer: notes and changes on a ticket of its own, several events an action."""
    with open_session(engine) as session:
        started.wait(30)
        for turn in range(EACH):
            with acting_on.acting(session, desk.account_id, source="api"):
                ticket = session.get_one(Ticket, number, with_for_update=True)
                ana = session.get_one(User, desk.ana_id)
                by = Actor.user(ana)
                messages.note(ticket, Draft(sender=ana, body_text=f"Turn {turn}", public=False), by=by)
                tickets.set_subject(ticket, f"Turn {turn}", by=by)
                (tickets.reopen if turn % 2 else tickets.close)(ticket, by=by)
            progress[number] += 1


def test_eight_writers_and_a_follower(desk: Desk, engine: Engine) -> None:
    numbers = [desk.a_ticket().id for _ in range(WRITERS)]
    start = desk.last_event_id()
    started, done, progress = threading.Barrier(WRITERS + 1), threading.Event(), Counter[int]()
    with open_session(engine) as reading, ThreadPoolExecutor(WRITERS + 1) as pool:
        follower = Follower(reading, desk.account_id, start)
        following = pool.submit(follower.follow, done)
        writing = [pool.submit(work, engine, desk, number, started, progress) for number in numbers]
        started.wait(30)
        try:
            for writer in writing:
                writer.result(120)
        finally:
            done.set()
        following.result(30)
    written = [(event.id, event.created_datetime) for event in desk.events_after(start)]
    assert len(written) == WRITERS * EACH * 4
    assert follower.seen == written
    assert [moment for _, moment in written] == sorted(moment for _, moment in written)
    assert set(progress.values()) == {EACH}
    contexts = [event.context for event in desk.events_after(start)]
    assert len(set(contexts)) == WRITERS * EACH
    runs = [context for position, context in enumerate(contexts) if position == 0 or contexts[position - 1] != context]
    assert len(runs) == len(set(contexts))  # the events of one action stand together


@sqlite_only
def test_no_writer_starves(desk: Desk, engine: Engine) -> None:
    numbers = [desk.a_ticket().id for _ in range(WRITERS)]
    started, progress, first_done = threading.Barrier(WRITERS + 1), Counter[int](), list[Counter[int]]()

    def write(number: int) -> None:
        work(engine, desk, number, started, progress)
        first_done.append(Counter(progress))

    with ThreadPoolExecutor(WRITERS) as pool:
        writing = [pool.submit(write, number) for number in numbers]
        started.wait(30)
        for writer in writing:
            writer.result(120)
    # They stand in line: when the first is through, nobody else is more than a turn or two behind.
    assert min(first_done[0][number] for number in numbers) >= EACH - 3


#: Another process that works on a desk: address, account, agent, ticket and turns are its arguments.
ELSEWHERE = """
import sys
from audit.actors import Actor
from helpdesk import desk, tickets
from helpdesk.models import Ticket
from tests.databases import engine_for
from tests.desks import open_session
url, account_id, user_id, number, turns = sys.argv[1], *map(int, sys.argv[2:])
by = Actor("user", user_id, "Somebody")
with open_session(engine_for(url)) as session:
    for turn in range(turns):
        with desk.acting(session, account_id, source="cli"):
            ticket = session.get_one(Ticket, number)
            tickets.set_subject(ticket, f"Turn {turn}", by=by)
            (tickets.reopen if turn % 2 else tickets.close)(ticket, by=by)
"""


@sqlite_only
def test_two_processes_write_one_embedded_database(desk: Desk, engine: Engine) -> None:
    numbers, turns = [desk.a_ticket().id for _ in range(2)], 12
    start, people = desk.last_event_id(), [desk.ana_id, desk.ben_id]
    desk.session.rollback()
    working = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                ELSEWHERE,
                str(engine.url),
                str(desk.account_id),
                str(person),
                str(number),
                str(turns),
            ],
            cwd=Path(__file__).parents[2],
        )
        for person, number in zip(people, numbers, strict=True)
    ]
    while any(process.poll() is None for process in working):
        with desk.acting():  # and this one writes, too
            tickets.set_priority(desk.ticket(numbers[0]), random.choice(tickets.PRIORITIES), by=desk.by_admin)
    assert [process.returncode for process in working] == [0, 0]
    written = desk.events_after(start)
    times = [event.created_datetime for event in written]
    assert times == sorted(times)
    for person in people:
        assert len([event for event in written if event.user_id == person]) == turns * 3


# ---- Two on one ticket


@postgres_only
def test_who_holds_the_ticket_lets_the_other_one_see_what_happened(desk: Desk, engine: Engine) -> None:
    number = desk.a_ticket().id
    with open_session(engine) as slow, ThreadPoolExecutor(1) as pool, desk.watched() as trail:
        begin(slow, desk.account_id, source="web")
        ticket = slow.get_one(Ticket, number, with_for_update=True)
        waiting = pool.submit(close_held, engine, desk, number)
        with pytest.raises(TimeoutError):
            waiting.result(0.2)
        tickets.close(ticket, by=desk.by_ana)
        slow.commit()
        waiting.result(30)
    assert trail.types == ["ticket-updated", "ticket-closed"]  # closing a closed ticket writes nothing


def close_held(engine: Engine, desk: Desk, number: int) -> None:
    """Close a ticket as edges do it."""
    with open_session(engine) as session:
        begin(session, desk.account_id, source="web")
        tickets.close(
            session.get_one(Ticket, number, with_for_update=True), by=Actor("user", desk.ben_id, "Ben Okafor")
        )
        session.commit()


@postgres_only
def test_who_does_not_hold_it_loses_the_race_and_leaves_nothing(desk: Desk, engine: Engine) -> None:
    number = desk.a_ticket().id
    with open_session(engine) as slow, desk.watched() as trail:
        begin(slow, desk.account_id, source="web")
        ticket = slow.get_one(Ticket, number)
        assert ticket.status == "open"
        close_held(engine, desk, number)
        with pytest.raises(StaleDataError):
            tickets.close(ticket, by=Actor("user", desk.ana_id, "Ana Lopez"))
        slow.rollback()
    assert trail.types == ["ticket-updated", "ticket-closed"]
    assert trail["ticket-closed"].actor_name == "Ben Okafor"


@postgres_only
def test_a_note_on_a_ticket_that_is_being_deleted_is_lost_or_first(desk: Desk, engine: Engine) -> None:
    number = desk.a_ticket().id
    with open_session(engine) as slow:
        begin(slow, desk.account_id, source="api")
        ticket = slow.get_one(Ticket, number)
        assert len(ticket.messages) == 1
        with desk.acting():
            words = Draft(sender=desk.ana, body_text="Just in time", public=False)
            messages.note(desk.ticket(number), words, by=desk.by_ana)
        with pytest.raises(StaleDataError):
            tickets.erase(ticket, by=Actor("user", desk.ana_id, "Ana Lopez"))
        slow.rollback()
    assert len(desk.ticket(number).messages) == 2
    assert desk.session.get_one(Customer, desk.carol_id).name == "Carol Diaz"
