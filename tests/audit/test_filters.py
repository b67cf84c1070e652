"""The filters: address to question and back, the sentence, and what makes no sense."""

import uuid
from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import parse_qs

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from audit.asking import NUMBERED_KINDS, SOURCES, groups, texts
from audit.filters import NO_USER, Doer, Query, Target, read_query, without, write_query
from audit.line import query_of, write_line
from audit.periods import ANY, OWN, Period, offered
from audit.queries import Total
from audit.sentences import sentence
from audit.types import registry
from audit.what import chosen_types
from audit.when import by_its_clock
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
    numbers = st.none() | st.integers(1, 2**63 - 1)
    target = draw(st.none() | st.builds(Target, st.sampled_from(["Ticket", "Tag", "TicketMessage"]), numbers))
    context = draw(st.none() | st.uuids())
    query = Query(
        period=Period("7d"),
        types=draw(_type_names),
        not_types=draw(_type_names),
        api_only=draw(st.booleans()),
        members=tuple(sorted(draw(st.sets(st.sampled_from([NO_USER, 1, 2, 3, 4]))))),
        set_off_by=tuple(sorted(draw(st.sets(st.sampled_from([1, 2, 3, 4]))))),
        doers=draw(_doers),
        sources=tuple(sorted(draw(st.sets(st.sampled_from(SOURCES), max_size=3)))),
        target=target,
        texts=draw(_texts),
        context=context,
    )
    assume(not query.types or set(query.types) - set(query.not_types))
    assume(chosen_types(query) != ())
    return replace(query, period=draw(periods() | st.just(Period(ANY)) if query.is_exempt else periods()))


_names = [type_.name for type_ in registry]
_whole_groups = st.lists(st.sampled_from(sorted(groups())), max_size=3).map(
    lambda patterns: {name for pattern in patterns for name in groups()[pattern]}
)
_type_names = st.builds(
    lambda one, all_of: tuple(sorted(one | all_of)), st.sets(st.sampled_from(_names), max_size=5), _whole_groups
)
_single = st.builds(Doer, st.sampled_from(NUMBERED_KINDS), st.integers(1, 2**63 - 1))
_kinds = st.builds(Doer, st.sampled_from(["user", "schedule", "system"]))
_doers = st.sets(_single | _kinds, max_size=3).map(lambda found: tuple(sorted(found)))
_texts = st.lists(st.text(max_size=20), max_size=3).map(
    lambda found: texts([one for one in found if one.strip()], print)
)


@given(queries())
def test_an_address_written_and_read_is_the_same_question(query: Query) -> None:
    reading = read_query(parse_qs(write_query(query, GROUND)), GROUND)
    assert reading.complaints == ()
    assert reading.query == query


@given(queries(), st.sampled_from(["", "Asia/Tokyo"]))
def test_a_line_written_and_read_is_the_same_question_and_has_one_sentence_and_one_address(
    query: Query, zone: str
) -> None:
    ground = by_its_clock({"times": [zone] if zone else []}, GROUND)
    line = write_line(query, ground)
    reading = query_of(line, GROUND)
    assert reading.complaints == ()
    assert (reading.query, reading.ground) == (query, ground)
    again = read_query(parse_qs(write_query(reading.query, reading.ground)), GROUND)
    assert write_line(again.query, again.ground) == line
    assert sentence(again.query, again.ground, Total(12)) == sentence(query, ground, Total(12))


@pytest.mark.parametrize(
    ("line", "written", "said"),
    [
        (
            'actor:ana type:ticket-* -type:ticket-updated object:ticket#4213 by:user "refund" since:24h',
            'actor:"Ana Lopez" by:user type:ticket-* -type:ticket-updated object:ticket#4213 "refund" since:24h',
            (
                "12 Ticket events other than “Ticket updated” by Ana Lopez where a team member acted on Ticket 4213"
                " mentioning “refund” since Wednesday 1 April, 11:00 (Europe/Berlin), API-only events left out."
            ),
        ),
        (
            "actor:NONE by:rule:7 set-off-by:okafor source:cli Größe since:45m",
            'actor:none set-off-by:"Ben Okafor" by:rule#7 source:cli "größe" since:45m',
            (
                "12 events by No user set off by Ben Okafor where rule 7 acted that came by the command line"
                " mentioning “größe” since Thursday 2 April, 10:15 (Europe/Berlin), API-only events left out."
            ),
        ),
        (
            "context:00000000-0000-0000-0000-000000000007 set_off_by:okafor until:2026-04-01 “Größe”",
            'set-off-by:"Ben Okafor" "größe" chain:00000000-0000-0000-0000-000000000007 to:2026-04-01',
            None,
        ),
        ("actor:ana on:tuesday", 'actor:"Ana Lopez" from:2026-03-31 to:2026-03-31', None),
        ("since:mon to:yesterday", "from:2026-03-30 to:2026-04-01", None),
        ('type:"Ticket trashed" source:e-mail', "type:ticket-trashed source:email", None),
        ('by:"it woke" by:rule:Stars by:macro#refund', "by:macro#3 by:rule#7 by:rule#8", None),
        (
            "type:*-deleted object:tag period:yesterday api-only:yes",
            None,
            None,
        ),
        (
            "actor:#4 from:2026-03-30 to:2026-03-31T14:05",
            'actor:"Ben Okafor" from:2026-03-30 to:2026-03-31T14:05',
            None,
        ),
        (r'"say \"no\" \\ now"', None, None),
        ("", "", None),
    ],
)
def test_lines_as_people_write_them(line: str, written: str | None, said: str | None) -> None:
    reading = query_of(line, GROUND)
    assert reading.complaints == ()
    assert written is None or write_line(reading.query, GROUND) == written
    assert said is None or sentence(reading.query, GROUND, Total(12)) == said
    assert query_of(write_line(reading.query, GROUND), GROUND) == reading


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("actor:", "At character 1: after actor: something is missing, such as actor:ana"),
        ("since:7d actor:zoe", "At character 10: nobody here is called “zoe”."),
        ("actor:o", "“o” could be “Olive Owner (#1)”, “Ben Okafor (#4)”: write more of the name, or the number."),
        ("colour:red", "At character 1: there is no filter “colour”. There are actor, set-off-by, by, type"),
        ('type:ticket-closed "refund', "At character 20: this quotation mark is never closed."),
        ('re"fund" x', "At character 3: before and after a text in quotation marks stands a space."),
        ("type:ticket-vanished", "At character 1: there is no event “ticket-vanished”."),
        ("type:ticket-trash", "Did you mean ticket-trashed or ticket-untrashed?"),
        ("type:snoozed", "Did you mean ticket-snoozed or ticket-self-unsnoozed?"),
        ("type:ticket", "Did you mean ticket-*?"),
        ("actor:4", "nobody here is called “4”. By number, write #4."),
        ("by:s", "“s” could be “rule#8”, “rule#9”: write more of the name, or one of these."),
        ("object:ticket 632", "At character 15: an object and its number are one word: object:ticket#632."),
        ("actor :ana", "At character 7: between a filter's name and its colon stands no space."),
        ("by:rule NOT type:tag-created", "At character 9: there is no NOT here"),
        ("(type:tag-created)", "At character 1: brackets mean nothing here"),
        ("-actor:ana", "only events can be left out with a minus"),
        ("by:rule#x", "nothing that acts is called “rule#x”"),
        ("source:fax", "nothing comes in by “fax”; there are web, api"),
        ("object:spaceship", "“spaceship” is no object; one is written like “ticket#4213”."),
        ("by:rule#0", "a particular one is written like “rule#7”."),
        (
            "object:ticket by:rule type:tag-created",
            "At characters 1 and 23: none of the events you chose happens to objects of that kind.",
        ),
        ("type:ticket-closed -type:ticket-*", "At characters 1 and 20: every event that you chose is also left out"),
        ("-type:*", "At character 1: every event is left out, so nothing remains."),
        ("object:user object:ticket", "At characters 1 and 13: “object:user” and “object:ticket” can't both"),
        ("from:2026-03-20 by:rule to:2026-03-19", "At characters 1 and 25: the period ends before it begins."),
        ("by:rule from:2026-04-09", "At character 9: the period has not begun yet"),
        ("by:rule since:8d", "At character 9: that is a longer period than this account allows"),
        ("to:2026-04-01", "At character 1: say where the period begins, with “from”"),
        ("since:last-week", "At character 1: “since” takes a span up to now, such as 45m, 24h or 7d, or a day"),
        ("on:2026-03-02T14:05", "At character 1: “on” takes a day such as tuesday"),
        ("since:tue on:wed", "At characters 1 and 11: “since:tue” and “on:wed” can't both be asked for"),
        ("since:0d", "and “0d” is neither"),
        ("from:2026-13-45", "At character 1: “2026-13-45” is no time to look “from”"),
        ("period:eon", "At character 1: there is no period “eon”; there are 15m, 1h,"),
        ("since:yesterday to:2026-03-31", "At characters 1 and 17: “yesterday” is a period already"),
        ("since:1d from:2026-03-31", "At characters 1 and 10: “1d” is a period already"),
        ("since:2026-03-30 from:2026-03-31", "“since:2026-03-30” and “from:2026-03-31” can't both be asked for"),
        (" ".join(f'"x{number}"' for number in range(9)), "At character 1 and 8 more places: look for at most 8"),
        ("set-off-by:none", "macros are set off by team members"),
        (" ".join(f"type:x{number}" for number in range(150)), "there is no event “x0”"),
        ("x" * 2_001, "2,001 characters"),
        ('""', "there is nothing between these quotation marks"),
    ],
)
def test_a_line_that_makes_no_sense_is_told_where(line: str, said: str) -> None:
    complaints = query_of(line, GROUND).complaints
    assert any(said in complaint for complaint in complaints), complaints
    assert len(complaints) <= 4


@given(st.text(max_size=80) | st.text(alphabet='acty:"\\- #*', max_size=30))
def test_no_line_is_too_strange_to_read(line: str) -> None:
    reading = query_of(line, GROUND)
    assert reading.complaints or query_of(write_line(reading.query, GROUND), GROUND) == reading


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
        (Query(LAST_WEEK, types=("tag-created", "tag-deleted", "tag-merged")), 2, f"2 Tag events {SINCE}{LEFT_OUT}"),
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
        ({"event": [f"x{number}" for number in range(500)]}, "There are 88 events, and 500 were named"),
        ({"event": ["<script>alert(1)</script>"]}, "no event “<script>alert(1)</script>”"),
        ({"event": ["z" * 10_000]}, "z…”"),
        ({"member": ["99"]}, "no team member “99”"),
        ({"member": ["-3"]}, "no team member “-3”"),
        ({"member": [str(2**64)]}, "no team member"),
        ({"member": ["nobody\x00"]}, "no team member “nobody�”"),
        ({"period": ["forever"]}, "no period “forever”"),
        ({"period": ["any"]}, "Say where the period begins"),
        ({"period": ["7d", "24h"]}, "“period” 2 times"),
        ({"period": ["24h"], "from": ["2026-03-03"]}, "“24h” is a period already"),
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
        ({"by": ["rule:0", "ghost"]}, "Nothing that acts is called “rule:0”, “ghost”"),
        ({"source": ["fax"]}, "Nothing comes in by “fax”"),
        ({"text": ["x" * 101]}, "at most 100 characters"),
        ({"text": ["no\x00thing"]}, "no text can hold"),
        ({"text": [f"x{number}" for number in range(9)]}, "at most 8 texts"),
        ({"not_event": ["nonsense-*"]}, "no event “nonsense-*”"),
        ({"event": ["ticket-closed"], "not_event": ["ticket-closed"]}, "nothing remains"),
        ({"not_event": ["*"]}, "Every event is left out"),
        ({"event": ["ticket-closed"], "object": ["Tag"]}, "None of the events you chose"),
        ({"set_off_by": ["none"]}, "leave “No user” out there"),
        ({"times": ["Mars/Olympus"]}, "“Mars/Olympus” is no time zone"),
    ],
)
def test_what_makes_no_sense_is_answered_with_a_sentence(asked: dict[str, list[str]], said: str) -> None:
    complaints = read_query(asked, GROUND).complaints
    assert any(said in complaint for complaint in complaints), complaints
    assert all(len(complaint) < 400 for complaint in complaints)


_parameters = st.sampled_from(
    [
        "text",
        "by",
        "source",
        "not_event",
        "set_off_by",
        "times",
        "member",
        "event",
        "period",
        "from",
        "to",
        "object",
        "context",
        "api_only",
    ]
)


@given(st.dictionaries(_parameters | st.text(), st.lists(st.text(), max_size=4)))
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


def test_who_was_renamed_is_understood_by_both_names() -> None:
    renamed = replace(
        GROUND,
        formerly={3: "Ana Ferreira"},
        called=lambda kind, number: "Comets" if (kind, number) == ("Rule", 8) else "",
    )
    for line in ('actor:"Ana Lopez" by:comets', 'actor:"Ana Ferreira" by:stars'):
        query = query_of(line, renamed).query
        assert (query.members, query.doers) == ((3,), (Doer("rule", 8),))
