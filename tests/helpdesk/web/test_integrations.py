"""The pages of integrations: who may connect what, what is shown, and what is never."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk import integrations, lookups, shop, widgets
from helpdesk.models import Delivery, Integration, Role, ShopOrder, Ticket
from seeds.stage import open_stage
from tests.desks import Desk, open_session
from tests.helpdesk.web.browsers import Browser, hire, statements
from tests.helpdesk.web.connected import HOSTILE, connect, key_of, newest, order_at, written
from tests.listening import Ear, listening

Enter = Callable[[str], Browser]

HOOK = {"name": "Order system", "url": "https://shop.example/hook", "method": "POST"}
JSON = {**HOOK, "request_content_type": "application/json"}


@pytest.fixture
def ear() -> Iterator[Ear]:
    """The other system."""
    with listening() as ear:
        yield ear


def test_a_desk_without_any_says_what_to_do(client: Browser) -> None:
    page = client.get("/settings/integrations").text
    assert "support@demo.example" in page
    assert "Nothing else is connected yet" in page
    assert "No widgets yet" in client.get("/settings/widgets").text


def test_an_http_integration_is_made_and_saved(desk: Desk, client: Browser) -> None:
    form = {
        **JSON, "trigger": "", "triggers": ["ticket-created", "ticket-updated"], "form": '{"id": "{{ticket.id}}"}',
        "header_name": ["X-Key", ""], "header_value": ["sesame", ""], "hmac_secret": "open",
    }  # fmt: skip
    with desk.watched() as trail:
        assert client.post("/settings/integrations/new?type=http", **form).status_code == 303
    assert trail.lines == [("integration-created", "Olive Owner")]
    made = newest(desk, Integration)
    assert made.http["form"] == {"id": "{{ticket.id}}"}
    assert [name for name, is_on in made.http["triggers"].items() if is_on] == ["ticket-created", "ticket-updated"]
    assert (made.headers, made.hmac_secret) == ({"X-Key": "sesame"}, "open")
    with desk.watched() as trail:
        changed = {**form, "name": "Warehouse", "header_value": ["", ""], "hmac_secret": ""}
        assert client.post(f"/settings/integrations/{made.id}", **changed).status_code == 303
    assert trail.types == ["integration-updated"]
    saved = newest(desk, Integration)
    assert (saved.name, saved.headers, saved.hmac_secret) == ("Warehouse", {"X-Key": "sesame"}, "open")


def test_secrets_are_never_shown(desk: Desk, client: Browser) -> None:
    http = {"url": "https://shop.example/"}
    made = connect(desk, "http", http=http, headers={"X-Key": "sesame"}, hmac_secret="open-door")
    page = client.get(f"/settings/integrations/{made.id}").text
    assert "X-Key" in page
    assert "Unchanged unless you type another one" in page
    assert "sesame" not in page
    assert "open-door" not in page


def test_a_kept_header_goes_to_no_other_host(desk: Desk, client: Browser, ear: Ear) -> None:
    made = connect(desk, "http", http={"url": "https://shop.example/"}, headers={"X-Key": "sesame"})
    form = {
        **JSON,
        "url": f"{ear.url}/",
        "header_name": ["X-Key"],
        "header_value": [""],
        "integration_id": str(made.id),
    }
    for path in ("/settings/integrations/try", f"/settings/integrations/{made.id}"):
        assert "type the value of the header X-Key again" in client.post(path, **form).text
    assert ear.asked == []
    assert newest(desk, Integration).http["url"] == "https://shop.example/"


@pytest.mark.parametrize(
    ("field", "value", "status", "sentence"),
    [
        ("name", "", 422, "Give it a name"),
        ("name", "x" * 10_000, 422, "At most 200"),
        ("url", "", 422, "Write the address"),
        ("url", "ftp://x.example/", 422, "begins with https"),
        ("url", "https://{{ticket.id}}.example/", 422, "can&#39;t stand in the scheme or the host"),
        ("form", '{"a": }', 422, "This is no JSON (look at line 1, column 7)"),
        ("form", '{"a": "{{ 7*7 }}"}', 409, "is no placeholder"),
        ("form", "[" * 5000, 422, "This is no JSON"),
        ("method", "TRACE", 422, "Choose a method"),
        ("triggers", "ticket-exploded", 409, "The triggers are"),
    ],
)
def test_what_can_t_be_saved_stays_in_the_form(
    desk: Desk, client: Browser, field: str, value: str, status: int, sentence: str
) -> None:
    with desk.watched() as trail:
        response = client.post("/settings/integrations/new?type=http", **{**JSON, "description": "Kept", field: value})
    assert (response.status_code, trail.types) == (status, [])
    assert sentence in response.text
    assert "Kept" in response.text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_stored_or_refused_and_shown_escaped(desk: Desk, client: Browser, text: str) -> None:
    made = connect(desk, "shop", "Shop")
    for path in (f"/settings/integrations/{made.id}", "/settings/integrations/new?type=chat"):
        assert client.post(path, name=text, description=text).status_code in (303, 422)
    form = {"title": text, "line_title": [text], "line_path": ["customer.email"], "is_on": "y"}
    assert client.post("/settings/widgets/new?type=custom", **form).status_code in (303, 409, 422)
    odd_path = client.post("/settings/widgets/new?type=custom", title="A", line_path=[text], line_title=["A"])
    assert odd_path.status_code in (303, 409)
    desk.a_ticket()
    number = newest(desk, Ticket).id
    for page in ("/settings/integrations", "/settings/widgets", f"/settings/integrations/{made.id}"):
        assert "<script>alert(1)" not in client.get(page).text
    assert "<script>alert(1)" not in client.fragment(f"/tickets/{number}/widgets").text


def test_a_trial_really_calls_and_writes_nothing(desk: Desk, client: Browser, ear: Ear) -> None:
    number = desk.a_ticket().id
    ear.body = b'{"said": "<b>hello</b>"}'
    form = {**JSON, "url": f"{ear.url}/try/{{{{ticket.id}}}}", "form": '{"mail": "{{ticket.customer.email}}"}'}
    with desk.watched() as trail:
        answer = client.press("/settings/integrations/try", **form)
        whole = client.post("/settings/integrations/try", **form)
    assert trail.types == []
    assert newest(desk, Integration) is None
    assert newest(desk, Delivery) is None
    assert [(asked.path, asked.json) for asked in ear.asked] == [(f"/try/{number}", {"mail": "carol@mail.example"})] * 2
    assert "200 OK" in answer.text
    assert "&lt;b&gt;hello&lt;/b&gt;" in answer.text
    assert "<html" in whole.text
    assert "200 OK" in whole.text
    refused = client.press("/settings/integrations/try", **{**form, "url": "http://169.254.169.254/latest/meta-data"})
    assert "not a public address" in refused.text


def test_switching_off_on_and_deleting(desk: Desk, client: Browser) -> None:
    made = connect(desk, "chat", "Chat")
    address, key = f"/settings/integrations/{made.id}", integrations.public_key(made)
    with desk.watched() as trail:
        assert client.post(f"{address}/deactivate").status_code == 303
        assert client.get(f"/chat/{key}").status_code == 404
        assert client.post(f"{address}/reactivate").status_code == 303
        assert client.get(f"/chat/{key}").status_code == 200
        assert "There is no undo" in client.fragment(f"{address}/delete").text
        assert client.post(f"{address}/delete").status_code == 303
    assert trail.types == [
        "integration-updated", "integration-deactivated", "integration-updated", "integration-reactivated",
        "integration-deleted",
    ]  # fmt: skip
    assert client.get(address).status_code == 404


def test_one_in_use_is_not_deleted_and_says_why(desk: Desk, client: Browser) -> None:
    made = connect(desk, "shop", "Webshop")
    with desk.acting():
        widgets.create(desk.account, "shop", {"title": "Orders"}, integration=made, by=desk.by_admin)
    sheet = client.fragment(f"/settings/integrations/{made.id}/delete").text
    assert "used by the widget “Orders”" in sheet
    assert "Delete integration" not in sheet
    assert client.post(f"/settings/integrations/{made.id}/delete").status_code == 409
    assert newest(desk, Integration) is not None


def test_somebody_else_s_change_is_not_overwritten(desk: Desk, client: Browser) -> None:
    made = connect(desk, "chat", "Chat")
    seen = re.search(r'name="seen" value="(\d+)"', client.get(f"/settings/integrations/{made.id}").text)
    assert seen is not None
    with desk.acting():
        held = desk.session.get_one(Integration, made.id)
        integrations.update(held, {"name": "Ada was here"}, by=desk.by_admin)
    late = client.post(f"/settings/integrations/{made.id}", name="Olive was here", seen=seen[1])
    assert late.status_code == 409
    assert "Ada Admin changed this integration" in late.text


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.LITE, Role.BASIC, Role.LEAD])
def test_only_admins_connect(desk: Desk, enter: Enter, role: Role) -> None:
    made, email = connect(desk, "chat"), hire(desk, role)
    browser = enter(email)
    with desk.watched() as trail:
        for path in ("", "/new", f"/{made.id}", f"/{made.id}/delete", f"/{made.id}/deliveries"):
            assert browser.get(f"/settings/integrations{path}").status_code == 403
        for path in ("/new?type=chat", f"/{made.id}", f"/{made.id}/delete", f"/{made.id}/deactivate", "/try"):
            assert browser.post(f"/settings/integrations{path}", name="x").status_code == 403
        for path in ("", "/new"):
            assert browser.get(f"/settings/widgets{path}").status_code == 403
        for path in ("/new?type=custom", "/arrange", "/preview"):
            assert browser.post(f"/settings/widgets{path}").status_code == 403
    assert trail.types == []


def test_another_account_s_things_are_not_there(desk: Desk, client: Browser) -> None:
    other = open_stage(open_session(desk.session.get_bind()), "other")  # type: ignore[arg-type]
    with other.acting():
        theirs = integrations.create(other.account, "shop", "Theirs", by=other.by_admin)
        order = shop.place(theirs, name="Eve", email="eve@mail.example", basket={"harbour-mug": 1})
        card = widgets.create(other.account, "shop", {"title": "Orders"}, integration=theirs, by=other.by_admin)
        numbers = theirs.id, order.id, card.id
    ticket = other.a_ticket().id
    other.session.close()
    integration_id, order_id, widget_id = numbers
    for path in (
        f"/settings/integrations/{integration_id}", f"/settings/integrations/{integration_id}/delete",
        f"/settings/widgets/{widget_id}", f"/orders/{order_id}/refund", f"/orders/{order_id}/cancel",
    ):  # fmt: skip
        assert client.get(path).status_code == 404
        assert client.post(path, name="x", title="x").status_code in (404, 422)
    assert client.fragment(f"/tickets/{ticket}/widgets").status_code == 404
    mine = desk.a_ticket().id
    assert client.fragment(f"/tickets/{mine}/widgets/{widget_id}").status_code == 404
    form = {"title": "Stolen", "integration_id": str(integration_id)}
    assert client.post("/settings/widgets/new?type=shop", **form).status_code == 404


def test_no_page_asks_too_much(app: Flask, desk: Desk, client: Browser, stranger: Browser) -> None:
    for index in range(6):
        connect(desk, "http", f"Hook {index}", http={"url": "https://shop.example/", "method": "GET"})
    shop_key, chat_key = key_of(desk, "shop"), key_of(desk, "chat")
    made, number = newest(desk, Integration), desk.a_ticket().id
    hook = desk.session.scalars(select(Integration).where(Integration.type == "http")).first()
    assert hook is not None
    with desk.acting():
        template = {"title": "A", "widgets": [{"path": "customer.email"}]}
        card = widgets.create(desk.account, "custom", template, by=desk.by_admin).id
    order = order_at(stranger, shop_key)
    order_id = newest(desk, ShopOrder).id
    written(stranger, chat_key)
    pages = [
        (client, "/settings/integrations"), (client, "/settings/integrations/new?type=http"),
        (client, f"/settings/integrations/{made.id}"), (client, f"/settings/integrations/{hook.id}"),
        (client, f"/settings/integrations/{made.id}/delete"), (client, "/settings/widgets"),
        (client, "/settings/widgets/new?type=custom"), (client, f"/settings/widgets/{card}"),
        (client, f"/settings/widgets/{card}/delete"), (client, f"/orders/{order_id}/refund"),
        (stranger, f"/shop/{shop_key}"), (stranger, order), (stranger, f"/chat/{chat_key}"),
    ]  # fmt: skip
    for browser, path in pages:
        with statements(app) as sent:
            assert browser.get(path).status_code == 200
        assert len(sent) <= 12, (path, len(sent), sent)
    for browser, path in ((client, f"/tickets/{number}/widgets"), (stranger, f"/chat/{chat_key}/messages?after=0")):
        with statements(app) as sent:
            assert browser.fragment(path).status_code == 200
        assert len(sent) <= 12, (path, len(sent), sent)


def test_look_ups_touch_data_only() -> None:
    values = {"a": {"b": [1, {"c": "d"}]}, "n": None}
    assert lookups.look_up("a.b[1].c", values) == "d"
    assert lookups.look_up("a.b[-1].c", values) == "d"
    for path in ("a.__class__", "a.b.append", "a.b[9]", "n.x", "z", "a.b[1].c.d"):
        assert lookups.look_up(path, values) is None
    assert lookups.fill('{{z|fallback("there")}} {{a.b[0]}} {{ a.b[1].c | upper }}', values) == "there 1 D"
    assert lookups.fill("{{a.b.__len__()}} {{7*7}}", values) == "{{a.b.__len__()}} {{7*7}}"
