"""A small desk for tests: an account with its people, a clock that stands still, and the log read back."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from audit.action import Action, Source, begin
from audit.actors import Actor
from audit.clock import desk_now, set_clock
from audit.log import event_table
from audit.replay import Report, replay
from audit.sessions import AuditedSession
from helpdesk import accounts, customers, desk, people, teams, tickets
from helpdesk.drafts import Draft
from helpdesk.models import Account, Customer, Role, Team, Ticket, User

#: When every test's desk stands: a Tuesday.
TUESDAY = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


@dataclass
class Desk:
    """An account with an owner, an admin, two agents, a team and a customer; the clock is frozen until moved."""

    session: Session
    account_id: int
    owner_id: int
    admin_id: int
    ana_id: int
    ben_id: int
    team_id: int
    carol_id: int

    @property
    def account(self) -> Account:
        """The account."""
        return self.session.get_one(Account, self.account_id)

    @property
    def admin(self) -> User:
        """Ada, who looks at the log."""
        return self.session.get_one(User, self.admin_id)

    @property
    def ana(self) -> User:
        """An agent."""
        return self.session.get_one(User, self.ana_id)

    @property
    def ben(self) -> User:
        """Another agent."""
        return self.session.get_one(User, self.ben_id)

    @property
    def team(self) -> Team:
        """Returns."""
        return self.session.get_one(Team, self.team_id)

    @property
    def carol(self) -> Customer:
        """A customer."""
        return self.session.get_one(Customer, self.carol_id)

    @property
    def by_ana(self) -> Actor:
        """Ana as the one who acts."""
        return Actor.user(self.ana)

    @property
    def by_ben(self) -> Actor:
        """Ben as the one who acts."""
        return Actor.user(self.ben)

    @property
    def by_carol(self) -> Actor:
        """Carol as the one who acts."""
        return Actor("customer", self.carol_id, "Carol Diaz")

    @contextmanager
    def acting(
        self, source: Source = "web", *, at: datetime | None = None, context: uuid.UUID | None = None
    ) -> Iterator[Action]:
        """One action on this desk, as an edge does it."""
        with desk.acting(self.session, self.account_id, source=source, at=at, context=context) as action:
            yield action

    def now(self) -> datetime:
        """The time on the desk's clock."""
        return desk_now(self.session, self.account_id)

    def move_clock(self, span: timedelta) -> datetime:
        """Let desk time pass, silently: what falls due is played by whoever acts next."""
        moment = self.now() + span
        begin(self.session, self.account_id, source="cli")
        set_clock(self.session, self.account_id, desk=moment, rate=0)
        self.session.commit()
        return moment

    def a_ticket(self, subject: str = "Where is my order?", **opening: Any) -> Ticket:
        """A ticket that Carol wrote by mail, some time ago."""
        with self.acting("email"):
            draft = Draft(sender=self.carol, body_text="My order 991 has not arrived.", subject=subject)
            ticket = tickets.create(
                self.account,
                tickets.Opening(customer=self.carol, subject=subject, via="email", messages=(draft,), **opening),
                by=self.by_carol,
            )
            number = ticket.id
        return self.session.get_one(Ticket, number)

    def ticket(self, number: int) -> Ticket:
        """A ticket, held for the action."""
        return self.session.get_one(Ticket, number, with_for_update=True)

    def last_event_id(self) -> int:
        """The newest event's number."""
        self.session.rollback()
        found = self.session.scalar(
            select(event_table.c.id)
            .where(event_table.c.account_id == self.account_id)
            .order_by(event_table.c.id.desc())
            .limit(1)
        )
        return found or 0

    def events_after(self, number: int = 0) -> list[Row[Any]]:
        """The account's events after this one, in order."""
        self.session.rollback()
        statement = select(event_table).where(event_table.c.account_id == self.account_id, event_table.c.id > number)
        return list(self.session.execute(statement.order_by(event_table.c.id)))

    @contextmanager
    def watched(self) -> Iterator["Trail"]:
        """What is written while the block runs."""
        start = self.last_event_id()
        trail = Trail([])
        yield trail
        trail.events[:] = self.events_after(start)

    def replay(self) -> Report:
        """Fold the log and compare."""
        return replay(self.session, self.account_id)


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
    def contexts(self) -> set[uuid.UUID]:
        """The chains they belong to."""
        return {event.context for event in self.events}

    def __getitem__(self, type_: str) -> Row[Any]:
        """The only event of that type."""
        (found,) = [event for event in self.events if event.type == type_]
        return found


def open_session(engine: Engine) -> Session:
    """A session as the application has it."""
    return AuditedSession(bind=engine)


def open_desk(session: Session, domain: str = "demo", at: datetime = TUESDAY) -> Desk:
    """Open an account with the usual people, its clock frozen."""
    begin(session, None, source="cli", at=at)
    by = Actor.system("sign-up")
    account, owner = accounts.open_account(
        session,
        accounts.Opening(
            name=f"{domain.title()} shop",
            domain=domain,
            mail_address=f"support@{domain}.example",
            owner_name="Olive Owner",
            owner_email=f"owner@{domain}.example",
            password=PASSWORD,
        ),
        by=by,
    )
    set_clock(session, account.id, desk=at, rate=0)
    session.commit()
    account_id, owner_id = account.id, owner.id
    begin(session, account_id, source="web")
    account = session.get_one(Account, account_id)
    by = Actor.user(session.get_one(User, owner_id))
    made = {
        name: people.create(account, email=f"{name}@{domain}.example", name=full, role=role, password=PASSWORD, by=by)
        for name, full, role in (
            ("admin", "Ada Admin", Role.ADMIN),
            ("ana", "Ana Lopez", Role.BASIC),
            ("ben", "Ben Okafor", Role.BASIC),
        )
    }
    team = teams.create(account, "Returns", emoji="📦", members=[made["ana"], made["ben"]], by=by)
    carol = customers.create(account, name="Carol Diaz", email="carol@mail.example", by=by)
    session.commit()
    return Desk(
        session,
        account_id,
        owner_id,
        made["admin"].id,
        made["ana"].id,
        made["ben"].id,
        team.id,
        carol.id,
    )
