"""The glossary: a card for every event, for everybody, with a button that really causes it, elsewhere."""

import json
import re
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import func, select

from audit.curls import calls
from audit.plays import plays_of
from audit.types import EventType, registry
from automation.web import clock
from helpdesk.models import Role
from helpdesk.web import menu
from helpdesk.web.directory import numbers_of
from seeds import fire_pages
from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser, hire
from tests.helpdesk.web.everywhere import furnish_everything

CARDS = "/settings/audit/events"
TEMPLATES = Path(__file__).parents[3] / "templates"
A_MOMENT = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


def test_every_event_has_a_card_with_all_that_the_registry_knows(client: Browser) -> None:
    shelves = unescape(client.get(CARDS).text)
    for type_ in registry:
        assert f'href="{CARDS}/{type_.name}"' in shelves
        page = unescape(client.get(f"{CARDS}/{type_.name}").text)
        for words in (type_.meaning, type_.by_hand, type_.by_machine, type_.choice, *type_.look_alikes.values()):
            assert words in page, type_.name
        assert page.count("curl -X") == len([call for call in type_.by_api.split("; ") if call])
        assert ("Fire it" in page) is bool(plays_of(type_.name))
        assert 'role="img" aria-label="The log says: ' in page


def test_paths_of_clicks_lead_over_words_that_pages_show() -> None:
    """Whoever renames a button or moves a page reads here which cards still send people to the old one."""
    pages = [each.read_text("utf-8") for each in TEMPLATES.rglob("*.html") if each.parent.name != "glossary"]
    shown = "\n".join([*pages, *(f'"{label}"' for _, label in clock.RATES), '"Enter"'])  # Enter is a key
    menus = [" → ".join(filter(None, (entry.heading, entry.group, entry.label))) for entry in menu.ENTRIES]
    for type_ in registry:
        told = f"{type_.by_hand} {type_.by_machine}"
        for path in re.findall(r"(?:Settings|Automation|Learn) → .*", told):
            assert any(re.match(rf"{re.escape(each)}(?! →)\b", path) for each in menus), f"{type_}: {path}"
        for words in re.findall(r"(?:press|choose|into|under|or) ([A-Z][\w']*\??(?: [a-z][\w']*\??)*)", type_.by_hand):
            assert any(is_label(each, shown) for each in beginnings(words)), f"{type_}: {words}"


def beginnings(words: str) -> list[str]:
    """What may be a label where a sentence goes on after it: all that it begins with."""
    each = words.split(" ")
    return [" ".join(each[:count]) for count in range(len(each), 0, -1)]


def is_label(words: str, shown: str) -> bool:
    """Whether something on a page is called so, and not longer."""
    return re.search(rf"""[>"}}]\s*{re.escape(words)}\s*(?:[<"{{…]|$)""", shown, re.MULTILINE) is not None


@pytest.mark.parametrize("type_", [type_ for type_ in registry if type_.by_api], ids=str)
def test_its_calls_are_lines_that_a_shell_understands(type_: EventType) -> None:
    for call in calls(type_, {}, A_MOMENT):
        words = shlex.split(call.line("http://127.0.0.1:8000", "ana@demo.example").replace("\\\n", " "))
        assert words[:3] == ["curl", "-X", call.method]
        assert words[5].startswith("http://127.0.0.1:8000/api/")
        if call.body:
            json.loads(re.sub(r"<\w+>", "1", words[-1]))


def test_calls_name_what_the_desk_has_and_say_what_it_lacks(desk: Desk, client: Browser) -> None:
    assert "Put a number in place of <code>&lt;macro_id&gt;</code>" in client.get(f"{CARDS}/macro-deleted").text
    furnish_everything(desk)
    numbers = numbers_of(desk.session, desk.account_id)
    message = calls(registry["ticket-message-updated"], numbers, A_MOMENT)[0]
    assert message.path == f"/api/tickets/{numbers['ticket_id']}/messages/{numbers['message_id']}"
    assert not message.missing
    snooze = calls(registry["ticket-snoozed"], numbers, A_MOMENT)[0]
    assert json.loads(snooze.body) == {"snooze_datetime": "2026-03-04T09:00:00+00:00"}
    merge = calls(registry["tag-merged"], {"tag_id": 2, "other_tag_id": 1}, A_MOMENT)[0]
    assert (merge.path, merge.body) == ("/api/tags/2/merge", '{"source_tags_ids": [1]}')


def test_searching_leaves_the_cards_that_fit(client: Browser) -> None:
    found = client.get(CARDS, query_string={"q": "timer snooze"}).text
    assert re.findall(r'class="brief-name" href="[^"]*/([a-z-]+)"', found) == ["ticket-self-unsnoozed"]
    typed = client.client.get(
        CARDS, query_string={"q": "merged"}, headers={"HX-Request": "true", "HX-Target": "div#cards"}
    )
    assert "<html" not in typed.text
    assert "customer-merged" in typed.text
    nothing = client.get(CARDS, query_string={"q": "<script>" + "x" * 500})
    assert "No event is described like that" in nothing.text
    assert "<script>x" not in nothing.text
    assert client.get(f"{CARDS}/no-such-event").status_code == 404


def test_everybody_reads_it_but_only_who_reads_the_log_sees_whom_it_was(
    desk: Desk, enter: Callable[[str], Browser]
) -> None:
    desk.a_ticket("A blue mug")
    observer = enter(hire(desk, Role.OBSERVER))
    ticket = observer.get(f"{CARDS}/ticket-created").text
    assert "A blue mug" in ticket
    assert "/settings/audit/events/1" not in ticket
    assert "Admins see here when it last happened." in observer.get(f"{CARDS}/user-logged-in").text
    assert "last Tue 3 Mar" in observer.get(CARDS, query_string={"q": "ticket-created"}).text
    assert "last " not in observer.get(CARDS, query_string={"q": "user-logged-in"}).text.partition("<ul class=")[2]
    own = enter("admin@demo.example").get(f"{CARDS}/user-logged-in").text
    assert "All of them in the audit log" in own


def test_firing_shows_the_exact_sequence_and_leaves_the_desk_alone(desk: Desk, enter: Callable[[str], Browser]) -> None:
    browser = enter(hire(desk, Role.OBSERVER))
    before = desk.last_event_id()
    woken = browser.press(f"{CARDS}/ticket-self-unsnoozed/fire")
    lines = woken.text.partition("fired-now")[2]
    assert re.findall(r'data-event="([a-z-]+)"', lines) == ["ticket-updated", "ticket-self-unsnoozed"]
    assert "Exactly as the catalogue says." in woken.text
    refused = browser.post(f"{CARDS}/ticket-snoozed/fire", scene="snoozing-into-the-past")
    assert "<html" in refused.text
    assert "The desk said no: <q>A ticket can only be snoozed until a time that is still to come.</q>" in refused.text
    idle = browser.press(f"{CARDS}/ticket-closed/fire", scene="closing-a-closed-ticket")
    assert "no change, no event" in idle.text
    assert browser.press(f"{CARDS}/ticket-closed/fire", scene="no-such-scene").status_code == 404
    assert browser.press(f"{CARDS}/no-such-event/fire").status_code == 404
    assert desk.last_event_id() == before


def test_nobody_fires_without_end(desk: Desk, client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fire_pages, "LIMIT", "1 per hour")
    assert client.press(f"{CARDS}/tag-created/fire").status_code == 200
    accounts = select(func.count()).select_from(desk.account.__table__)
    before = desk.session.scalar(accounts)
    again = client.press(f"{CARDS}/tag-created/fire")
    assert again.status_code == 429
    assert "this one was not done" in unescape(again.text)
    desk.session.rollback()
    assert desk.session.scalar(accounts) == before


def test_names_of_events_lead_to_their_cards(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket().id
    card = f'href="{CARDS}/ticket-created"'
    page = client.get(f"/tickets/{number}").text
    assert card in page
    assert card in client.get("/settings/audit").text
    version = page.partition('name="row_version" value="')[2].partition('"')[0]
    closed = client.press(f"/tickets/{number}/close", row_version=version).text
    assert f'href="{CARDS}/ticket-closed"' in closed.partition("toast-events")[2]
    newest = desk.last_event_id()
    assert f'href="{CARDS}/ticket-closed"' in client.get(f"/settings/audit/events/{newest}").text
    assert f'href="{CARDS}/customer-created"' in client.get(f"/customers/{desk.carol_id}").text
