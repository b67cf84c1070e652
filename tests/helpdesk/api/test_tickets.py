"""Tickets by API: their shapes, what each call writes and in which order, and what it refuses."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from audit.rest.shapes import write_moment
from helpdesk import custom_fields, settings
from tests.desks import Desk
from tests.helpdesk.api.programs import Program
from tests.helpdesk.api.shapes import (
    CHANNEL,
    CUSTOMER_LITE,
    CUSTOMER_ON_TICKET,
    FIELD,
    MESSAGE,
    TICKET,
    TICKET_ROW,
    fits,
)
from tests.helpdesk.web.browsers import statements

CAROL = {"email": "carol@mail.example"}
PHONE = [{"type": "phone", "address": "12345"}]
ASKS: dict[str, Any] = {"channel": "email", "via": "email", "from_agent": False, "body_text": "Where is it?"}


def opened(api: Program, **more: Any) -> dict[str, Any]:
    """A ticket that Carol asked by API."""
    ticket: dict[str, Any] = api.post("/tickets", {"customer": CAROL, "messages": [ASKS], **more})
    return ticket


def test_a_ticket_is_opened_and_shown(desk: Desk, api: Program) -> None:
    with desk.watched() as trail:
        ticket = opened(api, subject="Late", external_id="x-1", meta={"a": [1]}, language="en", priority="high")
    assert trail.types == ["ticket-created", "ticket-message-created", "ticket-updated"]
    assert len(trail.contexts) == 1
    assert {event.user_id for event in trail.events} == {desk.owner_id}
    assert fits(ticket, TICKET)
    assert fits(ticket["customer"], CUSTOMER_ON_TICKET)
    assert fits(ticket["customer"]["channels"][0], CHANNEL)
    assert fits(ticket["messages"][0], MESSAGE)
    assert ticket["requester"] == ticket["customer"]
    for shown in (ticket, api.get("/tickets?limit=1")["data"][0]):
        names = list(shown)
        assert names.index("summary") < names.index("customer") < names.index("assignee_user")
    wrong = api.call("POST", "/tickets", {"subject": "No words"}).text
    assert wrong.index('"msg"') < wrong.index('"data"')
    assert (ticket["status"], ticket["via"], ticket["channel"], ticket["from_agent"]) == ("open", "api", "email", False)
    assert (ticket["subject"], ticket["external_id"], ticket["meta"], ticket["priority"]) == (
        "Late",
        "x-1",
        {"a": [1]},
        "high",
    )
    assert api.get(f"/tickets/{ticket['id']}/") == ticket
    (row,) = api.get(f"/tickets?customer_id={desk.carol_id}&external_id=x-1")["data"]
    assert fits(row, TICKET_ROW)
    assert fits(row["customer"], CUSTOMER_LITE)
    assert (row["excerpt"], row["messages_count"], row["is_unread"]) == ("Where is it?", 1, True)


def test_to_open_a_ticket_asks_little_of_the_database(app: Flask, api: Program) -> None:
    opened(api)  # by the way, the key's last use is noted, once a minute
    with statements(app) as sent:
        opened(api)
    # Who calls; what time it is, what is due; the account, the customer with their addresses; the ticket, the message.
    # The events beside them go past the engine; nothing is read again to be shown, but what shops know of the customer.
    assert len(sent) <= 8, sent


def test_who_writes_from_an_unknown_address_becomes_a_customer(desk: Desk, api: Program) -> None:
    message = {**ASKS, "sender": {"email": "new@mail.example", "name": "Nia New"}}
    with desk.watched() as trail:
        body: dict[str, Any] = {"messages": [message]}
        body["tags"] = [{"name": "vip", "decoration": {"color": "#0f766e"}}]
        body |= {"assignee_user": {"id": desk.ana_id}, "assignee_team": {"id": desk.team_id}}
        ticket = api.post("/tickets", body)
    assert trail.types == [
        "customer-created", "ticket-created", "ticket-message-created", "ticket-updated",
        "ticket-assigned", "ticket-assigned", "ticket-team-assigned", "ticket-tags-added", "tag-created",
    ]  # fmt: skip
    assert ticket["customer"]["name"] == "Nia New"
    assert ticket["tags"] == [{"id": ticket["tags"][0]["id"], "name": "vip", "decoration": {"color": "#0f766e"}}]
    assert (ticket["assignee_user_id"], ticket["assignee_team"]["decoration"]) == (desk.ana_id, {"emoji": "📦"})


def test_a_ticket_can_be_brought_from_elsewhere(desk: Desk, api: Program) -> None:
    long_ago = write_moment(desk.now() - timedelta(days=400))
    said = {**ASKS, "created_datetime": long_ago}
    answered = {**ASKS, "from_agent": True, "sent_datetime": long_ago, "sender": {"email": "ana@demo.example"}}
    with desk.watched() as trail:
        ticket = opened(api, messages=[said, answered], status="closed", created_datetime=long_ago, spam=True)
    assert trail.types == ["ticket-created", *["ticket-message-created"] * 2, "ticket-updated"]
    assert (ticket["created_datetime"], ticket["status"], ticket["spam"]) == (long_ago, "closed", True)
    assert [message["sent_datetime"] for message in ticket["messages"]] == [long_ago, long_ago]
    assert ticket["messages"][1]["sender"]["id"] == desk.ana_id
    assert [message["imported"] for message in ticket["messages"]] == [True, True]


def test_what_is_said_of_a_nested_customer_changes_them(desk: Desk, api: Program) -> None:
    ticket = opened(api)
    path, carol = f"/tickets/{ticket['id']}", {"id": desk.carol_id}
    with desk.watched() as trail:
        changed = api.put(path, {"customer": {**carol, "lastname": "Renamed", "note": "Kind", "email": None}})
    assert trail.types == ["customer-updated"]
    told = changed["customer"]
    assert (told["name"], told["note"], told["email"]) == ("Carol Renamed", "Kind", CAROL["email"])
    with desk.watched() as trail:
        other = api.put(path, {"customer": {"email": "dora@mail.example", "name": "Dora", "channels": PHONE}})
    assert trail.types == ["customer-created", "ticket-updated", "ticket-customer-updated"]
    assert [each["address"] for each in other["customer"]["channels"]] == ["dora@mail.example", "12345"]
    with desk.watched() as trail:
        assert api.put(path, {"customer": {**CAROL, "name": "Carol Diaz"}})["customer"]["name"] == "Carol Diaz"
    assert trail.types == ["customer-updated", "ticket-updated", "ticket-customer-updated"]
    with desk.watched() as trail:
        opened(api, customer={**CAROL, "name": "How a form has it"})
        opened(api, customer={**carol, "meta": {"from": "a form"}})
    assert trail.types.count("customer-updated") == 2
    assert api.get(f"/customers/{desk.carol_id}")["name"] == "How a form has it"
    with desk.watched() as trail:
        status, error = api.fail("PUT", path, {"status": "closed", "customer": {**carol, "timezone": "Mars/X"}})
    assert (status, trail.types) == (400, []), error


def test_the_times_of_a_ticket_that_comes_from_elsewhere_are_kept(desk: Desk, api: Program) -> None:
    names = ("created", "opened", "updated", "last_message", "last_received_message", "closed")
    times = {f"{name}_datetime": f"2025-03-0{place}T09:00:00.000000+00:00" for place, name in enumerate(names, 1)}
    with desk.watched() as trail:
        ticket = opened(api, **times)
    assert {name: ticket[name] for name in times} == times
    assert trail.types == ["ticket-created", "ticket-message-created", "ticket-updated"]
    path = f"/tickets/{ticket['id']}"
    reopened = api.put(path, {"status": "open", "updated_datetime": ticket["updated_datetime"]})
    assert reopened["updated_datetime"] == write_moment(desk.now())  # it only came back as it was shown
    closed = api.put(path, {"subject": "Over", "status": "closed", "closed_datetime": times["closed_datetime"]})
    assert closed["closed_datetime"] == times["closed_datetime"]
    with desk.watched() as trail:
        for wrong in (
            {"closed_datetime": "2025-01-01T00:00:00Z"}, {"updated_datetime": "2199-01-01T00:00:00Z"},
            {"via": "chat"}, {"from_agent": True},
        ):  # fmt: skip
            assert api.fail("PUT", path, wrong)[0] == 400, wrong
    assert trail.types == []


CHANGES: list[tuple[dict[str, Any], list[str]]] = [
    ({"status": "closed", "subject": "Found"}, ["ticket-closed", "ticket-subject-updated"]),
    ({"subject": "Lost", "status": "open"}, ["ticket-subject-updated", "ticket-reopened"]),
    ({"assignee_user": {"id": "ana"}}, ["ticket-assigned"]),
    (
        {"assignee_team": {"id": "team"}, "assignee_user": None},
        ["ticket-assigned", "ticket-team-assigned", "ticket-unassigned"],
    ),
    ({"assignee_team": {"id": None}}, ["ticket-team-unassigned"]),
    ({"tags": [{"name": "a"}, {"name": "b"}]}, ["tag-created", "tag-created", "ticket-tags-added"]),
    ({"tags": [{"name": "b"}]}, ["ticket-tags-removed"]),
    ({"spam": True, "trashed_datetime": "2020-01-01T00:00:00Z"}, ["ticket-marked-spam", "ticket-trashed"]),
    ({"trashed_datetime": None, "spam": False}, ["ticket-untrashed", "ticket-unmarked-spam"]),
    ({"snooze_datetime": "2026-04-01T09:00:00Z"}, ["ticket-snoozed"]),
    ({"snooze_datetime": None}, ["ticket-reopened"]),
    ({"closed_datetime": "2026-03-03T07:00:00Z", "status": "closed"}, ["ticket-closed"]),
    ({"updated_datetime": "2026-03-02T09:00:00Z", "last_message_datetime": "2026-03-02T08:00:00Z"}, []),
    ({"customer": {"email": "nobody.yet@mail.example"}}, ["customer-created", "ticket-customer-updated"]),
    ({"priority": "low", "language": "fr", "external_id": "7", "meta": {"a": 1}, "channel": "chat"}, []),
    ({"custom_fields": [{"id": "field", "value": "Late"}]}, []),
    ({"custom_fields": []}, []),
]  # fmt: skip


def test_what_is_sent_happens_in_its_order(desk: Desk, api: Program) -> None:
    """One ticket, one change after the other; each is one action, and sent again it is none."""
    number = opened(api)["id"]
    names = {"ana": desk.ana_id, "team": desk.team_id, "field": a_field(desk)}
    for sent, specific in CHANGES:
        body = resolved(sent, names)
        with desk.watched() as trail:
            ticket = api.put(f"/tickets/{number}", body)
        told = [type_ for type_ in trail.types if type_ != "ticket-updated"]
        assert told == specific, sent
        assert trail.types.count("ticket-updated") == 1, sent
        assert len(trail.contexts) == 1, sent
        assert fits(ticket, TICKET)
        with desk.watched() as trail:
            api.put(f"/tickets/{number}", body)
        assert trail.types == [], sent
    assert api.put(f"/tickets/{number}", {"is_unread": False})["is_unread"] is False
    assert api.put(f"/tickets/{number}", {"is_unread": True})["is_unread"] is True


def a_field(desk: Desk) -> int:
    """A custom field of tickets."""
    choices = {"data_type": "text", "input_settings": {"input_type": "dropdown", "choices": ["Late", "Lost"]}}
    with desk.acting():
        return custom_fields.create(desk.account, "Ticket", "Reason", choices, by=desk.by_admin).id


def resolved(part: Any, names: dict[str, int]) -> Any:
    """The body with numbers for names."""
    if isinstance(part, dict):
        return {
            key: names.get(value, value) if key == "id" and isinstance(value, str) else resolved(value, names)
            for key, value in part.items()
        }
    return [resolved(each, names) for each in part] if isinstance(part, list) else part


def test_a_close_says_why_nobody_is_asked_how_it_was(desk: Desk, api: Program) -> None:
    with desk.acting():
        settings.change(desk.account, "satisfaction-surveys", {"enabled": True, "delay_hours": 1}, by=desk.by_admin)
    number = opened(api, spam=True)["id"]
    with desk.watched() as trail:
        api.put(f"/tickets/{number}", {"status": "closed", "subject": "Junk"})
    assert trail.lines == [
        ("ticket-updated", "Olive Owner"), ("ticket-closed", "Olive Owner"),
        ("ticket-satisfaction-survey-skipped", None), ("ticket-subject-updated", "Olive Owner"),
    ]  # fmt: skip


def test_tags_and_custom_fields_of_a_ticket(desk: Desk, api: Program) -> None:
    path, field = f"/tickets/{opened(api)['id']}", a_field(desk)
    with desk.watched() as trail:
        answer = api.call("POST", f"{path}/tags", {"names": ["a", "b"]})
        assert (answer.status_code, answer.data) == (201, b"")
        tags = api.get(f"{path}/tags")
        assert tags.keys() == {"data"}
        assert [tag["name"] for tag in tags["data"]] == ["a", "b"]
        api.delete(f"{path}/tags", {"ids": [tags["data"][0]["id"]]})
        answer = api.call("PUT", f"{path}/tags/", {})
        assert (answer.status_code, answer.data) == (202, b"")
    assert trail.types == [
        "tag-created", "tag-created", "ticket-updated", "ticket-tags-added",
        "ticket-updated", "ticket-tags-removed", "ticket-updated", "ticket-tags-removed",
    ]  # fmt: skip
    with desk.watched() as trail:
        (shown,) = api.put(f"{path}/custom-fields", [{"id": field, "value": "Late"}])["data"]
        assert (shown["value"], shown["prediction"]) == ("Late", None)
        assert fits(shown["field"], FIELD)
        assert api.put(f"{path}/custom-fields/{field}", {"id": field, "value": "Lost"})["value"] == "Lost"
        held = api.get(f"{path}?relationships=custom_fields")["custom_fields"]
        assert held == {str(field): {"id": field, "value": "Lost"}}
        api.delete(f"{path}/custom-fields/{field}")
    assert trail.types == ["ticket-updated"] * 3
    assert api.get(f"{path}/custom-fields")["data"][0]["value"] is None
    for method, body in (("POST", {}), ("DELETE", {}), ("POST", {"ids": [999]}), ("POST", {"names": [7]})):
        assert api.fail(method, f"{path}/tags", body)[0] == 400
    assert api.fail("PUT", f"{path}/custom-fields", [{"id": field, "value": "Broken"}])[0] == 400
    assert api.fail("PUT", f"{path}/custom-fields", {"id": field})[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        {}, {"messages": []}, {"messages": [{}]}, {"messages": [{**ASKS, "via": "pigeon"}]},
        {"messages": [ASKS]}, {"messages": [ASKS], "customer": {"id": 999}},
        {"messages": [ASKS], "customer": {"email": "x"}},
        {"messages": [ASKS], "customer": CAROL, "status": "gone"},
        {"messages": [ASKS], "customer": CAROL, "subject": "x" * 999},
        {"messages": [ASKS], "customer": CAROL, "assignee_user": {"id": 2**63}},
        {"messages": [ASKS], "customer": CAROL, "created_datetime": "yesterday"},
        {"messages": [ASKS], "customer": CAROL, "created_datetime": "2199-01-01"},
        {"messages": [ASKS], "customer": CAROL, "snooze_datetime": "1999-01-01"},
        {"messages": [ASKS], "customer": CAROL, "colour": "red"},
        {"messages": [{**ASKS, "from_agent": True, "body_text": None, "attachments": [{"url": "http://x/y", "name": "a",
                       "content_type": "b"}]}], "customer": CAROL},
    ],
)  # fmt: skip
def test_what_is_no_ticket_is_refused(desk: Desk, api: Program, body: dict[str, Any]) -> None:
    with desk.watched() as trail:
        status, error = api.fail("POST", "/tickets", body)
    assert status == 400, error
    assert trail.types == []


def numbers(api: Program, query: str) -> list[int]:
    """The numbers of the tickets that are listed."""
    return [row["id"] for row in api.get(f"/tickets?{query}")["data"]]


def test_a_ticket_is_deleted_from_any_state_and_lists_are_strict(desk: Desk, api: Program) -> None:
    first, second = opened(api)["id"], opened(api, trashed_datetime="2026-03-01T00:00:00Z")["id"]
    assert numbers(api, "")[:2] == [second, first]
    assert second not in numbers(api, "trashed=false")
    both = f"ticket_ids={first}&ticket_ids={second}"
    assert numbers(api, f"{both}&order_by=created_datetime:asc") == [first, second]
    assert numbers(api, "view_id=6") == [second]
    assert api.get(f"/tickets/{second}")["trashed_datetime"].startswith("2026-03-03")  # it lies there from now on
    assert api.get("/tickets?rule_id=7")["data"] == []
    assert api.get("/tickets")["meta"].keys() == {"prev_cursor", "next_cursor", "total_resources"}
    for query in ("status=open", "view_id=999", "ticket_ids=x", "cursor=abc", "customer_id=0"):
        assert api.fail("GET", f"/tickets?{query}")[0] == 400, query
    with desk.watched() as trail:
        api.delete(f"/tickets/{first}")
    assert trail.types == ["ticket-deleted"]
    assert api.fail("GET", f"/tickets/{first}")[0] == 404
