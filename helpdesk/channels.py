"""The verbs of a customer's channels: the addresses under which they write, added, preferred, and removed."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import joinedload

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk.events import CUSTOMER_UPDATED
from helpdesk.mail.addresses import valid_address
from helpdesk.mail.charsets import clean_line
from helpdesk.models import Account, Customer, CustomerChannel
from helpdesk.refusals import Refused, Taken
from helpdesk.sessions import session_of

EMAIL: Final = "email"
PHONE: Final = "phone"

LONGEST_ADDRESS: Final = 320  # RFC 3696, erratum 1690 aside, as the API contract has it


class Address(NamedTuple):
    """An address that is given for a customer."""

    type: str
    address: str
    preferred: bool | None = None  #: whether it is used first among its kind; None: if it is the only one


_PHONE: Final = re.compile(r"\+?[0-9]{3,20}", re.ASCII)
_PHONE_SIGNS: Final = re.compile(r"[\s()./\u2010-\u2015-]+")
_TYPE: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}", re.ASCII)

# Asked for every mail and every order: written once, for making a statement takes longer than answering it.
_own: Final = select(Customer.id).where(
    Customer.account_id == bindparam("account"), Customer.email_key == bindparam("address")
)
_other: Final = (
    select(CustomerChannel.customer_id)
    .where(
        CustomerChannel.account_id == bindparam("account"),
        CustomerChannel.type == bindparam("type"),
        CustomerChannel.address == bindparam("address"),
        CustomerChannel.deleted_datetime.is_(None),
    )
    .limit(1)
)
# Each of them names the account itself, so that nothing need be added to them.
_with_all: Final = (
    select(Customer)
    .options(joinedload(Customer.channels))
    .where(Customer.account_id == bindparam("account"))
    .execution_options(account_checked=True)
)
_BY_MAIL: Final = _with_all.where(Customer.id == func.coalesce(_own.scalar_subquery(), _other.scalar_subquery()))
_BY_CHANNEL: Final = _with_all.where(Customer.id == _other.scalar_subquery())


def add(customer: Customer, type_: str, address: str, *, by: Actor) -> None:
    """Give a customer another address; one address belongs to one customer of the account."""
    if customer.stands_for_deleted:
        raise Refused("This customer stands for all who were deleted, so nobody writes from an address of theirs.")
    tidy = tidied(type_, address)
    if any(channel.type == type_ and channel.address == tidy for channel in live(customer)):
        return
    put(customer, type_, tidy)
    _finish(customer, by=by)


def prefer(channel: CustomerChannel, *, by: Actor) -> None:
    """Make an address the one that is used first among its kind; an e-mail address becomes the customer's own."""
    customer = channel.customer
    if channel.deleted_datetime is not None:
        raise Refused(f"{channel.address} was removed. Add it again first.")
    if channel.preferred and (channel.type != EMAIL or customer.email == channel.address):
        return
    _prefer(channel)
    _finish(customer, by=by)


def remove(channel: CustomerChannel, *, by: Actor) -> None:
    """Take an address from a customer; if it was the preferred one, the next of its kind takes its place."""
    if channel.deleted_datetime is not None:
        return
    customer = channel.customer
    channel.deleted_datetime = channel.updated_datetime = now(session_of(channel))
    was_preferred = channel.preferred or (channel.type == EMAIL and customer.email == channel.address)
    channel.preferred = False
    if was_preferred:
        rest = [other for other in live(customer) if other.type == channel.type]
        if rest:
            _prefer(rest[0])
        elif channel.type == EMAIL:
            customer.email = None
    _finish(customer, by=by)


def replace(customer: Customer, addresses: Iterable[Address]) -> bool:
    """Let these be the customer's addresses, and no others; whoever calls says what happened, if anything did."""
    wanted = {(type_, tidied(type_, address)): preferred for type_, address, preferred in addresses}
    before = (customer.email, [(each.type, each.address, each.preferred) for each in live(customer)])
    at = now(session_of(customer))
    for channel in live(customer):
        if (channel.type, channel.address) not in wanted:
            channel.deleted_datetime, channel.updated_datetime, channel.preferred = at, at, False
    for (type_, address), preferred in wanted.items():
        put(customer, type_, address, first=preferred)
    mails = [channel for channel in live(customer) if channel.type == EMAIL]
    if not mails:
        customer.email = None
    elif not any(channel.preferred for channel in mails):
        _prefer(mails[0])
    return before != (customer.email, [(each.type, each.address, each.preferred) for each in live(customer)])


def live(customer: Customer) -> list[CustomerChannel]:
    """The addresses that a customer has now."""
    return [channel for channel in customer.channels if channel.deleted_datetime is None]


def put(customer: Customer, type_: str, address: str, *, first: bool | None = None) -> CustomerChannel:
    """Let this tidy address be one of the customer's, used `first` among its kind or not (None: if it is the only
    one); of those for mail one always is. Whoever calls says what happened."""
    session = session_of(customer)
    someone = holder(session.get_one(Account, customer.account_id), type_, address)
    if someone is not None and someone is not customer:
        raise Taken(f"{address} belongs to another customer, {someone.display_name}. Merge the two instead.")
    channel = next((each for each in customer.channels if (each.type, each.address) == (type_, address)), None)
    if channel is None:
        at, account_id = now(session), customer.account_id
        channel = CustomerChannel(account_id=account_id, type=type_, address=address, created_datetime=at)
        channel.preferred = False
        customer.channels.append(channel)
    elif channel.deleted_datetime is not None:
        channel.deleted_datetime, channel.updated_datetime = None, now(session)
    is_alone = all(other is channel or other.type != type_ for other in live(customer))
    if first or (is_alone and (first is None or type_ == EMAIL)):
        _prefer(channel)
    elif first is False and channel.preferred and type_ != EMAIL:
        channel.preferred, channel.updated_datetime = False, now(session)
    return channel


def holder(account: Account, type_: str, address: str) -> Customer | None:
    """The customer of the account who has this tidy address, with all that they have."""
    asked = {"account": account.id, "type": type_, "address": address}
    return session_of(account).scalars(_BY_MAIL if type_ == EMAIL else _BY_CHANNEL, asked).unique().one_or_none()


def tidied(type_: str, address: str) -> str:
    """The address in the one form in which the desk compares it; raises Refused where it is none."""
    given = clean_line(address)
    if not _TYPE.fullmatch(type_):
        raise Refused(f"{type_[:40]!r} is no kind of address.")
    if not given:
        raise Refused("Write the address first.")
    if type_ == EMAIL:
        return _tidy_email(given)
    if type_ == PHONE:
        return _tidy_phone(given)
    if len(given) > LONGEST_ADDRESS:
        raise Refused(f"An address has at most {LONGEST_ADDRESS} characters; this one has {len(given)}.")
    return given


def _tidy_email(given: str) -> str:
    address = valid_address(given)
    if address is None or len(address) > LONGEST_ADDRESS or any(c.isspace() for c in address):
        raise Refused(f"{given[:80]} is no e-mail address.")
    return address


def _tidy_phone(given: str) -> str:
    number = _PHONE_SIGNS.sub("", given)
    if not _PHONE.fullmatch(number):
        raise Refused(f"{given[:80]} is no phone number. Write it like +353 1 234 5678.")
    return number


def _prefer(channel: CustomerChannel) -> None:
    customer, at = channel.customer, now(session_of(channel.customer))
    for other in customer.channels:
        if other.type == channel.type and other.preferred is not (other is channel):
            other.preferred = other is channel
            other.updated_datetime = at
    if channel.type == EMAIL:
        customer.email = channel.address


def _finish(customer: Customer, *, by: Actor) -> None:
    customer.updated_datetime = now(session_of(customer))
    record(CUSTOMER_UPDATED, customer, by=by)
