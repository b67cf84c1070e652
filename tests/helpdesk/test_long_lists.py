"""The lists of customers and tags on both databases: the same rows in the same stretches, whatever is looked for."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from audit.action import enter
from helpdesk import channels, customers, tags
from helpdesk.web import customer_list, keyset, tag_list
from tests.desks import Desk

Fetch = Callable[[str | None], tuple[list[int], str | None]]


def everything(desk: Desk, fetch: Fetch) -> list[int]:
    """All rows of a list, stretch by stretch."""
    enter(desk.session, desk.account_id)
    found, after = fetch(None)
    while after is not None:
        more, after = fetch(after)
        found += more
    return found


@pytest.mark.parametrize("name", customer_list.ORDERS)
def test_customers_come_once_each_in_order(desk: Desk, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyset.ordered, "__defaults__", (2,))
    monkeypatch.setattr(keyset.stretch, "__defaults__", (2,))
    made = []
    for index, called in enumerate(("Zoë", "émile", "Émile", None, "adam", "émile")):
        desk.move_clock(timedelta(minutes=index % 2))
        with desk.acting():
            made.append(customers.create(desk.account, name=called, email=f"x{index}@twin.example", by=desk.by_ana).id)
    order = customer_list.ORDERS[name]

    def fetch(after: str | None) -> tuple[list[int], str | None]:
        page = customer_list.page_of(desk.session, desk.account_id, order, "twin.example", after)
        return [line.id for line in page.lines], page.next

    found = everything(desk, fetch)
    assert sorted(found) == sorted(made)
    if name == "newest":
        assert found == sorted(made, reverse=True)
    else:
        assert [number for number in found if number in (made[1], made[2], made[5])] == [made[1], made[2], made[5]]


@pytest.mark.parametrize("name", tag_list.ORDERS)
def test_tags_come_once_each_in_order(desk: Desk, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyset.ordered, "__defaults__", (2,))
    monkeypatch.setattr(keyset.stretch, "__defaults__", (2,))
    made = {}
    for index, called in enumerate(("b", "B ", "a", "c", "ä")):
        with desk.acting():
            made[called] = tags.create(desk.account, f"{called}{index}", by=desk.by_admin).id
    ticket = desk.a_ticket().id
    with desk.acting():
        tags.put_on(desk.ticket(ticket), ["a2"], by=desk.by_ana)

    def fetch(after: str | None) -> tuple[list[int], str | None]:
        page = tag_list.page_of(desk.session, desk.account_id, tag_list.ORDERS[name], "", after)
        return [line.id for line in page.lines], page.next

    found = everything(desk, fetch)
    assert sorted(found) == sorted(made.values())
    if name == "usage":
        assert found[0] == made["a"]
    if name == "name":
        assert found.index(made["a"]) < found.index(made["b"]) < found.index(made["c"])


@pytest.mark.parametrize("wanted", ["ÉMILE", "meyer émile", "+353 (1) 99", "WORK.example", "%", "\\", "_", "'", "\x00"])
def test_words_are_found_whatever_their_capitals_and_signs_stand_for_themselves(desk: Desk, wanted: str) -> None:
    with desk.acting():
        emile = customers.create(desk.account, name="Émile Meyer", email="em@mail.example", by=desk.by_ana)
        channels.add(emile, "email", "em@work.example", by=desk.by_ana)
        channels.add(emile, "phone", "+353 1 999", by=desk.by_ana)
        number = emile.id
    enter(desk.session, desk.account_id)
    order = customer_list.ORDERS["name"]
    found = [line.id for line in customer_list.page_of(desk.session, desk.account_id, order, wanted, None).lines]
    if wanted == "\x00":
        assert number in found, "nothing that can be read was looked for"
    else:
        assert found == ([number] if len(wanted) > 1 else [])
