"""Reads the team for its pages: who is in which team, who has come yet, and when they last logged in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.log import event_table
from audit.sessions import scoped
from helpdesk import permissions
from helpdesk.models import Team, TeamMember, User
from helpdesk.web.shell import desk_clock

_event = event_table.c


@dataclass(frozen=True)
class Standing:
    """How somebody stands, in words and in the colour of a chip."""

    words: str
    chip: str
    hint: str = ""


ACTIVE = Standing("Active", "chip-open")
OFF = Standing("Switched off", "chip-closed", "Can't log in")
INVITED = Standing("Invited", "chip-snoozed", "Has not come yet")
RUN_OUT = Standing("Invitation ran out", "chip-high", "The link in the mail lives for 7 days")
NOT_INVITED = Standing("Not invited", "chip-high", "Has no password, and no link to set one")


@dataclass(frozen=True)
class MemberLine:
    """A team member in the list."""

    id: int
    name: str
    email: str
    role: str
    teams: list[str]
    standing: Standing
    last_log_in: datetime | None

    @property
    def waits(self) -> bool:
        """Whether they could be invited again."""
        return self.standing in (INVITED, RUN_OUT, NOT_INVITED)


@dataclass(frozen=True)
class RoleLine:
    """What a role may do."""

    name: str
    adds: list[str]
    before: str  #: the role whose rights it has, too


def members(session: Session, account_id: int, wanted: str = "") -> list[MemberLine]:
    """The account's team members by name; `wanted` is part of a name or an address."""
    found = session.scalars(select(User).where(User.account_id == account_id).order_by(User.name, User.id)).all()
    needle = wanted.casefold()
    shown = [user for user in found if needle in user.name.casefold() or needle in user.email.casefold()]
    return _lines(session, shown, account_id)


def member(session: Session, user: User) -> MemberLine:
    """One of them."""
    return _lines(session, [user], user.account_id)[0]


def roles() -> list[RoleLine]:
    """Every role from least to most, with what it adds to the one before."""
    lines: list[RoleLine] = []
    for role in permissions.ALLOWED:
        lines.append(RoleLine(role.value, permissions.added(role), lines[-1].name if lines else ""))
    return lines


def _lines(session: Session, users: Sequence[User], account_id: int) -> list[MemberLine]:
    now, only = desk_clock(account_id).now, users[0].id if len(users) == 1 else None
    teams, seen = _teams(session, account_id), _last_log_ins(session, only)
    return [
        MemberLine(
            user.id,
            user.name,
            user.email,
            user.role,
            teams.get(user.id, []),
            _standing(user, now),
            seen.get(user.id),
        )
        for user in users
    ]


def _standing(user: User, now: datetime) -> Standing:
    if not user.active:
        return OFF
    if user.password_hash is not None:
        return ACTIVE
    if user.invitation_expires is None:
        return NOT_INVITED
    return INVITED if user.invitation_expires > now else RUN_OUT


def _teams(session: Session, account_id: int) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    rows = session.execute(
        select(TeamMember.user_id, Team.name)
        .join(Team, Team.id == TeamMember.team_id)
        .where(TeamMember.account_id == account_id)
        .order_by(Team.name, Team.id)
    )
    for row in rows:
        found.setdefault(row.user_id, []).append(row.name)
    return found


def _last_log_ins(session: Session, only: int | None) -> dict[int, datetime]:
    last = scoped(session, _event.object_id, func.max(_event.created_datetime).label("at"), table=event_table).where(
        _event.object_type == "User", _event.type == "user-logged-in"
    )
    if only is not None:
        last = last.where(_event.object_id == only)
    return {row.object_id: row.at for row in session.execute(last.group_by(_event.object_id))}
