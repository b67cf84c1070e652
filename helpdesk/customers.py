"""The verbs of customers: met, edited, recognised by their address."""

from typing import Any, Final

from sqlalchemy import select

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk.events import CUSTOMER_CREATED, CUSTOMER_UPDATED
from helpdesk.mail.addresses import valid_address
from helpdesk.models import Account, Customer, CustomerChannel
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of

LONGEST_EMAIL: Final = 320  # RFC 3696, erratum 1690 aside, as the API contract has it

#: What `update` may change by name.
EDITABLE: Final = frozenset(
    {"email", "name", "firstname", "lastname", "external_id", "language", "timezone", "note", "meta"}
)


def create(account: Account, *, name: str | None, email: str | None, by: Actor, **profile: Any) -> Customer:
    """Add a customer; an address belongs to one customer of the account."""
    customer = _add(account, name, email, profile)
    record(CUSTOMER_CREATED, customer, by=by)
    return customer


def meet(account: Account, *, name: str | None, email: str | None, **profile: Any) -> Customer:
    """Add a customer who wrote in and was not known yet; it is their own act."""
    customer = _add(account, name, email, profile)
    session_of(account).flush()  # whoever acts has a number
    record(CUSTOMER_CREATED, customer, by=Actor("customer", customer.id, customer.display_name))
    return customer


def _add(account: Account, name: str | None, email: str | None, profile: dict[str, Any]) -> Customer:
    session, at, address = session_of(account), now(session_of(account)), _tidy_email(email)
    if address and find(account, address) is not None:
        raise Refused(f"There is a customer with the address {address} already.")
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
    session, address = session_of(account), email.lower()
    found = session.scalar(select(Customer).where(Customer.account_id == account.id, Customer.email_key == address))
    if found is not None:
        return found
    return session.scalar(
        select(Customer)
        .join(CustomerChannel)
        .where(
            CustomerChannel.account_id == account.id,
            CustomerChannel.type == "email",
            CustomerChannel.address == address,
            CustomerChannel.deleted_datetime.is_(None),
        )
        .limit(1)
    )


def update(customer: Customer, changes: dict[str, Any], *, by: Actor) -> None:
    """Edit a profile; only what really differs is changed."""
    unknown = changes.keys() - EDITABLE
    if unknown:
        raise Refused(f"A customer has no {', '.join(sorted(unknown))} to edit.")
    tidy = dict(changes)
    if "email" in tidy:
        tidy["email"] = _tidy_email(tidy["email"])
    if "name" in tidy:
        tidy["name"] = _tidy_name(tidy["name"])
    different = {name: value for name, value in tidy.items() if getattr(customer, name) != value}
    if not different:
        return
    if "email" in different:
        _move_address(customer, different["email"])
    for name, value in different.items():
        setattr(customer, name, value)
    if "name" in different:
        _split_name(customer)
    customer.updated_datetime = now(session_of(customer))
    record(CUSTOMER_UPDATED, customer, by=by)


def _move_address(customer: Customer, address: str | None) -> None:
    session, at = session_of(customer), now(session_of(customer))
    account = session.get_one(Account, customer.account_id)
    if address:
        holder = find(account, address)
        if holder is not None and holder is not customer:
            raise Refused(f"{address} belongs to another customer, {holder.display_name}. Merge the two instead.")
    for channel in customer.channels:
        if channel.type == "email":
            channel.preferred = channel.address == address
    if address and all(channel.address != address for channel in customer.channels):
        customer.channels.append(
            CustomerChannel(
                account_id=customer.account_id, type="email", address=address, preferred=True, created_datetime=at
            )
        )


def _split_name(customer: Customer) -> None:
    words = (customer.name or "").split()
    customer.firstname = words[0] if words else ""
    customer.lastname = words[-1] if len(words) > 1 else ""


def _tidy_name(name: str | None) -> str | None:
    return " ".join((name or "").split())[:500] or None


def _tidy_email(email: str | None) -> str | None:
    given = (email or "").strip()
    if not given:
        return None
    address = valid_address(given)
    if address is None or len(address) > LONGEST_EMAIL or any(c.isspace() for c in address):
        raise Refused(f"{given[:80]} is no e-mail address.")
    return address
