"""What a desk needs before anybody can be simulated on it: agents with shifts, teams, macros, a shop."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.actors import Actor
from automation.simulator import talk
from automation.simulator.crowd import Crowd
from automation.simulator.mailboxes import plain
from automation.simulator.rota import Shift
from helpdesk import chat, integrations, macros, people, settings, teams
from helpdesk.models import Account, Integration, Macro, Role, Team, TeamMember, User
from helpdesk.sessions import session_of

#: Whoever answers customers; the others are there for other things, and a trainer's own log-in is mostly one of them.
HANDS: Final = (Role.LEAD.value, Role.BASIC.value, Role.LITE.value)
#: Every so many agents, one is hired as a lead, who may merge.
AGENTS_A_LEAD: Final = 5

TEAMS: Final = (("Orders", "📦"), ("Care", "🫖"))

#: When agents begin, one after the other, and on which days they are in.
STARTS: Final = (8, 9, 7, 10, 12, 14)
LENGTH: Final = 8
WEEKS: Final = (range(5), range(5), range(1, 6), (0, 1, 2, 5, 6), range(5))


@dataclass(frozen=True)
class Agent:
    """Somebody who works the queue, with habits of their own."""

    user_id: int
    name: str
    role: str
    teams: frozenset[str]
    shift: Shift
    pace: float  #: how long things take them: 1 is as long as they should
    tags: float  #: how often they tag, take a macro, close at once, put off
    macro: float
    closes: float
    snoozes: float

    @property
    def by(self) -> Actor:
        """The agent as the one who acts."""
        return Actor("user", self.user_id, self.name)

    @property
    def firstname(self) -> str:
        """What customers call them."""
        return self.name.split()[0]

    @property
    def is_lead(self) -> bool:
        """Whether they may merge."""
        return self.role == Role.LEAD.value


@dataclass(frozen=True)
class Office:
    """A desk that is ready: who works there, and with what."""

    agents: tuple[Agent, ...]
    teams: dict[str, int]
    macros: dict[str, int]
    shop_id: int | None
    chat_id: int | None
    timezone: str
    support: str
    shop: str


def furnish(session: Session, account_id: int, count: int, crowd: Crowd, seed: int) -> None:
    """Within an action of the owner: see to it that there are so many agents, their teams, macros and a shop."""
    account = session.get_one(Account, account_id)
    owner = session.scalars(select(User).where(User.account_id == account_id, User.role == Role.OWNER.value)).one()
    by = Actor.user(owner)
    rng = Random(f"{seed} hiring")
    hands = _hands(session, account_id)
    hired = [_hire(account, number, crowd, rng, by) for number in range(len(hands), count)]
    _found_teams(account, [*hands, *hired], by)
    _write_macros(account, by)
    if not _connected(session, account_id, integrations.SHOP):
        integrations.create(account, integrations.SHOP, f"{account.name}: orders", by=by)


def look_around(session: Session, account_id: int, count: int, seed: int) -> Office:
    """Who and what is there."""
    account = session.get_one(Account, account_id)
    members = session.execute(
        select(TeamMember.user_id, Team.name)
        .join(Team, Team.id == TeamMember.team_id)
        .where(Team.account_id == account_id)
    ).all()
    hands = _hands(session, account_id)[:count]
    agents = tuple(
        _agent(user, place, frozenset(name for number, name in members if number == user.id), seed)
        for place, user in enumerate(hands)
    )
    in_use = select(Macro).where(Macro.account_id == account_id, Macro.archived_datetime.is_(None))
    return Office(
        agents=agents,
        teams={team.name: team.id for team in session.scalars(select(Team).where(Team.account_id == account_id))},
        macros={macro.name: macro.id for macro in session.scalars(in_use)},
        shop_id=_connected(session, account_id, integrations.SHOP),
        chat_id=_connected(session, account_id, chat.CHANNEL),
        timezone=settings.read(account, "business-hours").get("timezone", "UTC"),
        support=account.mail_address,
        shop=account.name,
    )


def _hands(session: Session, account_id: int) -> Sequence[User]:
    found = select(User).where(User.account_id == account_id, User.active, User.role.in_(HANDS))
    return session.scalars(found.order_by(User.id)).all()


def _hire(account: Account, number: int, crowd: Crowd, rng: Random, by: Actor) -> User:
    """Nobody logs in as them: they have no password, until an admin sends them a link for one."""
    name = crowd.name()
    role = Role.LEAD if number % AGENTS_A_LEAD == 2 else rng.choice((Role.BASIC, Role.BASIC, Role.LITE))
    return people.create(
        account,
        email=f"{'.'.join(plain(word) for word in name.split())}.{number + 1}@{account.domain}.example",
        name=name,
        role=role,
        by=by,
    )


def _found_teams(account: Account, hands: Sequence[User], by: Actor) -> None:
    present = set(session_of(account).scalars(select(Team.name).where(Team.account_id == account.id)))
    for place, (name, emoji) in enumerate(TEAMS):
        if name not in present:
            # Every fifth is at home in both.
            half = [user for number, user in enumerate(hands) if number % len(TEAMS) == place or number % 5 == 0]
            teams.create(account, name, emoji=emoji, members=half, by=by)


def _write_macros(account: Account, by: Actor) -> None:
    present = set(session_of(account).scalars(select(Macro.name).where(Macro.account_id == account.id)))
    for words in talk.load().macros:
        if words.name not in present:
            actions = [
                {"name": "setResponseText", "title": "Write", "arguments": {"body_text": words.text}},
                {"name": "addTags", "title": "Tag", "arguments": {"tags": words.tags}},
            ]
            macros.create(account, words.name, actions, by=by)


def _connected(session: Session, account_id: int, type_: str) -> int | None:
    found = select(Integration.id).where(
        Integration.account_id == account_id, Integration.type == type_, Integration.deactivated_datetime.is_(None)
    )
    return session.scalar(found.order_by(Integration.id).limit(1))


def _agent(user: User, place: int, teams_of: frozenset[str], seed: int) -> Agent:
    rng = Random(f"{seed} habits of {user.email}")
    start = STARTS[place % len(STARTS)]
    return Agent(
        user_id=user.id,
        name=user.name,
        role=user.role,
        teams=teams_of,
        shift=Shift(start, start + LENGTH, frozenset(WEEKS[place % len(WEEKS)])),
        pace=rng.uniform(0.7, 1.5),
        tags=rng.uniform(0.3, 0.95),
        macro=rng.uniform(0.05, 0.7),
        closes=rng.uniform(0.5, 0.95),
        snoozes=rng.uniform(0.02, 0.14),
    )
