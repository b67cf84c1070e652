"""A number is a number, a flag a flag: in no body is `true` taken for 1, or "1"; all models are walked."""

from collections.abc import Iterator
from typing import Any

from flask import Flask, request
from pydantic import TypeAdapter

from tests.desks import Desk
from tests.helpdesk.api.programs import Program

#: Kinds of values that pydantic would make of others.
MADE_OF_OTHERS = {"bool", "bytes", "date", "decimal", "float", "int", "time", "timedelta"}


def lax(schema: Any, path: str = "") -> Iterator[str]:
    """Where in a model's schema something is made of another kind of value."""
    if isinstance(schema, dict):
        kind = schema.get("type")
        if isinstance(kind, str) and kind in MADE_OF_OTHERS and not schema.get("strict"):
            yield f"{path} {kind}"
        for name, part in schema.items():
            if name not in ("metadata", "serialization"):
                yield from lax(part, f"{path}.{name}")
    elif isinstance(schema, list | tuple):
        for part in schema:
            yield from lax(part, path)


def test_no_body_takes_one_kind_of_value_for_another(app: Flask) -> None:
    bodies = {call.endpoint: call.body for call in app.extensions["api_calls"] if call.body is not None}
    assert len(bodies) > 50
    assert {name: found for name, body in bodies.items() if (found := list(lax(TypeAdapter(body).core_schema)))} == {}
    assert list(lax(TypeAdapter(int).core_schema)) == [" int"]  # the walk would see one


def test_what_is_true_is_no_number(desk: Desk, api: Program) -> None:
    number = desk.a_ticket().id
    definition = {"data_type": "number", "input_settings": {"input_type": "input_number"}}
    field = api.post("/custom-fields", {"object_type": "Ticket", "label": "Pieces", "definition": definition})["id"]
    message = {"channel": "email", "via": "api", "from_agent": True, "body_text": "Look."}
    file = {"url": "/api/x", "name": "a", "content_type": "a/b", "size": True}
    with desk.watched() as trail:
        for method, path, body in (
            ("PUT", f"/tickets/{number}", {"assignee_user": {"id": True}}),
            ("PUT", f"/tickets/{number}", {"spam": 1}),
            ("PUT", f"/tickets/{number}/custom-fields/{field}", {"id": field, "value": True}),
            ("PUT", f"/tickets/{number}/custom-fields/{field}", {"id": True, "value": 1}),
            ("POST", f"/tickets/{number}/messages", {**message, "attachments": [file]}),
            ("PUT", f"/custom-fields/{field}", {"priority": True}),
        ):
            assert api.fail(method, path, body)[0] == 400, body
    assert trail.types == []


def test_a_text_is_as_long_as_it_was_sent_on_pages_and_by_programs(app: Flask, desk: Desk, api: Program) -> None:
    """What nobody types becomes something readable, one for one: nothing vanishes, and no length changes."""
    with app.test_request_context("/?x=a%00b%0Bc", method="POST", data={"x": "a\x00b\x0bc"}):
        assert request.args["x"] == request.form["x"] == "a\ufffdb\nc"
    assert api.post("/tags", {"name": "\x00" * 256})["name"] == "\ufffd" * 256
    assert api.fail("POST", "/tags", {"name": "\x00" * 257})[1]["data"].keys() == {"name"}
    number = desk.a_ticket().id
    assert api.put(f"/tickets/{number}", {"meta": {"a\x07": "\ud800"}})["meta"] == {"a\ufffd": "\ufffd"}
    message = {"channel": "email", "via": "api", "from_agent": True, "body_text": "One\x0bTwo\x85Three"}
    assert api.post(f"/tickets/{number}/messages", message)["body_text"] == "One\nTwo\nThree"
