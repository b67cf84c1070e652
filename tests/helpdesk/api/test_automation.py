"""Macros, rules and custom fields by API, and the silent telephone: shapes, what each call writes, what it refuses."""

from typing import Any

from sqlalchemy import func, select

from helpdesk import following, macros, rules
from helpdesk.models import Macro, Rule, RuleCursor
from tests.desks import Desk
from tests.helpdesk.api.programs import Program
from tests.helpdesk.api.shapes import FIELD, MACRO, RULE, fits

SORRY: dict[str, Any] = {
    "name": "setResponseText", "title": "Say", "description": "Softly", "arguments": {"body_text": "Sorry!"}
}  # fmt: skip
CODE = "if (eq(ticket.status, 'open')) { Action('addTags', {tags: 'late'}) }"
CHOICES = {"data_type": "text", "input_settings": {"input_type": "dropdown", "choices": ["S", "L"]}}


def test_macros(desk: Desk, api: Program) -> None:
    with desk.watched() as trail:
        macro = api.post("/macros", {"name": "Sorry", "actions": [SORRY], "language": "en", "intent": "feedback"})
        assert fits(macro, MACRO)
        assert macro["actions"] == [{**SORRY, "type": "user"}]
        assert (macro["updated_datetime"], macro["archived_datetime"], macro["usage"]) == (None, None, 0)
        path = f"/macros/{macro['id']}"
        changed = api.put(
            path, {"name": "Say sorry", "actions": [SORRY, {"name": "addTags", "arguments": {"tags": "sorry"}}]}
        )
        api.put(path, {"name": "Say sorry"})
        assert ([action["name"] for action in changed["actions"]], changed["language"]) == (
            ["setResponseText", "addTags"],
            "en",
        )
        assert api.put("/macros/archive", {"ids": [macro["id"], 999_999]}) == {
            "data": [
                {"id": macro["id"], "status": "archived", "msg": None},
                {"id": 999_999, "status": "not-found", "msg": "There is no macro 999999."},
            ]
        }
        assert api.get("/macros")["data"] == []
        assert [row["id"] for row in api.get("/macros?archived=true&search=SORRY&languages=en")["data"]] == [
            macro["id"]
        ]
        api.put("/macros/unarchive/", {"ids": [macro["id"]]})
    assert trail.types == ["macro-created", *["macro-updated"] * 3]
    with desk.watched() as trail:
        applies = f"Action('applyMacro', {{macro_id: {macro['id']}}})"
        rule = api.post("/rules", {"name": "Sorry first", "code": applies, "event_types": "ticket-created"})["id"]
        assert api.fail("DELETE", path)[0] == 409
        api.delete(f"/rules/{rule}")
        api.delete(path)
        assert api.fail("POST", "/macros", {"name": "x", "actions": [{"name": "fly"}]})[0] == 400
        assert api.fail("POST", "/macros", {"actions": []})[0] == 400
    assert trail.types == ["rule-created", "rule-deleted", "macro-deleted"]


def test_macros_are_listed_for_a_ticket(desk: Desk, api: Program) -> None:
    def tagging(name: str, tags: str, language: str | None = None) -> int:
        actions = [{"name": "addTags", "arguments": {"tags": tags}}]
        number: int = api.post("/macros", {"name": name, "actions": actions, "language": language})["id"]
        return number

    one, two, three = tagging("One", "a"), tagging("Two", "a,b"), tagging("Three", "b", "fr")
    ticket = desk.a_ticket().id
    api.put(f"/tickets/{ticket}", {"language": "fr"})
    with desk.acting():
        macros.apply(desk.session.get_one(Macro, two), desk.ticket(ticket), by=desk.by_ana)

    def listed(query: str) -> list[int]:
        numbers, path = [], f"/macros?limit=2&{query}"
        part = api.get(path)
        while True:
            numbers += [row["id"] for row in part["data"]]
            if part["meta"]["next_cursor"] is None:
                return numbers
            part = api.get(f"{path}&cursor={part['meta']['next_cursor']}")

    assert listed("tags=a&tags=b") == [two]
    assert listed("tags=b&order_by=name:desc") == [two, three]
    assert listed("order_by=usage:desc") == [two, three, one]
    assert listed("order_by=language:desc") == [three, two, one]
    assert set(listed("order_by=updated_datetime:asc")) == {one, two, three}
    assert listed(f"ticket_id={ticket}&order_by=relevance:desc&number_predictions=3") == [three, two, one]
    for wrong in ("order_by=relevance:desc", "order_by=usage", "ticket_id=9999"):
        assert api.fail("GET", f"/macros?{wrong}")[0] == 400, wrong


def test_rules(desk: Desk, api: Program) -> None:
    with desk.watched() as trail:
        first = api.post("/rules", {"name": "Late", "code": CODE, "event_types": "ticket-created,ticket-updated"})
        assert fits(first, RULE)
        assert (first["type"], first["priority"], first["event_types"]) == ("user", 0, "ticket-created,ticket-updated")
        second = api.post("/rules", {"name": "Later", "code": CODE, "priority": 3})
        assert second["event_types"] == "ticket-created,ticket-updated"  # what nothing sets off would be no rule
    assert trail.types == ["rule-created"] * 2
    path = f"/rules/{first['id']}"
    for change, written in (
        ({"description": "For those who wait"}, ["rule-updated"]),
        ({"deactivated_datetime": "2026-01-01T00:00:00Z"}, ["rule-updated", "rule-deactivated"]),
        ({"deactivated_datetime": None}, ["rule-updated", "rule-reactivated"]),
        ({"priority": 5}, ["rule-updated", "rule-priority-updated"]),
        (
            {"name": "Never", "priority": 6, "deactivated_datetime": "2026-01-01T00:00:00Z"},
            ["rule-updated", "rule-priority-updated", "rule-deactivated"],
        ),
        (
            {"name": "Late", "priority": 5, "deactivated_datetime": None},
            [
                "rule-updated",
                "rule-priority-updated",
                "rule-reactivated",
            ],
        ),
    ):
        with desk.watched() as trail:
            shown = api.put(path, change)
            api.put(path, change)
        assert trail.types == written, change
    assert fits(shown, RULE)
    with desk.watched() as trail:
        every = api.post("/rules/priorities", {"priorities": [{"id": second["id"], "priority": 9}]}, 200)
        assert [rule["id"] for rule in every] == [second["id"], first["id"]]
        assert [rule["id"] for rule in api.get("/rules")["data"]] == [second["id"], first["id"]]
        for wrong in ({}, {"name": "x", "code": "fly()"}, {"name": "x", "code": CODE, "event_types": "rain"}):
            assert api.fail("POST", "/rules", wrong)[0] == 400, wrong
        assert api.fail("POST", "/rules/priorities", {"priorities": [{"id": 999, "priority": 9}]})[0] == 400
    assert trail.types == ["rule-updated", "rule-priority-updated"]


def test_custom_fields(desk: Desk, api: Program) -> None:
    with desk.watched() as trail:
        field = api.post(
            "/custom-fields", {"object_type": "Ticket", "label": "Size", "definition": CHOICES, "priority": 2}
        )
        assert fits(field, FIELD)
        path = f"/custom-fields/{field['id']}"
        assert api.put(path, {"required": True})["required"] is True
        (changed,) = api.put("/custom-fields", [{"id": field["id"], "label": "Sizes"}])
        assert (changed["label"], changed["priority"]) == ("Sizes", 2)
        api.put(path, {"deactivated_datetime": "2026-03-01T00:00:00Z"})
        api.put(path, {"label": "Sizes"})
    assert trail.types == ["custom-field-created", *["custom-field-updated"] * 3]
    assert api.get("/custom-fields?object_type=Ticket")["data"] == []
    listed = api.get("/custom-fields?object_type=Ticket&archived=true&search=SIZE")
    assert [row["id"] for row in listed["data"]] == [field["id"]]
    assert listed["meta"]["total_resources"] is None
    assert api.fail("GET", "/custom-fields")[1]["data"] == {"object_type": ["Missing data for required field."]}
    assert api.fail("PUT", path, {"object_type": "Customer"})[0] == 400
    for wrong in ({}, {"object_type": "Ticket", "label": "x", "definition": {}}, {"object_type": "Cat", "label": "x"}):
        assert api.fail("POST", "/custom-fields", wrong)[0] == 400, wrong


def test_nobody_calls(api: Program) -> None:
    for path in ("voice-calls?ticket_id=1", "voice-call-events?call_id=1", "voice-call-recordings"):
        answer = api.get(f"/phone/{path}")
        assert (answer["data"], answer["meta"]) == ([], {"prev_cursor": None, "next_cursor": None})
    assert api.fail("GET", "/phone/voice-calls/1")[0] == 404


def test_what_a_program_sets_is_gone_by_at_once(desk: Desk, api: Program) -> None:
    with desk.acting():
        shape = rules.Shape(name="Each morning", code="Action('addTags', {tags: 'morning'});", schedule="0 9 * * *")
        number = rules.create(desk.account, shape, by=desk.by_admin).id

    def hour() -> int:
        desk.session.rollback()
        due = desk.session.get_one(Rule, number).next_run_datetime
        assert due is not None
        return due.hour

    assert hour() == 9
    hours = {"timezone": "Asia/Tokyo", "business_hours": []}
    made = api.post("/account/settings", {"type": "business-hours", "data": hours})
    assert hour() == 0, "nine in Tokyo"
    path = f"/account/settings/{made['id']}"
    api.put(path, {"type": "business-hours", "data": {**hours, "timezone": "Africa/Nairobi"}})
    assert hour() == 6, "nine in Nairobi"

    api.put(f"/rules/{number}", {"deactivated_datetime": "2026-03-03T09:00:00Z"})
    assert not _is_followed(desk)
    api.post("/account/settings", {"type": "auto-merge", "data": {"enabled": True, "hours": 24}})
    assert _is_followed(desk)


def _is_followed(desk: Desk) -> bool:
    desk.session.rollback()
    cursors = select(func.count()).select_from(RuleCursor).where(RuleCursor.name == following.CURSOR)
    return bool(desk.session.scalar(cursors))
