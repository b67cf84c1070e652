"""What is switched off or put away in Settings comes back with one press: the toast offers it."""

import re
from html import unescape
from typing import Any

import pytest

from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser
from tests.helpdesk.web.everywhere import furnish_everything, things_of

SWITCHES: list[tuple[str, dict[str, str], list[str]]] = [
    ("/settings/macros/{macro_id}/archive", {}, ["macro-updated", "macro-updated"]),
    ("/settings/rules/{rule_id}/switch", {"to": "off", "from": "list"}, ["rule-deactivated", "rule-reactivated"]),
    ("/settings/views/{view_id}/switch", {"to": "off"}, ["view-updated", "view-updated"]),
    (
        "/settings/integrations/{integration_id}/deactivate",
        {},
        ["integration-deactivated", "integration-reactivated"],
    ),
]
_UNDO = re.compile(r'<form class="toast-undo" method="post" action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
_FIELD = re.compile(r'name="(?!csrf_token)(\w+)" value="([^"]*)"')


def press_undo(browser: Browser, page: str) -> Any:
    """Press the button in the page's toast."""
    found = _UNDO.search(page)
    assert found is not None, "the toast offers no way back"
    return browser.post(found[1], **{name: unescape(value) for name, value in _FIELD.findall(found[2])})


@pytest.mark.parametrize(("path", "form", "events"), SWITCHES, ids=[row[2][0] for row in SWITCHES])
def test_the_toast_takes_it_back_and_forth(
    desk: Desk, client: Browser, path: str, form: dict[str, str], events: list[str]
) -> None:
    furnish_everything(desk)
    address = path.format(**things_of(desk.session, desk.account_id))
    with desk.watched() as trail:
        answer = client.post(address, **form)
        again = press_undo(client, client.get(answer.headers["Location"]).text)
        last = press_undo(client, client.get(again.headers["Location"]).text)
        client.get(last.headers["Location"])  # and its toast is seen
    assert [name for name in trail.types if name in events] == [*events, events[0]]
    with desk.watched() as trail:
        answer = client.post(address, **form)
        assert _UNDO.search(client.get(answer.headers["Location"]).text) is None, "nothing was done"
    assert trail.types == []
