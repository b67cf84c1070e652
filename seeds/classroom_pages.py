"""The trainer's pages of a classroom: who is how far, log-ins to print, drills read along, one or all reset."""

from itertools import groupby
from typing import Final

from flask import Blueprint, Response, abort, current_app, g, make_response, redirect, render_template, request, url_for

from audit.clock import wall_now
from audit.db import db
from audit.sessions import AuditedSession
from helpdesk import classrooms
from helpdesk.classrooms import Trainee
from helpdesk.refusals import Refused
from helpdesk.web import answers
from helpdesk.web.auth import limiter
from helpdesk.web.changing import needs
from helpdesk.web.htmx import go_to
from helpdesk.web.sheets import sheet
from seeds import classroom
from seeds.drills import load_drills

#: Accounts stay for ever, so nobody opens them by the thousand.
LIMIT: Final = "10 per minute; 60 per hour"
#: How many trainees the form offers.
USUAL: Final = 12

blueprint = Blueprint("classroom", __name__, url_prefix="/classroom")


def _seldom() -> str:
    return f"classroom {g.user.id}"


@blueprint.get("")
@needs("hold classrooms")
def show() -> Response:
    """All classrooms of who is logged in."""
    return _page()


@blueprint.post("")
@needs("hold classrooms")
@limiter.limit(LIMIT, key_func=_seldom)
def open_one() -> Response:
    """Open a classroom."""
    return _seat(None)


@blueprint.post("/<room>/trainees")
@needs("hold classrooms")
@limiter.limit(LIMIT, key_func=_seldom)
def add(room: str) -> Response:
    """Seat more trainees in a classroom."""
    _own(room)
    return _seat(room)


@blueprint.get("/<room>/log-ins")
@needs("hold classrooms")
def log_ins(room: str) -> Response:
    """A sheet of log-ins, to be cut into slips."""
    slips = [
        (each, classrooms.password_of(_secret(), each.place) if classrooms.knows_password(each, _secret()) else None)
        for each in _own(room)
    ]
    return make_response(render_template("classroom/log_ins.html", room=room, slips=slips))


@blueprint.get("/<room>/reset")
@needs("hold classrooms")
def confirm_reset_all(room: str) -> Response:
    """Ask, and say what follows."""
    count = len(_own(room))
    return sheet(
        "layout/_confirm.html",
        "Reset the classroom",
        address=url_for("classroom.reset_all", room=room),
        question=f"Reset all of classroom {room}?",
        consequences=[
            f"{count} accounts are put away: their trainees are logged out, and nobody gets in any more.",
            "Everybody gets a fresh desk with the log-in that stands on the sheet. Drill results begin anew.",
            f"You can go on reading what was. It takes about {max(1, count // 3)} seconds.",
        ],
        act="Reset all",
        keep="Keep them",
        back=url_for("classroom.show"),
    )


@blueprint.post("/<room>/reset")
@needs("hold classrooms")
@limiter.limit(LIMIT, key_func=_seldom)
def reset_all(room: str) -> Response:
    """Give everybody a fresh account."""
    _own(room)
    try:
        with AuditedSession(bind=db.engine) as session:
            count = classroom.reset_all(session, g.user.id, room, _secret(), trainer=g.user.name)
    except Refused as refusal:
        return _page(f"Not everybody was reset. {refusal}", 409)
    answers.toast(f"{count} trainees have fresh desks; the log-ins are as before.", [])
    return go_to(url_for("classroom.show"))


@blueprint.get("/trainees/<number:trainee_id>")
@needs("hold classrooms")
def trainee(trainee_id: int) -> Response:
    """How one trainee did in drills, and the accounts they had before a reset."""
    found = _trainee(trainee_id)
    session = db.session()
    page = render_template(
        "classroom/trainee.html",
        trainee=found,
        drills=classrooms.drills_of(session, found),
        titles={key: drill.title for key, drill in load_drills().items()},
        earlier=[each for each in classrooms.earlier(session, found.place) if each.account_id != trainee_id],
        now=wall_now(),
    )
    return make_response(page)


@blueprint.get("/trainees/<number:trainee_id>/reset")
@needs("hold classrooms")
def confirm_reset(trainee_id: int) -> Response:
    """Ask, and say what follows."""
    found = _trainee(trainee_id)
    return sheet(
        "layout/_confirm.html",
        "Reset a trainee",
        address=url_for("classroom.reset", trainee_id=trainee_id),
        question=f"Reset the account of {found.name}?",
        consequences=[
            f"{found.domain} is put away: {found.name} is logged out, and nobody gets in any more.",
            f"They get a fresh desk, and log in as {classrooms.address_of(found.place)} with the sheet's password.",
            "Their drill results begin anew.",
            "You can go on reading what was. The other trainees notice nothing.",
        ],
        act="Reset",
        keep="Keep it",
        back=url_for("classroom.show"),
    )


@blueprint.post("/trainees/<number:trainee_id>/reset")
@needs("hold classrooms")
@limiter.limit(LIMIT, key_func=_seldom)
def reset(trainee_id: int) -> Response:
    """Give one trainee a fresh account."""
    found = _trainee(trainee_id)
    try:
        with AuditedSession(bind=db.engine) as session:
            classroom.reset(session, trainee_id, _secret(), trainer=g.user.name)
    except Refused as refusal:
        return _page(str(refusal), 409)
    answers.toast(f"{found.name} has a fresh desk; the log-in is as before.", [])
    return go_to(url_for("classroom.show"))


def _seat(room: str | None) -> Response:
    count = request.form.get("trainees", type=int) or 0
    try:
        with AuditedSession(bind=db.engine) as session:
            name = classroom.seat_trainees(session, g.user.id, count, _secret(), room)
    except Refused as refusal:
        return _page(str(refusal), 409)
    answers.toast(f"{'A desk is' if count == 1 else f'{count} desks are'} ready in classroom {name}.", [])
    return make_response(redirect(url_for("classroom.log_ins", room=name), 303))


def _page(problem: str | None = None, status: int = 200) -> Response:
    found = classrooms.trainees(db.session(), g.user.id)
    page = render_template(
        "classroom/show.html",
        rooms=[(room, list(seated)) for room, seated in groupby(found, lambda each: each.place.classroom)],
        problem=problem,
        most=classrooms.MOST,
        usual=USUAL,
        now=wall_now(),
    )
    return make_response(page, status)


def _own(room: str) -> list[Trainee]:
    """Who sits in a classroom of who is logged in, or 404."""
    found = classrooms.trainees(db.session(), g.user.id, room)
    if not found:
        abort(404, "You have no classroom of that name, so nothing was done. Learn → Classroom lists those you have.")
    return found


def _trainee(account_id: int) -> Trainee:
    """A trainee of who is logged in, or 404."""
    found = classrooms.open_to(db.session(), g.user.id, g.user.role, account_id)
    if found is None:
        abort(404, "No trainee of yours has this account, so nothing was done. Learn → Classroom lists them.")
    return found


def _secret() -> str:
    return str(current_app.config["SECRET_KEY"])
