"""Satisfaction surveys: the page that a customer answers on, and for the team what was answered."""

from typing import Final

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for
from sqlalchemy.orm import Session

from audit.action import enter
from audit.clock import desk_now
from audit.db import db
from helpdesk import desk, surveys
from helpdesk.forms.surveys import STARS, AnswerForm
from helpdesk.models import Account
from helpdesk.refusals import Refused
from helpdesk.web import survey_list
from helpdesk.web.changing import needs
from helpdesk.web.htmx import go_to, wants_partial
from helpdesk.web.logins import public
from helpdesk.web.survey_list import KINDS

blueprint = Blueprint("surveys", __name__)

UNKNOWN: Final = (
    "No survey has this link. Perhaps it was cut off on its way: open it from the mail again, or copy the whole of it."
)
OVER: Final = "The time to answer this survey is over. Thank you for wanting to."
ANSWERED: Final = "Your answer has reached us. A survey can be answered once, so there is nothing more to do here."
AGAIN: Final = "This survey has been answered already, and can be answered once. Nothing was changed."

# ── For the team ─────────────────────────────────────────────────────────────────────────────────────────────────────


@blueprint.get("/settings/surveys")
@needs("manage surveys")
def index() -> Response:
    """The surveys of one kind; the fragment is the rows after a cursor."""
    kind = KINDS.get(request.args.get("show", "answered"))
    if kind is None:
        abort(404, "There is no such list of surveys. Go back to those that were answered.")
    session, after = db.session(), request.args.get("after")
    found = survey_list.page_of(session, kind, after)
    if wants_partial() and after is not None:
        return make_response(render_template("surveys/_rows.html", found=found, kind=kind))
    return make_response(
        render_template(
            "surveys/index.html",
            found=found,
            kind=kind,
            kinds=KINDS.values(),
            figures=survey_list.figures(session),
        )
    )


# ── For the customer, who has a link and nothing else ────────────────────────────────────────────────────────────────


@blueprint.get("/survey/<token>")
@public
def answer(token: str) -> Response:
    """Five stars; looking at them changes nothing."""
    session = db.session()
    found = _look(session, token)
    return found if isinstance(found, Response) else _page(found, AnswerForm())


@blueprint.post("/survey/<token>")
@public
def respond(token: str) -> Response:
    """Keep the answer."""
    session, form = db.session(), AnswerForm(request.form)
    account = _look(session, token, used=409)
    if isinstance(account, Response):
        return account
    if not form.validate():
        return _page(account, form, 422)
    account_name, account_id = account.name, account.id
    try:
        with desk.acting(session, account_id, source="web", remote_addr=request.remote_addr):
            survey = surveys.find(session, token)
            if survey is None:
                raise Refused(UNKNOWN)
            session.refresh(survey, with_for_update=True)
            surveys.respond(survey, int(form.score.data or 0), form.body_text.data or "", by=surveys.asked(survey))
    except Refused as refusal:
        return _page(account, form, 409, str(refusal), account_name)
    return go_to(url_for("surveys.answer", token=token))


def _look(session: Session, token: str, used: int = 200) -> Account | Response:
    """The account whose survey the link opens, or a page that says why it opens nothing."""
    enter(session, None)
    survey = surveys.find(session, token)
    account: Account | None = session.get(Account, survey.account_id) if survey is not None else None
    if survey is None or account is None:
        return _closed("This link leads nowhere", UNKNOWN, 404)
    if survey.scored_datetime is not None:
        return _closed("Thank you", ANSWERED if used == 200 else AGAIN, used, account)
    if not account.is_active or surveys.is_over(survey, desk_now(session, account.id)):
        return _closed("This survey is over", OVER, 410, account)
    return account


def _page(
    account: Account, form: AnswerForm, status: int = 200, problem: str | None = None, name: str | None = None
) -> Response:
    page = render_template(
        "surveys/answer.html",
        account_name=name or account.name,
        form=form,
        stars=STARS,
        problem=problem,
        longest=surveys.LONGEST_COMMENT,
    )
    return make_response(page, status)


def _closed(heading: str, said: str, status: int, account: Account | None = None) -> Response:
    name = account.name if account is not None else None
    return make_response(render_template("surveys/closed.html", heading=heading, said=said, account_name=name), status)
