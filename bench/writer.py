"""A process that snoozes and reopens tickets: with the ledger, with its witness alone, or with neither.

Started by `bench.write` as `python -m bench.writer KIND URL ACCOUNT USER`. It answers each line "COUNT" on its input
with the seconds that many verbs took.
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event, select
from sqlalchemy.orm import Session

from helpdesk.models import Ticket

# Nothing here may import the ledger at the top: the plain writer is the same models without it.

Write = Callable[[int], None]
NIGHT: Final = timedelta(hours=12)


def plain(engine: Engine, account_id: int, user_id: int) -> Write:
    """The same update in a session that nobody watches."""

    def write(number: int) -> None:
        with Session(engine) as session:
            session.connection(execution_options={"desk_writes": True})
            ticket = session.get_one(Ticket, number, with_for_update=True)  # held until the end, as every edge does
            _change(ticket, datetime.now(UTC))
            session.commit()

    return write


def witnessed(engine: Engine, account_id: int, user_id: int) -> Write:
    """The same update in a session whose every change is noted; the notes are thrown away."""
    from audit import witness
    from audit.action import Action

    class WitnessedSession(Session):
        """A session with a witness and no ledger."""

    witness.attach(WitnessedSession)

    @event.listens_for(WitnessedSession, "after_flush_postexec")
    def forget(session: Session, _context: Any) -> None:
        session.info.pop("ledger")

    def write(number: int) -> None:
        with WitnessedSession(engine) as session:
            at = datetime.now(UTC)
            session.info.update(writing=True, action=Action(account_id, "web", at))
            session.connection(execution_options={"desk_writes": True})
            ticket = session.get_one(Ticket, number, with_for_update=True)
            _change(ticket, at)
            session.commit()

    return write


def ledgered(engine: Engine, account_id: int, user_id: int) -> Write:
    """The verb, as an edge calls it: one action, two events."""
    from audit.action import begin, current
    from audit.actors import Actor
    from audit.sessions import AuditedSession
    from helpdesk import tickets

    by = Actor("user", user_id, "Ana Lopez")

    def write(number: int) -> None:
        with AuditedSession(engine) as session:
            begin(session, account_id, source="web")
            ticket = session.get_one(Ticket, number, with_for_update=True)
            if ticket.is_open:
                tickets.snooze(ticket, current(session).at + NIGHT, by=by)
            else:
                tickets.reopen(ticket, by=by)
            session.commit()

    return write


def _change(ticket: Ticket, at: datetime) -> None:
    sleeps = ticket.status == "open"
    ticket.status = "closed" if sleeps else "open"
    ticket.closed_datetime = None
    ticket.snooze_datetime = at + NIGHT if sleeps else None
    ticket.updated_datetime = at
    ticket.row_version += 1


KINDS: Final[dict[str, Callable[[Engine, int, int], Write]]] = {
    "plain": plain,
    "witness": witnessed,
    "ledger": ledgered,
}


def _engine(kind: str, url: str) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _see_all_accounts)
    if kind == "ledger":
        from audit import sessions

        sessions.prepare(engine)
    elif engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _open_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    of_files = ("journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=4000")
    for pragma in (*of_files, "foreign_keys=ON", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _see_all_accounts(connection: Any, _record: Any) -> None:
    # Row-level security is no part of the ledger: told once for good.
    connection.execute("SELECT set_config('desk.account', 'all', false)")
    connection.commit()


def main(kind: str, url: str, account: str, user: str) -> None:
    """Write as asked, until the input ends."""
    engine = _engine(kind, url)
    write = KINDS[kind](engine, int(account), int(user))
    with Session(engine) as session:
        numbers = list(session.execute(select(Ticket.__table__.c.id).order_by(Ticket.__table__.c.id)).scalars())
    position = 0
    for line in sys.stdin:
        count = int(line)
        turn = [numbers[(position + step) % len(numbers)] for step in range(count)]
        position += count
        started = time.perf_counter()
        for number in turn:
            write(number)
        print(time.perf_counter() - started, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
