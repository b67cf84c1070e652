"""The verbs of teams: made, edited, joined and left."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk import leaving, ways
from helpdesk.events import TEAM_CREATED, TEAM_UPDATED
from helpdesk.leaving import Going
from helpdesk.mail.charsets import clean_line, clean_text
from helpdesk.models import Account, Job, Team, TeamMember, User
from helpdesk.refusals import Refused, Taken
from helpdesk.sessions import session_of
from helpdesk.signs import decoration

LONGEST_NAME: Final = 120
LONGEST_DESCRIPTION: Final = 1024


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
    if _is_taken(account.id, tidy, session):
        raise Taken(f"There is a team {tidy!r} already.", "name")
    team = Team(
        account_id=account.id,
        name=tidy,
        description=_tidy_description(description),
        decoration=decoration(emoji),
        created_datetime=now(session),
    )
    team.members.extend(TeamMember(account_id=account.id, user_id=user.id) for user in members)
    session.add(team)
    record(TEAM_CREATED, team, by=by)
    return team


def update(
    team: Team, *, name: str, emoji: str | None, description: str | None, members: Iterable[User], by: Actor
) -> None:
    """Edit a team and who is in it, all in one save."""
    tidy, sign, words = _tidy(name), decoration(emoji), _tidy_description(description)
    if tidy != team.name and _is_taken(team.account_id, tidy, session_of(team)):
        raise Taken(f"There is a team {tidy!r} already. Choose another name.", "name")
    wanted, present = {user.id for user in members}, {member.user_id for member in team.members}
    if (team.name, team.decoration, team.description) == (tidy, sign, words) and wanted == present:
        return
    team.name, team.decoration, team.description = tidy, sign, words
    _let_in(team, wanted)
    record(TEAM_UPDATED, team, by=by)


def set_members(team: Team, members: Iterable[User], *, by: Actor) -> None:
    """Let a team have exactly these members."""
    update(team, name=team.name, emoji=team.emoji, description=team.description, members=members, by=by)


def delete(team: Team, *, by: Actor) -> Job | None:
    """Dissolve a team: its people stay, its tickets have no team any more. The job, if it is long."""
    return leaving.leave(ways.TEAM, Going(team), by=by)


def _let_in(team: Team, wanted: set[int]) -> None:
    for member in [member for member in team.members if member.user_id not in wanted]:
        team.members.remove(member)
    for user_id in sorted(wanted - {member.user_id for member in team.members}):
        team.members.append(TeamMember(account_id=team.account_id, user_id=user_id))


def _is_taken(account_id: int, name: str, session: Session) -> bool:
    return session.scalar(select(Team.id).where(Team.account_id == account_id, Team.name == name)) is not None


def _tidy(name: str) -> str:
    tidy = clean_line(name, LONGEST_NAME + 1)
    if not tidy:
        raise Refused("A team needs a name.", "name")
    if len(tidy) > LONGEST_NAME:
        raise Refused(f"A team's name has at most {LONGEST_NAME} characters; this one has more.", "name")
    return tidy


def _tidy_description(description: str | None) -> str | None:
    tidy = clean_text(description or "").strip()
    if len(tidy) > LONGEST_DESCRIPTION:
        raise Refused(
            f"A description has at most {LONGEST_DESCRIPTION:,} characters; this one has {len(tidy):,}.", "description"
        )
    return tidy or None
