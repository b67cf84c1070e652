"""Satisfaction surveys: who is asked, by which mail, and what an answer leaves in the log."""

import re
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import begin
from audit.ledger import together
from automation import timers
from helpdesk import customers, merging, settings, surveys, tickets, tokens
from helpdesk.events import TICKET_SATISFACTION_SURVEY_SKIPPED
from helpdesk.events.ticket import SURVEY_REASONS
from helpdesk.models import Delivery, SatisfactionSurvey
from helpdesk.refusals import Refused
from tests.desks import TUESDAY, Desk

DAY = timedelta(days=1)
ASKING = {"enabled": True, "delay_hours": 24}


def ask_customers(desk: Desk, **other: object) -> None:
    """Surveys are switched on."""
    with desk.acting():
        settings.change(desk.account, "satisfaction-surveys", {**ASKING, **other}, by=desk.by_admin)


def close(desk: Desk, number: int) -> None:
    """Ana closes a ticket."""
    with desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ana)


def let_a_day_pass(desk: Desk) -> None:
    """And what falls due in it happens."""
    desk.move_clock(DAY)
    timers.play_due(desk.session, desk.account_id)


def sent(desk: Desk, subject: str = "Where is my order?") -> tuple[int, str]:
    """A ticket whose survey was sent, and the token in the mail."""
    number = desk.a_ticket(subject).id
    close(desk, number)
    let_a_day_pass(desk)
    return number, token_in(the_letter(desk, number))


def the_letter(desk: Desk, number: int) -> Delivery:
    """The mail that was queued for a ticket."""
    desk.session.rollback()
    wanted = select(Delivery).where(Delivery.ticket_id == number, Delivery.stable_id.startswith("survey."))
    return desk.session.scalars(wanted).one()


def token_in(letter: Delivery) -> str:
    """The token in its link."""
    (token,) = re.findall(r"http://127\.0\.0\.1:8000/survey/(\S+)", letter.payload["body_text"])
    return token


def survey_of(desk: Desk, number: int) -> SatisfactionSurvey | None:
    """The survey on a ticket."""
    desk.session.rollback()
    return desk.session.scalar(select(SatisfactionSurvey).where(SatisfactionSurvey.ticket_id == number))


def test_nobody_is_asked_where_surveys_are_off(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail:
        close(desk, number)
        let_a_day_pass(desk)
    assert trail.types == ["ticket-updated", "ticket-closed"]


def test_the_mail_says_who_asks_about_what_and_where_to_answer(desk: Desk) -> None:
    ask_customers(desk)
    number, token = sent(desk, "Where is my {order} 100%?")
    letter = the_letter(desk, number)
    assert (letter.recipient, letter.payload["to_name"]) == ("carol@mail.example", "Carol Diaz")
    assert letter.payload["subject"] == f"Demo shop: how was it? [#{number}]"
    assert "Hello Carol," in letter.payload["body_text"]
    assert "“Where is my {order} 100%?”" in letter.payload["body_text"]
    assert letter.created_datetime == TUESDAY + DAY
    assert len(token) > 40


def test_the_token_is_stored_nowhere_but_in_the_mail(desk: Desk) -> None:
    ask_customers(desk)
    with desk.watched() as trail:
        number, token = sent(desk)
    survey = survey_of(desk, number)
    assert survey is not None
    assert survey.answer_digest == tokens.digest(token)
    changes = trail["satisfaction-survey-sent"].changes[f"SatisfactionSurvey:{survey.id}"]
    assert set(changes) == {"answer_digest", "sent_datetime", "should_send_datetime"}
    assert "$secret" in changes["answer_digest"][1]
    assert all(token not in str(event.changes) and token not in str(event.data) for event in trail.events)


def test_it_is_sent_at_its_time_however_late_and_says_so(desk: Desk) -> None:
    ask_customers(desk, delay_hours=3)
    number = desk.a_ticket().id
    close(desk, number)
    desk.move_clock(10 * DAY)
    with desk.watched() as trail:
        assert timers.play_due(desk.session, desk.account_id) == 1
        assert timers.play_due(desk.session, desk.account_id) == 0
    event = trail["satisfaction-survey-sent"]
    assert event.created_datetime == TUESDAY + timedelta(hours=3)
    assert (event.user_id, event.actor_kind, event.actor_name, event.source) == (
        None, "schedule", "survey timer", "automation",
    )  # fmt: skip
    survey = survey_of(desk, number)
    assert survey is not None
    assert (survey.sent_datetime, survey.should_send_datetime) == (TUESDAY + timedelta(hours=3), None)


def test_an_answer_is_the_customers_and_comes_once(desk: Desk) -> None:
    ask_customers(desk)
    number, token = sent(desk)
    with desk.watched() as trail, desk.acting():
        survey = surveys.find(desk.session, token)
        assert survey is not None
        surveys.respond(survey, 4, " Good.\r\nReally \x00good. ", by=surveys.asked(survey))
    event = trail["satisfaction-survey-responded"]
    assert trail.types == ["satisfaction-survey-responded"]
    assert (event.user_id, event.actor_kind, event.actor_id, event.actor_name) == (
        None, "customer", desk.carol_id, "Carol Diaz",
    )  # fmt: skip
    answered = survey_of(desk, number)
    assert answered is not None
    assert (answered.score, answered.body_text) == (4, "Good.\nReally good.")
    with desk.acting():
        again = surveys.find(desk.session, token)
        assert again is not None
        with pytest.raises(Refused, match="answered already"):
            surveys.respond(again, 5, "", by=desk.by_carol)


@pytest.mark.parametrize("token", ["", "-", "x", "1", "1-", "0-x", "-1-x", "zz-x", "f" * 500, "7fffffffffffffff-x"])
def test_a_made_up_link_finds_nothing(desk: Desk, token: str) -> None:
    ask_customers(desk)
    sent(desk)
    begin(desk.session, None, source="web")
    assert surveys.find(desk.session, token) is None
    desk.session.rollback()


def test_a_survey_that_was_not_sent_has_no_link(desk: Desk) -> None:
    ask_customers(desk)
    number = desk.a_ticket().id
    close(desk, number)
    survey = survey_of(desk, number)
    assert survey is not None
    assert surveys.find(desk.session, f"{survey.id:x}-") is None
    assert surveys.find(desk.session, f"{survey.id:x}-anything") is None


def test_the_one_whose_ticket_it_is_by_then_is_asked(desk: Desk) -> None:
    ask_customers(desk)
    number = desk.a_ticket().id
    close(desk, number)
    with desk.acting():
        dora = customers.create(desk.account, name="Dora", email="dora@mail.example", by=desk.by_ana)
        tickets.swap_customer(desk.ticket(number), dora, by=desk.by_ana)
        dora_id = dora.id
    with desk.watched() as trail:
        let_a_day_pass(desk)
    assert the_letter(desk, number).recipient == "dora@mail.example"
    survey = survey_of(desk, number)
    assert survey is not None
    changes = trail["satisfaction-survey-sent"].changes[f"SatisfactionSurvey:{survey.id}"]
    assert changes["customer_id"] == [desk.carol_id, dora_id]
    assert surveys.asked(survey).name == "Dora"


def test_a_withdrawn_survey_is_gone_and_its_event_says_what_it_was(desk: Desk) -> None:
    ask_customers(desk)
    number = desk.a_ticket().id
    close(desk, number)
    with desk.acting():
        tickets.reopen(desk.ticket(number), by=desk.by_ana)
    survey = survey_of(desk, number)
    assert survey is not None
    key = f"SatisfactionSurvey:{survey.id}"
    with desk.watched() as trail:
        let_a_day_pass(desk)
    event = trail["ticket-satisfaction-survey-skipped"]
    assert event.created_datetime == TUESDAY + DAY
    assert (event.actor_kind, event.actor_name, event.data) == ("schedule", "survey timer", {"reasons": ["reopened"]})
    assert event.changes[key]["id"] == [survey.id, None]
    assert survey_of(desk, number) is None


def test_several_reasons_are_all_told(desk: Desk) -> None:
    ask_customers(desk)
    number = desk.a_ticket().id
    close(desk, number)
    with desk.acting():
        tickets.reopen(desk.ticket(number), by=desk.by_ana)
        tickets.mark_spam(desk.ticket(number), by=desk.by_ana)
    with desk.watched() as trail:
        let_a_day_pass(desk)
    assert trail["ticket-satisfaction-survey-skipped"].data == {"reasons": ["spam", "reopened"]}


@pytest.mark.parametrize("by_merge", [False, True])
def test_a_survey_that_waits_goes_with_its_ticket(desk: Desk, by_merge: bool) -> None:
    ask_customers(desk)
    number, other = desk.a_ticket().id, desk.a_ticket("Another").id
    close(desk, number)
    survey = survey_of(desk, number)
    assert survey is not None
    key = f"SatisfactionSurvey:{survey.id}"
    with desk.watched() as trail, desk.acting():
        ticket = desk.ticket(number)
        if by_merge:
            into = desk.ticket(other)
            merging.merge(ticket, into, subject="One", customer=desk.carol, assignee=None, by=desk.by_ana)
        else:
            tickets.erase(ticket, by=desk.by_ana)
    assert key in trail["ticket-deleted"].changes
    with desk.watched() as trail:
        let_a_day_pass(desk)
    assert trail.types == []


def test_made_and_gone_in_one_action_it_was_made_first(desk: Desk) -> None:
    ask_customers(desk)
    number = desk.a_ticket().id
    with desk.watched() as trail, desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ana)
        tickets.erase(desk.ticket(number), by=desk.by_ana)
    assert trail.types == ["satisfaction-survey-created", "ticket-closed", "ticket-deleted"]


def test_an_answer_outlives_its_ticket(desk: Desk) -> None:
    ask_customers(desk)
    number, token = sent(desk)
    with desk.acting():
        tickets.erase(desk.ticket(number), by=desk.by_ana)
    with desk.acting():
        survey = surveys.find(desk.session, token)
        assert survey is not None
        surveys.respond(survey, 2, "", by=surveys.asked(survey))
    answered = survey_of(desk, number)
    assert answered is not None
    assert answered.score == 2


@pytest.mark.parametrize("how", [together, lambda _session: nullcontext()], ids=["together", "one by one"])
def test_many_closed_at_once_are_all_asked_once(desk: Desk, how: Callable[[Session], Any]) -> None:
    ask_customers(desk)
    numbers = [desk.a_ticket(f"Ticket {index}").id for index in range(7)]
    with desk.watched() as trail, desk.acting():
        found = [desk.ticket(number) for number in numbers]
        with how(desk.session):
            for ticket in found:
                tickets.close(ticket, by=desk.by_ana)
    assert Counter(trail.types) == {"ticket-updated": 7, "ticket-closed": 7, "satisfaction-survey-created": 7}
    with desk.watched() as trail:
        let_a_day_pass(desk)
    assert trail.types == ["satisfaction-survey-sent"] * 7
    assert len({event.context for event in trail.events}) == 7
    letters = desk.session.scalars(select(Delivery).where(Delivery.stable_id.startswith("survey."))).all()
    assert len({token_in(letter) for letter in letters}) == 7


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        (["spam"], "The ticket is marked as spam"),
        (["spam", "trashed"], "The ticket is marked as spam and the ticket lies in the trash"),
        (["something-new"], "Something-new"),
        ([], ""),
        (None, ""),
    ],
)
def test_reasons_are_told_in_words(reasons: object, words: str) -> None:
    assert TICKET_SATISFACTION_SURVEY_SKIPPED.tell_data is not None
    assert TICKET_SATISFACTION_SURVEY_SKIPPED.tell_data({"reasons": reasons}) == words


@pytest.mark.parametrize("reason", SURVEY_REASONS)
def test_no_reason_has_words_that_no_verb_gives(reason: str) -> None:
    assert f'"{reason}"' in Path(surveys.__file__).read_text(encoding="utf-8")
