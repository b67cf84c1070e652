"""Lessons: each is played to its end, the log says what its file says, and nothing is done twice."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from audit.action import enter
from audit.replay import replay
from helpdesk.models import LessonRun
from seeds import lesson_runs
from seeds.drills import load_drills
from seeds.lesson_runs import Overtaken
from seeds.lessons import Lesson, load_lessons
from seeds.words import CONTENT, ContentError
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


def test_a_step_is_taken_once_however_often_it_is_pressed(engine: Engine) -> None:
    session, other, lesson = open_session(engine), open_session(engine), load_lessons()["snooze"]
    run = begun(session, lesson)
    stale = again(other, lesson)
    for place in range(2):  # the second lets time pass: a second click must not let it pass twice
        lesson_runs.take(session, run, lesson, place, [])
        run = again(session, lesson)
        with pytest.raises(Overtaken):
            lesson_runs.take(other, stale, lesson, place, [])
        stale = again(other, lesson)
    woken = lesson_runs.taken(session, run, lesson)[-1].events
    assert [row.type for row in woken] == ["ticket-updated", "ticket-self-unsnoozed"]
    assert len(run.steps) == 2
    other.close()
    session.close()


MISTAKES = {
    "lessons/1-a-day.toml, step 5, deed (close): 'ticket' is 'cup', not one of mug": (
        'do = "close"\nby = "Ben"\nticket = "mug"', 'do = "close"\nby = "Ben"\nticket = "cup"',
    ),
    "lessons/1-a-day.toml, step 4, expect, written: there is no event 'ticket-shut'": (
        'ticket-closed = "The deed itself', 'ticket-shut = "The deed itself',
    ),
    "lessons/1-a-day.toml, step 2: 'say': nobody knows {cup} in": ("Ana reads {mug}", "Ana reads {cup}"),
    "lessons/1-a-day.toml, step 3: 'button' is missing": ('button = "Put both tags on"\n', ""),
    "lessons/6-merge.toml, step 1, deed (merge): Ana has the role basic, which may not do that": (
        'do = "merge"\nby = "Ada"\nticket = "second"', 'do = "merge"\nby = "Ana"\nticket = "second"',
    ),
    "lessons/6-merge.toml, step 4: it is asked which lines will be written, but there is no deed": (
        '[steps.deed]\ndo = "merge"\nby = "Ada"\nticket = "first"\ninto = "first"\n', "",
    ),
    "drills/gone.toml, story trashed, answers, fate: 'right' is 'In the trash', which is not one": (
        'right = "It lies in the trash and can be restored"', 'right = "In the trash"',
    ),
    "drills/gone.toml, story merged, answers, who: 'line' begins with 'away', but no deed": (
        "it out again.\"\nline = \"went", "it out again.\"\nline = \"away",
    ),
}  # fmt: skip


@pytest.mark.parametrize("told", MISTAKES)
def test_a_mistake_in_a_file_is_named_with_its_place(tmp_path: Path, told: str) -> None:
    name, (right, wrong) = told.partition(",")[0], MISTAKES[told]
    shutil.copytree(CONTENT, tmp_path, dirs_exist_ok=True)
    text = (tmp_path / name).read_text()
    assert right in text
    (tmp_path / name).write_text(text.replace(right, wrong))
    with pytest.raises(ContentError) as refused:
        (load_lessons if name.startswith("lessons") else load_drills)(tmp_path)
    assert str(refused.value).startswith(told)
