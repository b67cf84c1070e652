"""Logging in and out, and the way back into an account that is switched off."""

from datetime import timedelta
from typing import Any, Final

from flask import Blueprint, Flask, Response, g, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask_limiter import Limiter
from sqlalchemy.orm import Session

from audit.action import enter
from audit.actors import Actor
from audit.clock import wall_now
from audit.db import db
from audit.ledger import sealed_since
from helpdesk import accounts, desk, leaving, passwords, people, permissions
from helpdesk.forms.auth import LogInForm
from helpdesk.models import Account, LoginSession, User
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of
from helpdesk.web import answers, logins
from helpdesk.web.again import drawn_again
from helpdesk.web.htmx import go_to
from helpdesk.web.security import local_path

WRONG: Final = "This e-mail address and password don't belong together. Nobody was logged in; check both and try again."
TOO_OFTEN: Final = "Too many tries with this address. Nobody was logged in; wait a minute, then try again."
STALE: Final = "This page had been open for too long, so nobody was logged in. Try again now."
TOO_LATE: Final = "It is too long since you entered your password, so nothing was done. Log in again."
#: Where the cookie keeps who may switch an account on.
WAITING: Final = "may_reactivate"
TIME_TO_DECIDE: Final = timedelta(minutes=10)

blueprint = Blueprint("auth", __name__)


def _who_tries() -> str:
    return f"{request.remote_addr} {request.form.get('email', '').strip().lower()[:320]}"


limiter = Limiter(key_func=_who_tries, storage_uri="memory://")


def install(app: Flask) -> None:
    """Count log-ins that fail."""
    limiter.init_app(app)


@blueprint.get("/login")
@logins.public
def log_in() -> Response:
    """The way in."""
    if g.user is not None:
        return make_response(redirect(_wanted(), 303))
    return door(LogInForm())


@blueprint.post("/login")
@logins.public
@drawn_again(lambda status, said: door(LogInForm(request.form), status, said), stale=STALE, too_often=TOO_OFTEN)
@limiter.limit("10 per minute", deduct_when=lambda response: response.status_code == 422)
def log_in_now() -> Response:
    """Let in who knows the password; who doesn't is told the same whether the address exists or not."""
    form, session = LogInForm(request.form), db.session()
    if not form.validate():
        return door(form, 422)
    enter(session, None)
    user = people.by_email(session, form.email.data or "")
    stored = user.password_hash if user is not None else None
    right = passwords.matches(stored, form.password.data or "")
    if user is None:
        return door(form, 422, WRONG)
    account = session.get_one(Account, user.account_id)
    if right and user.active and may_reactivate(user, account):
        return switched_off(user, account)
    user_id, token = user.id, None
    with desk.acting(session, account.id, source="web", remote_addr=request.remote_addr):
        held: User | None = session.get(User, user_id, with_for_update=True)
        if held is None:  # deleted at this moment
            return door(form, 422, WRONG)
        if right and held.password_hash == stored and _is_welcome(held):
            token = let_in(session, held)
        else:
            people.refuse_log_in(held)
    return come_in(token, _wanted()) if token is not None else door(form, 422, WRONG)


@blueprint.post("/reactivate")
@logins.public
def reactivate() -> Response:
    """Switch an account on again, for its owner, who has just shown that they know the password, and let them in."""
    waiting: dict[str, Any] = cookie.pop(WAITING, None) or {}
    if waiting.get("until", 0) < wall_now().timestamp():
        answers.toast(TOO_LATE, [])
        return go_to(url_for("auth.log_in"))
    session = db.session()
    with desk.acting(session, waiting["account"], source="web", remote_addr=request.remote_addr):
        sealed_since(session)
        account = session.get_one(Account, waiting["account"], with_for_update=True)
        user = session.get(User, waiting["user"], with_for_update=True)
        if user is None or not user.active:
            raise Refused(TOO_LATE)
        accounts.reactivate(account, by=Actor.user(user))
        token, said = let_in(session, user), f"{account.name} is switched on again."
    return come_in(token, url_for("tickets.index"), said)


def let_in(session: Session, user: User) -> str:
    """Log somebody in within the action that is going on; answers the token of their new session."""
    people.log_in(user)
    logins.close_session(session)
    _forget_ended(session, user)
    return logins.open_session(session, user)


def come_in(token: str, address: str, said: str | None = None) -> Response:
    """Lead somebody inside who was let in, and tell them what was done."""
    cookie.clear()  # a new CSRF token for the new session
    if said is not None:
        answers.tell(said)
    return logins.keep(go_to(address), token)


def may_reactivate(user: User, account: Account) -> bool:
    """Whether the account is switched off, and this is who can switch it on."""
    return (
        account.deactivated_datetime is not None
        and account.archived_datetime is None
        and permissions.may(user.role, "deactivate account")
    )


def switched_off(user: User, account: Account) -> Response:
    """What the owner of a deactivated account sees in place of the inbox; for ten minutes they may switch it on."""
    cookie[WAITING] = {
        "user": user.id,
        "account": account.id,
        "until": (wall_now() + TIME_TO_DECIDE).timestamp(),
    }
    return make_response(render_template("auth/deactivated.html", owner=user, account=account), 403)


@blueprint.post("/logout")
def log_out() -> Response:
    """End the session of this browser."""
    session = db.session()
    with desk.acting(session, g.account.id, source="web", remote_addr=request.remote_addr):
        people.log_out(session.get_one(User, g.user.id))
        logins.close_session(session)
    cookie.clear()
    answers.toast("You are logged out.", [])
    response = go_to(url_for("auth.log_in"))
    response.delete_cookie(logins.COOKIE, httponly=True, samesite="Lax")
    return response


def door(form: LogInForm, status: int = 200, problem: str | None = None) -> Response:
    """The log-in page, with what was typed."""
    page = render_template("auth/log_in.html", form=form, problem=problem, next=local_path(request.values.get("next")))
    return make_response(page, status)


def _is_welcome(user: User) -> bool:
    is_active = session_of(user).get_one(Account, user.account_id).is_active
    return user.active and is_active and not leaving.is_leaving(user)


def _wanted() -> str:
    return local_path(request.values.get("next")) or url_for("tickets.index")


def _forget_ended(session: Session, user: User) -> None:
    ended = session.query(LoginSession).filter(
        LoginSession.user_id == user.id, LoginSession.expires_datetime <= wall_now()
    )
    for row in ended:
        session.delete(row)
