"""The verbs of customers: met, edited, recognised by their address."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk import channels, fields, firsts, languages, leaving, ways
from helpdesk.channels import Address
from helpdesk.events import CUSTOMER_CREATED, CUSTOMER_UPDATED
from helpdesk.leaving import Going
from helpdesk.mail.charsets import clean_line, clean_text
from helpdesk.models import Account, Customer, CustomerChannel, CustomField, Job
from helpdesk.refusals import Refused, Taken, blaming
from helpdesk.sessions import session_of

LONGEST_NAME: Final = 500
LONGEST_NOTE: Final = 10_000
LONGEST_EXTERNAL_ID: Final = 255

#: What `update` may change by name.
EDITABLE: Final = frozenset(
    {"email", "name", "firstname", "lastname", "external_id", "language", "timezone", "note", "meta"}
)


def create(
    account: Account,
    *,
    name: str | None,
    email: str | None,
    others: Iterable[Address] = (),
    values: Iterable[tuple[CustomField, Any]] = (),
    by: Actor,
    **profile: Any,
) -> Customer:
    """Add a customer; an address belongs to one customer of the account.

    `others` are further addresses; `values` those of custom fields.
    """
    customer = _add(account, name, email, profile)
    with blaming("channels"):
        for type_, address, preferred in others:
            channels.put(customer, type_, channels.tidied(type_, address), first=preferred)
    with blaming("custom_fields"):
        for field, value in values:
            fields.put(customer, field, value)
    record(CUSTOMER_CREATED, customer, by=by)
    return customer


def meet(account: Account, *, name: str | None, email: str | None, **profile: Any) -> Customer:
    """Add a customer who wrote in and was not known yet; it is their own act."""
    customer = _add(account, name, email, profile)
    session_of(account).flush()  # whoever acts has a number
    record(CUSTOMER_CREATED, customer, by=Actor("customer", customer.id, customer.display_name))
    return customer


def _add(account: Account, name: str | None, email: str | None, profile: dict[str, Any]) -> Customer:
    session, at = session_of(account), now(session_of(account))
    profile, address = _tidied(profile), _tidied({"email": email})["email"]
    if address and awaited(account, address) is not None:
        raise Taken(f"There is a customer with the address {address} already.", "email")
    _refuse_taken(session, account.id, profile.get("external_id"))
    customer = Customer(
        account_id=account.id,
        email=address,
        name=_tidy_name(name),
        created_datetime=at,
        updated_datetime=at,
        **profile,
    )
    _split_name(customer)
    if address:
        customer.channels.append(
            CustomerChannel(account_id=account.id, type="email", address=address, preferred=True, created_datetime=at)
        )
    session.add(customer)
    return customer


def find(account: Account, email: str) -> Customer | None:
    """The customer who writes from this address, whatever its capitals."""
    return channels.holder(account, channels.EMAIL, email.lower())


def awaited(account: Account, email: str) -> Customer | None:
    """The same, for whoever makes a customer if there is none: nobody else makes one of this address meanwhile."""
    known, address = find(account, email), email.strip().lower()
    if known is None and firsts.wait(session_of(account), account.id, channels.EMAIL, [address]):
        return find(account, email)
    return known


def update(
    customer: Customer,
    changes: Mapping[str, Any],
    *,
    addresses: Sequence[Address] | None = None,
    values: Sequence[tuple[CustomField, Any]] | None = None,
    by: Actor,
) -> None:
    """Edit a profile, all in one save: only what really differs is changed. `addresses` and `values` of custom fields
    replace those that are there."""
    unknown = changes.keys() - EDITABLE
    if unknown:
        raise Refused(f"A customer has no {', '.join(sorted(unknown))} to edit.")
    tidy = _tidied(changes)
    different = {name: value for name, value in tidy.items() if getattr(customer, name) != value}
    if customer.stands_for_deleted and (addresses or values or different):
        raise Refused("This customer stands for all who were deleted, so there is nothing of theirs to edit.")
    with blaming("channels"):
        moved = addresses is not None and channels.replace(customer, addresses)
    _refuse_taken(session_of(customer), customer.account_id, different.get("external_id"), customer)
    if "email" in different:
        with blaming("email"):
            _move_address(customer, different["email"])
    for name, value in different.items():
        setattr(customer, name, value)
    if "name" in different:
        _split_name(customer)
    with blaming("custom_fields"):
        filled = values is not None and fields.replace(customer, values)
    if not (different or moved or filled):
        return
    customer.updated_datetime = now(session_of(customer))
    record(CUSTOMER_UPDATED, customer, by=by)


def set_data(customer: Customer, data: Any, version: datetime | None, *, by: Actor) -> None:
    """Keep what another system knows of them; what is older than what is kept is passed over."""
    kept = customer.data_version
    if version is not None and kept is not None and version < kept:
        return
    if customer.data == data and version == kept:
        return
    customer.data, customer.data_version = data, version
    customer.updated_datetime = now(session_of(customer))
    record(CUSTOMER_UPDATED, customer, by=by)


def delete(customer: Customer, *, by: Actor) -> Job | None:
    """Remove a profile; its tickets pass to the one that stands for all deleted customers. The job, if it is long."""
    if customer.stands_for_deleted:
        raise Refused("This customer stands for all who were deleted and keeps their tickets, so it can't be deleted.")
    return leaving.leave(ways.CUSTOMER, Going(customer), by=by)


def merge(source: Customer, into: Customer, *, values: Mapping[str, Any], by: Actor) -> Job | None:
    """Make two profiles one: tickets, addresses, fields and surveys pass to `into`, which takes the chosen `values`,
    and what it lacks. The job, if it is long."""
    if source.id == into.id:
        raise Refused("A customer can't be merged with themselves.")
    if source.stands_for_deleted or into.stands_for_deleted:
        raise Refused("The customer who stands for all who were deleted can't be merged with anybody.")
    unknown = values.keys() - EDITABLE
    if unknown:
        raise Refused(f"A customer has no {', '.join(sorted(unknown))} to choose.")
    chosen = _tidied(values)
    if not chosen.get("email"):
        chosen.pop("email", None)  # to have none is no choice: they would still write from where they write
    email, theirs = chosen.get("email"), [*channels.live(source), *channels.live(into)]
    if email and all((channel.type, channel.address) != (channels.EMAIL, email) for channel in theirs):
        raise Refused(f"{email} is the address of neither of the two. Choose one of theirs.", "email")
    _refuse_taken(session_of(into), into.account_id, chosen.get("external_id"), source, into)
    if "name" in chosen:
        chosen |= ways.halves(chosen["name"])
    return leaving.leave(ways.CUSTOMER_INTO_ANOTHER, Going(source, into, chosen), by=by)


def _refuse_taken(session: Session, account_id: int, external_id: str | None, *but: Customer) -> None:
    """Another system has one number for one customer."""
    if not external_id:
        return
    others = select(Customer.id).where(Customer.account_id == account_id, Customer.external_id == external_id)
    known = others.where(Customer.id.not_in([each.id for each in but])).limit(1)
    holder = session.scalar(known)
    if holder is None and firsts.wait(session, account_id, "customer's external id", [external_id]):
        holder = session.scalar(known)
    if holder is not None:
        raise Taken(f"Customer {holder} has the external id {external_id!r} already.", "external_id")


def _move_address(customer: Customer, address: str | None) -> None:
    if address:
        channels.put(customer, channels.EMAIL, address, first=True)
        return
    for channel in customer.channels:
        if channel.type == channels.EMAIL and channel.preferred:
            channel.preferred, channel.updated_datetime = False, now(session_of(customer))


def _split_name(customer: Customer) -> None:
    for part, half in ways.halves(customer.name).items():
        setattr(customer, part, half)


def _tidied(values: Mapping[str, Any]) -> dict[str, Any]:
    tidy = dict(values)
    for name in filter(_TIDY.__contains__, values):
        with blaming(name):
            tidy[name] = _TIDY[name](values[name])
    return tidy


def _tidy_name(name: str | None) -> str | None:
    return clean_line(name or "", LONGEST_NAME) or None


def _tidy_email(email: str | None) -> str | None:
    given = (email or "").strip()
    return channels.tidied(channels.EMAIL, given) if given else None


def _tidy_note(note: str | None) -> str | None:
    tidy = clean_text(note or "").strip()
    if len(tidy) > LONGEST_NOTE:
        raise Refused(f"A note has at most {LONGEST_NOTE:,} characters; this one has {len(tidy):,}.")
    return tidy or None


def _tidy_external_id(external_id: str | None) -> str | None:
    tidy = clean_line(external_id or "")
    if len(tidy) > LONGEST_EXTERNAL_ID:
        raise Refused(f"An external id has at most {LONGEST_EXTERNAL_ID} characters.")
    return tidy or None


def _tidy_timezone(timezone: str | None) -> str | None:
    tidy = clean_line(timezone or "")
    if tidy and tidy not in available_timezones():
        raise Refused(f"{tidy[:40]!r} is no time zone. Write it like Europe/Dublin.")
    return tidy or None


_TIDY: Final[dict[str, Callable[[Any], Any]]] = {
    "email": _tidy_email,
    "name": _tidy_name,
    "note": _tidy_note,
    "external_id": _tidy_external_id,
    "language": languages.known,
    "timezone": _tidy_timezone,
}
