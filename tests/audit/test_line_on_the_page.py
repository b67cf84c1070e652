"""The search line on the page: it leads to the address that asks the same, says where it errs, and completes words."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.engine import URL

from audit.actors import Actor
from audit.types import registry
from helpdesk import tickets
from tests.audit.logs import Made, write_log
from tests.audit.site import LIVE, LOG, look, words
from tests.databases import sqlite_url
from tests.desks import TUESDAY, Desk

WHOLE = {"HX-Request": "true", "HX-Target": "div#audit-log"}


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[URL]:
    """What the page says is the same on both databases (`test_queries` and `test_page_everywhere` use both)."""
    with sqlite_url(tmp_path, furnished=True) as url:
        yield url


def chips(text: str) -> list[str]:
    """The parts of the question, as their chips name them."""
    found = re.findall(r'data-opens="[^"]*" title="Change ([^"]*)"', text)
    return [unescape(one) for one in found]


def test_a_line_shows_what_it_asks_for_with_controls_chips_and_address(ada: FlaskClient, desk: Desk) -> None:
    number = desk.a_ticket("Refund, please").id
    with desk.acting():
        tickets.close(desk.ticket(number), by=Actor("rule", 7, "Zebra", 3))
    line = 'actor:none by:rule#7 type:ticket-* -type:ticket-updated "refund"'
    answer = ada.get(LOG, query_string={"line": line}, headers=WHOLE)
    address = f"{LOG}?member=none&by=rule:7&event=ticket-*&not_event=ticket-updated&text=refund"
    assert answer.headers["HX-Push-Url"] == address
    sentence = "1 Ticket event other than “Ticket updated” by No user where rule 7 acted mentioning “refund” since"
    assert sentence in words(answer)
    assert chips(answer.text) == ["actor:none", "by:rule#7", "type:ticket-*", "-type:ticket-updated", '"refund"']
    assert re.findall(r'popovertarget="meaning-([a-z-]+)"', answer.text) == ["ticket-closed"]
    assert 'name="not_event" value="ticket-updated"' in answer.text
    assert 'name="by" value="rule:7"' in answer.text
    assert ada.get(LOG, query_string={"line": line}).location == address
    assert "ticket-closed" in ada.get(address).text
    (without,) = re.findall(r'href="([^"]+)"[^>]+ aria-label="Show more than by rule#7"', answer.text)
    assert unescape(without) == f"{LOG}?member=none&event=ticket-*&not_event=ticket-updated&text=refund"


def test_a_line_that_makes_no_sense_says_where_and_leaves_the_page_alone(ada: FlaskClient) -> None:
    answer = ada.get(LOG, query_string={"line": "actor:zoe since:7d"}, headers=WHOLE)
    assert answer.status_code == 422
    assert "At character 1: nobody here is called “zoe”." in words(answer)
    assert "<form" not in answer.text
    page = look(ada, line="actor:zoe <b>")
    assert page.status_code == 200
    assert "At character 1: nobody here is called “zoe”." in words(page)
    assert 'value="actor:zoe &lt;b&gt;"' in page.text


def test_words_that_make_no_sense_together_leave_the_page_alone_too(ada: FlaskClient) -> None:
    for line in ("object:user object:ticket", "since:last-week", "-type:*", "from:2026-11-28 to:2026-11-25"):
        answer = ada.get(LOG, query_string={"line": line}, headers=WHOLE)
        assert answer.status_code == 422, line
        assert "At character" in answer.text
        assert "<form" not in answer.text
    beside = look(ada, line="by:rule", event="ticket-closed")
    assert "The address asks with a line, and beside it for “event”: it can do only one of the two." in words(beside)


def test_the_line_follows_the_controls(ada: FlaskClient) -> None:
    answer = ada.get(LOG, query_string={"member": "none", "text": " Two  Words "}, headers=LIVE)
    assert 'name="line" value="actor:none &#34;two words&#34;"' in answer.text
    assert chips(answer.text) == ["actor:none", '"two words"']


def test_the_form_shows_and_takes_back_whatever_can_be_asked(ada: FlaskClient, desk: Desk) -> None:
    write_log(desk.session, desk.account_id, [Made(TUESDAY, user_id=None, object=("Rule", 7), label="Zebra")])
    asked: dict[str, Any] = {"not_event": "ticket-updated", "by": "rule 7", "text": ["refund", "teapot"]}
    page = words(look(ada, **asked))
    for name, value in (("not_event", "ticket-updated"), ("by", "rule:7")):
        assert re.search(f'<input type="checkbox" name="{name}" value="{value}" checked>', page), name
    assert re.search(r'id="not-event-choice">Ticket updated<.*id="by-choice">Rule 7<', page, re.DOTALL)
    assert '<span class="choice-note">Zebra</span>' in page
    assert 'data-count="by:rule:7"' not in page  # of one rule nobody counts, and no number is better than a wrong one
    assert 'id="event-choice">All but Ticket updated<' in page
    assert re.findall(r'name="text" value="([^"]*)"', page) == ["refund", "teapot", ""]
    assert re.findall(r'data-opens="([^"]*)"', page) == ["by-panel", "not-event-panel", "text", "text"]
    assert '<details class="more-filters" open>' in page
    assert 'type="hidden"' not in page[page.index('id="audit-form"') : page.index('id="audit-result"')]


def test_a_long_question_has_few_chips_and_a_limit(ada: FlaskClient) -> None:
    page = words(look(ada, by=[f"rule:{number}" for number in range(1, 101)]))
    assert "where any of 100 actors acted" in page
    assert page.count('class="chip chip-narrow"') == 30
    assert "and 70 more, in the search line" in page
    (without,) = re.findall(r'href="([^"]+)"[^>]+ aria-label="Show more than by rule#30"', page)
    assert "by=rule:29&by=rule:31" in without
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"by": [f"rule:{number}" for number in range(1, 502)]}, "Choose at most 100 rules, macros and others"),
        ({"event": ["ticket-closed"] * 500}, f"There are {len(registry)} events, and 500 were named: name each once."),
    ]
    for asked, said in wrong:
        assert said in words(look(ada, **asked))


def test_times_are_shown_in_the_zone_that_was_chosen_and_every_address_keeps_it(ada: FlaskClient, desk: Desk) -> None:
    write_log(desk.session, desk.account_id, [Made(TUESDAY) for _ in range(60)])
    page = look(
        ada, times="Asia/Tokyo", event="ticket-closed", **{"from": "2026-03-03T18:00", "to": "2026-03-03T18:00"}
    )
    assert "(Asia/Tokyo)" in words(page)
    assert '<span class="clock-time">18:00:00</span>' in page.text
    assert '<span class="zone">Asia/Tokyo</span>' in page.text
    assert re.search(r'/older\?[^"]*times=Asia/Tokyo|/older\?[^"]*times=Asia%2FTokyo', page.text)
    line = ada.get(LOG, query_string={"line": "actor:none", "times": "Asia/Tokyo"}, headers=WHOLE)
    assert line.headers["HX-Push-Url"] == f"{LOG}?member=none&times=Asia%2FTokyo"


def test_a_row_opens_by_the_clock_of_its_list_and_so_does_what_it_leads_to(ada: FlaskClient, desk: Desk) -> None:
    desk.a_ticket()
    page = ada.get(LOG, query_string={"times": "Asia/Tokyo"}, headers=LIVE)
    assert '<hx-partial hx-target="#from-zone">Asia/Tokyo</hx-partial>' in page.text
    address = unescape(re.findall(r'hx-get="([^"]*/events/[^"]*)"', page.text)[0])
    story = ada.get(address, headers=LIVE).text
    assert "<dt>Times in</dt><dd>Asia/Tokyo</dd>" in story
    assert "18:00:00.000000</time> by the desk's clock" in story
    leads = re.findall(r'href="(/settings/audit(?:\?|/events/\d)[^"]*)"', story)
    assert leads
    assert [each for each in leads if "times=Asia/Tokyo" not in each] == []


def test_an_object_is_looked_up_at_any_time_unless_a_period_was_chosen(ada: FlaskClient, desk: Desk) -> None:
    write_log(desk.session, desk.account_id, [Made(TUESDAY, object=("Ticket", 12))])
    with desk.acting():
        desk.move_clock(timedelta(days=30))
    form = {"object": "Ticket 12", "period": ""}  # as the form sends it where nobody chose a period
    answer = ada.get(LOG, query_string=form, headers=LIVE)
    assert '<option value="" selected>Any time</option>' in answer.text
    assert '<option value="7d" >Last 7 days</option>' in answer.text
    assert "1 event on Ticket 12" in words(answer)
    answer = ada.get(LOG, query_string={**form, "period": "24h"}, headers=LIVE)
    assert "Look at any time" in answer.text
    (address,) = re.findall(r'href="([^"]+)"[^>]*>Look at any time', answer.text)
    assert "1 event on Ticket 12" in words(ada.get(address))
    assert "Look at any time" not in look(ada, event="tag-merged").text


def test_what_can_stand_at_the_cursor(ada: FlaskClient, desk: Desk) -> None:
    write_log(desk.session, desk.account_id, [Made(TUESDAY, user_id=None)])
    for line, at, first, whole in (
        ("act", None, "actor:", "actor:"),
        ("actor:lop since:7d", 9, 'actor:"Ana Lopez"', 'actor:"Ana Lopez" since:7d'),
        ('actor:"ana lo', None, 'actor:"Ana Lopez"', 'actor:"Ana Lopez" '),
        ('actor:"Ana Lopez" type:tag-m', None, "type:tag-merged", 'actor:"Ana Lopez" type:tag-merged '),
        ('"say \\"no\\"" "refund" type:tag-m', None, "type:tag-merged", '"say \\"no\\"" "refund" type:tag-merged '),
        ('actor:"Ana Lopez" type:tag-m', 10, 'actor:"Ana Lopez"', 'actor:"Ana Lopez" type:tag-m'),
        ('actor:"ana type:tag-m "refund"', 10, 'actor:"Ana Lopez"', 'actor:"Ana Lopez" type:tag-m "refund"'),
        ("ACTOR:lop", None, 'actor:"Ana Lopez"', 'actor:"Ana Lopez" '),
        ("-type:tag-m", None, "-type:tag-merged", "-type:tag-merged "),
        ("by:zeb", None, "by:rule#7", "by:rule#7 "),
        ("object:ticket-m", None, "object:ticket-message", "object:ticket-message "),
        ("since:1", None, "since:15m", "since:15m "),
        ("snooz", None, "type:ticket-snoozed", "type:ticket-snoozed "),
        ("zzzzz", None, None, None),
    ):
        answer = look(ada, f"{LOG}/complete", line=line, **({"at": str(at)} if at else {}))
        found = [unescape(one) for one in re.findall(r"<code>([^<]+)</code>", answer.text)]
        assert found[:1] == ([first] if first else []), line
        lines = [unescape(one) for one in re.findall(r'data-line="([^"]*)"', answer.text)]
        assert lines[:1] == ([whole] if whole is not None else []), line
