"""Customers by API: their shapes, what each call writes, and what it refuses."""

from typing import Any

from helpdesk import custom_fields, integrations, shop
from helpdesk.models import Integration
from tests.desks import Desk
from tests.helpdesk.api.programs import Program
from tests.helpdesk.api.shapes import CHANNEL, CUSTOMER, CUSTOMER_ROW, FIELD, fits

TEXT: dict[str, Any] = {"data_type": "text", "input_settings": {"input_type": "input"}}


def a_field(desk: Desk) -> int:
    """A custom field of customers."""
    with desk.acting():
        return custom_fields.create(desk.account, "Customer", "Level", TEXT, by=desk.by_admin).id


def test_a_customer_is_added_and_shown(desk: Desk, api: Program) -> None:
    field = a_field(desk)
    body = {
        "name": "Maria Anna Rossi", "email": "Maria@mail.example", "external_id": "7", "meta": {"a": 1}, "note": "VIP",
        "channels": [{"type": "phone", "address": "+353 1 234 5678"}],
        "custom_fields": [{"id": field, "value": "Gold"}],
    }  # fmt: skip
    with desk.watched() as trail:
        maria = api.post("/customers", body)
    assert trail.types == ["customer-created"]
    assert trail.events[0].user_id == desk.owner_id
    assert fits(maria, CUSTOMER)
    assert fits(maria["channels"][0], CHANNEL)
    assert (maria["firstname"], maria["lastname"], maria["timezone"]) == ("Maria", "Rossi", "UTC")
    assert [(each["type"], each["address"]) for each in maria["channels"]] == [
        ("email", "maria@mail.example"), ("phone", "+35312345678"),
    ]  # fmt: skip
    assert api.get(f"/customers/{maria['id']}/") == maria
    filled = api.get(f"/customers/{maria['id']}?relationships=custom_fields")["custom_fields"]
    assert filled == {str(field): {"id": field, "value": "Gold"}}
    for query in (
        "email=MARIA@mail.example",
        "external_id=7",
        "channel_type=phone&channel_address=%2B35312345678",
        "limit=1",
    ):
        (row,) = api.get(f"/customers?{query}")["data"]
        assert row["id"] == maria["id"], query
        assert fits(row, CUSTOMER_ROW)
    bare = api.post("/customers", {"email": "only@mail.example"})
    assert (bare["name"], bare["firstname"], bare["lastname"]) == (None, "", "")


def test_an_address_is_preferred_where_the_program_says_so(api: Program) -> None:
    """Of those for mail one always is: it is the customer's own."""
    phones: list[dict[str, Any]] = [
        {"type": "phone", "address": "+35312345678", "preferred": False},
        {"type": "chat", "address": "c-1"},
    ]
    mail = {"type": "email", "address": "maria@mail.example", "preferred": False}
    maria = api.post("/customers", {"channels": [mail, *phones]})
    shown = {each["type"]: each["preferred"] for each in maria["channels"]}
    assert (maria["email"], shown) == ("maria@mail.example", {"email": True, "phone": False, "chat": False})
    path = f"/customers/{maria['id']}"
    for preferred in (True, False):
        phone = {**phones[0], "preferred": preferred}
        told = api.put(path, {"channels": [mail, phone]})["channels"]
        assert [each["preferred"] for each in told if each["type"] == "phone"] == [preferred]


def test_a_customer_comes_back_whole_with_other_addresses(api: Program) -> None:
    born: dict[str, Any] = {"name": "Maria Rossi", "channels": [{"type": "email", "address": "a@x.example"}]}
    shown = api.post("/customers", born)
    path = f"/customers/{shown['id']}"
    moved = api.put(path, {**shown, "email": "b@x.example"})
    assert [each["address"] for each in moved["channels"]] == ["a@x.example", "b@x.example"]
    kept = [each for each in moved["channels"] if each["address"] == "a@x.example"]
    rest = api.put(path, {**moved, "channels": kept})  # what follows from the addresses comes back as it was shown
    assert (rest["email"], len(rest["channels"])) == ("a@x.example", 1)
    assert api.put(path, {**rest, "channels": []})["email"] is None


def test_a_customer_is_edited_in_one_event_each(desk: Desk, api: Program) -> None:
    path, field = f"/customers/{desk.carol_id}", a_field(desk)
    changes: list[dict[str, Any]] = [
        {"note": "Kind", "language": "de", "timezone": "Europe/Berlin"},
        {"channels": [{"type": "email", "address": "c@mail.example"}, {"type": "phone", "address": "123456"}]},
        {"email": "carol@mail.example", "name": "Carol D"},
        {"lastname": "Diaz"},
        {"custom_fields": [{"id": field, "value": "Gold"}], "meta": {"b": None}},
    ]
    for change in changes:
        with desk.watched() as trail:
            shown = api.put(path, change)
            api.put(path, change)
        assert trail.types == ["customer-updated"], change
    assert fits(shown, CUSTOMER)
    assert (shown["name"], shown["email"], shown["language"]) == ("Carol Diaz", "carol@mail.example", "de")
    assert {each["address"] for each in shown["channels"]} == {"carol@mail.example", "c@mail.example", "123456"}
    with desk.watched() as trail:
        answer = api.call("PUT", f"{path}/data", {"data": {"points": 1}, "version": "2026-02-01T00:00:00Z"})
        assert (answer.status_code, answer.data) == (202, b"")
        api.call("PUT", f"{path}/data", {"data": {"points": 0}, "version": "2026-01-01T00:00:00Z"})
        (given,) = api.put(f"{path}/custom-fields", [{"id": field, "value": "Silver"}])["data"]
        assert fits(given["field"], FIELD)
        assert api.put(f"{path}/custom-fields/{field}", {"id": field, "value": "Tin"})["value"] == "Tin"
        api.delete(f"{path}/custom-fields/{field}")
    assert trail.types == ["customer-updated"] * 4
    assert api.get(path)["data"] == {"points": 1}
    assert api.get(f"{path}/custom-fields")["data"][0]["value"] is None


def test_what_a_shop_knows_is_shown_and_keeps_two_of_its_customers_apart(desk: Desk, api: Program) -> None:
    shops = [api_shop(desk, name) for name in ("Webshop", "Outlet")]
    other = api.post("/customers", {"email": "dora@mail.example"})
    order(desk, shops[0], "carol@mail.example")
    order(desk, shops[1], "dora@mail.example")
    carol = api.get(f"/customers/{desk.carol_id}")["integrations"]
    assert {key: value["__integration_type__"] for key, value in carol.items()} == {str(shops[0]): "shop"}
    (bought,) = carol[str(shops[0])]["orders"]
    assert (bought["amount_cents"], bought["status"], bought["cancelled_datetime"]) == (2400, "paid", None)
    assert list(bought["items"][0]) == ["name", "quantity", "price_cents"]
    ticket = api.get(f"/tickets/{desk.a_ticket().id}")
    assert ticket["customer"]["integrations"] == carol
    path = f"/customers/merge?source_id={other['id']}&target_id={desk.carol_id}"
    order(desk, shops[0], "dora@mail.example")
    with desk.watched() as trail:
        status, error = api.fail("PUT", path, {})
    assert (status, trail.types, "Webshop" in error["msg"]) == (409, [], True)
    third = api.post("/customers", {"email": "emil@mail.example"})
    order(desk, shops[1], "emil@mail.example")
    merged = api.put(f"/customers/merge?source_id={third['id']}&target_id={desk.carol_id}", {})
    assert merged["integrations"].keys() == {str(shop) for shop in shops}


def api_shop(desk: Desk, name: str) -> int:
    """A shop."""
    with desk.acting():
        return integrations.create(desk.account, "shop", name, by=desk.by_admin).id


def order(desk: Desk, number: int, email: str) -> None:
    """Somebody buys a mug there."""
    with desk.acting("webhook"):
        held = desk.session.get_one(Integration, number, with_for_update=True)
        shop.place(held, name=None, email=email, basket={"harbour-mug": 1})


def test_customers_are_merged_and_deleted(desk: Desk, api: Program) -> None:
    ticket = desk.a_ticket().id
    other = api.post("/customers", {"name": "Carla", "email": "carla@mail.example"})["id"]
    with desk.watched() as trail:
        left = api.put(f"/customers/merge?source_id={desk.carol_id}&target_id={other}", {"note": "One of two"})
    assert trail.types == ["ticket-updated", "ticket-customer-updated", "customer-deleted", "customer-merged"]
    assert trail["customer-deleted"].object_id == desk.carol_id
    assert (trail["customer-merged"].data, len(trail.contexts)) == ({"source_customer_id": desk.carol_id}, 1)
    assert fits(left, CUSTOMER)
    assert (left["name"], left["note"]) == ("Carla", "One of two")
    with desk.watched() as trail:
        api.delete(f"/customers/{other}")
    assert trail.types[-1] == "customer-deleted"
    assert api.get(f"/tickets/{ticket}")["customer"]["name"] == "Deleted customer"
    more = [api.post("/customers", {"name": name})["id"] for name in ("A", "B")]
    with desk.watched() as trail:
        api.delete("/customers", {"ids": more})
    assert trail.types == ["customer-deleted"] * 2


def test_a_number_of_another_system_is_that_of_one_customer(desk: Desk, api: Program) -> None:
    first = api.post("/customers", {"name": "Dora", "external_id": "7"})["id"]
    second = api.post("/customers", {"name": "Emil", "external_id": "8"})["id"]
    api.put(f"/customers/{first}", {"external_id": "7", "note": "Kind"})
    merge = f"/customers/merge?source_id={desk.carol_id}&target_id={second}"
    with desk.watched() as trail:
        for method, path in (("POST", "/customers"), ("PUT", f"/customers/{second}"), ("PUT", merge)):
            status, error = api.fail(method, path, {"external_id": "7"})
            assert (status, list(error["data"])) == (409, ["external_id"]), path
    assert trail.types == []
    merged = api.put(f"/customers/merge?source_id={first}&target_id={second}", {"external_id": "7", "lastname": "Ek"})
    assert (merged["external_id"], merged["name"]) == ("7", "Emil Ek")


def test_customers_that_cannot_be(desk: Desk, api: Program) -> None:
    with desk.watched() as trail:
        assert api.fail("POST", "/customers", {"email": "CAROL@mail.example"})[0] == 409
        for wrong in (
            {"email": "x"},
            {"timezone": "Mars"},
            {"name": 7},
            {"custom_fields": [{"id": 9}]},
            {"language": "xxxxxx"},
        ):
            assert api.fail("POST", "/customers", wrong)[0] == 400, wrong
        for query in ("source_id=1", "source_id=x&target_id=2", f"source_id={desk.carol_id}&target_id={desk.carol_id}"):
            assert api.fail("PUT", f"/customers/merge?{query}", {})[0] == 400, query
        assert api.fail("PUT", f"/customers/merge?source_id={desk.carol_id}&target_id=999", {})[0] == 404
        assert api.fail("PUT", f"/customers/{desk.carol_id}/data", {})[1]["data"].keys() == {"data"}
        assert api.fail("DELETE", "/customers", {"ids": []})[0] == 400
        assert api.fail("GET", "/customers?view_id=3")[0] == 400
    assert trail.types == []
