"""Invitations: a new team member is sent a link under which they choose their password and come in."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk import leaving, links, people, tokens
from helpdesk.events import USER_INVITED
from helpdesk.models import Account, Role, User
from helpdesk.outbox import Letter, queue_letter
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of

#: How long a link lives, by the desk's clock.
LASTS: Final = timedelta(days=7)

UNKNOWN: Final = (
    "This link opens nothing. It was used already, a newer one was sent instead, or a part of it is missing."
    " If you have set your password, log in; else ask whoever invited you to send another one."
)
RUN_OUT: Final = (
    "This invitation has run out: its link lives for 7 days. Nothing was changed."
    " Ask whoever invited you to send another one."
)
RESTING: Final = "This desk is switched off for now, so nobody can join it. Nothing was changed. Ask who invited you."

LETTER: Final = """Hello {name},

{inviter} has asked you to join the team of {account}, as {role}.

Choose your password, and you are in:
{link}

The link works once, for 7 days. If you don't know what this is about, leave it alone: without you nothing happens.
"""


def invite(account: Account, *, email: str, name: str, role: Role, by: Actor, **profile: Any) -> User:
    """Add a team member who can't log in yet, and send them a link."""
    if role is Role.OWNER:
        raise Refused("An account has one owner. Nobody was invited; choose another role.")
    user = people.create(account, email=email, name=name, role=role, by=by, **profile)
    send(user, by=by)
    return user


def send(user: User, *, by: Actor) -> None:
    """Send a link to somebody who has not come yet; a link that was sent before opens nothing from now on."""
    if user.password_hash is not None:
        raise Refused(f"{user.name} has joined already, so no invitation was sent.")
    if not user.active:
        raise Refused(f"{user.name} is switched off, so no invitation was sent. Switch them on first.")
    token, session = tokens.fresh(), session_of(user)
    user.invitation_digest = tokens.digest(token)
    user.invitation_expires = now(session) + LASTS
    record(USER_INVITED, user, by=by)
    account = session.get_one(Account, user.account_id)
    words = LETTER.format(
        name=user.name, inviter=by.name, account=account.name, role=user.role, link=links.to(f"/invitation/{token}")
    )
    queue_letter(
        account,
        Letter(
            purpose="invitation",
            to_name=user.name,
            to_address=user.email,
            subject=f"Join the team of {account.name}",
            body_text=words,
        ),
    )


def find(session: Session, token: str) -> User | None:
    """Whom this link is for, in whichever account the session sees; None if it opens nothing."""
    return session.scalar(select(User).where(User.invitation_digest == tokens.digest(token)))


def refusal(user: User | None, at: datetime) -> str | None:
    """Why the link of this user opens nothing at this desk time; None if it does."""
    if user is None or user.invitation_expires is None or not user.active:
        return UNKNOWN
    if not session_of(user).get_one(Account, user.account_id).is_active:
        return RESTING
    return RUN_OUT if user.invitation_expires <= at else None


def accept(user: User, token: str, password: str) -> None:
    """Come in with a link, by choosing a password; the link is used up."""
    if user.invitation_digest != tokens.digest(token):  # a second click, or a newer link meanwhile
        raise Refused(UNKNOWN)
    problem = UNKNOWN if leaving.is_leaving(user) else refusal(user, now(session_of(user)))
    if problem is not None:
        raise Refused(problem)
    people.change_password(user, password, by=Actor.user(user))
