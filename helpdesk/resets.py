"""Forgotten passwords: whoever can read a team member's mail is sent a link under which they set a new one."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.actors import Actor
from audit.clock import wall_now
from audit.ledger import record
from helpdesk import leaving, links, people, tokens
from helpdesk.events import USER_PASSWORD_RESET
from helpdesk.models import Account, User
from helpdesk.outbox import Letter, queue_letter
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of

#: How long a link lives, by the clock on the wall: no desk clock that is moved makes it die or live on.
LASTS: Final = timedelta(hours=1)

UNKNOWN: Final = (
    "This link opens nothing. It was used already, a newer one was sent instead, or a part of it is missing."
    " Your password is as it was; ask for another link if you need one."
)
RUN_OUT: Final = "This link has run out: it lives for one hour. Your password is as it was. Ask for another link."

LETTER: Final = """Hello {name},

somebody, most likely you, has asked for a new password for the desk of {account}.

Set one here:
{link}

The link works once, for one hour. If it was not you, leave it alone: your password stays as it is.
"""


def ask(user: User) -> bool:
    """Send a link for a new password, if this is somebody who may log in; answers whether it was sent.

    It is told as their own act, whoever typed the address.
    """
    session = session_of(user)
    account = session.get_one(Account, user.account_id)
    if user.password_hash is None or not user.active or not account.is_active or leaving.is_leaving(user):
        return False
    token = tokens.fresh()
    user.reset_digest = tokens.digest(token)
    user.reset_expires = wall_now() + LASTS
    record(USER_PASSWORD_RESET, user, by=Actor.user(user))
    queue_letter(
        account,
        Letter(
            purpose="password",
            to_name=user.name,
            to_address=user.email,
            subject=f"A new password for the desk of {account.name}",
            body_text=LETTER.format(name=user.name, account=account.name, link=links.to(f"/reset/{token}")),
        ),
    )
    return True


def find(session: Session, token: str) -> User | None:
    """Whose password this link sets, in whichever account the session sees; None if it opens nothing."""
    return session.scalar(select(User).where(User.reset_digest == tokens.digest(token)))


def refusal(user: User | None, at: datetime) -> str | None:
    """Why the link of this user opens nothing at this wall time; None if it does."""
    if user is None or user.reset_expires is None or not user.active:
        return UNKNOWN
    if not session_of(user).get_one(Account, user.account_id).is_active:
        return UNKNOWN
    return RUN_OUT if user.reset_expires <= at else None


def finish(user: User, token: str, password: str) -> None:
    """Set the new password; the link is used up, and all sessions end."""
    if user.reset_digest != tokens.digest(token):  # a second click, or a newer link meanwhile
        raise Refused(UNKNOWN)
    problem = UNKNOWN if leaving.is_leaving(user) else refusal(user, wall_now())
    if problem is not None:
        raise Refused(problem)
    people.change_password(user, password, by=Actor.user(user))
