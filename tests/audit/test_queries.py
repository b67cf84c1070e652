"""Reading the log: SQL agrees with looking at every event, pages neither skip nor repeat, each filter has its index."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from audit import counting, queries
from audit.action import enter
from audit.base import MICROSECOND
from audit.filters import NO_USER, Doer, Ground, Query, Target
from audit.log import event_table
from audit.memory import Memory
from audit.periods import ANY, OWN, Period
from audit.queries import BadCursor, Cursor, Page
from audit.sweeping import sweep
from audit.types import registry
from tests.audit.logs import BERLIN, LAST_WEEK, NOW, Made, ground_now, keep_texts, slowly, wall, write_log
from tests.databases import engine_for, sqlite_url
from tests.desks import Desk, open_desk, open_session

CHAIN = uuid.UUID(int=7)
TYPES = (
    *("ticket-closed", "ticket-updated", "ticket-message-created", "tag-created", "tag-updated", "tag-renamed"),
    *("user-updated", "user-logged-in"),
)


#: What long texts say; that of a document is kept as JSON.
LONG_TEXTS = {"0a": "The kettle, and\nmuch more", "0b": 'Größe_2 of "no" teapot', "0c": '{"form":"a \\"no\\" order"}'}


def random_log(seed: int, size: int) -> list[Made]:
    """Ten days, in which many events share a moment; things have the names that they were given."""
    luck = random.Random(seed)
    made = [
        Made(
            at=NOW - timedelta(minutes=30 * luck.randint(0, 480)),
            type=(type_ := luck.choice(TYPES)),
            user_id=luck.choice([None, None, 1, 3, 4]),
            object=(registry[type_].object, luck.choice([7, 8])),
            label=luck.choice(["Where is my order?", "100% Größe_2", 'He said "No"', "urgent"]),
            doer=luck.choice([("rule", 7), ("rule", 8), ("customer", 7), ("macro", 2), ("schedule", None)]),
            initiator_id=luck.choice([None, None, 3, 4]),
            source=luck.choice(["web", "email", "automation", "cli", "api"]),
            changes=luck.choice(
                [
                    None,
                    {"Ticket:7": {"subject": [None, 'A "red" TEAPOT']}},
                    {
                        "Tag:7": {"name": ["ÄRGER", "x"]},
                        "Ticket:7": {"closed_datetime": [None, "2026-03-20T09:00:00+00:00"]},
                    },
                    {
                        "TicketTag:9": {
                            "id": [None, 9],
                            "ticket_id": [None, 7],
                            "tag_id": [None, luck.choice([7, 8, 78])],
                        }
                    },
                    {"Ticket:7": {"assignee_user_id": [luck.choice([None, 7, 8]), luck.choice([3, 7])]}},
                    {"User:7": {"password_hash": [None, {"$secret": "0bad"}], "notes": ['a\nb \\n "no"', "null"]}},
                    {
                        "TicketMessage:7": {
                            "body_text": [{"$text": "0a"}, {"$text": "0b"}],
                            "parts": [[], [{"$text": "0c"}]],
                        }
                    },
                ]
            ),
            data=luck.choice(
                [None, None, {"remote_addr": "127.0.0.1", "kinds": ["password", 'a "pass"']}, {"number": 5}]
            ),
            context=CHAIN if luck.random() < 0.1 else uuid.UUID(int=luck.getrandbits(128)),
        )
        for _ in range(size)
    ]
    names: dict[tuple[str, int], str] = {}
    for one in sorted(made, key=lambda one: one.at):
        if one.type in ("tag-renamed", "user-logged-in"):  # which stand beside the event that gave a name, or give none
            one.label = names.get(one.object, "")
        names[one.object] = one.label
    return made


def everything(session: Session, account_id: int) -> list[Any]:
    return list(session.execute(select(event_table).where(event_table.c.account_id == account_id)))


def all_pages(session: Session, query: Query, ground: Ground, size: int) -> list[int]:
    ids: list[int] = []
    before: Cursor | None = None
    look = sweep if queries.is_swept(query) else queries.page
    while True:
        page = look(session, query, ground, before=before, size=size)
        ids += [row.id for row in page.rows]
        if page.next is None:
            return ids
        assert len(page.rows) == size or page.searched_to
        before = queries.read_cursor(page.next.write(1), 1)


_periods = st.sampled_from(
    [
        LAST_WEEK,
        Period("24h"),
        Period("yesterday"),
        Period("today"),
        Period(OWN, wall("2026-03-29T01:00"), wall("2026-03-31T12:30")),
    ]
)


def _rarely(values: st.SearchStrategy[Any], nothing: Any) -> st.SearchStrategy[Any]:
    # Else nearly nothing would be left to be found.
    return st.one_of(st.just(nothing), st.just(nothing), values)


questions = st.builds(
    Query,
    period=_periods,
    types=st.sets(st.sampled_from(TYPES), max_size=4).map(lambda names: tuple(sorted(names))),
    api_only=st.booleans(),
    members=st.sets(st.sampled_from([NO_USER, 1, 3, 4]), max_size=3).map(lambda ids: tuple(sorted(ids))),
    not_types=st.sets(st.sampled_from(TYPES), max_size=2).map(lambda names: tuple(sorted(names))),
    set_off_by=_rarely(st.sampled_from([(3,), (3, 4)]), ()),
    doers=_rarely(
        st.sampled_from(
            [
                (Doer("rule"),),
                (Doer("rule", 8),),
                (Doer("customer"), Doer("macro", 2)),
                (Doer("user"),),
                (Doer("rule", 7), Doer("user")),
            ]
        ),
        (),
    ),
    sources=_rarely(st.sampled_from([("cli",), ("api", "cli"), ("web",), ("cli", "email")]), ()),
    texts=_rarely(
        st.sampled_from(
            [
                *(("teapot",), ("where",), ("größe_",), ("%",), ('"no"',), ("order", "red"), ("kettle", "order")),
                *(("urgent",), ("ärger",), ("127.0.0.1",), ('a "pass',), ("0b",), ("null",), ("2026-03",), ("tag_id",)),
                *(("nb",), ("\\n",), (",",), (":[",)),
            ]
        ),
        (),
    ),
    target=st.none() | st.builds(Target, st.sampled_from(["Ticket", "Tag"]), st.sampled_from([7, 8, None])),
    context=st.none() | st.just(CHAIN),
)


def test_every_filter_alone_and_together_finds_what_a_slow_look_finds(victim: Desk) -> None:
    write_log(victim.session, victim.account_id, random_log(1, 400))
    keep_texts(victim.session, victim.account_id, LONG_TEXTS)
    ground = ground_now(victim.session, victim.account_id)
    log = everything(victim.session, victim.account_id)
    found = 0

    @given(questions, st.sampled_from([1, 3, 50]))
    @settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    def agree(query: Query, size: int) -> None:
        nonlocal found
        expected = slowly(log, query, ground)
        found += len(expected)
        assert all_pages(victim.session, query, ground, size) == expected
        assert queries.total(victim.session, query, ground).count == len(expected)

    agree()
    assert found > 100


@pytest.mark.parametrize(
    "query",
    [
        Query(LAST_WEEK, members=(3,)),
        Query(LAST_WEEK, members=(NO_USER,)),
        Query(LAST_WEEK, types=("ticket-closed", "tag-created")),
        Query(LAST_WEEK, api_only=True),
        Query(Period("24h")),
        Query(Period(ANY), target=Target("Ticket", 7)),
        Query(Period(ANY), context=CHAIN, api_only=True),
        Query(Period("24h"), members=(NO_USER, 3), types=("ticket-closed", "tag-renamed")),
    ],
)
def test_the_ordinary_questions(victim: Desk, query: Query) -> None:
    write_log(victim.session, victim.account_id, random_log(2, 300))
    ground = ground_now(victim.session, victim.account_id)
    expected = slowly(everything(victim.session, victim.account_id), query, ground)
    assert expected
    assert all_pages(victim.session, query, ground, 7) == expected


def test_pages_of_one_moment_neither_skip_nor_repeat(desk: Desk) -> None:
    ids = write_log(desk.session, desk.account_id, [Made(NOW - timedelta(hours=1)) for _ in range(125)])
    ground = ground_now(desk.session, desk.account_id)
    for query in (Query(LAST_WEEK), Query(LAST_WEEK, types=("ticket-closed",)), Query(LAST_WEEK, members=(3,))):
        assert all_pages(desk.session, query, ground, 50) == ids[::-1]


def test_both_ends_belong_to_the_period(desk: Desk) -> None:
    start, end = wall("2026-03-31T09:00"), wall("2026-03-31T09:05")
    first, last = (at.replace(tzinfo=BERLIN).astimezone(UTC) for at in (start, end + timedelta(minutes=1)))
    moments = [first - MICROSECOND, first, last - MICROSECOND, last]
    ids = write_log(desk.session, desk.account_id, [Made(at) for at in moments])
    ground = ground_now(desk.session, desk.account_id)
    assert all_pages(desk.session, Query(Period(OWN, start, end)), ground, 50) == [ids[2], ids[1]]


def test_another_desks_log_is_never_seen(desk: Desk) -> None:
    foreign = open_desk(desk.session, "other")
    made = [Made(NOW - timedelta(minutes=1), context=CHAIN, object=("Ticket", 7), user_id=99) for _ in range(3)]
    ids = write_log(desk.session, foreign.account_id, made)
    ground = ground_now(desk.session, desk.account_id)
    for query in (
        Query(LAST_WEEK),
        Query(LAST_WEEK, api_only=True),
        Query(LAST_WEEK, members=(99,)),
        Query(LAST_WEEK, types=("ticket-closed",)),
        Query(Period(ANY), target=Target("Ticket", 7)),
        Query(Period(ANY), context=CHAIN, api_only=True),
    ):
        assert not set(all_pages(desk.session, query, ground, 50)) & set(ids)
        assert queries.newer(desk.session, query, ground, after=0).rows == []
    assert queries.event(desk.session, ids[0]) is None
    assert 99 not in queries.people(desk.session)
    assert queries.labels(desk.session, [("Ticket", 7)]) == {}
    with pytest.raises(BadCursor, match="not in this desk's log"):
        queries.newer(desk.session, Query(LAST_WEEK), ground, after=ids[0])


def test_newer_events_follow_by_number_without_gaps(desk: Desk) -> None:
    ids = write_log(desk.session, desk.account_id, [Made(NOW - timedelta(minutes=1)) for _ in range(4)])
    more = write_log(desk.session, desk.account_id, [Made(NOW, type=TYPES[index % 2]) for index in range(9)])
    ground = ground_now(desk.session, desk.account_id)
    for query, expected in (
        (Query(LAST_WEEK), more),
        (Query(LAST_WEEK, types=("ticket-closed",)), more[::2]),
        (Query(LAST_WEEK, members=(NO_USER,)), []),
    ):
        seen: list[int] = []
        after = ids[-1]
        while True:
            page: Page = queries.newer(desk.session, query, ground, after=after, size=4)
            seen += [row.id for row in reversed(page.rows)]
            if page.next is None:
                break
            after = page.next.id
        assert seen == expected


def test_counting_stops_at_a_cap(victim: Desk) -> None:
    write_log(victim.session, victim.account_id, random_log(3, 100))
    ground = ground_now(victim.session, victim.account_id)
    for query in (Query(LAST_WEEK), Query(LAST_WEEK, types=TYPES), Query(LAST_WEEK, members=(NO_USER, 3))):
        assert queries.total(victim.session, query, ground, most=5).count == 6
        exact = queries.total(victim.session, query, ground).count
        assert queries.total(victim.session, query, ground, most=exact).count == exact


def test_people_are_known_from_the_log_by_their_last_name(desk: Desk) -> None:
    write_log(desk.session, desk.account_id, [Made(NOW, user_id=number) for number in (41, 42, None)])
    enter(desk.session, desk.account_id)
    found = queries.people(desk.session)
    assert found[41] == "Member 41"
    assert found[desk.owner_id] == "Olive Owner"
    assert desk.ana_id not in found


@pytest.mark.parametrize("words", ["", "x", "ÄÖ", "MS4xLjE", "MS4x", "!" * 5000, "MS4tMS4tMQ", "OTk5LjEuMQ"])
def test_a_cursor_we_did_not_write_is_refused(words: str) -> None:
    with pytest.raises(BadCursor):
        queries.read_cursor(words, 2)


@given(st.integers(1, 2**40), st.integers(1, 2**63 - 1), st.integers(0, 10**15))
def test_a_cursor_is_good_for_its_own_account_only(account: int, number: int, micros: int) -> None:
    cursor = Cursor(datetime(2026, 1, 1, tzinfo=UTC) + micros * MICROSECOND, number)
    assert queries.read_cursor(cursor.write(account), account) == cursor
    with pytest.raises(BadCursor, match="another desk"):
        queries.read_cursor(cursor.write(account), account + 1)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (Query(LAST_WEEK), "ix_event_period"),
        (Query(LAST_WEEK, api_only=True), "ix_event_period"),
        (Query(LAST_WEEK, types=("ticket-closed",)), "ix_event_type"),
        (Query(LAST_WEEK, types=tuple(sorted(type_.name for type_ in registry))), "ix_event_type"),
        (Query(LAST_WEEK, members=(3,)), "ix_event_member"),
        (Query(LAST_WEEK, members=(NO_USER,)), "ix_event_member"),
        (Query(LAST_WEEK, members=(NO_USER, 1, 3)), "ix_event_member"),
        (Query(LAST_WEEK, members=(1, 3), types=("ticket-closed", "tag-created")), "ix_event_member"),
        (Query(LAST_WEEK, members=(NO_USER,), types=("ticket-closed", "tag-created")), "ix_event_type"),
        (Query(Period(ANY), target=Target("Ticket", 7)), "ix_event_object"),
        (Query(Period(ANY), target=Target("Ticket", 7), members=(3,)), "ix_event_object"),
        (Query(Period(ANY), context=CHAIN), "ix_event_context"),
        (Query(LAST_WEEK, not_types=("ticket-updated",)), "ix_event_type"),
        (Query(LAST_WEEK, target=Target("Tag")), "ix_event_type"),
        (Query(LAST_WEEK, set_off_by=(3, 4), types=("ticket-closed",)), "ix_event_initiator"),
        (Query(LAST_WEEK, doers=(Doer("rule", 7),), types=("ticket-closed",)), "ix_event_doer"),
        (Query(LAST_WEEK, doers=(Doer("macro"), Doer("rule", 7)), members=(NO_USER,)), "ix_event_doer"),
        (Query(LAST_WEEK, doers=(Doer("user"),)), "ix_event_member"),
        (Query(LAST_WEEK, doers=(Doer("user"),), types=("ticket-closed",)), "ix_event_type"),
        (Query(LAST_WEEK, sources=("cli",)), "ix_event_source"),
        (Query(LAST_WEEK, texts=("teapot",)), "ix_event_period"),
        (Query(LAST_WEEK, texts=("teapot",), types=("ticket-closed",)), "ix_event_type"),
        (Query(Period(ANY), context=CHAIN, types=("ticket-closed",), members=(3,)), "ix_event_context"),
    ],
)
@pytest.mark.parametrize("look", ["first", "further", "newer", "total"])
def test_sqlite_walks_the_index_made_for_it(plans: "Plans", query: Query, index: str, look: str) -> None:
    if look == "total" and queries.is_swept(query):
        look = "first"  # counted by windows, never as a whole
    steps = plans.of(query, look)
    searches = [step for step in steps if step.startswith(("SEARCH event", "SCAN event"))]
    # Counting needs no order, so all types may be counted by theirs.
    if look in ("first", "further") and queries.is_wide(query):
        index = "ix_event_period"  # so many types are found among the next events
    good = (index, "INTEGER PRIMARY KEY (rowid=?)", *(["ix_event_type"] if look == "total" else []))
    assert searches
    assert all(step.startswith("SEARCH") and any(name in step for name in good) for step in searches), steps
    if not query.is_exempt:
        assert any("created_datetime" in step for step in searches), steps


def test_sqlite_counts_without_reading_a_row(plans: "Plans") -> None:
    for query in (Query(LAST_WEEK), Query(LAST_WEEK, types=("ticket-closed",)), Query(LAST_WEEK, members=(NO_USER,))):
        searches = [step for step in plans.of(query, "count") if " event " in step]
        assert searches
        for step in searches:
            assert "SEARCH event USING COVERING INDEX ix_event_type" in step
            assert "created_datetime>? AND created_datetime<?" in step


class Plans:
    """How SQLite goes about a question."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ground = ground_now(session, 1)
        self._asked: list[Any] = []
        event.listen(session.get_bind(), "before_execute", self._note)

    def _note(self, _connection: Any, statement: Any, _many: Any, values: dict[str, Any], _options: Any) -> None:
        self._asked.append(statement.params(values))

    def of(self, query: Query, look: str) -> list[str]:
        """The steps of its plan."""
        session, ground = self._session, self._ground
        if look == "total":
            queries.total(session, query, ground)
        elif look == "count":
            counting.count(session, query, ground, seconds=60)
        elif look == "newer":
            queries.newer(session, query, ground, after=queries.newest_id(session))
        else:
            before = Cursor(NOW - timedelta(days=1), 100) if look == "further" else None
            list(map(ground.named, query.texts))  # what is called so is looked up apart, and remembered
            self._asked.clear()
            queries.page(session, query, replace(ground, memory=Memory()), before=before)
            return [step for asked in list(self._asked) for step in self._steps(asked)]
        return self._steps(self._asked[-1])

    def _steps(self, asked: Any) -> list[str]:
        literal = asked.compile(self._session.get_bind(), compile_kwargs={"literal_binds": True})
        return [row.detail for row in self._session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {literal}")]


@pytest.fixture(scope="module", params=["fresh", "analysed"])
def plans(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plans]:
    """A log of some size, with and without statistics about it."""
    with sqlite_url(tmp_path_factory.mktemp("plans")) as url:
        engine = engine_for(url)
        session = open_session(engine)
        write_log(session, open_desk(session).account_id, random_log(4, 5_000))
        if request.param == "analysed":
            with engine.begin() as connection:
                connection.exec_driver_sql("ANALYZE")
        yield Plans(session)
        session.close()
        engine.dispose()
