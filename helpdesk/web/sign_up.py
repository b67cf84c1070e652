"""Signing up: somebody opens a desk of their own, and is inside."""

from typing import Final

from flask import Blueprint, Response, abort, current_app, g, make_response, redirect, render_template, request, url_for

from audit.action import begin
from audit.db import db
from audit.ledger import seal, sealed_since
from helpdesk import accounts, desk, people, settings
from helpdesk.config import Config
from helpdesk.forms.people import time_zones
from helpdesk.forms.sign_up import SignUpForm
from helpdesk.refusals import Refused
from helpdesk.web import auth, logins
from helpdesk.web.again import drawn_again
from helpdesk.web.auth import limiter

CLOSED: Final = "Nobody can open a new account here, so nothing was done. Ask whoever runs this desk for one."
STALE: Final = "This page had been open for too long, so no account was opened. Try again now."
TOO_OFTEN: Final = "There were too many tries from this network. No account was opened; wait a while, then try again."

blueprint = Blueprint("sign_up", __name__)


@blueprint.get("/signup")
@logins.public
def new() -> Response:
    """The form."""
    _refuse_where_it_is_off()
    if g.user is not None:
        return make_response(redirect(url_for("tickets.index"), 303))
    return _page(SignUpForm())


@blueprint.post("/signup")
@logins.public
@drawn_again(lambda status, said: _page(SignUpForm(request.form), status, said), stale=STALE, too_often=TOO_OFTEN)
@limiter.limit("20 per minute;100 per hour", key_func=lambda: request.remote_addr or "")
def create() -> Response:
    """Open the account with its owner and the welcome ticket, and log the owner in, all in one chain."""
    _refuse_where_it_is_off()
    form = SignUpForm(request.form)
    if not form.validate():
        return _page(form, 422)
    try:
        token = _open(form)
    except accounts.DomainTaken:
        form.domain.errors = ["Another desk has this subdomain. Take another one."]
    except people.AddressTaken:
        form.email.errors = ["This address belongs to a team member already. Log in, or take another one."]
    except Refused as refusal:
        return _page(form, 409, str(refusal))
    else:
        return auth.come_in(token, url_for("tickets.index"), f"{form.company.data} has a desk. Welcome!")
    return _page(form, 422)


def _open(form: SignUpForm) -> str:
    session = db.session()
    with desk.opening(session, source="web", remote_addr=request.remote_addr) as action:
        sealed_since(session)
        account, owner = accounts.open_account(session, _wanted(form), by=accounts.SIGN_UP)
        seal(session)
        begin(session, account.id, source="web", context=action.context, remote_addr=request.remote_addr)
        return auth.let_in(session, owner)


def _wanted(form: SignUpForm) -> accounts.Opening:
    config: Config = current_app.config["DESK"]
    domain = accounts.checked_domain(form.domain.data or "")
    hours = {**settings.DEFAULTS["business-hours"], "timezone": (form.timezone.data or "UTC").strip()}
    return accounts.Opening(
        name=form.company.data or "",
        domain=domain,
        mail_address=f"support@{domain}.{config.mail_domain}",
        owner_name=form.name.data or "",
        owner_email=form.email.data or "",
        password=form.password.data or "",
        settings=(("business-hours", hours),),
    )


def _page(form: SignUpForm, status: int = 200, problem: str | None = None) -> Response:
    config: Config = current_app.config["DESK"]
    page = render_template(
        "auth/sign_up.html", form=form, problem=problem, zones=time_zones(), mail_domain=config.mail_domain
    )
    return make_response(page, status)


def _refuse_where_it_is_off() -> None:
    config: Config = current_app.config["DESK"]
    if not config.sign_up:
        abort(403, CLOSED)
