"""New events on the page as they happen: drawn once for all, only for who may read the log, and refused in words."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from audit import drawing, tail
from audit.db import db
from audit.rows import EventRow
from helpdesk import people
from helpdesk.models import Role, User
from tests.audit.site import LOG, browser, words
from tests.audit.streams import STREAM, Stream, close_some
from tests.databases import sqlite_url
from tests.desks import Desk, open_desk


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[URL]:
    """What ends a stream is the same on both databases (`test_tail` uses both)."""
    with sqlite_url(tmp_path, furnished=True) as url:
        yield url


def test_many_pages_share_one_reader_and_its_drawings(
    site: Flask, ada: FlaskClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    held: list[str] = []
    with site.app_context():
        pool = db.engine.pool

    def draw(line: EventRow, story: str) -> str:
        time.sleep(0.01)  # the others come, and wait for what is drawn
        drawn.append(line.id)
        held.append(pool.status())
        return drawn_as_ever(line, story)

    drawn_as_ever = drawing.draw
    monkeypatch.setattr(drawing, "draw", draw)
    streams = [Stream(ada, after=desk.last_event_id()) for _ in range(5)]
    for stream in streams:
        stream.message()
    close_some(desk, 3)
    last = desk.last_event_id()
    came = [stream.upto(last) for stream in streams]
    assert came[0] == sorted(set(came[0]))
    assert all(ids == came[0] for ids in came)
    assert drawn == came[0]
    assert len(drawn) == 12
    # Whoever waits holds no connection, or there would be none for whoever draws.
    assert all(int(status.rsplit(" ", 1)[1]) <= 2 for status in held), held
    assert [thread.name for thread in threading.enumerate()].count("audit-tail") == 1
    for stream in streams:
        stream.cut()


def test_it_ends_with_the_right_to_look(site: Flask, ada: FlaskClient, desk: Desk) -> None:
    olive, after = browser(site, "owner"), desk.last_event_id()
    staying, leaving = Stream(olive, after=after), Stream(ada, after=after)
    staying.message(), leaving.message()
    with desk.acting():
        people.update(desk.session.get_one(User, desk.admin_id), role=Role.LEAD, by=desk.by_ana)
    while leaving.message() is not None:
        pass
    assert "event: ended" in leaving.text
    assert "Nothing new appears here any more" in leaving.text
    assert "<tr" not in leaving.text
    assert desk.last_event_id() in staying.upto(desk.last_event_id())
    # The server stops: the page is let go, and would come back by itself.
    tail.tail(site).close()
    while staying.message() is not None:
        pass
    assert "event: ended" not in staying.text
    assert Stream(olive, after=after).status == 503


def test_a_place_in_anothers_log_tells_nothing(ada: FlaskClient, desk: Desk) -> None:
    foreign = open_desk(desk.session, "other").last_event_id()
    desk.a_ticket()

    def refusal(place: object) -> tuple[int, str]:
        answer = ada.get(f"{LOG}/live", headers={**STREAM, "Last-Event-ID": str(place)})
        return answer.status_code, words(answer)

    said = refusal(2**60)
    assert said[0] == 422
    assert "is not in this desk's log" in said[1]
    assert refusal(foreign) == said

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.one_of(
            # A number of an event of one's own would open the stream, which has no end.
            st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30).filter(
                lambda one: not one.strip().isdigit()
            ),
            st.integers(min_value=1_000_000),
        )
    )
    def any_word(word: object) -> None:
        assert refusal(word) == said

    any_word()


def test_without_a_stream_it_says_why(ada: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ada.get(f"{LOG}/live").status_code == 406
    assert "no event" in words(ada.get(f"{LOG}/live?event=nonsense&after=0", headers=STREAM))
    monkeypatch.setattr(tail, "MOST", 0)
    full = ada.get(f"{LOG}/live?after=0", headers=STREAM)
    assert full.status_code == 503
    assert "looks by itself every few seconds" in words(full)
