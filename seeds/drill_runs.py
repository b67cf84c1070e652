"""A drill on its way: played in a sandbox that is put away before anybody reads its log, then answered and graded."""

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import enter, write_aside
from audit.clock import wall_now
from helpdesk.models import DrillResult
from seeds import showing
from seeds.drills import Drill, Question, Script
from seeds.playing import newest, play_all
from seeds.sandbox import sandbox
from seeds.troupe import Troupe


class AnsweredAlready(Exception):
    """The answers stand: they were given by a first click, or in another tab."""


class Rewritten(Exception):
    """The drill's file was changed after the story was played."""


def begin(session: Session, account_id: int, user_id: int, drill: Drill) -> int:
    """Play one of its stories, not the last one again; answers the number of the result that is to be."""
    story = secrets.choice(_stories(session, account_id, user_id, drill))
    seed = secrets.randbelow(2**31)
    script = drill.script(story, seed)
    session.rollback()
    with sandbox(session) as stage:
        troupe = Troupe.of(stage)
        play_all(troupe, script.before)
        begins = newest(session, stage.account_id)
        marks = play_all(troupe, script.deeds)
        played = {"after": begins, "upto": newest(session, stage.account_id), "marks": marks}
    write_aside(session, account_id)
    result = DrillResult(
        account_id=account_id, user_id=user_id, drill=drill.key, story=story, seed=seed, sandbox_id=stage.account_id,
        played=played, started_datetime=wall_now(), of=len(script.questions),
    )  # fmt: skip
    session.add(result)
    session.flush()
    number = result.id
    session.commit()
    return number


def find(session: Session, account_id: int, user_id: int, number: int) -> DrillResult | None:
    """A drill of this person, whichever it is."""
    enter(session, account_id)
    result = session.get(DrillResult, number)
    return result if result is not None and result.user_id == user_id else None


def results_of(session: Session, account_id: int, user_id: int) -> list[DrillResult]:
    """All drills that this person has begun, the newest first."""
    enter(session, account_id)
    mine = select(DrillResult).where(DrillResult.account_id == account_id, DrillResult.user_id == user_id)
    return list(session.scalars(mine.order_by(DrillResult.id.desc())))


def script_of(result: DrillResult, drill: Drill) -> Script:
    """The story that was played; raises Rewritten."""
    if result.story not in drill.stories or len(drill.script(result.story, result.seed).questions) != result.of:
        raise Rewritten
    return drill.script(result.story, result.seed)


def answer(session: Session, result: DrillResult, drill: Drill, given: Mapping[str, str]) -> None:
    """Grade these answers, once; raises AnsweredAlready or Rewritten."""
    script, number, account_id = script_of(result, drill), result.id, result.account_id
    graded = [_graded(session, result, script, question, given.get(question.key)) for question in script.questions]
    session.rollback()
    write_aside(session, account_id)
    held = session.get_one(DrillResult, number, with_for_update=True, populate_existing=True)
    if held.answered_datetime is not None:
        session.rollback()
        raise AnsweredAlready
    held.answers, held.score = graded, sum(each["is_right"] for each in graded)
    held.answered_datetime = wall_now()
    session.commit()


def _stories(session: Session, account_id: int, user_id: int, drill: Drill) -> list[str]:
    last = next((each for each in results_of(session, account_id, user_id) if each.drill == drill.key), None)
    return [story for story in drill.stories if last is None or story != last.story] or list(drill.stories)


def _graded(
    session: Session, result: DrillResult, script: Script, question: Question, given: str | None
) -> dict[str, Any]:
    answer = script.answers[question.key]
    after, upto = result.played["marks"][answer.mark]
    line = next(
        (row.id for row in showing.found(session, result.sandbox_id, after, upto) if row.type == answer.type), None
    )
    return {
        "asked": question.ask, "given": given, "right": answer.right, "is_right": given == answer.right,
        "reason": answer.because, "event_id": line,
    }  # fmt: skip
