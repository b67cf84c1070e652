"""The audit page: who may see it, what it shows, how it filters, and what it says when it can't."""

import re
import uuid
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import URL
from werkzeug.test import TestResponse

from audit.actors import Actor
from audit.types import registry
from helpdesk import customers, people, settings, tags, tickets
from tests.audit.logs import Made, write_log
from tests.audit.site import LIVE, LOG, browser, look, words
from tests.databases import fresh_sqlite
from tests.desks import TUESDAY, Desk

ZEBRA = Actor("rule", 7, "Zebra", 3)


@pytest.fixture
def database_url() -> URL:
    """What the page says is the same on both databases (`test_queries` and `test_page_everywhere` use both)."""
    return fresh_sqlite(furnished=True)


def types_in(answer: TestResponse) -> list[str]:
    """The event types of the rows, from the top."""
    return re.findall(r'popovertarget="meaning-([a-z-]+)"', answer.text)


def test_who_is_not_logged_in_is_led_to_the_door(site: Flask) -> None:
    answer = site.test_client().get(f"{LOG}?member=none")
    assert answer.status_code == 303
    assert answer.location == "/login?next=/settings/audit?member%3Dnone"


@pytest.mark.parametrize("path", [LOG, f"{LOG}/older", f"{LOG}/newer", f"{LOG}/events/1"])
def test_an_agent_is_told_whose_page_this_is(site: Flask, path: str) -> None:
    answer = look(browser(site, "ana"), path)
    assert answer.status_code == 403
    assert "for admins and the owner" in words(answer)
    assert "ticket-created" not in answer.text


def test_the_owner_may_look(site: Flask) -> None:
    assert look(browser(site, "owner")).status_code == 200


def test_a_row_tells_when_who_what_on_what_and_how(ada: FlaskClient, desk: Desk) -> None:
    ticket = desk.a_ticket()
    with desk.acting():
        tickets.close(desk.ticket(ticket.id), by=desk.by_ana)
    page = words(look(ada, event="ticket-closed"))
    assert "Settings" in page
    assert "Users & teams" in page
    assert "Audit logs" in page
    assert "1 “Ticket closed” event since Tuesday 24 February, 09:00 (UTC)." in page
    assert '<span class="day">Tue 3 Mar</span> <span class="clock-time">09:00:00</span>' in page
    assert '<td class="who" title="Ana Lopez">Ana Lopez</td>' in page
    assert f'<a href="/tickets/{ticket.id}">Ticket {ticket.id} "Where is my order?"</a>' in page
    assert ">status open → closed</td>" in page
    assert registry["ticket-closed"].meaning in page


def test_behind_no_user_stands_who_really_acted(ada: FlaskClient, desk: Desk) -> None:
    ticket = desk.a_ticket()
    with desk.acting("automation"):
        tickets.close(desk.ticket(ticket.id), by=ZEBRA)
    with desk.acting():
        tickets.reopen(desk.ticket(ticket.id), by=Actor("macro", 4, "Refund", 2, desk.ana_id))
    with desk.acting():
        tickets.snooze(desk.ticket(ticket.id), desk.now() + timedelta(hours=1), by=desk.by_ana)
    desk.move_clock(timedelta(hours=2))
    with desk.acting():
        tickets.set_subject(desk.ticket(ticket.id), "Lost", by=desk.by_ana)
    page = re.sub(r"</?a\b[^>]*>", "", words(look(ada, member="none")))  # what has a page is a link
    for acted in ("rule Zebra v3", "macro Refund v2 by Ana Lopez", "snooze timer", "customer Carol Diaz", "sign-up"):
        assert f'<span class="no-user">No user</span> <span class="acted">{acted}</span>' in page
    assert '<td class="who" title="Ana Lopez">' not in page


def test_all_events_leave_the_api_only_ones_out_until_asked(ada: FlaskClient, desk: Desk) -> None:
    desk.a_ticket()
    plain, every = look(ada), look(ada, api_only="1")
    assert "ticket-message-created" not in types_in(plain)
    assert "ticket-message-created" in types_in(every)
    assert "API-only events left out." in words(plain)
    assert "API-only events included." in words(every)
    chosen = look(ada, event="ticket-message-created")
    assert set(types_in(chosen)) == {"ticket-message-created"}


def test_the_drop_down_offers_the_sixty_two_by_object(ada: FlaskClient) -> None:
    page = look(ada).text
    options = re.findall(
        r'<label class="choice-option (api-only)?">\s*<input type="checkbox" name="event" value="([a-z-]+)"', page
    )
    assert len([name for api_only, name in options if not api_only]) == 62
    assert len(options) == len(registry)
    headings = re.findall(r'<fieldset class="choice-group hue-\w+ ">\s*<legend><span[^>]*></span>([^<]+) <', page)
    assert ", ".join(headings) == (
        "Account, Customer, Integration, Macro, Rule, Tag, Team, Ticket, Ticket message, User, View, Widget"
    )


def test_members_who_left_can_still_be_asked_for(ada: FlaskClient, desk: Desk) -> None:
    write_log(desk.session, desk.account_id, [Made(TUESDAY, user_id=99)])
    page = look(ada, member="99")
    assert re.search(r'value="99" checked>\s*<span>Member 99</span>\s*<span class="choice-note">left</span>', page.text)
    assert "event by Member 99 since" in words(page)
    assert types_in(page) == ["ticket-closed"]


def test_what_acted_is_called_by_its_name(ada: FlaskClient, desk: Desk) -> None:
    made = [Made(TUESDAY, "rule-created", object=("Rule", 7), label="Zebra"), Made(TUESDAY, user_id=None)]
    write_log(desk.session, desk.account_id, made)
    page = words(look(ada, by=["rule:7", "rule:8"]))
    assert "1 event where rule 7 “Zebra” or rule 8 acted since" in page


def test_times_are_the_accounts(ada: FlaskClient, desk: Desk) -> None:
    with desk.acting():
        hours = {**settings.DEFAULTS["business-hours"], "timezone": "Europe/Berlin"}
        settings.change(desk.account, "business-hours", hours, by=desk.by_admin)
    page = words(look(ada, **{"from": "2026-03-03T10:00", "to": "2026-03-03T10:00"}))
    assert '<span class="clock-time">10:00:00</span>' in page
    assert "from Tuesday 3 March, 10:00 to Tuesday 3 March, 10:00 (Europe/Berlin)" in page
    assert words(look(ada, **{"from": "2026-03-03T09:00", "to": "2026-03-03T09:59"})).count('class="event ') == 0


def test_a_longer_period_is_refused_with_the_form_as_it_was(ada: FlaskClient) -> None:
    asked = {"from": "2026-02-01", "to": "2026-03-03", "member": "none"}
    answer = look(ada, **asked)
    assert answer.status_code == 200
    assert "at most a week at once" in words(answer)
    assert 'name="from" value="2026-02-01T00:00"' in answer.text
    assert 'value="none" checked' in answer.text
    assert 'class="event ' not in answer.text
    live = ada.get(LOG, query_string=asked, headers=LIVE)
    assert live.status_code == 422
    assert live.headers["HX-Push-Url"] == f"{LOG}?from=2026-02-01&to=2026-03-03&member=none"


def test_a_setting_lifts_the_limit(ada: FlaskClient, desk: Desk) -> None:
    with desk.acting():
        settings.change(desk.account, "audit-log", {"longest_period_days": None}, by=desk.by_admin)
    assert "at any time" in words(look(ada, period="any"))
    assert "since Sunday 1 February, 00:00" in words(look(ada, **{"from": "2026-02-01"}))


def test_one_objects_trail_has_a_chip_and_no_limit(ada: FlaskClient, desk: Desk) -> None:
    ticket = desk.a_ticket()
    page = look(ada, object=f"Ticket:{ticket.id}")
    assert f'<span class="chip-key">object</span> ticket#{ticket.id}</button>' in words(page)
    assert f"events on Ticket {ticket.id} at any time" in words(page)
    assert types_in(page) == ["ticket-updated", "ticket-created"]


def test_one_chain(ada: FlaskClient, desk: Desk) -> None:
    ticket, chain = desk.a_ticket(), uuid.uuid4()
    with desk.acting(context=chain):
        tags.put_on(desk.ticket(ticket.id), ["refund"], by=desk.by_ana)
    page = look(ada, context=str(chain), api_only="1")
    assert types_in(page) == ["ticket-tags-added", "ticket-updated", "tag-created"]
    assert ">+ refund</td>" in page.text


def test_what_is_typed_comes_back_as_a_fragment_with_its_address(ada: FlaskClient) -> None:
    answer = ada.get(f"{LOG}?period=7d&from=&to=&member=none", headers=LIVE)
    assert "<html" not in answer.text
    assert 'id="audit-form"' not in answer.text
    assert answer.headers["HX-Push-Url"] == f"{LOG}?member=none"
    assert '<hx-partial hx-target="#member-choice">No user</hx-partial>' in answer.text
    assert "HX-Request" in answer.headers["Vary"]
    again = ada.get(f"{LOG}?member=none", headers={**LIVE, "HX-Current-URL": f"http://localhost{LOG}?member=none"})
    assert "HX-Push-Url" not in again.headers


def test_back_gets_the_whole_page(ada: FlaskClient) -> None:
    answer = ada.get(f"{LOG}?member=none", headers={**LIVE, "HX-History-Restore-Request": "true"})
    assert "<html" in answer.text
    assert 'value="none" checked' in answer.text


def test_a_link_that_changes_the_filters_gets_form_and_list(ada: FlaskClient) -> None:
    answer = ada.get(LOG, headers={"HX-Request": "true", "HX-Target": "div#audit-log"})
    assert "<html" not in answer.text
    assert "<form" in answer.text


def test_scrolling_brings_older_events_to_the_last(ada: FlaskClient, desk: Desk) -> None:
    ids = write_log(desk.session, desk.account_id, [Made(TUESDAY) for _ in range(120)])
    answer = look(ada, event="ticket-closed")
    seen, addresses = [], [re.findall(r'hx-get="([^"]+/older[^"]+)"', words(answer))]
    while True:
        seen += [int(number) for number in re.findall(r'<tr id="event-(\d+)"', answer.text)]
        if not addresses[-1]:
            break
        answer = ada.get(addresses[-1][0], headers={"HX-Request": "true"})
        addresses.append(re.findall(r'hx-get="([^"]+/older[^"]+)"', words(answer)))
    assert seen == ids[::-1]


def test_without_scripts_older_events_are_a_link(ada: FlaskClient, desk: Desk) -> None:
    ids = write_log(desk.session, desk.account_id, [Made(TUESDAY) for _ in range(60)])
    (address,) = re.findall(r'<a href="([^"]+cursor=[^"]+)"', words(look(ada, event="ticket-closed")))
    page = ada.get(address)
    assert f'<tr id="event-{ids[9]}"' in page.text
    assert "audit-look" not in page.text


@pytest.mark.parametrize("cursor", ["nonsense", "OTk5LjEuMQ", "é", "x" * 10_000])
def test_a_strange_cursor_is_answered_with_a_sentence(ada: FlaskClient, cursor: str) -> None:
    assert "Begin again at the newest event." in words(look(ada, cursor=cursor))
    assert look(ada, f"{LOG}/older", cursor=cursor).status_code == 422


def test_new_events_are_brought_once_and_only_if_they_fit(ada: FlaskClient, desk: Desk) -> None:
    page = look(ada, member=str(desk.ana_id))
    (after,) = re.findall(r'name="after" value="(\d+)"', page.text)
    asked = {"member": str(desk.ana_id), "after": after}
    assert look(ada, f"{LOG}/newer", **asked).status_code == 204
    ticket = desk.a_ticket()
    with desk.acting():
        tickets.close(desk.ticket(ticket.id), by=desk.by_ana)
    answer = look(ada, f"{LOG}/newer", **asked)
    assert types_in(answer) == ["ticket-closed", "ticket-updated"]
    assert "2 events by Ana Lopez since" in words(answer)
    (after,) = re.findall(r'name="after" value="(\d+)"', answer.text)
    assert int(after) == desk.last_event_id()
    assert look(ada, f"{LOG}/newer", member=str(desk.ana_id), after=after).status_code == 204


def test_the_total_stays_exact_where_a_page_looks_by_itself(ada: FlaskClient, desk: Desk) -> None:
    before, ticket = desk.last_event_id(), desk.a_ticket("Teapot")
    asked = {"text": "teapot", "event": ["ticket-created", "ticket-closed"], "after": str(before)}
    said = words(look(ada, f"{LOG}/newer", **asked))
    assert re.search(">1 [^<]* mentioning “teapot” since", said)
    asked["after"] = str(desk.last_event_id())
    with desk.acting():
        tickets.mark_spam(desk.ticket(ticket.id), by=desk.by_ana)
    answer = look(ada, f"{LOG}/newer", **asked)
    assert "audit-told" not in answer.text, "nothing fits, so what was said still holds"


def test_what_was_counted_lately_comes_with_the_list(ada: FlaskClient, desk: Desk) -> None:
    for _ in range(60):
        desk.a_ticket()
    first = look(ada)
    assert 'hx-trigger="load, recount"' in first.text
    assert "data-histogram" not in first.text
    (told,) = re.findall(r'<data value="\d+">([^<]+)</data>', ada.get(f"{LOG}/around").text)
    for again in (look(ada), ada.get(LOG, headers=LIVE)):
        assert 'hx-trigger="recount"' in again.text
        assert "data-histogram" in again.text
        assert re.search(f'role="status" data-upto="{desk.last_event_id()}">{re.escape(told)}</p>', again.text)
    desk.a_ticket()
    count = int(told.partition(" ")[0])
    assert f">{count + 2} events since" in look(ada).text


def test_a_period_that_is_over_looks_for_nothing_new(ada: FlaskClient) -> None:
    assert "audit-look" in look(ada).text
    assert "audit-look" not in look(ada, period="yesterday").text
    assert "audit-look" not in look(ada, **{"from": "2026-03-01", "to": "2026-03-02"}).text


@pytest.mark.parametrize("after", ["", "x", "-1", str(2**63), "1e3"])
def test_a_strange_place_to_look_from(ada: FlaskClient, after: str) -> None:
    assert look(ada, f"{LOG}/newer", after=after).status_code == 422


def test_an_address_that_opens_an_event_of_nobody_is_told(ada: FlaskClient, desk: Desk) -> None:
    assert "There is no such event in this desk" in words(look(ada, open=99_999_999))
    assert "which this address opens, is not among" in words(look(ada, open=desk.last_event_id(), event="tag-merged"))


def test_an_event_opens_into_its_story(ada: FlaskClient, desk: Desk) -> None:
    ticket = desk.a_ticket()
    with desk.watched() as trail, desk.acting():
        tickets.set_subject(desk.ticket(ticket.id), "Lost <b>parcel</b>", by=desk.by_ana)
    closed = trail["ticket-subject-updated"]
    for headers in ({}, {"HX-Request": "true"}):
        answer = ada.get(f"{LOG}/events/{closed.id}", headers=headers)
        assert ("<html" in answer.text) == (not headers)
        assert "Lost &lt;b&gt;parcel&lt;/b&gt;" in answer.text
        assert '<td class="before">Where is my order?</td>' in answer.text
        assert f"{LOG}?context={closed.context}&amp;api_only=1" in answer.text
        assert "Whole chain of 2 events" in answer.text
        assert "team member Ana Lopez" in answer.text
        assert registry["ticket-subject-updated"].meaning in words(answer)


def test_secrets_are_told_as_changed_and_nothing_else(ada: FlaskClient, desk: Desk) -> None:
    with desk.watched() as trail, desk.acting():
        people.change_password(desk.ana, "another horse battery", by=desk.by_ana)
    row = trail["user-password-changed"]
    page, story = look(ada, event="user-password-changed"), look(ada, f"{LOG}/events/{row.id}")
    assert ">a new password; all sessions ended</td>" in page.text
    assert "the log never holds a secret" in story.text
    for pair in row.changes[f"User:{desk.ana_id}"].values():
        for side in pair:
            if isinstance(side, dict):
                assert side["$secret"] not in page.text + story.text


def test_long_texts_open_in_the_story(ada: FlaskClient, desk: Desk) -> None:
    with desk.watched() as trail, desk.acting():
        customers.update(desk.carol, {"note": "long " * 1000}, by=desk.by_ana)
    assert ">note set</td>" in look(ada).text
    story = look(ada, f"{LOG}/events/{trail['customer-updated'].id}")
    assert story.text.count("long long long") > 100
