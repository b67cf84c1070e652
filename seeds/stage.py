"""A stage: a small account with its people and a clock of its own, on which scenes are played."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from audit.action import Action, Source, begin
from audit.actors import Actor
from audit.clock import desk_now, set_clock
from helpdesk import accounts, customers, desk, people, teams, tickets
from helpdesk.drafts import Draft
from helpdesk.models import Account, Customer, Role, Team, Ticket, User

#: When a stage opens: a Tuesday morning.
TUESDAY: Final = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)

SIGN_UP: Final = Actor.system("sign-up")


@dataclass
class Stage:
    """An account with an owner, an admin, two agents in a team and a customer; its clock stands until it is moved."""

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
    def owner(self) -> User:
        """Olive, whose account it is."""
        return self.session.get_one(User, self.owner_id)

    @property
    def admin(self) -> User:
        """Ada, who looks at the log."""
        return self.session.get_one(User, self.admin_id)

    @property
    def ana(self) -> User:
        """Ana, an agent."""
        return self.session.get_one(User, self.ana_id)

    @property
    def ben(self) -> User:
        """Ben, another agent."""
        return self.session.get_one(User, self.ben_id)

    @property
    def team(self) -> Team:
        """The team Returns."""
        return self.session.get_one(Team, self.team_id)

    @property
    def carol(self) -> Customer:
        """Carol, a customer."""
        return self.session.get_one(Customer, self.carol_id)

    @property
    def by_admin(self) -> Actor:
        """Ada as the one who acts."""
        return Actor.user(self.admin)

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
        return Actor("customer", self.carol_id, self.carol.display_name)

    def ticket(self, number: int) -> Ticket:
        """A ticket, held for the action."""
        return self.session.get_one(Ticket, number, with_for_update=True)

    @contextmanager
    def acting(
        self, source: Source = "web", *, at: datetime | None = None, context: uuid.UUID | None = None
    ) -> Iterator[Action]:
        """One action on this account, as an edge does it."""
        with desk.acting(self.session, self.account_id, source=source, at=at, context=context) as action:
            yield action

    def now(self) -> datetime:
        """The time on the account's clock."""
        return desk_now(self.session, self.account_id)

    def move_clock(self, span: timedelta) -> datetime:
        """Let desk time pass, silently: what falls due is played by whoever acts next."""
        moment = self.now() + span
        begin(self.session, self.account_id, source="cli")
        set_clock(self.session, self.account_id, desk=moment, rate=0)
        self.session.commit()
        return moment

    def a_ticket(self, subject: str = "Where is my order?", **opening: Any) -> Ticket:
        """A ticket that Carol wrote by mail."""
        with self.acting("email"):
            words = Draft(sender=self.carol, body_text="My order 991 has not arrived.", subject=subject)
            birth = tickets.Opening(customer=self.carol, subject=subject, via="email", messages=(words,), **opening)
            number = tickets.create(self.account, birth, by=self.by_carol).id
        return self.session.get_one(Ticket, number)


def open_stage(
    session: Session, domain: str, at: datetime = TUESDAY, password: str | None = None, **opening: Any
) -> Stage:
    """Open an account with the usual people; each makes an event, as everything does. `opening` may name the owner."""
    chosen = password or uuid.uuid4().hex
    begin(session, None, source="cli", at=at)
    usual = accounts.Opening(
        name=f"{domain.title()} shop",
        domain=domain,
        mail_address=f"support@{domain}.example",
        owner_name="Olive Owner",
        owner_email=f"owner@{domain}.example",
        password=chosen,
    )
    account, owner = accounts.open_account(session, replace(usual, **opening), by=SIGN_UP)
    set_clock(session, account.id, desk=at, rate=0)
    session.commit()
    account_id, owner_id = account.id, owner.id
    with desk.acting(session, account_id, source="web"):
        return _people(session, account_id, owner_id, domain, chosen)


def _people(session: Session, account_id: int, owner_id: int, domain: str, password: str) -> Stage:
    account, by = session.get_one(Account, account_id), Actor.user(session.get_one(User, owner_id))
    made = {
        name: people.create(account, email=f"{name}@{domain}.example", name=full, role=role, password=password, by=by)
        for name, full, role in (
            ("admin", "Ada Admin", Role.ADMIN),
            ("ana", "Ana Lopez", Role.BASIC),
            ("ben", "Ben Okafor", Role.BASIC),
        )
    }
    team = teams.create(account, "Returns", emoji="📦", members=[made["ana"], made["ben"]], by=by)
    carol = customers.create(account, name="Carol Diaz", email="carol@mail.example", by=by)
    return Stage(session, account_id, owner_id, made["admin"].id, made["ana"].id, made["ben"].id, team.id, carol.id)
