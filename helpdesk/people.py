"""The verbs of team members: created, logged in and out, given another role or password."""

from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit.action import current, now
from audit.actors import Actor
from audit.ledger import record
from helpdesk import passwords
from helpdesk.events import (
    USER_CREATED,
    USER_LOGGED_IN,
    USER_LOGGED_OUT,
    USER_LOGIN_FAILED,
    USER_PASSWORD_CHANGED,
    USER_UPDATED,
)
from helpdesk.models import Account, Role, User
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of

SHORTEST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 1024


def create(
    account: Account, *, email: str, name: str, role: Role, password: str | None = None, by: Actor, **profile: Any
) -> User:
    """Add a team member; addresses are unique in the installation, so that a log-in needs no account name."""
    session, at, address = session_of(account), now(session_of(account)), email.strip()
    if address.count("@") != 1 or len(address) > 320:
        raise Refused(f"{address[:80]} is no e-mail address.")
    if by_email(session, address) is not None:
        raise Refused(f"{address} already belongs to a team member.")
    user = User(
        account_id=account.id,
        email=address,
        name=" ".join(name.split()) or address,
        role=role.value,
        password_hash=passwords.hash_of(_acceptable(password)) if password is not None else None,
        created_datetime=at,
        updated_datetime=at,
        **profile,
    )
    session.add(user)
    try:
        session.flush()
    except IntegrityError as error:  # in an account that this session can't see
        raise Refused(f"{address} already belongs to a team member.") from error
    record(USER_CREATED, user, by=by)
    return user


def by_email(session: Session, email: str) -> User | None:
    """The team member with this address, in whichever account, whatever its capitals."""
    return session.scalar(select(User).where(User.email_key == email.strip().lower()))


def log_in(user: User) -> None:
    """A session begins; it is the user's own act."""
    where = current(session_of(user)).remote_addr
    record(USER_LOGGED_IN, user, by=Actor.user(user), data={"remote_addr": where, "login_type": ["password"]})


def log_out(user: User) -> None:
    """The session ends by hand."""
    record(USER_LOGGED_OUT, user, by=Actor.user(user))


def refuse_log_in(user: User) -> None:
    """Somebody tried this address with a wrong password; nobody knows who."""
    where = current(session_of(user)).remote_addr
    record(USER_LOGIN_FAILED, user, by=Actor.system("log-in"), data={"remote_addr": where})


def update(
    user: User, *, name: str | None = None, email: str | None = None, role: Role | None = None, by: Actor
) -> None:
    """Change name, address or role; the owner stays owner."""
    different: dict[str, Any] = {}
    if name is not None and " ".join(name.split()) != user.name:
        different["name"] = " ".join(name.split())
    if email is not None and email.strip() != user.email:
        holder = by_email(session_of(user), email)
        if holder is not None and holder is not user:
            raise Refused(f"{email} already belongs to a team member.")
        different["email"] = email.strip()
    if role is not None and role.value != user.role:
        if Role.OWNER.value in (user.role, role.value):
            raise Refused("The owner of an account stays its owner.")
        different["role"] = role.value
    if not different:
        return
    for key, value in different.items():
        setattr(user, key, value)
    user.updated_datetime = now(session_of(user))
    record(USER_UPDATED, user, by=by)


def change_password(user: User, password: str, *, by: Actor) -> None:
    """Set a new password."""
    user.password_hash = passwords.hash_of(_acceptable(password))
    user.reset_digest = user.reset_expires = None
    record(USER_PASSWORD_CHANGED, user, by=by)


def _acceptable(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise Refused(f"A password has at least {SHORTEST_PASSWORD} characters.")
    if len(password) > LONGEST_PASSWORD:
        raise Refused(f"A password has at most {LONGEST_PASSWORD} characters.")
    return password
