"""The page of a ticket: thread, trail, files, and numbers that lead elsewhere or nowhere."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from audit.action import enter
from helpdesk import messages, tickets
from helpdesk.drafts import Draft, File
from helpdesk.models import Attachment, Ticket
from helpdesk.web.trail import PAGE, trail_of
from tests.desks import Desk, open_desk
from tests.helpdesk.web.browsers import Browser, statements


@pytest.mark.parametrize("number", ["0", "-1", "007", "99999", str(2**63 - 1), str(2**63), "9" * 30, "x"])
def test_numbers_that_lead_nowhere(client: Browser, number: str) -> None:
    assert client.get(f"/tickets/{number}").status_code == 404
    assert client.post(f"/tickets/{number}/close").status_code == 404


def test_another_account_is_not_there(desk: Desk, client: Browser) -> None:
    other = open_desk(desk.session, "other")
    number = other.a_ticket("Somebody else's secret").id
    enter(desk.session, desk.account_id)
    with desk.watched() as trail:
        assert client.get(f"/tickets/{number}").status_code == 404
        for verb in ("close", "reply", "note", "trash", "merge", "delete", "add-tags"):
            response = client.post(f"/tickets/{number}/{verb}", body_text="x", other="1", names="x")
            assert response.status_code == 404, verb
        assert b"secret" not in client.get("/tickets?view=all").data
        mine = desk.a_ticket().id
        merged = client.post(f"/tickets/{mine}/merge", other=str(number))
        assert merged.status_code == 404
        assert client.get(f"/tickets/{mine}/merge?other={number}").data.count(b"secret") == 0
        swap = client.post(f"/tickets/{mine}/swap-customer", customer_id=str(other.carol_id))
        assert swap.status_code == 409
    assert set(trail.types) == {"ticket-created", "ticket-message-created", "ticket-updated"}


def test_the_number_of_a_merged_ticket_leads_to_the_one_that_lives_on(desk: Desk, client: Browser) -> None:
    into, source = desk.a_ticket("Lives on").id, desk.a_ticket("Goes").id
    client.post(f"/tickets/{into}/merge", other=str(source))
    assert client.get(f"/tickets/{source}").headers["Location"] == f"/tickets/{into}"
    assert client.fragment(f"/tickets/{source}/trail?newest=1").headers["HX-Redirect"] == f"/tickets/{into}"


def test_the_trail_tells_who_and_what(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket().id
    with desk.acting():
        tickets.snooze(desk.ticket(number), desk.now() + timedelta(hours=1), by=desk.by_ana)
    desk.move_clock(timedelta(hours=2))
    with desk.acting():
        tickets.assign(desk.ticket(number), desk.ben, by=desk.by_ana)
    desk.session.info["account_id"] = desk.account_id
    lines = trail_of(desk.session, number, desk.now()).lines
    told = [(line.label, line.member, line.acted, line.change) for line in lines]
    assert told[:5] == [
        ("Ticket assigned", "Ana Lopez", "", "assignee nobody → Ben Okafor"),
        ("Ticket updated", "Ana Lopez", "", ""),
        (
            "Ticket self unsnoozed",
            None,
            "snooze timer",
            "status closed → open · snooze Tue 3 Mar, 10:00 → none",
        ),
        ("Ticket updated", None, "snooze timer", ""),
        ("Ticket snoozed", "Ana Lopez", "", "status open → closed · snooze → Tue 3 Mar, 10:00"),
    ]
    assert told[-2:] == [
        ("Ticket message created", None, "customer Carol Diaz", "“My order 991 has not arrived.”"),
        (
            "Ticket created",
            None,
            "customer Carol Diaz",
            "subject “Where is my order?” · channel email · via email and 2 more",
        ),
    ]


def test_the_trail_keeps_messages_that_are_gone(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.acting():
        message = messages.note(
            desk.ticket(number), Draft(sender=desk.ana, body_text="Oops", public=False), by=desk.by_ana
        )
        gone = message.id
    with desk.acting("api"):
        doomed = next(message for message in desk.ticket(number).messages if message.id == gone)
        messages.delete(doomed, by=desk.by_ana)
    desk.session.info["account_id"] = desk.account_id
    labels = [line.label for line in trail_of(desk.session, number, desk.now()).lines]
    assert labels[:4] == ["Ticket message deleted", "Ticket updated", "Ticket updated", "Ticket message created"]


def test_the_trail_leaves_out_other_tickets_of_the_same_chain(desk: Desk) -> None:
    first, second = desk.a_ticket().id, desk.a_ticket().id
    with desk.acting():
        for number in (first, second):
            draft = Draft(sender=desk.ana, body_text=f"To {number}", public=False)
            messages.note(desk.ticket(number), draft, by=desk.by_ana)
    desk.session.info["account_id"] = desk.account_id
    changes = [line.change for line in trail_of(desk.session, first, desk.now()).lines]
    assert f"internal note “To {first}”" in changes
    assert f"internal note “To {second}”" not in changes


def test_older_events_follow_on_demand(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket().id
    for index in range(PAGE):
        with desk.acting():
            tickets.set_priority(desk.ticket(number), ("high", "low")[index % 2], by=desk.by_ana)
    desk.session.info["account_id"] = desk.account_id
    before = trail_of(desk.session, number, desk.now()).before
    older = client.fragment(f"/tickets/{number}/trail?before={before}").get_data(as_text=True)
    assert "Ticket created" in older
    assert "Show older events" not in older
    assert "hue-message" in older


def test_an_open_page_is_told_only_what_is_new(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket().id
    newest = desk.last_event_id()
    assert client.fragment(f"/tickets/{number}/trail?newest={newest}").status_code == 204
    with desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ben)
    fresh = client.fragment(f"/tickets/{number}/trail?newest={newest}").get_data(as_text=True)
    assert "Ticket closed" in fresh
    assert 'hx-target="#ticket-head"' in fresh
    assert "<html" not in fresh


def test_an_open_page_whose_ticket_is_gone_says_so(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket().id
    with desk.acting("api"):
        tickets.erase(desk.ticket(number), by=desk.by_ben)
    response = client.fragment(f"/tickets/{number}/trail?newest=1")
    assert response.status_code == 200
    assert b"was deleted for good" in response.data


def test_a_long_thread_costs_no_more_than_a_short_one(app: Flask, desk: Desk, client: Browser) -> None:
    number = desk.a_ticket().id
    with statements(app) as short:
        client.get(f"/tickets/{number}")
    for index in range(20):
        with desk.acting():
            file = File("a.txt", "text/plain", str(index).encode())
            draft = Draft(sender=desk.ana, body_text=f"Note {index}", public=False, files=(file,))
            messages.note(desk.ticket(number), draft, by=desk.by_ana)
    with statements(app) as long:
        assert client.get(f"/tickets/{number}").status_code == 200
    assert len(long) <= 12, long
    assert len(long) - len(short) <= 1


def test_a_file_is_a_download_whatever_it_says_it_is(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket().id
    with desk.acting():
        file = File("page.html", "text/html", b"<script>alert(1)</script>")
        draft = Draft(sender=desk.ana, body_text="See the file", files=(file,))
        messages.reply(desk.ticket(number), draft, by=desk.by_ana)
    attachment = desk.session.scalars(select(Attachment.id)).one()
    with client.get(f"/attachments/{attachment}/page.html") as response:
        assert response.data == b"<script>alert(1)</script>"
        assert response.headers["Content-Disposition"] == "attachment; filename=page.html"
        assert response.headers["Content-Type"] == "application/octet-stream"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"/attachments/{attachment + 1}/page.html").status_code == 404


def test_the_original_of_a_mail_is_shown_without_pictures_and_scripts(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket().id
    with desk.acting("email"):
        html = '<p style="color:red" onclick="x()">Hi <b>you</b><img src="http://t.example/1"><script>x</script></p>'
        draft = Draft(sender=desk.carol, body_text="Hi you", body_html=html)
        messages.receive(desk.ticket(number), draft, by=desk.by_carol)
    page = client.get(f"/tickets/{number}").get_data(as_text=True)
    assert "<p>Hi <b>you</b></p>" in page
    assert "t.example" not in page


def test_a_ticket_without_subject_has_a_page(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket("").id
    assert desk.session.get_one(Ticket, number).subject is None
    assert b"No subject" in client.get(f"/tickets/{number}").data
