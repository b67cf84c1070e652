"""Who is let in: an e-mail address with an API key, or a bearer token, whose user's role allows the call."""

from datetime import timedelta
from functools import cache
from typing import Any, Final, cast

from flask import g, request
from sqlalchemy import Select, String, bindparam, or_
from sqlalchemy.engine import Row

from audit.action import begin, enter
from audit.base import Base, UtcDateTime
from audit.clock import wall_now
from audit.db import db
from audit.rest.calls import Call
from audit.rest.problems import Problem
from helpdesk import keys, oauth
from helpdesk.api import limits
from helpdesk.models import ApiKey
from helpdesk.permissions import Action
from helpdesk.web import logins

#: How old the noted last use of a key may grow before it is noted anew: a write for every call would be many.
NOTED_EVERY: Final = timedelta(minutes=1)


def let_in(call: Call) -> None:
    """Recognise who calls, count the call, and see whether their role allows it; raises Problem."""
    key = _key()
    if key is None:
        raise Problem(401)
    g.api_key_id = key.key_id
    _note_use(key)
    g.api_level = limits.count(key.key_id, is_application=key.kind == "oauth")
    if g.api_level.is_over:
        raise Problem(429)
    g.api_scopes = (key.scopes or "") if key.kind == "oauth" else None
    allow(call.needs, "" if _asks_who_they_are(call) else call.scope)


def allow(action: str, scope: str) -> None:
    """See whether the caller's role covers this, and what an application was allowed; raises Problem."""
    if not g.user.may(cast(Action, action)):
        raise Problem(403)
    if scope and g.api_scopes is not None and not oauth.allows(g.api_scopes, scope):
        raise Problem(403, f"The application was not allowed {scope}. Nothing was done.")


def _asks_who_they_are(call: Call) -> bool:
    """Whether an application only asks for the profile of whoever let it know who they are."""
    asked = (request.view_args or {}).get("user_id")
    is_own = call.endpoint == "users_show" and asked in (0, g.user.id)
    return is_own and g.api_scopes is not None and oauth.tells_who(g.api_scopes)


def _key() -> Row[Any] | None:
    try:
        given = request.authorization
    except ValueError:  # not even ASCII
        return None
    if given is None:
        return None
    if given.type == "bearer" and given.token:
        return _found(given.token, "oauth")
    if given.type == "basic" and given.username and given.password:
        found = _found(given.password, "key")
        return found if found is not None and g.user.email.lower() == given.username.strip().lower() else None
    return None


def _found(key: str, kind: str) -> Row[Any] | None:
    asked = {"key_hash": keys.digest(key), "way": kind, "present": wall_now()}
    return logins.recognise(db.session(), _who_has_a_key(), asked)


@cache
def _who_has_a_key() -> Select[Any]:
    """Put together once, for every call asks it."""
    key = Base.metadata.tables[ApiKey.__tablename__].c
    mine, way = bindparam("key_hash", type_=String), bindparam("way", type_=String)
    present = bindparam("present", type_=UtcDateTime)
    return (
        logins.who_came_by(ApiKey)
        .add_columns(key.id.label("key_id"), key.kind, key.scopes, key.last_used_datetime)
        .where(key.key_hash == mine, key.kind == way, key.revoked_datetime.is_(None))
        .where(or_(key.expires_datetime.is_(None), key.expires_datetime > present))
    )


def _note_use(key: Row[Any]) -> None:
    at, session = wall_now(), db.session()
    if key.last_used_datetime is not None and at - key.last_used_datetime < NOTED_EVERY:
        return
    begin(
        session, g.account.id, source="api"
    )  # it changes nothing that the log knows of, so that nothing is due before
    held = session.get(ApiKey, key.key_id, with_for_update=True)
    if held is not None:
        held.last_used_datetime = at
    session.commit()
    enter(session, g.account.id)
