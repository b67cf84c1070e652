"""People as bodies name them and as answers show them: customers by number or address, team members in short."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.rest.problems import Problem
from audit.rest.shapes import Body, Flag, Id, Shown
from helpdesk import channels, customers
from helpdesk.api.acting import account, me, named
from helpdesk.models import Customer, CustomField, Team, User
from helpdesk.refusals import blaming
from helpdesk.ways import halves

#: The parts of a body that say what somebody is called.
NAMES: Final = ("name", "firstname", "lastname")


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


class UserRef(Body):
    """A team member, by number or by e-mail address; null is nobody."""

    id: Id | None = None
    email: str | None = Field(None, max_length=320)
    name: str | None = Field(None, max_length=500)


class TeamRef(Body):
    """A team, by number or by name; null is none."""

    id: Id | None = None
    name: str | None = Field(None, max_length=500)


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


def assignee(session: Session, ref: UserRef | None, field: str, failed: str) -> User | None:
    """The team member who is meant; None where nobody is."""
    if ref is None or _is_nobody(ref):
        return None
    key = (ref.email or "").strip().lower()
    if ref.id is None and not key:
        raise Problem(400, failed, {field: ["It needs an id or an email; null is nobody."]})
    known = select(User).where(User.account_id == account(session).id, User.email_key == key)
    user = named(session, User, [ref.id], field, failed)[0] if ref.id is not None else session.scalar(known)
    if user is None:
        raise Problem(400, failed, {f"{field}.email": ["There is no team member with this address."]})
    if key and key != user.email_key:
        raise Problem(400, failed, {f"{field}.email": [f"Team member {user.id} has another address."]})
    _same_name(ref.name, user, field, failed)
    return user


def assigned_team(session: Session, ref: TeamRef | None, field: str, failed: str) -> Team | None:
    """The team that is meant; None where none is."""
    if ref is None or _is_nobody(ref):
        return None
    if ref.id is None and not ref.name:
        raise Problem(400, failed, {field: ["It needs an id or a name; null is none."]})
    known = select(Team).where(Team.account_id == account(session).id, Team.name == ref.name)
    team = named(session, Team, [ref.id], field, failed)[0] if ref.id is not None else session.scalar(known)
    if team is None:
        raise Problem(400, failed, {f"{field}.name": ["There is no team of this name."]})
    _same_name(ref.name, team, field, failed)
    return team


def whole_name(present: str | None, sent: Mapping[str, Any]) -> str | None:
    """The name as what was sent of it makes it, in its order: whole, its first word, its last.

    What comes back as it is shown changes nothing: of a program that sends all, and changes one of the three, that
    one is meant.
    """
    shown = {"name": present or "", **halves(present)}
    fresh = {part: said for part in sent if part in shown and (said := sent[part] or "") != shown[part]}
    if fresh.keys() == {"firstname", "lastname"}:
        return " ".join(filter(None, (fresh["firstname"], fresh["lastname"]))) or None
    name = shown["name"]
    for part, said in fresh.items():
        name = said if part == "name" else _with_half(name, part, said)
    return name or None


def introduced(session: Session, body: Profile, *, values: Iterable[tuple[CustomField, Any]] = ()) -> Customer:
    """A new customer, with what was sent."""
    given = body.channels or []
    email = body.email or next((each.address for each in given if each.type == channels.EMAIL), None)
    return customers.create(
        account(session),
        name=whole_name(None, dict(body.sent())),
        email=email,
        others=[_address(each) for each in given if each.address != email],
        values=values,
        by=me(),
        **{name: getattr(body, name) for name in ("external_id", "language", "note", "meta")},
        timezone=body.timezone or "UTC",
    )


def edit(
    customer: Customer, sent: Mapping[str, Any], *, values: Sequence[tuple[CustomField, Any]] | None = None
) -> None:
    """Change of a customer what was sent, in one save."""
    plain = {name: value for name, value in sent.items() if name in customers.EDITABLE - {"firstname", "lastname"}}
    if not sent.keys().isdisjoint(NAMES):
        plain["name"] = whole_name(customer.name, sent)
    given = None
    if "channels" in sent:
        given = [_address(each) for each in sent["channels"] or []]
    customers.update(customer, plain, addresses=given, values=values, by=me())


def edit_nested(session: Session, customer: Customer, ref: PersonRef) -> None:
    """Change of a customer what was said beside who is meant; null is nothing said."""
    beside = {name: value for name, value in ref.sent() if value is not None and name != "id"}
    if ref.id is None:
        beside.pop("email", None)
    if any(name == "channels" or value != getattr(customer, name) for name, value in beside.items()):
        session.refresh(customer, with_for_update=True)
        edit(customer, beside)


def _with_half(name: str, part: str, said: str) -> str:
    words = name.split()
    if part == "firstname":
        return name if said and f"{name} ".startswith(f"{said} ") else " ".join(filter(None, (said, *words[1:])))
    return name if said and f" {name}".endswith(f" {said}") else " ".join(filter(None, (*(words[:-1] or words), said)))


def _is_nobody(ref: UserRef | TeamRef) -> bool:
    """Whether it says that there is no number, and nothing else of anybody."""
    return ref.was_sent("id") and all(value is None for _, value in ref.sent())


def _same_name(name: str | None, who: User | Team, field: str, failed: str) -> None:
    if name is not None and name != who.name:
        raise Problem(400, failed, {f"{field}.name": [f"Number {who.id} has another name, which stays as it is."]})


def _address(given: ChannelGiven) -> channels.Address:
    return channels.Address(given.type, given.address, given.preferred)
