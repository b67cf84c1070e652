"""Who may do what by API, read from the application: the forbidden answers 403, another account's things 404."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, TypeAlias, cast

import pytest

from audit.rest.calls import Call
from helpdesk.models import Role
from helpdesk.permissions import Action, may
from tests.helpdesk.api.programs import Program, key_for
from tests.helpdesk.neighbours import Neighbours, neighbours
from tests.helpdesk.web.everywhere import application

CALLS: list[Call] = application().extensions["api_calls"]
#: What anybody may read of themselves, whatever number stands there.
OF_THINGS = [call for call in CALLS if "<" in call.path and call.resource.name != "reporting"]


Site: TypeAlias = Neighbours[Program]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None) -> Iterator[Site]:
    """Programs act as the people of the first account, one for each role."""
    with neighbours(tmp_path_factory.mktemp("api-roles"), key_for, api_rate=None) as made:
        yield made


def path_of(call: Call, things: dict[str, Any]) -> str:
    """The call's path with these things in it."""
    path = call.path
    for name, number in things.items():
        for kind in ("number", "self", "string"):
            path = path.replace(f"<{kind}:{name}>", str(number))
    assert "<" not in path, path
    return path


def sample_of(call: Call, things: dict[str, Any]) -> Any:
    """The call's sample with these things in it."""
    words = json.dumps(call.sample)
    for name, number in things.items():
        words = words.replace(f'"${name.upper()}"', json.dumps(number))
    assert "$" not in words, words
    return json.loads(words)


@cache
def forbidden() -> list[tuple[Role, Call]]:
    """Every role with every call that it must not make."""
    return [(role, call) for role in Role for call in CALLS if not may(role, cast(Action, call.needs))]


def test_who_may_not_is_told_so_and_nothing_happens(site: Site) -> None:
    before = site.written()
    for role, call in forbidden():
        status, _ = site.callers[role].fail(call.method, path_of(call, site.own), sample_of(call, site.own))
        assert status == 403, (role, call.endpoint)
    assert site.written() == before


def test_what_belongs_to_another_account_is_not_there(site: Site) -> None:
    before = site.written()
    for call in OF_THINGS:
        asking = f"?{call.asking}" if call.asking else ""
        status, _ = site.callers[Role.OWNER].fail(
            call.method, path_of(call, site.theirs) + asking, sample_of(call, site.own)
        )
        assert status == 404, call.endpoint
    assert site.written() == before


def test_without_a_key_nobody_calls_anything(site: Site) -> None:
    for call in CALLS:
        answer = site.app.test_client().open(
            f"/api{path_of(call, site.own)}", method=call.method, json=sample_of(call, site.own)
        )
        assert answer.status_code == 401, call.endpoint
