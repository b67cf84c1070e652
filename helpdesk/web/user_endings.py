"""How a team member leaves: switched off for a while, or deleted for good."""

from flask import Response, g, url_for

from audit.db import db
from helpdesk import people
from helpdesk.cascades import consequences
from helpdesk.models import Role, User
from helpdesk.refusals import Refused
from helpdesk.web import answers, cascading
from helpdesk.web.changing import acting, held_row, me, needs
from helpdesk.web.htmx import go_to
from helpdesk.web.sheets import sheet
from helpdesk.web.users import blueprint, read_user, refused

OWNER = "The owner of an account can't be deleted. Deactivate the account under Settings → Account instead."
YOURSELF = "This is you, so nothing was done: nobody deletes themselves. Ask another admin."


@blueprint.post("/settings/users/<number:user_id>/switch-off")
@needs("manage people")
def switch_off(user_id: int) -> Response:
    """Let somebody in no more."""
    try:
        with acting() as session:
            user = held_row(session, User, user_id, "team member")
            people.switch_off(user, by=me())
            said = f"{user.name} is switched off"
    except Refused as refusal:
        return refused(user_id, refusal)
    answers.tell(said)
    return go_to(url_for("users.show", user_id=user_id))


@blueprint.post("/settings/users/<number:user_id>/switch-on")
@needs("manage people")
def switch_on(user_id: int) -> Response:
    """Let somebody in again."""
    with acting() as session:
        user = held_row(session, User, user_id, "team member")
        people.switch_on(user, by=me())
        said = f"{user.name} is switched on again"
    answers.tell(said)
    return go_to(url_for("users.show", user_id=user_id))


@blueprint.get("/settings/users/<number:user_id>/delete")
@needs("manage people")
def confirm_delete(user_id: int) -> Response:
    """Ask before somebody is deleted."""
    return _ask(user_id)


@blueprint.post("/settings/users/<number:user_id>/delete")
@needs("manage people")
def delete(user_id: int) -> Response:
    """Delete somebody; their tickets stay, without an agent."""
    try:
        with acting() as session:
            user = held_row(session, User, user_id, "team member")
            if user.id == g.user.id:
                raise Refused(YOURSELF)
            said = f"{user.name} is deleted"
            job = cascading.number_of(people.delete(user, by=me()))
    except Refused as refusal:
        return _ask(user_id, str(refusal), 409)
    return cascading.done(job, said, url_for("users.index"))


def _ask(user_id: int, problem: str | None = None, status: int = 200) -> Response:
    session = db.session()
    user = read_user(session, user_id)
    never = YOURSELF if user_id == g.user.id else OWNER if user.role == Role.OWNER else None
    return sheet(
        "layout/_confirm.html",
        f"Delete {user.name}",
        status,
        address=url_for("users.delete", user_id=user_id),
        question=f"Delete {user.name}?",
        consequences=[]
        if never
        else [
            *consequences(session, user).sentences,
            "There is no undo. To shut somebody out for a while, switch them off instead.",
        ],
        problem=problem or never,
        act=None if never else "Delete",
        keep="Keep them",
        back=url_for("users.show", user_id=user_id),
    )
