"""Who is let in: an e-mail address with an API key, or a bearer token, whose user's role allows the call."""

from datetime import timedelta
from typing import Any, Final, cast

from flask import g, request
from sqlalchemy import or_
from sqlalchemy.engine import Row

from audit.action import begin, enter
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
    g.api_key_id = key.id
    _note_use(key)
    g.api_level = limits.count(key)
    if g.api_level.is_over:
        raise Problem(429)
    if not g.user.may(cast(Action, call.needs)):
        raise Problem(403)
    if key.kind == "oauth" and not oauth.allows(key.scopes or "", call.scope):
        raise Problem(403, f"The application was not allowed {call.scope}. Nothing was done.")


def _key() -> ApiKey | None:
    try:
        given = request.authorization
    except ValueError:  # not even ASCII
        return None
    if given is None:
        return None
    still = or_(ApiKey.expires_datetime.is_(None), ApiKey.expires_datetime > wall_now())
    if given.type == "bearer" and given.token:
        return _found(given.token, still, ApiKey.kind == "oauth")
    if given.type == "basic" and given.username and given.password:
        found = _found(given.password, still, ApiKey.kind == "key")
        return found if found is not None and g.user.email.lower() == given.username.strip().lower() else None
    return None


def _found(key: str, *conditions: Any) -> ApiKey | None:
    digest, valid = ApiKey.key_hash == keys.digest(key), ApiKey.revoked_datetime.is_(None)
    question = logins.who_came_by(ApiKey).add_columns(ApiKey).where(digest, valid, *conditions)
    row: Row[Any] | None = logins.recognise(db.session(), question)
    return row[-1] if row is not None else None


def _note_use(key: ApiKey) -> None:
    at, session = wall_now(), db.session()
    if key.last_used_datetime is not None and at - key.last_used_datetime < NOTED_EVERY:
        return
    number = key.id
    begin(
        session, g.account.id, source="api"
    )  # it changes nothing that the log knows of, so that nothing is due before
    held = session.get(ApiKey, number, with_for_update=True)
    if held is not None:
        held.last_used_datetime = at
    session.commit()
    enter(session, g.account.id)
