"""The verbs of accounts: opened with a welcome ticket, renamed, deactivated and reactivated."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk import customers, people, settings, tickets
from helpdesk.drafts import Draft
from helpdesk.events import (
    ACCOUNT_CREATED,
    ACCOUNT_DEACTIVATED,
    ACCOUNT_REACTIVATED,
    ACCOUNT_UPDATED,
    AUDIT_LOG_EXPORTED,
)
from helpdesk.mail.charsets import clean_line
from helpdesk.models import Account, Delivery, LoginSession, Role, Seat, User
from helpdesk.permissions import may
from helpdesk.refusals import Refused, Taken
from helpdesk.sessions import session_of

SIGN_UP: Final = Actor.system("sign-up")

#: Subdomains under which people would look for something else.
RESERVED: Final = frozenset({"admin", "api", "app", "help", "mail", "smtp", "static", "support", "welcome", "www"})
#: Throw-away accounts have subdomains that begin so: those in which events are fired, and those made for a test.
SANDBOX: Final = "sandbox-"
FOR_A_TEST: Final = "qa-"
FOR_A_LESSON: Final = "lesson-"
#: And so those of a classroom.
CLASSROOM: Final = "class-"
LONGEST_NAME: Final = 200

_DOMAIN: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])")

WELCOME_SUBJECT: Final = "Welcome to your new desk"
WELCOME_TEXT: Final = (
    "Hello,\n\nthis is the first ticket of your desk. Close it, snooze it, tag it, move it to the trash and back:"
    " everything you do appears at once in the trail beside it, and in the audit log under Settings.\n\nYour desk"
)


class DomainTaken(Taken):
    """Another desk has this subdomain."""


@dataclass(frozen=True)
class Place:
    """Where a trainee sits: whose classroom it is, its name, and their number in it."""

    trainer_id: int
    classroom: str
    number: int


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What a new account needs."""

    name: str
    domain: str
    mail_address: str
    owner_name: str
    owner_email: str
    password: str
    settings: tuple[tuple[str, dict[str, Any]], ...] = ()
    place: Place | None = None  #: in a classroom


def open_account(session: Session, opening: Opening, *, by: Actor) -> tuple[Account, User]:
    """Open an account with its owner and the welcome ticket; the log-in that follows is an action of its own."""
    address = opening.mail_address.lower()
    taken = select(Account.id).where(or_(Account.domain == opening.domain, Account.mail_address == address))
    if session.scalar(taken.limit(1)) is not None:
        raise DomainTaken(f"There is an account {opening.domain!r} already.")
    account = Account(
        name=_tidy(opening.name), domain=opening.domain, mail_address=address, created_datetime=now(session)
    )
    session.add(account)
    try:
        session.flush()
    except IntegrityError as error:  # somebody was faster
        raise DomainTaken(f"There is an account {opening.domain!r} already.") from error
    for type_, data in opening.settings:
        session.add(settings.new(account, type_, data))
    if opening.place is not None:
        session.add(Seat(account_id=account.id, **vars(opening.place)))
    _welcome(account, by=by)
    owner = people.create(
        account, email=opening.owner_email, name=opening.owner_name, role=Role.OWNER, password=opening.password, by=by
    )
    record(ACCOUNT_CREATED, account, by=by)
    return account, owner


def rename(account: Account, name: str, *, by: Actor) -> None:
    """Give the account another name."""
    tidy = _tidy(name)
    if account.name == tidy:
        return
    account.name = tidy
    record(ACCOUNT_UPDATED, account, by=by)


def deactivate(account: Account, *, by: Actor) -> None:
    """Switch the account off: everybody is logged out, its mail is refused, its timers rest; nothing is deleted."""
    session = session_of(account)
    if account.deactivated_datetime is not None:
        return
    _only_the_owner(session, "deactivates", by=by)
    account.deactivated_datetime = now(session)
    session.execute(delete(LoginSession).where(LoginSession.account_id == account.id))
    record(ACCOUNT_DEACTIVATED, account, by=by)


def reactivate(account: Account, *, by: Actor) -> None:
    """Switch the account on again; what fell due meanwhile happens now."""
    if account.archived_datetime is not None:
        raise Refused("This account was archived when it was reset; it can't be switched on again.")
    if account.deactivated_datetime is None:
        return
    _only_the_owner(session_of(account), "reactivates", by=by)
    account.deactivated_datetime = None
    record(ACCOUNT_REACTIVATED, account, by=by)


def export_log(account: Account, details: Mapping[str, Any], *, by: Actor) -> None:
    """Say that a copy of the account's log is taken; `details` are its format and filters."""
    record(AUDIT_LOG_EXPORTED, account, by=by, data=dict(details))


def archive(account: Account, *, by: Actor) -> None:
    """Put the account away for good: nobody gets in, nothing happens in it or leaves it any more; its log stays."""
    session = session_of(account)
    if account.archived_datetime is not None:
        return
    account.archived_datetime = now(session)
    session.execute(delete(LoginSession).where(LoginSession.account_id == account.id))
    session.execute(delete(Delivery).where(Delivery.account_id == account.id, Delivery.status == "queued"))
    record(ACCOUNT_UPDATED, account, by=by)


def checked_domain(given: str) -> str:
    """A subdomain that a new account can have, if nobody has it yet; raises Refused."""
    domain = given.strip().lower()
    if not _DOMAIN.fullmatch(domain) or "--" in domain:
        raise Refused("Take 2 to 63 letters from a to z, digits and single hyphens, such as clay-and-kettle.")
    if domain in RESERVED or domain.startswith((SANDBOX, FOR_A_TEST, FOR_A_LESSON, CLASSROOM)):
        raise Refused(f"{domain} is kept for the desk itself. Take another one.")
    return domain


def _only_the_owner(session: Session, verb: str, *, by: Actor) -> None:
    if by.kind == "user" and not may(session.get_one(User, by.id).role, "deactivate account"):
        raise Refused(f"Only its owner {verb} an account, so nothing was done.")


def _tidy(name: str) -> str:
    tidy = clean_line(name, LONGEST_NAME + 1)
    if not tidy:
        raise Refused("An account needs a name.")
    if len(tidy) > LONGEST_NAME:
        raise Refused(f"The name of an account has at most {LONGEST_NAME} characters.")
    return tidy


def _welcome(account: Account, *, by: Actor) -> None:
    guide = customers.create(account, name="Your desk", email=f"welcome@{account.domain}.example", by=by)
    draft = Draft(sender=guide, body_text=WELCOME_TEXT, subject=WELCOME_SUBJECT)
    tickets.create(account, tickets.Opening(customer=guide, subject=WELCOME_SUBJECT, messages=(draft,)), by=by)
