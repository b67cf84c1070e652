"""Players and writers on one account, killed at random and replaced: run as a program of its own, which only forks.

Each process keeps a mark of how far its transaction is where the driver can read it. A victim is stopped first, then
its mark is read, then it is killed: so it is known for certain where the kill landed.
"""

import json
import mmap
import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session, SessionTransaction

from audit.actors import Actor
from audit.clock import desk_now
from audit.log import event_table
from audit.sessions import AuditedSession
from automation import timers
from helpdesk import desk, messages, tags, tickets
from helpdesk.desk import acting
from helpdesk.drafts import Draft
from helpdesk.models import Ticket, User
from helpdesk.refusals import Refused
from tests.databases import engine_for

PLAYERS: Final = 4
WRITERS: Final = 3

NOTHING, BEGUN, CHANGED, COMMITTING = range(4)


@dataclass(frozen=True)
class Plan:
    """What the driver is told."""

    url: str
    account_id: int
    user_id: int
    ticket_ids: list[int]  #: what writers work on
    due: int  #: how many things fall due
    last_due: str
    seed: int
    enough: int  #: kills inside a transaction
    seconds: float  #: no longer than this


@dataclass
class Driver:
    """Keeps the processes going, and kills them."""

    plan: Plan
    engine: Engine
    play: "Act"  #: what players do again and again, until they are killed
    write: "Act"  #: what writers do
    is_done: Callable[[Session, Plan], bool]
    marks: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, PLAYERS + WRITERS + 1))
    children: dict[int, int] = field(default_factory=dict)  #: process id to slot
    kills: Counter[int] = field(default_factory=Counter)
    failures: int = 0

    def run(self) -> dict[str, Any]:
        """Until all that was due is played and enough kills hit; answers how it went."""
        rng, end = random.Random(self.plan.seed), time.monotonic() + self.plan.seconds
        looked, done = 0.0, False
        self._warm_up(rng)
        while time.monotonic() < end and not (done and self._hit_enough()):
            self._fill_up()
            time.sleep(rng.uniform(0.01, 0.1))
            self._kill(self._victim(rng))
            if time.monotonic() - looked > 0.5:
                looked, done = time.monotonic(), self._is_done()
        self._fill_up()
        while not done and time.monotonic() < end + 60:  # nobody is killed any more
            time.sleep(0.1)
            done = self._is_done()
        self.marks[-1] = 1
        for pid in list(self.children):
            self._bury(pid)
        names = {NOTHING: "between", BEGUN: "begun", CHANGED: "changed", COMMITTING: "committing"}
        return {"done": done, "failures": self.failures, **{name: self.kills[mark] for mark, name in names.items()}}

    def _hit_enough(self) -> bool:
        inside, changed = self.kills[BEGUN] + self.kills[CHANGED], self.kills[CHANGED]
        return inside >= self.plan.enough and changed >= self.plan.enough // 5

    def _warm_up(self, rng: random.Random) -> None:
        # Statements are compiled once, and not again by every process that is going to live for a tenth of a second.
        with AuditedSession(bind=self.engine) as session:
            for _ in range(20):
                self.play(session, self.plan, rng)
                self.write(session, self.plan, rng)
        self.engine.dispose()  # no connection is shared by a fork

    def _fill_up(self) -> None:
        for pid in list(self.children):
            if os.waitpid(pid, os.WNOHANG)[0]:  # died by itself
                self.failures += 1
                del self.children[pid]
        for slot in set(range(PLAYERS + WRITERS)) - set(self.children.values()):
            self.marks[slot] = NOTHING
            pid = os.fork()
            if pid == 0:
                live(self, self.play if slot < PLAYERS else self.write, slot)
            self.children[pid] = slot

    def _victim(self, rng: random.Random) -> int:
        """Anybody; but every other time somebody who is in a transaction, as soon as there is somebody."""
        end, wanted = time.monotonic() + rng.choice([0.0, 0.5]), rng.choice([(BEGUN, CHANGED), (CHANGED,)])
        while time.monotonic() < end:
            inside = [pid for pid, slot in self.children.items() if self.marks[slot] in wanted]
            if inside:
                time.sleep(rng.choice([0, rng.uniform(0, 0.01)]))
                return rng.choice(inside)
            time.sleep(0.0005)
        return rng.choice(list(self.children))

    def _kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):  # died by itself
            self.failures += 1
            del self.children[pid]
            return
        mark = self.marks[self.children[pid]]
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        del self.children[pid]
        self.kills[mark] += 1

    def _bury(self, pid: int) -> None:
        _, status = os.waitpid(pid, 0)
        self.failures += status != 0
        del self.children[pid]

    def _is_done(self) -> bool:
        with AuditedSession(bind=self.engine) as session:
            session.info["account_id"] = self.plan.account_id
            done = self.is_done(session, self.plan)
        self.engine.dispose()
        return done


Act = Callable[[Session, Plan, random.Random], None]


def live(driver: Driver, act: Act, slot: int) -> None:
    """The life of a forked process; never returns."""
    try:
        watch(driver.engine, driver.marks, slot)
        with AuditedSession(bind=driver.engine) as session:
            rng = random.Random(os.getpid())
            while not driver.marks[-1]:
                act(session, driver.plan, rng)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def is_done(session: Session, plan: Plan) -> bool:
    """Whether all that falls due has been played."""
    arrived = desk_now(session, plan.account_id) >= datetime.fromisoformat(plan.last_due)
    played = select(func.count()).where(
        event_table.c.account_id == plan.account_id,
        event_table.c.actor_kind == "schedule",
        event_table.c.type != "ticket-updated",
    )
    return arrived and session.execute(played).scalar_one() >= plan.due


def watch(engine: Engine, marks: mmap.mmap, slot: int) -> None:
    """Keep the mark."""

    def begun(session: Session, _transaction: SessionTransaction, _connection: object) -> None:
        if session.info.get("writing"):
            marks[slot] = BEGUN

    def changed(_session: Session, _context: object) -> None:
        marks[slot] = CHANGED

    def committing(_connection: object) -> None:
        if marks[slot] != NOTHING:
            marks[slot] = COMMITTING

    def ended(_session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:
            marks[slot] = NOTHING

    event.listen(AuditedSession, "after_begin", begun)
    event.listen(AuditedSession, "after_flush", changed)
    event.listen(engine, "commit", committing)
    event.listen(AuditedSession, "after_transaction_end", ended)


def play(session: Session, plan: Plan, _rng: random.Random) -> None:
    """One tick."""
    if not timers.play_due(session, plan.account_id):
        session.rollback()
        time.sleep(0.005)


def write(session: Session, plan: Plan, rng: random.Random) -> None:
    """One action of an agent."""
    try:
        with acting(session, plan.account_id, source="web") as action:
            ticket = session.get_one(Ticket, rng.choice(plan.ticket_ids), with_for_update=True)
            user = session.get_one(User, plan.user_id)
            by = Actor.user(user)
            moment = action.at + timedelta(days=90)
            deeds: list[Callable[[], object]] = [
                lambda: messages.note(ticket, Draft(sender=user, body_text="Looked at it", public=False), by=by),
                lambda: tickets.close(ticket, by=by),
                lambda: tickets.reopen(ticket, by=by),
                lambda: tickets.snooze(ticket, moment, by=by),
                lambda: tickets.assign(ticket, user, by=by),
                lambda: tickets.unassign(ticket, by=by),
                lambda: tags.put_on(ticket, (rng.choice(["refund", "vip", "late"]),), by=by),
                lambda: tickets.set_subject(ticket, f"Subject {rng.random()}", by=by),
            ]
            for deed in rng.sample(deeds, 2):
                deed()
    except Refused:
        pass
    time.sleep(rng.uniform(0, 0.02))


if __name__ == "__main__":
    desk.connect_machines(timers)
    timers.due.__defaults__ = (20,)
    given = Plan(**json.load(sys.stdin))
    print(json.dumps(Driver(given, engine_for(given.url), play, write, is_done).run()))
