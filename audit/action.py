"""One transaction is one action: who may begin it, where it comes from, and at what desk time it happens."""

import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any, Final, Literal
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from audit import straight
from audit.base import from_driver
from audit.book import Ledger
from audit.clock import reading, wall_now

Source = Literal["web", "api", "email", "chat", "webhook", "automation", "simulator", "cli"]


class NoAction(Exception):
    """Something was changed before `begin()` said on whose account and from where."""


@dataclass(frozen=True)
class Action:
    """The ambient facts of one action; every event it writes carries them."""

    account_id: int | None
    source: Source
    at: datetime  #: when it happens, on the desk's clock
    context: uuid.UUID = field(default_factory=uuid.uuid4)
    cause_id: int | None = None
    remote_addr: str | None = None  #: the network address it came from, for log-ins
    #: What was looked up and can't change meanwhile; all actions of the account in one transaction share it.
    memo: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class LogEnd:
    """Where the log of an account ends, as the transaction knows that wrote there last."""

    account_id: int
    at: datetime | None


class FairLock:
    """A lock that is handed on in the order of asking: SQLite's own waiting lets some writers starve."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._held = False
        self._waiting: deque[Lock] = deque()

    def acquire(self) -> None:
        """Wait in line until the lock is ours."""
        with self._guard:
            if not self._held:
                self._held = True
                return
            turn = Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def release(self) -> None:
        """Hand the lock to whoever has waited longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False


#: Tells the accounts' locks from other advisory locks of the database.
_DESK_LOCK: Final = 0x6465736B

_writers: WeakKeyDictionary[Engine, FairLock] = WeakKeyDictionary()
_writers_guard = Lock()


_SQLITE_TIMES: Final = (
    "SELECT anchor_wall, anchor_desk, rate, last_datetime, (SELECT max(id) FROM event)"
    " FROM (SELECT ? AS account_id) AS asked"
    " LEFT JOIN desk_clock USING (account_id) LEFT JOIN event_head USING (account_id)"
)


def _writers_of(engine: Engine) -> FairLock:
    with _writers_guard:
        return _writers.setdefault(engine, FairLock())


def begin(
    session: Session,
    account_id: int | None,
    *,
    source: Source,
    at: datetime | None = None,
    context: uuid.UUID | None = None,
    cause_id: int | None = None,
    remote_addr: str | None = None,
) -> Action:
    """Begin an action on an account (None while it is being opened), in a write transaction.

    `at` is given by timers and stories; else it is the desk's time now, and never before the account's last event.
    What was read before is read anew: it may be stale. After `seal()` another action may begin in the same transaction.
    """
    connection = None
    if not session.info.get("writing"):
        connection = _begin_writing(session, account_id)
    else:
        _refuse_unsealed(session)
        session.info["account_id"] = account_id
    end: LogEnd | None = session.info.get("log_end")
    if at is not None and end is not None and end.account_id == account_id:
        present, last = at, end.at  # it was we who wrote last, and nobody else does before our transaction ends
    else:
        session.info.pop("log_end", None)
        present, last = _times(session, connection or session.connection(), account_id)
    moment = at if at is not None else present
    action = Action(
        account_id=account_id,
        source=source,
        at=max(moment, last or moment),
        context=context or uuid.uuid4(),
        cause_id=cause_id,
        remote_addr=remote_addr,
        memo=session.info.setdefault("memos", {}).setdefault(account_id, {}),
    )
    session.info["action"] = action
    return action


def _refuse_unsealed(session: Session) -> None:
    # Else what one action did would be told as another's.
    ledger: Ledger | None = session.info.get("ledger")
    if ledger is not None and (ledger.entries or ledger.notes):
        raise NoAction("the action before this one is not sealed: seal(session) ends it")


def hold(session: Session, account_id: int) -> None:
    """Keep all other writers of an account out until the transaction ends; comes before its `begin()`.

    Whoever plays what is due does this: nobody is halfway through an action that began before the due time.
    """
    connection = _begin_writing(session, account_id)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s, %s)", (_DESK_LOCK, account_id % 2**31))
        tell_account(connection, account_id)


def write_aside(session: Session, account_id: int) -> None:
    """Begin a short write transaction that is no action: for rows of which the log knows nothing (read marks)."""
    tell_account(_begin_writing(session, account_id), account_id)


def enter(session: Session, account_id: int | None) -> None:
    """From here on the session sees this account's rows only (None: all accounts, for what must look across them)."""
    session.info["account_id"] = account_id
    session.info.pop("log_end", None)
    if session.in_transaction():
        tell_account(session.connection(), account_id)


def tell_account(connection: Connection, account_id: int | None) -> None:
    """Tell PostgreSQL's row-level security which account's rows are seen until the transaction ends (None: all)."""
    if connection.dialect.name == "postgresql":
        scope = "all" if account_id is None else str(account_id)
        connection.exec_driver_sql("SELECT set_config('desk.account', %s, true)", (scope,))


def current(session: Session) -> Action:
    """The session's action; raises NoAction."""
    action: Action | None = session.info.get("action")
    if action is None:
        raise NoAction("begin(session, account_id, source=…) comes before any change")
    return action


def now(session: Session) -> datetime:
    """The desk time of the session's action."""
    return current(session).at


def _times(session: Session, connection: Connection, account_id: int | None) -> tuple[datetime, datetime | None]:
    # Desk time now and the log's last: one question, sent as it stands, for it comes before every action.
    if account_id is None:
        tell_account(connection, None)
        return wall_now(), None
    if connection.dialect.name == "sqlite":
        row = straight.send(connection, _SQLITE_TIMES, (account_id,)).fetchone()
        anchor_wall, anchor_desk, rate, last, session.info["last_event_id"] = row
    else:
        anchor_wall, anchor_desk, rate, last = _postgres_times(connection, account_id)
    present = wall_now() if rate is None else reading(from_driver(anchor_wall), from_driver(anchor_desk), rate)
    return present, None if last is None else from_driver(last)


def _postgres_times(connection: Connection, account_id: int) -> Sequence[Any]:
    given = (account_id, _DESK_LOCK)
    told = straight.call(connection, "times_of_account", given, begins=not straight.has_begun(connection))
    return [datetime.fromisoformat(value) if isinstance(value, str) else value for value in told.values()]


def _begin_writing(session: Session, account_id: int | None) -> Connection:
    if session.in_transaction():  # whatever was changed has begun one
        if session.new or session.dirty or session.deleted:
            raise NoAction("something was changed before begin(): it would not know its account")
        session.rollback()
    session.info.pop("sealed", None)
    session.info["account_id"] = account_id
    bind = session.get_bind()
    if bind.dialect.name == "sqlite":
        lock = _writers_of(bind.engine)
        lock.acquire()
        session.info["writer_lock"] = lock
    session.info["writing"] = True
    try:
        return session.connection(execution_options={"desk_writes": True})
    except BaseException:
        let_go(session)
        raise


def forget_what_was_read(session: Session) -> None:
    """What was looked up may be wrong now: something that was done is taken back."""
    for name in ("last_event_id", "log_end"):
        session.info.pop(name, None)
    for memo in session.info.get("memos", {}).values():
        memo.clear()


#: What a session knows of its transaction, and forgets with it.
_OF_A_TRANSACTION: Final = frozenset({"action", "writing", "ledger", "memos", "savepoints", "at_hand", "reading_on"})


def let_go(session: Session) -> None:
    """Forget the action and let the next writer in; called when the transaction has ended, whichever way."""
    forget_what_was_read(session)
    for name in _OF_A_TRANSACTION.intersection(session.info):
        del session.info[name]
    lock: FairLock | None = session.info.pop("writer_lock", None)
    if lock is not None:
        lock.release()
