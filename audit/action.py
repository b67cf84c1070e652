"""One transaction is one action: who may begin it, where it comes from, and at what desk time it happens."""

import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Final, Literal
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from audit.clock import desk_now
from audit.log import event_head

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
    if not session.info.get("writing"):
        _begin_writing(session, account_id)
    elif session.info.get("account_id") != account_id:
        enter(session, account_id)
    _line_up(session, account_id, "pg_advisory_xact_lock_shared")
    moment = at if at is not None else desk_now(session, account_id)
    action = Action(
        account_id=account_id,
        source=source,
        at=max(moment, last_time(session, account_id) or moment),
        context=context or uuid.uuid4(),
        cause_id=cause_id,
        remote_addr=remote_addr,
    )
    session.info["action"] = action
    return action


def hold(session: Session, account_id: int) -> None:
    """Keep all other writers of an account out until the transaction ends; comes before its `begin()`.

    Whoever plays what is due does this: nobody is halfway through an action that began before the due time.
    """
    _begin_writing(session, account_id)
    _line_up(session, account_id, "pg_advisory_xact_lock")


def enter(session: Session, account_id: int | None) -> None:
    """From here on the session sees this account's rows only (None: all accounts, for what must look across them)."""
    session.info["account_id"] = account_id
    if session.in_transaction() and session.get_bind().dialect.name == "postgresql":
        session.execute(
            text("SELECT set_config('desk.account', :account, true)"),
            {"account": postgres_scope(account_id)},
        )


def postgres_scope(account_id: int | None) -> str:
    """What row-level security is told: an account's number, or "all"."""
    return "all" if account_id is None else str(account_id)


def current(session: Session) -> Action:
    """The session's action; raises NoAction."""
    action: Action | None = session.info.get("action")
    if action is None:
        raise NoAction("begin(session, account_id, source=…) comes before any change")
    return action


def now(session: Session) -> datetime:
    """The desk time of the session's action."""
    return current(session).at


def last_time(session: Session, account_id: int | None) -> datetime | None:
    """When the account's last event happened; None while its log is empty."""
    if account_id is None:
        return None
    return session.execute(
        select(event_head.c.last_datetime).where(event_head.c.account_id == account_id)
    ).scalar_one_or_none()


def _line_up(session: Session, account_id: int | None, lock: str) -> None:
    # SQLite lets one writer in at a time anyway.
    if account_id is None or session.get_bind().dialect.name != "postgresql":
        return
    if session.info.get("lined_up") != account_id:
        session.execute(
            text(f"SELECT {lock}(:desk, :account)"), {"desk": _DESK_LOCK, "account": account_id % 2**31}
        )
        session.info["lined_up"] = account_id


def _begin_writing(session: Session, account_id: int | None) -> None:
    if session.new or session.dirty or session.deleted:
        raise NoAction("something was changed before begin(): it would not know its account")
    session.rollback()
    session.info["account_id"] = account_id
    bind = session.get_bind()
    if bind.dialect.name == "sqlite":
        lock = _writers_of(bind.engine)
        lock.acquire()
        session.info["writer_lock"] = lock
    session.info["writing"] = True
    try:
        session.connection(execution_options={"desk_writes": True})
    except BaseException:
        let_go(session)
        raise


def let_go(session: Session) -> None:
    """Forget the action and let the next writer in; called when the transaction has ended, whichever way."""
    for name in ("action", "writing", "ledger", "lined_up"):
        session.info.pop(name, None)
    lock: FairLock | None = session.info.pop("writer_lock", None)
    if lock is not None:
        lock.release()
