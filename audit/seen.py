"""What an account's log has seen: when each type came last, how often each was caused by what, and examples."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, String, column, func, select, values
from sqlalchemy.orm import Session

from audit.actors import ActorKind
from audit.log import event_table
from audit.sessions import scoped

_c: Final = event_table.c


@dataclass(frozen=True)
class Seen:
    """How often something was seen, and its newest event."""

    count: int
    at: datetime
    event_id: int


def last_of(session: Session, types: Iterable[str]) -> dict[str, datetime]:
    """When each of these types came last; those that never came are left out. One step of the index each."""
    asked = values(column("name", String), name="asked").data([(name,) for name in types]).cte("asked")
    last = (
        scoped(session, _c.created_datetime, table=event_table)
        .where(_c.type == asked.c.name)
        .order_by(_c.created_datetime.desc())
        .limit(1)
        .correlate(asked)
        .scalar_subquery()
    )
    found = session.execute(select(asked.c.name, last))
    return {row[0]: row[1] for row in found if row[1] is not None}


def example_of(session: Session, type_name: str) -> Row[Any] | None:
    """The newest event of a type."""
    newest = scoped(session, table=event_table).where(_c.type == type_name)
    return session.execute(newest.order_by(_c.created_datetime.desc(), _c.id.desc()).limit(1)).first()


def ways(session: Session, since: datetime | None = None) -> dict[tuple[str, ActorKind], Seen]:
    """How often each type was caused by each kind of actor, and its newest event."""
    counted = scoped(
        session,
        _c.type,
        _c.actor_kind,
        func.count(),
        func.max(_c.created_datetime, type_=_c.created_datetime.type),
        func.max(_c.id),
        table=event_table,
    )
    if since is not None:
        counted = counted.where(_c.created_datetime >= since)
    found = session.execute(counted.group_by(_c.type, _c.actor_kind))
    return {(row[0], row[1]): Seen(row[2], row[3], row[4]) for row in found}
