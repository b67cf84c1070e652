"""A stage under a magnifying glass: what was written is read back from the log, event by event."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from audit.log import event_table
from audit.replay import Report, replay
from audit.sessions import AuditedSession
from helpdesk.models import Account, Customer, Team, User
from seeds.stage import TUESDAY, Stage, open_stage

PASSWORD = "correct horse battery"

__all__ = ["PASSWORD", "TUESDAY", "Desk", "Trail", "open_desk", "open_session"]


@dataclass
class Trail:
    """Events that were watched."""

    events: list[Row[Any]]

    @property
    def types(self) -> list[str]:
        """Their types, in order."""
        return [event.type for event in self.events]

    @property
    def lines(self) -> list[tuple[str, str | None]]:
        """Type and name of the team member, None for "No user"."""
        return [(event.type, event.actor_name if event.user_id is not None else None) for event in self.events]

    @property
    def actors(self) -> list[tuple[str, str]]:
        """Type and kind of what really acted."""
        return [(event.type, event.actor_kind) for event in self.events]

    @property
    def contexts(self) -> set[uuid.UUID]:
        """The chains they belong to."""
        return {event.context for event in self.events}

    def __getitem__(self, type_: str) -> Row[Any]:
        """The only event of that type."""
        (found,) = [event for event in self.events if event.type == type_]
        return found


@dataclass
class Desk(Stage):
    """A stage whose log can be read."""

    def last_event_id(self) -> int:
        """The newest event's number."""
        self.session.rollback()
        newest = select(func.max(event_table.c.id)).where(event_table.c.account_id == self.account_id)
        return self.session.scalar(newest) or 0

    def events_after(self, number: int = 0) -> list[Row[Any]]:
        """The account's events after this one, in order."""
        self.session.rollback()
        statement = select(event_table).where(event_table.c.account_id == self.account_id, event_table.c.id > number)
        return list(self.session.execute(statement.order_by(event_table.c.id)))

    @contextmanager
    def watched(self) -> Iterator[Trail]:
        """What is written while the block runs."""
        start = self.last_event_id()
        trail = Trail([])
        yield trail
        trail.events[:] = self.events_after(start)

    def replay(self) -> Report:
        """Fold the log and compare."""
        return replay(self.session, self.account_id)


def open_session(engine: Engine) -> Session:
    """A session as the application has it."""
    return AuditedSession(bind=engine)


def find_desk(session: Session) -> Desk | None:
    """The desk of a furnished database."""
    account_id = session.scalar(select(Account.id).where(Account.domain == "demo"))
    if account_id is None:
        return None
    people = {user.email.partition("@")[0]: user.id for user in session.scalars(select(User))}
    team_id = session.scalars(select(Team.id)).one()
    carol_id = session.scalars(select(Customer.id).where(Customer.email == "carol@mail.example")).one()
    session.rollback()
    return Desk(session, account_id, people["owner"], people["admin"], people["ana"], people["ben"], team_id, carol_id)


def open_desk(session: Session, domain: str = "demo") -> Desk:
    """Open an account with the usual people, its clock standing."""
    return Desk(**vars(open_stage(session, domain, password=PASSWORD)))
