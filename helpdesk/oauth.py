"""OAuth 2: applications that are registered, and what somebody allows them: a code first, then a key of their own."""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from audit.actors import Actor
from audit.clock import wall_now
from helpdesk import keys, settings
from helpdesk.mail.charsets import clean_line
from helpdesk.models import Account, AccountSetting, ApiKey, OauthCode, User
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of

SETTING: Final = "oauth-application"
#: How long a code waits to be exchanged; by the clock on the wall, as all that opens doors.
CODE_LASTS: Final = timedelta(minutes=5)
#: Who revokes what was opened by a code that comes a second time: it may have been stolen.
TWICE: Final = Actor.system("a code used twice")
MOST_ADDRESSES: Final = 20
LONGEST_NAME: Final = 120
LONGEST_ADDRESS: Final = 1000

#: What an application can be allowed: each resource to be read or written, and a few of their own.
RESOURCES: Final = (
    "account", "users", "customers", "tickets", "custom_fields", "events", "integrations", "jobs", "macros", "rules",
    "satisfaction_survey", "tags", "apps",
)  # fmt: skip
OFFLINE: Final = "offline"
EVERYTHING: Final = "write:all"
SCOPES: Final[dict[str, str]] = {
    "openid": "know who you are",
    "email": "know your e-mail address",
    "profile": "know your name",
    OFFLINE: "act as you also when you are not there, until you revoke it",
    **{f"{name}:read": f"read {name.replace('_', ' ')}" for name in RESOURCES},
    **{f"{name}:write": f"change {name.replace('_', ' ')}" for name in RESOURCES},
    "statistics:read": "read statistics",
    EVERYTHING: "read and change everything that you may",
}

_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)


@dataclass(frozen=True)
class Application:
    """A program of somebody else's that may ask to act as a team member."""

    name: str
    client_id: str
    redirects: tuple[str, ...]
    secret_digest: str | None


@dataclass(frozen=True)
class Asked:
    """What an application asks of somebody."""

    application: Application
    redirect: str
    scopes: tuple[str, ...]
    challenge: str


@dataclass(frozen=True)
class Tokens:
    """What an application gets, once."""

    access: str
    refresh: str | None
    scopes: str
    seconds: int


class Unacceptable(Exception):
    """It is not given; the first argument is the word of RFC 6749 for it, the second a sentence."""


def register(account: Account, name: str, redirects: Iterable[str], *, by: Actor) -> tuple[Application, str]:
    """Register an application; the second value is its secret, which is stored nowhere."""
    tidy = clean_line(name, LONGEST_NAME)
    addresses = list(dict.fromkeys(filter(None, (address.strip() for address in redirects))))
    if not tidy:
        raise Refused("An application needs a name.")
    if not 0 < len(addresses) <= MOST_ADDRESSES:
        raise Refused(f"Write down 1 to {MOST_ADDRESSES} addresses to which people are sent back.")
    for address in addresses:
        _check_redirect(address)
    secret = secrets.token_urlsafe(32)
    client_id = secrets.token_hex(16)
    data = {"client_id": client_id, "redirect_uris": addresses, "secret_digest": keys.digest(secret)}
    settings.create(account, SETTING, tidy, data, by=by)
    return Application(tidy, client_id, tuple(addresses), keys.digest(secret)), secret


def applications(session: Session, account_id: int) -> list[Application]:
    """Those of an account that are registered as they should be."""
    wanted = select(AccountSetting).where(AccountSetting.account_id == account_id, AccountSetting.type == SETTING)
    found = []
    for row in session.scalars(wanted.order_by(AccountSetting.id)):
        client_id, redirects = row.data.get("client_id"), row.data.get("redirect_uris")
        if isinstance(client_id, str) and isinstance(redirects, list):
            digest = row.data.get("secret_digest")
            found.append(Application(row.name, client_id, tuple(map(str, redirects)), str(digest) if digest else None))
    return found


def find(session: Session, account_id: int, client_id: str) -> Application | None:
    """The application of this id."""
    return next((each for each in applications(session, account_id) if each.client_id == client_id), None)


def ask(application: Application, redirect: str, scope: str, challenge: str, method: str) -> Asked:
    """What it asks, if it may be asked; raises Unacceptable."""
    scopes = tuple(dict.fromkeys(scope.split()))
    unknown = [name for name in scopes if name not in SCOPES]
    if not scopes or unknown:
        raise Unacceptable("invalid_scope", f"There is no scope {unknown[0][:60]!r}." if unknown else "Name a scope.")
    if method != "S256" or not _CHALLENGE.fullmatch(challenge):
        raise Unacceptable("invalid_request", "A code_challenge with code_challenge_method=S256 is needed (RFC 7636).")
    return Asked(application, redirect, scopes, challenge)


def allow(session: Session, user: User, asked: Asked) -> str:
    """The code for an application that somebody has allowed this; whoever calls commits it."""
    code = secrets.token_urlsafe(32)
    session.execute(delete(OauthCode).where(OauthCode.expires_datetime < wall_now()))
    session.add(
        OauthCode(
            account_id=user.account_id,
            user_id=user.id,
            code_hash=keys.digest(code),
            client_id=asked.application.client_id,
            redirect_uri=asked.redirect,
            challenge=asked.challenge,
            scopes=" ".join(asked.scopes),
            expires_datetime=wall_now() + CODE_LASTS,
        )
    )
    return code


def take(session: Session, code: str) -> OauthCode | None:
    """The code of this value, which opens something once: whoever brings it again shuts what it opened (RFC 6749)."""
    row = session.scalar(select(OauthCode).where(OauthCode.code_hash == keys.digest(code)).with_for_update())
    if row is None or row.api_key_id is None:
        return row
    opened = session.get(ApiKey, row.api_key_id)
    if opened is not None:
        keys.revoke(opened, by=TWICE)
    return None


def exchange(session: Session, code: OauthCode, client_id: str, redirect: str, verifier: str) -> Tokens:
    """What the code opens: a key that acts as who allowed it; raises Unacceptable."""
    is_theirs = (client_id, redirect) == (code.client_id, code.redirect_uri)
    fits = _VERIFIER.fullmatch(verifier) and secrets.compare_digest(_challenge_of(verifier), code.challenge)
    if code.expires_datetime < wall_now() or not is_theirs or not fits:
        raise Unacceptable("invalid_grant", "The code is too old, or was not meant for whoever brings it.")
    application = find(session, code.account_id, code.client_id)
    user = session.get(User, code.user_id)
    if application is None or user is None or not user.active:
        raise Unacceptable("invalid_grant", "The application or the team member is not there any more.")
    return _granted(user, application.name, code.client_id, code.scopes.split(), code)


def renew(session: Session, key: ApiKey) -> Tokens:
    """Another key in place of one; raises Unacceptable."""
    user = session.get(User, key.user_id)
    if user is None or not user.active:
        raise Unacceptable("invalid_grant", "The team member is not there any more.")
    keys.revoke(key, by=Actor.user(user))
    code = session.scalar(select(OauthCode).where(OauthCode.api_key_id == key.id))
    return _granted(user, key.name, key.client_id or "", (key.scopes or "").split(), code)


def allows(scopes: str, wanted: str) -> bool:
    """Whether what was allowed covers what a call needs; who may change something may not read all of it."""
    held = scopes.split()
    return wanted in held or EVERYTHING in held


def tells_who(scopes: str) -> bool:
    """Whether somebody let it know who they are: their own profile is no more than that."""
    return {"email", "profile"} <= set(scopes.split())


def is_secret_of(application: Application | None, secret: str | None) -> bool:
    """Whether whoever calls is the application; without a secret, only what they prove by PKCE counts."""
    if application is None:
        return False
    return secret is None or secrets.compare_digest(keys.digest(secret), application.secret_digest or "")


def _granted(user: User, name: str, client_id: str, scopes: Sequence[str], code: OauthCode | None) -> Tokens:
    row, access, refresh = keys.grant(
        user, name=name, client_id=client_id, scopes=" ".join(scopes), lasting=OFFLINE in scopes, by=Actor.user(user)
    )
    session_of(user).flush()
    if code is not None:
        code.api_key_id = row.id
    return Tokens(access, refresh, row.scopes or "", int(keys.GRANT_LASTS.total_seconds()))


def _challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).decode().rstrip("=")


def _check_redirect(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.fragment or len(address) > LONGEST_ADDRESS:
        raise Refused(f"{address[:80]!r} is no address to send people back to. Write it like https://app.example/done.")
    if not address.isascii() or not address.isprintable() or any(sign in address for sign in " \"'<>\\;,"):
        raise Refused(f"{address[:80]!r} holds signs that no address has; write them percent-encoded.")
