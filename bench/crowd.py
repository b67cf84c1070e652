"""A process in which one or more writers work at once on tickets of their own; `bench.order` asks it.

Started as `python -m bench.crowd URL ACCOUNT USER ORDER TICKETS`, with a writer for each comma-separated group of
ticket numbers, `1-40,41-80`. It answers "COUNT" with the longest wait for the right to begin, in seconds.
ORDER is "ordered", or "unordered" for a log without its lock.
"""

import sys
import threading
import time
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event

from audit import log, sessions, writing
from audit.action import begin, now
from audit.actors import Actor
from audit.sessions import AuditedSession
from helpdesk import tickets
from helpdesk.models import Ticket

#: What an action takes beside writing: reading mail, asking somebody, thinking.
WORK: Final = 0.003

_HEAD_LOCK: Final = " FOR UPDATE"


def work(engine: Engine, account_id: int, user_id: int, numbers: list[int], count: int) -> float:
    """Snooze and reopen in turn; answers the longest wait."""
    by, longest = Actor("user", user_id, "Ana Lopez"), 0.0
    for step in range(count):
        with AuditedSession(engine) as session:
            asked = time.perf_counter()
            begin(session, account_id, source="web")
            longest = max(longest, time.perf_counter() - asked)
            ticket = session.get_one(Ticket, numbers[step % len(numbers)], with_for_update=True)
            time.sleep(WORK)
            if ticket.is_open:
                tickets.snooze(ticket, now(session) + timedelta(hours=12), by=by)
            else:
                tickets.reopen(ticket, by=by)
            session.commit()
    return longest


def forget_order(engine: Engine) -> None:
    """Number events by the sequence alone: what the lock on the account's head costs is what is missing then."""
    function = next(each for each in log._POSTGRES_FUNCTIONS if writing.WRITE_EVENTS in each)
    if _HEAD_LOCK not in function:
        raise LookupError("the ledger's function locks the head no more: measure something else")
    without = f"pg_temp.{writing.WRITE_EVENTS}"
    created = function.replace(_HEAD_LOCK, "").replace(writing.WRITE_EVENTS, without)
    writing.WRITE_EVENTS = without

    @event.listens_for(engine, "connect")
    def create(connection: Any, _record: Any) -> None:
        connection.execute(created)
        connection.commit()


def main(url: str, account: str, user: str, order: str, groups: str) -> None:
    """Work as asked, until the input ends."""
    engine = create_engine(url, pool_size=16)
    sessions.prepare(engine)
    if order == "unordered":
        forget_order(engine)
    spans = [tuple(map(int, group.split("-"))) for group in groups.split(",")]
    numbers = [list(range(first, last + 1)) for first, last in spans]
    for line in sys.stdin:
        waits: list[float] = []

        def write(own: list[int], count: int = int(line), waits: list[float] = waits) -> None:
            waits.append(work(engine, int(account), int(user), own, count))

        crowd = [threading.Thread(target=write, args=(own,)) for own in numbers]
        for writer in crowd:
            writer.start()
        for writer in crowd:
            writer.join()
        print(max(waits) if len(waits) == len(crowd) else "nan", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
