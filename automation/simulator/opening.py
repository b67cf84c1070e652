"""A desk that is made up for a simulation: opened from nothing at any moment, with an owner and nobody else yet."""

import secrets
import uuid
from datetime import datetime
from random import Random
from typing import Final

from sqlalchemy.orm import Session

from audit.action import begin
from audit.actors import Actor
from audit.clock import set_clock
from helpdesk import accounts

COMMAND_LINE: Final = Actor.system("command line")


def open_desk(session: Session, domain: str, at: datetime, seed: int) -> tuple[int, str]:
    """Open an account whose clock stands at this moment; answers its number, and the owner's password."""
    wanted, password = accounts.checked_domain(domain), secrets.token_urlsafe(9)
    planned = accounts.Opening(
        name=wanted.replace("-", " ").title(),
        domain=wanted,
        mail_address=f"support@{wanted}.example",
        owner_name="Olive Owner",
        owner_email=owner_of(wanted),
        password=password,
    )
    context = uuid.UUID(int=Random(f"{seed} opening").getrandbits(128), version=4)
    try:
        begin(session, None, source="cli", at=at, context=context)
        account, _owner = accounts.open_account(session, planned, by=COMMAND_LINE)
        set_clock(session, account.id, desk=at, rate=0)
        account_id = account.id
        session.commit()
    except BaseException:
        session.rollback()
        raise
    return account_id, password


def owner_of(domain: str) -> str:
    """Whom to log in as."""
    return f"owner@{domain}.example"
