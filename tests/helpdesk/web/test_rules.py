"""The pages of rules: made by rows or as code, kept in step, tried without a trace, ordered, switched and deleted."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from audit.actors import Actor
from automation import rules as runner
from helpdesk import rules
from helpdesk.models import Rule
from helpdesk.rules import Shape
from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser

CODE = "if (contains(ticket.subject, 'refund')) {\n    Action('addTags', {tags: 'refund'});\n}"


def a_rule(desk: Desk, name: str = "Zebra", code: str = CODE, **more: Any) -> int:
    """A rule; answers its number."""
    with desk.acting():
        shape = Shape(name=name, code=code, event_types=("ticket-created",), **more)
        return rules.create(desk.account, shape, by=desk.by_admin).id


def order(desk: Desk) -> list[int]:
    """The rules in the order in which they run."""
    desk.session.rollback()
    return [rule.id for rule in rules.in_order(desk.session, desk.account_id)]


def filled(page: str) -> dict[str, list[str]]:
    """The code and what it was, as the form holds them."""
    code = re.search(r'<textarea id="code".*?>(.*?)</textarea>', page, re.DOTALL)
    settled = re.search(r'name="settled" value="(.*?)"', page, re.DOTALL)
    assert code is not None
    assert settled is not None
    return {"code": [_plain(code[1])], "settled": [_plain(settled[1])]}


def _plain(text: str) -> str:
    for sign, entity in (("'", "&#39;"), ('"', "&#34;"), (">", "&gt;"), ("<", "&lt;"), ("&", "&amp;")):
        text = text.replace(entity, sign)
    return text


def rows(*more: tuple[str, str], **form: str) -> dict[str, Any]:
    """A form as clicking makes it: late subjects in chat are tagged and closed."""
    return {
        "name": "Late chats", "trigger": "ticket-created", "shows": "1", "join": "all", "code": "", "settled": "",
        "field-0": "ticket.subject", "operator-0": "contains", "value-0": "late",
        "field-1": "message.channel", "operator-1": "is", "value-1": "chat",
        "step": ["0", "1"], "0-kind": "addTags", "0-tags": "late", "1-kind": "setStatus", "1-status": "closed",
        **dict(more), **form,
    }  # fmt: skip


MADE = """if (contains(ticket.subject, 'late') && eq(message.channel, 'chat')) {
    Action('addTags', {tags: 'late'});
    Action('setStatus', {status: 'closed'});
}"""


def test_a_rule_is_made_of_rows_edited_as_code_and_says_what_it_did(desk: Desk, client: Browser) -> None:
    assert "No rules yet" in client.get("/settings/rules").text
    with desk.watched() as trail:
        answer = client.post("/settings/rules/new", **rows())
    assert trail.lines == [("rule-created", "Olive Owner")]
    rule = desk.session.get_one(Rule, trail.events[0].object_id)
    assert (answer.location, rule.code, rule.event_types) == (f"/settings/rules/{rule.id}", MADE, "ticket-created")
    page = client.get(answer.location).text
    assert "version 1" in page
    assert filled(page) == {"code": [MADE], "settled": [MADE]}
    assert "never ran" in client.get("/settings/rules").text

    changed = MADE.replace("'late')", "'slow')")
    with desk.watched() as trail:
        client.post(answer.location, **rows(code=changed, settled=MADE, version="1", trigger="ticket-updated"))
    assert trail.types == ["rule-updated"]
    desk.session.refresh(rule)
    assert (rule.code, rule.version, rule.event_types) == (changed, 2, "ticket-updated")
    with desk.watched() as trail:
        late = client.post(answer.location, **rows(code=MADE, settled=changed, version="1"))
    assert (late.status_code, trail.types) == (409, [])
    assert "Somebody else has changed this rule" in late.text
    assert filled(late.text)["code"] == [MADE]


@pytest.mark.parametrize(
    ("join", "test"),
    [("all", "contains(ticket.subject, 'late') && eq(message.channel, 'chat')"),
     ("any", "contains(ticket.subject, 'late') || eq(message.channel, 'chat')")],
)  # fmt: skip
def test_rows_and_code_follow_one_another(client: Browser, join: str, test: str) -> None:
    settled = filled(client.press("/settings/rules/draft?source=rows", **rows(join=join)).text)
    assert settled["code"][0].startswith(f"if ({test}) {{")
    back = client.press("/settings/rules/draft?source=code", code=settled["code"][0], settled="", shows="1").text
    assert f'<option value="{join}" selected>' in back
    assert 'value="late"' in back
    assert '<option value="closed" selected>' in back


@pytest.mark.parametrize(
    "code",
    [
        "if (eq(ticket.spam, false)) { Action('trashTicket'); } else { Action('setStatus', {status: 'open'}); }",
        "if (eq(ticket.spam, false)) { if (eq(ticket.status, 'open')) { Action('trashTicket'); } }",
        "if (!eq(ticket.spam, false)) { Action('trashTicket'); }",
        "Action('trashTicket'); if (eq(ticket.spam, false)) { Action('addTags', {tags: 'a'}); }",
    ],
)
def test_code_that_rows_can_not_show_says_so_and_is_kept(desk: Desk, client: Browser, code: str) -> None:
    page = client.press("/settings/rules/draft?source=code", code=code, settled="", shows="1").text
    assert "says more than rows can show" in page
    form = {"name": "Odd", "trigger": "ticket-created", "shows": "0", "code": code, "settled": code}
    client.post("/settings/rules/new", **form)
    assert desk.session.query(Rule.code).scalar() == code


def test_each_action_goes_into_code_and_back(desk: Desk, client: Browser) -> None:
    team, ana = str(desk.team_id), str(desk.ana_id)
    acts = {
        "removeTags": {"tags": "a, b"}, "setTags": {"tags": ""}, "setSubject": {"subject": "It's {{ticket.id}}"},
        "setPriority": {"priority": "low"}, "setAssignee": {"who": f"team:{team}"},
        "setTeamAssignee": {"who": "nobody"},
        "snoozeTicket": {"for": "2d 3h"}, "replyToTicket": {"body_text": "Dear\n{{ticket.customer.name}}"},
        "addInternalNote": {"body_text": "Note"}, "trashTicket": {}, "excludeFromCSAT": {}, "excludeFromAutoMerge": {},
        "sendEmail": {"to": "boss@home.example", "subject": "Look", "body_text": "At #{{ticket.id}}"},
    }  # fmt: skip
    form = {"shows": "1", "code": "", "settled": "", "step": [str(place) for place in range(len(acts) + 1)]}
    for place, (kind, values) in enumerate({**acts}.items()):
        form[f"{place}-kind"] = kind
        form |= {f"{place}-{name}": value for name, value in values.items()}
    form |= {f"{len(acts)}-kind": "setAssignee", f"{len(acts)}-who": ana}
    code = filled(client.press("/settings/rules/draft?source=rows", **form).text)["code"][0]
    assert code.count("Action(") == len(acts) + 1
    assert "{round_robin: 1}" in code
    back = client.press("/settings/rules/draft?source=code", code=code, settled="", shows="1").text
    sent = dict(re.findall(r'<input type="hidden" name="(\d+-kind)" value="(\w+)"', back))
    assert list(sent.values()) == [*acts, "setAssignee"]
    assert f'<option value="team:{team}" selected>' in back
    assert 'value="2d 3h"' in back


def test_a_mistake_is_told_with_line_and_column_and_nothing_is_saved(desk: Desk, client: Browser) -> None:
    wrong = "if (eq(ticket.status, 'open')) {\n    Action('addTag', {tags: 'x'});\n}"
    said = client.press("/settings/rules/draft?source=code", code=wrong, settled=CODE, shows="1").text
    assert "Line 2, column 12: there is no action addTag. Did you mean addTags?" in said
    assert "<mark>&#39;</mark>" in said
    with desk.watched() as trail:
        for form, problem in (
            (rows(code=wrong, settled=CODE), "can&#39;t be understood"),
            (rows(("value-0", "")), "Something is missing in a row"),
            (rows(("0-tags", " ")), "Something is missing in a row"),
            (rows(step="9"), "Add an action first"),
            (rows(trigger="nonsense"), "Nothing would ever set it off"),
            (rows(name=""), "Give the rule a name"),
        ):
            answer = client.post("/settings/rules/new", **form)
            assert (answer.status_code, problem in answer.text) == (422, True), problem
        bad = client.post("/settings/rules/new", **rows(schedule="every day"))
        assert (bad.status_code, "five parts" in bad.text) == (409, True)
    assert trail.types == []


def test_a_schedule_is_told_in_words_and_times(client: Browser) -> None:
    page = client.press("/settings/rules/draft?source=when", **rows(schedule="0 9 * * 1-5")).text
    assert "At 09:00, Monday to Friday, in UTC. Next: Wed 4 Mar 2026, 09:00; Thu 5 Mar 2026, 09:00" in page
    assert "no day of the week" in client.press("/settings/rules/draft?source=when", **rows(schedule="0 9 * * 9")).text


def test_it_is_tried_without_a_trace_and_then_really_acts(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket("My refund").id
    form = {"shows": "0", "code": CODE, "settled": CODE}
    with desk.watched() as trail:
        tried = client.press("/settings/rules/draft?source=trial", **form, ticket=f"#{number}").text
        assert "Add the tag refund" in tried
        assert "Nothing was written" in tried
        other = desk.a_ticket("Hello").id
        none = client.press("/settings/rules/draft?source=trial", **form, ticket=str(other)).text
        assert "the condition does not hold" in none
        gone = client.press("/settings/rules/draft?source=trial", **form, ticket="999").text
        assert "There is no ticket 999 here" in gone
    assert not {"ticket-tags-added", "rule-executed", "tag-created"} & set(trail.types)

    rule_id = a_rule(desk)
    number = desk.a_ticket("Another refund").id
    runner.settle(desk.session, desk.account_id)
    assert "1 run" in client.get("/settings/rules").text
    ticket_page = client.get(f"/tickets/{number}").text
    assert f'<a href="/settings/rules/{rule_id}">rule Zebra v1</a>' in ticket_page
    assert (
        f'<a href="/settings/rules/{rule_id}">rule Zebra v1</a>'
        in client.get(f"/settings/audit?object=Ticket:{number}").text
    )
    (event,) = [each for each in desk.events_after() if each.type == "ticket-tags-added"]
    why = client.fragment(f"/tickets/{number}/trail/{event.id}").text
    assert f'<a href="/settings/rules/{rule_id}">Open the rule</a>' in why


def test_rules_are_ordered_switched_and_deleted(desk: Desk, client: Browser) -> None:
    first, second, third = (a_rule(desk, name) for name in ("First", "Second", "Third"))
    with desk.watched() as trail:
        client.post(f"/settings/rules/{third}/move", way="up")
    assert trail.types == ["rule-updated", "rule-priority-updated"] * (len(trail.types) // 2)
    assert order(desk) == [first, third, second]
    assert "it there already" not in client.press(f"/settings/rules/{first}/move", way="down").text
    assert order(desk) == [third, first, second]
    assert "no event was written" in client.press(f"/settings/rules/{third}/move", way="up").text
    with desk.watched() as trail:
        client.post(f"/settings/rules/{first}/switch", to="off")
        client.post(f"/settings/rules/{first}/switch", to="on")
        assert "Delete the rule “First”?" in client.fragment(f"/settings/rules/{first}/delete").text
        client.post(f"/settings/rules/{first}/delete")
    assert trail.types == [
        "rule-updated", "rule-deactivated", "rule-updated", "rule-reactivated", "rule-deleted",
    ]  # fmt: skip
    assert client.get(f"/settings/rules/{first}").status_code == 404


def test_a_suggestion_is_one_click_from_its_ticket_and_taken_up(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket("My refund").id
    with desk.acting():
        shape = Shape(name="Tag refunds", code=CODE, event_types=("ticket-created",))
        draft = rules.suggest(desk.account, shape, desk.ticket(number), by=Actor.system("suggestions")).id
    assert f'<a href="/settings/rules/{draft}">Tag refunds</a>' in client.get(f"/tickets/{number}").text
    listed = client.get("/settings/rules").text
    assert "Suggestions" in listed
    assert f"from #{number}" in listed
    page = client.get(f"/settings/rules/{draft}").text
    assert "Take it up" in page
    assert "Add the tag refund" in page  # it is tried on the ticket at once
    with desk.watched() as trail:
        client.post(
            f"/settings/rules/{draft}", name="Tag refunds", trigger="ticket-created", shows="0", code=CODE, settled=CODE
        )
    assert trail.lines == [("rule-updated", "Olive Owner")]
    assert not desk.session.get_one(Rule, draft).is_draft


def test_one_is_made_from_a_ticket(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket("Where is my <b>teapot's</b> lid?").id
    assert f'href="/settings/rules/new?ticket={number}"' in client.get(f"/tickets/{number}").text
    page = client.get(f"/settings/rules/new?ticket={number}").text
    assert "contains(ticket.subject, &#39;teapot&#39;)" in page
    assert client.get("/settings/rules/new?ticket=999").status_code == 404


def test_who_may_not_change_them_reads_them(desk: Desk, enter: Callable[[str], Browser]) -> None:
    rule_id, number = a_rule(desk), desk.a_ticket("My refund").id
    ben = enter("ben@demo.example")
    page = ben.get(f"/settings/rules/{rule_id}?ticket={number}").text
    assert "Add the tag refund" in page
    assert "It would:" in page
    assert "Leads and admins change rules" in page
    assert "New rule" not in ben.get("/settings/rules").text
    with desk.watched() as trail:
        for path in ("new", "draft", f"{rule_id}", f"{rule_id}/move", f"{rule_id}/switch", f"{rule_id}/delete"):
            assert ben.post(f"/settings/rules/{path}", **rows()).status_code == 403
    assert trail.types == []
