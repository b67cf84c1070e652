"""A lesson on its way: begun in a sandbox of its learner's own, taken step by step, found again after a break."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from audit.action import enter
from audit.clock import wall_now
from helpdesk import accounts, passwords
from helpdesk.models import Account, LessonRun
from helpdesk.refusals import Refused
from seeds import showing
from seeds.lessons import NOTHING, Choice, Lesson, Step
from seeds.playing import newest, play, play_all
from seeds.sandbox import archive, sweep
from seeds.scripts import Deed
from seeds.stage import open_stage
from seeds.troupe import Troupe

#: A step without a deed takes no desk time.
STILL = Deed("wait", "", {}, after=timedelta(0), through="automation")


class Overtaken(Exception):
    """The step was taken meanwhile: by a second click, or in another tab."""


class PutAway(Exception):
    """The sandbox is archived: nothing happens in it any more."""


@dataclass(frozen=True)
class Verdict:
    """One choice of a guess, after the fact."""

    choice: Choice
    was_ticked: bool

    @property
    def is_well(self) -> bool:
        """Whether it was ticked if right, and left alone if wrong."""
        return self.was_ticked == self.choice.is_right


@dataclass(frozen=True)
class Taken:
    """A step that has been taken: what was guessed, what was written, and whether the desk refused."""

    step: Step
    verdicts: tuple[Verdict, ...]
    events: list[Row[Any]]
    refusal: str | None


def current(session: Session, learner_id: int, lesson: Lesson) -> LessonRun | None:
    """The newest run of a lesson by this learner, wherever it is played."""
    return runs_of(session, learner_id).get(lesson.key)


def runs_of(session: Session, learner_id: int) -> dict[str, LessonRun]:
    """The newest run of each lesson by this learner."""
    enter(session, None)
    mine = select(LessonRun).where(LessonRun.learner_id == learner_id).order_by(LessonRun.id)
    return {run.lesson: run for run in session.scalars(mine)}


def begin(session: Session, learner_id: int, lesson: Lesson) -> int:
    """Set the stage for a lesson, and put that of its last run away; answers the number of the run."""
    before = current(session, learner_id, lesson)
    old = before.account_id if before is not None else None
    session.rollback()
    sweep(session)
    if old is not None:
        archive(session, old)
    with passwords.cheaply():
        troupe = Troupe.of(open_stage(session, f"{accounts.FOR_A_LESSON}{secrets.token_hex(6)}"))
    play_all(troupe, lesson.before)
    run = LessonRun(account_id=troupe.account_id, learner_id=learner_id, lesson=lesson.key, steps=[])

    def note() -> None:
        run.props, run.started_datetime = troupe.props, wall_now()
        session.add(run)

    play(troupe, STILL, troupe.now(), after=note)
    number = run.id
    session.rollback()
    return number


def take(session: Session, run: LessonRun, lesson: Lesson, place: int, guess: Sequence[str]) -> None:
    """Take the step at this place, which is the next one; raises Overtaken or PutAway, and nothing was done."""
    number, troupe = run.id, Troupe(session, run.account_id, run.props)
    deed, refusal = lesson.steps[place].deed or STILL, None
    # The clock and the log are looked at before the run: if that has not moved on, neither had they.
    at, begins = troupe.now() + deed.after, newest(session, run.account_id)
    session.rollback()
    _held(session, number, place)

    def hold() -> None:
        _held(session, number, place)

    def note() -> None:
        held = session.get_one(LessonRun, number)
        held.steps = [*held.steps, {"guess": list(guess), "after": begins, "refusal": refusal}]
        held.props = troupe.props
        if len(held.steps) == len(lesson.steps):
            held.ended_datetime = wall_now()

    try:
        play(troupe, deed, at, before=hold, after=note)
    except Refused as problem:
        refusal, troupe.props = str(problem), run.props
        play(troupe, STILL, at, before=hold, after=note)


def taken(session: Session, run: LessonRun, lesson: Lesson) -> list[Taken]:
    """The steps so far, each with what was written."""
    notes: list[Mapping[str, Any]] = list(run.steps)
    if not notes:
        return []
    events = showing.found(session, run.account_id, notes[0]["after"])
    ends = [*(note["after"] for note in notes[1:]), None]
    return [
        Taken(
            step,
            _verdicts(step, note["guess"]),
            [row for row in events if row.id > note["after"] and (end is None or row.id <= end)],
            note["refusal"],
        )
        for step, note, end in zip(lesson.steps, notes, ends, strict=False)
    ]


def is_put_away(session: Session, run: LessonRun) -> bool:
    """Whether its sandbox has been archived."""
    enter(session, run.account_id)
    return session.get_one(Account, run.account_id).archived_datetime is not None


def disagreement(each: Taken) -> set[str]:
    """The types of events in which a lesson and the log differ: none, or its file is wrong."""
    if each.step.guess is None or not each.step.guess.of_lines:
        return set()
    told = {choice.key for choice in each.step.guess.choices if choice.is_right} - {NOTHING}
    written = {row.type for row in each.events}
    return told ^ written


def _held(session: Session, number: int, place: int) -> LessonRun:
    run = session.get_one(LessonRun, number, with_for_update=True, populate_existing=True)
    if session.get_one(Account, run.account_id).archived_datetime is not None:
        raise PutAway
    if len(run.steps) != place:
        raise Overtaken
    return run


def _verdicts(step: Step, guess: Sequence[str]) -> tuple[Verdict, ...]:
    return tuple(Verdict(choice, choice.key in guess) for choice in step.guess.choices) if step.guess else ()
