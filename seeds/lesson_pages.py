"""Lessons under Learn: the list, and one lesson with its steps and the page beside them."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from audit import rows
from helpdesk.models import LessonRun
from helpdesk.web.auth import limiter
from helpdesk.web.changing import needs
from helpdesk.web.htmx import wants_partial
from seeds import lesson_runs, showing
from seeds.elsewhere import elsewhere, of_a_sandbox, opened
from seeds.fire_pages import LIMIT
from seeds.lesson_reading import addresses, beside, first_of, next_of, told_of
from seeds.lesson_runs import Overtaken, PutAway
from seeds.lessons import Lesson, Step, load_lessons

blueprint = Blueprint("lessons", __name__, url_prefix="/learn/lessons")

_TWICE: Final = (
    "This step was taken already: by a second click, or in another tab. Nothing was done twice."
    " Below is where the lesson stands now."
)
_ANEW: Final = (
    "This lesson was begun anew in another tab, so nothing was done here."
    " Below is where it stands now; go on from there."
)
_GONE: Final = (
    "The sandbox of this lesson was put away meanwhile, so nothing was done. That happens when nobody goes on for two"
    " days. What you did is still here to read; begin again to go on."
)
_GUESS: Final = "Nothing was done yet. Tick first what you expect: a wrong guess costs nothing, and shows you the most."


@blueprint.get("")
@needs("read")
def index() -> Response:
    """All lessons, and how far who is logged in has come."""
    with elsewhere() as session:
        runs = lesson_runs.runs_of(session, g.user.id)
        page = render_template("lessons/index.html", lessons=list(load_lessons().values()), runs=runs)
    return make_response(page)


@blueprint.get("/<lesson>")
@needs("read")
def show(lesson: str) -> Response:
    """A lesson where it stands; the fragment is the page beside it."""
    told = _lesson(lesson)
    with elsewhere() as session:
        run = lesson_runs.current(session, g.user.id, told)
        if wants_partial() and run is not None:
            return make_response(render_template("lessons/_beside.html", **_words_beside(session, told, run)))
        return _page(session, told, run)


@blueprint.post("/<lesson>/begin")
@needs("read")
@limiter.limit(lambda: LIMIT, key_func=lambda: f"learn {g.user.id}")
def begin(lesson: str) -> Response:
    """Set the stage, or set it anew; a second click on the first button begins nothing else."""
    told, seen = _lesson(lesson), request.form.get("run", "")
    with elsewhere() as session:
        run = lesson_runs.current(session, g.user.id, told)
        if seen == (str(run.id) if run is not None else ""):
            lesson_runs.begin(session, g.user.id, told)
    return make_response(redirect(url_for("lessons.show", lesson=lesson), 303))


@blueprint.post("/<lesson>/take")
@needs("read")
@limiter.limit("120 per minute", key_func=lambda: f"step {g.user.id}")
def take(lesson: str) -> Response:
    """Take the next step, as the learner has guessed it."""
    told, place = _lesson(lesson), request.form.get("step", type=int)
    with elsewhere() as session:
        run = lesson_runs.current(session, g.user.id, told)
        if run is None or place is None or not 0 <= place < len(told.steps):
            abort(404, "There is no such step, so nothing was done. Open the lesson again.")
        if request.form.get("run") != str(run.id):
            return _page(session, told, run, problem=_ANEW, status=409)
        guess = _guess(told.steps[place])
        if told.steps[place].guess is not None and not guess:
            return _page(session, told, run, problem=_GUESS, status=422)
        try:
            lesson_runs.take(session, run, told, place, guess)
        except (Overtaken, PutAway) as refusal:
            said = _TWICE if isinstance(refusal, Overtaken) else _GONE
            run = lesson_runs.current(session, g.user.id, told)
            return _page(session, told, run, problem=said, status=409)
    return make_response(redirect(url_for("lessons.show", lesson=lesson, _anchor="now"), 303))


@blueprint.get("/<lesson>/lines/<number:line_id>")
@needs("read")
def line(lesson: str, line_id: int) -> Response:
    """One event of the sandbox with all that its log knows of it: inside its row, or as a page."""
    told = _lesson(lesson)
    with elsewhere() as session:
        run = lesson_runs.current(session, g.user.id, told)
        story = showing.story_of(session, run.account_id, line_id, first_of(run)) if run is not None else None
        if story is None:
            abort(404, "There is no such line in the log of this lesson. Go back to the lesson, or begin it again.")
        back = (url_for("lessons.show", lesson=lesson), told.title)
        return opened(story, back, addresses(lesson))


def _page(session: Session, lesson: Lesson, run: LessonRun | None, *, problem: str = "", status: int = 200) -> Response:
    words: dict[str, Any] = {"lesson": lesson, "run": run, "problem": problem, "after": _after(lesson)}
    if run is not None:
        words |= _words_beside(session, lesson, run)
        words |= {
            "told": [told_of(session, lesson, run, each) for each in lesson_runs.taken(session, run, lesson)],
            "next": next_of(lesson, run),
            "is_put_away": lesson_runs.is_put_away(session, run) and run.ended_datetime is None,
            "glossary": rows.glossary(),
        }
    return make_response(render_template("lessons/show.html", **words), status)


def _words_beside(session: Session, lesson: Lesson, run: LessonRun) -> dict[str, Any]:
    shown = beside(session, lesson, run, request.args.get("beside", ""))
    return {"lesson": lesson, "beside": shown, "run": run, **of_a_sandbox(addresses(lesson.key))}


def _guess(step: Step) -> list[str]:
    known = [choice.key for choice in step.guess.choices] if step.guess else []
    return [key for key in request.form.getlist("guess") if key in known]


def _after(lesson: Lesson) -> Lesson | None:
    order: Mapping[str, Lesson] = load_lessons()
    keys = list(order)
    place = keys.index(lesson.key) + 1
    return order[keys[place]] if place < len(keys) else None


def _lesson(key: str) -> Lesson:
    found = load_lessons().get(key)
    if found is None:
        abort(404, "There is no lesson of that name. Go back to the list of lessons.")
    return found
