"""Periods: ends included, weeks that are weeks when clocks change, hours that come twice or never."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from audit.periods import OWN, PRESETS, Period, Span, minutes, own, read_wall, span_of, wall_length, write_wall
from tests.audit.logs import BERLIN, NOW, wall

ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo")]
_walls = st.integers(0, 730 * 1440).map(lambda count: wall("2025-01-01T00:00") + timedelta(minutes=count))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def test_a_minute_is_meant_to_its_end() -> None:
    period = Period(OWN, wall("2026-03-03T09:00"), wall("2026-03-03T09:05"))
    assert span_of(period, NOW, BERLIN) == Span(utc(2026, 3, 3, 8, 0), utc(2026, 3, 3, 8, 6))


def test_a_day_is_meant_to_its_end() -> None:
    assert span_of(Period(OWN, date(2026, 3, 3), date(2026, 3, 3)), NOW, BERLIN) == Span(
        utc(2026, 3, 2, 23, 0), utc(2026, 3, 3, 23, 0)
    )


def test_the_day_on_which_clocks_go_forward_has_23_hours_and_the_other_25() -> None:
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
        span = span_of(Period(OWN, day, day), NOW, BERLIN)
        assert span.start is not None
        assert span.end is not None
        assert span.end - span.start == timedelta(hours=hours)


def test_in_the_hour_that_comes_twice_both_are_meant() -> None:
    half = wall("2026-10-25T02:30")
    assert span_of(Period(OWN, half, half), NOW, BERLIN) == Span(utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 31))


def test_in_the_hour_that_never_comes_the_jump_is_meant() -> None:
    jump, half = utc(2026, 3, 29, 1, 0), wall("2026-03-29T02:30")
    assert span_of(Period(OWN, half), NOW, BERLIN).start == jump
    assert span_of(Period(OWN, date(2026, 3, 28), half), NOW, BERLIN).end == jump


def test_a_day_that_begins_at_one_o_clock() -> None:
    cairo = ZoneInfo("Africa/Cairo")  # clocks go forward at midnight
    span = span_of(Period(OWN, date(2026, 4, 24), date(2026, 4, 24)), NOW, cairo)
    assert span == Span(utc(2026, 4, 23, 22, 0), utc(2026, 4, 24, 21, 0))


def test_a_week_in_which_clocks_change_is_a_week() -> None:
    for start in (wall("2026-03-25T14:05"), wall("2026-10-22T14:05")):
        period = Period(OWN, start, start + timedelta(days=7))
        assert wall_length(period, NOW, BERLIN) == timedelta(days=7)
    days = Period(OWN, date(2026, 3, 25), date(2026, 3, 31))
    assert wall_length(days, NOW, BERLIN) == timedelta(days=7)


@given(st.sampled_from(ZONES), _walls, st.timedeltas(timedelta(0), timedelta(days=7)), st.integers(0, 59_999_999))
def test_what_happens_within_the_last_minute_belongs_to_the_period(
    zone: ZoneInfo, start: datetime, length: timedelta, micros: int
) -> None:
    end = (start + length).replace(second=0, microsecond=0)
    span = span_of(Period(OWN, start, end), NOW, zone)
    assert span.start is not None
    assert span.end is not None
    for fold in (0, 1):
        moment = end.replace(tzinfo=zone, fold=fold).astimezone(UTC) + timedelta(microseconds=micros)
        assume(moment.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0) == end)
        assert span.start <= moment < span.end


@given(st.sampled_from(ZONES), _walls)
def test_bounds_never_lie_beside_the_wall_time(zone: ZoneInfo, wall: datetime) -> None:
    span = span_of(Period(OWN, wall, wall), NOW, zone)
    assert span.start is not None
    assert span.end is not None
    assert span.start <= span.end
    before = (span.start - timedelta(microseconds=1)).astimezone(zone).replace(tzinfo=None)
    after = span.end.astimezone(zone).replace(tzinfo=None)
    assert before < wall < after


@given(st.sampled_from(ZONES), _walls, st.timedeltas(timedelta(0), timedelta(minutes=1)))
def test_presets_hold_what_they_say(zone: ZoneInfo, minute: datetime, more: timedelta) -> None:
    now = minute.replace(tzinfo=UTC) + more
    local = now.astimezone(zone)
    for preset in PRESETS.values():
        span = span_of(Period(preset.name), now, zone)
        assert span.start is not None
        assert span.start <= now
        assert span.is_open(now) == (preset.name != "yesterday")
    today = span_of(Period("today"), now, zone).start
    yesterday = span_of(Period("yesterday"), now, zone)
    week = span_of(Period("week"), now, zone).start
    assert yesterday.end == today
    assert today is not None
    assert week is not None
    assert today.astimezone(zone).date() == local.date()
    assert week.astimezone(zone).weekday() == 0


@pytest.mark.parametrize("words", ["2026-03-03", "2026-03-03T09:05"])
def test_walls_are_written_as_they_are_read(words: str) -> None:
    assert write_wall(read_wall(words)) == words


@pytest.mark.parametrize(
    "words", ["", "2026-3-3", "2026-02-30", "1969-12-31", "2200-01-01", "2026-03-03T24:00", "٢٠٢٦-٠٣-٠٣"]
)
def test_what_is_no_time(words: str) -> None:
    assert read_wall(words) is None


def test_inputs_hold_minutes() -> None:
    assert minutes(Period(OWN, date(2026, 3, 3), date(2026, 3, 4))) == ("2026-03-03T00:00", "2026-03-04T23:59")
    assert minutes(own(NOW, BERLIN, timedelta(days=7))) == ("2026-03-27T00:00", "")
    assert minutes(own(NOW, BERLIN, timedelta(days=1))) == ("2026-04-02T00:00", "")
