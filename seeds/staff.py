"""The demo desk's own people, teams, tags and macros, found by the names that stories call them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Final

from audit.actors import Actor
from automation.simulator.rota import Rota
from helpdesk.models import Account, Integration, Macro, Team, User
from seeds.cast import Agent, Cast

#: Who answers customers all day; the others help out where there is nobody else.
HANDS: Final = ("basic", "lite")


@dataclass
class Staff:
    """Who works at the desk, and what it has been set up with so far."""

    cast: Cast
    rota: Rota
    account: Account
    users: dict[str, User] = field(default_factory=dict)  #: by address
    teams: dict[str, Team] = field(default_factory=dict)
    macros: dict[str, Macro] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)  #: what a tag is called so far, where that isn't its later name
    helpers: list[Agent] = field(default_factory=list)  #: who are there for a while, as long as they are
    gone: set[str] = field(default_factory=set)  #: addresses of those who have left
    shop: Integration | None = None  #: once they are connected
    chat: Integration | None = None

    def user(self, agent: Agent) -> User:
        """The agent as the desk knows them."""
        return self.users[agent.email]

    def by(self, agent: Agent) -> Actor:
        """The agent as the one who acts."""
        return Actor.user(self.user(agent))

    def is_known(self, agent: Agent) -> bool:
        """Whether they were invited, and have not left."""
        return agent.email in self.users and not self.has_left(agent)

    def has_joined(self, agent: Agent) -> bool:
        """Whether they can log in."""
        return self.is_known(agent) and self.user(agent).password_hash is not None

    def has_left(self, agent: Agent | None) -> bool:
        """Whether they were here once."""
        return agent is not None and agent.email in self.gone

    def say_goodbye(self, agent: Agent) -> None:
        """They are asked for nothing any more."""
        self.helpers.remove(agent)
        self.gone.add(agent.email)

    def named(self, email: str) -> Agent:
        """The one of the cast with this address."""
        return next(agent for agent in self.cast.agents if agent.email == email)

    def role(self, role: str) -> Agent:
        """The first of the cast in this role."""
        return next(agent for agent in self.cast.agents if agent.role == role)

    def lead_of(self, team: str | None) -> Agent:
        """Who leads a team; without a team, who leads customer care."""
        leads = [agent for agent in self.cast.agents if agent.role == "lead"]
        return next((agent for agent in leads if team in agent.teams), leads[0])

    def hands(self, team: str | None, language: str) -> list[Agent]:
        """Who may be asked to answer: people of the team, better still those who speak the language."""
        hands = [agent for agent in (*self.cast.agents, *self.helpers) if agent.role in HANDS]
        members = [agent for agent in hands if team in agent.teams] if team else hands
        if len(members) < 2:
            members = [agent for agent in self.cast.agents if team in agent.teams and agent.role != "observer"]
        speakers = [agent for agent in members if language in agent.languages]
        return speakers or [agent for agent in hands if language in agent.languages] or members

    def another(self, than: Agent | None, team: str | None, language: str, at: datetime, rng: Random) -> Agent:
        """Another one of them, who is in or is in first."""
        others = [hand for hand in self.hands(team, language) if hand is not than]
        others = others or [hand for hand in self.hands(None, "") if hand is not than]
        return self.rota.who_is_in(others, at, rng)

    def tag_names(self, names: Sequence[str]) -> list[str]:
        """What these tags are called by now."""
        return [self.tags.get(name, name) for name in names]
