"""The verbs of accounts: opened with a welcome ticket, renamed."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk import customers, people, settings, tickets
from helpdesk.drafts import Draft
from helpdesk.events import (
    ACCOUNT_CREATED,
    ACCOUNT_UPDATED,
)
from helpdesk.models import Account, Role, User
from helpdesk.refusals import Refused

WELCOME_SUBJECT: Final = "Welcome to your new desk"
WELCOME_TEXT: Final = (
    "Hello,\n\nthis is the first ticket of your desk. Close it, snooze it, tag it, move it to the trash and back:"
    " everything you do appears at once in the trail beside it, and in the audit log under Settings.\n\nYour desk"
)


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


def open_account(session: Session, opening: Opening, *, by: Actor) -> tuple[Account, User]:
    """Open an account with its owner and the welcome ticket; the log-in that follows is an action of its own."""
    if session.scalar(select(Account.id).where(Account.domain == opening.domain)) is not None:
        raise Refused(f"There is an account {opening.domain!r} already.")
    account = Account(
        name=opening.name,
        domain=opening.domain,
        mail_address=opening.mail_address.lower(),
        created_datetime=now(session),
    )
    session.add(account)
    session.flush()
    for type_, data in opening.settings:
        session.add(settings.new(account, type_, data))
    _welcome(account, by=by)
    owner = people.create(
        account, email=opening.owner_email, name=opening.owner_name, role=Role.OWNER, password=opening.password, by=by
    )
    record(ACCOUNT_CREATED, account, by=by)
    return account, owner


def rename(account: Account, name: str, *, by: Actor) -> None:
    """Give the account another name."""
    tidy = " ".join(name.split())
    if not tidy:
        raise Refused("An account needs a name.")
    if account.name == tidy:
        return
    account.name = tidy
    record(ACCOUNT_UPDATED, account, by=by)


def _welcome(account: Account, *, by: Actor) -> None:
    guide = customers.create(account, name="Your desk", email=f"welcome@{account.domain}.example", by=by)
    draft = Draft(sender=guide, body_text=WELCOME_TEXT, subject=WELCOME_SUBJECT)
    tickets.create(account, tickets.Opening(customer=guide, subject=WELCOME_SUBJECT, messages=(draft,)), by=by)
