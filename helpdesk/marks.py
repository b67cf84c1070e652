"""Who has read a ticket, and who looks at it just now: kept per team member beside the log, which never hears of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Insert, Select, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from audit.action import write_aside
from audit.base import EPOCH
from audit.clock import wall_now
from helpdesk.models import ReadMark, Ticket, User

#: How long somebody is said to look after their page was last heard of, and how often that is written down.
LOOKS_FOR: Final = timedelta(seconds=25)
NOTED_EVERY: Final = timedelta(seconds=10)

_mark = ReadMark.__table__.c


def note_read(session: Session, account_id: int, user_id: int, ticket_id: int, at: datetime) -> None:
    """Note that somebody has a ticket before them, with all that was said in it until now on the desk's clock."""
    _write(session, account_id, user_id, [ticket_id], at, Ticket.messages_count, wall_now())


def note_all_read(session: Session, account_id: int, user_id: int, ticket_ids: Iterable[int], at: datetime) -> None:
    """Note that somebody has read tickets until then, none of which is before them now."""
    _write(session, account_id, user_id, list(ticket_ids), at, Ticket.messages_count, None)


def note_unread(session: Session, account_id: int, user_id: int, ticket_ids: Iterable[int]) -> None:
    """Let tickets look as if they had never been opened; nobody looks at them any more, either."""
    _write(session, account_id, user_id, list(ticket_ids), EPOCH, literal(-1), None)


def note_look(session: Session, account_id: int, user_id: int, ticket_id: int) -> None:
    """Note that a ticket's page is still open before somebody; what they have read stays as it is."""
    insert = _insert(session)(ReadMark.__table__).from_select(
        ["account_id", "user_id", "ticket_id", "read_datetime", "read_messages", "seen_datetime"],
        _of_tickets(account_id, user_id, [ticket_id], EPOCH, literal(-1), wall_now()),
    )
    _send(
        session,
        account_id,
        insert.on_conflict_do_update(index_elements=["user_id", "ticket_id"], set_=_set(insert, "seen")),
    )


def who_looks(session: Session, account_id: int, ticket_id: int) -> dict[int, tuple[str, datetime]]:
    """Who has the ticket before them just now: name, and when that was last heard of, by number."""
    rows = session.execute(
        select(User.id, User.name, ReadMark.seen_datetime)
        .join(ReadMark, ReadMark.user_id == User.id)
        .where(
            ReadMark.account_id == account_id,
            ReadMark.ticket_id == ticket_id,
            ReadMark.seen_datetime > wall_now() - LOOKS_FOR,
        )
        .order_by(User.name, User.id)
    )
    return {row.id: (row.name, row.seen_datetime) for row in rows}


def _write(
    session: Session,
    account_id: int,
    user_id: int,
    ticket_ids: list[int],
    read: datetime,
    messages: Any,
    seen: datetime | None,
) -> None:
    insert = _insert(session)(ReadMark.__table__).from_select(
        ["account_id", "user_id", "ticket_id", "read_datetime", "read_messages", "seen_datetime"],
        _of_tickets(account_id, user_id, ticket_ids, read, messages, seen),
    )
    marked = _set(insert, "read", "seen")
    _send(session, account_id, insert.on_conflict_do_update(index_elements=["user_id", "ticket_id"], set_=marked))


def _of_tickets(
    account_id: int, user_id: int, ticket_ids: list[int], read: datetime, messages: Any, seen: datetime | None
) -> Select[Any]:
    # Whoever's number it is: what is no ticket of the account leaves no mark.
    return select(
        literal(account_id),
        literal(user_id),
        Ticket.id,
        literal(read, _mark.read_datetime.type),
        messages,
        literal(seen, _mark.seen_datetime.type),
    ).where(Ticket.account_id == account_id, Ticket.id.in_(ticket_ids))


def _set(insert: Any, *what: str) -> dict[str, Any]:
    named = {"read": ("read_datetime", "read_messages"), "seen": ("seen_datetime",)}
    return {name: insert.excluded[name] for part in what for name in named[part]}


def _insert(session: Session) -> Any:
    return sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert


def _send(session: Session, account_id: int, statement: Insert) -> None:
    write_aside(session, account_id)
    try:
        session.execute(statement)
        session.commit()
    except BaseException:
        session.rollback()
        raise
