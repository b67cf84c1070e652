"""What stands beside the list: counts over time and by whom agree with a slow look, and stop where they must."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from audit import counting, queries, sweeping
from audit.bars import Held, Span
from audit.base import MICROSECOND
from audit.counting import Counts
from audit.filters import NO_USER, Doer, Ground, Query, Target, matches
from audit.histogram import histogram_of
from audit.periods import ANY, OWN, Period
from audit.scales import MOST, scale_for
from tests.audit.logs import BERLIN, LAST_WEEK, NOW, Made, ground_now, wall, write_log
from tests.audit.test_queries import CHAIN, everything, questions, random_log
from tests.databases import engine_for, owner_url, postgres_url
from tests.desks import Desk, open_desk, open_session


def test_bars_totals_and_types_are_those_of_a_slow_look(victim: Desk) -> None:
    write_log(victim.session, victim.account_id, random_log(5, 400))
    ground = ground_now(victim.session, victim.account_id)
    log = everything(victim.session, victim.account_id)
    at_once: list[bool] = []

    @given(questions)
    @settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    def agree(query: Query) -> None:
        fits = matches(query, ground)
        found = [row for row in log if fits(row)]
        counts = counting.count(victim.session, query, ground)
        assert counts.total.count == len(found)
        assert counts.counted_to is None
        if counts.scale is not None:
            places = Counter(_bar_of(counts.scale.bars, row.created_datetime) for row in found)
            assert _by_place(counts) == places
        again = counting.count_at_once(victim.session, query, ground)
        at_once.append(again is not None)
        if again is not None:
            assert (again.scale, _by_place(again), again.types) == (counts.scale, _by_place(counts), counts.types)

    agree()
    assert any(at_once)


def _bar_of(bars: tuple[tuple[datetime, datetime], ...], at: datetime) -> int:
    return next(place for place, (start, end) in enumerate(bars) if start <= at < end)


def _by_place(counts: Counts) -> Counter[int]:
    return +Counter(
        {
            place: sum(number for name, number in held.numbers.items() if counts.asked is None or name in counts.asked)
            for place, held in counts.bars.items()
        }
    )


def test_nothing_is_counted_where_nothing_happened(victim: Desk) -> None:
    ground = ground_now(victim.session, victim.account_id, NOW + timedelta(days=1_000))
    for query in (Query(LAST_WEEK), Query(LAST_WEEK, members=(3,)), Query(LAST_WEEK, types=("ticket-closed",))):
        counts = counting.count(victim.session, query, ground)
        assert (counts.total.count, counts.types, histogram_of(counts, ground)) == (0, Counter(), None)


def test_types_are_told_as_if_none_were_chosen(victim: Desk) -> None:
    write_log(victim.session, victim.account_id, random_log(6, 300))
    ground = ground_now(victim.session, victim.account_id)
    log = everything(victim.session, victim.account_id)
    query = Query(LAST_WEEK, types=("ticket-closed", "tag-created"), members=(NO_USER, 3))
    types = counting.count(victim.session, query, ground, seconds=60).types
    assert +types == Counter(
        row.type for row in filter(matches(Query(query.period, api_only=True, members=query.members), ground), log)
    )


def test_looking_one_by_one_stops_in_time_says_how_far_it_came_and_goes_on_from_there(
    victim: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "WINDOW", 20)
    monkeypatch.setattr(sweeping, "LEAST", 20)
    write_log(victim.session, victim.account_id, [Made(NOW - timedelta(hours=hour)) for hour in range(100)])
    ground = ground_now(victim.session, victim.account_id)
    query = Query(LAST_WEEK, texts=("nowhere",))
    page = sweeping.sweep(victim.session, query, ground, seconds=0)
    assert (page.rows, page.searched_to) == ([], NOW - timedelta(hours=19))
    looks = 1
    while page.next is not None:
        page = sweeping.sweep(victim.session, query, ground, before=page.next, seconds=0)
        looks += 1
    assert looks == 6
    counts = counting.count(victim.session, Query(LAST_WEEK, texts=("where",)), ground, seconds=0)
    assert counts.total.is_partial
    assert counts.total.count == 20
    drawn = histogram_of(counts, ground)
    assert drawn is not None
    assert not drawn.bars[0].is_counted
    assert "not counted yet" in drawn.bars[0].words
    assert drawn.bars[-1].is_counted


def test_counting_ranges_stops_in_time(victim: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "LEAST_COUNTED", 10)
    write_log(victim.session, victim.account_id, [Made(NOW - timedelta(hours=hour)) for hour in range(150)])
    ground = ground_now(victim.session, victim.account_id)
    counts = counting.count(victim.session, Query(LAST_WEEK), ground, seconds=0)
    assert counts.counted_to is not None
    assert 10 < counts.total.count < 150
    assert counting.total_of(victim.session, Query(LAST_WEEK), ground, counts).count == 150
    assert counting.count(victim.session, Query(LAST_WEEK), ground, seconds=60).total.count == 150


@given(st.timedeltas(timedelta(), timedelta(days=365)), st.timedeltas(MICROSECOND, timedelta(days=20_000)))
def test_bars_cover_a_span_without_gaps(ago: timedelta, length: timedelta) -> None:
    first = NOW - ago
    scale = scale_for(first, first + length, BERLIN)
    assert 1 <= len(scale.bars) <= MOST + 1
    assert (scale.bars[0][0], scale.bars[-1][1]) == (first, first + length)
    assert all(one[1] == other[0] for one, other in zip(scale.bars, scale.bars[1:], strict=False))


def test_a_week_has_bars_of_three_hours_on_the_hour() -> None:
    scale = scale_for(NOW - timedelta(days=7), NOW, BERLIN)
    assert scale.width == timedelta(hours=3)
    assert all(start.astimezone(BERLIN).hour % 3 in (0, 1) and not start.minute for start, _ in scale.bars[1:])


# ---- PostgreSQL: each question can be answered from its index


@pytest.fixture(scope="module")
def analysed() -> Iterator[Session]:
    """A log of some size with statistics."""
    with postgres_url() as url:
        engine = engine_for(url)
        session = open_session(engine)
        write_log(session, open_desk(session).account_id, random_log(4, 5_000))
        owner = engine_for(owner_url(url)).execution_options(isolation_level="AUTOCOMMIT")
        with owner.connect() as connection:
            connection.execute(text("VACUUM ANALYZE event"))
        owner.dispose()
        yield session
        session.close()
        engine.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("query", "index"),
    [
        (Query(LAST_WEEK), "ix_event_period"),
        (Query(LAST_WEEK, types=("tag-renamed",)), "ix_event_type"),
        (Query(LAST_WEEK, members=(3,)), "ix_event_member"),
        (Query(Period(ANY), target=Target("Tag", 7)), "ix_event_object"),
        (Query(Period(ANY), context=CHAIN), "ix_event_context"),
        (Query(LAST_WEEK, doers=(Doer("rule", 8),)), "ix_event_doer"),
        (Query(LAST_WEEK, set_off_by=(3,)), "ix_event_initiator"),
        (Query(LAST_WEEK, sources=("cli",)), "ix_event_source"),
        (Query(LAST_WEEK, texts=("teapot",)), "ix_event_period"),
    ],
)
def test_postgresql_finds_each_in_its_index(analysed: Session, query: Query, index: str) -> None:
    assert index in plan_of(analysed, query)
    # After some rounds the plan is made once for all values: it must not need to see them.
    assert index in plan_of(analysed, query, for_all_values=True)


@pytest.mark.postgres
@pytest.mark.parametrize("members", [(NO_USER,), (NO_USER, 3), (3,)])
def test_postgresql_reads_members_from_the_newest_and_sorts_no_period(
    analysed: Session, members: tuple[int, ...]
) -> None:
    plan = plan_of(analysed, Query(LAST_WEEK, members=members))
    assert plan.count("Index Scan Backward using ix_event_member") + plan.count(
        "Index Only Scan Backward using ix_event_member"
    ) == len(members), plan


def plan_of(analysed: Session, query: Query, *, for_all_values: bool = False) -> str:
    """How PostgreSQL would find the newest events of a question."""
    ground: Ground = ground_now(analysed, 1)
    connection = analysed.connection()
    # So few rows would be sorted or read from end to end: what is asked is whether the index can serve.
    for way in ("seqscan", "bitmapscan", "sort"):
        connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
    asked: list[Any] = []
    event.listen(connection, "before_cursor_execute", lambda _c, _u, *sent: asked.append(sent[:2]))
    connection.execute(queries.statement(analysed, query, ground, [], 5))
    statement, parameters = asked[-1]  # what is called so was looked up before
    if for_all_values:
        numbers = {name: place for place, name in enumerate(parameters, 1)}
        bare = re.sub(r"%\((\w+)\)s", lambda name: f"${numbers[name[1]]}", statement)
        found = connection.exec_driver_sql(f"EXPLAIN (GENERIC_PLAN) {bare}")
    else:
        found = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
    plan = "\n".join(found.scalars())
    analysed.rollback()
    return plan


def test_what_is_over_is_counted_once(victim: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counted(session: Session, query: Query, bars: list[Span], names: tuple[str, ...]) -> list[Held]:
        asked.append(len(bars))
        return counting_them(session, query, bars, names)

    counting_them = counting._counted
    monkeypatch.setattr(counting, "_counted", counted)
    write_log(victim.session, victim.account_id, random_log(5, 400))
    ground = ground_now(victim.session, victim.account_id)
    first = counting.count(victim.session, Query(LAST_WEEK), ground)
    assert sum(asked) > 50
    newest = everything(victim.session, victim.account_id)[-1].created_datetime
    write_log(victim.session, victim.account_id, [Made(newest), Made(newest)])
    asked.clear()
    again = counting.count(victim.session, Query(LAST_WEEK), ground)
    assert again.total.count == first.total.count + 2
    assert sum(asked) < 15, "the first, which is cut, and those since the newest event"
    only = counting.count(victim.session, Query(LAST_WEEK, members=(3,)), ground)
    assert only.total.count < first.total.count, "each has bars of their own"


def test_an_own_period_is_drawn_to_its_ends(victim: Desk) -> None:
    write_log(victim.session, victim.account_id, random_log(8, 50))
    ground = ground_now(victim.session, victim.account_id)
    query = Query(Period(OWN, wall("2026-03-29T00:00"), wall("2026-03-29T23:59")), api_only=True)
    drawn = histogram_of(counting.count(victim.session, query, ground), ground)
    assert drawn is not None
    assert drawn.ticks[0] == "Sunday 29 March, 00:00"
    assert drawn.bars[0].start == "2026-03-29T00:00"
    assert drawn.bars[-1].end == "2026-03-29T23:59"
    assert sum(number for _, _, number in drawn.legend) == counting.count(victim.session, query, ground).total.count
    # What happens at this very moment lies in the last bar, and is found by zooming into it.
    write_log(victim.session, victim.account_id, [Made(NOW)])
    lately = histogram_of(counting.count(victim.session, Query(LAST_WEEK), ground), ground)
    assert lately is not None
    assert lately.bars[-1].end == "2026-04-02T11:00"
    assert lately.bars[-1].pieces
    quarter = histogram_of(counting.count(victim.session, Query(Period("15m")), ground), ground)
    assert quarter is not None
    assert quarter.bars[1].span == "Thursday 2 April, 10:45:30 to 10:46:00"  # of bars that are shorter than a minute
    assert {name for _, name, _ in drawn.legend} <= {"Tickets", "Messages", "People", "Configuration", "Account"}
