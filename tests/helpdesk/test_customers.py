"""A customer's profile: what may stand in it, and that a save is one event."""

from typing import Any

import pytest

from helpdesk import channels, customers
from helpdesk.refusals import Refused
from tests.desks import Desk


def test_a_save_is_one_event_however_much_it_changes(desk: Desk) -> None:
    profile = {
        "name": "  Carol\u202e   Diaz-Meyer ",
        "email": "Carol@New.example",
        "language": "es",
        "timezone": "Europe/Madrid",
        "external_id": "C-17",
        "note": "Line one\r\nLine two\x00",
    }
    with desk.watched() as trail, desk.acting():
        customers.update(desk.carol, profile, by=desk.by_ana)
    assert trail.lines == [("customer-updated", "Ana Lopez")]
    carol = desk.carol
    assert (carol.name, carol.firstname, carol.lastname) == ("Carol Diaz-Meyer", "Carol", "Diaz-Meyer")
    assert (carol.email, carol.note) == ("carol@new.example", "Line one\nLine two")
    assert [(each.address, each.preferred) for each in channels.live(carol)] == [
        ("carol@mail.example", False),
        ("carol@new.example", True),
    ]
    with desk.watched() as again, desk.acting():
        customers.update(desk.carol, profile, by=desk.by_ana)
    assert again.types == []


def test_an_address_of_ones_own_that_was_removed_comes_back_as_the_main_one(desk: Desk) -> None:
    with desk.acting():
        channels.remove(desk.carol.channels[0], by=desk.by_ana)
    with desk.acting():
        customers.update(desk.carol, {"email": "carol@mail.example"}, by=desk.by_ana)
    assert [(each.address, each.preferred) for each in channels.live(desk.carol)] == [("carol@mail.example", True)]


def test_no_main_address_leaves_the_channel(desk: Desk) -> None:
    with desk.acting():
        customers.update(desk.carol, {"email": ""}, by=desk.by_ana)
    assert desk.carol.email is None
    assert [(each.address, each.preferred) for each in channels.live(desk.carol)] == [("carol@mail.example", False)]
    found = customers.find(desk.account, "carol@mail.example")
    assert found is not None
    assert found.id == desk.carol_id


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"timezone": "Mars/Olympus"}, "is no time zone"),
        ({"language": "<script>"}, "is no language"),
        ({"note": "x" * 10_001}, "at most 10,000 characters"),
        ({"external_id": "x" * 256}, "at most 255 characters"),
        ({"email": "x"}, "is no e-mail address"),
        ({"shoe size": 42}, "has no shoe size to edit"),
    ],
)
def test_what_a_profile_cant_hold_is_refused(desk: Desk, changes: dict[str, Any], sentence: str) -> None:
    with desk.watched() as trail, pytest.raises(Refused, match=sentence), desk.acting():
        customers.update(desk.carol, changes, by=desk.by_ana)
    assert trail.types == []
    if changes.keys() <= {"timezone", "language", "note", "external_id"}:
        with pytest.raises(Refused, match=sentence), desk.acting():
            customers.create(desk.account, name="Eve", email=None, by=desk.by_ana, **changes)


def test_ten_thousand_characters_of_anything_fit_in_a_note(desk: Desk) -> None:
    note = ("<script>alert(1)</script> {{7*7}} '); DROP TABLE customer;-- مرحبا 🎉 " * 200)[:10_000].strip()
    with desk.acting():
        customers.update(desk.carol, {"note": note}, by=desk.by_ana)
    assert desk.carol.note == note


def test_who_stands_for_deleted_customers_is_nobodys_to_edit(desk: Desk) -> None:
    with desk.acting():
        eve = customers.create(desk.account, name="Eve", email=None, by=desk.by_ana, stands_for_deleted=True)
        number = eve.id
    assert number
    with pytest.raises(Refused, match="stands for all who were deleted"), desk.acting():
        customers.update(desk.session.get_one(type(desk.carol), number), {"name": "Adam"}, by=desk.by_ana)
