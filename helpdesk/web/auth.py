"""Logging in and out."""

from typing import Final

from flask import Blueprint, Flask, Response, g, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask_limiter import Limiter
from sqlalchemy.orm import Session

from audit.action import enter
from audit.clock import wall_now
from audit.db import db
from helpdesk import desk, passwords, people
from helpdesk.forms.auth import LogInForm
from helpdesk.models import Account, LoginSession, User
from helpdesk.web import answers, logins
from helpdesk.web.htmx import go_to
from helpdesk.web.security import local_path

WRONG: Final = "This e-mail address and password don't belong together. Nobody was logged in; check both and try again."
TOO_OFTEN: Final = "Too many tries with this address. Nobody was logged in; wait a minute, then try again."
STALE: Final = "This page had been open for too long, so nobody was logged in. Try again now."

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
@limiter.limit("10 per minute", deduct_when=lambda response: response.status_code == 422)
def log_in_now() -> Response:
    """Let in who knows the password; who doesn't is told the same whether the address exists or not."""
    form, session = LogInForm(request.form), db.session()
    if not form.validate():
        return door(form, 422)
    enter(session, None)
    user = people.by_email(session, form.email.data or "")
    known = (user.id, user.account_id) if user is not None else None
    right = passwords.matches(user.password_hash if user is not None else None, form.password.data or "")
    if user is None or known is None:
        return door(form, 422, WRONG)
    welcome = right and user.active and session.get_one(Account, user.account_id).is_active
    with desk.acting(session, known[1], source="web", remote_addr=request.remote_addr):
        user = session.get_one(User, known[0])
        if not welcome:
            people.refuse_log_in(user)
        else:
            people.log_in(user)
            logins.close_session(session)
            _forget_ended(session, user)
            token = logins.open_session(session, user)
    if not welcome:
        return door(form, 422, WRONG)
    cookie.clear()  # a new CSRF token for the new session
    return logins.keep(go_to(_wanted()), token)


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


def _wanted() -> str:
    return local_path(request.values.get("next")) or url_for("tickets.index")


def _forget_ended(session: Session, user: User) -> None:
    ended = session.query(LoginSession).filter(
        LoginSession.user_id == user.id, LoginSession.expires_datetime <= wall_now()
    )
    for row in ended:
        session.delete(row)
