"""The page on which a customer answers, the list in which the team reads it, and the chip on the ticket."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from automation import rules as runner
from automation import timers
from helpdesk import accounts, customers, rules, surveys, tickets
from helpdesk.models import Role, SatisfactionSurvey
from helpdesk.web import keyset
from tests.desks import Desk, open_desk
from tests.helpdesk.test_surveys import ask_customers, close, let_a_day_pass, sent
from tests.helpdesk.web.browsers import Browser, hire, statements

HOSTILE = [
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "'; DROP TABLE survey; --",
    "x\r\nBcc: everybody@mail.example",
    "\u202egnp.exe",
    "🏺" * 500,
    "nul \x00 bell \x07",
]


@pytest.fixture
def asked(desk: Desk) -> tuple[int, str]:
    """A ticket whose customer was asked, and the way to the page."""
    ask_customers(desk)
    number, token = sent(desk, "Where is my secret order?")
    return number, f"/survey/{token}"


def answer_of(desk: Desk, number: int) -> tuple[int | None, str | None]:
    """Score and comment."""
    desk.session.rollback()
    survey = desk.session.scalars(select(SatisfactionSurvey).where(SatisfactionSurvey.ticket_id == number)).one()
    return survey.score, survey.body_text


# ── The customer ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_customer_answers_without_logging_in(desk: Desk, asked: tuple[int, str], stranger: Browser) -> None:
    number, address = asked
    with desk.watched() as trail:
        page = stranger.get(address)
        assert page.status_code == 200
        assert trail.events == desk.events_after(desk.last_event_id())
        done = stranger.post(address, score="5", body_text="Wonderful!")
    assert (done.status_code, done.headers["Location"]) == (303, address)
    assert trail.actors == [("satisfaction-survey-responded", "customer")]
    event = trail["satisfaction-survey-responded"]
    assert (event.user_id, event.actor_id, event.actor_name, event.source) == (None, desk.carol_id, "Carol Diaz", "web")
    assert answer_of(desk, number) == (5, "Wonderful!")
    assert b"Thank you" in stranger.get(address).data


def test_looking_changes_nothing(desk: Desk, asked: tuple[int, str], stranger: Browser) -> None:
    with desk.watched() as trail:
        for _ in range(3):
            stranger.get(asked[1])
        stranger.client.head(asked[1])
    assert trail.types == []


def test_a_stranger_with_the_link_learns_nothing_but_the_desks_name(asked: tuple[int, str], stranger: Browser) -> None:
    text = stranger.get(asked[1]).get_data(as_text=True)
    assert "Demo shop" in text
    for told in (
        "Carol",
        "carol@mail.example",
        "secret order",
        f"#{asked[0]}",
        "Ana",
        "support@demo.example",
        "/tickets",
    ):
        assert told not in text
    stranger.post(asked[1], score="2", body_text="Not for everybody's eyes")
    after = stranger.get(asked[1]).get_data(as_text=True)
    assert "everybody" not in after
    main = re.search(r"<main.*</main>", after, re.DOTALL)
    assert main is not None
    assert not re.search(r"[0-9★]", re.sub(r"<[^>]+>", "", main[0])), "nor which score it was"


def test_an_answer_on_the_page_sets_a_rule_off(desk: Desk, asked: tuple[int, str], stranger: Browser) -> None:
    number, address = asked
    code = "if (eq(ticket.status, 'closed')) { Action('addTags', {tags: 'rated'}) }"
    with desk.acting():
        shape = rules.Shape(name="Stars", code=code, event_types=("satisfaction-survey-responded",))
        rules.create(desk.account, shape, by=desk.by_admin)
    with desk.watched() as trail:
        stranger.post(address, score="2", body_text="Slow")
        runner.settle(desk.session, desk.account_id)
    assert trail.actors[0] == ("satisfaction-survey-responded", "customer")
    assert {kind for _type, kind in trail.actors[1:]} == {"rule"}
    assert trail["rule-executed"].cause_id == trail.events[0].id
    assert [tag.name for tag in desk.ticket(number).tags] == ["rated"]


def test_it_is_answered_once(desk: Desk, asked: tuple[int, str], stranger: Browser) -> None:
    stranger.post(asked[1], score="4")
    with desk.watched() as trail:
        again = stranger.post(asked[1], score="1", body_text="After all")
    assert again.status_code == 409
    assert b"answered once. Nothing was changed." in again.data
    assert trail.types == []
    assert answer_of(desk, asked[0]) == (4, None)


@pytest.mark.parametrize("score", ["", "0", "6", "-1", "5.0", "five", "٥", "5" * 400])
def test_a_score_is_one_to_five_stars(desk: Desk, asked: tuple[int, str], stranger: Browser, score: str) -> None:
    with desk.watched() as trail:
        response = stranger.post(asked[1], score=score, body_text="I typed a lot")
    assert response.status_code == 422
    assert b"Choose one to five stars." in response.data
    assert b"I typed a lot" in response.data
    assert trail.types == []


def test_a_comment_has_a_thousand_characters_however_lines_end(
    desk: Desk, asked: tuple[int, str], stranger: Browser
) -> None:
    too_long = stranger.post(asked[1], score="3", body_text="x" * 10_000)
    assert too_long.status_code == 422
    assert b"at most 1,000 characters" in too_long.data
    just_too_long = stranger.post(asked[1], score="3", body_text="x" * 1001)
    assert just_too_long.status_code == 409
    assert b"this one has 1,001" in just_too_long.data
    lines = "\r\n".join(["x" * 9] * 100)
    assert stranger.post(asked[1], score="3", body_text=lines).status_code == 303
    assert answer_of(desk, asked[0])[1] == "\n".join(["x" * 9] * 100)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_comment_is_text_and_nothing_else(
    desk: Desk, asked: tuple[int, str], stranger: Browser, client: Browser, text: str
) -> None:
    assert stranger.post(asked[1], score="3", body_text=text).status_code == 303
    kept = answer_of(desk, asked[0])[1]
    assert kept is not None
    assert "\x00" not in kept
    for address in ("/settings/surveys", f"/tickets/{asked[0]}"):
        shown = client.get(address).get_data(as_text=True)
        assert "<script>alert" not in shown
        assert kept in unescape(shown)


@pytest.mark.parametrize("token", ["x", "1-x", "%2e%2e", "1" * 3000, "0-", "<script>"])
def test_a_link_that_leads_nowhere_says_so(desk: Desk, stranger: Browser, token: str) -> None:
    for response in (stranger.get(f"/survey/{token}"), stranger.post(f"/survey/{token}", score="5")):
        assert response.status_code == 404
        assert b"This link leads nowhere" in response.data
        assert b"Demo shop" not in response.data


def test_a_link_cut_short_or_of_another_survey_opens_nothing(
    desk: Desk, asked: tuple[int, str], stranger: Browser
) -> None:
    _, other = sent(desk, "Another")
    number, _, secret = asked[1].partition("-")
    assert stranger.get(asked[1][:-1]).status_code == 404
    assert stranger.get(f"/survey/{other.partition('-')[0]}-{secret}").status_code == 404
    assert stranger.get(number).status_code == 404


def test_a_link_ends_after_a_month_of_desk_time(desk: Desk, asked: tuple[int, str], stranger: Browser) -> None:
    desk.move_clock(surveys.LINK_LASTS)
    assert stranger.get(asked[1]).status_code == 200
    desk.move_clock(timedelta(seconds=1))
    with desk.watched() as trail:
        for response in (stranger.get(asked[1]), stranger.post(asked[1], score="5")):
            assert response.status_code == 410
            assert b"This survey is over" in response.data
    assert trail.types == []


def test_a_deactivated_desk_asks_nobody(desk: Desk, asked: tuple[int, str], stranger: Browser) -> None:
    from audit.actors import Actor

    with desk.acting():
        accounts.deactivate(desk.account, by=Actor.user(desk.owner))
    assert stranger.get(asked[1]).status_code == 410
    assert stranger.post(asked[1], score="5").status_code == 410


def test_a_team_member_who_tries_the_link_is_told_nothing_else(asked: tuple[int, str], client: Browser) -> None:
    page = client.get(asked[1])
    assert page.status_code == 200
    assert b"Olive" not in page.data


def test_the_form_needs_its_token(app: Flask, desk: Desk, asked: tuple[int, str], stranger: Browser) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    refused = stranger.post(asked[1], score="5", body_text="Typed with love")
    assert refused.status_code == 400
    assert b"Typed with love" in refused.data
    token = re.search(rb'name="csrf_token" value="([^"]+)"', stranger.get(asked[1]).data)
    assert token is not None
    assert stranger.post(asked[1], score="5", csrf_token=token[1].decode()).status_code == 303


# ── The team ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_says_who_answered_what(
    desk: Desk, asked: tuple[int, str], stranger: Browser, client: Browser
) -> None:
    stranger.post(asked[1], score="4", body_text="Good")
    _, second = sent(desk, "Another")
    stranger.post(f"/survey/{second}", score="1")
    text = client.get("/settings/surveys").get_data(as_text=True)
    assert text.index("Another") < text.index("Where is my secret order?"), "the newest first"
    assert 'aria-label="4 of 5 stars"' in text
    assert "Carol Diaz" in text
    assert f'href="/tickets/{asked[0]}"' in text
    assert "2.5 <span" in text
    assert "100%" in text


def test_each_list_holds_its_own(desk: Desk, asked: tuple[int, str], client: Browser) -> None:
    number = desk.a_ticket("Still waits").id
    close(desk, number)
    waiting = client.get("/settings/surveys?show=waiting").get_data(as_text=True)
    assert "Still waits" in waiting
    assert "secret order" not in waiting
    unanswered = client.get("/settings/surveys?show=asked").get_data(as_text=True)
    assert "secret order" in unanswered
    assert "Still waits" not in unanswered
    assert client.get("/settings/surveys?show=nonsense").status_code == 404
    assert client.get("/settings/surveys?after=nonsense").status_code == 404


def test_an_empty_list_teaches(client: Browser) -> None:
    assert b"No customer has answered yet" in client.get("/settings/surveys").data
    assert b"none yet" in client.get("/settings/surveys").data


def test_what_is_gone_is_named_by_number(
    desk: Desk, asked: tuple[int, str], stranger: Browser, client: Browser
) -> None:
    stranger.post(asked[1], score="4")
    with desk.acting():
        tickets.erase(desk.ticket(asked[0]), by=desk.by_ana)
    text = client.get("/settings/surveys").get_data(as_text=True)
    assert f"#{asked[0]}, deleted" in text
    assert f'href="/tickets/{asked[0]}"' not in text


def test_a_long_list_is_read_in_stretches_and_costs_no_more(
    app: Flask, desk: Desk, client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset.stretch, "__defaults__", (3,))
    monkeypatch.setattr(keyset.ordered, "__defaults__", (3,))
    ask_customers(desk)
    numbers = [desk.a_ticket(f"Ticket {index}").id for index in range(8)]
    with desk.acting():
        for number in numbers:
            tickets.close(desk.ticket(number), by=desk.by_ana)
    let_a_day_pass(desk)
    address, seen = "/settings/surveys?show=asked", []
    while address:
        with statements(app) as told:
            text = client.fragment(address).get_data(as_text=True)
        assert len(told) <= 12, told
        seen += [int(number) for number in re.findall(r'href="/tickets/(\d+)"', text)]
        more = re.search(r'hx-get="(/settings/surveys[^"]+)"', text)
        address = unescape(more[1]) if more else ""
    assert seen == sorted(numbers, reverse=True)


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.OBSERVER, 403), (Role.LITE, 403), (Role.BASIC, 403), (Role.LEAD, 200), (Role.ADMIN, 200)],
)
def test_surveys_are_for_leads(desk: Desk, enter: Callable[[str], Browser], role: Role, status: int) -> None:
    assert enter(hire(desk, role)).get("/settings/surveys").status_code == status


def test_another_accounts_answers_are_not_shown(desk: Desk, stranger: Browser, client: Browser) -> None:
    twin = open_desk(desk.session, "twin")
    ask_customers(twin)
    _, token = sent(twin, "A twin's ticket")
    assert stranger.post(f"/survey/{token}", score="1", body_text="A twin's words").status_code == 303
    text = client.get("/settings/surveys").get_data(as_text=True)
    assert "twin" not in text
    assert "none yet" in text


def test_the_ticket_shows_how_its_survey_stands(app: Flask, desk: Desk, stranger: Browser, client: Browser) -> None:
    ask_customers(desk)
    number = desk.a_ticket().id
    address = f"/tickets/{number}"
    assert b"<dt>Survey</dt>" not in client.get(address).data
    close(desk, number)
    assert b"Will be asked Wed 4 Mar" in client.get(address).data
    let_a_day_pass(desk)
    assert b"Asked, no answer yet" in client.get(address).data
    with desk.acting():
        survey = desk.session.scalars(select(SatisfactionSurvey)).one()
        surveys.respond(survey, 5, "Great!", by=surveys.asked(survey))
    text = client.get(address).get_data(as_text=True)
    assert "★ 5 of 5" in text
    assert "<q>Great!</q>" in text
    with statements(app) as told:
        client.get(address)
    asked = [statement for statement in told if re.search(r"satisfaction_survey\w*\.body_text", statement)]
    assert len(asked) == 1, "it comes with the ticket"


def test_the_audit_page_tells_reasons_in_words(desk: Desk, client: Browser) -> None:
    ask_customers(desk)
    number = desk.a_ticket().id
    close(desk, number)
    with desk.acting():
        customers.update(desk.carol, {"email": None}, by=desk.by_ana)
    let_a_day_pass(desk)
    timers.play_due(desk.session, desk.account_id)
    text = client.get("/settings/audit?event=ticket-satisfaction-survey-skipped&api_only=1").get_data(as_text=True)
    assert "The customer has no e-mail address" in text
    assert "survey timer" in text
    story = re.search(r'href="(/settings/audit/events/\d+)"', text)
    assert story is not None
    assert "<p>The customer has no e-mail address</p>" in client.get(story[1]).get_data(as_text=True)
    trail = client.get(f"/tickets/{number}").get_data(as_text=True)
    assert "The customer has no e-mail address" in trail
