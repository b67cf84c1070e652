"""Lessons: each is played to its end, the log says what its file says, and nothing is done twice."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from audit.action import enter
from audit.replay import replay
from helpdesk.models import LessonRun
from seeds import lesson_runs
from seeds.lessons import Lesson, load_lessons
from tests.desks import open_session
from tests.outside import sqlite_only

LEARNER = 7


def begun(session: Session, lesson: Lesson) -> LessonRun:
    lesson_runs.begin(session, LEARNER, lesson)
    return again(session, lesson)


def again(session: Session, lesson: Lesson) -> LessonRun:
    session.rollback()
    run = lesson_runs.current(session, LEARNER, lesson)
    assert run is not None
    return run


@sqlite_only
@pytest.mark.parametrize("lesson", load_lessons().values(), ids=lambda lesson: lesson.key)
def test_a_lesson_is_played_to_its_end_and_the_log_says_what_it_teaches(engine: Engine, lesson: Lesson) -> None:
    session = open_session(engine)
    run = begun(session, lesson)
    for place, step in enumerate(lesson.steps):
        ticked = [choice.key for choice in step.guess.choices if choice.is_right] if step.guess else []
        lesson_runs.take(session, run, lesson, place, ticked)
        run = again(session, lesson)
        done = lesson_runs.taken(session, run, lesson)[-1]
        written = [row.type for row in done.events]
        assert lesson_runs.disagreement(done) == set(), f"{step.title}: the log says {written}, {done.refusal}"
        assert all(verdict.is_well for verdict in done.verdicts)
        assert bool(done.events) or step.deed is None or step.guess is None or not step.guess.of_lines or written == []
    assert run.ended_datetime is not None
    account_id = run.account_id
    session.rollback()
    enter(session, account_id)
    assert replay(session, account_id).agrees
    session.close()
