"""The filters: address to question and back, the sentence, and what makes no sense."""

import uuid
from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.filters import NO_USER, Query, Target, read_query, without, write_query
from audit.periods import ANY, OWN, Period, offered
from audit.queries import Total
from audit.sentences import sentence
from audit.types import registry
from tests.audit.logs import GROUND, LAST_WEEK, WEEK, wall

CHAIN = uuid.UUID("12345678-1234-4234-8234-123456789abc")

#: Days around which all that a week allows lies.
_days = st.dates(date(2026, 3, 1), date(2026, 4, 1))
_minutes = st.integers(0, 31 * 1440).map(lambda count: wall("2026-03-01T00:00") + timedelta(minutes=count))


@st.composite
def periods(draw: st.DrawFn) -> Period:
    """A preset, or one of one's own that a week allows."""
    if draw(st.booleans()):
        return Period(draw(st.sampled_from(offered(WEEK))).name)
    start = draw(_days | _minutes)
    length = draw(st.integers(0, 6))
    return Period(OWN, start, start + timedelta(days=length))


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """Anything that can be asked."""
    target = draw(st.none() | st.builds(Target, st.sampled_from(["Ticket", "Tag", "User"]), st.integers(1, 2**63 - 1)))
    context = draw(st.none() | st.uuids())
    names = st.sampled_from(sorted(type_.name for type_ in registry))
    return Query(
        period=draw(periods() | st.just(Period(ANY)) if target or context else periods()),
        types=tuple(sorted(draw(st.sets(names, max_size=88)))),
        api_only=draw(st.booleans()),
        members=tuple(sorted(draw(st.sets(st.sampled_from([NO_USER, 1, 2, 3, 4]))))),
        target=target,
        context=context,
    )


@given(queries())
def test_an_address_written_and_read_is_the_same_question(query: Query) -> None:
    reading = read_query(parse_qs(write_query(query, GROUND)), GROUND)
    assert reading.complaints == ()
    assert reading.query == query


def test_nothing_asked_is_the_last_seven_days_without_an_address() -> None:
    reading = read_query({}, GROUND)
    assert reading.query == Query(LAST_WEEK)
    assert write_query(reading.query, GROUND) == ""


SINCE = "since Thursday 26 March, 10:00 (Europe/Berlin)"
LEFT_OUT = ", API-only events left out."
INCLUDED = ", API-only events included."


@pytest.mark.parametrize(
    ("query", "count", "words"),
    [
        (Query(LAST_WEEK), 1204, f"1,204 events {SINCE}{LEFT_OUT}"),
        (Query(LAST_WEEK, api_only=True), 1, f"1 event {SINCE}{INCLUDED}"),
        (Query(LAST_WEEK, members=(NO_USER,)), 0, f"No events by No user {SINCE}{LEFT_OUT}"),
        (
            Query(LAST_WEEK, types=("ticket-closed",), members=(3,)),
            10_001,
            f"10,000+ “Ticket closed” events by Ana Lopez {SINCE}.",
        ),
        (
            Query(LAST_WEEK, types=("tag-created", "ticket-closed"), members=(NO_USER, 3)),
            2,
            f"2 “Tag created” or “Ticket closed” events by No user or Ana Lopez {SINCE}.",
        ),
        (Query(LAST_WEEK, types=("tag-created", "tag-deleted", "tag-merged")), 2, f"2 Tag events {SINCE}."),
        (
            Query(
                LAST_WEEK,
                types=("tag-created", "ticket-closed", "ticket-created", "view-created"),
                members=(1, 2, 3, 4),
            ),
            5,
            f"5 events of 4 types by any of 4 team members {SINCE}.",
        ),
        (
            Query(Period("yesterday")),
            3,
            f"3 events from Wednesday 1 April, 00:00 to Wednesday 1 April, 23:59 (Europe/Berlin){LEFT_OUT}",
        ),
        (
            Query(Period(OWN, wall("2025-12-31T22:00"), wall("2026-01-01T09:30"))),
            3,
            f"3 events from Wednesday 31 December 2025, 22:00 to Thursday 1 January, 09:30 (Europe/Berlin){LEFT_OUT}",
        ),
        (
            Query(Period(ANY), target=Target("Ticket", 4213), api_only=True),
            9,
            f"9 events on Ticket 4213 at any time (Europe/Berlin){INCLUDED}",
        ),
        (Query(Period(ANY), context=CHAIN), 4, f"4 events in one chain at any time (Europe/Berlin){LEFT_OUT}"),
    ],
)
def test_the_sentence(query: Query, count: int, words: str) -> None:
    assert sentence(query, GROUND, Total(count)) == words


@given(queries())
def test_every_question_has_a_sentence(query: Query) -> None:
    words = sentence(query, GROUND, Total(12))
    assert words.startswith("12 ")
    assert words.endswith(".")
    assert "  " not in words


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"colour": ["red"]}, "asks for “colour”"),
        ({"event": ["ticket-vanished"]}, "no event “ticket-vanished”"),
        ({"event": [f"x{number}" for number in range(500)]}, "“x0”, “x1”, “x2” and 497 more"),
        ({"event": ["<script>alert(1)</script>"]}, "no event “<script>alert(1)</script>”"),
        ({"event": ["z" * 10_000]}, "z…”"),
        ({"member": ["99"]}, "no team member “99”"),
        ({"member": ["-3"]}, "no team member “-3”"),
        ({"member": [str(2**64)]}, "no team member"),
        ({"member": ["nobody\x00"]}, "no team member “nobody�”"),
        ({"period": ["forever"]}, "no period “forever”"),
        ({"period": ["any"]}, "Say where the period begins"),
        ({"period": ["7d", "24h"]}, "“period” 2 times"),
        ({"period": ["24h"], "from": ["2026-03-03"]}, "“Own period”"),
        ({"from": ["yesterday"]}, "“yesterday” is no time"),
        ({"from": ["2026-02-30"]}, "“2026-02-30” is no time"),
        ({"from": ["0001-01-01"]}, "is no time"),
        ({"from": ["9999-12-31"]}, "is no time"),
        ({"to": ["2026-04-02"]}, "Say where the period begins"),
        ({"from": ["2026-03-20"], "to": ["2026-03-19"]}, "ends before it begins"),
        ({"from": ["2026-04-09"]}, "has not begun"),
        ({"from": ["2026-03-01"], "to": ["2026-03-08"]}, "at most a week"),
        ({"api_only": ["yes"]}, "“api_only” is either 1 or left out"),
        ({"object": ["4213"]}, "“4213” is no object"),
        ({"object": ["Ticket:0"]}, "is no object"),
        ({"object": [f"Ticket:{2**63}"]}, "is no object"),
        ({"object": ["Spaceship:1"]}, "is no object"),
        ({"context": ["abc"]}, "“abc” is no chain"),
    ],
)
def test_what_makes_no_sense_is_answered_with_a_sentence(asked: dict[str, list[str]], said: str) -> None:
    complaints = read_query(asked, GROUND).complaints
    assert any(said in complaint for complaint in complaints), complaints
    assert all(len(complaint) < 400 for complaint in complaints)


_names = st.sampled_from(["member", "event", "period", "from", "to", "object", "context", "api_only"])


@given(st.dictionaries(_names | st.text(), st.lists(st.text(), max_size=4)))
def test_no_address_is_too_strange_to_read(asked: dict[str, list[str]]) -> None:
    reading = read_query(asked, GROUND)
    assert write_query(reading.query, GROUND) is not None
    if any(value.strip() for name, values in asked.items() if name not in ("period", "from", "to") for value in values):
        assert reading.complaints or reading.query != Query(LAST_WEEK)


def test_too_many_members_at_once() -> None:
    crowd = replace(GROUND, people={number: f"Member {number}" for number in range(1, 200)})
    reading = read_query({"member": [str(number) for number in range(1, 150)]}, crowd)
    assert reading.complaints == ("Choose at most 100 team members at once.",)


def test_an_objects_trail_and_a_chain_are_exempt_from_the_longest_period() -> None:
    for asked in ({"object": ["Ticket:7"]}, {"context": [str(CHAIN)]}):
        assert read_query(asked, GROUND).query.period == Period(ANY)
        longer = {**asked, "from": ["2025-01-01"], "to": ["2026-01-01"]}
        assert read_query(longer, GROUND).complaints == ()


def test_an_account_without_a_limit_may_ask_for_any_time() -> None:
    free = replace(GROUND, longest=None)
    assert read_query({"period": ["any"]}, free).complaints == ()
    assert read_query({"from": ["2020-01-01"]}, free).complaints == ()
    assert [preset.name for preset in offered(None)][-1] == "30d"


def test_a_shorter_limit_has_a_shorter_default() -> None:
    day = replace(GROUND, longest=timedelta(days=1))
    assert read_query({}, day).query.period == Period("24h")
    assert read_query({"period": ["7d"]}, day).complaints


def test_taking_the_chip_off_takes_its_exemption_too() -> None:
    query = Query(Period(ANY), target=Target("Ticket", 7), members=(3,))
    assert without(query, GROUND, "target") == Query(LAST_WEEK, members=(3,))
