"""What the page of a lesson shows: the steps so far in words, the next one, and the page beside them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from flask import url_for
from sqlalchemy.orm import Session

from audit.rows import EventRow
from audit.types import registry
from helpdesk.markdown import to_html
from helpdesk.models import LessonRun
from seeds import showing
from seeds.lesson_runs import Taken, Verdict
from seeds.lessons import LOOKS, Lesson, Step, fill
from seeds.showing import Shown
from seeds.troupe import Troupe

#: What stands beside a step unless something else is chosen.
LOG: Final = "log"


@dataclass(frozen=True)
class Next:
    """The step that waits to be taken."""

    place: int
    step: Step
    say: str


@dataclass(frozen=True)
class Told:
    """A step that was taken."""

    step: Step
    say: str
    then: str
    verdicts: tuple[Verdict, ...]
    lines: list[EventRow]
    refusal: str | None

    @property
    def right(self) -> int:
        """How many choices were ticked or left alone as they should be."""
        return sum(verdict.is_well for verdict in self.verdicts)


@dataclass(frozen=True)
class Tab:
    """Something that can stand beside."""

    key: str
    words: str
    is_open: bool


@dataclass(frozen=True)
class Beside:
    """The page beside: the log of the sandbox, or a thing that the lesson has named."""

    tabs: list[Tab]
    shown: Shown | None  #: None: the log
    fresh: list[EventRow]  #: what the last step wrote
    older: list[EventRow]


def next_of(lesson: Lesson, run: LessonRun) -> Next | None:
    """The step that comes next; None at the end."""
    place = len(run.steps)
    if place >= len(lesson.steps):
        return None
    return Next(place, lesson.steps[place], _said(lesson.steps[place].say, lesson, run))


def told_of(session: Session, lesson: Lesson, run: LessonRun, taken: Taken) -> Told:
    """A step that was taken, in words."""
    lines = showing.lines(session, run.account_id, taken.events)
    say, then = (_said(text, lesson, run) for text in (taken.step.say, taken.step.then))
    verdicts = tuple(
        replace(each, choice=replace(each.choice, why=_said(each.choice.why, lesson, run))) for each in taken.verdicts
    )
    return Told(taken.step, say, then, verdicts, lines, taken.refusal)


def beside(session: Session, lesson: Lesson, run: LessonRun, asked: str) -> Beside:
    """What stands beside: what was asked for, or what the last step wants to be looked at."""
    things = {f"{kind}:{name}": (kind, name) for kind in LOOKS for name in run.props.get(kind, {})}
    last = lesson.steps[: len(run.steps) or 1][-1].look
    chosen = asked or (f"{last[0]}:{last[1]}" if last else LOG)
    thing = things.get(chosen)
    tabs = [
        Tab(LOG, "Audit log", thing is None),
        *(Tab(key, _called(lesson, run, *each), each == thing) for key, each in things.items()),
    ]
    if thing is not None:
        return Beside(tabs, showing.look(Troupe(session, run.account_id, run.props), *thing), [], [])
    if not run.steps:
        return Beside(tabs, None, [], [])
    rows = showing.lines(session, run.account_id, showing.found(session, run.account_id, first_of(run))[::-1])
    fresh = [row for row in rows if row.id > run.steps[-1]["after"]]
    return Beside(tabs, None, fresh, rows[len(fresh) :])


def addresses(lesson: str) -> Callable[[int], str]:
    """Where the lines of a lesson's log open."""
    return lambda number: url_for("lessons.line", lesson=lesson, line_id=number)


def first_of(run: LessonRun) -> int:
    """The event after which the lesson begins; what stood ready before is not part of its log."""
    number: int = run.steps[0]["after"] if run.steps else 2**62
    return number


def _said(text: str, lesson: Lesson, run: LessonRun) -> str:
    """A text of the lesson with names for what stands in braces."""
    values = {type_.name: f"[{type_.label}]({url_for('glossary.show', event_type=type_.name)})" for type_ in registry}
    values |= {name: _called(lesson, run, kind, name) for kind in LOOKS for name in run.props.get(kind, {})}
    return to_html(fill(text, values))


def _called(lesson: Lesson, run: LessonRun, kind: str, name: str) -> str:
    """Ticket 4213 “My mug came broken”; rule “Night tags”."""
    if kind != "ticket":
        return f"{kind} “{name}”"
    return f"ticket {run.props[kind][name]} “{lesson.subjects.get(name, name)}”"
