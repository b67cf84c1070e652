"""The composer of a ticket: macros with a reply and without, what may follow it, Markdown, colleagues."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from helpdesk import customers, macros, messages, tickets
from helpdesk.drafts import Draft
from helpdesk.models import Delivery, Macro, Role, TicketMessage
from helpdesk.placeholders import Words
from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser, hire

CREATED, UPDATED = "ticket-message-created", "ticket-updated"


def a_macro(desk: Desk, *actions: tuple[str, dict[str, Any]]) -> int:
    """A macro that does this."""
    listed = [{"name": name, "arguments": arguments} for name, arguments in actions]
    with desk.acting():
        return macros.create(desk.account, "Do it", listed, by=desk.by_admin).id


def newest(desk: Desk, ticket_id: int) -> TicketMessage:
    """What was said last."""
    desk.session.rollback()
    return desk.ticket(ticket_id).messages[-1]


@pytest.mark.parametrize(
    ("form", "events", "said"),
    [
        ({}, [CREATED, UPDATED, "ticket-assigned"], "Reply sent"),
        ({"then": "close"}, [CREATED, UPDATED, "ticket-assigned", "ticket-closed"], "Sent and closed"),
        ({"then": "snooze:tomorrow"}, [CREATED, UPDATED, "ticket-assigned", "ticket-snoozed"], "Sent and snoozed"),
        (
            {"then": "snooze:own", "until": "2026-03-05T14:30"},
            [CREATED, UPDATED, "ticket-assigned", "ticket-snoozed"],
            "Sent and snoozed",
        ),
    ],
)
def test_what_follows_a_reply_is_one_action_with_it(
    desk: Desk, client: Browser, form: dict[str, str], events: list[str], said: str
) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail:
        answer = client.press(f"/tickets/{number}/reply", body_text="On its way", **form)
    assert answer.status_code == 200
    assert said in answer.get_data(as_text=True)
    assert trail.types == events
    assert len(trail.contexts) == 1
    assert len({event.created_datetime for event in trail.events}) == 1
    if "until" in form:
        assert desk.ticket(number).snooze_datetime == datetime(2026, 3, 5, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"then": "explode"}, 422),
        ({"then": "snooze:own", "until": "soon"}, 409),
        ({"then": "snooze:own", "until": "2020-01-01T00:00"}, 409),
        ({"then": "snooze:"}, 409),
        ({"macro_id": "99999"}, 409),
        ({"macro_id": "x"}, 409),
        ({"macro_id": "9" * 40}, 409),
    ],
)
def test_what_can_not_follow_sends_nothing_and_keeps_the_text(
    desk: Desk, client: Browser, form: dict[str, str], status: int
) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail:
        answer = client.press(f"/tickets/{number}/reply", body_text="Kept", **form)
        plain = client.post(f"/tickets/{number}/reply", body_text="Kept", **form)
    assert (answer.status_code, plain.status_code) == (status, status)
    assert b"composer-problem" in answer.data
    assert b">Kept</textarea>" in plain.data
    assert trail.types == []


def test_a_macro_goes_first_as_no_user_then_the_reply_in_one_chain(desk: Desk, client: Browser) -> None:
    macro = a_macro(desk, ("addTags", {"tags": "late"}), ("setStatus", {"status": "closed"}))
    number = desk.a_ticket().id
    with desk.watched() as trail:
        answer = client.press(f"/tickets/{number}/reply", body_text="Sorry", macro_id=str(macro))
    assert answer.status_code == 200
    assert trail.lines == [
        ("macro-applied", None),
        ("tag-created", None),
        (UPDATED, None),
        ("ticket-tags-added", None),
        ("ticket-closed", None),
        (CREATED, "Olive Owner"),
        (UPDATED, "Olive Owner"),
        ("ticket-assigned", "Olive Owner"),
    ]
    assert len(trail.contexts) == 1
    assert {event.initiator_id for event in trail.events if event.user_id is None} == {desk.owner_id}
    assert newest(desk, number).macros == [{"id": macro, "name": "Do it"}]
    assert "Do it" in client.get(f"/tickets/{number}").get_data(as_text=True)


def test_a_refused_macro_sends_nothing_and_the_page_keeps_it_chosen(desk: Desk, client: Browser) -> None:
    macro = a_macro(desk, ("setStatus", {"status": "closed"}), ("setTeamAssignee", {"assignee_team": {"id": 99_999}}))
    number = desk.a_ticket().id
    with desk.watched() as trail:
        plain = client.post(f"/tickets/{number}/reply", body_text="Kept", macro_id=str(macro))
    assert plain.status_code == 409
    assert b"is not there any more" in plain.data
    assert f'name="macro_id" value="{macro}"'.encode() in plain.data
    assert trail.types == []


def test_a_macro_is_applied_without_sending(desk: Desk, client: Browser) -> None:
    macro = a_macro(desk, ("setResponseText", {"body_text": "Hi"}), ("setPriority", {"priority": "high"}))
    number = desk.a_ticket().id
    with desk.watched() as trail:
        answer = client.press(f"/tickets/{number}/apply-macro", macro_id=str(macro))
    assert answer.status_code == 200
    assert "“Do it” applied" in answer.get_data(as_text=True)
    assert trail.actors == [("macro-applied", "macro"), (UPDATED, "macro")]
    assert desk.session.query(Delivery).count() == 0


def test_without_scripts_a_macro_is_chosen_on_a_page(desk: Desk, client: Browser) -> None:
    macro = a_macro(desk, ("setResponseText", {"body_text": "Hi {{ticket.customer.firstname}}", "markdown": True}))
    number = desk.a_ticket().id
    page = client.get(f"/tickets/{number}/compose?macro={macro}").get_data(as_text=True)
    assert ">Hi Carol</textarea>" in page
    assert f'name="macro_id" value="{macro}"' in page
    assert client.get(f"/tickets/{number}/compose?macro=99999").status_code == 404
    assert client.get(f"/tickets/99999/compose?macro={macro}").status_code == 404
    fragment = client.fragment(f"/tickets/{number}/compose?macro={macro}").get_data(as_text=True)
    assert "<html" not in fragment
    assert "data-chosen" in fragment


def test_who_was_late_does_not_close_what_was_written_on_meanwhile(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket().id
    seen = str(desk.ticket(number).row_version)
    desk.session.rollback()
    with desk.acting():
        tickets.set_subject(desk.ticket(number), "Changed", by=desk.by_ben)
    macro = a_macro(desk, ("setStatus", {"status": "closed"}))
    with desk.watched() as trail:
        for more in ({"then": "close"}, {"macro_id": str(macro)}):
            answer = client.press(f"/tickets/{number}/reply", body_text="Done", row_version=seen, **more)
            assert answer.status_code == 409
            assert b"Ben Okafor renamed this ticket" in answer.data
        assert client.press(f"/tickets/{number}/reply", body_text="Done", row_version=seen).status_code == 200
    assert trail.types == [CREATED, UPDATED, "ticket-assigned"]


def test_markdown_goes_out_and_is_shown_as_html(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket().id
    text = "Hi **you**, <script>alert(1)</script> [link](https://a.example) ![x](https://t.example/1.png)"
    client.press(f"/tickets/{number}/reply", body_text=text, markdown="y")
    message = newest(desk, number)
    assert message.body_text == text
    assert "<strong>you</strong>" in (message.body_html or "")
    assert desk.ticket(number).excerpt.startswith("Hi you,")  # type: ignore[union-attr]
    page = client.get(f"/tickets/{number}").get_data(as_text=True)
    assert "<strong>you</strong>" in page
    assert "<script>alert(1)" not in page
    assert "<img" not in page
    assert 'target="_blank"' in page
    client.press(f"/tickets/{number}/reply", body_text=text)
    assert newest(desk, number).body_html is None


def test_markdown_is_previewed_and_nothing_happens(desk: Desk, client: Browser) -> None:
    with desk.watched() as trail:
        page = client.press("/tickets/preview", body_text="**bold** <b>x</b>").get_data(as_text=True)
        assert b"Nothing to see yet" in client.press("/tickets/preview").data
    assert "<strong>bold</strong>" in page
    assert "<b>x</b>" not in page
    assert trail.types == []


def test_a_note_calls_colleagues_by_name(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket().id
    client.press(f"/tickets/{number}/note", body_text="@ben okafor and @Ana Lopez, not mail@Ada Adminson nor @Nobody")
    assert newest(desk, number).mention_ids == [desk.ben_id, desk.ana_id]
    client.press(f"/tickets/{number}/reply", body_text="@Ana Lopez")
    assert newest(desk, number).mention_ids is None


def test_an_observer_writes_notes_without_macros(desk: Desk, enter: Callable[[str], Browser]) -> None:
    browser, number = enter(hire(desk, Role.OBSERVER)), desk.a_ticket().id
    macro = a_macro(desk, ("setStatus", {"status": "closed"}))
    page = browser.get(f"/tickets/{number}").get_data(as_text=True)
    assert "data-picker" not in page
    assert "/macros/pick" not in page
    with desk.watched() as trail:
        assert browser.press(f"/tickets/{number}/note", body_text="x", macro_id=str(macro)).status_code == 403
        assert browser.press(f"/tickets/{number}/apply-macro", macro_id=str(macro)).status_code == 403
        assert browser.get(f"/tickets/{number}/compose?macro={macro}").status_code == 403
    assert trail.types == []
    assert browser.press(f"/tickets/{number}/note", body_text="Only seen").status_code == 200


def test_a_macros_reply_in_markdown_keeps_a_customers_name_plain(desk: Desk, client: Browser) -> None:
    with desk.acting():
        customers.update(desk.carol, {"name": "[click](https://evil.example) Diaz"}, by=desk.by_ana)
    macro = a_macro(desk, ("setResponseText", {"body_text": "Hi {{ticket.customer.firstname}}", "markdown": True}))
    number = desk.a_ticket().id
    reply = macros.reply_of(desk.session.get_one(Macro, macro), Words.of(desk.ticket(number), desk.ana))
    assert reply is not None
    desk.session.rollback()
    client.press(f"/tickets/{number}/reply", body_text=reply.text, markdown="y")
    assert "<a " not in (newest(desk, number).body_html or "")


def test_quoted_text_is_folded(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket().id
    with desk.acting("email"):
        words = Draft(
            sender=desk.carol, body_text="Thanks!\n\nOn Monday Ana wrote:\n> It left", stripped_text="Thanks!"
        )
        messages.receive(desk.ticket(number), words, by=desk.by_carol)
    with desk.acting("email"):
        words = Draft(sender=desk.carol, body_text="> above\nBelow", stripped_text="Below")
        messages.receive(desk.ticket(number), words, by=desk.by_carol)
    page = client.get(f"/tickets/{number}").get_data(as_text=True)
    folded = page[page.index("Show quoted text") :]
    assert "On Monday Ana wrote" in folded[:400]
    assert "Thanks!" not in folded[:400]
    assert "Show the whole mail" in page
