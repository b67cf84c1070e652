"""The pages of OAuth 2: an application asks somebody, they allow or deny it, and it fetches its key."""

import base64
import binascii
from typing import Any, Final
from urllib.parse import unquote, urlencode, urlsplit

from flask import Blueprint, Response, abort, g, jsonify, make_response, redirect, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import enter, write_aside
from audit.db import db
from helpdesk import desk, keys, oauth
from helpdesk.models import ApiKey, OauthCode, User
from helpdesk.oauth import Application, Asked, Tokens, Unacceptable
from helpdesk.web import logins
from helpdesk.web.changing import needs
from helpdesk.web.security import POLICY, csrf

blueprint = Blueprint("oauth", __name__)

LONGEST_STATE: Final = 2000
_FIELDS: Final = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"
)  # fmt: skip


@blueprint.get("/oauth/authorize")
@needs("read")
def authorize() -> Response:
    """Ask who is logged in whether an application may act as them."""
    given = {name: request.args.get(name, "") for name in _FIELDS}
    application, address = _whither(given)
    try:
        asked = _asked(given, application, address)
    except Unacceptable as problem:
        return _back(address, given, error=problem.args[0], error_description=problem.args[1])
    words = [oauth.SCOPES[scope] for scope in asked.scopes]
    response = make_response(
        render_template(
            "oauth/ask.html", application=application, host=urlsplit(address).netloc, words=words, given=given
        )
    )
    # The browser follows the form to where the application is: this page alone may lead there.
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    response.headers["Content-Security-Policy"] = POLICY.replace("form-action 'self'", f"form-action 'self' {origin}")
    return response


@blueprint.post("/oauth/authorize")
@needs("read")
def decide() -> Response:
    """Send them back with a code, or with a no."""
    given = {name: request.form.get(name, "") for name in _FIELDS}
    application, address = _whither(given)
    try:
        asked = _asked(given, application, address)
    except Unacceptable as problem:
        return _back(address, given, error=problem.args[0], error_description=problem.args[1])
    if request.form.get("decision") != "allow":
        return _back(address, given, error="access_denied", error_description="It was not allowed.")
    session = db.session()
    write_aside(session, g.account.id)
    code = oauth.allow(session, session.get_one(User, g.user.id), asked)
    session.commit()
    return _back(address, given, code=code)


@blueprint.post("/oauth/token")
@logins.public
def token() -> Response:
    """Give an application its key: for a code, or for a key that can be renewed."""
    kind = request.form.get("grant_type", "")
    try:
        client_id, secret = _client()
        if kind == "authorization_code":
            made = _exchange(client_id, secret)
        elif kind == "refresh_token":
            made = _renew(client_id, secret)
        else:
            raise Unacceptable("unsupported_grant_type", "It is authorization_code or refresh_token.")
    except Unacceptable as problem:
        db.session.rollback()
        return _refused(*problem.args)
    response = jsonify(
        access_token=made.access, token_type="Bearer", expires_in=made.seconds, scope=made.scopes,
        **({"refresh_token": made.refresh} if made.refresh else {}),
    )  # fmt: skip
    response.headers["Cache-Control"] = "no-store"
    return response


csrf.exempt(token)


def _whither(given: dict[str, str]) -> tuple[Application, str]:
    """Who asks, and where people go back to; nobody is sent to an address that is not registered."""
    application = oauth.find(db.session(), g.account.id, given["client_id"])
    if application is None:
        abort(404, "No application of that id is registered here, so nothing was allowed. Ask who sent you here.")
    if given["redirect_uri"] not in application.redirects:
        abort(400, "The application wants you to be sent to an address that is not registered. Nothing was allowed.")
    return application, given["redirect_uri"]


def _asked(given: dict[str, str], application: Application, address: str) -> Asked:
    if given["response_type"] != "code":
        raise Unacceptable("unsupported_response_type", "It is code.")
    if len(given["state"]) > LONGEST_STATE:
        raise Unacceptable("invalid_request", f"A state has at most {LONGEST_STATE} characters.")
    return oauth.ask(application, address, given["scope"], given["code_challenge"], given["code_challenge_method"])


def _back(address: str, given: dict[str, str], **answer: str) -> Response:
    state = {"state": given["state"]} if given["state"] and len(given["state"]) <= LONGEST_STATE else {}
    join = "&" if urlsplit(address).query else "?"
    return make_response(redirect(f"{address}{join}{urlencode({**answer, **state})}", 303))


def _client() -> tuple[str, str | None]:
    """Who calls: in the form, or by HTTP Basic as RFC 6749 has it."""
    header = request.headers.get("Authorization", "")
    if header.lower().startswith("basic "):
        try:
            name, _, secret = base64.b64decode(header[6:], validate=True).decode().partition(":")
        except (ValueError, binascii.Error) as error:
            raise Unacceptable("invalid_client", "The credentials can't be read.") from error
        return unquote(name), unquote(secret)
    return request.form.get("client_id", ""), request.form.get("client_secret")


def _exchange(client_id: str, secret: str | None) -> Tokens:
    session = db.session()
    enter(session, None)
    digest = keys.digest(request.form.get("code", ""))
    account_id = session.scalar(select(OauthCode.account_id).where(OauthCode.code_hash == digest))
    if account_id is None:
        raise Unacceptable("invalid_grant", "There is no such code, or it was used before.")
    _check_client(session, account_id, client_id, secret)
    made: Any = None
    problem: Unacceptable | None = None
    with desk.acting(session, account_id, source="web", remote_addr=request.remote_addr):
        code, form = oauth.take(session, request.form.get("code", "")), request.form
        if code is None:
            problem = Unacceptable("invalid_grant", "There is no such code, or it was used before.")
        else:
            try:
                verifier = form.get("code_verifier", "")
                made = oauth.exchange(session, code, client_id, form.get("redirect_uri", ""), verifier)
            except Unacceptable as refusal:
                session.delete(code)  # there is one try
                problem = refusal
    if problem is not None:
        raise problem
    return made  # type: ignore[no-any-return]


def _renew(client_id: str, secret: str | None) -> Tokens:
    session = db.session()
    enter(session, None)
    digest = keys.digest(request.form.get("refresh_token", ""))
    valid = ApiKey.refresh_hash == digest, ApiKey.client_id == client_id, ApiKey.revoked_datetime.is_(None)
    found = session.execute(select(ApiKey.id, ApiKey.account_id).where(*valid)).first()
    if found is None:
        raise Unacceptable("invalid_grant", "This refresh_token opens nothing, or was used before.")
    number, account_id = found
    _check_client(session, account_id, client_id, secret)
    with desk.acting(session, account_id, source="web", remote_addr=request.remote_addr):
        key = session.get(ApiKey, number, with_for_update=True)
        if key is None or key.revoked_datetime is not None:
            raise Unacceptable("invalid_grant", "This refresh_token opens nothing, or was used before.")
        return oauth.renew(session, key)


def _check_client(session: Session, account_id: int, client_id: str, secret: str | None) -> None:
    enter(session, account_id)
    if not oauth.is_secret_of(oauth.find(session, account_id, client_id), secret):
        raise Unacceptable("invalid_client", "No application of that id and secret is registered.")
    session.rollback()


def _refused(word: str, sentence: str) -> Response:
    response = jsonify(error=word, error_description=sentence)
    response.status_code = 401 if word == "invalid_client" else 400
    response.headers["Cache-Control"] = "no-store"
    return response
