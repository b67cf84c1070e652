"""Who and what a script speaks of, by the names that it gives them, in the sandbox in which it is played."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.actors import Actor
from audit.base import AccountScoped
from audit.clock import desk_now
from helpdesk.models import Account, Macro, Role, Rule, Tag, Team, Ticket, User
from helpdesk.refusals import Refused
from seeds.stage import Stage

#: Who is there from the beginning: in the file by the first name, in the log by the whole one.
PEOPLE: Final = {"Olive": Role.OWNER, "Ada": Role.ADMIN, "Ana": Role.BASIC, "Ben": Role.BASIC}
TEAM: Final = "Returns"

#: What a script may name, and its table.
MODELS: Final[dict[str, Any]] = {
    "ticket": Ticket, "person": User, "team": Team, "tag": Tag, "macro": Macro, "rule": Rule,
}  # fmt: skip

Row = TypeVar("Row", bound=AccountScoped)


@dataclass
class Troupe:
    """The numbers behind the names; they outlive what they stand for, as the log does."""

    session: Session
    account_id: int
    props: dict[str, dict[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, stage: Stage) -> "Troupe":
        """The people of a stage that has just been opened."""
        people = {"Olive": stage.owner_id, "Ada": stage.admin_id, "Ana": stage.ana_id, "Ben": stage.ben_id}
        return cls(stage.session, stage.account_id, {"person": people, "team": {TEAM: stage.team_id}})

    @property
    def account(self) -> Account:
        """The sandbox itself."""
        return self.session.get_one(Account, self.account_id)

    def name(self, kind: str, name: str, number: int) -> None:
        """From here on, this name stands for that row."""
        self.props = {**self.props, kind: {**self.props.get(kind, {}), name: number}}

    def number(self, kind: str, name: str) -> int:
        """The number behind a name."""
        return self.props[kind][name]

    def ticket(self, name: str) -> Ticket:
        """A ticket, held for the action."""
        return self._held(Ticket, "ticket", name)

    def person(self, name: str) -> User:
        """A team member."""
        return self._held(User, "person", name)

    def team(self, name: str) -> Team:
        """A team."""
        return self._held(Team, "team", name)

    def macro(self, name: str) -> Macro:
        """A macro."""
        return self._held(Macro, "macro", name)

    def rule(self, name: str) -> Rule:
        """A rule."""
        return self._held(Rule, "rule", name)

    def tag(self, name: str) -> Tag:
        """A tag; whoever puts one on for the first time makes it, so it is looked for by its name."""
        found = self.session.scalar(select(Tag).where(Tag.name == name).with_for_update())
        if found is None:
            raise Refused(f"There is no tag “{name}” any more, so nothing was done.")
        return found

    def by(self, name: str) -> Actor:
        """A team member as the one who acts."""
        return Actor.user(self.person(name))

    def now(self) -> datetime:
        """The time on the sandbox's clock."""
        return desk_now(self.session, self.account_id)

    def _held(self, model: type[Row], kind: str, name: str) -> Row:
        found = self.session.get(model, self.number(kind, name), with_for_update=True)
        if found is None:
            raise Refused(f"The {kind} “{name}” is gone, so nothing was done.")
        return found
