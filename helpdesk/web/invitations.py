"""Coming in with an invitation: a page under the link of a mail, on which a new team member chooses a password."""

from flask import Blueprint, Response, make_response, render_template, request, url_for
from sqlalchemy.orm import Session

from audit.action import enter
from audit.clock import desk_now
from audit.db import db
from audit.ledger import sealed_since
from helpdesk import desk, invitations, permissions
from helpdesk.forms.people import ChoosePasswordForm
from helpdesk.models import Account, User
from helpdesk.refusals import Refused
from helpdesk.web import auth, logins

blueprint = Blueprint("invitations", __name__)


@blueprint.get("/invitation/<token>")
@logins.public
def show(token: str) -> Response:
    """Who is invited to what; looking at it changes nothing, for mail programs look first."""
    session = db.session()
    user, problem = _look(session, token)
    return _closed(problem) if user is None else _page(session, user, token, ChoosePasswordForm())


@blueprint.post("/invitation/<token>")
@logins.public
def accept(token: str) -> Response:
    """Choose a password, and be inside."""
    session, form = db.session(), ChoosePasswordForm(request.form)
    user, problem = _look(session, token)
    if user is None:
        return _closed(problem)
    if not form.validate():
        return _page(session, user, token, form, 422)
    user_id, account_id = user.id, user.account_id
    try:
        with desk.acting(session, account_id, source="web", remote_addr=request.remote_addr):
            sealed_since(session)
            held: User | None = session.get(User, user_id, with_for_update=True)
            if held is None:
                raise Refused(invitations.UNKNOWN)
            invitations.accept(held, token, form.password.data or "")
            cookie, account = auth.let_in(session, held), session.get_one(Account, account_id).name
    except Refused as refusal:
        return _closed(str(refusal))
    return auth.come_in(cookie, url_for("tickets.index"), f"Welcome to {account}.")


def _look(session: Session, token: str) -> tuple[User | None, str]:
    """Whom the link is for if it still opens something, else why not."""
    enter(session, None)
    user = invitations.find(session, token)
    at = desk_now(session, user.account_id if user is not None else None)
    problem = invitations.refusal(user, at)
    return (None, problem) if problem else (user, "")


def _page(session: Session, user: User, token: str, form: ChoosePasswordForm, status: int = 200) -> Response:
    account = session.get_one(Account, user.account_id)
    return make_response(
        render_template(
            "auth/invitation.html",
            form=form,
            user=user,
            account=account,
            may=permissions.allowed(user.role),
            address=url_for("invitations.accept", token=token),
        ),
        status,
    )


def _closed(problem: str) -> Response:
    status = 404 if problem == invitations.UNKNOWN else 410 if problem == invitations.RUN_OUT else 409
    return make_response(render_template("auth/closed.html", heading="No way in here", said=problem), status)
