"""The log taken along: every format opened and read back, a download that broke off, and memory that stays flat."""

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from audit import export as exporting
from audit.filters import Query
from audit.periods import Period
from helpdesk import tickets
from tests.audit.logs import Made, ground_now, write_log
from tests.audit.site import LOG, browser, words
from tests.databases import sqlite_url
from tests.desks import TUESDAY, Desk, open_desk


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[URL]:
    """Which events are found is tried on both databases elsewhere (`test_queries`)."""
    with sqlite_url(tmp_path, furnished=True) as url:
        yield url


def export(client: FlaskClient, format_: str, filters: str = "", **fields: object) -> str:
    """The text of a file."""
    answer = client.post(f"{LOG}/export?{filters}", data={"format": format_, **fields})
    assert answer.status_code == 200, words(answer)
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=audit-log-2026-")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    return answer.text


def test_what_mentions_a_text_is_asked_for_while_the_file_is_read(ada: FlaskClient, desk: Desk) -> None:
    number = desk.a_ticket("Samovar, dented").id
    for filters in ("text=samovar", "text=samovar&event=ticket-created"):
        lines = [json.loads(line) for line in export(ada, "jsonl", filters).splitlines()]
        assert {line["object_id"] for line in lines} == {number}, "also where nobody has asked for the page"


def test_each_format_holds_what_was_found_and_the_log_says_so(ada: FlaskClient, desk: Desk) -> None:
    number = desk.a_ticket('=HYPERLINK("http://evil.example")').id
    with desk.acting():
        tickets.set_subject(desk.ticket(number), "Zoë\r\n“quoted”, with \U0001f600", by=desk.by_ana)
    with desk.watched() as trail:
        filters = f"object=Ticket:{number}"
        table = export(ada, "csv", filters)
        assert table.startswith("\ufeffid,"), "or a spreadsheet takes it for Latin"
        sheet = list(csv.DictReader(io.StringIO(table[1:], newline="")))
        lines = [json.loads(line) for line in export(ada, "jsonl", filters).splitlines()]
        records = [json.loads(line) for line in export(ada, "ocsf", filters).splitlines()]
    expected = [event for event in desk.events_after() if (event.object_type, event.object_id) == ("Ticket", number)]
    assert [line["id"] for line in lines] == [event.id for event in expected]
    assert [int(line["id"]) for line in sheet] == [int(record["metadata"]["uid"]) for record in records]
    assert [line["changes"] for line in lines] == [event.changes for event in expected]
    assert [json.loads(line["changes"] or "null") for line in sheet] == [event.changes for event in expected]
    assert sheet[0]["object_label"].startswith("'=HYPERLINK")
    assert sheet[0]["created_datetime"] == "2026-03-03T09:00:00+00:00"
    created, *_ = records
    assert (created["class_uid"], created["activity_id"], created["type_uid"]) == (3004, 1, 300401)
    assert created["metadata"]["version"] == "1.5.0"
    assert created["metadata"]["correlation_uid"] == str(expected[0].context)
    assert created["time"] == int(TUESDAY.timestamp() * 1000)
    assert trail.types == ["audit-log-exported"] * 3
    assert trail.events[0].data == {
        "format": "csv",
        "filter": f"object:ticket#{number}",
        "since": None,
        "until": None,
        "after": 0,
    }


def test_the_log_tells_which_time_a_copy_is_of_though_nobody_chose_one(ada: FlaskClient, desk: Desk) -> None:
    with desk.watched() as trail:
        export(ada, "csv", "")
        export(ada, "csv", "from=2026-03-01&to=2026-03-02")
    assert [(event.data["since"], event.data["until"]) for event in trail.events] == [
        ("2026-02-24T09:00:00+00:00", None),
        ("2026-03-01T00:00:00+00:00", "2026-03-03T00:00:00+00:00"),
    ]
    page = ada.get("/settings/audit?event=audit-log-exported&api_only=1").text
    assert "as csv · no filter · from 2026-02-24 09:00:00 UTC on" in page
    again = ada.get("/settings/audit/export?member=none")  # where a refused one stood
    assert (again.status_code, again.headers["Location"]) == (303, "/settings/audit?member=none")
    assert "from 2026-03-01 00:00:00 UTC to 2026-03-03 00:00:00 UTC" in page


def test_dates_are_told_with_the_clock_by_which_they_were_meant(ada: FlaskClient, desk: Desk) -> None:
    dates = "from=2026-03-03T00:00&to=2026-03-03T02:00"  # before the desk's morning; after it in California
    with desk.watched() as trail:
        assert export(ada, "jsonl", dates) == ""
        assert export(ada, "jsonl", f"{dates}&times=America/Los_Angeles") != ""
    line = "from:2026-03-03T00:00 to:2026-03-03T02:00 times:"
    assert [event.data["filter"] for event in trail.events] == [f"{line}UTC", f"{line}America/Los_Angeles"]


def test_secrets_stay_behind(ada: FlaskClient, desk: Desk) -> None:
    (made,) = [
        event for event in desk.events_after() if event.type == "user-created" and event.object_id == desk.ana_id
    ]
    digest = made.changes[f"User:{desk.ana_id}"]["password_hash"][1]["$secret"]
    for format_ in ("csv", "jsonl", "ocsf"):
        text = export(ada, format_, "event=user-created")
        assert "$secret" in text
        assert digest not in text


def test_a_log_in_is_an_authentication(ada: FlaskClient) -> None:
    record = json.loads(export(ada, "ocsf", "event=user-logged-in").splitlines()[-1])
    assert (record["class_uid"], record["activity_name"], record["status_id"]) == (3002, "Logon", 1)
    assert record["user"] == {"uid": "2", "name": "Ada Admin"}
    assert record["src_endpoint"] == {"ip": "127.0.0.1"}


def test_a_download_that_broke_off_goes_on(ada: FlaskClient, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "PAGE", 3)
    for _ in range(5):
        desk.a_ticket()
    whole = export(ada, "csv", "api_only=1").splitlines()
    for cut in (2, 4, 5, len(whole) - 1):
        last = whole[cut].split(",")[0]
        rest = export(ada, "csv", "api_only=1", after=last).splitlines()
        assert rest[: len(whole) - cut - 1] == whole[cut + 1 :], "what is new since comes behind"


def test_what_makes_no_sense_is_refused_and_nothing_is_logged(site: Flask, ada: FlaskClient, desk: Desk) -> None:
    foreign = open_desk(desk.session, "other").last_event_id()
    ana = browser(site, "ana")
    with desk.watched() as trail:
        for fields, filters, said in (
            ({"format": "xml"}, "", "Choose one of CSV, JSON Lines, OCSF"),
            ({"format": "csv", "after": "-1"}, "", "takes the number of an event"),
            ({"format": "csv", "after": str(foreign)}, "", "not in this desk's log"),
            ({"format": "csv", "after": str(2**60)}, "", "not in this desk's log"),
            ({"format": "csv"}, "event=nonsense", "There is no event “nonsense”"),
        ):
            answer = ada.post(f"{LOG}/export?{filters}", data=fields)
            assert answer.status_code == 422
            assert said in words(answer)
            assert 'id="audit-line"' in answer.text, "the log is still there"
        assert ana.post(f"{LOG}/export", data={"format": "csv"}).status_code == 403
    assert trail.types == []


def test_memory_stays_flat(engine: Engine, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "PAGE", 100)
    write_log(desk.session, desk.account_id, [Made(TUESDAY + timedelta(seconds=n)) for n in range(3_000)])
    ground, upto = ground_now(desk.session, desk.account_id), desk.last_event_id()
    desk.session.rollback()
    query, peaks = Query(Period("any"), api_only=True), []
    for last in (upto - 2_400, upto):
        tracemalloc.start()
        lines = exporting.chunks(engine, desk.account_id, query, ground, exporting.FORMATS["jsonl"], after=0, upto=last)
        count = sum(chunk.count("\n") for chunk in lines)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert count == upto
    assert peaks[1] < peaks[0] * 1.3
