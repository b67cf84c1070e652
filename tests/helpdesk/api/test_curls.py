"""The calls on the cards of the glossary: each one that the API has works as it stands, and really writes its event."""

import json
from datetime import timedelta
from itertools import count

from flask import Flask
from werkzeug.exceptions import HTTPException

from audit.clock import desk_now
from audit.curls import Call, calls
from audit.types import registry
from automation import jobs
from helpdesk import customers, people, tags, teams
from helpdesk.models import Role
from helpdesk.testing.local import LocalEvents
from helpdesk.web.directory import numbers_of
from tests.desks import Desk
from tests.helpdesk.api.programs import Program
from tests.helpdesk.web.everywhere import furnish_everything

#: A call whose event is only written if things stand so: the call of another type that brings it about.
FIRST = {
    "api-key-revoked": "api-key-created",
    "ticket-reopened": "ticket-closed",
    "ticket-unassigned": "ticket-assigned",
    "ticket-team-unassigned": "ticket-team-assigned",
    "ticket-unmarked-spam": "ticket-marked-spam",
    "ticket-untrashed": "ticket-trashed",
    "ticket-tags-removed": "ticket-tags-added",
    "rule-reactivated": "rule-deactivated",
    "integration-reactivated": "integration-deactivated",
}
#: What only comes with more than a call: five hundred tickets; the right old password.
_SECONDS = count(1)
ELSEWHERE = {"cascade-started", "user-password-changed"}


def test_every_call_on_a_card_works_and_writes_its_event(
    app: Flask, desk: Desk, api: Program, events: LocalEvents
) -> None:
    wrong = []
    first = registry["account-setting-created"]
    for type_ in [first, *(type_ for type_ in registry if type_ is not first)]:
        if type_.name in ELSEWHERE:
            continue
        for place in range(len([one for one in type_.by_api.split("; ") if one])):
            if not _is_there(app, _call(desk, type_.name, place)):
                continue
            if type_.name in FIRST:
                _send(api, _call(desk, FIRST[type_.name], 0))
            events.clear()
            call = _call(desk, type_.name, place)
            answer = _send(api, call)
            jobs.run_all(desk.session)
            if answer[0] >= 300 or type_.name not in events:
                wrong.append((type_.name, call.method, call.path, call.body, *answer, list(events)))
        if type_ is first:
            furnish_everything(desk)
            _more(desk)
    assert not wrong, "\n".join(map(str, wrong))


def _more(desk: Desk) -> None:
    """Enough for what is merged and what is deleted."""
    with desk.acting():
        for number in range(5):
            tags.create(desk.account, f"tag {number}", by=desk.by_admin)
            teams.create(desk.account, f"Team {number}", by=desk.by_admin)
            customers.create(desk.account, name=f"Dan {number}", email=f"dan{number}@mail.example", by=desk.by_admin)
            people.create(
                desk.account, email=f"nora{number}@demo.example", name="Nora", role=Role.BASIC, by=desk.by_admin
            )
    for _ in range(4):
        desk.a_ticket()


def _call(desk: Desk, name: str, place: int) -> Call:
    desk.session.rollback()
    numbers = numbers_of(desk.session, desk.account_id)
    now = desk_now(desk.session, desk.account_id) + timedelta(seconds=next(_SECONDS))  # so that no word comes twice
    return calls(registry[name], numbers, now)[place]


def _send(api: Program, call: Call) -> tuple[int, str]:
    path = call.path.removeprefix("/api")
    answer = api.call(call.method, path, json.loads(call.body) if call.body else None)
    return answer.status_code, answer.text[:300]


def _is_there(app: Flask, call: Call) -> bool:
    path = call.path.partition("?")[0]
    try:
        endpoint, _ = app.url_map.bind("localhost").match(path, call.method)
    except HTTPException:
        return False
    return bool(endpoint)
