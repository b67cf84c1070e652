"""Forgotten passwords: asking for a link by mail, and setting a new password under it."""

import time
from typing import Final

from flask import Blueprint, Response, make_response, render_template, request, url_for
from sqlalchemy.orm import Session

from audit.action import enter
from audit.clock import wall_now
from audit.db import db
from audit.ledger import sealed_since
from helpdesk import desk, people, resets
from helpdesk.forms.people import ChoosePasswordForm, ForgotForm
from helpdesk.models import User
from helpdesk.refusals import Refused
from helpdesk.web import answers, logins
from helpdesk.web.again import drawn_again
from helpdesk.web.auth import limiter
from helpdesk.web.htmx import go_to

#: Every answer takes this long: how quick it is must not tell whether the address is known.
SECONDS_TO_ANSWER: Final = 0.25

STALE: Final = "This page had been open for too long, so no mail was sent. Try again now."
TOO_OFTEN: Final = (
    "There were too many requests for this address, or from this network. No mail was sent; wait an hour."
)

blueprint = Blueprint("resets", __name__)


def _whose() -> str:
    return request.form.get("email", "").strip().lower()[:320]


def _where_from() -> str:
    return request.remote_addr or ""


@blueprint.get("/forgot")
@logins.public
def forgot() -> Response:
    """Ask for a link."""
    return _ask(ForgotForm(email=request.args.get("email")))


@blueprint.post("/forgot")
@logins.public
@drawn_again(lambda status, said: _ask(ForgotForm(request.form), status, said), stale=STALE, too_often=TOO_OFTEN)
@limiter.limit("5 per hour", key_func=_whose)
@limiter.limit("60 per hour", key_func=_where_from)
def forgot_now() -> Response:
    """Send a link to who is known; everybody is told the same, after the same time."""
    form, begun = ForgotForm(request.form), time.monotonic()
    if not form.validate():
        return _ask(form, 422)
    _send_to(db.session(), form.email.data or "")
    time.sleep(max(SECONDS_TO_ANSWER - (time.monotonic() - begun), 0))
    return go_to(url_for("resets.sent"))


@blueprint.get("/forgot/sent")
@logins.public
def sent() -> Response:
    """What to do now, whoever it was."""
    return make_response(render_template("auth/sent.html"))


@blueprint.get("/reset/<token>")
@logins.public
def show(token: str) -> Response:
    """Where a new password is set; looking at it changes nothing."""
    user, problem = _look(db.session(), token)
    return _closed(problem) if user is None else _page(user, token, ChoosePasswordForm())


@blueprint.post("/reset/<token>")
@logins.public
def finish(token: str) -> Response:
    """Set the new password; all sessions end, this browser's too, and the link opens nothing more."""
    session, form = db.session(), ChoosePasswordForm(request.form)
    user, problem = _look(session, token)
    if user is None:
        return _closed(problem)
    if not form.validate():
        return _page(user, token, form, 422)
    user_id, account_id = user.id, user.account_id
    try:
        with desk.acting(session, account_id, source="web", remote_addr=request.remote_addr):
            sealed_since(session)
            held: User | None = session.get(User, user_id, with_for_update=True)
            if held is None:
                raise Refused(resets.UNKNOWN)
            resets.finish(held, token, form.password.data or "")
    except Refused as refusal:
        return _closed(str(refusal))
    answers.tell("Your password is changed. Log in with the new one.")
    return go_to(url_for("auth.log_in"))


def _send_to(session: Session, email: str) -> None:
    enter(session, None)
    user = people.by_email(session, email)
    if user is None:
        return
    user_id, account_id = user.id, user.account_id
    with desk.acting(session, account_id, source="web", remote_addr=request.remote_addr):
        held: User | None = session.get(User, user_id, with_for_update=True)
        if held is not None:
            resets.ask(held)


def _look(session: Session, token: str) -> tuple[User | None, str]:
    """Whose link it is if it still opens something, else why not."""
    enter(session, None)
    user = resets.find(session, token)
    problem = resets.refusal(user, wall_now())
    return (None, problem) if problem else (user, "")


def _ask(form: ForgotForm, status: int = 200, problem: str | None = None) -> Response:
    return make_response(render_template("auth/forgot.html", form=form, problem=problem), status)


def _page(user: User, token: str, form: ChoosePasswordForm, status: int = 200) -> Response:
    address = url_for("resets.finish", token=token)
    return make_response(render_template("auth/reset.html", form=form, user=user, address=address), status)


def _closed(problem: str) -> Response:
    status = 404 if problem == resets.UNKNOWN else 410
    page = render_template("auth/closed.html", heading="This link is closed", said=problem, is_reset=True)
    return make_response(page, status)
