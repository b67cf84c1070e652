"""The verbs of API keys: made, shown once, looked up by digest, revoked."""

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import now
from audit.actors import Actor
from audit.clock import wall_now
from audit.ledger import record
from helpdesk.events import API_KEY_CREATED, API_KEY_REVOKED
from helpdesk.mail.charsets import clean_line
from helpdesk.models import ApiKey, Role, User
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of

LONGEST_NAME: Final = 120


def create(user: User, *, name: str, by: Actor) -> tuple[ApiKey, str]:
    """Make a key that acts as this user; the second value is the key itself, which is stored nowhere."""
    if not user.active:
        raise Refused(f"{user.name} is switched off, so nothing can act as them.")
    if user.role == Role.OWNER.value and by.user_id not in (None, user.id):
        raise Refused("Only the owner makes keys that act as the owner.")
    session, key = session_of(user), secrets.token_hex(32)
    row = ApiKey(
        account_id=user.account_id,
        user_id=user.id,
        name=clean_line(name, LONGEST_NAME),
        prefix=key[:8],
        key_hash=digest(key),
        created_datetime=now(session),
    )
    session.add(row)
    record(API_KEY_CREATED, row, by=by)
    return row, key


#: How long an application's key opens something, by the clock on the wall; then it is renewed.
GRANT_LASTS: Final = timedelta(days=1)


def grant(
    user: User, *, name: str, client_id: str, scopes: str, lasting: bool, by: Actor
) -> tuple[ApiKey, str, str | None]:
    """Let an application act as this user; with what it gets are the key, and what renews it if it is to last."""
    session, key, refresh = session_of(user), secrets.token_hex(32), secrets.token_hex(32) if lasting else None
    row = ApiKey(
        account_id=user.account_id,
        user_id=user.id,
        name=clean_line(name, LONGEST_NAME),
        kind="oauth",
        prefix=key[:8],
        key_hash=digest(key),
        refresh_hash=digest(refresh) if refresh else None,
        scopes=scopes,
        client_id=client_id,
        created_datetime=now(session),
        expires_datetime=wall_now() + GRANT_LASTS,
    )
    session.add(row)
    record(API_KEY_CREATED, row, by=by)
    return row, key, refresh


def revoke(key: ApiKey, *, by: Actor) -> None:
    """Let a key open nothing any more."""
    if key.revoked_datetime is not None:
        return
    key.revoked_datetime = now(session_of(key))
    record(API_KEY_REVOKED, key, by=by)


def find(session: Session, key: str) -> ApiKey | None:
    """The valid key with this value."""
    return session.scalar(select(ApiKey).where(ApiKey.key_hash == digest(key), ApiKey.revoked_datetime.is_(None)))


def digest(key: str) -> str:
    """What is stored in place of a key; it is long and random, so that a plain digest is enough."""
    return hashlib.sha256(key.encode()).hexdigest()
