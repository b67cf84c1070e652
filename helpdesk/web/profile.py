"""One's own profile: name, address, what colleagues may know, and the password."""

from typing import Final

from flask import Blueprint, Response, g, make_response, render_template, request, url_for
from flask import session as cookie

from audit.db import db
from helpdesk import passwords, people
from helpdesk.forms.people import ChangePasswordForm, ProfileForm, time_zones
from helpdesk.languages import LANGUAGES
from helpdesk.models import User
from helpdesk.refusals import Refused
from helpdesk.web import answers, logins
from helpdesk.web.again import drawn_again
from helpdesk.web.auth import limiter
from helpdesk.web.changing import acting, held_row, me
from helpdesk.web.htmx import go_to

WRONG_PASSWORD: Final = "This is not your present password. Nothing was saved."
TOO_OFTEN: Final = "Too many tries with a wrong password. Nothing was saved; wait a minute, then try again."

blueprint = Blueprint("profile", __name__)

_guesses = limiter.shared_limit(
    "10 per minute",
    scope="present password",
    key_func=lambda: str(g.user.id) if g.user else "",
    deduct_when=lambda response: response.status_code == 422,
)


@blueprint.get("/profile")
def show() -> Response:
    """Everybody's own page."""
    return _page()


@blueprint.post("/profile")
@drawn_again(lambda status, said: _page(ProfileForm(request.form), problem=said, status=status), too_often=TOO_OFTEN)
@_guesses
def update() -> Response:
    """Save what was changed; another address needs the present password."""
    form = ProfileForm(request.form)
    if not form.validate():
        return _page(form, status=422)
    if (form.email.data or "").strip() != g.user.email and not _knows_password(form.present_password.data):
        form.present_password.errors = [
            WRONG_PASSWORD if form.present_password.data else "To change your address, enter your present password."
        ]
        return _page(form, status=422)
    told = {"timezone": form.timezone.data, "language": form.language.data, "bio": form.bio.data}
    try:
        with acting() as session:
            user = held_row(session, User, g.user.id, "team member")
            people.update(user, name=form.name.data, email=form.email.data, profile=told, by=me())
    except people.AddressTaken as refusal:
        form.email.errors = [f"{refusal} Nothing was saved."]
        return _page(form, status=409)
    except Refused as refusal:
        return _page(form, problem=str(refusal), status=409)
    answers.tell("Profile saved")
    return go_to(url_for("profile.show"))


@blueprint.post("/profile/password")
@drawn_again(lambda status, said: _page(problem=said, status=status), too_often=TOO_OFTEN)
@_guesses
def change_password() -> Response:
    """Set another password; all sessions end, this one, too."""
    form = ChangePasswordForm(request.form)
    if form.validate() and not _knows_password(form.old_password.data):
        form.old_password.errors = [WRONG_PASSWORD]
    if form.errors or form.old_password.errors:
        return _page(choosing=form, status=422)
    with acting() as session:
        user = held_row(session, User, g.user.id, "team member")
        people.change_password(user, form.password.data or "", by=me())
    events = answers.written()
    cookie.clear()
    answers.toast("Your password is changed, and you are logged out everywhere. Log in with the new one.", events)
    response = go_to(url_for("auth.log_in"))
    response.delete_cookie(logins.COOKIE, httponly=True, samesite="Lax")
    return response


def _knows_password(given: str | None) -> bool:
    stored = db.session().get_one(User, g.user.id).password_hash
    return passwords.matches(stored, given or "")


def _page(
    form: ProfileForm | None = None,
    choosing: ChangePasswordForm | None = None,
    problem: str | None = None,
    status: int = 200,
) -> Response:
    user = db.session().get_one(User, g.user.id)
    return make_response(
        render_template(
            "profile/show.html",
            user=user,
            form=form or ProfileForm(obj=user),
            choosing=choosing or ChangePasswordForm(),
            problem=problem,
            zones=time_zones(),
            languages=LANGUAGES,
        ),
        status,
    )
