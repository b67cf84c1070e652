"""The page of API keys: made and shown once, seen by whom and when they were last used, revoked."""

from typing import Any, Final

from flask import Blueprint, Response, g, make_response, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.engine import Row

from audit.clock import wall_now
from audit.db import db
from helpdesk import keys, links, oauth
from helpdesk.forms.keys import ApplicationForm, KeyForm
from helpdesk.models import Account, ApiKey, Role, User
from helpdesk.refusals import Refused
from helpdesk.web import answers
from helpdesk.web.changing import acting, held_row, me, needs
from helpdesk.web.htmx import go_to
from helpdesk.web.sheets import sheet

blueprint = Blueprint("keys", __name__)

ONCE: Final = "This is the only time it is shown: the desk keeps a digest of it, from which nobody can get it back."


@blueprint.get("/settings/api-keys")
@needs("manage api keys")
def index() -> Response:
    """All keys of the account, those that open nothing any more at the end."""
    return make_response(
        render_template("keys/index.html", lines=_lines(), applications=_applications(), now=wall_now())
    )


@blueprint.get("/settings/api-keys/new")
@needs("manage api keys")
def new() -> Response:
    """What is asked of a new key."""
    return _new(KeyForm(data={"user_id": g.user.id}))


@blueprint.post("/settings/api-keys/new")
@needs("manage api keys")
def create() -> Response:
    """Make a key, and show it."""
    form = KeyForm(request.form)
    if not form.validate():
        return _new(form, status=422)
    try:
        with acting() as session:
            user = held_row(session, User, form.user_id.data or 0, "team member")
            row, key = keys.create(user, name=form.name.data or "", by=me())
            made: dict[str, Any] = {"name": row.name, "email": user.email, "acts_as": user.name}
    except Refused as refusal:
        return _new(form, f"{refusal} No key was made.", 409)
    response = make_response(render_template("keys/made.html", key=key, once=ONCE, base=links.to(""), **made))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/settings/api-keys/application")
@needs("manage api keys")
def new_application() -> Response:
    """What is asked of an application."""
    return _new_application(ApplicationForm())


@blueprint.post("/settings/api-keys/application")
@needs("manage api keys")
def register() -> Response:
    """Register an application, and show its secret."""
    form = ApplicationForm(request.form)
    if not form.validate():
        return _new_application(form, status=422)
    try:
        with acting() as session:
            account = session.get_one(Account, g.account.id)
            addresses = (form.redirects.data or "").splitlines()
            made, secret = oauth.register(account, form.name.data or "", addresses, by=me())
    except Refused as refusal:
        return _new_application(form, f"{refusal} Nothing was registered.", 409)
    template = "keys/application_made.html"
    return make_response(render_template(template, application=made, secret=secret, base=links.to("")))


@blueprint.get("/settings/api-keys/<number:key_id>/revoke")
@needs("manage api keys")
def confirm_revoke(key_id: int) -> Response:
    """Ask before a program is turned away."""
    return _ask(held_row(db.session(), ApiKey, key_id, "key"))


@blueprint.post("/settings/api-keys/<number:key_id>/revoke")
@needs("manage api keys")
def revoke(key_id: int) -> Response:
    """Let a key open nothing any more."""
    with acting() as session:
        keys.revoke(held_row(session, ApiKey, key_id, "key"), by=me())
    answers.tell("Key revoked")
    return go_to(url_for("keys.index"))


def _ask(key: ApiKey) -> Response:
    return sheet(
        "layout/_confirm.html",
        "Revoke this key",
        address=url_for("keys.revoke", key_id=key.id),
        question=f"Revoke the key {key.name}?",
        consequences=[
            "A program that uses it is turned away from now on.",
            "There is no undo; make another key instead.",
        ],
        problem=None,
        act="Revoke",
        back=url_for("keys.index"),
    )


def _new(form: KeyForm, problem: str | None = None, status: int = 200) -> Response:
    members = select(User.id, User.name, User.email).where(User.account_id == g.account.id, User.active)
    if g.user.role != Role.OWNER.value:
        members = members.where(User.role != Role.OWNER.value)
    choices = [
        (row.id, f"{row.name} ({row.email})") for row in db.session.execute(members.order_by(User.name, User.id))
    ]
    return make_response(render_template("keys/new.html", form=form, people=choices, problem=problem), status)


def _new_application(form: ApplicationForm, problem: str | None = None, status: int = 200) -> Response:
    return make_response(render_template("keys/application_new.html", form=form, problem=problem), status)


def _applications() -> list[oauth.Application]:
    return oauth.applications(db.session(), g.account.id)


def _lines() -> list[Row[Any]]:
    wanted = (
        select(
            ApiKey.id,
            ApiKey.name,
            ApiKey.kind,
            ApiKey.prefix,
            ApiKey.scopes,
            ApiKey.created_datetime,
            ApiKey.last_used_datetime,
            ApiKey.expires_datetime,
            ApiKey.revoked_datetime,
            User.id.label("user_id"),
            User.name.label("acts_as"),
        )
        .outerjoin(User, User.id == ApiKey.user_id)
        .where(ApiKey.account_id == g.account.id)
        .order_by(ApiKey.revoked_datetime.is_not(None), ApiKey.id.desc())
        .limit(500)
    )
    return list(db.session.execute(wanted))
