"""People as bodies name them and as answers show them: customers by number or address, team members in short."""

from typing import Any

from pydantic import Field
from sqlalchemy.orm import Session

from audit.rest.problems import Problem
from audit.rest.shapes import Body, Id, Shown
from helpdesk import customers
from helpdesk.api.acting import account, me, named
from helpdesk.models import Customer, Team, User
from helpdesk.ways import halves


class Address(Body):
    """A name and an address, as on an envelope."""

    name: str | None = Field(None, max_length=500)
    address: str | None = Field(None, max_length=320)


class PersonRef(Body):
    """Somebody, by number or by e-mail address."""

    id: Id | None = None
    email: str | None = Field(None, max_length=320)
    name: str | None = Field(None, max_length=500)
    firstname: str | None = None
    lastname: str | None = None
    external_id: str | None = None
    language: str | None = None
    timezone: str | None = None
    note: str | None = None
    meta: dict[str, Any] | None = None
    channels: list[dict[str, Any]] | None = None


class Ref(Body):
    """Something, by number; null is nobody."""

    id: Id | None = None
    name: str | None = None
    email: str | None = None


class CustomerLite(Shown):
    """A customer in short."""

    id: int
    email: str | None
    name: str | None
    firstname: str
    lastname: str
    meta: dict[str, Any] | None


class UserLite(Shown):
    """A team member in short."""

    id: int
    name: str
    email: str
    firstname: str
    lastname: str
    bio: str | None
    meta: dict[str, Any] | None


class TeamLite(Shown):
    """A team in short."""

    id: int
    name: str
    decoration: dict[str, Any]


def customer_lite(customer: Customer) -> CustomerLite:
    """A customer in short."""
    return CustomerLite(
        id=customer.id,
        email=customer.email,
        name=customer.name,
        firstname=customer.firstname,
        lastname=customer.lastname,
        meta=customer.meta,
    )


def user_lite(user: User) -> UserLite:
    """A team member in short."""
    return UserLite(
        id=user.id,
        name=user.name,
        email=user.email,
        bio=user.bio,
        meta=user.meta,
        **halves(user.name),
    )


def team_lite(team: Team) -> TeamLite:
    """A team in short."""
    return TeamLite(id=team.id, name=team.name, decoration={"emoji": team.emoji} if team.emoji else {})


def customer_of(session: Session, ref: PersonRef, field: str, failed: str) -> Customer:
    """The customer who is meant; whoever writes from an unknown address is made."""
    if ref.id is not None:
        (customer,) = named(session, Customer, [ref.id], f"{field}.id", failed)
        return customer  # type: ignore[no-any-return]
    if not ref.email:
        raise Problem(400, failed, {field: ["It needs an id or an email."]})
    known = customers.awaited(account(session), ref.email.strip())
    if known is not None:
        return known
    profile = {name: value for name, value in ref.sent() if name in _PROFILE and value is not None}
    return customers.create(account(session), name=ref.name, email=ref.email, by=me(), **profile)


_PROFILE = frozenset({"external_id", "language", "timezone", "note", "meta"})
