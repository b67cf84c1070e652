"""Two profiles that become one, and a profile that is deleted: what is shown before, and what the log says after."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from helpdesk import channels, customers, leaving, tickets
from helpdesk.channels import Address
from helpdesk.models import Customer, Job, Role, Ticket
from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser, hire, statements


@pytest.fixture
def eve(desk: Desk) -> int:
    """Eve, who is Carol under another address."""
    with desk.acting():
        eve = customers.create(
            desk.account,
            name="Eve Diaz",
            email="eve@mail.example",
            others=[Address("phone", "+353 1 999")],
            language="es",
            note="Writes at night.",
            by=desk.by_ana,
        )
        return eve.id


def give(desk: Desk, customer_id: int, number: int) -> list[int]:
    """Tickets of this customer."""
    made = [desk.a_ticket(f"Ticket {index}").id for index in range(number)]
    for each in made:
        with desk.acting():
            tickets.swap_customer(desk.ticket(each), desk.session.get_one(Customer, customer_id), by=desk.by_ana)
    return made


def test_who_it_could_be_is_found_while_one_types(desk: Desk, client: Browser, eve: int) -> None:
    found = client.fragment(f"/customers/{desk.carol_id}/merge?q=diaz").get_data(as_text=True)
    assert f"/customers/{desk.carol_id}/merge?other={eve}" in found
    assert "Carol" not in found, "nobody is merged with themselves"
    assert "<html" not in found
    assert b"Nobody else in this account" in client.get(f"/customers/{desk.carol_id}/merge?q=zz").data


def test_the_preview_says_what_will_happen(desk: Desk, client: Browser, eve: int) -> None:
    give(desk, eve, 2)
    desk.a_ticket()
    page = client.get(f"/customers/{desk.carol_id}/merge?other={eve}").get_data(as_text=True)
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert f"2 tickets of customer {eve} pass to customer {desk.carol_id}, who has 1 now." in text
    assert "eve@mail.example, +3531999 become theirs" in text
    assert "There is no undo" in text
    assert "Customer deleted" in text
    assert re.search(r'name="note" value="other" checked', page), "what one has is taken where the other has nothing"
    assert re.search(r'name="name" value="this" checked', page)
    assert 'name="timezone"' not in page, "where both have nothing there is nothing to choose"


def test_merging_takes_what_was_chosen_field_by_field(desk: Desk, client: Browser, eve: int) -> None:
    moved = give(desk, eve, 2)
    with desk.acting():
        customers.update(desk.carol, {"note": "Likes blue.", "language": "en"}, by=desk.by_ana)
    with desk.watched() as trail:
        response = client.post(
            f"/customers/{desk.carol_id}/merge", other=eve, name="other", email="other", language="this", note="both"
        )
    assert response.status_code == 303
    assert trail.actors == [
        *[("ticket-updated", "system"), ("ticket-customer-updated", "system")] * 2,
        ("customer-deleted", "user"),
        ("customer-merged", "user"),
    ]
    assert [name for _, name in trail.lines[-2:]] == ["Olive Owner"] * 2
    assert len(trail.contexts) == 1
    assert trail["customer-merged"].data == {"source_customer_id": eve}
    carol = desk.carol
    assert (carol.name, carol.email, carol.language) == ("Eve Diaz", "eve@mail.example", "en")
    assert carol.note == "Likes blue.\n\nWrites at night."
    assert {(each.address, each.preferred) for each in channels.live(carol)} == {
        ("carol@mail.example", False),
        ("eve@mail.example", True),
        ("+3531999", True),
    }
    assert {desk.session.get_one(Ticket, number).customer_id for number in moved} == {desk.carol_id}
    page = client.get(response.location).get_data(as_text=True)
    assert "Eve Diaz and Carol Diaz are one customer now" in page
    assert client.get(f"/customers/{eve}").status_code == 404


def test_nothing_chosen_is_nothing_taken_over(desk: Desk, client: Browser, eve: int) -> None:
    client.post(f"/customers/{desk.carol_id}/merge", other=eve, name="this", email="this", language="this", note="this")
    desk.session.rollback()
    assert (desk.carol.name, desk.carol.language, desk.carol.note) == ("Carol Diaz", None, None)


@pytest.mark.parametrize("other", ["", "0", "x", "9" * 40])
def test_a_merge_with_nobody_does_nothing(desk: Desk, client: Browser, other: str) -> None:
    with desk.watched() as trail:
        assert client.post(f"/customers/{desk.carol_id}/merge", other=other).status_code == 422
    assert trail.types == []


def test_a_customer_is_not_merged_with_themselves(desk: Desk, client: Browser) -> None:
    with desk.watched() as trail:
        assert client.post(f"/customers/{desk.carol_id}/merge", other=desk.carol_id).status_code in (404, 409)
        assert client.get(f"/customers/{desk.carol_id}/merge?other={desk.carol_id}").status_code == 404
    assert trail.types == []


def test_a_merge_that_somebody_overtook_is_not_made(
    desk: Desk, client: Browser, enter: Callable[[str], Browser], eve: int
) -> None:
    page = client.get(f"/customers/{desk.carol_id}/merge?other={eve}").get_data(as_text=True)
    seen = dict(re.findall(r'name="(seen|other_seen)" value="(\d+)"', page))
    enter("ben@demo.example").post(f"/customers/{eve}/edit", name="Eve Adams", email="eve@mail.example")
    with desk.watched() as trail:
        response = client.post(f"/customers/{desk.carol_id}/merge", other=eve, name="other", **seen)
    assert trail.types == []
    assert response.status_code == 409
    page = response.get_data(as_text=True)
    assert "Ben Okafor changed this customer just now" in page
    assert "Eve Adams" in page
    assert re.search(r'name="name" value="other" checked', page), "what was chosen survives"


def test_deleting_names_the_consequences_and_keeps_the_tickets(desk: Desk, client: Browser, eve: int) -> None:
    moved = give(desk, eve, 2)
    sheet = client.fragment(f"/customers/{eve}/delete").get_data(as_text=True)
    assert "2 tickets will pass to the profile “Deleted customer”" in sheet
    assert "2 addresses" in sheet
    assert "<html" not in sheet
    with desk.watched() as trail:
        response = client.post(f"/customers/{eve}/delete")
    assert response.status_code == 303
    assert trail.types[-1] == "customer-deleted"
    assert trail.lines[-1] == ("customer-deleted", "Olive Owner")
    assert trail.types.count("ticket-customer-updated") == 2
    assert len(trail.contexts) == 1
    heir = desk.session.get_one(Customer, desk.session.get_one(Ticket, moved[0]).customer_id)
    assert heir.stands_for_deleted
    assert b"Eve Diaz deleted" in client.get(response.location).data


def test_who_stands_for_the_deleted_stays(desk: Desk, client: Browser, eve: int) -> None:
    give(desk, eve, 1)
    client.post(f"/customers/{eve}/delete")
    desk.session.rollback()
    heir = desk.session.query(Customer).filter(Customer.stands_for_deleted).one().id
    page = client.get(f"/customers/{heir}").get_data(as_text=True)
    assert "pass to this profile" in page
    for verb in ("edit", "merge", "delete", "channels/add"):
        assert f"/customers/{heir}/{verb}" not in page
    form = {"name": "Nobody", "other": desk.carol_id, "type": "phone", "address": "12345"}
    with desk.watched() as trail:
        for verb in ("edit", "merge", "delete", "channels/add"):
            assert client.post(f"/customers/{heir}/{verb}", **form).status_code == 409, verb
    assert trail.types == []
    assert f"?other={heir}" not in client.get(f"/customers/{desk.carol_id}/merge?q=deleted").get_data(as_text=True)


def test_very_many_tickets_are_a_job(desk: Desk, client: Browser, eve: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "MANY", 1)
    give(desk, eve, 2)
    with desk.watched() as trail:
        response = client.post(f"/customers/{eve}/delete")
    assert trail.types == ["cascade-started"]
    assert response.status_code == 303
    assert desk.session.query(Job).one().status == "pending"
    assert b"This takes a while" in client.get(response.location).data


def test_only_leads_end_customers(desk: Desk, enter: Callable[[str], Browser], eve: int) -> None:
    basic, lead = enter(hire(desk, Role.BASIC)), enter(hire(desk, Role.LEAD))
    for verb in ("merge", "delete"):
        assert basic.get(f"/customers/{eve}/{verb}").status_code == 403
        with desk.watched() as trail:
            assert basic.post(f"/customers/{eve}/{verb}", other=desk.carol_id).status_code == 403
        assert trail.types == []
        assert lead.get(f"/customers/{eve}/{verb}").status_code == 200


def test_the_sheets_are_cheap(app: Flask, desk: Desk, client: Browser, eve: int) -> None:
    give(desk, eve, 3)
    for address in (f"/customers/{desk.carol_id}/merge?other={eve}", f"/customers/{eve}/delete"):
        with statements(app) as sent:
            assert client.get(address).status_code == 200
        assert len(sent) <= 12, sent
