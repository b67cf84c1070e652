"""The desk clock's pages: who sees it, who moves it, what it says, and that nothing happens by halves."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from automation import clockwork, timers
from automation import jobs as machine
from automation.web import clock as pages
from helpdesk import rules, settings, tickets
from tests.desks import TUESDAY, Desk
from tests.helpdesk.web.browsers import Browser

DAY = timedelta(days=1)


def asleep(desk: Desk, *minutes: int) -> list[int]:
    """Tickets that wake after so many minutes."""
    numbers = [desk.a_ticket(f"Wakes after {each} minutes").id for each in minutes]
    with desk.acting() as action:
        for number, each in zip(numbers, minutes, strict=True):
            tickets.snooze(desk.ticket(number), action.at + timedelta(minutes=each), by=desk.by_ana)
    return numbers


def test_a_day_goes_by(desk: Desk, client: Browser) -> None:
    first, second = asleep(desk, 12, 100)
    page = client.get("/clock").text
    assert page.index(f"#{first}</a> wakes") < page.index(f"#{second}</a> wakes")
    assert f"next: #{first} wakes" in client.get("/tickets").text
    with desk.watched() as trail:
        answer = client.press("/clock/step")
        assert "It is Tue 3 Mar 2026, 09:12 now" in answer.text
        assert all(label in answer.text for label in ("Desk clock changed", "Ticket updated", "Ticket self unsnoozed"))
        assert f"next: #{second} wakes" in answer.text
        assert client.post("/clock/advance", span="1d").location == "/clock"
    assert (
        trail.lines
        == [
            ("desk-clock-changed", "Olive Owner"),
            ("ticket-updated", None),
            ("ticket-self-unsnoozed", None),
        ]
        * 2
    )
    assert {event.source for event in trail.events if event.user_id is not None} == {"web"}
    assert desk.now() == TUESDAY + timedelta(minutes=12) + DAY
    assert "Nothing waits for its time" in client.get("/clock").text


def test_its_speed_is_chosen(desk: Desk, client: Browser) -> None:
    for rate, said in (("1", "in real time"), ("60", "×60"), ("0", "The clock stands")):
        assert said in client.press("/clock/rate", rate=rate).text
    assert "Nothing changed, so no event was written" in client.press("/clock/rate", rate="0").text
    assert [event.data for event in desk.events_after() if event.type == "desk-clock-changed"] == [
        {"rate": [0, 1]},
        {"rate": [1, 60]},
        {"rate": [60, 0]},
    ]


def test_a_moment_is_meant_in_the_accounts_zone(desk: Desk, client: Browser) -> None:
    with desk.acting():
        hours = settings.read(desk.account, "business-hours") | {"timezone": "Europe/Berlin"}
        settings.change(desk.account, "business-hours", hours, by=desk.by_admin)
    assert "Wed 4 Mar 2026, 09:00 now" in client.press("/clock/advance", moment="2026-03-04T09:00").text
    assert desk.now() == TUESDAY + timedelta(hours=23)


@pytest.mark.parametrize(
    ("verb", "form", "said"),
    [
        ("advance", {}, "Say how far"),
        ("advance", {"span": "soon"}, "is no span of time"),
        ("advance", {"span": "0h"}, "only runs forward"),
        ("advance", {"span": "999999999w"}, "ten years"),
        ("advance", {"moment": "2026-03-03T08:59"}, "only runs forward"),
        ("advance", {"moment": "9999-12-31T23:59"}, "ten years"),
        ("advance", {"moment": "0001-01-01T00:00+14:00"}, "ten years"),
        ("advance", {"moment": "<b>now</b>"}, "Say how far"),
        ("rate", {}, "Choose one of the speeds"),
        ("rate", {"rate": "nan"}, "rate is a number"),
        ("rate", {"rate": "-1"}, "rate is a number"),
        ("rate", {"rate": "1e9"}, "rate is a number"),
        ("step", {}, "Nothing is waiting"),
        ("stop", {}, "nothing to stop"),
    ],
)
def test_what_can_not_be_is_a_sentence(desk: Desk, client: Browser, verb: str, form: dict[str, str], said: str) -> None:
    with desk.watched() as trail:
        for send in (client.press, client.post):
            answer = send(f"/clock/{verb}", **form)
            assert (answer.status_code, said in answer.text) == (409, True)
    assert trail.types == []


def test_who_may_not_move_it_reads_it(desk: Desk, enter: Callable[[str], Browser]) -> None:
    (number,) = asleep(desk, 5)
    ben = enter("ben@demo.example")
    page = ben.get("/clock").text
    assert f"#{number}</a> wakes" in page
    assert "Admins and the owner move this clock" in page
    assert "/clock/step" not in page
    assert "Admins move this clock" in ben.fragment("/clock/menu").text
    with desk.watched() as trail:
        for verb in ("rate", "advance", "step", "stop"):
            assert ben.press(f"/clock/{verb}", rate="0", span="1d").status_code == 403
    assert trail.types == []


def test_a_long_way_goes_on_as_a_job_and_shows_how_far_it_is(
    desk: Desk, client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    asleep(desk, *range(1, 7))
    monkeypatch.setattr(timers.due, "__defaults__", (2,))
    monkeypatch.setattr(pages, "AT_ONCE", 0)
    monkeypatch.setattr(clockwork, "PATIENCE", 0.05)
    assert "on its way" in client.press("/clock/advance", span="12m").text
    face = client.fragment("/clock/face").text
    assert "to Tue 3 Mar" in face
    assert "· 16 %" in face
    room = client.fragment("/clock").text
    assert "2 things happened so far, 6 were waiting" in room
    assert 'hx-trigger="every 1s"' in room
    assert client.press("/tickets/1/close").status_code == 409
    assert "being moved just now" in client.press("/clock/advance", span="1d").text
    machine.run_all(desk.session)
    assert "every 1s" not in client.fragment("/clock/face").text
    assert desk.now() == TUESDAY + timedelta(minutes=12)

    assert client.get("/jobs/1").location == "/clock"

    asleep(desk, 1, 2, 3)
    client.press("/clock/advance", span="1d")
    assert "Stopped at Tue 3 Mar 2026, 09:14" in client.press("/clock/stop").text
    machine.run_all(desk.session)
    assert desk.now() == TUESDAY + timedelta(minutes=14)
    (told,) = [event for event in desk.events_after() if event.data and "stopped" in event.data]
    said = "stopped at 2026-03-03 09:14:00 on the way to 2026-03-04 09:12:00 UTC"
    assert said in client.get(f"/settings/audit/events/{told.id}").text


def test_a_rule_by_the_clock_waits_in_the_queue_and_runs_at_its_time(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket("Nobody answers").id
    with desk.acting():
        code = "if (eq(ticket.status, 'open')) { Action('addTags', {tags: 'late'}); }"
        rule = rules.create(desk.account, rules.Shape(name="Nag", code=code, schedule="30 9 * * *"), by=desk.by_admin)
        rule_id = rule.id
    assert "next: the rule Nag runs" in client.get("/clock").text
    with desk.watched() as trail:
        answer = client.press("/clock/step", **{"from": "page"})
        assert f'the rule <a href="/settings/rules/{rule_id}">Nag</a> runs' in answer.text  # tomorrow, again
        assert "Rule executed" in answer.text
    assert desk.now() == TUESDAY + timedelta(minutes=30)
    tagged = next(event for event in trail.events if (event.type, event.object_id) == ("ticket-tags-added", number))
    assert (tagged.user_id, tagged.actor_name, tagged.created_datetime) == (None, "Nag", desk.now())
