"""The documentation is the truth: what it shows works, and what it lists is there."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import groupby
from typing import Any

import pytest
from flask import Flask
from pydantic import TypeAdapter

from audit.rest.calls import Call
from audit.types import registry
from helpdesk.api.docs import MADE
from tests.desks import Desk, Trail
from tests.helpdesk.api.answers import ANSWERS, is_as_documented
from tests.helpdesk.api.programs import Program
from tests.helpdesk.api.served import answering
from tests.helpdesk.web.everywhere import application, furnish_everything, things_of

CALLS: list[Call] = application().extensions["api_calls"]

#: What works, but not here: this desk was not made to be thrown away, and nobody ever calls.
REFUSED = {
    "desk_throw_away": 409, "phone_call": 404, "phone_event": 404, "phone_recording": 404,
    "phone_delete_recording": 404, "reporting_old_stats": 400, "reporting_old_stats_posted": 400,
}  # fmt: skip

#: What is written or not as things stand by then: by the desk itself, for each ticket there is, by work that waited,
#: or not at all, where nothing is to change.
AS_IT_STANDS = {
    "tags_merge": {"ticket-updated", "ticket-tags-removed", "ticket-tags-added"},
    "tickets_set_tags": {"tag-created"},
    "tickets_clear_field": {"ticket-updated"},
    "customers_clear_field": {"customer-updated"},
    "desk_simulation_simulate": {"desk-clock-changed"},
    "desk_time_set_rate": {"desk-clock-changed"},
    "desk_time_settle": {"ticket-updated"},
}

NOBODY_CALLS = {"CALL_ID", "CALL_EVENT_ID", "RECORDING_ID"}

#: What is merged into another.
MERGED = ("tag_id", "customer_id")


class Lines(HTMLParser):
    """The lines for a shell on the page, each with the number of the call above it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.setup = ""
        self._call, self._kind = "", ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        attributes = dict(attrs)
        if tag == "article":
            self._call = attributes["id"]
        self._kind = (attributes.get("class") or "") if tag == "code" else ""

    def handle_data(self, data: str) -> None:
        if self._kind == "api-setup":
            self.setup += data
        elif self._kind == "api-curl":
            self.found[self._call] = self.found.get(self._call, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._kind = ""


def takes_away(call: Call) -> bool:
    """Whether something is gone afterwards."""
    return call.method == "DELETE" or "merge" in call.path or call.path == "/desk/clock/advance"


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The application, really served."""
    with answering(app) as address:
        yield address


def test_every_line_of_the_page_works(app: Flask, desk: Desk, api: Program, address: str) -> None:
    lines = Lines()
    lines.feed(app.test_client().get("/api/docs").text)
    assert set(lines.found) == {call.endpoint for call in CALLS}
    env = {"DESK": address, "EMAIL": api.email, "KEY": api.key, "PATH": os.environ["PATH"]}
    wrong: dict[str, Any] = {}
    # What takes away comes last, and finds one of everything each time; people go after all that they do.
    for call in sorted(CALLS, key=lambda call: (takes_away(call), call.resource.name == "users")):
        things = things_of(desk.session, desk.account_id)
        desk.session.rollback()
        if not all(things.values()) or any(things[f"other_{name}"] == things[name] for name in MERGED):
            furnish_everything(desk)
            things = things_of(desk.session, desk.account_id)
            desk.session.rollback()
        env |= {name.upper(): str(number) for name, number in things.items()}
        line = f"{lines.found[call.endpoint]} -s -w '%{{http_code}}'"
        with desk.watched() as trail:
            done = subprocess.run(["bash", "-c", line], env=env, capture_output=True, text=True, timeout=30)
        if not done.stdout.endswith(str(REFUSED.get(call.endpoint, call.status))):
            wrong[call.endpoint] = (lines.found[call.endpoint], done.stdout, done.stderr)
        elif call.endpoint not in REFUSED:
            problem = _problem(call, done.stdout[:-3], trail)
            if problem:
                wrong[call.endpoint] = problem
    assert wrong == {}


def _problem(call: Call, body: str, trail: Trail) -> str:
    """What is not as it is documented: the answer, key for key, or the events, in order and in one chain."""
    shape = ANSWERS[call.endpoint]
    try:
        if shape is None or shape is bytes:
            assert bool(body) is (shape is bytes), body
        else:
            assert is_as_documented(call.endpoint, json.loads(body))
    except AssertionError as odd:
        return f"answer: {odd}"
    open_ = AS_IT_STANDS.get(call.endpoint, set())
    # What rules do meanwhile is not the caller's.
    theirs = [event for event in trail.events if event.user_id is not None and event.type not in open_]
    told = [name for name, _ in groupby(event.type for event in theirs)]
    listed = [name for name in call.writes if name not in open_]
    if told != listed or len({event.context for event in theirs}) > 1:
        return f"events: {told}, and not {listed} in one chain"
    return ""


def run_setup(lines: Lines, env: dict[str, str]) -> tuple[dict[str, str], Any]:
    """What is set once the setup's lines have run."""
    done = subprocess.run(["bash", "-c", f"{lines.setup}\nenv"], env=env, capture_output=True, text=True, timeout=60)
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line), done


def test_the_page_sets_what_its_lines_name(app: Flask, desk: Desk, api: Program, address: str) -> None:
    lines = Lines()
    lines.feed(app.test_client().get("/api/docs").text)
    env = {"DESK": address, "EMAIL": api.email, "KEY": api.key, "PATH": os.environ["PATH"]}
    begun, _ = run_setup(lines, env)  # in an account in which hardly anything is
    for name in MADE:
        line = next(line for line in lines.found.values() if f"${name}" in line and "-X PUT" in line)
        tried = subprocess.run(
            ["bash", "-c", f"{line} -s -w '%{{http_code}}'"], env=begun, capture_output=True, text=True
        )
        assert tried.stdout.endswith("200"), line
    furnish_everything(desk)
    desk.session.rollback()
    is_set, done = run_setup(lines, env)
    named = set(re.findall(r"\$([A-Z_]+)", " ".join(lines.found.values()))) - NOBODY_CALLS
    assert {name for name in named if not is_set.get(name)} == set(), done.stderr
    things = {name.upper(): str(number) for name, number in things_of(desk.session, desk.account_id).items()}
    others = {"EVENT_ID", "NAME", "DIGEST", *MADE}  # not the newest of their kind
    assert {name: is_set[name] for name in named - env.keys() - others} == {
        name: things[name] for name in named - env.keys() - others
    }
    line = f"{lines.found['files_download']} -s -w '%{{http_code}}'"
    done = subprocess.run(["bash", "-c", line], env=env | is_set, capture_output=True, text=True, timeout=30)
    assert done.stdout == "Hello200"


def test_every_call_has_a_shape() -> None:
    assert {call.endpoint for call in CALLS} - REFUSED.keys() == ANSWERS.keys()


def test_the_document_lists_every_call_and_names_real_events(app: Flask) -> None:
    answer = app.test_client().get("/api/openapi.json")
    assert "Set-Cookie" not in answer.headers
    document = answer.json
    assert document is not None
    listed = {operation["operationId"] for path in document["paths"].values() for operation in path.values()}
    assert listed == {call.endpoint for call in CALLS}
    assert {name for call in CALLS for name in call.writes} <= {type_.name for type_ in registry}
    assert [call.endpoint for call in CALLS if not call.says] == []
    assert "$ref" not in str(document) or all(
        ref.rpartition("/")[2] in document["components"]["schemas"] for ref in _references(document)
    )


def test_the_document_contradicts_itself_nowhere(app: Flask) -> None:
    document = app.test_client().get("/api/openapi.json").json
    assert document is not None
    bodies = {call.endpoint: call.body for call in CALLS}
    for path in document["paths"].values():
        for operation in path.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                if "example" in content:
                    TypeAdapter(bodies[operation["operationId"]]).validate_python(content["example"])
    for name, schema in document["components"]["schemas"].items():
        for field, part in schema.get("properties", {}).items():
            assert len(str(part.get("default", "x" * 99))) >= part.get("minLength", 0), (name, field)


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from _references(each)
