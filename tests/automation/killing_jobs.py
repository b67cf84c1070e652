"""Workers on one long job, killed at random and replaced: run as a program of its own, which only forks."""

import json
import mmap
import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from audit.sessions import AuditedSession
from automation import jobs, timers
from automation.smtp import OpenSession
from helpdesk import desk, leaving
from helpdesk.models import Job
from tests.automation.killing import BEGUN, CHANGED, COMMITTING, NOTHING, watch
from tests.databases import engine_for

WORKERS: Final = 2


@dataclass(frozen=True)
class Plan:
    """What the driver is told."""

    url: str
    account_id: int
    seed: int
    enough: int  #: kills inside a transaction
    seconds: float  #: no longer than this


@dataclass
class Driver:
    """Keeps the workers going, and kills them until enough were hit in a transaction; then it lets them live."""

    plan: Plan
    engine: Engine
    marks: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, WORKERS))
    children: dict[int, int] = field(default_factory=dict)  #: process id to slot
    kills: Counter[int] = field(default_factory=Counter)
    failures: int = 0

    def run(self) -> dict[str, int | bool]:
        """Until the job is done; answers where the kills landed."""
        rng, end = random.Random(self.plan.seed), time.monotonic() + self.plan.seconds
        while not (done := self._is_done()) and time.monotonic() < end:
            self._fill_up()
            time.sleep(rng.uniform(0.01, 0.15))
            if self.kills[BEGUN] + self.kills[CHANGED] < self.plan.enough:
                aimed = sum(self.kills.values()) % 2
                self._kill((self._busy() if aimed else None) or rng.choice(list(self.children)))
        for pid in self.children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        names = {NOTHING: "between", BEGUN: "begun", CHANGED: "changed", COMMITTING: "committing"}
        return {"done": done, "failures": self.failures, **{name: self.kills[mark] for mark, name in names.items()}}

    def _fill_up(self) -> None:
        for pid in list(self.children):
            if os.waitpid(pid, os.WNOHANG)[0]:  # died by itself
                self.failures += 1
                del self.children[pid]
        for slot in set(range(WORKERS)) - set(self.children.values()):
            self.marks[slot] = NOTHING
            pid = os.fork()
            if pid == 0:
                work(self.engine, self.marks, slot)
            self.children[pid] = slot

    def _busy(self) -> int | None:
        """A worker inside a transaction, as soon as one is: every second kill is aimed, however slow the machine."""
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            for pid, slot in self.children.items():
                if self.marks[slot] in {BEGUN, CHANGED}:
                    return pid
            time.sleep(0.0005)
        return None

    def _kill(self, victim: int) -> None:
        """Stopped first, then its mark is read, then it is killed: so it is known where the kill landed."""
        slot = self.children.pop(victim)
        os.kill(victim, signal.SIGSTOP)
        _, status = os.waitpid(victim, os.WUNTRACED)
        if not os.WIFSTOPPED(status):  # it had died by itself a moment before
            self.failures += 1
            return
        self.kills[self.marks[slot]] += 1
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)

    def _is_done(self) -> bool:
        with AuditedSession(bind=self.engine) as session:
            session.info["account_id"] = self.plan.account_id
            done = session.scalars(select(Job.status)).one() == "done"
        self.engine.dispose()  # no connection is shared by a fork
        return done


def work(engine: Engine, marks: mmap.mmap, slot: int) -> None:
    """The life of a forked worker; never returns."""
    try:
        watch(engine, marks, slot)
        while True:
            jobs.run_due(sessions(engine))
            time.sleep(0.005)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def sessions(engine: Engine) -> OpenSession:
    """How the worker gets a session."""

    @contextmanager
    def opened() -> Iterator[Session]:
        with AuditedSession(bind=engine) as session:
            yield session

    return opened


if __name__ == "__main__":
    desk.connect_machines(timers)
    vars(leaving).update(BATCH=5)
    vars(jobs).update(LEASE=timedelta(milliseconds=50))
    given = Plan(**json.load(sys.stdin))
    print(json.dumps(Driver(given, engine_for(given.url)).run()))
