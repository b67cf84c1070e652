"""Integrations and widgets: what is written when they are made, changed, switched off, arranged and removed."""

from typing import Any

import pytest
from sqlalchemy import select

from audit.actors import Actor
from audit.log import event_table
from helpdesk import integrations, macros, rules, widgets
from helpdesk.models import Integration, RuleCursor, Widget
from helpdesk.refusals import Refused, Taken
from tests.desks import Desk

HOOK: dict[str, Any] = {"url": "https://shop.example/hook/{{ticket.id}}", "triggers": {"ticket-created": True}}
PARCEL: dict[str, Any] = {"url": "https://shop.example/parcels?mail={{ticket.customer.email}}", "method": "GET"}
LINES = {"title": "Parcel", "widgets": [{"title": "Where", "path": "parcel.place"}]}


def connect(desk: Desk, type_: str = "http", name: str = "Order system", **more: Any) -> int:
    """Ada connects something; answers its number."""
    if type_ == "http":
        more.setdefault("http", HOOK)
    with desk.acting():
        return integrations.create(desk.account, type_, name, by=desk.by_admin, **more).id


def held(desk: Desk, number: int) -> Integration:
    """An integration, as it is."""
    return desk.session.get_one(Integration, number, with_for_update=True)


def test_one_save_is_one_event_whatever_it_changes(desk: Desk) -> None:
    number = connect(desk)
    with desk.watched() as trail, desk.acting():
        changes = {
            "name": "Warehouse", "description": "Tells the warehouse.", "headers": {"X-Key": "sesame"},
            "hmac_secret": "open", "http": {**HOOK, "method": "PUT"},
        }  # fmt: skip
        integrations.update(held(desk, number), changes, by=desk.by_admin)
    assert trail.types == ["integration-updated"]


def test_secrets_never_enter_the_log(desk: Desk) -> None:
    number = connect(desk, headers={"X-Key": "sesame-of-birth"}, hmac_secret="secret-of-birth")
    with desk.acting():
        changes = {"headers": {"X-Key": "sesame-two"}, "hmac_secret": "secret-two"}
        integrations.update(held(desk, number), changes, by=desk.by_admin)
    written = str(desk.session.execute(select(event_table.c.changes, event_table.c.data)).all())
    assert "headers" in written
    assert not [word for word in ("sesame", "secret-of", "secret-two") if word in written]


def test_the_same_again_writes_nothing(desk: Desk) -> None:
    number = connect(desk, headers={"X-Key": "k"})
    with desk.watched() as trail:
        for changes in ({}, {"name": " Order  system "}, {"http": HOOK}, {"headers": {"X-Key": "k"}}):
            with desk.acting():
                integrations.update(held(desk, number), changes, by=desk.by_admin)
        with desk.acting():
            integrations.reactivate(held(desk, number), by=desk.by_admin)
    assert trail.types == []


def test_switching_off_and_on(desk: Desk) -> None:
    number = connect(desk)
    with desk.watched() as trail:
        for act in (integrations.deactivate, integrations.deactivate, integrations.reactivate):
            with desk.acting():
                act(held(desk, number), by=desk.by_admin)
    assert trail.types == [
        "integration-updated", "integration-deactivated", "integration-updated", "integration-reactivated",
    ]  # fmt: skip


def test_who_is_told_follows_the_log_from_now_on(desk: Desk) -> None:
    number, name = connect(desk), "webhooks:"

    def cursor() -> RuleCursor | None:
        desk.session.rollback()
        return desk.session.scalar(select(RuleCursor).where(RuleCursor.name == f"{name}{number}"))

    first = cursor()
    assert first is not None
    assert first.event_id <= desk.last_event_id()
    with desk.acting():
        integrations.deactivate(held(desk, number), by=desk.by_admin)
    assert cursor() is None
    desk.a_ticket()
    before = desk.last_event_id()
    with desk.acting():
        integrations.reactivate(held(desk, number), by=desk.by_admin)
    again = cursor()
    assert again is not None
    assert again.event_id == before
    with desk.acting():
        integrations.update(held(desk, number), {"http": {**HOOK, "triggers": {}}}, by=desk.by_admin)
    assert cursor() is None


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"name": "  "}, "needs a name"),
        ({"name": "x" * 10_000}, "at most 200"),
        ({"description": "x" * 10_000}, "at most 1000"),
        ({"http": {"url": ""}}, "needs an address"),
        ({"http": {"url": "ftp://x.example/"}}, "https://"),
        ({"http": {"url": "https://{{ticket.id}}.example/"}}, "can't stand in the scheme or the host"),
        ({"http": {**HOOK, "method": "TRACE"}}, "is no method"),
        ({"http": {**HOOK, "request_content_type": "text/xml"}}, "The body is"),
        ({"http": {**HOOK, "triggers": {"ticket-lost": True}}}, "The triggers are"),
        ({"http": {**HOOK, "form": {"a": "x" * 30_000}}}, "more than"),
        ({"http": {**HOOK, "form": {"a": "{{ 7*7 }}"}}}, "is no placeholder"),
        ({"http": {**HOOK, "form": {"a": [1]}, "request_content_type": integrations.FORM_BODY}}, "plain texts"),
        ({"headers": {"Host": "evil.example"}}, "set by the desk"),
        ({"headers": {"X-A": "1\r\nX-B: 2"}}, "one line"),
        ({"headers": {f"X-{n}": "1" for n in range(30)}}, "At most 20"),
        ({"hmac_secret": "x" * 2000}, "at most 1000"),
    ],
)
def test_what_is_refused_leaves_no_trace(desk: Desk, more: dict[str, Any], sentence: str) -> None:
    with desk.watched() as trail, pytest.raises(Refused, match=sentence):
        connect(desk, **{"name": "Hook", **more})
    assert trail.types == []
    assert desk.session.scalars(select(Integration)).all() == []


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "🎁 مرحبا", "'; DROP TABLE integration; --", "{{7*7}}"])
def test_odd_names_are_names(desk: Desk, name: str) -> None:
    number = connect(desk, "chat", name)
    assert held(desk, number).name == name


def test_there_is_no_other_type(desk: Desk) -> None:
    for type_ in ("email", "shopify", ""):
        with pytest.raises(Refused, match="no integrations of the type"):
            connect(desk, type_)


def test_a_public_page_has_an_address_that_nobody_guesses(desk: Desk) -> None:
    first, second = connect(desk, "shop", "One"), connect(desk, "shop", "Two")
    keys = [integrations.public_key(held(desk, number)) or "" for number in (first, second)]
    assert keys[0].split("-", 1)[1] != keys[1].split("-", 1)[1]
    assert all(len(key.split("-", 1)[1]) >= 20 for key in keys)
    found = integrations.by_public_key(desk.session, keys[0], "shop")
    assert found is not None
    assert found.id == first
    wrong = (f"{second}-{keys[0].split('-', 1)[1]}", keys[0][:-1], "", "1-", "x" * 500, f"{2**63}-{'a' * 22}")
    assert [integrations.by_public_key(desk.session, key, "shop") for key in wrong] == [None] * 6
    assert integrations.by_public_key(desk.session, keys[0], "chat") is None
    with desk.acting():
        integrations.deactivate(held(desk, first), by=desk.by_admin)
    assert integrations.by_public_key(desk.session, keys[0], "shop") is None


def test_what_is_in_use_can_t_be_deleted(desk: Desk) -> None:
    number = connect(desk, http=PARCEL)
    with desk.acting():
        widget = widgets.create(desk.account, "http", LINES, integration=held(desk, number), by=desk.by_admin).id
    with desk.watched() as trail, pytest.raises(Refused, match="the widget “Parcel”"), desk.acting():
        integrations.delete(held(desk, number), by=desk.by_admin)
    assert trail.types == []
    with desk.acting():
        widgets.delete(desk.session.get_one(Widget, widget), by=desk.by_admin)
    with desk.watched() as trail, desk.acting():
        integrations.delete(held(desk, number), by=desk.by_admin)
    assert trail.types == ["integration-deleted"]
    assert desk.session.scalars(select(RuleCursor)).all() == []


def test_a_macro_that_names_it_counts_as_use(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    number = connect(desk)
    monkeypatch.setattr(macros, "checked", lambda actions: actions)
    with desk.acting():
        actions = [{"name": "http", "title": "Tell", "type": "user", "arguments": {"integration_id": number}}]
        macros.create(desk.account, "Tell the warehouse", actions, by=desk.by_admin)
    assert integrations.used_by(held(desk, number)) == ["the macro “Tell the warehouse”"]


def test_a_rule_that_calls_it_counts_as_use_even_when_it_is_off(desk: Desk) -> None:
    number, other = connect(desk), connect(desk, http=PARCEL)
    with desk.acting():
        code = f"if (eq(ticket.subject, 'never')) {{ Action('httpRequest', {{integration_id: {number}}}) }}"
        shape = rules.Shape(name="Tell", code=code, event_types=("ticket-created",))
        rules.deactivate(rules.create(desk.account, shape, by=desk.by_admin), by=desk.by_admin)
    with desk.watched() as trail, pytest.raises(Taken, match="the rule “Tell”"), desk.acting():
        integrations.delete(held(desk, number), by=desk.by_admin)
    assert trail.types == []
    assert integrations.used_by(held(desk, other)) == []


# ---- Widgets


def cards(desk: Desk, *titles: str) -> list[int]:
    """Cards with these titles, in this order."""
    lines = [{"title": "Mail", "path": "customer.email"}]
    numbers = []
    for title in titles:
        with desk.acting():
            template = {"title": title, "widgets": lines}
            numbers.append(widgets.create(desk.account, "custom", template, by=desk.by_admin).id)
    return numbers


def test_each_card_that_moves_has_its_event(desk: Desk) -> None:
    a, b, c = cards(desk, "A", "B", "C")
    with desk.watched() as trail, desk.acting():
        widgets.arrange(desk.account, [b, a, c], by=desk.by_admin)
    assert [(event.type, event.object_id) for event in trail.events] == [("widget-updated", b), ("widget-updated", a)]
    with desk.watched() as trail, desk.acting():
        widgets.arrange(desk.account, [b, a, c], by=desk.by_admin)
    assert trail.types == []


@pytest.mark.parametrize("missing", [True, False])
def test_an_order_that_is_not_of_all_cards_is_refused(desk: Desk, missing: bool) -> None:
    a, b = cards(desk, "A", "B")
    numbers = [a] if missing else [a, b, 4711]
    with pytest.raises(Refused, match="meanwhile"), desk.acting():
        widgets.arrange(desk.account, numbers, by=desk.by_admin)


def test_a_card_is_changed_in_one_event(desk: Desk) -> None:
    (number,) = cards(desk, "About")
    template = {"title": "About her", "widgets": [{"title": "", "path": "customer.meta.orders[0].id"}]}
    with desk.watched() as trail, desk.acting():
        widgets.update(desk.session.get_one(Widget, number), template, is_on=False, by=desk.by_admin)
    assert trail.types == ["widget-updated"]
    with desk.watched() as trail, desk.acting():
        widgets.update(desk.session.get_one(Widget, number), template, is_on=False, by=desk.by_admin)
    assert trail.types == []


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ({"title": " ", "widgets": [{"path": "a"}]}, "needs a title"),
        ({"title": "x" * 10_000, "widgets": [{"path": "a"}]}, "at most 100"),
        ({"title": "A"}, "at least one line"),
        ({"title": "A", "widgets": [{"title": "B"}]}, "names no value"),
        ({"title": "A", "widgets": [{"path": "__import__('os')"}]}, "leads nowhere"),
        ({"title": "A", "widgets": [{"path": "a" * 300}]}, "leads nowhere"),
        ({"title": "A", "widgets": [{"path": "a"}] * 100}, "at most 100"),
        ({"title": "A", "widgets": "a"}, "are a list"),
    ],
)
def test_cards_that_show_nothing_are_refused(desk: Desk, template: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence), desk.acting():
        widgets.create(desk.account, "custom", template, by=desk.by_admin)


def test_a_card_takes_its_data_from_what_fits(desk: Desk) -> None:
    shop, parcel = connect(desk, "shop", "Webshop"), connect(desk, http=PARCEL)
    for type_, source, sentence in (
        ("http", shop, "is no http integration"),
        ("shop", parcel, "is no shop integration"),
        ("phone", None, "no widgets of the type"),
    ):
        integration = held(desk, source) if source else None
        with pytest.raises(Refused, match=sentence), desk.acting():
            widgets.create(desk.account, type_, LINES, integration=integration, by=desk.by_admin)


def test_only_people_arrange_cards(desk: Desk) -> None:
    from audit.ledger import WrongActor

    (number,) = cards(desk, "A")
    with pytest.raises(WrongActor), desk.acting():
        widgets.delete(desk.session.get_one(Widget, number), by=Actor.system("nobody"))
