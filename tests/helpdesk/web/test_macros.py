"""The pages of macros: made, changed and previewed row by row, put away, deleted; and who may."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from audit.action import enter
from audit.ledger import record
from helpdesk import macros
from helpdesk.events import RULE_CREATED
from helpdesk.models import Macro, Role, Rule
from tests.desks import Desk, open_desk
from tests.helpdesk.web.browsers import HTMX, Browser, hire, statements

THANKS = [{"name": "setResponseText", "arguments": {"body_text": "Thank you, {{ticket.customer.firstname}}!"}}]

REPLY = {"row": "0", "0-kind": "setResponseText", "0-body_text": "Hello {{ticket.customer.firstname}}"}


def a_macro(desk: Desk, name: str = "Thanks", actions: list[dict[str, Any]] | None = None) -> int:
    """A macro."""
    with desk.acting():
        return macros.create(desk.account, name, actions or THANKS, by=desk.by_admin).id


def the_macro(desk: Desk, number: int) -> Macro:
    """The macro as it is now."""
    desk.session.rollback()
    return desk.session.get_one(Macro, number)


def test_the_list_says_what_macros_do_and_how_often(desk: Desk, client: Browser) -> None:
    number = a_macro(desk, "Close it", [{"name": "setStatus", "arguments": {"status": "closed"}}])
    a_macro(desk)
    ticket = desk.a_ticket().id
    with desk.acting():
        macros.apply(desk.session.get_one(Macro, number), desk.ticket(ticket), by=desk.by_ana)
    page = client.get("/settings/macros").get_data(as_text=True)
    assert page.index("Close it") < page.index("Thanks")
    assert "1 ×" in page
    assert "Write the reply" in page
    assert "Thanks" not in client.fragment("/settings/macros?q=CLOSE").get_data(as_text=True)
    assert "Thanks" in client.fragment("/settings/macros?q=thank you, {{tick").get_data(as_text=True)
    assert b"Nothing found" in client.fragment("/settings/macros?q=%25").data


def test_a_desk_without_macros_says_what_they_are_for(client: Browser) -> None:
    assert b"No macros yet" in client.get("/settings/macros").data
    assert b"Nothing archived" in client.get("/settings/macros?tab=archived").data


EVERY_ROW: dict[str, Any] = {
    "row": [str(number) for number in range(10)],
    "0-kind": "setResponseText", "0-body_text": "Hi\r\nyou", "0-markdown": "y",
    "1-kind": "addTags", "1-tags": "late, vip",
    "2-kind": "setStatus", "2-status": "closed",
    "3-kind": "snoozeTicket", "3-for": "2d",
    "4-kind": "setAssignee", "4-who": "me",
    "5-kind": "setTeamAssignee", "5-who": "nobody",
    "6-kind": "setSubject", "6-subject": "New",
    "7-kind": "setPriority", "7-priority": "low",
    "8-kind": "addInternalNote", "8-body_text": "Note",
    "9-kind": "http", "9-method": "PUT", "9-url": "https://a.example/{{ticket.id}}",
    "9-headers": "X-One: 1\nX-Two:  2", "9-body": "{}",
}  # fmt: skip


def test_every_kind_of_action_is_saved_and_drawn_again_as_it_was(desk: Desk, client: Browser) -> None:
    with desk.watched() as trail:
        response = client.post(
            "/settings/macros/new", name=" All of  it ", intent="feedback", language="en", **EVERY_ROW
        )
    assert response.status_code == 303
    assert [(event.type, event.actor_name) for event in trail.events] == [("macro-created", "Olive Owner")]
    number = int(response.headers["Location"].rpartition("/")[2])
    macro = the_macro(desk, number)
    assert (macro.name, macro.intent, macro.language) == ("All of it", "feedback", "en")
    assert [(action["name"], action["arguments"]) for action in macro.actions] == [
        ("setResponseText", {"body_text": "Hi\nyou", "markdown": True}),
        ("addTags", {"tags": "late,vip"}),
        ("setStatus", {"status": "closed"}),
        ("snoozeTicket", {"for": "2d"}),
        ("setAssignee", {"assignee_user": {"id": "{{current_user.id}}"}}),
        ("setTeamAssignee", {"assignee_team": None}),
        ("setSubject", {"subject": "New"}),
        ("setPriority", {"priority": "low"}),
        ("addInternalNote", {"body_text": "Note"}),
        (
            "http",
            {
                "url": "https://a.example/{{ticket.id}}",
                "method": "PUT",
                "headers": {"X-One": "1", "X-Two": "2"},
                "body": "{}",
            },
        ),
    ]
    with desk.watched() as trail:
        saved = client.post(
            f"/settings/macros/{number}", name="All of it", intent="feedback", language="en", **EVERY_ROW
        )
    assert saved.status_code == 303
    assert trail.types == []


def test_the_editor_keeps_what_a_program_says_of_an_action(desk: Desk, client: Browser) -> None:
    said = {"name": "setStatus", "title": "Bye", "description": "Over", "arguments": {"status": "closed"}}
    number = a_macro(desk, "Bye", [said])
    page = client.get(f"/settings/macros/{number}").get_data(as_text=True)
    hidden = dict(re.findall(r'name="(0-\w+)" value="([^"]*)"', page))
    client.post(f"/settings/macros/{number}", name="Bye", row="0", **{**hidden, "0-status": "open"})
    (kept,) = the_macro(desk, number).actions
    assert kept == {**said, "type": "user", "arguments": {"status": "open"}}


def test_rows_come_move_and_go_before_anything_is_saved(desk: Desk, client: Browser) -> None:
    number = a_macro(desk)
    rows = {"name": "Renamed", "row": ["0", "3"], "0-kind": "setStatus", "3-kind": "addTags", "3-tags": "late"}
    with desk.watched() as trail:
        for wish, order in (
            ("add:setPriority", ["0", "3", "4"]),
            ("up:3", ["3", "0"]),
            ("down:0", ["3", "0"]),
            ("down:3", ["0", "3"]),
            ("remove:0", ["3"]),
            ("remove:99", ["0", "3"]),
            ("add:launchRocket", ["0", "3"]),
            ("nonsense", ["0", "3"]),
        ):
            for answer in (
                client.post(f"/settings/macros/{number}", do=wish, **rows),
                client.press("/settings/macros/new", do=wish, **rows),
            ):
                page = answer.get_data(as_text=True)
                assert answer.status_code == 200
                assert [part.partition('"')[0] for part in page.split('name="row" value="')[1:]] == order, wish
                assert 'value="Renamed"' in page
    assert trail.types == []


def test_what_can_not_be_stands_beside_its_row_and_nothing_is_lost(desk: Desk, client: Browser) -> None:
    rows = {"row": ["0", "1"], "0-kind": "addTags", "0-tags": " ,", "1-kind": "snoozeTicket", "1-for": "soon"}
    with desk.watched() as trail:
        answer = client.post("/settings/macros/new", name="", **rows)
        empty = client.post("/settings/macros/new", name="Nothing")
    page = answer.get_data(as_text=True)
    assert (answer.status_code, empty.status_code) == (422, 422)
    assert "Give the macro a name" in page
    assert "It needs the name of at least one tag." in page
    assert "is no span of time" in page
    assert 'value="soon"' in page
    assert b"Add an action first" in empty.data
    assert trail.types == []


def test_a_name_that_is_taken_is_refused_with_all_that_was_typed(desk: Desk, client: Browser) -> None:
    a_macro(desk, "Thanks")
    with desk.watched() as trail:
        answer = client.post("/settings/macros/new", name="Thanks", **REPLY)
    assert answer.status_code == 409
    assert b"There is a macro &#39;Thanks&#39; already" in answer.data
    assert b"Hello {{ticket.customer.firstname}}" in answer.data
    assert trail.types == []


def test_who_was_late_does_not_overwrite(desk: Desk, client: Browser) -> None:
    number = a_macro(desk)
    with desk.acting():
        macros.update(desk.session.get_one(Macro, number), "Faster", THANKS, by=desk.by_admin)
    with desk.watched() as trail:
        answer = client.post(f"/settings/macros/{number}", name="Late", version="1", **REPLY)
        assert answer.status_code == 409
        assert b"Somebody else has changed this macro" in answer.data
        assert client.post(f"/settings/macros/{number}", name="Late", version="2", **REPLY).status_code == 303
    assert trail.types == ["macro-updated"]


def test_a_preview_shows_the_values_of_a_ticket_and_names_what_nobody_knows(desk: Desk, client: Browser) -> None:
    ticket = desk.a_ticket("About <b>")
    form = {**REPLY, "0-body_text": "Hi {{ticket.customer.firstname}}, {{7*7}} {{ticket.subject}}"}
    with desk.watched() as trail:
        page = client.press("/settings/macros/preview", ticket=str(ticket.id), **form).get_data(as_text=True)
        nobody = client.press("/settings/macros/preview", ticket="99999", **form).get_data(as_text=True)
    assert "Hi Carol, {{7*7}} About &lt;b&gt;" in page
    assert "Nobody knows {{7*7}}" in page
    assert "There is no ticket 99999 here" in nobody
    assert trail.types == []


def test_a_macro_is_put_away_brought_back_and_deleted(desk: Desk, client: Browser) -> None:
    number = a_macro(desk)
    with desk.watched() as trail:
        assert client.post(f"/settings/macros/{number}/archive").status_code == 303
        assert b"Thanks" not in client.fragment("/settings/macros").data
        assert b"Thanks" in client.fragment("/settings/macros?tab=archived").data
        assert client.post(f"/settings/macros/{number}/archive").status_code == 303
        a_second = client.post("/settings/macros/new", name="Thanks", **REPLY)
        assert b"Rename one of the two" in client.post(f"/settings/macros/{number}/unarchive").data
        assert client.post(f"{a_second.headers['Location']}/delete").status_code == 303
        assert client.post(f"/settings/macros/{number}/unarchive").status_code == 303
        sheet = client.fragment(f"/settings/macros/{number}/delete").get_data(as_text=True)
        assert "It was applied 0 times" in sheet
        assert client.post(f"/settings/macros/{number}/delete").status_code == 303
    assert trail.types == ["macro-updated", "macro-created", "macro-deleted", "macro-updated", "macro-deleted"]
    assert client.get(f"/settings/macros/{number}").status_code == 404


def test_a_macro_that_a_rule_applies_stays(desk: Desk, client: Browser) -> None:
    number = a_macro(desk)
    with desk.acting() as doing:
        rule = Rule(
            account_id=desk.account_id,
            name="<Zebra>",
            code=f"Action('applyMacro', {{macro_id: {number}}})",
            created_datetime=doing.at,
        )
        desk.session.add(rule)
        record(RULE_CREATED, rule, by=desk.by_admin)
    sheet = client.fragment(f"/settings/macros/{number}/delete").get_data(as_text=True)
    assert "applied by the rule “&lt;Zebra&gt;”" in sheet
    assert "Delete it</button>" not in sheet
    with desk.watched() as trail:
        assert client.post(f"/settings/macros/{number}/delete").status_code == 409
    assert trail.types == []


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.LITE, Role.BASIC, Role.LEAD])
def test_everybody_reads_leads_change(desk: Desk, enter: Callable[[str], Browser], role: Role) -> None:
    number, may = a_macro(desk), role is Role.LEAD
    browser = enter(hire(desk, role))
    for path in ("/settings/macros", f"/settings/macros/{number}"):
        page = browser.get(path)
        assert page.status_code == 200
        assert b"Thanks" in page.data
        assert (b"/archive" in page.data) == may
    with desk.watched() as trail:
        for verb in ("", "/archive", "/unarchive", "/delete"):
            answer = browser.post(f"/settings/macros/{number}{verb}", name="X", **REPLY)
            assert (answer.status_code in (303, 200)) == may, verb
        assert (browser.post("/settings/macros/new", name="Y", **REPLY).status_code == 303) == may
    assert bool(trail.types) == may


def test_another_accounts_macro_is_not_there(desk: Desk, client: Browser) -> None:
    other = open_desk(desk.session, "other")
    number = a_macro(other, "Theirs")
    foreign = other.a_ticket().id
    mine, ticket = a_macro(desk), desk.a_ticket().id
    enter(desk.session, desk.account_id)
    with desk.watched() as trail:
        assert client.get(f"/settings/macros/{number}").status_code == 404
        for verb in ("", "/archive", "/unarchive", "/delete"):
            assert client.post(f"/settings/macros/{number}{verb}", name="X", **REPLY).status_code == 404, verb
        assert client.get(f"/settings/macros/{number}/delete").status_code == 404
        assert client.get(f"/tickets/{ticket}/compose?macro={number}").status_code == 404
        assert client.get(f"/tickets/{foreign}/compose?macro={mine}").status_code == 404
        assert client.get(f"/macros/pick?ticket={foreign}").status_code == 404
        assert client.press(f"/tickets/{ticket}/apply-macro", macro_id=str(number)).status_code == 409
        assert client.press(f"/tickets/{ticket}/reply", body_text="x", macro_id=str(number)).status_code == 409
        assert b"Theirs" not in client.get("/settings/macros").data
        assert b"There is no ticket" in client.press("/settings/macros/preview", ticket=str(foreign), **REPLY).data
    assert trail.types == []


@pytest.mark.parametrize(
    "text",
    [
        "x" * 100_000,
        "👩‍👩‍👧 مرحبا \u202egnp.exe",
        "<script>alert(1)</script>",
        "{{7*7}} {% for x in y %} {{ticket.__class__.__mro__}} {{config}}",
        "'); DROP TABLE macro;--",
        "a\r\nBcc: everybody@example.org",
    ],
)
def test_hostile_texts_are_kept_and_shown_as_they_are(desk: Desk, client: Browser, text: str) -> None:
    name = " ".join(text.split())[:200]
    answer = client.post("/settings/macros/new", name=name, **{**REPLY, "0-body_text": text})
    assert answer.status_code == 303
    number = int(answer.headers["Location"].rpartition("/")[2])
    assert the_macro(desk, number).actions[0]["arguments"]["body_text"] == text.replace("\r\n", "\n")
    ticket = desk.a_ticket().id
    for path in (f"/settings/macros/{number}", "/settings/macros", f"/macros/pick?ticket={ticket}"):
        for page in (client.get(path), client.fragment(path)):
            assert page.status_code == 200
            assert b"<script>alert(1)" not in page.data
    assert client.press(f"/tickets/{ticket}/apply-macro", macro_id=str(number)).status_code == 200


def test_the_picker_offers_what_fits_with_the_tickets_values(desk: Desk, client: Browser) -> None:
    a_macro(desk, "Many thanks")
    a_macro(desk, "Thanks", [*THANKS, {"name": "setStatus", "arguments": {"status": "closed"}}])
    archived = a_macro(desk, "Old thanks")
    with desk.acting():
        macros.archive(desk.session.get_one(Macro, archived), by=desk.by_admin)
    ticket = desk.a_ticket().id
    offers = client.fragment(f"/macros/pick?ticket={ticket}&q=thanks").get_data(as_text=True)
    assert offers.index(">Thanks<") < offers.index(">Many thanks<")
    assert "Thank you, Carol!" in offers
    assert "Close it" in offers
    assert "Old thanks" not in offers
    page = client.get(f"/macros/pick?ticket={ticket}&q=zzz").get_data(as_text=True)
    assert "No macro fits “zzz”" in page


def test_no_page_of_macros_asks_much(app: Flask, desk: Desk, client: Browser) -> None:
    number, ticket = a_macro(desk), desk.a_ticket().id
    for index in range(20):
        a_macro(desk, f"Macro {index}", [{"name": "setAssignee", "arguments": {"assignee_user": {"id": desk.ana_id}}}])
    for path in (
        "/settings/macros",
        f"/settings/macros/{number}",
        "/settings/macros/new",
        f"/settings/macros/{number}/delete",
        f"/macros/pick?ticket={ticket}",
    ):
        with statements(app) as sent:
            assert client.get(path).status_code == 200
        assert len(sent) <= 12, (path, sent)


def test_a_form_that_was_made_up_breaks_nothing(desk: Desk, client: Browser) -> None:
    number = a_macro(desk)
    for form in (
        {"row": ["x", "-1", "²", "999999999"], "x-kind": "addTags"},
        {"row": "0", "0-kind": "__class__"},
        {"row": ["0"] * 100, "0-kind": "addTags", "0-tags": "a"},
        {"row": "0", "0-kind": "setAssignee", "0-who": "9" * 40},
        {"row": "0", "0-kind": "http", "0-url": "https://[::1", "0-headers": "no colon"},
        {"version": "x", **REPLY},
        json.loads('{"name": "\\u0000"}'),
    ):
        for path in (f"/settings/macros/{number}", "/settings/macros/new", "/settings/macros/preview"):
            data = {"name": "Made up", **form}
            answer = client.client.post(path, data=data, headers=HTMX)
            assert answer.status_code < 500, (path, form)
