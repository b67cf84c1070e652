"""Drills under Learn: the list, and one drill with the log of its hidden story, its questions and their grade."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from audit import rows
from audit.types import registry
from helpdesk.models import DrillResult
from helpdesk.web.auth import limiter
from helpdesk.web.changing import needs
from seeds import drill_runs, showing
from seeds.drill_runs import AnsweredAlready, Rewritten
from seeds.drills import Drill, load_drills
from seeds.elsewhere import elsewhere, of_a_sandbox, opened
from seeds.fire_pages import LIMIT

blueprint = Blueprint("drills", __name__, url_prefix="/learn/drills")

_TWICE: Final = (
    "These questions were answered already: by a second click, or in another tab. The first answers stand;"
    " here is how they were graded."
)
_REWRITTEN: Final = "This drill was rewritten after its story was played, so nothing was graded. Take it once more."
_OPEN: Final = "Nothing was graded yet. Answer every question; where you aren't sure, say what you think most likely."


@blueprint.get("")
@needs("read")
def index() -> Response:
    """All drills, and how who is logged in did in them."""
    with elsewhere() as session:
        mine = drill_runs.results_of(session, g.account.id, g.user.id)
        drills = [(drill, [each for each in mine if each.drill == drill.key]) for drill in load_drills().values()]
        page = render_template("drills/index.html", drills=drills, labels=_labels())
    return make_response(page)


@blueprint.post("/<drill>/begin")
@needs("read")
@limiter.limit(lambda: LIMIT, key_func=lambda: f"learn {g.user.id}")
def begin(drill: str) -> Response:
    """Play a story in hiding, and show its log."""
    with elsewhere() as session:
        number = drill_runs.begin(session, g.account.id, g.user.id, _drill(drill))
    return make_response(redirect(url_for("drills.show", drill=drill, result_id=number), 303))


@blueprint.get("/<drill>/<number:result_id>")
@needs("read")
def show(drill: str, result_id: int) -> Response:
    """The log of the story, and the questions; once they are answered, the grade with its reasons."""
    told = _drill(drill)
    with elsewhere() as session:
        return _page(session, told, _result(session, told, result_id))


@blueprint.post("/<drill>/<number:result_id>/answer")
@needs("read")
def answer(drill: str, result_id: int) -> Response:
    """Grade the answers."""
    told = _drill(drill)
    with elsewhere() as session:
        result = _result(session, told, result_id)
        try:
            questions = drill_runs.script_of(result, told).questions
            given = {each.key: request.form.get(each.key, "") for each in questions}
            if result.answers is None and any(given[each.key] not in each.choices for each in questions):
                return _page(session, told, result, given=given, problem=_OPEN, status=422)
            drill_runs.answer(session, result, told, given)
        except AnsweredAlready:
            return _page(session, told, _result(session, told, result_id), problem=_TWICE, status=409)
        except Rewritten:
            return _page(session, told, result, problem=_REWRITTEN, status=409)
    return make_response(redirect(url_for("drills.show", drill=drill, result_id=result_id, _anchor="grade"), 303))


@blueprint.get("/<drill>/<number:result_id>/lines/<number:clue_id>")
@needs("read")
def line(drill: str, result_id: int, clue_id: int) -> Response:
    """One line of the story's log with all that the log knows of it: inside its row, or as a page."""
    told = _drill(drill)
    with elsewhere() as session:
        result = _result(session, told, result_id)
        after, upto = result.played["after"], result.played["upto"]
        story = showing.story_of(session, result.sandbox_id, clue_id, after, upto)
        if story is None:
            abort(404, "There is no such line in the log of this drill. Go back to the drill.")
        return opened(story, (url_for("drills.show", drill=drill, result_id=result_id), told.title), _lines(result))


def _page(
    session: Session,
    drill: Drill,
    result: DrillResult,
    *,
    given: dict[str, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    words: dict[str, Any] = {"drill": drill, "result": result, "given": given or {}, "problem": problem}
    try:
        script = drill_runs.script_of(result, drill)
        words |= {"questions": script.questions}
        if result.answers is not None:  # not a word of it reaches a page before
            words |= {"tells": script.tells}
    except Rewritten:
        words |= {"questions": (), "problem": problem or (_REWRITTEN if result.answers is None else "")}
    events = showing.found(session, result.sandbox_id, result.played["after"], result.played["upto"])
    words |= {
        "lines": showing.lines(session, result.sandbox_id, events[::-1]),
        "proofs": {each["event_id"] for each in result.answers or ()},
        "glossary": rows.glossary(),
        "labels": _labels(),
        **of_a_sandbox(_lines(result)),
    }
    return make_response(render_template("drills/show.html", **words), status)


def _lines(result: DrillResult) -> Callable[[int], str]:
    drill, number = result.drill, result.id
    return lambda clue_id: url_for("drills.line", drill=drill, result_id=number, clue_id=clue_id)


def _labels() -> dict[str, str]:
    return {type_.name: type_.label for type_ in registry}


def _drill(key: str) -> Drill:
    found = load_drills().get(key)
    if found is None:
        abort(404, "There is no drill of that name. Go back to the list of drills.")
    return found


def _result(session: Session, drill: Drill, number: int) -> DrillResult:
    found = drill_runs.find(session, g.account.id, g.user.id, number)
    if found is None or found.drill != drill.key:
        abort(404, "There is no such drill of yours. Go back to the list, and take one.")
    return found
