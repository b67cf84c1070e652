"""The pages of team members: the list, invitations, what each may do, and how somebody leaves."""

import hashlib
import json
from typing import Final

from flask import Blueprint, Response, abort, g, make_response, render_template, request, url_for
from sqlalchemy.orm import Session

from audit.db import db
from helpdesk import invitations, people
from helpdesk.forms.people import GIVEN_ROLES, InviteForm, UserForm
from helpdesk.languages import LANGUAGES
from helpdesk.models import Account, Role, User
from helpdesk.refusals import Refused
from helpdesk.web import answers, user_list
from helpdesk.web.changing import acting, held_row, me, needs
from helpdesk.web.formats import zone
from helpdesk.web.htmx import go_to
from helpdesk.web.races import Stale
from helpdesk.web.shell import desk_clock
from helpdesk.web.trail import trail_of_object

OVERTAKEN: Final = (
    "Somebody changed {name} while you did, so nothing was saved. Look at what is here now, and save again."
)
SENT_ALREADY: Final = "{name} was invited again just now, so no further mail was sent."
ONLY_THE_OWNER: Final = "Only the owner changes their own name and address, so nothing was saved."
YOURSELF: Final = "This is you, so nothing was saved: your own name and address are in your profile."

blueprint = Blueprint("users", __name__)


@blueprint.get("/settings/users")
@needs("read")
def index() -> Response:
    """The team; `q` narrows it down."""
    wanted = request.args.get("q", "").strip()[:100]
    session = db.session()
    return make_response(
        render_template(
            "users/index.html",
            members=user_list.members(session, g.account.id, wanted),
            wanted=wanted,
            roles=user_list.roles(),
        )
    )


@blueprint.get("/settings/users/invite")
@needs("manage people")
def new() -> Response:
    """The form for somebody new."""
    return _invite(InviteForm())


@blueprint.post("/settings/users/invite")
@needs("manage people")
def invite() -> Response:
    """Add somebody and send them a link."""
    form = InviteForm(request.form)
    if not form.validate():
        return _invite(form, status=422)
    name, email, role = form.name.data or "", form.email.data or "", Role(form.role.data or "")
    try:
        with acting() as session:
            account = session.get_one(Account, g.account.id)
            invitations.invite(account, email=email, name=name, role=role, by=me())
    except people.AddressTaken as refusal:
        form.email.errors = [f"{refusal} Nobody was invited."]
        return _invite(form, status=409)
    except Refused as refusal:
        return _invite(form, str(refusal), 409)
    answers.tell(f"{email.strip()} is invited")
    return go_to(url_for("users.index"))


@blueprint.get("/settings/users/<number:user_id>")
@needs("read")
def show(user_id: int) -> Response:
    """A team member: a form for those who manage people, else what is known of them."""
    user = read_user(db.session(), user_id)
    return _show(user, UserForm(obj=user))


@blueprint.post("/settings/users/<number:user_id>")
@needs("manage people")
def update(user_id: int) -> Response:
    """Save name, address and role; another role holds at once, wherever they are logged in."""
    form = UserForm(request.form)
    user = read_user(db.session(), user_id)
    if not _can_be_edited(user):
        return _show(user, UserForm(obj=user), YOURSELF if user.id == g.user.id else ONLY_THE_OWNER, 409)
    if not form.validate():
        return _show(user, form, status=422)
    try:
        with acting() as session:
            held = held_row(session, User, user_id, "team member")
            if request.form.get("seen", _seen(held)) != _seen(held):
                raise Stale(OVERTAKEN.format(name=held.name))
            role = Role(form.role.data or "")
            people.update(held, name=form.name.data, email=form.email.data, role=role, by=me())
    except people.AddressTaken as refusal:
        form.email.errors = [f"{refusal} Nothing was saved."]
        return _show(read_user(db.session(), user_id), form, status=409)
    except (Refused, Stale) as refusal:
        return _show(read_user(db.session(), user_id), form, str(refusal), 409)
    answers.tell("Team member saved")
    return go_to(url_for("users.show", user_id=user_id))


@blueprint.post("/settings/users/<number:user_id>/invite")
@needs("manage people")
def invite_again(user_id: int) -> Response:
    """Send somebody who has not come yet another link; the one before opens nothing more."""
    try:
        with acting() as session:
            user = held_row(session, User, user_id, "team member")
            if request.form.get("seen", _link_seen(user)) != _link_seen(user):  # a double click
                raise Stale(SENT_ALREADY.format(name=user.name))
            invitations.send(user, by=me())
            said = f"{user.email} is invited again"
    except Stale as late:
        answers.toast(str(late), [])
        return go_to(url_for("users.show", user_id=user_id))
    except Refused as refusal:
        return refused(user_id, refusal)
    answers.tell(said)
    return go_to(url_for("users.show", user_id=user_id))


def read_user(session: Session, user_id: int) -> User:
    """A team member of this account, or 404."""
    user: User | None = session.get(User, user_id)
    if user is None or user.account_id != g.account.id:
        abort(404, f"There is no team member {user_id} here: they were deleted, or never were in this account.")
    return user


def _can_be_edited(user: User) -> bool:
    return bool(g.user.may("manage people")) and user.id != g.user.id and user.role != Role.OWNER.value


def _invite(form: InviteForm, problem: str | None = None, status: int = 200) -> Response:
    page = render_template(
        "users/invite.html", form=form, problem=problem, roles=_choices(), explained=user_list.roles()
    )
    return make_response(page, status)


def refused(user_id: int, refusal: Refused) -> Response:
    """Their page, with why it was not done."""
    user = read_user(db.session(), user_id)
    return _show(user, UserForm(obj=user), str(refusal), 409)


def _show(user: User, form: UserForm, problem: str | None = None, status: int = 200) -> Response:
    session, now, time_zone = db.session(), desk_clock(g.account.id).now, g.account.time_zone
    trail = None
    if g.user.may("read audit log"):
        trail = trail_of_object(session, "User", user.id, now.astimezone(zone(time_zone)))
    return make_response(
        render_template(
            "users/show.html",
            trail=trail,
            now=now,
            time_zone=time_zone,
            user=user,
            member=user_list.member(session, user),
            form=form,
            problem=problem,
            can_edit=_can_be_edited(user),
            roles=_choices(),
            explained=user_list.roles(),
            languages=LANGUAGES,
            seen=_seen(user),
            link_seen=_link_seen(user),
        ),
        status,
    )


def _choices() -> list[tuple[str, str]]:
    return [(role.value, role.value.capitalize()) for role in GIVEN_ROLES]


def _seen(user: User) -> str:
    """What the form was drawn from: whoever saves it must have seen what they overwrite."""
    return hashlib.sha256(json.dumps([user.name, user.email, user.role]).encode()).hexdigest()[:16]


def _link_seen(user: User) -> str:
    return (user.invitation_digest or "")[:16]
