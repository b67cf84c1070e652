"""Satisfaction surveys by API: their shape, what each call writes, what is settled, who may."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from audit.rest.shapes import write_moment
from helpdesk.models import Delivery
from tests.desks import Desk
from tests.helpdesk.api.programs import Program
from tests.helpdesk.api.shapes import SURVEY, fits

CREATED, SENT, ANSWERED = (f"satisfaction-survey-{word}" for word in ("created", "sent", "responded"))


def test_surveys(desk: Desk, api: Program) -> None:
    ticket, other = desk.a_ticket(), desk.a_ticket()
    about = {"ticket_id": ticket.id, "customer_id": ticket.customer_id}
    elsewhere = {"ticket_id": other.id, "customer_id": other.customer_id}
    at = write_moment(desk.now() - timedelta(hours=1))
    with desk.watched() as trail:
        survey = api.post("/satisfaction-surveys", {**about, "meta": {"from": "till"}})
        assert fits(survey, SURVEY)
        assert (survey["score"], survey["sent_datetime"], survey["should_send_datetime"]) == (None, None, None)
        path = f"/satisfaction-surveys/{survey['id']}"
        sent = api.put(path, {**about, "sent_datetime": at, "meta": {"from": "shop"}})
        assert (sent["sent_datetime"], sent["meta"]) == (at, {"from": "shop"})
        answered = api.put(path, {"score": 4, "body_text": " Fine <b>\n"})
        assert fits(answered, SURVEY)
        assert (answered["score"], answered["body_text"]) == (4, "Fine <b>")
        assert api.put(path, {key: answered[key] for key in answered if key not in ("id", "uri")}) == answered
        assert api.get(f"/tickets/{ticket.id}")["satisfaction_survey"] == answered
    assert trail.types == [CREATED, SENT, ANSWERED]
    assert len(trail.contexts) == 3
    with desk.watched() as trail:
        whole = api.post(
            "/satisfaction-surveys", {**elsewhere, "score": 1, "sent_datetime": at, "created_datetime": at}
        )
        assert (whole["created_datetime"], whole["sent_datetime"]) == (at, at)
    assert (trail.types, len(trail.contexts)) == ([CREATED, SENT, ANSWERED], 1)
    assert [row["id"] for row in api.get("/satisfaction-surveys")["data"]] == [survey["id"], whole["id"]]
    assert desk.session.query(Delivery).filter_by(ticket_id=ticket.id, kind="survey").count() == 0


def test_surveys_that_cannot_be(desk: Desk, api: Program, program: Callable[[str], Program]) -> None:
    ticket = desk.a_ticket()
    about = {"ticket_id": ticket.id, "customer_id": ticket.customer_id}
    later = write_moment(desk.now() + timedelta(hours=1))
    wrong: dict[str, Any]
    ana = program("ana")
    survey = api.post("/satisfaction-surveys", {**about, "should_send_datetime": later})
    assert survey["should_send_datetime"] == later
    path = f"/satisfaction-surveys/{survey['id']}"
    with desk.watched() as trail:
        assert api.fail("POST", "/satisfaction-surveys", about)[0] == 409
        for wrong in ({}, {**about, "ticket_id": 999}, {**about, "customer_id": 999}, {**about, "body_text": "x"}):
            assert api.fail("POST", "/satisfaction-surveys", wrong)[0] in (400, 409), wrong
        for wrong in (
            {"score": 0}, {"score": 6}, {"score": "5"}, {"body_text": "no score"}, {"body_text": "x" * 1001},
            {"meta": {"alone": 1}}, {"ticket_id": ticket.id + 1}, {"customer_id": 999}, {"should_send_datetime": None},
        ):  # fmt: skip
            assert api.fail("PUT", path, wrong)[0] == 400, wrong
        assert api.fail("DELETE", path)[0] == 405
        assert ana.fail("GET", path)[0] == 403
    assert trail.types == []
    with desk.watched() as trail:
        api.put(path, {"sent_datetime": later, "should_send_datetime": later})  # a clock that is fast
        assert api.fail("PUT", path, {"sent_datetime": None})[0] == 400
        answered = api.put(path, {"score": 5})
        assert api.put(path, {"should_send_datetime": later}) == answered, "it was sent, and when is forgotten"
        for wrong in ({"score": None}, {"meta": {"alone": 1}}, {"sent_datetime": None}):
            assert api.fail("PUT", path, wrong)[0] == 400, wrong
    assert trail.types == [SENT, ANSWERED]


def test_another_answer_is_told_as_another_answer(desk: Desk, api: Program) -> None:
    """By a program that sends what changed, and by one that sends the whole with both numbers."""
    ticket = desk.a_ticket()
    about = {"ticket_id": ticket.id, "customer_id": ticket.customer_id}
    survey = api.post("/satisfaction-surveys", {**about, "score": 2, "body_text": "Slow"})
    path, row = f"/satisfaction-surveys/{survey['id']}", f"SatisfactionSurvey:{survey['id']}"
    with desk.watched() as trail:
        again = api.put(path, {**survey, "score": 4})
        assert (again["score"], again["body_text"], again["scored_datetime"]) == (4, "Slow", survey["scored_datetime"])
        assert api.put(path, {**about, "score": 4, "body_text": "Slow"}) == again
        assert api.put(path, {"body_text": None})["score"] == 4
    assert trail.types == [ANSWERED, ANSWERED]
    assert [event.changes[row] for event in trail.events] == [{"score": [2, 4]}, {"body_text": ["Slow", None]}]
