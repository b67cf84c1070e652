"""Whatever a call refuses, it says of which field, be it the edge that refuses or a verb."""

from typing import Any

from tests.desks import Desk
from tests.helpdesk.api.programs import Program

FIELD = {"data_type": "text", "input_settings": {"input_type": "dropdown", "choices": ["a", "b"]}}
CODE = "if (eq(ticket.status, 'open')) { Action('setStatus', {status: 'closed'}) }"
SAID = {"channel": "email", "via": "api", "from_agent": False, "body_text": "Hello"}
NOBODYS = {"macro_id": 999_999, "ticket_ids": [1]}
CARD = {"type": "wrapper", "title": "T", "widgets": [{"type": "text", "path": "no way"}]}


def test_a_refusal_names_the_field(desk: Desk, api: Program) -> None:
    ticket = f"/tickets/{desk.a_ticket().id}"
    tag, other = (api.post("/tags", {"name": name})["id"] for name in ("late", "later"))
    macro = api.post("/macros", {"name": "M"})["id"]
    rule = api.post("/rules", {"name": "R", "code": CODE, "event_types": "ticket-created"})["id"]
    field = api.post("/custom-fields", {"object_type": "Ticket", "label": "Why", "definition": FIELD})["id"]
    of_customers = api.post("/custom-fields", {"object_type": "Customer", "label": "Who", "definition": FIELD})["id"]
    team = api.post("/teams", {"name": "Night"})["id"]
    setting = api.post("/account/settings", {"type": "trash", "data": {"days": 9}})["id"]
    hook = api.post("/integrations", {"name": "H", "type": "http", "http": {"url": "https://a.example/"}})["id"]
    view = api.post("/views", {"name": "V"})["id"]
    customer, user = f"/customers/{desk.carol_id}", f"/users/{desk.ana_id}"
    refused: tuple[tuple[str, str, Any, str], ...] = (
        ("POST", "/customers", {"email": "no-at"}, "email"),
        ("PUT", customer, {"note": "x", "timezone": "Mars/X"}, "timezone"),
        ("PUT", customer, {"language": "klingons"}, "language"),
        ("PUT", customer, {"channels": [{"type": "phone", "address": "x"}]}, "channels"),
        ("PUT", customer, {"custom_fields": [{"id": of_customers, "value": "c"}]}, "custom_fields"),
        ("PUT", f"{customer}/custom-fields/{of_customers}", {"id": of_customers, "value": "c"}, "value"),
        ("PUT", ticket, {"priority": "low", "language": "klingons"}, "language"),
        ("PUT", ticket, {"customer": {"email": "no-at"}}, "customer.email"),
        ("POST", "/tickets", {"customer": {"id": desk.carol_id}, "messages": [SAID, {**SAID, "mention_ids": [999]}]},
         "messages.1.mention_ids"),
        ("GET", "/users?roles=owner", None, "roles.0"),
        ("PUT", ticket, {"snooze_datetime": "2001-01-01T00:00:00Z"}, "snooze_datetime"),
        ("PUT", ticket, {"custom_fields": [{"id": field, "value": "c"}]}, "custom_fields"),
        ("PUT", ticket, {"tags": [{"name": " "}]}, "tags"),
        ("PUT", f"{ticket}/custom-fields", [{"id": field, "value": "c"}], "custom_fields"),
        ("POST", f"{ticket}/tags", {"names": [" "]}, "names"),
        ("POST", "/tickets", {"customer": {"email": "no-at"}, "messages": [SAID]}, "customer.email"),
        ("POST", "/tickets", {"customer": {"id": desk.carol_id}, "messages": [SAID], "language": "klin"}, "language"),
        (
            "POST", "/tickets",
            {"customer": {"id": desk.carol_id}, "messages": [SAID], "snooze_datetime": "2001-01-01T00:00:00Z"},
            "snooze_datetime",
        ),
        ("POST", "/tags", {"name": "x", "decoration": {"color": "#fff"}}, "decoration.color"),
        ("PUT", f"/tags/{tag}", {"name": " "}, "name"),
        ("PUT", f"/tags/{tag}/merge", {"source_tags_ids": [other, tag]}, "source_tags_ids"),
        ("POST", "/rules", {"name": "r", "code": "fly()"}, "code"),
        ("PUT", f"/rules/{rule}", {"event_types": "never"}, "event_types"),
        ("POST", "/rules/priorities", {"priorities": [{"id": 999_999, "priority": 1}]}, "priorities"),
        ("PUT", f"/macros/{macro}", {"intent": "x"}, "intent"),
        ("PUT", f"/macros/{macro}", {"actions": [{"name": "fly"}]}, "actions"),
        ("PUT", f"/macros/{macro}", {"language": "klin"}, "language"),
        ("POST", "/views", {"filters": "fly("}, "filters"),
        ("PUT", f"/views/{view}", {"order_by": "x"}, "order_by"),
        ("PUT", f"/views/{view}", {"fields": ["x"]}, "fields"),
        ("PUT", f"/views/{view}", {"decoration": {"emoji": "word"}}, "decoration.emoji"),
        ("PUT", f"/views/{view}", {"visibility": "shared", "shared_with_users": [999_999]}, "shared_with_users"),
        ("PUT", "/views/0/items", {"view": {"filters": "fly("}}, "view.filters"),
        ("PUT", user, {"email": "no-at"}, "email"),
        ("PUT", user, {"timezone": "Mars/X"}, "timezone"),
        ("PUT", "/users/0", {"role": {"name": "agent"}}, "role"),
        ("PUT", f"/teams/{team}", {"decoration": {"emoji": "word"}}, "decoration.emoji"),
        ("POST", "/integrations", {"name": "h", "type": "http", "http": {"url": "ftp://x"}}, "http.url"),
        ("PUT", f"/integrations/{hook}", {"name": " "}, "name"),
        ("POST", "/widgets", {"type": "custom", "template": CARD}, "template"),
        ("POST", "/widgets", {"type": "http", "template": {}, "integration_id": 999_999}, "integration_id"),
        ("PUT", f"/custom-fields/{field}", {"definition": {"data_type": "x"}}, "definition"),
        ("PUT", f"/account/settings/{setting}", {"type": "trash", "data": {"days": -1}}, "data"),
        ("PUT", f"/account/settings/{setting}", {"type": "auto-merge"}, "type"),
        ("POST", "/jobs", {"type": "applyMacro", "params": NOBODYS}, "params.macro_id"),
    )  # fmt: skip
    wrong = []
    with desk.watched() as trail:
        for method, path, body, name in refused:
            status, error = api.fail(method, path, body)
            if status != 400 or list(error.get("data", {})) != [name]:
                wrong.append((method, path, body, name, status, error))
    assert wrong == []
    assert trail.types == []


def test_who_takes_what_is_taken_is_told_what(api: Program) -> None:
    for path, body in (
        ("/tags", {"name": "late"}), ("/macros", {"name": "late"}), ("/teams", {"name": "late"}),
        ("/users", {"name": "N", "email": "n@x.example", "role": {"name": "agent"}}),
        ("/customers", {"email": "c@x.example"}),
    ):  # fmt: skip
        api.post(path, body)
        status, error = api.fail("POST", path, body)
        assert (status, list(error["data"])) == (409, ["email" if "email" in body else "name"]), path
