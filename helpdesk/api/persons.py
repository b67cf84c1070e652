"""People as bodies name them and as answers show them: customers by number or address, team members in short."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field
from sqlalchemy.orm import Session

from audit.rest.problems import Problem
from audit.rest.shapes import Body, Flag, Id, Shown
from helpdesk import channels, customers
from helpdesk.api.acting import account, me, named
from helpdesk.models import Customer, CustomField, Team, User
from helpdesk.refusals import blaming
from helpdesk.ways import halves


class Address(Body):
    """A name and an address, as on an envelope."""

    name: str | None = Field(None, max_length=500)
    address: str | None = Field(None, max_length=320)


class ChannelGiven(Body):
    """An address of a customer."""

    type: str = Field(min_length=1, max_length=32)
    address: str = Field(min_length=1, max_length=320)
    preferred: Flag = Field(False, description="Of those for mail one always is, the customer's own.")
    id: Id | None = None


class Profile(Body):
    """What can be said of a customer; `channels` is replaced as a whole."""

    name: str | None = Field(None, max_length=500)
    firstname: str | None = Field(None, max_length=250)
    lastname: str | None = Field(None, max_length=250)
    email: str | None = Field(None, max_length=320)
    external_id: str | None = Field(None, max_length=255)
    language: str | None = Field(None, max_length=8)
    timezone: str | None = Field(None, max_length=64)
    note: str | None = Field(None, max_length=10_000)
    channels: list[ChannelGiven] | None = Field(None, max_length=100)
    meta: dict[str, Any] | None = None


class PersonRef(Profile):
    """Somebody, by number or by e-mail address; what else is said is theirs who are made by this."""

    id: Id | None = None


class CustomerRef(PersonRef):
    """A customer, by number or by e-mail address; what else is said of one who is named by number changes them."""


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
    with blaming(field):
        return meant(session, ref, field, failed) or introduced(session, ref)


def meant(session: Session, ref: PersonRef, field: str, failed: str) -> Customer | None:
    """The customer who is meant, if they are known."""
    if ref.id is not None:
        (customer,) = named(session, Customer, [ref.id], f"{field}.id", failed)
        return customer  # type: ignore[no-any-return]
    if not ref.email:
        raise Problem(400, failed, {field: ["It needs an id or an email."]})
    return customers.awaited(account(session), ref.email.strip())


def introduced(session: Session, body: Profile, *, values: Iterable[tuple[CustomField, Any]] = ()) -> Customer:
    """A new customer, with what was sent."""
    given = body.channels or []
    email = body.email or next((each.address for each in given if each.type == channels.EMAIL), None)
    return customers.create(
        account(session),
        name=_name(body),
        email=email,
        others=[_address(each) for each in given if each.address != email],
        values=values,
        by=me(),
        **{name: getattr(body, name) for name in ("external_id", "language", "note", "meta")},
        timezone=body.timezone or "UTC",
    )


def edit(
    customer: Customer, sent: Mapping[str, Any], *, values: Iterable[tuple[CustomField, Any]] | None = None
) -> None:
    """Change of a customer what was sent, in one save."""
    plain = {name: value for name, value in sent.items() if name in customers.EDITABLE - {"firstname", "lastname"}}
    if "name" not in sent and not sent.keys().isdisjoint(("firstname", "lastname")):
        halves_ = sent.get("firstname", customer.firstname), sent.get("lastname", customer.lastname)
        plain["name"] = " ".join(filter(None, halves_)) or None
    given = None
    if "channels" in sent:
        given = [_address(each) for each in sent["channels"] or []]
    customers.update(customer, plain, addresses=given, values=values, by=me())


def edit_nested(session: Session, customer: Customer, ref: PersonRef) -> None:
    """Change of a customer what was said beside who is meant; null is nothing said."""
    beside = {name: value for name, value in ref.sent() if value is not None and name != "id"}
    if ref.id is None:
        beside.pop("email", None)
    if beside:
        session.refresh(customer, with_for_update=True)
        edit(customer, beside)


def _address(given: ChannelGiven) -> channels.Address:
    return channels.Address(given.type, given.address, given.preferred)


def _name(body: Profile) -> str | None:
    return body.name or " ".join(filter(None, (body.firstname, body.lastname))) or None
