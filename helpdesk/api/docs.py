"""What there is to read about the API: the OpenAPI document, and a page with a curl line for each call."""

import json
import re
import shlex
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from flask import Blueprint, Response, current_app, jsonify, make_response, render_template

from audit.rest.calls import Call, Resource
from audit.rest.openapi import document
from audit.types import registry
from helpdesk.config import Config

TITLE: Final = "Desk REST API"
VERSION: Final = "1"

#: Whose number stands for what in the lines of the page: the first of each of these lists.
FIRST_OF: Final = {
    "CUSTOMER_ID": "customers", "OTHER_CUSTOMER_ID": "customers?order_by=created_datetime:asc",
    "EVENT_ID": "events", "INTEGRATION_ID": "integrations", "JOB_ID": "jobs",
    "MACRO_ID": "macros?order_by=created_datetime:desc", "RULE_ID": "rules",
    "SETTING_ID": "account/settings?type=trash", "SURVEY_ID": "satisfaction-surveys",
    "TAG_ID": "tags?search=tried-out", "OTHER_TAG_ID": "tags?search=also-tried", "TEAM_ID": "teams",
    "USER_ID": "users?order_by=created_datetime:desc", "VIEW_ID": "views", "WIDGET_ID": "widgets",
    "CUSTOM_FIELD_ID": "custom-fields?object_type=Ticket&search=Tried+out",
    "CUSTOMER_FIELD_ID": "custom-fields?object_type=Customer&search=Tried+out",
}  # fmt: skip
_FIELD: Final = {"label": "Tried out", "definition": {"data_type": "text", "input_settings": {"input_type": "input"}}}
#: What is made where there is none: a setting as it is anyhow, and what can be changed and taken away without harm.
MADE: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "SETTING_ID": ("account/settings", {"type": "trash", "data": {"days": 30}}),
    "CUSTOM_FIELD_ID": ("custom-fields", {"object_type": "Ticket", **_FIELD}),
    "CUSTOMER_FIELD_ID": ("custom-fields", {"object_type": "Customer", **_FIELD}),
    "TAG_ID": ("tags", {"name": "tried-out"}),
    "OTHER_TAG_ID": ("tags", {"name": "also-tried"}),
}
_JSON: Final = "-H 'Content-Type: application/json' -d"
#: A moment in quotation marks: as a sample's value it stands without any.
_AS_JSON: Final = "'+\"%Y-%m-%dT%H:%M:%SZ\"'"
_NUMBER: Final = re.compile(r"<\w+:(\w+)>")


def install(blueprint: Blueprint, resources: Sequence[Resource]) -> None:
    """Serve both; they are the same for everybody, so that no key is needed."""

    @cache
    def whole() -> dict[str, Any]:
        return document(TITLE, VERSION, resources)

    @blueprint.get("/openapi.json", endpoint="openapi")
    def openapi() -> Response:
        return jsonify(whole())

    @blueprint.get("/docs", endpoint="docs")
    def read() -> Response:
        config: Config = current_app.config["DESK"]
        words = {
            "resources": resources,
            "in_order": in_order,
            "setup": setup(),
            "curl": curl,
            "plain": plain_path,
            "types": registry,
            "base": config.base_url,
        }
        return make_response(render_template("api/docs.html", **words))

    for view in (openapi, read):
        view.is_public = True  # type: ignore[attr-defined]


def in_order(resource: Resource) -> list[Call]:
    """The calls as one tries them: what takes something away comes last, and parts of a thing before the thing."""
    return sorted(resource, key=lambda call: (call.method == "DELETE") * (99 - call.path.count("/")))


def curl(call: Call) -> str:
    """A line for a shell in which DESK, EMAIL, KEY and the numbers of things are set."""
    path = _NUMBER.sub(lambda found: f"${found[1].upper()}", call.path)
    asking = f"?{call.asking}" if call.asking else ""
    words = ["curl", '-u "$EMAIL:$KEY"']
    if call.method != "GET":
        words.append(f"-X {call.method}")
    words.append(f'"$DESK/api{path}{asking}"')
    if call.form:
        words.append(call.form)
    if call.sample is not None:
        words.append(f"{_JSON} {_quoted(call.sample)}")
    return " ".join(words)


def setup() -> str:
    """The lines that set what the others name, once DESK, EMAIL and KEY are set; they need no more than a shell."""
    said = {"channel": "email", "via": "api", "from_agent": True, "body_text": "Hello"}
    ticket = _quoted({"customer": {"id": "$CUSTOMER_ID"}, "messages": [said]})
    waiting = {"type": "exportTicket", "params": {"ticket_ids": ["$TICKET_ID"]}, "scheduled_datetime": "$SOON"}
    lines = [
        'call() { curl -s -u "$EMAIL:$KEY" "$DESK/api/$@"; }',
        """first() { grep -o '"id":[0-9]*' | head -n 1 | cut -d: -f2; }""",
        *(f"export {name}=$(call '{path}' | first)" for name, path in FIRST_OF.items()),
        *(
            f"export {name}=${{{name}:-$(call {path} {_JSON} {_quoted(it)} | first)}}"
            for name, (path, it) in MADE.items()
        ),
        f"export TICKET_ID=$(call tickets {_JSON} {ticket} | first)",
        f"soon() {{ date -u -d '+20 minutes' {_AS_JSON} 2> /dev/null || date -u -v+20M {_AS_JSON}; }}",
        "export SOON=$(soon)",  # of a desk whose clock runs as the wall's does: a job that can still be called off
        f"waiting=$(call jobs {_JSON} {_quoted(waiting)} | first)",
        "export JOB_ID=${waiting:-$JOB_ID}",
        'export MESSAGE_ID=$(call "tickets/$TICKET_ID/messages" | first)',
        "export NAME=note.txt",
        "export DIGEST=$(call upload -F 'file=Hello;filename=note.txt' | grep -o '[0-9a-f]\\{64\\}' | head -n 1)",
    ]
    return "\n".join(lines)


def plain_path(call: Call) -> str:
    """The path as documentation writes it."""
    return "/api" + _NUMBER.sub(r"{\1}", call.path)


def _quoted(sample: Any) -> str:
    # What stands as "$TAG_ID" in a sample is a number that the reader has set: the quotation opens for it.
    word = shlex.quote(json.dumps(sample, ensure_ascii=False))
    return re.sub(r'"\$([A-Z_]+)"', r"""'"$\1"'""", word)
