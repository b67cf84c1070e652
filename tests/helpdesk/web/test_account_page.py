"""The account's settings: each card saves its own, says what is wrong beside the field, and nothing for nothing."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from automation import timers
from helpdesk import settings, tickets
from helpdesk.models import AccountSetting, Role, Ticket
from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser, hire, statements

PAGE = "/settings/account"
CARDS: dict[str, dict[str, Any]] = {
    "name": {"account-name": "Clay and Kettle"},
    "time-zone": {"zone-timezone": "Europe/Dublin"},
    "hours": {"hours-0-day": ["1", "2"], "hours-0-from_time": "08:00", "hours-0-to_time": "12:00"},
    "trash": {"trash-days": "60"},
    "audit-log": {"log-unlimited": "y"},
    "surveys": {"surveys-enabled": "y", "surveys-delay_hours": "3"},
    "assignment": {"assignment-enabled": "y"},
    "merge": {"merge-enabled": "y", "merge-hours": "48"},
    "suggestions": {"suggestions-enabled": "y"},
}
HOSTILE = [
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "'; DROP TABLE account; --",
    "x\r\nBcc: everybody@mail.example",
    "\u202egnp.exe",
    "🏺" * 20,
    "nul \x00 bell \x07",
]


def held(desk: Desk, type_: str) -> Any:
    """What a setting holds."""
    desk.session.rollback()
    return settings.read(desk.account, type_)


def page_of(client: Browser) -> str:
    """The page's text."""
    return client.get(PAGE).get_data(as_text=True)


def stamp(client: Browser, card: str) -> str:
    """What the card's form knows the setting by."""
    found = re.search(rf'id="card-{card}".*?name="stamp" value="(\w+)"', page_of(client), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("card", CARDS)
def test_a_card_saves_its_own_setting_and_nothing_else(desk: Desk, client: Browser, card: str) -> None:
    before = desk.session.scalars(select(AccountSetting.type)).all()
    with desk.watched() as trail:
        response = client.post(f"{PAGE}/{card}", **CARDS[card])
    assert response.status_code == 303
    wrote = ["account-updated"] if card == "name" else ["account-setting-created", "account-updated"]
    assert trail.lines == [(type_, "Olive Owner") for type_ in wrote]
    assert len(trail.contexts) == 1
    assert len(desk.session.scalars(select(AccountSetting.type)).all()) == len(before) + len(wrote) - 1
    assert "Account updated" in page_of(client)


@pytest.mark.parametrize("card", CARDS)
def test_saved_again_it_is_no_event(desk: Desk, client: Browser, card: str) -> None:
    client.post(f"{PAGE}/{card}", **CARDS[card])
    with desk.watched() as trail:
        assert client.post(f"{PAGE}/{card}", **CARDS[card]).status_code == 303
    assert trail.types == []
    assert "Nothing changed, so no event was written." in page_of(client)


def test_what_only_programs_know_of_a_setting_stays(desk: Desk, client: Browser) -> None:
    with desk.acting():
        settings.create(desk.account, "ticket-assignment", "", {"channels": ["email"]}, by=desk.by_admin)
    assert client.post(f"{PAGE}/assignment", **{"assignment-enabled": "y"}).status_code == 303
    assert held(desk, "ticket-assignment") == {"enabled": True, "channels": ["email"]}


def test_a_second_value_is_an_update(desk: Desk, client: Browser) -> None:
    client.post(f"{PAGE}/trash", **{"trash-days": "60"})
    with desk.watched() as trail:
        client.post(f"{PAGE}/trash", **{"trash-days": "90"})
    assert trail.types == ["account-setting-updated", "account-updated"]
    assert held(desk, "trash") == {"days": 90}


def test_what_nobody_has_set_is_no_event_when_it_is_saved_unchanged(desk: Desk, client: Browser) -> None:
    with desk.watched() as trail:
        client.post(f"{PAGE}/trash", **{"trash-days": "30"})
        client.post(f"{PAGE}/audit-log", **{"log-days": "7"})
        client.post(f"{PAGE}/surveys", **{"surveys-delay_hours": "24"})
        client.post(f"{PAGE}/time-zone", **{"zone-timezone": "UTC"})
    assert trail.types == []


@pytest.mark.parametrize(
    ("card", "form", "said"),
    [
        ("name", {"account-name": "  "}, "Write the account's name."),
        ("name", {"account-name": "x" * 10_000}, "A name has at most 200 characters."),
        ("time-zone", {"zone-timezone": ""}, "Choose a time zone"),
        ("time-zone", {"zone-timezone": "Mars/Olympus"}, "'Mars/Olympus' is no time zone."),
        ("time-zone", {"zone-timezone": "localtime"}, "'localtime' is no time zone."),
        ("time-zone", {"zone-timezone": "../../etc/passwd"}, "is no time zone."),
        ("trash", {"trash-days": "0"}, "Write a whole number from 1 to 3,650."),
        ("trash", {"trash-days": "-1"}, "Write a whole number"),
        ("trash", {"trash-days": "1.5"}, "Write a whole number"),
        ("trash", {"trash-days": "9" * 5000}, "Write a whole number"),
        ("trash", {"trash-days": "٣"}, "Write a whole number"),
        ("trash", {}, "Write a whole number"),
        ("audit-log", {"log-days": ""}, "Write a whole number"),
        ("surveys", {"surveys-enabled": "y", "surveys-delay_hours": "8761"}, "from 1 to 8,760."),
    ],
)
def test_what_cant_be_is_said_beside_its_field(
    desk: Desk, client: Browser, card: str, form: dict[str, str], said: str
) -> None:
    with desk.watched() as trail:
        response = client.post(f"{PAGE}/{card}", **form)
    text = unescape(response.get_data(as_text=True))
    assert response.status_code in (409, 422)
    assert said in text
    (field,) = {*form} - {"surveys-enabled"} or {"trash-days"}
    assert f'id="{field}-error"' in text
    assert f'aria-invalid="true" aria-describedby="{field}-error"' in text
    assert trail.types == []


def test_only_the_card_that_was_sent_shows_what_was_typed(client: Browser) -> None:
    text = client.post(f"{PAGE}/trash", **{"trash-days": "many"}).get_data(as_text=True)
    assert 'name="trash-days" value="many"' in text
    assert 'name="surveys-delay_hours" value="24"' in text
    assert text.count('aria-invalid="true"') == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_is_text_and_nothing_else(desk: Desk, client: Browser, text: str) -> None:
    response = client.post(f"{PAGE}/name", **{"account-name": text})
    assert response.status_code == 303
    desk.session.rollback()
    assert "\n" not in desk.account.name
    assert "\x00" not in desk.account.name
    page = page_of(client)
    assert "<script>alert" not in page
    assert desk.account.name in unescape(page)


def test_a_zone_is_found_whatever_its_capitals_and_all_times_follow(desk: Desk, client: Browser) -> None:
    assert "Tue 3 Mar 2026, 09:00" in page_of(client)
    client.post(f"{PAGE}/time-zone", **{"zone-timezone": " america/new york "})
    assert held(desk, "business-hours")["timezone"] == "America/New_York"
    assert "Tue 3 Mar 2026, 04:00" in page_of(client)


def test_the_zones_that_are_offered_are_places(client: Browser) -> None:
    offered = re.findall(r'<option value="([^"]+)">', page_of(client))
    assert {"UTC", "Europe/Dublin", "Asia/Kathmandu", "America/Argentina/Ushuaia"} <= set(offered)
    assert not [name for name in offered if name.startswith(("Etc/", "SystemV/", "posix")) or name == "localtime"]


# ── Business hours ───────────────────────────────────────────────────────────────────────────────────────────────────


def hours(*rows: tuple[str, str, str]) -> dict[str, Any]:
    """The form with these rows: days such as "12345", from, to."""
    form: dict[str, Any] = {}
    for number, (days, start, end) in enumerate(rows):
        form[f"hours-{number}-day"] = list(days)
        form |= {f"hours-{number}-from_time": start, f"hours-{number}-to_time": end}
    return form


def test_business_hours_are_kept_in_order_beside_the_zone(desk: Desk, client: Browser) -> None:
    client.post(f"{PAGE}/time-zone", **{"zone-timezone": "Europe/Dublin"})
    with desk.watched() as trail:
        client.post(
            f"{PAGE}/hours", **hours(("67", "10:00", "16:00"), ("12345", "13:00", "18:00"), ("51", "08:00", "13:00"))
        )
    assert trail.types == ["account-setting-updated", "account-updated"]
    assert held(desk, "business-hours") == {
        "timezone": "Europe/Dublin",
        "business_hours": [
            {"days": "1,2,3,4,5", "from_time": "13:00", "to_time": "18:00"},
            {"days": "1,5", "from_time": "08:00", "to_time": "13:00"},
            {"days": "6,7", "from_time": "10:00", "to_time": "16:00"},
        ],
    }


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("", "09:00", "17:00")], "Choose at least one day"),
        ([("8", "09:00", "17:00")], "Choose at least one day"),
        ([("1", "17:00", "09:00")], "Hours begin before they end"),
        ([("1", "09:00", "09:00")], "Hours begin before they end"),
        ([("1", "", "17:00")], "Times are hours and minutes"),
        ([("1", "9:00", "17:00")], "Times are hours and minutes"),
        ([("1", "09:00", "24:00")], "Times are hours and minutes"),
        ([("1", "09:00:30", "17:00")], "Times are hours and minutes"),
        ([("1", "٠٩:٠٠", "17:00")], "Times are hours and minutes"),
        (
            [("123", "09:00", "12:00"), ("34", "11:59", "17:00")],
            "On Wednesday, 09:00 to 12:00 and 11:59 to 17:00 overlap",
        ),
        ([("7", "09:00", "17:00"), ("7", "10:00", "11:00")], "On Sunday"),
        ([("1", "09:00", "10:00")] * 31, "at most 30 rows"),
    ],
)
def test_hours_that_cant_be_are_refused_with_everything_still_there(
    desk: Desk, client: Browser, rows: list[tuple[str, str, str]], said: str
) -> None:
    with desk.watched() as trail:
        response = client.post(f"{PAGE}/hours", **hours(*rows))
    text = response.get_data(as_text=True)
    assert response.status_code == 422
    assert said in text
    assert text.count('class="hours-row"') == len(rows)
    assert trail.types == []


def test_each_row_says_what_is_wrong_with_it(client: Browser) -> None:
    rows = (("1", "08:00", "12:00"), ("", "08:00", "12:00"), ("2", "12:00", "08:00"))
    text = client.post(f"{PAGE}/hours", **hours(*rows)).get_data(as_text=True)
    assert 'id="hours-0-error"' not in text
    assert 'aria-describedby="hours-1-error"' in text
    assert re.search(r'id="hours-1-error"[^>]*>Choose at least one day', text)
    assert re.search(r'id="hours-2-error"[^>]*>Hours begin before they end: 12:00 to 08:00', text)


def test_no_hours_at_all_are_possible(desk: Desk, client: Browser) -> None:
    client.post(f"{PAGE}/hours")
    assert held(desk, "business-hours")["business_hours"] == []
    assert "closed all the time" in page_of(client)


@pytest.mark.parametrize("ask", ["post", "press"])
def test_adding_and_removing_a_row_saves_nothing(desk: Desk, client: Browser, ask: str) -> None:
    form = hours(("12", "08:00", "12:00"), ("3", "09:00", "10:00"))
    with desk.watched() as trail:
        more = getattr(client, ask)(f"{PAGE}/hours", **form, add="1")
        less = getattr(client, ask)(f"{PAGE}/hours", **form, remove="0")
    assert (more.status_code, less.status_code) == (200, 200)
    assert more.data.count(b'class="hours-row"') == 3
    assert less.data.count(b'class="hours-row"') == 1
    assert b'value="09:00"' in less.data
    assert b"Not saved yet." in more.data
    assert (b"<html" in more.data) is (ask == "post")
    assert trail.types == []


@pytest.mark.parametrize("number", ["7", "-1", "x", "9" * 30, ""])
def test_removing_a_row_that_is_not_there_removes_none(client: Browser, number: str) -> None:
    response = client.post(f"{PAGE}/hours", **hours(("1", "08:00", "12:00")), remove=number)
    assert response.data.count(b'class="hours-row"') == 1


def test_whoever_comes_second_overwrites_nobody(desk: Desk, client: Browser) -> None:
    seen = stamp(client, "hours")
    client.post(f"{PAGE}/hours", **hours(("1", "08:00", "12:00")), stamp=seen)
    with desk.watched() as trail:
        response = client.post(f"{PAGE}/hours", **hours(("2", "09:00", "10:00")), stamp=seen)
    assert response.status_code == 422
    assert b"Somebody else has changed this setting" in response.data
    assert trail.types == []
    assert held(desk, "business-hours")["business_hours"][0]["days"] == "1"


# ── The trash, the log, the danger zone ──────────────────────────────────────────────────────────────────────────────


def test_a_shorter_trash_asks_before_it_deletes(desk: Desk, client: Browser) -> None:
    numbers = [desk.a_ticket(name).id for name in ("old", "older", "fresh")]
    for number in numbers[:2]:
        with desk.acting():
            tickets.trash(desk.ticket(number), by=desk.by_ana)
    desk.move_clock(timedelta(days=5))
    with desk.acting():
        tickets.trash(desk.ticket(numbers[2]), by=desk.by_ana)
    with desk.watched() as trail:
        asked = client.post(f"{PAGE}/trash", **{"trash-days": "4"})
    assert asked.status_code == 200
    assert b"Delete 2 tickets for good?" in asked.data
    assert trail.types == []
    with desk.watched() as trail:
        client.post(f"{PAGE}/trash", **{"trash-days": "4", "sure": "1"})
        desk.session.rollback()
        timers.play_due(desk.session, desk.account_id)
    assert trail.types == ["account-setting-created", "account-updated", "ticket-deleted", "ticket-deleted"]
    desk.session.rollback()
    assert desk.session.get(Ticket, numbers[2]) is not None


def test_the_log_can_be_without_limit_and_have_one_again(desk: Desk, client: Browser) -> None:
    client.post(f"{PAGE}/audit-log", **{"log-days": "junk", "log-unlimited": "y"})
    assert held(desk, "audit-log") == {"longest_period_days": None}
    client.post(f"{PAGE}/audit-log", **{"log-days": "31"})
    assert held(desk, "audit-log") == {"longest_period_days": 31}


def test_address_and_subdomain_are_shown_and_not_asked_for(client: Browser) -> None:
    text = page_of(client)
    assert "<dd>support@demo.example</dd>" in text
    assert "<dd>demo</dd>" in text
    assert "support@demo.example" not in "".join(re.findall(r"<input[^>]*>", text))


def test_only_the_owner_is_offered_to_deactivate(desk: Desk, client: Browser, enter: Callable[[str], Browser]) -> None:
    assert 'href="/settings/account/deactivate"' in page_of(client)
    assert "/settings/account/deactivate" not in page_of(enter("admin@demo.example"))


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.LITE, Role.BASIC, Role.LEAD])
def test_settings_are_for_admins(desk: Desk, enter: Callable[[str], Browser], role: Role) -> None:
    browser = enter(hire(desk, role))
    with desk.watched() as trail:
        assert browser.get(PAGE).status_code == 403
        assert [browser.post(f"{PAGE}/{card}", **form).status_code for card, form in CARDS.items()] == [403] * len(
            CARDS
        )
    assert trail.types == []


def test_another_accounts_settings_stay_as_they_are(app: Flask, desk: Desk, client: Browser) -> None:
    from tests.desks import open_desk

    twin = open_desk(desk.session, "twin")
    with twin.watched() as trail:
        for card, form in CARDS.items():
            client.post(f"{PAGE}/{card}", **form)
    assert trail.types == []
    assert twin.account.name == "Twin shop"


def test_the_page_takes_few_statements(app: Flask, client: Browser) -> None:
    client.get(PAGE)
    with statements(app) as sent:
        assert client.get(PAGE).status_code == 200
    assert len(sent) <= 12, sent


def test_the_menu_leads_there(client: Browser) -> None:
    text = client.get(PAGE).get_data(as_text=True)
    assert re.search(r'href="/settings/account" aria-current="page"', text)
