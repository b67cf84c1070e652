"""Everything that can be pressed on a ticket: its events, its answer, who may press it, and who was late."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from helpdesk import permissions, settings, tags, tickets
from helpdesk.models import Delivery, Role, Ticket
from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser, hire

UPDATED = "ticket-updated"


def in_state(desk: Desk, state: str = "open") -> int:
    """A ticket in this state."""
    number = desk.a_ticket().id
    with desk.acting():
        ticket = desk.ticket(number)
        if state == "closed":
            tickets.close(ticket, by=desk.by_ana)
        elif state == "spam":
            tickets.mark_spam(ticket, by=desk.by_ana)
        elif state == "trashed":
            tickets.trash(ticket, by=desk.by_ana)
        elif state == "assigned":
            tickets.assign(ticket, desk.ana, by=desk.by_ana)
            tickets.assign_team(ticket, desk.team, by=desk.by_ana)
            tags.put_on(ticket, ["refund"], by=desk.by_ana)
    return number


#: Verb, state from which, form, events.
VERBS: list[tuple[str, str, dict[str, str], list[str]]] = [
    ("close", "open", {}, [UPDATED, "ticket-closed"]),
    ("reopen", "closed", {}, [UPDATED, "ticket-reopened"]),
    ("snooze", "open", {"choice": "tomorrow"}, [UPDATED, "ticket-snoozed"]),
    ("assign", "open", {"user_id": "3"}, [UPDATED, "ticket-assigned"]),
    ("unassign", "assigned", {}, [UPDATED, "ticket-unassigned"]),
    ("assign-team", "open", {"team_id": "1"}, [UPDATED, "ticket-assigned", "ticket-team-assigned"]),
    ("unassign-team", "assigned", {}, [UPDATED, "ticket-team-unassigned"]),
    ("set-subject", "open", {"subject": "Another"}, [UPDATED, "ticket-subject-updated"]),
    ("set-priority", "open", {"priority": "high"}, [UPDATED]),
    ("set-language", "open", {"language": "fr"}, [UPDATED]),
    ("swap-customer", "open", {"customer_id": "1"}, [UPDATED, "ticket-customer-updated"]),
    ("mark-spam", "open", {}, [UPDATED, "ticket-marked-spam"]),
    ("unmark-spam", "spam", {}, [UPDATED, "ticket-unmarked-spam"]),
    ("trash", "open", {}, [UPDATED, "ticket-trashed"]),
    ("untrash", "trashed", {}, [UPDATED, "ticket-untrashed"]),
    ("add-tags", "open", {"names": "vip, late parcel"}, ["tag-created", "tag-created", UPDATED, "ticket-tags-added"]),
    ("remove-tags", "assigned", {"name": "refund"}, [UPDATED, "ticket-tags-removed"]),
    ("note", "open", {"body_text": "For us"}, ["ticket-message-created", UPDATED]),
    ("reply", "open", {"body_text": "For you"}, ["ticket-message-created", UPDATED, "ticket-assigned"]),
    ("delete", "trashed", {}, ["ticket-deleted"]),
]


@pytest.mark.parametrize(("verb", "state", "form", "events"), VERBS, ids=[verb[0] for verb in VERBS])
def test_a_verb_writes_its_events_once(
    desk: Desk, client: Browser, verb: str, state: str, form: dict[str, str], events: list[str]
) -> None:
    number = in_state(desk, state)
    with desk.watched() as trail:
        response = client.press(f"/tickets/{number}/{verb}", **form)
        assert response.status_code == 200
        if verb != "delete":
            client.press(f"/tickets/{number}/{verb}", **form) if verb not in ("note", "reply") else None
    assert sorted(trail.types) == sorted(events)
    assert {event.actor_name for event in trail.events} == {"Olive Owner"}
    assert {event.source for event in trail.events} == {"web"}
    if verb != "delete":
        page = response.get_data(as_text=True)
        assert f"· {len(events)} event" in page
        assert 'hx-target="#trail"' in page
        assert 'hx-target="[data-views]"' in page


def test_without_scripts_a_verb_leads_back_to_the_ticket(desk: Desk, client: Browser) -> None:
    number = in_state(desk)
    response = client.post(f"/tickets/{number}/close")
    assert (response.status_code, response.headers["Location"]) == (303, f"/tickets/{number}")
    page = client.get(f"/tickets/{number}").get_data(as_text=True)
    toast = page[page.index('id="toasts"') :]
    assert "· 2 events" in toast
    assert toast.index("Ticket updated") < toast.index("Ticket closed")


def test_what_is_so_already_writes_nothing_and_says_so(desk: Desk, client: Browser) -> None:
    number = in_state(desk, "closed")
    with desk.watched() as trail:
        assert b"no event was written" in client.press(f"/tickets/{number}/close").data
    assert trail.types == []


NEEDS: dict[str, permissions.Action] = {
    "note": "write note",
    "reply": "reply",
    "delete": "delete",
    "merge": "merge",
}
#: What is pressed in a dialog, which the page only leads to.
IN_A_DIALOG = {"swap-customer"}


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.LITE, Role.BASIC, Role.LEAD, Role.ADMIN])
def test_what_one_may_not_press_is_not_there_to_press(desk: Desk, enter: Callable[[str], Browser], role: Role) -> None:
    browser = enter(hire(desk, role))
    pages: dict[str, str] = {}
    for verb, state in [*(row[:2] for row in VERBS), ("merge", "open")]:
        if state not in pages:
            number = in_state(desk, state)
            pages[state] = browser.get(f"/tickets/{number}").get_data(as_text=True).replace(f"/{number}/", "/N/")
        may = permissions.may(role, NEEDS.get(verb, "update ticket"))
        assert (f'/tickets/N/{verb}"' in pages[state]) == (may and verb not in IN_A_DIALOG), (verb, state)


@pytest.mark.parametrize(
    ("path", "first_role"),
    [("/tickets/new", Role.LITE), ("/mail", Role.LEAD), ("/settings/audit", Role.ADMIN)],
)
def test_pages_are_for_roles(desk: Desk, enter: Callable[[str], Browser], path: str, first_role: Role) -> None:
    ladder = list(Role)
    for role in ladder[1:]:
        allowed = ladder.index(role) <= ladder.index(first_role)
        browser = enter(hire(desk, role))
        assert browser.get(path).status_code == (200 if allowed else 403), role
        assert (f'"{path}"' in browser.get("/tickets").get_data(as_text=True)) == allowed, role


OVERWRITING = [row for row in VERBS if row[0] not in ("note", "reply", "add-tags", "remove-tags")]


@pytest.mark.parametrize(("verb", "state", "form", "events"), OVERWRITING, ids=[row[0] for row in OVERWRITING])
def test_who_is_late_learns_who_did_what(
    desk: Desk, client: Browser, verb: str, state: str, form: dict[str, str], events: list[str]
) -> None:
    number = in_state(desk, state)
    seen = str(desk.session.get_one(Ticket, number).row_version)
    with desk.acting():
        tickets.set_subject(desk.ticket(number), "Ben was faster", by=desk.by_ben)
    with desk.watched() as trail:
        response = client.press(f"/tickets/{number}/{verb}", row_version=seen, **form)
        plain = client.post(f"/tickets/{number}/{verb}", row_version=seen, **form)
    assert response.status_code == plain.status_code == 409
    for page in (response.get_data(as_text=True), plain.get_data(as_text=True)):
        assert "Ben Okafor renamed this ticket" in page
        assert "Your change was not made" in page
        assert "Ben was faster" in page
    assert trail.types == []


def test_a_double_click_is_no_race_with_oneself(desk: Desk, client: Browser) -> None:
    number = in_state(desk)
    seen = str(desk.session.get_one(Ticket, number).row_version)
    with desk.watched() as trail:
        for _ in range(2):
            assert client.press(f"/tickets/{number}/close", row_version=seen).status_code == 200
    assert trail.types == ["ticket-updated", "ticket-closed"]


def test_a_close_that_asks_no_survey_is_told_as_that_of_whoever_closed(desk: Desk, client: Browser) -> None:
    """The survey that was skipped is an event, too, and No user's; it overtook nobody."""
    with desk.acting():
        settings.change(desk.account, "satisfaction-surveys", {"enabled": True, "delay_hours": 24}, by=desk.by_admin)
    number = in_state(desk, "spam")
    seen = str(desk.session.get_one(Ticket, number).row_version)
    for _ in range(2):  # a double click
        assert client.press(f"/tickets/{number}/close", row_version=seen).status_code == 200
    with desk.acting():
        tickets.reopen(desk.ticket(number), by=desk.by_ben)
    seen = str(desk.session.get_one(Ticket, number).row_version)
    with desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ben)
    page = client.press(f"/tickets/{number}/trash", row_version=seen).get_data(as_text=True)
    assert "Ben Okafor closed this ticket" in page


@pytest.mark.parametrize("version", ["²", "-1", "x", ""])
def test_a_version_that_is_no_number_breaks_nothing(desk: Desk, client: Browser, version: str) -> None:
    number = in_state(desk)
    assert client.press(f"/tickets/{number}/close", row_version=version).status_code == 200


def test_a_form_without_its_subject_changes_nothing(desk: Desk, client: Browser) -> None:
    number = in_state(desk)
    with desk.watched() as trail:
        assert client.press(f"/tickets/{number}/set-subject").status_code == 400
    assert trail.types == []


def test_several_deeds_of_a_faster_hand_are_all_named(desk: Desk, client: Browser) -> None:
    number = in_state(desk)
    seen = str(desk.session.get_one(Ticket, number).row_version)
    with desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ben)
    with desk.acting():
        tags.put_on(desk.ticket(number), ["done"], by=desk.by_ben)
    page = client.press(f"/tickets/{number}/close", row_version=seen).get_data(as_text=True)
    assert "Ben Okafor closed this ticket and tagged it" in page


def test_a_note_is_written_however_old_the_page_is(desk: Desk, client: Browser) -> None:
    number = in_state(desk)
    assert client.press(f"/tickets/{number}/note", row_version="0", body_text="Still").status_code == 200


def test_a_reply_goes_out_by_mail_and_its_text_is_kept_when_it_can_not(desk: Desk, client: Browser) -> None:
    number = in_state(desk)
    empty = client.post(f"/tickets/{number}/reply", body_text="   ")
    assert empty.status_code == 422
    assert b"The message is empty" in empty.data
    big = {"body_text": "Keep this text", "files": (io.BytesIO(b"x" * (20 * 2**20 + 1)), "big.bin")}
    refused = client.client.post(f"/tickets/{number}/reply", data=big)
    assert refused.status_code == 422
    assert b"Keep this text" in refused.data
    assert b"20 MB" in refused.data
    refused.request.environ["wsgi.input"].close()  # the client's own spool
    gone = client.post("/tickets/99999/reply", body_text="Keep this text")
    assert gone.status_code == 404
    assert b"Keep this text" in gone.data
    assert client.post(f"/tickets/{number}/reply", body_text="Sent").status_code == 303
    desk.session.rollback()
    assert [delivery.recipient for delivery in desk.session.query(Delivery)] == ["carol@mail.example"]


def test_files_are_attached_under_harmless_names(desk: Desk, client: Browser) -> None:
    number = in_state(desk)
    form = {"body_text": "", "files": [(io.BytesIO(b"1"), "../../etc/pass\nwd"), (io.BytesIO(b"2"), "Größe.pdf")]}
    assert client.client.post(f"/tickets/{number}/note", data=form).status_code == 303
    page = client.get(f"/tickets/{number}").get_data(as_text=True)
    assert "Größe.pdf" in page
    assert "../" not in page


@pytest.mark.parametrize(
    ("form", "until"),
    [
        ({"choice": "3-hours"}, datetime(2026, 3, 3, 12, 0, tzinfo=UTC)),
        ({"choice": "tomorrow"}, datetime(2026, 3, 4, 9, 0, tzinfo=UTC)),
        ({"choice": "monday"}, datetime(2026, 3, 9, 9, 0, tzinfo=UTC)),
        ({"choice": "own", "until": "2026-03-05T14:30"}, datetime(2026, 3, 5, 14, 30, tzinfo=UTC)),
    ],
)
def test_snoozing_until_a_time_that_was_chosen(
    desk: Desk, client: Browser, form: dict[str, str], until: datetime
) -> None:
    number = in_state(desk)
    client.press(f"/tickets/{number}/snooze", **form)
    desk.session.rollback()
    assert desk.session.get_one(Ticket, number).snooze_datetime == until


@pytest.mark.parametrize("form", [{}, {"until": "soon"}, {"until": "2020-01-01T00:00"}, {"until": "9999-12-31T23:59"}])
def test_a_time_that_can_not_be_is_refused_with_a_sentence(desk: Desk, client: Browser, form: dict[str, Any]) -> None:
    number = in_state(desk)
    response = client.press(f"/tickets/{number}/snooze", **form)
    assert response.status_code in (200, 409)
    if response.status_code == 409:
        assert b"toast-error" in response.data


def test_what_fell_due_is_not_told_as_ones_own_deed(desk: Desk, client: Browser) -> None:
    sleeping, number = in_state(desk), in_state(desk)
    with desk.acting():
        tickets.snooze(desk.ticket(sleeping), desk.now() + timedelta(hours=1), by=desk.by_ana)
    desk.move_clock(timedelta(hours=2))
    assert "· 2 events" in client.press(f"/tickets/{number}/close").get_data(as_text=True)


def test_merging_keeps_what_was_picked(desk: Desk, client: Browser) -> None:
    into, source = in_state(desk), in_state(desk, "assigned")
    preview = client.fragment(f"/tickets/{into}/merge?other={source}").get_data(as_text=True)
    assert "There is no undo" in preview
    assert "Ana Lopez" in preview
    with desk.watched() as trail:
        response = client.press(f"/tickets/{into}/merge", other=str(source), assignee="other")
    assert response.status_code == 200
    assert trail.types == [UPDATED, "ticket-merged", "ticket-deleted"]
    desk.session.rollback()
    assert desk.session.get_one(Ticket, into).assignee_user_id == desk.ana_id


@pytest.mark.parametrize("other", ["", "0", "x", "99999", "9" * 30])
def test_merging_with_what_is_not_there(desk: Desk, client: Browser, other: str) -> None:
    number = in_state(desk)
    assert client.get(f"/tickets/{number}/merge?other={other}").status_code == 200
    assert client.press(f"/tickets/{number}/merge", other=other).status_code in (404, 422)


def test_a_ticket_is_not_merged_with_itself(desk: Desk, client: Browser) -> None:
    number = in_state(desk)
    assert client.press(f"/tickets/{number}/merge", other=str(number)).status_code == 409


def test_customers_are_found_by_name_and_address(desk: Desk, client: Browser) -> None:
    number = in_state(desk)
    assert b"welcome@demo.example" in client.fragment(f"/tickets/{number}/customers?q=WELC").data
    assert b"Nobody else in this account" in client.fragment(f"/tickets/{number}/customers?q=%25").data


def test_opening_a_ticket_by_hand(desk: Desk, client: Browser) -> None:
    form = {"email": "new@mail.example", "name": "Nora New", "subject": "A call", "body_text": "Hello", "tags": "phone"}
    with desk.watched() as trail:
        response = client.post("/tickets/new", kind="reply", assignee="", team="1", **form)
    assert response.status_code == 303
    assert trail.types == [
        "customer-created",
        "ticket-created",
        "ticket-message-created",
        UPDATED,
        "ticket-assigned",
        "ticket-team-assigned",
        "ticket-tags-added",
        "ticket-assigned",
        "tag-created",
    ]


def test_a_new_ticket_that_can_not_be_keeps_what_was_typed(desk: Desk, client: Browser) -> None:
    missing = client.post("/tickets/new", subject="Kept", kind="note")
    assert missing.status_code == 422
    assert b"Kept" in missing.data
    with desk.watched() as trail:
        wrong = client.post("/tickets/new", email="no address", subject="Kept", kind="note", body_text="Also kept")
    assert wrong.status_code == 409
    assert b"Also kept" in wrong.data
    assert trail.types == []
