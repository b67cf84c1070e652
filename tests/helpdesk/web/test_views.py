"""The pages of views: lists, the builder with and without scripts, roles, other accounts, hostile input."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask

from audit.action import enter as enter_account
from helpdesk import tags, tickets, views
from helpdesk.models import Role, View
from helpdesk.views import Shape
from tests.desks import Desk, open_desk
from tests.helpdesk.web.browsers import Browser, hire, statements

HIGH = Shape(name="High", filters="eq(ticket.priority, 'high')")
FORM = {"name": "Urgent", "visibility": "public", "order": "updated_datetime:desc", "column": ["customer", "details"]}


def make(desk: Desk, **chosen: object) -> int:
    """A view of Ada's; answers its number."""
    with desk.acting():
        return views.create(desk.account, replace(HIGH, **chosen), by=desk.by_admin).id  # type: ignore[arg-type]


def read(desk: Desk, number: int) -> View | None:
    """The view as it is now."""
    desk.session.rollback()
    enter_account(desk.session, desk.account_id)
    return desk.session.get(View, number)


def row(place: int, field: str, operator: str, *values: str) -> dict[str, object]:
    """A row of the builder, as a browser sends it."""
    return {f"field-{place}": field, f"operator-{place}": operator, f"value-{place}": list(values)}


def made(desk: Desk, browser: Browser, **form: object) -> str:
    """What filter a new view got."""
    response = browser.post("/settings/views/new", **{**FORM, **form})
    assert response.status_code == 303, unescape(response.get_data(as_text=True))
    number = int(response.headers["Location"].rpartition("=")[2])
    view = read(desk, number)
    assert view is not None
    return view.filters


# ---- Rows and code


def test_a_view_is_made_of_rows(desk: Desk, client: Browser) -> None:
    rows = row(0, "ticket.status", "is", "open") | row(1, "ticket.tags.name", "any", "vip", "it's")
    with desk.watched() as trail:
        code = made(desk, client, **rows)
    assert code == "eq(ticket.status, 'open') && containsAny(ticket.tags.name, ['vip', 'it\\'s'])"
    assert trail.lines == [("view-created", "Olive Owner")]


ROWS = {
    "choice": (row(0, "ticket.priority", "not", "low"), "neq(ticket.priority, 'low')"),
    "one of": (
        row(0, "ticket.channel", "any", "email", "chat"),
        "eq(ticket.channel, 'email') || eq(ticket.channel, 'chat')",
    ),
    "none of": (
        row(0, "ticket.channel", "none", "email", "chat"),
        "neq(ticket.channel, 'email') && neq(ticket.channel, 'chat')",
    ),
    "me": (
        row(0, "ticket.assignee_user.id", "is", "{{current_user.id}}"),
        "eq(ticket.assignee_user.id, '{{current_user.id}}')",
    ),
    "people": (row(0, "ticket.assignee_user.id", "any", "3", "4"), "containsAny(ticket.assignee_user.id, [3, 4])"),
    "nobody": (row(0, "ticket.assignee_team.id", "empty"), "isEmpty(ticket.assignee_team.id)"),
    "all tags": (row(0, "ticket.tags.name", "all", "a", "b"), "containsAll(ticket.tags.name, ['a', 'b'])"),
    "words": (row(0, "ticket.subject", "contains", "100%"), "contains(ticket.subject, '100%')"),
    "several": (row(0, "ticket.subject", "any", "a, b ,"), "containsAny(ticket.subject, ['a', 'b'])"),
    "yes": (row(0, "ticket.spam", "is", "true"), "eq(ticket.spam, true)"),
    "an age": (row(0, "ticket.updated_datetime", "older", "3d 2h"), "lt(ticket.updated_datetime, '3d 2h')"),
    "a date": (
        row(0, "ticket.created_datetime", "after", "2026-03-03T09:00"),
        "gte(ticket.created_datetime, '2026-03-03T09:00Z')",
    ),
    "a number": (row(0, "ticket.id", "above", "1000"), "gt(ticket.id, 1000)"),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_every_sort_of_row_becomes_code_and_comes_back(desk: Desk, client: Browser, name: str) -> None:
    form, code = ROWS[name]
    assert made(desk, client, **form) == code
    number = make(desk, filters=code)
    page = client.get(f"/settings/views/{number}").get_data(as_text=True)
    assert 'name="shows" value="1"' in page
    assert f'value="{form["field-0"]}" selected' in page
    saved = client.post(f"/settings/views/{number}", **{**FORM, **_sent(page)})
    assert saved.status_code == 303
    view = read(desk, number)
    assert view is not None
    assert view.filters == code


def _sent(page: str) -> dict[str, object]:
    """What a browser would send of the page's builder, as it was drawn."""
    builder = page[page.index('id="view-rows"') : page.index('id="view-preview"')]
    form: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", builder):
        name, value = re.search(r' name="([^"]*)"', tag), re.search(r' value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            form.setdefault(unescape(name[1]), []).append(unescape(value[1]) if value else "")
    for select in re.findall(r"<select.*?</select>", builder, re.DOTALL):
        name = re.search(r' name="([^"]*)"', select)
        chosen = re.search(r'<option value="([^"]*)" selected', select)
        assert name
        form[name[1]] = [unescape(chosen[1]) if chosen else ""]
    area = re.search(r"<textarea[^>]*>(.*?)</textarea>", builder, re.DOTALL)
    assert area
    form["code"] = [unescape(area[1])]
    return dict(form)


def test_code_that_rows_cannot_show_stays_code(desk: Desk, client: Browser) -> None:
    code = "// who shouts\n!(eq(ticket.priority, 'low') || contains(ticket.subject, 'x')) && neq(ticket.subject, null)"
    number = make(desk, filters=code)
    page = client.get(f"/settings/views/{number}").get_data(as_text=True)
    assert "This filter says more than rows can show" in page
    assert 'name="shows" value="0"' in page
    with desk.watched() as trail:
        client.post(f"/settings/views/{number}", **{**FORM, **_sent(page), "name": "Other"})
    view = read(desk, number)
    assert view is not None
    assert (view.name, view.filters) == ("Other", code)
    assert trail.types == ["view-updated"]


def test_what_was_edited_last_wins(desk: Desk, client: Browser) -> None:
    rows = row(0, "ticket.status", "is", "closed")
    settled = "eq(ticket.status, 'open')"
    assert made(desk, client, settled=settled, code=settled, **rows) == "eq(ticket.status, 'closed')"
    assert made(desk, client, settled=settled, code="eq(ticket.spam, true)", **rows) == "eq(ticket.spam, true)"
    same = row(0, "ticket.status", "is", "open")
    own = 'eq( ticket.status, "open" ) // as I like it'
    assert made(desk, client, settled=own, code=own, **same) == own, "nobody's way of writing is tidied away"


def test_without_scripts_the_buttons_show_the_form_again(desk: Desk, client: Browser) -> None:
    with desk.watched() as trail:
        more = client.post("/settings/views/new", **FORM, **row(0, "ticket.spam", "is", "true"), do="add")
        assert more.status_code == 200
        assert 'id="field-1"' in more.get_data(as_text=True)
        two = row(0, "ticket.spam", "is", "true") | row(1, "ticket.subject", "contains", "keep me")
        fewer = client.post("/settings/views/new", **FORM, **two, do="remove:0").get_data(as_text=True)
        assert "keep me" in fewer
        assert 'id="field-1"' not in fewer
        broken = {"code": "eq(", "settled": "eq(ticket.spam, true)"}
        back = client.post("/settings/views/new", **FORM, **broken, do="rows").get_data(as_text=True)
        assert "eq(ticket.spam, true)</textarea>" in back
    assert trail.types == []


def test_another_field_begins_anew(client: Browser) -> None:
    changed = row(0, "ticket.subject", "is", "true") | {"was-0": "ticket.spam|is"}
    answer = client.press("/settings/views/filter?source=rows", **changed).get_data(as_text=True)
    assert '<option value="contains" selected>' in answer
    assert 'name="value-0" value=""' in answer
    kept = row(0, "ticket.priority", "any", "high") | {"was-0": "ticket.priority|is"}
    assert 'value="high" checked' in client.press("/settings/views/filter?source=rows", **kept).get_data(as_text=True)


def test_the_fragment_leaves_alone_what_one_types_in(client: Browser) -> None:
    typed = {"code": "eq(ticket.status, 'open') &&", "settled": ""}
    answer = client.press("/settings/views/filter?source=code", **typed).get_data(as_text=True)
    assert 'hx-target="#view-code"' not in answer
    assert "Line 1, column 29: the text ends here, but a test such as" in unescape(answer)
    assert "as soon as the code can be understood" in answer
    rows = row(0, "ticket.status", "is", "open") | {"was-0": "ticket.status|is"}
    answer = client.press("/settings/views/filter?source=rows", **rows).get_data(as_text=True)
    assert 'hx-target="#view-rows"' not in answer
    assert "eq(ticket.status, 'open')</textarea>" in unescape(answer)


def test_the_preview_counts_what_matches_now(desk: Desk, client: Browser) -> None:
    for _ in range(7):
        desk.a_ticket("Where is my mug?")
    answer = client.press("/settings/views/filter", **row(0, "ticket.subject", "contains", "MUG")).get_data(
        as_text=True
    )
    assert "<strong>7</strong> tickets match now" in answer
    assert answer.count("Where is my mug?") == 5
    number = desk.a_ticket("ÄRGER <b>").id
    with desk.acting():
        tags.put_on(desk.ticket(number), ["Größe"], by=desk.by_ana)
        tickets.assign(desk.ticket(number), desk.owner, by=desk.by_ana)
    mine = {"code": "eq(ticket.assignee_user.id, {{current_user.id}}) && containsAny(ticket.tags.name, 'GRÖSSE')"}
    assert "<strong>0</strong>" in client.press("/settings/views/filter", **mine).get_data(as_text=True)
    mine = {"code": mine["code"].replace("GRÖSSE", "GRÖßE")}
    answer = client.press("/settings/views/filter", **mine).get_data(as_text=True)
    assert "<strong>1</strong> ticket matches now" in answer
    assert "ÄRGER &lt;b&gt;" in answer


INCOMPLETE = [
    (row(0, "ticket.status", "is"), "Choose one."),
    (row(0, "ticket.tags.name", "any"), "Choose at least one."),
    (row(0, "ticket.subject", "contains", "  "), "Write what to look for."),
    (row(0, "ticket.updated_datetime", "older", "soon"), "is no span of time"),
    (row(0, "ticket.created_datetime", "before", "tomorrow"), "Choose a date and a time."),
    (row(0, "ticket.id", "is", "1.5"), "Write a whole number."),
    (row(0, "ticket.id", "is", "1e400"), "Write a whole number."),
    ({"code": "eq(ticket.stauts, 'open')"}, "there is no field ticket.stauts. Did you mean ticket.status?"),
    ({"code": "(" * 500}, "nest more than 64 deep"),
    ({"name": "  "}, "Write the view's name."),
    ({"name": "x" * 121}, "at most 120 characters"),
]


@pytest.mark.parametrize(("form", "said"), INCOMPLETE)
def test_what_lacks_something_is_not_saved(desk: Desk, client: Browser, form: dict[str, object], said: str) -> None:
    number = make(desk)
    with desk.watched() as trail:
        for path in ("/settings/views/new", f"/settings/views/{number}"):
            response = client.post(path, **{**FORM, **form})
            assert response.status_code == 422
            assert said in unescape(response.get_data(as_text=True))
    assert trail.types == []


def test_a_verbs_refusal_keeps_what_was_typed(desk: Desk, client: Browser) -> None:
    number = make(desk)
    for path in ("/settings/views/new", f"/settings/views/{number}"):
        response = client.post(path, **{**FORM, "visibility": "shared", "name": "Kept", "code": "eq(ticket.id, 7)"})
        page = unescape(response.get_data(as_text=True))
        assert response.status_code == 409
        assert "Choose with whom the view is shared" in page
        assert 'value="Kept"' in page
        assert "eq(ticket.id, 7)</textarea>" in page


# ---- Lists


def test_the_lists_and_the_rail(desk: Desk, client: Browser) -> None:
    desk.a_ticket("Anything")
    number = make(desk, name="Everything & more", filters="", emoji="⭐")
    off = make(desk, name="Sleeping")
    with desk.acting():
        views.deactivate(desk.session.get_one(View, off), by=desk.by_admin)
    page = client.get("/settings/views").get_data(as_text=True)
    assert page.count("Everything &amp; more") >= 3
    assert "Switched off" in page
    rail = page[: page.index("<main")]
    assert f"view={number}" in rail
    assert f"view={off}" not in rail
    assert client.get(f"/tickets?view={number}").status_code == 200
    assert client.get(f"/tickets?view={off}").status_code == 404


def test_moving_by_the_buttons(desk: Desk, client: Browser) -> None:
    first, second, third = (make(desk, name=name) for name in ("A", "B", "C"))
    with desk.watched() as trail:
        assert client.post(f"/settings/views/{third}/move", before=str(first)).status_code == 303
        answer = client.press(f"/settings/views/{first}/move", before="0").get_data(as_text=True)
        same = client.press(f"/settings/views/{first}/move", before="0").get_data(as_text=True)
    assert trail.types == ["view-updated", "view-updated"]
    order = re.findall(r'id="view-(\d+)"', answer)
    assert [int(number) for number in order] == [third, second, first]
    assert "View updated" in answer
    assert "It stands there already" in same
    for wrong in ("", "x", "-1", "9" * 30, str(2**63)):
        assert client.post(f"/settings/views/{first}/move", before=wrong).status_code == 422
    assert client.post(f"/settings/views/{first}/move", before="99999").status_code == 404


def test_switching_off_and_deleting(desk: Desk, client: Browser) -> None:
    desk.a_ticket()
    number = make(desk, filters="")
    with desk.watched() as trail:
        client.post(f"/settings/views/{number}/switch", to="off")
        assert "Switch on" in client.get(f"/settings/views/{number}").get_data(as_text=True)
        client.post(f"/settings/views/{number}/switch", to="on")
        asked = client.fragment(f"/settings/views/{number}/delete").get_data(as_text=True)
        assert "tickets in it now stay as they are" in asked
        assert client.post(f"/settings/views/{number}/delete").headers["Location"] == "/settings/views"
        assert client.get(f"/settings/views/{number}").status_code == 404
        assert client.post(f"/settings/views/{number}/delete").status_code == 404
    assert trail.types == ["view-updated", "view-updated", "view-deleted"]


def test_two_who_edit_at_once(desk: Desk, client: Browser, enter: Callable[[str], Browser]) -> None:
    number = make(desk)
    page = client.get(f"/settings/views/{number}").get_data(as_text=True)
    seen = re.search(r'name="seen" value="(\d+)"', page)
    assert seen
    enter("admin@demo.example").post(f"/settings/views/{number}", **{**FORM, "name": "Ada's", "code": HIGH.filters})
    late = client.post(f"/settings/views/{number}", **{**FORM, "code": HIGH.filters, "seen": seen[1]})
    assert late.status_code == 409
    assert "Ada Admin changed this view" in late.get_data(as_text=True)


# ---- Who may


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.LITE, Role.BASIC])
def test_who_may_not_share_keeps_views_for_themselves(desk: Desk, enter: Callable[[str], Browser], role: Role) -> None:
    number = make(desk)
    browser = enter(hire(desk, role))
    page = browser.get(f"/settings/views/{number}").get_data(as_text=True)
    assert "Make one like it for me" in page
    assert 'name="code"' not in page
    with desk.watched() as trail:
        assert browser.post(f"/settings/views/{number}", **FORM, code="").status_code == 403
        for act in ("move", "switch", "delete"):
            assert browser.post(f"/settings/views/{number}/{act}", before="0", to="off").status_code == 403
        assert browser.get(f"/settings/views/{number}/delete").status_code == 403
        for visibility in ("public", "shared"):
            assert browser.post("/settings/views/new", **{**FORM, "visibility": visibility}).status_code == 403
    assert trail.types == []
    like = browser.get(f"/settings/views/new?from={number}").get_data(as_text=True)
    assert "High (mine)" in like
    assert "eq(ticket.priority, 'high')" in unescape(like)
    with desk.watched() as trail:
        assert browser.post("/settings/views/new", **{**FORM, "visibility": "private"}).status_code == 303
        own = int(re.findall(r'id="view-(\d+)"', browser.get("/settings/views").get_data(as_text=True))[-1])
        mine = {**FORM, "visibility": "private", "name": "Mine"}
        assert browser.post(f"/settings/views/{own}", **mine).status_code == 303
        assert browser.post(f"/settings/views/{own}", **{**mine, "visibility": "public"}).status_code == 403
        assert browser.post(f"/settings/views/{own}/delete").status_code == 303
    assert trail.types == ["view-created", "view-updated", "view-deleted"]


def test_a_lead_shares_views(desk: Desk, enter: Callable[[str], Browser]) -> None:
    browser = enter(hire(desk, Role.LEAD))
    shared = {**FORM, "visibility": "shared", "team": str(desk.team_id)}
    assert browser.post("/settings/views/new", **shared).status_code == 303
    page = enter("ana@demo.example").get("/settings/views").get_data(as_text=True)
    assert "for Returns" in page
    assert "Urgent" not in enter(hire(desk, Role.OBSERVER)).get("/settings/views").get_data(as_text=True)


def test_what_others_keep_for_themselves_is_not_there(desk: Desk, client: Browser) -> None:
    with desk.acting():
        private = views.create(desk.account, replace(HIGH, name="Anas secret", visibility="private"), by=desk.by_ana).id
    number = make(desk)
    assert_not_there(desk, client, private, number)
    log = client.get("/settings/audit?object=View:" + str(private)).get_data(as_text=True)
    assert f"/settings/views/{private}" not in log


def test_another_accounts_views_are_not_there(desk: Desk, client: Browser) -> None:
    other = open_desk(desk.session, "other")
    theirs = make(other, name="Their secret")
    enter_account(desk.session, desk.account_id)
    number = make(desk)
    assert_not_there(desk, client, theirs, number)
    for field, given in (("team", other.team_id), ("user", other.ana_id)):
        response = client.post("/settings/views/new", **{**FORM, "visibility": "shared", field: str(given)})
        assert response.status_code == 409


def assert_not_there(desk: Desk, client: Browser, hidden: int, own: int) -> None:
    """Nothing of a view can be seen or done."""
    with desk.watched() as trail:
        for path in ("", "/delete"):
            assert client.get(f"/settings/views/{hidden}{path}").status_code == 404
        assert client.get(f"/settings/views/new?from={hidden}").status_code == 404
        assert client.get(f"/tickets?view={hidden}").status_code == 404
        assert client.post(f"/settings/views/{hidden}", **FORM).status_code == 404
        for act in ("move", "switch", "delete"):
            assert client.post(f"/settings/views/{hidden}/{act}", before="0", to="off").status_code == 404
        assert client.post(f"/settings/views/{own}/move", before=str(hidden)).status_code == 404
        assert b"secret" not in client.get("/settings/views").data
    assert trail.types == []


@pytest.mark.parametrize("number", ["0", "-1", "007", "99999", str(2**63), "9" * 30, "x"])
def test_numbers_that_lead_nowhere(client: Browser, number: str) -> None:
    assert client.get(f"/settings/views/{number}").status_code == 404
    assert client.post(f"/settings/views/{number}/delete").status_code in (404, 405)


# ---- Hostile input


HOSTILE = [
    "x" * 10_000,
    "😀" * 500,
    "שלום",
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "'; DROP TABLE view; --",
    "a\r\nB: c",
    "\x00",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_everywhere(desk: Desk, client: Browser, text: str) -> None:
    number = make(desk)
    names = ("name", "emoji", "visibility", "order", "column", "team", "user", "code", "settled", "shows", "do", "seen")
    fields = ("field-0", "operator-0", "value-0", "was-0", "field-39", "field-99999", "value-")
    for name in (*names, *fields):
        form = {**FORM, **row(0, "ticket.subject", "contains", "x"), name: text}
        for path in ("/settings/views/new", f"/settings/views/{number}", "/settings/views/filter?source=rows"):
            response = client.post(path, **form)
            assert response.status_code in (200, 303, 403, 409, 422), (name, path)
            assert b"<script>alert" not in response.data
    for field in (
        "ticket.subject",
        "ticket.tags.name",
        "ticket.assignee_user.id",
        "ticket.updated_datetime",
        "ticket.id",
    ):
        for operator in ("any", "is", "older", "before", "contains", "nonsense"):
            response = client.post("/settings/views/filter", **row(0, field, operator, text, text))
            assert response.status_code == 200, (field, operator)


def test_many_rows_and_values(client: Browser) -> None:
    form: dict[str, object] = {}
    for place in range(60):
        form |= row(place, "ticket.subject", "any", ",".join(f"word {number}" for number in range(50)))
    page = unescape(client.press("/settings/views/filter", **form).get_data(as_text=True))
    assert "600 are the most" in page
    assert client.post("/settings/views/new", **{**FORM, **form}).status_code == 422


def test_pages_need_few_statements(app: Flask, desk: Desk, client: Browser) -> None:
    number = make(desk, filters="containsAny(ticket.tags.name, ['a']) && lt(ticket.updated_datetime, '3d')")
    make(desk, name="Shared", visibility="shared", teams=(desk.team_id,))
    for path in ("/settings/views", "/settings/views/new", f"/settings/views/{number}", f"/tickets?view={number}",
                 f"/settings/views/{number}/delete"):  # fmt: skip
        with statements(app) as sent:
            assert client.get(path).status_code == 200
        assert len(sent) <= 12, (path, len(sent), sent)
    with statements(app) as sent:
        client.press("/settings/views/filter", **row(0, "ticket.status", "is", "open"))
    assert len(sent) <= 12, sent
