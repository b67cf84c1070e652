"""Teams by API: made, edited, dissolved."""

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.db import db
from audit.rest.calls import Resource
from audit.rest.paging import Page, both_ways, paged
from audit.rest.shapes import Body, Id, Moment, Paged, Shown
from helpdesk import teams
from helpdesk.api.acting import account, acting, found, held, me, named
from helpdesk.models import Team, User

resource = Resource("teams", "Teams", noun="team", scope="users", about="Groups to whom tickets are assigned.")

ORDERS: Final = {**both_ways("created_datetime", Team.created_datetime, datetime), **both_ways("name", Team.name, str)}


class TeamQuery(Paged):
    """Which teams."""

    order_by: Literal["created_datetime:desc", "created_datetime:asc", "name:asc", "name:desc"] = (
        "created_datetime:desc"
    )


class Sign(Body):
    """The sign before its name."""

    emoji: str | None = Field(None, max_length=64)


class Member(Body):
    """A team member, by number."""

    id: Id
    name: str | None = None
    email: str | None = None
    meta: dict[str, Any] | None = None


class TeamChange(Body):
    """What to change; `members` is replaced as a whole."""

    name: str = Field("", min_length=1, max_length=teams.LONGEST_NAME)
    description: str | None = Field(None, max_length=teams.LONGEST_DESCRIPTION)
    decoration: Sign | None = None
    members: list[Member] = Field([], max_length=1000)


class NewTeam(TeamChange):
    """A team to make."""

    name: str = Field(min_length=1, max_length=teams.LONGEST_NAME)


class MemberShown(Shown):
    """A team member in short."""

    id: int
    name: str
    email: str
    meta: dict[str, Any] | None


class TeamShown(Shown):
    """A team."""

    id: int
    uri: str
    name: str
    description: str | None
    decoration: dict[str, Any]
    members: list[MemberShown]
    created_datetime: Moment


@resource.call("GET /teams", needs="read", query=TeamQuery, gives=TeamShown, asking="order_by=name:asc")
def index(asked: TeamQuery) -> Page:
    """List the account's teams, the newest first."""
    page = paged(db.session(), select(Team), ORDERS[asked.order_by], Team.id, asked)
    return page.map(lambda rows: shown(db.session(), rows))


@resource.call(
    "POST /teams", needs="manage people", body=NewTeam, gives=TeamShown, writes=("team-created",),
    sample={"name": "Night shift", "decoration": {"emoji": "🌙"}, "members": [{"id": "$USER_ID"}]},
)  # fmt: skip
def create(body: NewTeam) -> TeamShown:
    """Make a team with its first members."""
    with acting() as session:
        members = _people(session, body)
        emoji = body.decoration.emoji if body.decoration else None
        made = teams.create(
            account(session), body.name, emoji=emoji, description=body.description, members=members, by=me()
        )
        number = made.id
    return show(number)


@resource.call("GET /teams/<number:team_id>", needs="read", gives=TeamShown)
def show(team_id: int) -> TeamShown:
    """Show one team."""
    session = db.session()
    return shown(session, [found(session, Team, team_id)])[0]


@resource.call(
    "PUT /teams/<number:team_id>", needs="manage people", body=TeamChange, gives=TeamShown,
    writes=("team-updated",), sample={"description": "From eight in the evening", "members": []},
)  # fmt: skip
def update(team_id: int, body: TeamChange) -> TeamShown:
    """Edit a team and who is in it."""
    with acting() as session:
        team = held(session, Team, team_id)
        present = [member.user_id for member in team.members]
        words: dict[str, Any] = {"name": team.name, "description": team.description, "emoji": team.emoji}
        for name, value in body.sent():
            if name != "members":
                words |= {"emoji": value.emoji if value else None} if name == "decoration" else {name: value}
        stay = list(session.scalars(select(User).where(User.id.in_(present)))) if present else []
        members = _people(session, body) if body.was_sent("members") else stay
        teams.update(team, **words, members=members, by=me())
    return show(team_id)


@resource.call("DELETE /teams/<number:team_id>", needs="manage people", writes=("team-deleted",))
def delete(team_id: int) -> None:
    """Dissolve a team: its people stay, its tickets have no team any more."""
    with acting() as session:
        teams.delete(held(session, Team, team_id), by=me())


def shown(session: Session, rows: list[Team]) -> list[TeamShown]:
    """Teams with their members."""
    numbers = {member.user_id for row in rows for member in row.members}
    people = {user.id: user for user in session.scalars(select(User).where(User.id.in_(numbers)))} if numbers else {}
    return [
        TeamShown(
            id=row.id,
            uri=f"/api/teams/{row.id}/",
            name=row.name,
            description=row.description,
            decoration={"emoji": row.emoji} if row.emoji else {},
            members=[
                MemberShown(id=user.id, name=user.name, email=user.email, meta=user.meta)
                for member in row.members
                if (user := people.get(member.user_id)) is not None
            ],
            created_datetime=row.created_datetime,
        )
        for row in rows
    ]


def _people(session: Session, body: TeamChange) -> list[User]:
    numbers = list(dict.fromkeys(member.id for member in body.members))
    return named(session, User, numbers, "members", "Failed to save team")
