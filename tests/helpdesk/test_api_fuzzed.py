"""Schemathesis against the API as it documents itself: no mistake of ours, every answer as documented, laws kept."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest
import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from sqlalchemy.engine import URL

from tests.desks import Desk
from tests.helpdesk.api.programs import Program, key_for
from tests.helpdesk.api.served import answering
from tests.helpdesk.web.everywhere import furnish_everything
from tests.sites import open_site

CHECKS: Final = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "response_headers_conformance", "negative_data_rejection", "ignored_auth", "unsupported_method",
)  # fmt: skip
#: A few of everything in the gate.
SMALL: Final[dict[str, Any]] = {"phases": {"examples": {"enabled": False}, "coverage": {"enabled": False}}}


@pytest.fixture
def app(desk: Desk, database_url: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application, in which programs may call as often as they like."""
    with open_site(database_url) as app:
        monkeypatch.setitem(app.config, "DESK", replace(app.config["DESK"], api_rate=None))
        yield app


def fuzzed(address: str, program: Program, examples: int, **more: Any) -> tuple[set[str], dict[str, str]]:
    """The operations that were called with success, and what was found, each with the call that shows it."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": 7,
            "continue-on-failure": True,
            "cache": {"enabled": False},
            "request-timeout": 120,
            "auth": {"basic": {"username": program.email, "password": program.key}},
            "checks": {"enabled": False, **{check: {"enabled": True} for check in CHECKS}},
            "generation": {"max-examples": examples, "database": "none", "no-shrink": True},
            **more,
        }
    )
    schema = schemathesis.openapi.from_url(f"{address}/api/openapi.json", config=config)
    worked: set[str] = set()
    found: dict[str, str] = {}
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            found[str(event)] = "schemathesis could not go on"
        if isinstance(event, events.ScenarioFinished):
            for case_id, interaction in event.recorder.interactions.items():
                if interaction.response is not None and interaction.response.status_code < 300:
                    worked.add(event.recorder.cases[case_id].value.operation.label)
            found |= dict(_failed(event.recorder))
    return worked, found


def _failed(recorder: Any) -> Iterator[tuple[str, str]]:
    for case_id, checks in recorder.checks.items():
        case = recorder.cases[case_id].value
        for check in checks:
            said = check.failure_info.failure.message[:500] if check.failure_info is not None else ""
            if said:
                yield f"{case.operation.label} {check.name}", f"{said} {case.as_curl_command()[:500]}"


def test_what_is_fuzzed_stays_whole(app: Flask, desk: Desk) -> None:
    """The laws: whatever was done, the fixture folds the log afterwards and compares."""
    furnish_everything(desk)
    with answering(app) as address:
        worked, found = fuzzed(address, key_for(app, desk, "owner@demo.example"), 1, **SMALL)
    assert not found, json.dumps(found, indent=1)
    assert len(worked) > 50


@pytest.mark.long
def test_what_is_fuzzed_long_stays_whole(app: Flask, desk: Desk) -> None:
    furnish_everything(desk)
    with answering(app) as address:
        worked, found = fuzzed(address, key_for(app, desk, "owner@demo.example"), 3)
    assert not found, json.dumps(found, indent=1)
    assert len(worked) > 90
