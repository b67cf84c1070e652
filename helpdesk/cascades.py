"""What follows from a deletion or merge: told beforehand with numbers, done bit by bit where there is much of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from helpdesk import channels, leaving, mentions
from helpdesk.leaving import Leaver
from helpdesk.models import ApiKey, Customer, Job, Tag, Team, TeamMember, User
from helpdesk.ways import CUSTOMER, STAND_IN, TAG, TEAM, USER, WAYS, private_views


@dataclass(frozen=True)
class Consequences:
    """What a person should know before something is deleted."""

    tickets: int = 0
    teams: int = 0
    views: int = 0
    macros: int = 0  #: that name it
    keys: int = 0
    sentences: tuple[str, ...] = ()

    @property
    def is_long(self) -> bool:
        """Whether it is done in the background."""
        return self.tickets > leaving.MANY


def step(session: Session, job: Job) -> bool:
    """The next bit of a deletion or merge with very many tickets."""
    return leaving.go_on(session, job, WAYS)


def consequences(session: Session, leaver: Leaver) -> Consequences:
    """What the deletion of a team member, team, tag or customer would bring with it."""
    return _TOLD[type(leaver)](session, leaver)


def counted(number: int, one: str, more: str = "") -> str:
    """ "1 ticket", "1,204 tickets"."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def _of_user(session: Session, user: User) -> Consequences:
    tickets = leaving.count_tickets(session, USER.tickets(user))
    teams = _count(session, select(TeamMember.id).where(TeamMember.user_id == user.id))
    keys = _count(session, select(ApiKey.id).where(ApiKey.user_id == user.id, ApiKey.revoked_datetime.is_(None)))
    views = _count(session, private_views(user))
    macros = len(mentions.macros_that_assign(session, user))
    told = (
        f"{counted(tickets, 'ticket')} will become unassigned." if tickets else "No ticket is assigned to them.",
        _wait(tickets),
        f"{user.email} can't log in any more. Their name stays on what they wrote.",
        f"They leave {counted(teams, 'team')}." if teams else "",
        f"{counted(keys, 'API key')} of theirs will open nothing any more." if keys else "",
        f"{counted(views, 'view')} that only they see will be deleted, too." if views else "",
        _macros_refuse(macros, "them"),
    )
    return Consequences(tickets, teams, views, macros, keys, _said(told))


def _of_team(session: Session, team: Team) -> Consequences:
    tickets = leaving.count_tickets(session, TEAM.tickets(team))
    macros = len(mentions.macros_that_assign(session, team))
    told = (
        f"{counted(tickets, 'ticket')} will have no team; who they are assigned to stays."
        if tickets
        else "No ticket is the team's.",
        _wait(tickets),
        f"Its {counted(len(team.members), 'member stays', 'members stay')} in the account." if team.members else "",
        _macros_refuse(macros, "it"),
    )
    return Consequences(tickets=tickets, macros=macros, sentences=_said(told))


def _of_tag(session: Session, tag: Tag) -> Consequences:
    tickets = leaving.count_tickets(session, TAG.tickets(tag))
    views, macros = mentions.views_on_tag(tag), len(mentions.macros_with_tag(tag))
    told = (
        f"{counted(tickets, 'ticket')} will lose it." if tickets else "No ticket bears it.",
        _wait(tickets),
        f"{counted(len(views), 'view that asks', 'views that ask')} for it will be switched off:"
        f" {', '.join(f'“{view.name}”' for view in views[:3])}{' and more' if len(views) > 3 else ''}."
        if views
        else "",
    )
    return Consequences(tickets=tickets, views=len(views), macros=macros, sentences=_said(told))


def _of_customer(session: Session, customer: Customer) -> Consequences:
    tickets, addresses = leaving.count_tickets(session, CUSTOMER.tickets(customer)), len(channels.live(customer))
    told = (
        f"{counted(tickets, 'ticket')} will pass to the profile “{STAND_IN}”, and stay as they are."
        if tickets
        else "No ticket is theirs.",
        _wait(tickets),
        f"The profile goes with its {counted(addresses, 'address', 'addresses')} and note.",
        "Whoever writes from there afterwards is a new customer." if addresses else "",
    )
    return Consequences(tickets=tickets, sentences=_said(told))


_TOLD: Final[dict[type[Leaver], Callable[[Session, Any], Consequences]]] = {
    User: _of_user,
    Team: _of_team,
    Tag: _of_tag,
    Customer: _of_customer,
}


def _wait(tickets: int) -> str:
    return "With so many it is done in the background, and takes a while." if tickets > leaving.MANY else ""


def _macros_refuse(macros: int, them: str) -> str:
    if not macros:
        return ""
    return f"{counted(macros, 'macro gives', 'macros give')} tickets to {them}, and can't any more."


def _said(told: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(filter(None, told))


def _count(session: Session, rows: Any) -> int:
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0
