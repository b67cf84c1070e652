"""Until when a ticket sleeps, in the account's time zone: also on the days on which clocks are changed."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from helpdesk.refusals import Refused
from helpdesk.web.snoozing import choices, chosen

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


def own(local: str, zone: str) -> datetime:
    """The moment that somebody chose."""
    return chosen("", local, NOW, zone)


@pytest.mark.parametrize(
    ("local", "zone", "moment"),
    [
        ("2026-03-28T09:00", "Europe/Berlin", "2026-03-28T08:00"),
        ("2026-03-29T01:59", "Europe/Berlin", "2026-03-29T00:59"),
        ("2026-03-29T03:00", "Europe/Berlin", "2026-03-29T01:00"),
        ("2026-03-29T09:00", "Europe/Berlin", "2026-03-29T07:00"),
        ("2026-07-01T09:00", "America/New_York", "2026-07-01T13:00"),
        ("2026-07-01T09:00", "Asia/Kathmandu", "2026-07-01T03:15"),
        ("2026-10-04T03:00", "Australia/Lord_Howe", "2026-10-03T16:00"),
        ("2026-07-01T09:00+02:00", "America/New_York", "2026-07-01T07:00"),
    ],
)
def test_a_time_is_meant_in_the_accounts_zone(local: str, zone: str, moment: str) -> None:
    assert own(local, zone) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("local", "zone", "said"),
    [
        ("2026-03-29T02:00", "Europe/Berlin", "such as 03:00"),
        ("2026-03-29T02:30", "Europe/Berlin", "On Sunday 29 March 2026 there is no 02:30 in Europe/Berlin"),
        ("2026-03-29T01:30", "Europe/Dublin", "such as 02:30"),
        ("2026-03-08T02:15", "America/New_York", "such as 03:15"),
        ("2026-10-04T02:10", "Australia/Lord_Howe", "such as 02:40"),  # half an hour only
        ("2026-04-24T00:20", "Africa/Cairo", "such as 01:20"),  # at midnight
    ],
)
def test_a_time_that_the_clocks_pass_over_is_refused(local: str, zone: str, said: str) -> None:
    with pytest.raises(Refused, match="The ticket was not snoozed") as refused:
        own(local, zone)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("local", "zone", "first"),
    [
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30"),
        ("2026-10-25T01:30", "Europe/Dublin", "2026-10-25T00:30"),
        ("2026-11-01T01:30", "America/New_York", "2026-11-01T05:30"),
        ("2026-04-05T01:45", "Australia/Lord_Howe", "2026-04-04T14:45"),
    ],
)
def test_of_a_time_that_comes_twice_the_first_is_meant(local: str, zone: str, first: str) -> None:
    assert own(local, zone) == datetime.fromisoformat(first).replace(tzinfo=UTC)


def test_nine_oclock_is_nine_oclock_on_either_side_of_the_change() -> None:
    eve = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    by_name = {choice.name: choice.until for choice in choices(eve, "Europe/Berlin")}
    assert by_name["tomorrow"] == datetime(2026, 3, 29, 7, 0, tzinfo=UTC)
    assert by_name["monday"] == datetime(2026, 3, 30, 7, 0, tzinfo=UTC)


def test_three_hours_are_three_hours_when_the_clocks_change() -> None:
    night = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    (soon,) = [choice.until for choice in choices(night, "Europe/Berlin") if choice.name == "3-hours"]
    assert soon == night + timedelta(hours=3)


@pytest.mark.parametrize("local", ["", "soon", "2026-13-01T09:00", "9999-12-31T23:59", "0001-01-01T00:00", "1\n2"])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "UTC"])
def test_what_is_no_time_is_refused_or_a_moment(local: str, zone: str) -> None:
    with suppress(Refused):
        assert own(local, zone).tzinfo is UTC
