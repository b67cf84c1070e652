"""The cards beside a ticket: shown, arranged, fetched from elsewhere, and previewed."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk import tags as tickets_tags
from helpdesk import widgets
from helpdesk.models import Integration, Widget
from helpdesk.web import cards
from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser
from tests.helpdesk.web.connected import connect, newest
from tests.listening import Ear, listening


@pytest.fixture
def ear() -> Iterator[Ear]:
    """The other system."""
    with listening() as ear:
        yield ear


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """Answers of another test are not shown in this one."""
    cards._kept.clear()


def test_a_card_shows_what_it_is_told_to(desk: Desk, client: Browser) -> None:
    form = {"title": "About", "line_title": ["Mail", "", ""], "line_path": ["customer.email", "customer.meta.x", ""]}
    with desk.watched() as trail:
        assert client.post("/settings/widgets/new?type=custom", **form).status_code == 303
    assert trail.types == ["widget-created"]
    number = desk.a_ticket().id
    card = client.fragment(f"/tickets/{number}/widgets").text
    assert "carol@mail.example" in card
    assert "<dd>–</dd>" in card
    made = newest(desk, Widget)
    with desk.watched() as trail:
        assert client.post(f"/settings/widgets/{made.id}", **form).status_code == 303
    assert trail.types == ["widget-updated"]  # is_on was not ticked
    assert "carol" not in client.fragment(f"/tickets/{number}/widgets").text


def test_parts_within_a_card_are_drawn_and_outlive_a_save(desk: Desk, client: Browser) -> None:
    within = {"type": "card", "title": "Who", "widgets": [{"type": "text", "title": "Mail", "path": "email"}]}
    tags = {"type": "list", "path": "ticket.tags", "widgets": [{"type": "text", "title": "Tag", "path": "name"}]}
    template = {"type": "wrapper", "widgets": [{"path": "customer", **within}, tags]}
    number = desk.a_ticket().id
    with desk.acting():
        card = widgets.create(desk.account, "standalone", template, by=desk.by_admin).id
        tickets_tags.put_on(desk.ticket(number), ["late", "vip"], by=desk.by_ana)
    drawn = client.fragment(f"/tickets/{number}/widgets").text
    assert "<h2>Who</h2>" in drawn
    assert [drawn.count(f"<dd>{value}</dd>") for value in ("carol@mail.example", "late", "vip")] == [1, 1, 1]
    form = {"title": "Who", "line_title": ["Mail", "Tag"], "line_path": ["customer.email", "ticket.tags.name"]}
    client.post(f"/settings/widgets/{card}", **form)
    assert newest(desk, Widget).template == template
    client.post(f"/settings/widgets/{card}", **{**form, "title": "Them"})
    assert newest(desk, Widget).template == {**template, "title": "Them"}
    client.post(f"/settings/widgets/{card}", **{**form, "line_title": ["M", "Tag"]})
    assert newest(desk, Widget).template["widgets"][0] == {"type": "text", "title": "M", "path": "customer.email"}


def test_cards_are_arranged_by_button_and_by_hand(desk: Desk, client: Browser) -> None:
    numbers = []
    for title in "ABC":
        with desk.acting():
            template = {"title": title, "widgets": [{"path": "customer.email"}]}
            numbers.append(widgets.create(desk.account, "custom", template, by=desk.by_admin).id)
    a, b, c = numbers
    with desk.watched() as trail:
        assert client.press(f"/settings/widgets/{a}/move", direction="down").status_code == 200
        assert client.press("/settings/widgets/arrange", widget=[c, b, a]).status_code == 200
    assert trail.types == ["widget-updated"] * (2 + 3)
    nothing = client.press(f"/settings/widgets/{c}/move", direction="up")
    assert "already" in nothing.text
    desk.session.rollback()
    order = [w.id for w in desk.session.scalars(select(Widget).order_by(Widget.order))]
    assert order == [c, b, a]
    assert client.press("/settings/widgets/arrange", widget=[c, b]).status_code == 409
    assert client.press("/settings/widgets/arrange", widget=["x", "9" * 30]).status_code == 409
    assert client.press(f"/settings/widgets/{a}/move", direction="sideways").status_code == 422


def test_a_card_asks_another_system_after_the_page_and_not_too_often(desk: Desk, client: Browser, ear: Ear) -> None:
    ear.body = b'{"parcel": {"place": "Depot <b>", "stops": [{"at": "Cork"}]}}'
    http = {"url": f"{ear.url}/p?mail={{{{ticket.customer.email}}}}", "method": "GET"}
    source = connect(desk, "http", http=http, headers={"X-Key": "k"})
    lines = [{"title": "Where", "path": "parcel.place"}, {"title": "Stop", "path": "parcel.stops[0].at"}]
    with desk.acting():
        template = {"title": "Parcel", "widgets": lines}
        card = widgets.create(desk.account, "http", template, integration=source, by=desk.by_admin).id
    number = desk.a_ticket().id
    assert f"/tickets/{number}/widgets/{card}" in client.fragment(f"/tickets/{number}/widgets").text
    assert ear.asked == []
    for _ in range(2):
        shown = client.fragment(f"/tickets/{number}/widgets/{card}").text
        assert "Depot &lt;b&gt;" in shown
        assert "Cork" in shown
    (asked,) = ear.asked
    assert (asked.path, asked.headers["X-Key"]) == ("/p?mail=carol%40mail.example", "k")
    assert "k" not in asked.path


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"status": 503}, "It answered 503"),
        ({"body": b"<html>"}, "is no JSON"),
        ({"body": b"[" * 100_000}, "is no JSON"),
        ({"body": b'"' + b"x" * 300_000 + b'"'}, "longer than 256 kB"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_said_on_the_card(
    desk: Desk, client: Browser, ear: Ear, answer: dict[str, Any], sentence: str
) -> None:
    source = connect(desk, "http", http={"url": f"{ear.url}/", "method": "GET"})
    with desk.acting():
        template = {"title": "Parcel", "widgets": [{"path": "a"}]}
        card = widgets.create(desk.account, "http", template, integration=source, by=desk.by_admin).id
    for name, value in answer.items():
        setattr(ear, name, value)
    number = desk.a_ticket().id
    response = client.fragment(f"/tickets/{number}/widgets/{card}")
    assert response.status_code == 200
    assert sentence in response.text


def test_a_card_of_a_program_says_why_it_shows_nothing_and_calls_nobody(desk: Desk, client: Browser, ear: Ear) -> None:
    """A program may leave open whence its data comes, or name what changes something; a person is told at once."""
    number, hook = desk.a_ticket().id, connect(desk, "http", http={"url": ear.url, "method": "POST"}).id
    with desk.acting():
        lines = {"title": "Parcel", "widgets": [{"path": "parcel.place"}]}
        source = desk.session.get_one(Integration, hook)
        bare = widgets.create(desk.account, "http", lines, by=desk.by_admin).id
        posting = widgets.create(desk.account, "http", lines, integration=source, by=desk.by_admin).id
        widgets.create(desk.account, "shop", {"title": "All orders"}, by=desk.by_admin)
    assert "All orders" in client.fragment(f"/tickets/{number}/widgets").text
    assert "no integration to ask yet" in client.fragment(f"/tickets/{number}/widgets/{bare}").text
    assert "only fetches (GET)" in client.fragment(f"/tickets/{number}/widgets/{posting}").text
    form = {"title": "Parcel", "line_title": ["Place"], "line_path": ["parcel.place"]}
    for chosen, said in (("", "Choose the integration"), (str(hook), "only fetches (GET)")):
        refused = client.post("/settings/widgets/new?type=http", **form, integration_id=chosen)
        assert (refused.status_code, said in refused.text) == (409, True)
        client.press("/settings/widgets/preview?type=http", **form, integration_id=chosen)
    assert ear.asked == []


def test_a_preview_shows_what_is_typed(desk: Desk, client: Browser) -> None:
    desk.a_ticket()
    form = {"title": "Typed <i>", "line_title": ["M"], "line_path": ["customer.email"]}
    with desk.watched() as trail:
        shown = client.press("/settings/widgets/preview?type=custom", **form).text
    assert trail.types == []
    assert "Typed &lt;i&gt;" in shown
    assert "carol@mail.example" in shown
