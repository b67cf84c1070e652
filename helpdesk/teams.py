"""The verbs of teams: made, edited, joined and left."""

from collections.abc import Iterable

from sqlalchemy import select

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk.events import TEAM_CREATED, TEAM_UPDATED
from helpdesk.models import Account, Team, TeamMember, User
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of


def create(
    account: Account,
    name: str,
    *,
    emoji: str | None = None,
    description: str | None = None,
    members: Iterable[User] = (),
    by: Actor,
) -> Team:
    """Make a team with its first members."""
    session, tidy = session_of(account), _tidy(name)
    if session.scalar(select(Team.id).where(Team.account_id == account.id, Team.name == tidy)) is not None:
        raise Refused(f"There is a team {tidy!r} already.")
    team = Team(
        account_id=account.id,
        name=tidy,
        description=description,
        decoration={"emoji": emoji} if emoji else None,
        created_datetime=now(session),
    )
    team.members.extend(TeamMember(account_id=account.id, user_id=user.id) for user in members)
    session.add(team)
    record(TEAM_CREATED, team, by=by)
    return team


def set_members(team: Team, members: Iterable[User], *, by: Actor) -> None:
    """Let a team have exactly these members."""
    wanted = {user.id for user in members}
    present = {member.user_id for member in team.members}
    if wanted == present:
        return
    for member in list(team.members):
        if member.user_id not in wanted:
            team.members.remove(member)
    for user_id in sorted(wanted - present):
        team.members.append(TeamMember(account_id=team.account_id, user_id=user_id))
    record(TEAM_UPDATED, team, by=by)


def _tidy(name: str) -> str:
    tidy = " ".join(name.split())
    if not tidy:
        raise Refused("A team needs a name.")
    return tidy
