"""The page of a job: how far it is, what could not be done and why, and only for the account whose it is."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import Engine, select

from automation import jobs as machine
from helpdesk import jobs, leaving, people, tags, tickets
from helpdesk.models import Job, Role, Tag
from tests.desks import Desk, open_desk, open_session
from tests.helpdesk.web.browsers import Browser, hire, statements

HOSTILE = '<script>alert("1")</script> {{ 7*7 }} 🎁'


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than two tickets are a job."""
    monkeypatch.setattr(leaving, "MANY", 2)
    monkeypatch.setattr(leaving, "BATCH", 2)


def a_deletion(desk: Desk, name: str = "refund") -> int:
    """The job that deletes a tag from three tickets."""
    with desk.acting():
        opening = tickets.Opening(customer=desk.carol, tags=(name,))
        for _ in range(3):
            tickets.create(desk.account, opening, by=desk.by_ana)
    with desk.acting():
        tag = desk.session.scalars(select(Tag).where(Tag.name == name)).one()
        job = tags.delete(tag, by=desk.by_admin)
        assert job is not None
        number = job.id
    desk.session.rollback()
    return number


def a_job(desk: Desk, **info: object) -> int:
    """A job of any sort that has come so far."""
    with desk.acting():
        job = jobs.queue(desk.session, desk.account_id, "bulk", {"title": HOSTILE}, by=desk.by_ana, total=30)
        job.info = {**(job.info or {}), **info}
        number = job.id
    desk.session.rollback()
    return number


def test_a_page_follows_a_job_until_it_is_done(client: Browser, desk: Desk) -> None:
    number = a_deletion(desk)
    page = client.get(f"/jobs/{number}").get_data(as_text=True)
    assert "Deleting the tag refund" in page
    assert "0 of 3 tickets" in page
    assert 'hx-trigger="every 1s"' in page
    claim = machine.claim_next(desk.session)
    assert claim is not None
    assert machine._step(desk.session, claim)
    desk.session.rollback()
    part = client.fragment(f"/jobs/{number}").get_data(as_text=True)
    assert "<html" not in part
    assert "2 of 3 tickets" in part
    assert 'value="66"' in part
    line = client.fragment(f"/jobs/{number}/line").text
    assert "2 of 3 so far." in line
    assert 'hx-trigger="every 1s"' in line
    assert machine._step(desk.session, claim) is False
    desk.session.rollback()
    part = client.fragment(f"/jobs/{number}").get_data(as_text=True)
    assert "All is done." in part
    line = client.fragment(f"/jobs/{number}/line").text  # the toast stays with it, and asks no more
    assert "All is done." in line
    assert "hx-trigger" not in line
    assert client.get(f"/jobs/{number}/line").headers["Location"] == f"/jobs/{number}"
    assert "hx-trigger" not in part
    context = desk.session.scalars(select(Job)).one().params["context"]
    assert f"context={context}" in part
    log = client.get(f"/settings/audit?context={context}&api_only=1").get_data(as_text=True)
    assert log.count("Ticket tags removed") >= 3
    assert "Cascade started" in log


def test_what_a_job_did_to_many_can_be_taken_back_by_whoever_asked(
    client: Browser, enter: Callable[[str], Browser], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpdesk.bulk.AT_ONCE", 2)
    chosen = [desk.a_ticket().id for _ in range(3)]
    client.press("/tickets/bulk", view="inbox", deed="close", ticket=chosen)
    desk.session.rollback()
    path = f"/jobs/{desk.session.scalars(select(Job.id)).one()}"
    desk.session.rollback()
    assert "Undo" not in client.fragment(path).get_data(as_text=True)
    machine.run_all(desk.session)
    desk.session.rollback()
    page = client.fragment(path).get_data(as_text=True)
    (chain,) = re.findall(r'action="/tickets/undo".*?name="context" value="([^"]+)"', page, re.DOTALL)
    assert "Undo" not in enter("admin@demo.example").fragment(path).get_data(as_text=True)
    undoing = client.post("/tickets/undo", context=chain).headers["Location"]
    machine.run_all(desk.session)
    desk.session.rollback()
    assert {desk.ticket(number).status for number in chosen} == {"open"}
    assert "Undo" not in client.fragment(undoing).get_data(as_text=True)
    assert "Undo" not in client.fragment(path).get_data(as_text=True), "what was taken back is not offered again"
    again = client.post("/tickets/undo", context=chain).headers["Location"]
    machine.run_all(desk.session)
    assert "has changed since, so nothing was undone" in client.fragment(again).get_data(as_text=True)


def test_it_says_what_was_not_done_and_why(client: Browser, desk: Desk) -> None:
    refused = [*([number, HOSTILE] for number in range(1, 26)), [77, "It is locked."]]
    page = client.get(f"/jobs/{a_job(desk, done=30, refused=refused, changed=4)}").get_data(as_text=True)
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; {{ 7*7 }} 🎁") >= 2
    assert "and 5 more" in page
    assert 'href="/tickets/77"' in page
    assert "It is locked." in page
    assert "<dt>Changed</dt><dd>4</dd>" in page


def test_trouble_is_told_without_a_trace_of_code(client: Browser, desk: Desk) -> None:
    number = a_job(desk, failures=2, error="RuntimeError: secret")
    with desk.acting():
        desk.session.get_one(Job, number).status = "running"
    desk.session.rollback()
    page = client.get(f"/jobs/{number}").get_data(as_text=True)
    assert "it is tried again by itself" in page
    assert "RuntimeError" not in page
    with desk.acting():
        desk.session.get_one(Job, number).status = "errored"
    desk.session.rollback()
    page = client.fragment(f"/jobs/{number}").get_data(as_text=True)
    assert "given up after 2 tries" in page
    assert "hx-trigger" not in page


def test_nobody_sees_the_jobs_of_another_account(client: Browser, desk: Desk, engine: Engine) -> None:
    other = open_desk(open_session(engine), "other")
    number = a_deletion(other)
    other.session.close()
    for path in (f"/jobs/{number}", "/jobs/999", f"/jobs/{2**70}", "/jobs/x"):
        assert client.get(path).status_code == 404
        assert client.fragment(path).status_code == 404


def test_an_observer_sees_it_without_the_way_to_the_log(enter: Callable[[str], Browser], desk: Desk) -> None:
    number = a_deletion(desk)
    page = enter(hire(desk, Role.OBSERVER)).get(f"/jobs/{number}").get_data(as_text=True)
    assert "0 of 3 tickets" in page
    assert "Its events in the audit log" not in page


def test_it_asks_few_questions(client: Browser, app: Flask, desk: Desk) -> None:
    number = a_deletion(desk)
    with statements(app) as sent:
        client.get(f"/jobs/{number}")
    assert len(sent) <= 12
    with statements(app) as sent:
        client.fragment(f"/jobs/{number}")
    assert len(sent) <= 4


def test_who_is_being_deleted_is_out_at_once_and_can_not_come_back(enter: Callable[[str], Browser], desk: Desk) -> None:
    ana = enter("ana@demo.example")
    with desk.acting():
        opening = tickets.Opening(customer=desk.carol, assignee=desk.ana)
        for _ in range(3):
            tickets.create(desk.account, opening, by=desk.by_ben)
    with desk.acting():
        assert people.delete(desk.ana, by=desk.by_admin) is not None
    desk.session.rollback()
    assert ana.get("/tickets").status_code == 303
    assert ana.log_in("ana@demo.example").status_code == 422
    machine.run_all(desk.session)
    assert ana.log_in("ana@demo.example").status_code == 422
