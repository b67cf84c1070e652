"""Lessons and drills in a browser: a lesson is played to its end by clicking, a drill solved right and solved wrong."""

import re

import pytest
from playwright.sync_api import Page, expect

from helpdesk.models import DrillResult
from seeds import drill_runs
from seeds.drills import load_drills
from seeds.lessons import load_lessons
from tests.browser.conftest import House
from tests.browser.looks import complaints


def test_a_lesson_is_played_to_its_end_by_clicking(house: House, ben: Page) -> None:
    lesson, before = load_lessons()["merge"], house.desk.last_event_id()
    ben.goto("/tickets")
    ben.get_by_role("link", name="Lessons").first.click()
    ben.get_by_role("link", name=lesson.title).click()
    ben.get_by_role("button", name="Begin", exact=True).click()
    for number, step in enumerate(lesson.steps, 1):
        expect(ben.locator("#next-heading")).to_contain_text(step.title)
        for choice in step.guess.choices if step.guess else ():
            if choice.is_right:
                ben.get_by_label(choice.words, exact=True).check()
        ben.get_by_role("button", name=step.button).click()
        taken = ben.locator(f"[data-step='{number}']")
        expect(taken).to_be_visible(timeout=30_000)
        if step.guess:
            expect(taken.locator(".verdict-badly")).to_have_count(0)
        if number == 1:
            assert complaints(ben) == []
            ben.get_by_role("link", name="Audit log", exact=True).click()
            row = ben.locator("#beside tr.event").filter(has_text="Ticket deleted")
            row.locator("[data-toggle]").focus()
            ben.keyboard.press("Enter")
            expect(ben.locator("#beside .story-body")).to_contain_text("Ticket merged")
    expect(ben.locator("[data-end]")).to_contain_text("That was the lesson")
    ben.reload()
    expect(ben.locator("[data-end]")).to_be_visible()
    assert house.desk.last_event_id() == before, "nothing of it happened on the desk itself"


@pytest.mark.parametrize("is_right", [True, False], ids=["right", "wrong"])
def test_a_drill_is_solved(house: House, ben: Page, is_right: bool) -> None:
    drill = load_drills()["gone"]
    ben.goto("/learn/drills")
    ben.get_by_role("button", name=re.compile(rf"(Take it|Another one).*{re.escape(drill.title)}")).click()
    expect(ben.get_by_role("heading", level=1)).to_have_text(drill.title, timeout=30_000)
    script = drill_runs.script_of(_newest(house), drill)
    ben.locator("[data-toggle]").first.click()
    expect(ben.locator(".story-body")).to_contain_text("Occurred")
    assert complaints(ben) == []
    for question in script.questions:
        right = script.answers[question.key].right
        said = right if is_right else next(choice for choice in question.choices if choice != right)
        ben.get_by_role("group", name=question.ask).get_by_label(said, exact=True).check()
    ben.get_by_role("button", name="Say what happened").click()
    grade = ben.locator("#grade")
    expect(grade).to_contain_text(f"{len(script.questions) if is_right else 0} of {len(script.questions)} right")
    for answer in script.answers.values():
        expect(grade).to_contain_text(answer.because)
    grade.get_by_role("link", name="The line that says so").first.click()
    expect(ben.locator("tr.event:target")).to_be_visible()
    assert complaints(ben) == []


def _newest(house: House) -> DrillResult:
    house.desk.session.rollback()
    return drill_runs.results_of(house.desk.session, house.desk.account_id, house.desk.ben_id)[0]
