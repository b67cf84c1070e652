"""The customers' list and profiles: found, shown, edited, with one event for each save."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from audit.ledger import record
from helpdesk import channels, customers, tickets
from helpdesk.events import CUSTOM_FIELD_CREATED, CUSTOMER_UPDATED
from helpdesk.models import Customer, CustomerFieldValue, CustomField, Role
from helpdesk.web import keyset
from tests.desks import Desk, open_desk
from tests.helpdesk.web.browsers import Browser, hire, statements

HOSTILE = "<script>alert(1)</script>{{7*7}} '); DROP TABLE customer;-- \u202egnp مرحبا 🎉"


def add(desk: Desk, name: str, email: str | None = None) -> int:
    """A customer."""
    with desk.acting():
        return customers.create(desk.account, name=name, email=email, by=desk.by_ana).id


def names(page: str) -> list[int]:
    """The customers of a list, by number."""
    return [int(number) for number in re.findall(r'class="person" href="/customers/(\d+)"', page)]


# ---- The list


def test_the_list_shows_who_there_is_and_how_many_tickets_they_have(desk: Desk, client: Browser) -> None:
    first = desk.a_ticket().id
    desk.a_ticket()
    with desk.acting():
        tickets.close(desk.ticket(first), by=desk.by_ana)
    page = client.get("/customers").get_data(as_text=True)
    row = re.search(r"<tr>(?:(?!</tr>).)*Carol Diaz.*?</tr>", page, re.DOTALL)
    assert row is not None
    assert re.findall(r"tickets\">(\d+)", row[0]) == ["1", "2"]
    assert "carol@mail.example" in row[0]


@pytest.mark.parametrize("sort", ["newest", "name"])
def test_scrolling_shows_every_customer_once(desk: Desk, client: Browser, sort: str) -> None:
    with desk.acting():
        for index in range(keyset.PAGE * 2 + 3):
            customers.create(desk.account, name=f"Twin {index % 3}", email=None, by=desk.by_ana)
    address, seen = f"/customers?sort={sort}", []
    while address:
        rows = client.fragment(address).get_data(as_text=True)
        seen += names(rows)
        more = re.search(r'hx-get="(/customers[^"]*after=[^"]+)"', rows)
        address = more[1].replace("&amp;", "&") if more else ""
    assert len(seen) == len(set(seen)) == keyset.PAGE * 2 + 5


def test_the_newest_come_first_or_the_names_in_order(desk: Desk, client: Browser) -> None:
    zoe = add(desk, "Zoë")
    desk.move_clock(timedelta(minutes=1))
    adam = add(desk, "émile")
    newest = names(client.get("/customers").get_data(as_text=True))
    assert newest[:2] == [adam, zoe]
    by_name = names(client.get("/customers?sort=name").get_data(as_text=True))
    assert by_name[0] == desk.carol_id


@pytest.mark.parametrize(
    "wanted",
    [
        "meyer",
        "MEYER emma",
        "emma meyer",
        "ÉMMA-ÅSA",
        "work.example",
        "+49 30 12 34",
        "(49) 30-1234",
        "ext-9",
        "#{}",
        "{}",
    ],
)
def test_customers_are_found_by_whatever_is_known_of_them(desk: Desk, client: Browser, wanted: str) -> None:
    with desk.acting():
        emma = customers.create(
            desk.account, name="Émma-Åsa Emma Meyer", email="em@mail.example", external_id="EXT-9", by=desk.by_ana
        )
        for kind, address in (("email", "e.meyer@work.example"), ("phone", "+49 30 1234")):
            channels.add(emma, kind, address, by=desk.by_ana)
        number = emma.id
    add(desk, "Somebody else", "else@mail.example")
    page = client.fragment(f"/customers?q={wanted.format(number).replace('+', '%2B').replace('#', '%23')}")
    assert names(page.get_data(as_text=True)) == [number]
    assert b"1 customer with" in page.data
    assert b"<html" not in page.data


@pytest.mark.parametrize("wanted", ["%", "_", "\\", "'", "x" * 10_000, "\x00", "9" * 40, HOSTILE])
def test_a_search_for_signs_finds_nobody_and_breaks_nothing(client: Browser, wanted: str) -> None:
    response = client.get("/customers", query_string={"q": wanted})
    assert response.status_code == 200
    assert b"<script>alert" not in response.data
    if wanted != "\x00":
        assert b"Nobody like that" in response.data


@pytest.mark.parametrize(
    "after", ["x", "e30", "WzEsMl0", "WyJhIiwgInIiXQ", "", "💥", "W1tdLDFd", "WzEwMDAwMDAwMDAwMDAwMDAwMDAwMCwxXQ"]
)
@pytest.mark.parametrize("sort", ["newest", "name"])
def test_a_cursor_that_nobody_gave_out_is_not_found(client: Browser, after: str, sort: str) -> None:
    response = client.get("/customers", query_string={"after": after, "sort": sort})
    assert response.status_code in ((404,) if after != "WzEsMl0" or sort == "name" else (200,))


def test_nobody_yet_teaches(desk: Desk, client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    from helpdesk.web import customer_list

    monkeypatch.setattr(customer_list, "page_of", lambda *_: customer_list.Listed([], None, 0))
    assert b"appears here by themselves" in client.get("/customers").data


# ---- The profile


def test_the_profile_shows_what_is_known(desk: Desk, client: Browser) -> None:
    desk.a_ticket("Where is my mug?")
    with desk.acting():
        profile = {"note": "Collects mugs.", "timezone": "Asia/Tokyo", "language": "ja"}
        customers.update(desk.carol, profile, by=desk.by_ana)
    page = client.get(f"/customers/{desk.carol_id}").get_data(as_text=True)
    for shown in ("Collects mugs.", "Asia/Tokyo", "18:00 there now", "Japanese", "Where is my mug?", "Main address"):
        assert shown in page
    assert re.search(r'data-event="customer-updated".*?Ana Lopez.*?data-event="customer-created"', page, re.DOTALL)
    event = re.search(r'href="(/settings/audit/events/\d+)"', page)
    assert event is not None
    assert b"customer-updated" in client.get(event[1]).data


def test_custom_fields_are_shown(desk: Desk, client: Browser) -> None:
    with desk.acting():
        carol = desk.carol
        for label, value in (("VIP", True), ("Size", 42)):
            field = CustomField(
                account_id=desk.account_id,
                object_type="Customer",
                label=label,
                definition={"data_type": "boolean"},
                created_datetime=desk.now(),
            )
            desk.session.add(field)
            record(CUSTOM_FIELD_CREATED, field, by=desk.by_admin)
            carol.field_values.append(
                CustomerFieldValue(account_id=desk.account_id, custom_field_id=field.id, value=value)
            )
        record(CUSTOMER_UPDATED, carol, by=desk.by_ana)
    page = client.get(f"/customers/{desk.carol_id}").get_data(as_text=True)
    assert "<dt>VIP</dt><dd>yes</dd>" in page
    assert "<dt>Size</dt><dd>42</dd>" in page


def test_a_long_history_goes_on(desk: Desk, client: Browser) -> None:
    made = {desk.a_ticket(f"Ticket {index}").id for index in range(45)}
    page = client.get(f"/customers/{desk.carol_id}").get_data(as_text=True)
    seen: list[str] = []
    while True:
        seen += re.findall(r'class="mini-row" href="/tickets/(\d+)"', page)
        more = re.search(r'hx-get="(/customers/\d+/tickets[^"]+)"', page)
        if more is None:
            break
        page = client.fragment(more[1].replace("&amp;", "&")).get_data(as_text=True)
    assert {int(number) for number in seen} == made
    assert len(seen) == 45
    assert "45 in all" in client.get(f"/customers/{desk.carol_id}").get_data(as_text=True)


def test_without_scripts_the_history_goes_on_a_page_of_its_own(desk: Desk, client: Browser) -> None:
    for _ in range(21):
        desk.a_ticket()
    page = client.get(f"/customers/{desk.carol_id}").get_data(as_text=True)
    more = re.search(r'<a href="(/customers/\d+/tickets[^"]+)"', page)
    assert more is not None
    assert b"Older tickets of Carol Diaz" in client.get(more[1].replace("&amp;", "&")).data
    assert client.get(f"/customers/{desk.carol_id}/tickets").location.endswith("#tickets")


def test_pages_cost_no_more_with_more_to_show(app: Flask, desk: Desk, client: Browser) -> None:
    for index in range(25):
        desk.a_ticket(f"Ticket {index}")
        add(desk, f"Customer {index}")
        with desk.acting():
            channels.add(desk.carol, "phone", f"+4930{index:04}", by=desk.by_ana)
    for address in ("/customers", "/customers?q=carol&sort=name", f"/customers/{desk.carol_id}", "/customers/new"):
        with statements(app) as sent:
            assert client.get(address).status_code == 200
        assert len(sent) <= 12, (address, sent)


def test_a_ticket_leads_to_its_customer_and_the_log_too(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket().id
    assert f'href="/customers/{desk.carol_id}"' in client.get(f"/tickets/{number}").get_data(as_text=True)
    log = client.get("/settings/audit?event=customer-created").get_data(as_text=True)
    assert f'href="/customers/{desk.carol_id}"' in log


# ---- New, edited


def test_a_customer_is_created_by_hand(desk: Desk, client: Browser) -> None:
    form = {"name": "Eve Adams", "email": "Eve@mail.example", "phone": "+353 1 999", "language": "ga", "note": "Called"}
    with desk.watched() as trail:
        response = client.post("/customers/new", **form)
    assert trail.lines == [("customer-created", "Olive Owner")]
    assert response.status_code == 303
    page = client.get(response.location).get_data(as_text=True)
    for shown in ("Customer created", "1 event", "eve@mail.example", "+3531999", "Irish", "Called"):
        assert shown in page


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({}, 422, "at least a name, an e-mail address or a phone number"),
        ({"name": "Eve", "email": "CAROL@mail.example"}, 409, "There is a customer with the address"),
        ({"name": "Eve", "email": "x"}, 409, "x is no e-mail address. Nobody was added."),
        ({"name": "Eve", "timezone": "Mars"}, 409, "is no time zone"),
        ({"name": "x" * 10_000}, 422, "at most 500 characters"),
        ({"name": "Eve", "note": "x" * 10_001}, 422, "at most 10,000 characters"),
    ],
)
def test_what_is_refused_keeps_what_was_typed(
    desk: Desk, client: Browser, form: dict[str, str], status: int, said: str
) -> None:
    with desk.watched() as trail:
        response = client.post("/customers/new", **{**form, "external_id": "kept-as-typed"})
    assert trail.types == []
    assert response.status_code == status
    page = response.get_data(as_text=True)
    assert said in page
    assert "kept-as-typed" in page


def test_a_refused_address_leads_to_whose_it_is(desk: Desk, client: Browser) -> None:
    eve = add(desk, "Eve", "eve@mail.example")
    response = client.post(f"/customers/{desk.carol_id}/edit", name="Carol Diaz", email="eve@mail.example")
    page = response.get_data(as_text=True)
    assert response.status_code == 409
    assert "belongs to another customer, Eve. Merge the two instead." in page
    assert f'href="/customers/{desk.carol_id}/merge?other={eve}"' in page


def test_a_profile_is_edited_in_one_event(desk: Desk, client: Browser) -> None:
    form = {"name": "Carol Meyer", "email": "carol@new.example", "note": "Married.", "timezone": "Europe/Berlin"}
    with desk.watched() as trail:
        response = client.post(f"/customers/{desk.carol_id}/edit", **form)
    assert response.status_code == 303
    assert trail.lines == [("customer-updated", "Olive Owner")]
    page = client.get(response.location).get_data(as_text=True)
    assert "Customer saved" in page
    assert "carol@new.example" in page
    with desk.watched() as again:
        client.post(f"/customers/{desk.carol_id}/edit", **form)
    assert again.types == []
    assert b"no event was written" in client.get(f"/customers/{desk.carol_id}").data


def test_the_form_holds_what_there_is(desk: Desk, client: Browser) -> None:
    with desk.acting():
        customers.update(desk.carol, {"note": HOSTILE, "language": "zu"}, by=desk.by_ana)
    page = client.get(f"/customers/{desk.carol_id}/edit").get_data(as_text=True)
    assert 'value="Carol Diaz"' in page
    assert "&lt;script&gt;alert(1)" in page
    assert '<option value="zu" selected>' in page


def test_who_was_late_learns_who_was_first_and_may_save_again(
    desk: Desk, enter: Callable[[str], Browser], client: Browser
) -> None:
    address = f"/customers/{desk.carol_id}/edit"
    seen = re.search(r'name="seen" value="(\d+)"', client.get(address).get_data(as_text=True))
    assert seen is not None
    enter("ben@demo.example").post(address, name="Carol D.", email="carol@mail.example")
    with desk.watched() as trail:
        late = client.post(address, name="Carol Diaz-Meyer", email="carol@mail.example", seen=seen[1])
    assert trail.types == []
    assert late.status_code == 409
    page = late.get_data(as_text=True)
    assert "Ben Okafor changed this customer just now, so your change was not made." in page
    assert 'value="Carol Diaz-Meyer"' in page
    fresh = re.search(r'name="seen" value="(\d+)"', page)
    assert fresh is not None
    client.post(address, name="Carol Diaz-Meyer", email="carol@mail.example", seen=fresh[1])
    again = client.post(address, name="Carol once more", email="carol@mail.example", seen=fresh[1])
    assert again.status_code == 303, "one's own change in a second window is no reason"
    desk.session.rollback()
    assert desk.carol.name == "Carol once more"


# ---- Channels


def test_channels_are_added_preferred_and_removed(desk: Desk, client: Browser) -> None:
    base = f"/customers/{desk.carol_id}/channels"
    with desk.watched() as trail:
        assert client.post(f"{base}/add", type="email", address="carol@work.example").status_code == 303
        desk.session.rollback()
        work = next(each for each in desk.carol.channels if each.address == "carol@work.example").id
        assert client.post(f"{base}/prefer", channel=work).status_code == 303
        assert client.post(f"{base}/remove", channel=work).status_code == 303
    assert trail.lines == [("customer-updated", "Olive Owner")] * 3
    assert desk.carol.email == "carol@mail.example"
    with desk.watched() as trail:
        client.post(f"{base}/add", type="email", address=" CAROL@mail.example")
        client.post(f"{base}/remove", channel=work)
    assert trail.types == []


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"type": "email", "address": ""}, 422, "Write the address first."),
        ({"type": "fax", "address": "1"}, 422, "Choose what kind of address it is."),
        ({"type": "phone", "address": HOSTILE}, 409, "is no phone number"),
        ({"type": "email", "address": "welcome@demo.example"}, 409, "belongs to another customer, Your desk"),
    ],
)
def test_an_address_that_cant_be_is_kept_in_its_field(
    desk: Desk, client: Browser, form: dict[str, str], status: int, said: str
) -> None:
    with desk.watched() as trail:
        response = client.post(f"/customers/{desk.carol_id}/channels/add", **form)
    assert trail.types == []
    assert response.status_code == status
    page = response.get_data(as_text=True)
    assert said in page or status == 422
    assert "<script>alert" not in page


@pytest.mark.parametrize("channel", ["1", "999999", "9" * 40, "x", "-1", ""])
def test_somebody_elses_channel_is_not_touched(desk: Desk, client: Browser, channel: str) -> None:
    for verb in ("prefer", "remove"):
        with desk.watched() as trail:
            response = client.post(f"/customers/{desk.carol_id}/channels/{verb}", channel=channel)
        assert trail.types == []
        assert response.status_code == 409
        assert b"Choose one of this customer" in response.data


# ---- Who may, and where from


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        (Role.OBSERVER, set()),
        (Role.LITE, {"edit", "channels/add"}),
        (Role.BASIC, {"edit", "channels/add"}),
        (Role.LEAD, {"edit", "channels/add", "merge", "delete"}),
    ],
)
def test_only_what_a_role_may_do_is_shown(
    desk: Desk, enter: Callable[[str], Browser], role: Role, shown: set[str]
) -> None:
    browser = enter(hire(desk, role))
    page = browser.get(f"/customers/{desk.carol_id}").get_data(as_text=True)
    for verb in ("edit", "channels/add", "merge", "delete"):
        assert (f"/customers/{desk.carol_id}/{verb}" in page) is (verb in shown), verb
    for log in ('"/settings/audit"', "/settings/audit?"):  # that is not theirs; what each event means is everybody's
        assert log not in page
    assert ("/customers/new" in browser.get("/customers").get_data(as_text=True)) is (role is not Role.OBSERVER)
    forbidden = {"edit", "channels/add", "channels/remove", "channels/prefer"} if not shown else set()
    forbidden |= {"merge", "delete"} - shown
    for verb in forbidden:
        with desk.watched() as trail:
            assert browser.post(f"/customers/{desk.carol_id}/{verb}", name="X").status_code == 403
        assert trail.types == []


def test_customers_of_another_account_are_not_there(desk: Desk, client: Browser) -> None:
    other = open_desk(desk.session, "other")
    for path in ("", "/edit", "/merge", "/delete", "/tickets?after=WzEsMl0"):
        assert client.get(f"/customers/{other.carol_id}{path}").status_code == 404, path
    for path in ("/edit", "/delete", "/channels/remove"):
        assert client.post(f"/customers/{other.carol_id}{path}", name="X").status_code == 404, path
    assert client.post(f"/customers/{desk.carol_id}/merge", other=other.carol_id).status_code == 404
    assert other.session.get_one(Customer, other.carol_id).name == "Carol Diaz"
    assert b"Carol Diaz" in client.get("/customers?q=carol").data
    assert client.get("/customers?q=carol").get_data(as_text=True).count("Carol Diaz") == 1
    assert client.get("/customers/999999").status_code == 404
