"""When rules run by the clock: how often within a span."""

from datetime import UTC, datetime, timedelta

import pytest

from helpdesk import schedules

FROM, TO = datetime(2026, 1, 1, 7, 13, tzinfo=UTC), datetime(2026, 3, 20, 9, 2, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
@pytest.mark.parametrize("line", ["*/7 3,9-11 * * *", "0 9 * * 1-5", "30 4 1,15 * *", "5 0 31 * *", "15 14 1 */2 *"])
def test_it_is_counted_without_going_through_all_times(line: str, zone: str) -> None:
    times, at = 0, schedules.next_after(line, FROM, zone)
    while at is not None and at <= TO:
        times, at = times + 1, schedules.next_after(line, at + timedelta(microseconds=1), zone)
    assert schedules.count(line, FROM, TO, zone) == times > 0


def test_both_ends_are_exact() -> None:
    assert schedules.count("* * * * *", FROM, FROM + timedelta(minutes=1), "UTC") == 1
    assert schedules.count("* * * * *", FROM, FROM + timedelta(seconds=59), "UTC") == 0
