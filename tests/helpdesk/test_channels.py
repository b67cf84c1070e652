"""A customer's addresses: who has which, which is used first, and what the log says of it."""

import pytest

from helpdesk import channels, customers
from helpdesk.channels import Address
from helpdesk.models import Customer, CustomerChannel
from helpdesk.refusals import Refused
from tests.desks import Desk


def addresses(desk: Desk) -> list[tuple[str, str, bool]]:
    """Carol's, as kind, address and whether it is preferred."""
    return [(each.type, each.address, each.preferred) for each in channels.live(desk.carol)]


def channel(desk: Desk, address: str) -> CustomerChannel:
    """Carol's channel with this address."""
    (found,) = [each for each in desk.carol.channels if each.address == address]
    return found


def test_the_first_of_a_kind_is_preferred_and_the_second_is_not(desk: Desk) -> None:
    with desk.watched() as trail:
        for number in ("+353 (1) 234-5678", "00353.1.999"):
            with desk.acting():
                channels.add(desk.carol, "phone", number, by=desk.by_ana)
    assert trail.types == ["customer-updated"] * 2
    assert addresses(desk)[1:] == [("phone", "+35312345678", True), ("phone", "003531999", False)]


def test_preferring_an_address_makes_it_the_customers_own(desk: Desk) -> None:
    with desk.acting():
        channels.add(desk.carol, "email", "Carol@Work.example", by=desk.by_ana)
    with desk.watched() as trail, desk.acting():
        channels.prefer(channel(desk, "carol@work.example"), by=desk.by_ana)
    assert desk.carol.email == "carol@work.example"
    assert addresses(desk) == [("email", "carol@mail.example", False), ("email", "carol@work.example", True)]
    assert trail["customer-updated"].changes[f"Customer:{desk.carol_id}"]["email"] == [
        "carol@mail.example",
        "carol@work.example",
    ]
    with desk.watched() as again, desk.acting():
        channels.prefer(channel(desk, "carol@work.example"), by=desk.by_ana)
    assert again.types == []


def test_removing_the_main_address_lets_the_next_one_take_its_place(desk: Desk) -> None:
    with desk.acting():
        channels.add(desk.carol, "email", "carol@work.example", by=desk.by_ana)
    with desk.watched() as trail, desk.acting():
        channels.remove(channel(desk, "carol@mail.example"), by=desk.by_ana)
    assert trail.lines == [("customer-updated", "Ana Lopez")]
    assert desk.carol.email == "carol@work.example"
    assert addresses(desk) == [("email", "carol@work.example", True)]
    with desk.acting():
        channels.remove(channel(desk, "carol@work.example"), by=desk.by_ana)
    assert [desk.carol.email, addresses(desk)] == [None, []]
    assert customers.find(desk.account, "carol@work.example") is None


def test_an_address_that_was_removed_is_free_and_can_come_back(desk: Desk) -> None:
    with desk.acting():
        channels.remove(channel(desk, "carol@mail.example"), by=desk.by_ana)
    with desk.watched() as trail, desk.acting():
        channels.remove(channel(desk, "carol@mail.example"), by=desk.by_ana)
    assert trail.types == []
    with desk.acting(), pytest.raises(Refused, match="was removed"):
        channels.prefer(channel(desk, "carol@mail.example"), by=desk.by_ana)
    with desk.acting():
        channels.add(desk.carol, "email", "carol@mail.example", by=desk.by_ana)
    assert desk.carol.email == "carol@mail.example"
    assert len(desk.carol.channels) == 1
    with desk.acting():
        channels.remove(channel(desk, "carol@mail.example"), by=desk.by_ana)
    with desk.acting():
        other = customers.create(desk.account, name="Eve", email="carol@mail.example", by=desk.by_ana)
        assert other.id != desk.carol_id


def test_an_address_belongs_to_one_customer(desk: Desk) -> None:
    with desk.acting():
        number = customers.create(
            desk.account, name="Eve", email="eve@mail.example", others=[Address("phone", "+49 30 1234")], by=desk.by_ana
        ).id
    for kind, address in (("email", "EVE@mail.example"), ("phone", "+49301234")):
        with desk.watched() as trail, pytest.raises(Refused, match="belongs to another customer, Eve"), desk.acting():
            channels.add(desk.carol, kind, address, by=desk.by_ana)
        assert trail.types == []
    assert len(channels.live(desk.session.get_one(Customer, number))) == 2


def test_a_customer_is_born_with_all_addresses_in_one_event(desk: Desk) -> None:
    with desk.watched() as trail, desk.acting():
        customers.create(
            desk.account,
            name="Eve",
            email=None,
            others=[Address("phone", "12345"), Address("email", "eve@x.example")],
            by=desk.by_ana,
        )
    assert trail.lines == [("customer-created", "Ana Lopez")]
    assert customers.find(desk.account, "eve@x.example") is not None


@pytest.mark.parametrize(
    ("kind", "address", "sentence"),
    [
        ("email", "nobody", "nobody is no e-mail address"),
        ("email", "a@b.example\r\nBcc: c@d.example", "is no e-mail address"),
        ("email", "x" * 10_000 + "@mail.example", "is no e-mail address"),
        ("phone", "🎉", "is no phone number"),
        ("phone", "1" * 21, "is no phone number"),
        ("phone", "'); DROP TABLE customer;--", "is no phone number"),
        ("fax machine", "1234", "is no kind of address"),
        ("chat", "y" * 321, "has at most 320 characters"),
        ("chat", " \x00 ", "Write the address first"),
    ],
)
def test_what_is_no_address_is_refused_with_a_sentence(desk: Desk, kind: str, address: str, sentence: str) -> None:
    with desk.watched() as trail, pytest.raises(Refused, match=sentence), desk.acting():
        channels.add(desk.carol, kind, address, by=desk.by_ana)
    assert trail.types == []
