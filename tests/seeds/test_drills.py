"""Drills: each story is solved right and solved wrong, and the grade says why, at the line that proves it."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from audit.action import enter, write_aside
from audit.columns import watches
from audit.log import event_table
from audit.replay import replay
from helpdesk.models import DrillResult
from seeds import drill_runs
from seeds.drill_runs import AnsweredAlready
from seeds.drills import Drill, Script, load_drills
from tests.desks import Desk
from tests.outside import sqlite_only

STORIES = [(drill, story) for drill in load_drills().values() for story in drill.stories]
#: What tells a result from another one of the same story.
OWN = {"id", "answers", "score", "answered_datetime"}


@sqlite_only
@pytest.mark.parametrize(("drill", "story"), STORIES, ids=lambda each: getattr(each, "key", each))
def test_a_story_is_solved_right_and_solved_wrong(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, drill: Drill, story: str
) -> None:
    monkeypatch.setattr(drill_runs, "_stories", lambda *_: [story])
    begun = drill_runs.begin(desk.session, desk.account_id, desk.ana_id, drill)
    for is_right in (True, False):
        result = _found(desk, _once_more(desk, begun))
        script = drill_runs.script_of(result, drill)
        drill_runs.answer(desk.session, result, drill, _given(script, is_right))
        result = _found(desk, result.id)
        assert (result.score, result.of) == (result.of if is_right else 0, len(script.questions))
        for question, graded in zip(script.questions, result.answers or (), strict=True):
            answer = script.answers[question.key]
            assert (graded["is_right"], graded["right"], graded["reason"]) == (is_right, answer.right, answer.because)
            assert _type(desk.session, result, graded["event_id"]) == answer.type, f"{question.key}: no such line"
        with pytest.raises(AnsweredAlready):
            drill_runs.answer(desk.session, result, drill, _given(script, not is_right))
    sandbox = _found(desk, begun).sandbox_id
    enter(desk.session, sandbox)
    assert replay(desk.session, sandbox).agrees
    enter(desk.session, desk.account_id)


def test_another_one_is_another_story_and_is_kept_apart(desk: Desk) -> None:
    drill = load_drills()["macro"]
    numbers = [drill_runs.begin(desk.session, desk.account_id, desk.ana_id, drill) for _ in range(2)]
    mine = drill_runs.results_of(desk.session, desk.account_id, desk.ana_id)
    assert [result.id for result in mine] == numbers[::-1]
    assert len({result.story for result in mine}) == 2
    assert drill_runs.find(desk.session, desk.account_id, desk.ben_id, numbers[0]) is None
    result = _found(desk, numbers[0])
    drill_runs.answer(desk.session, result, drill, _given(drill_runs.script_of(result, drill), True))
    assert [each.score for each in drill_runs.results_of(desk.session, desk.account_id, desk.ana_id)] == [None, 3]


def _given(script: Script, is_right: bool) -> dict[str, str]:
    return {
        each.key: next(choice for choice in each.choices if (choice == script.answers[each.key].right) is is_right)
        for each in script.questions
    }


def _once_more(desk: Desk, number: int) -> int:
    """The same story, not answered yet."""
    columns: dict[str, Any] = {
        name: getattr(_found(desk, number), name) for name in watches(DrillResult) if name not in OWN
    }
    desk.session.rollback()
    write_aside(desk.session, desk.account_id)
    result = DrillResult(**columns)
    desk.session.add(result)
    desk.session.flush()
    copied = result.id
    desk.session.commit()
    return copied


def _found(desk: Desk, number: int) -> DrillResult:
    result = drill_runs.find(desk.session, desk.account_id, desk.ana_id, number)
    assert result is not None
    return result


def _type(session: Session, result: DrillResult, number: int | None) -> str | None:
    found = event_table.c.account_id == result.sandbox_id, event_table.c.id == number
    return session.execute(event_table.select().with_only_columns(event_table.c.type).where(*found)).scalar()
