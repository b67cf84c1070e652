"""Whose turn it is: tickets go round among the members of a team who can take them."""

from sqlalchemy import select

from helpdesk.models import Role, RuleCursor, Team, TeamMember, User
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of


def available(team: Team) -> list[User]:
    """The members who can be given tickets, in a fixed order."""
    found = session_of(team).scalars(
        select(User)
        .join(TeamMember, TeamMember.user_id == User.id)
        .where(
            TeamMember.account_id == team.account_id,
            TeamMember.team_id == team.id,
            User.active,
            User.role != Role.OBSERVER.value,
        )
        .order_by(User.id)
    )
    return list(found)


def next_in(team: Team) -> User:
    """Who is next; raises Refused where nobody is there. Asking changes nothing."""
    members = available(team)
    if not members:
        raise Refused(f"Nobody in the team {team.name!r} can be given tickets just now.")
    turn = _turn(team)
    last = turn.event_id if turn is not None else 0
    return next((user for user in members if user.id > last), members[0])


def note(team: Team, user: User) -> None:
    """Remember that it was somebody's turn."""
    turn = _turn(team)
    if turn is None:
        turn = RuleCursor(account_id=team.account_id, name=_name(team))
        session_of(team).add(turn)
    turn.event_id = user.id


def _turn(team: Team) -> RuleCursor | None:
    mine = RuleCursor.account_id == team.account_id, RuleCursor.name == _name(team)
    return session_of(team).scalar(select(RuleCursor).where(*mine).with_for_update())


def _name(team: Team) -> str:
    return f"turn:{team.id}"
