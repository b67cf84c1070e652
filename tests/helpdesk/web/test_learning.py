"""Lessons and drills as pages: nothing is done twice, nothing gives an answer away, and nobody sees another's."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.action import enter as look_into
from audit.clock import wall_now
from audit.log import event_table
from helpdesk.models import DrillResult, LessonRun, Role, Ticket
from seeds import drill_runs, sandbox
from seeds.drills import load_drills
from seeds.lessons import load_lessons
from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser, hire

LESSON = "/learn/lessons/a-day"
DRILL = "/learn/drills/gone"


def test_a_step_is_guessed_first_taken_once_and_found_again(desk: Desk, enter: Callable[[str], Browser]) -> None:
    ana, before = enter("ana@demo.example"), desk.last_event_id()
    assert "Begin" in ana.get(LESSON).text
    for _ in range(2):
        assert ana.post(f"{LESSON}/begin", run="").status_code == 303
    run = _run(desk)
    assert run.learner_id == desk.ana_id
    unguessed = _take(desk, ana, 0)
    assert unguessed.status_code == 422
    assert "Nothing was done yet." in unguessed.text
    assert _take(desk, ana, 0, "ticket-created").headers["Location"] == f"{LESSON}#now"
    page = ana.get(LESSON).text
    assert "you said so" in page
    assert "you missed it" in page
    assert 'value="1"' in page, "the next step waits"
    again = _take(desk, ana, 0, "ticket-created")
    assert again.status_code == 409
    assert "Nothing was done twice." in again.text
    assert _take(desk, ana, 99).status_code == 404
    assert ana.get("/learn/lessons/no-such").status_code == 404
    assert len(_run(desk).steps) == 1
    assert desk.last_event_id() == before, "nothing of it happens on the desk itself"


def test_a_lesson_shows_its_sandbox_and_leads_nowhere_else(desk: Desk, enter: Callable[[str], Browser]) -> None:
    observer = enter(hire(desk, Role.OBSERVER))
    observer.post(f"{LESSON}/begin", run="")
    _take(desk, observer, 0, "ticket-created")
    page = observer.get(f"{LESSON}?beside=log").text
    lines = re.findall(rf'href="({LESSON}/lines/\d+)"', page)
    assert lines
    assert "/settings/audit/events/ticket-created" in page, "what an event means is everybody's"
    assert not re.search(r'href="/settings/audit/events/\d', page)
    story = observer.fragment(lines[0])
    assert "Why it happened" in story.text
    assert "/settings/audit?" not in story.text
    assert observer.get(lines[0]).status_code == 200
    assert observer.get(f"{LESSON}/lines/1").status_code == 404, "what is not of this lesson is not shown"
    ticket = _run(desk).props["ticket"]["mug"]
    assert "My mug came broken" in observer.fragment(f"{LESSON}?beside=ticket:mug").text
    assert observer.get(f"/tickets/{ticket}").status_code == 404
    assert enter("ben@demo.example").get(lines[0]).status_code == 404


def test_a_sandbox_that_was_put_away_says_so_and_begins_anew(
    desk: Desk, enter: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = enter("ana@demo.example")
    ana.post(f"{LESSON}/begin", run="")
    _take(desk, ana, 0, "ticket-created")
    left = _run(desk).id
    for days, is_left in ((1, False), (3, True)):
        monkeypatch.setattr(sandbox, "wall_now", lambda days=days: wall_now() + timedelta(days=days))
        desk.session.rollback()
        sandbox.sweep(desk.session)
        assert ("The sandbox of this lesson was put away" in ana.get(LESSON).text) is is_left
    refused = _take(desk, ana, 1, "ticket-closed")
    assert refused.status_code == 409
    assert "begin again to go on" in refused.text
    assert "The log says" in refused.text, "what was done is still here to read"
    monkeypatch.undo()
    ana.post(f"{LESSON}/begin", run=str(left))
    assert (_run(desk).id != left, _run(desk).steps) == (True, [])
    stale = ana.post(f"{LESSON}/take", run=left, step=1, guess="ticket-closed")
    assert stale.status_code == 409
    assert "begun anew in another tab" in stale.text
    assert _run(desk).steps == []


def test_a_drill_cannot_be_solved_from_its_page_nor_from_the_tickets(
    desk: Desk, enter: Callable[[str], Browser]
) -> None:
    ana, ben = enter("ana@demo.example"), enter("ben@demo.example")
    address = ana.post(f"{DRILL}/begin").headers["Location"]
    result = _result(desk)
    drill = load_drills()["gone"]
    script = drill_runs.script_of(result, drill)
    page = unescape(ana.get(address).text)
    assert str(result.seed) not in page
    for secret in (script.tells, *(answer.because for answer in script.answers.values())):
        assert secret not in page
    for question in script.questions:
        found = re.findall(rf'name="{question.key}" value="([^"]*)"([^>]*)>', page)
        assert [value for value, _ in found] == sorted(question.choices, key=str.casefold)
        assert {rest for _, rest in found} == {" required "}
    look_into(desk.session, result.sandbox_id)
    number = desk.session.scalar(select(Ticket.id)) or 1
    own = event_table.c.account_id == result.sandbox_id
    first, last = (
        desk.session.scalar(select(event_table.c.id).where(own).order_by(order).limit(1))
        for order in (event_table.c.id, event_table.c.id.desc())
    )
    desk.session.rollback()
    hidden = (f"/tickets/{number}", f"{address}/lines/{first}", f"{address}/lines/{last}", "/learn/drills/tags/1")
    assert {ana.get(path).status_code for path in hidden} == {404}
    assert ana.fragment(f"{address}/lines/{result.played['upto']}").status_code == 200
    assert {ben.get(address).status_code, ben.post(f"{address}/answer").status_code} == {404}


def test_answers_are_graded_once(desk: Desk, enter: Callable[[str], Browser]) -> None:
    ana = enter("ana@demo.example")
    address = ana.post(f"{DRILL}/begin").headers["Location"]
    script = drill_runs.script_of(_result(desk), load_drills()["gone"])
    right = {key: answer.right for key, answer in script.answers.items()}
    assert ana.post(f"{address}/answer", **{**right, "who": "Somebody"}).status_code == 422
    assert _result(desk).answered_datetime is None
    assert ana.post(f"{address}/answer", **right).status_code == 303
    page = unescape(ana.get(address).text)
    assert "3 of 3 right" in page
    assert script.tells in page
    assert script.answers["fate"].because in page
    again = ana.post(f"{address}/answer", **dict.fromkeys(right, "Ada"))
    assert again.status_code == 409
    assert "The first answers stand" in again.text
    assert (_result(desk).score, _result(desk).of) == (3, 3)
    assert "3 of 3" in ana.get("/learn/drills").text


def test_every_lesson_and_drill_is_on_its_list(client: Browser) -> None:
    lessons, drills = client.get("/learn/lessons").text, client.get("/learn/drills").text
    assert all(lesson.title in unescape(lessons) for lesson in load_lessons().values())
    assert all(drill.title in unescape(drills) for drill in load_drills().values())
    assert (len(load_lessons()) >= 8, len(load_drills()) >= 6) == (True, True)


def _take(desk: Desk, browser: Browser, place: int, *guess: str) -> TestResponse:
    return browser.post(f"{LESSON}/take", run=_run(desk).id, step=place, guess=[*guess])


def _run(desk: Desk) -> LessonRun:
    desk.session.rollback()
    look_into(desk.session, None)
    runs = desk.session.scalars(select(LessonRun).order_by(LessonRun.id.desc())).all()
    look_into(desk.session, desk.account_id)
    return runs[0]


def _result(desk: Desk) -> DrillResult:
    desk.session.rollback()
    look_into(desk.session, desk.account_id)
    return desk.session.scalars(select(DrillResult).order_by(DrillResult.id.desc())).all()[0]
