"""The verbs of team members: created, logged in and out, given another role or password."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

from sqlalchemy import delete as sql_delete
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit.action import current, now
from audit.actors import Actor
from audit.ledger import record
from helpdesk import countries, languages, leaving, passwords, ways
from helpdesk.events import (
    USER_CREATED,
    USER_LOGGED_IN,
    USER_LOGGED_OUT,
    USER_LOGIN_FAILED,
    USER_PASSWORD_CHANGED,
    USER_UPDATED,
)
from helpdesk.leaving import Going
from helpdesk.mail.addresses import valid_address
from helpdesk.mail.charsets import clean_line
from helpdesk.models import Account, Job, LoginSession, Role, User
from helpdesk.refusals import Refused, Taken, blaming
from helpdesk.sessions import session_of

SHORTEST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 1024
LONGEST_NAME: Final = 200
LONGEST_BIO: Final = 500

#: What people tell of themselves, beside name and address.
PROFILE: Final = frozenset({"bio", "country", "language", "timezone"})
#: What other programs know of them.
FACTS: Final = frozenset({"external_id", "meta"})


class AddressTaken(Taken):
    """The address belongs to another team member."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} already belongs to a team member.", "email")


def create(
    account: Account, *, email: str, name: str, role: Role, password: str | None = None, by: Actor, **profile: Any
) -> User:
    """Add a team member; addresses are unique in the installation, so that a log-in needs no account name."""
    session, at, address = session_of(account), now(session_of(account)), _tidy_address(email)
    if by_email(session, address) is not None:
        raise AddressTaken(address)
    user = User(
        account_id=account.id,
        email=address,
        name=_tidy_name(name) or address,
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
        raise AddressTaken(address) from error
    record(USER_CREATED, user, by=by)
    return user


@cache
def time_zones() -> frozenset[str]:
    """The names of all time zones; reading them takes a while, and they stay as they are."""
    return frozenset(available_timezones())


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
    user: User,
    *,
    name: str | None = None,
    email: str | None = None,
    role: Role | None = None,
    profile: Mapping[str, str | None] | None = None,
    facts: Mapping[str, Any] | None = None,
    by: Actor,
) -> None:
    """Change name, address, role or profile; the owner stays owner, and nobody changes their own role."""
    different = _new_words(user, name, email) | _new_profile(user, profile or {})
    different |= {key: value for key, value in (facts or {}).items() if key in FACTS and value != getattr(user, key)}
    if role is not None and role.value != user.role:
        if Role.OWNER.value in (user.role, role.value):
            raise Refused("The owner of an account stays its owner.", "role")
        if by.user_id == user.id:
            raise Refused("Nobody changes their own role, so nothing was saved. Ask another admin.", "role")
        different["role"] = role.value
    if not different:
        return
    if user.role == Role.OWNER.value and by.user_id not in (None, user.id):
        said = "Only the owner changes their own name and address, so nothing was saved."
        raise Refused(said, next(iter(different)))
    if "email" in different and different["email"].lower() != user.email.lower():
        _forget_links(user)  # they lie in a mailbox that may be somebody else's
    for key, value in different.items():
        setattr(user, key, value)
    user.updated_datetime = now(session_of(user))
    _flush_address(user)
    record(USER_UPDATED, user, by=by)


def switch_off(user: User, *, by: Actor) -> None:
    """Let somebody in no more, without forgetting them: their name stays on their tickets."""
    if not user.active:
        return
    if user.role == Role.OWNER.value:
        raise Refused("The owner of an account can't be switched off.", "active")
    if by.user_id == user.id:
        raise Refused("Nobody switches themselves off, so nothing was done. Ask another admin.", "active")
    user.active = False
    user.deactivated_datetime = user.updated_datetime = now(session_of(user))
    _forget_links(user)
    end_sessions(user)
    record(USER_UPDATED, user, by=by)


def switch_on(user: User, *, by: Actor) -> None:
    """Let somebody in again who was switched off."""
    if user.active:
        return
    user.active, user.deactivated_datetime = True, None
    user.updated_datetime = now(session_of(user))
    record(USER_UPDATED, user, by=by)


def delete(user: User, *, by: Actor) -> Job | None:
    """Delete somebody for good: their tickets become unassigned, keys and sessions end. The job, if it is long."""
    if user.role == Role.OWNER.value:
        raise Refused("The owner of an account can't be deleted.")
    return leaving.leave(ways.USER, Going(user), by=by)


def change_password(user: User, password: str, *, by: Actor) -> None:
    """Set a new password: all sessions end, and links that were sent by mail open nothing any more."""
    user.password_hash = passwords.hash_of(_acceptable(password))
    _forget_links(user)
    user.updated_datetime = now(session_of(user))
    end_sessions(user)
    record(USER_PASSWORD_CHANGED, user, by=by)


def end_sessions(user: User) -> None:
    """Log the user out wherever they are logged in; a session that ends so writes nothing."""
    session_of(user).execute(sql_delete(LoginSession).where(LoginSession.user_id == user.id))


def _new_words(user: User, name: str | None, email: str | None) -> dict[str, Any]:
    different: dict[str, Any] = {}
    if name is not None and (tidy := _tidy_name(name)) != user.name:
        if not tidy:
            raise Refused("A team member needs a name, so nothing was saved.", "name")
        different["name"] = tidy
    if email is not None and email.strip() != user.email:
        address = _tidy_address(email)
        holder = by_email(session_of(user), address)
        if holder is not None and holder is not user:
            raise AddressTaken(address)
        different["email"] = address
    return different


def _new_profile(user: User, profile: Mapping[str, str | None]) -> dict[str, Any]:
    unknown = profile.keys() - PROFILE
    if unknown:
        raise Refused(f"A team member has no {', '.join(sorted(unknown))} to edit.")
    tidy = {key: (value or "").strip() or None for key, value in profile.items()}
    zone = tidy.get("timezone")
    if zone is not None and zone not in time_zones():
        raise Refused(f"{zone[:80]!r} is no time zone. Write it like Europe/Dublin.", "timezone")
    if len(tidy.get("bio") or "") > LONGEST_BIO:
        raise Refused(f"What you say about yourself has at most {LONGEST_BIO} characters.", "bio")
    for key, known in (("language", languages.known), ("country", countries.known)):
        with blaming(key):
            known(tidy.get(key))
    return {key: value for key, value in tidy.items() if value != getattr(user, key)}


def _flush_address(user: User) -> None:
    address = user.email  # what a failed flush leaves behind can't be asked any more
    try:
        session_of(user).flush()
    except IntegrityError as error:  # in an account that this session can't see
        raise AddressTaken(address) from error


def _forget_links(user: User) -> None:
    user.invitation_digest = user.invitation_expires = None
    user.reset_digest = user.reset_expires = None


def _tidy_name(name: str) -> str:
    tidy = clean_line(name, LONGEST_NAME + 1)
    if len(tidy) > LONGEST_NAME:
        raise Refused(f"A name has at most {LONGEST_NAME} characters, so nothing was saved.", "name")
    return tidy


def _tidy_address(email: str) -> str:
    address = email.strip().removeprefix("mailto:")
    if valid_address(address) is None or any(character.isspace() for character in address):
        raise Refused(f"{address[:80]} is no e-mail address.", "email")
    return address


def _acceptable(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise Refused(f"A password has at least {SHORTEST_PASSWORD} characters.", "new_password")
    if len(password) > LONGEST_PASSWORD:
        raise Refused(f"A password has at most {LONGEST_PASSWORD} characters.", "new_password")
    return password
