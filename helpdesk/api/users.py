"""Users by API: the team, themselves as user 0, and who comes and goes."""

from datetime import datetime
from typing import Any, Final, Literal

from flask import g, request
from pydantic import Field
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from audit.action import now
from audit.db import db
from audit.rest.calls import Resource
from audit.rest.echoes import Moving
from audit.rest.paging import Page, both_ways, paged
from audit.rest.problems import Problem
from audit.rest.shapes import Body, Flag, Moment, Paged, Shown
from helpdesk import invitations, passwords, people
from helpdesk.api.acting import account, acting, found, held, me
from helpdesk.api.persons import whole_name
from helpdesk.models import Role, User
from helpdesk.ways import halves

resource = Resource(
    "users",
    "Users",
    noun="user",
    scope="users",
    about="Team members. User 0 is whoever calls. Everybody edits themselves; admins edit, invite and delete others.",
)

UPDATING: Final = "Failed to update user"
#: What the public API calls our roles; the first of a name is meant when it is given.
ROLES: Final = {
    Role.ADMIN: "admin", Role.OWNER: "admin", Role.LEAD: "agent", Role.BASIC: "basic-agent", Role.LITE: "lite-agent",
    Role.OBSERVER: "observer-agent",
}  # fmt: skip
RoleName = Literal["admin", "agent", "basic-agent", "lite-agent", "observer-agent"]
ORDERS: Final = {
    **both_ways("name", User.name, str),
    **both_ways("email", User.email, str),
    **both_ways("created_datetime", User.created_datetime, datetime),
}


class UserQuery(Paged):
    """Which users."""

    order_by: Literal[
        "name:asc", "name:desc", "email:asc", "email:desc", "created_datetime:asc", "created_datetime:desc"
    ] = "name:asc"  # fmt: skip
    email: str | None = Field(None, max_length=320, description="Exactly this, in small or capital letters.")
    external_id: str | None = Field(None, max_length=255)
    search: str | None = Field(None, max_length=200, description="A part of the name or the address.")
    available_first: bool = Field(False, description="Everybody is always available here.")
    roles: list[Literal[RoleName, "bot", "internal-agent"]] = Field(
        [], description="May be repeated. Nobody here is a bot or an internal agent."
    )


class RoleGiven(Body):
    """A role by its name."""

    name: RoleName


class UserFields(Body):
    """What can be said of a user."""

    firstname: str | None = Field(None, max_length=100)
    lastname: str | None = Field(None, max_length=100)
    active: Flag = True
    bio: str | None = Field(None, max_length=people.LONGEST_BIO)
    country: str | None = Field(None, pattern="^[A-Z]{2}$")
    external_id: str | None = Field(None, max_length=255)
    language: str | None = Field(None, max_length=8)
    meta: dict[str, Any] | None = None
    timezone: str | None = Field(None, max_length=64)


class NewUser(UserFields):
    """Somebody to invite."""

    email: str = Field(min_length=3, max_length=320)
    name: str = Field(min_length=1, max_length=people.LONGEST_NAME)
    role: RoleGiven


class UserChange(UserFields):
    """What to change. To change one's own address takes `password_confirmation`; one's password, `old_password`."""

    email: str = Field("", min_length=3, max_length=320)
    name: str = Field("", min_length=1, max_length=people.LONGEST_NAME)
    role: RoleGiven | None = None
    new_password: str | None = Field(None, max_length=people.LONGEST_PASSWORD)
    old_password: str | None = Field(None, max_length=people.LONGEST_PASSWORD)
    password_confirmation: str | None = Field(None, max_length=people.LONGEST_PASSWORD)
    two_fa_code: str | None = Field(None, max_length=64)


class RoleShown(Shown):
    """A role by the name that it has in the public API."""

    name: str


class UserShown(Shown):
    """A user."""

    id: int
    uri: str
    active: bool
    bio: str | None
    client_id: str | None
    country: str | None
    created_datetime: Moment
    deactivated_datetime: Moment | None
    email: str
    external_id: str | None
    firstname: str
    lastname: str
    has_2fa_enabled: bool
    has_password: bool
    language: str | None
    meta: dict[str, Any] | None
    name: str
    role: RoleShown
    timezone: str | None
    updated_datetime: Moving[Moment]


@resource.call("GET /users", needs="read", query=UserQuery, gives=UserShown, asking="roles=admin&search=a")
def index(asked: UserQuery) -> Page:
    """List the team by name."""
    statement = select(User)
    if asked.email is not None:
        statement = statement.where(User.email_key == asked.email.strip().lower())
    if asked.external_id is not None:
        statement = statement.where(User.external_id == asked.external_id)
    if asked.search:
        part = asked.search
        statement = statement.where(
            or_(User.name.icontains(part, autoescape=True), User.email.icontains(part, autoescape=True))
        )
    if asked.roles:
        statement = statement.where(User.role.in_([role.value for role, name in ROLES.items() if name in asked.roles]))
    page = paged(db.session(), statement, ORDERS[asked.order_by], User.id, asked)
    return page.map(lambda rows: [shown(row) for row in rows], total_resources=None)


@resource.call(
    "POST /users", needs="manage people", body=NewUser, gives=UserShown, writes=("user-created", "user-invited"),
    sample={"email": "nora@demo.example", "name": "Nora Night", "role": {"name": "basic-agent"}},
)  # fmt: skip
def create(body: NewUser) -> UserShown:
    """Invite somebody: they get a mail with a link. With `active: false` nobody is invited yet."""
    with acting() as session:
        profile = {name: value for name, value in body.sent() if name in people.PROFILE | people.FACTS}
        who: dict[str, Any] = {
            "email": body.email,
            "name": whole_name(None, dict(body.sent())) or body.name,
            "role": _role(body.role),
            "by": me(),
        }
        if body.active:
            user = invitations.invite(account(session), **who, **profile)
        else:
            at = now(session)
            user = people.create(account(session), **who, **profile, active=False, deactivated_datetime=at)
        number = user.id
    return shown(found(db.session(), User, number))


@resource.call("GET /users/<self:user_id>", needs="read", gives=UserShown)
def show(user_id: int) -> UserShown:
    """Show one user; 0 is whoever calls."""
    return shown(found(db.session(), User, user_id or g.user.id))


@resource.call(
    "PUT /users/<self:user_id>", needs="read", body=UserChange, gives=UserShown, writes=("user-updated",),
    sample={"bio": "Mornings only", "timezone": "Europe/Dublin"},
)  # fmt: skip
def update(user_id: int, body: UserChange) -> UserShown:
    """Edit a user; everybody edits themselves, admins edit the others, too."""
    number = user_id or g.user.id
    found(db.session(), User, number)
    if number != g.user.id and not g.user.may("manage people"):
        raise Problem(403)
    with acting() as session:
        _change(session, held(session, User, number), body)
    return shown(found(db.session(), User, number))


@resource.call("DELETE /users/<number:user_id>", needs="manage people", writes=("user-deleted",))
def delete(user_id: int) -> None:
    """Delete somebody for good: their tickets become unassigned, their keys open nothing any more."""
    with acting() as session:
        people.delete(held(session, User, user_id), by=me())


def shown(user: User) -> UserShown:
    """A user; their address, alone among all things, is absolute."""
    return UserShown(
        id=user.id,
        uri=f"{request.host_url}api/users/{user.id}/",
        active=user.active,
        bio=user.bio,
        client_id=None,
        country=user.country,
        created_datetime=user.created_datetime,
        deactivated_datetime=user.deactivated_datetime,
        email=user.email,
        external_id=user.external_id,
        has_2fa_enabled=False,
        has_password=user.password_hash is not None,
        language=user.language,
        meta=user.meta,
        name=user.name,
        role=RoleShown(name=ROLES[Role(user.role)]),
        timezone=user.timezone,
        updated_datetime=user.updated_datetime,
        **halves(user.name),
    )


def _change(session: Session, user: User, body: UserChange) -> None:
    _check_password(user, body)
    given = dict(body.sent())
    role = given.pop("role", None)
    people.update(
        user,
        name=whole_name(user.name, given) or "",
        email=given.get("email"),
        role=_role(role) if role is not None and ROLES[Role(user.role)] != role.name else None,
        profile={key: value for key, value in given.items() if key in people.PROFILE},
        facts={key: value for key, value in given.items() if key in people.FACTS},
        by=me(),
    )
    if body.was_sent("active"):
        (people.switch_on if body.active else people.switch_off)(user, by=me())
    if body.new_password:
        people.change_password(user, body.new_password, by=me())


def _check_password(user: User, body: UserChange) -> None:
    own = user.id == g.user.id
    if body.new_password and not (own and passwords.matches(user.password_hash, body.old_password or "")):
        raise Problem(400, UPDATING, {"old_password": ["Only whoever knows their own password can change it."]})
    moves = body.was_sent("email") and body.email.strip().lower() != user.email.lower()
    if own and moves and not passwords.matches(user.password_hash, body.password_confirmation or ""):
        raise Problem(400, UPDATING, {"password_confirmation": ["Your password is needed to change your address."]})


def _role(given: RoleGiven) -> Role:
    return next(role for role, name in ROLES.items() if name == given.name)
