"""The tags' pages: found, made, saved in one event, merged and deleted with what follows told before."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from helpdesk import leaving, macros, tags
from helpdesk.models import Role, Tag
from helpdesk.web import keyset
from tests.desks import Desk, open_desk
from tests.helpdesk.web.browsers import Browser, hire, statements

HOSTILE = "<script>alert(1)</script>{{7*7}} '); DROP TABLE tag;-- \u202egnp مرحبا 🎉"


def make(desk: Desk, name: str, tickets: int = 0, **more: str) -> int:
    """A tag on so many tickets."""
    with desk.acting():
        number = tags.create(desk.account, name, by=desk.by_admin, **more).id
    for _ in range(tickets):
        ticket = desk.a_ticket().id
        with desk.acting():
            tags.put_on(desk.ticket(ticket), [name], by=desk.by_ana)
    return number


def listed(page: str) -> list[int]:
    """The tags of a list, by number."""
    return [int(number) for number in re.findall(r'class="chip chip-tag" href="/settings/tags/(\d+)"', page)]


# ---- The list


def test_tags_are_sorted_by_name_usage_or_age(desk: Desk, client: Browser) -> None:
    vip = make(desk, "VIP", 1)
    desk.move_clock(timedelta(minutes=1))
    angry, refund = make(desk, "angry"), make(desk, "refund", 2)
    for sort, order in (
        ("name", [angry, refund, vip]),
        ("usage", [refund, vip, angry]),
        ("newest", [refund, angry, vip]),
        ("nonsense", [angry, refund, vip]),
    ):
        assert listed(client.get(f"/settings/tags?sort={sort}").get_data(as_text=True)) == order, sort


def test_a_tag_shows_its_colour_description_and_use(desk: Desk, client: Browser) -> None:
    make(desk, "refund", 2, color="#C2410C", description="Money back")
    page = client.get("/settings/tags").get_data(as_text=True)
    assert 'fill="#C2410C"' in page
    assert "Money back" in page
    assert re.search(r'data-label="Tickets">\s*(<a[^>]*>)?2<', page)


@pytest.mark.parametrize("sort", ["name", "usage", "newest"])
def test_scrolling_shows_every_tag_once(desk: Desk, client: Browser, sort: str) -> None:
    with desk.acting():
        for index in range(keyset.PAGE * 2 + 3):
            tags.create(desk.account, f"tag {index}", by=desk.by_admin)
    address, seen = f"/settings/tags?sort={sort}", []
    while address:
        rows = client.fragment(address).get_data(as_text=True)
        seen += listed(rows)
        more = re.search(r'hx-get="(/settings/tags[^"]*after=[^"]+)"', rows)
        address = more[1].replace("&amp;", "&") if more else ""
    assert len(seen) == len(set(seen)) == keyset.PAGE * 2 + 3


@pytest.mark.parametrize(
    ("wanted", "found"), [("fund", 1), ("MONEY", 1), ("ünt", 1), ("ÜNT", 1), ("%", 0), (HOSTILE, 0)]
)
def test_tags_are_found_by_name_and_description(desk: Desk, client: Browser, wanted: str, found: int) -> None:
    make(desk, "refund", description="Money back")
    make(desk, "Bünting")
    response = client.get("/settings/tags", query_string={"q": wanted})
    assert len(listed(response.get_data(as_text=True))) == found
    assert b"<script>alert" not in response.data
    if not found:
        assert b"No tag like that" in response.data


def test_no_tags_teach(client: Browser) -> None:
    assert b"A tag says what a ticket is about" in client.get("/settings/tags").data


# ---- Made and saved


def test_a_tag_is_made(desk: Desk, client: Browser) -> None:
    form = {"name": "refund", "swatch": "own", "mixed": "#ABCDEF", "description": "Money back"}
    with desk.watched() as trail:
        response = client.post("/settings/tags/new", **form)
    assert trail.lines == [("tag-created", "Olive Owner")]
    page = client.get(response.location).get_data(as_text=True)
    assert "Tag created" in page
    assert 'fill="#ABCDEF"' in page


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"name": ""}, 422, "Write the tag's name."),
        ({"name": "x" * 257}, 422, "at most 256 characters"),
        ({"name": "new", "description": "x" * 1025}, 422, "at most 1,024 characters"),
        ({"name": "vip"}, 409, "There is a tag &#39;vip&#39; already. No tag was made."),
        ({"name": "new", "swatch": '"><script>alert(1)</script>'}, 409, "is no colour"),
        ({"name": "new", "swatch": "own", "mixed": "url(//evil.example)"}, 409, "is no colour"),
    ],
)
def test_what_is_refused_keeps_what_was_typed(
    desk: Desk, client: Browser, form: dict[str, str], status: int, said: str
) -> None:
    number = make(desk, "vip")
    other = make(desk, "other")
    assert number != other
    for address in ("/settings/tags/new", f"/settings/tags/{other}"):
        with desk.watched() as trail:
            response = client.post(address, **{"description": "as typed", **form})
        assert trail.types == []
        assert response.status_code == status
        page = response.get_data(as_text=True).replace("Merge the two instead.", "No tag was made.")
        assert said.replace("&#39;", "'") in page.replace("&#39;", "'").replace(" No tag was made.", "") or said in page
        assert "as typed" in page or "description" in form
        assert "<script>alert" not in page


def test_a_save_renames_recolours_and_describes_at_once(desk: Desk, client: Browser) -> None:
    number = make(desk, "refund", 1)
    form = {"name": "money back", "swatch": "#0f766e", "description": HOSTILE}
    with desk.watched() as trail:
        response = client.post(f"/settings/tags/{number}", **form)
    assert trail.lines == [("tag-updated", "Olive Owner"), ("tag-renamed", "Olive Owner")]
    page = client.get(response.location).get_data(as_text=True)
    assert "2 events" in page
    assert "refund” → “money back”" in page
    assert 'value="#0f766e" checked' in page
    assert "&lt;script&gt;alert(1)" in page
    with desk.watched() as again:
        client.post(f"/settings/tags/{number}", **form)
    assert again.types == []


def test_a_colour_of_ones_own_is_kept_in_the_form(desk: Desk, client: Browser) -> None:
    number = make(desk, "refund", color="#123456")
    page = client.get(f"/settings/tags/{number}").get_data(as_text=True)
    assert re.search(r'value="own" checked', page)
    assert 'name="mixed" value="#123456"' in page


def test_who_was_late_learns_who_was_first(desk: Desk, client: Browser, enter: Callable[[str], Browser]) -> None:
    number = make(desk, "refund")
    seen = re.search(r'name="seen" value="(\d+)"', client.get(f"/settings/tags/{number}").get_data(as_text=True))
    assert seen is not None
    enter("admin@demo.example").post(f"/settings/tags/{number}", name="refunds")
    with desk.watched() as trail:
        late = client.post(f"/settings/tags/{number}", name="money back", seen=seen[1])
    assert trail.types == []
    assert late.status_code == 409
    assert b"Ada Admin changed this tag just now" in late.data
    assert b'value="money back"' in late.data


# ---- Merged and deleted


def test_merging_shows_the_numbers_and_does_it(desk: Desk, client: Browser) -> None:
    into, back, again = make(desk, "refund", 1), make(desk, "money back", 2), make(desk, "moneyback")
    both = desk.a_ticket().id
    with desk.acting():
        tags.put_on(desk.ticket(both), ["refund", "money back"], by=desk.by_ana)
    found = client.fragment(f"/settings/tags/{into}/merge?q=money").get_data(as_text=True)
    assert f"/settings/tags/{into}/merge?source={back}" in found
    assert "<html" not in found
    page = client.get(f"/settings/tags/{into}/merge?source={back}&source={again}&source={into}&source=x")
    assert "“refund” is on 2 tickets now, and will be on 4." in page.get_data(as_text=True)
    assert b"Merge 2 tags" in page.data
    with desk.watched() as trail:
        response = client.post(f"/settings/tags/{into}/merge", source=[back, again])
    assert [line for line in trail.lines if line[1]] == [("tag-merged", "Olive Owner")] * 2
    assert [event.object_id for event in trail.events if event.type == "tag-merged"] == [back, again]
    assert trail.types.count("ticket-tags-removed") == 3
    assert trail.types.count("ticket-tags-added") == 2, "one had both"
    assert len(trail.contexts) == 1
    shown = client.get(response.location).get_data(as_text=True)
    assert "money back, moneyback are part of refund now" in shown
    assert "on 4 tickets" in shown
    assert client.get(f"/settings/tags/{back}").status_code == 404


@pytest.mark.parametrize("sources", [[], ["x"], ["0"], ["9" * 40], ["itself"]])
def test_a_merge_of_nothing_does_nothing(desk: Desk, client: Browser, sources: list[str]) -> None:
    number = make(desk, "refund")
    with desk.watched() as trail:
        response = client.post(
            f"/settings/tags/{number}/merge", source=[each.replace("itself", str(number)) for each in sources]
        )
    assert trail.types == []
    assert response.status_code == 422
    assert b"Choose at least one tag" in response.data
    assert client.post(f"/settings/tags/{number}/merge", source="424242").status_code == 404


def test_deleting_names_the_consequences(desk: Desk, client: Browser) -> None:
    number = make(desk, "refund", 2)
    sheet = client.fragment(f"/settings/tags/{number}/delete").get_data(as_text=True)
    assert "2 tickets will lose it." in sheet
    with desk.watched() as trail:
        response = client.post(f"/settings/tags/{number}/delete")
    assert trail.types.count("ticket-tags-removed") == 2
    assert trail.lines[-1] == ("tag-deleted", "Olive Owner")
    assert len(trail.contexts) == 1
    assert b"Tag refund deleted" in client.get(response.location).data


def test_a_tag_that_a_macro_puts_on_stays(desk: Desk, client: Browser) -> None:
    number = make(desk, "refund")
    with desk.acting():
        actions = [{"name": "addTags", "title": "Tag it", "type": "user", "arguments": {"tags": "refund"}}]
        macros.create(desk.account, "Pay back", actions, by=desk.by_admin)
    sheet = client.fragment(f"/settings/tags/{number}/delete").get_data(as_text=True)
    assert "the macro &#39;Pay back&#39;" in sheet
    assert "button-danger" not in sheet
    with desk.watched() as trail:
        response = client.post(f"/settings/tags/{number}/delete")
    assert trail.types == []
    assert response.status_code == 409
    assert b"Pay back" in response.data
    assert b"<html" in response.data


def test_very_many_tickets_are_a_job(desk: Desk, client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "MANY", 1)
    number, into = make(desk, "refund", 2), make(desk, "money back")
    with desk.watched() as trail:
        response = client.post(f"/settings/tags/{into}/merge", source=number)
    assert trail.types == ["cascade-started"]
    assert b"This takes a while" in client.get(response.location).data


# ---- Who may, and where from


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.BASIC, Role.LEAD])
def test_only_leads_manage_tags(desk: Desk, enter: Callable[[str], Browser], role: Role) -> None:
    number = make(desk, "refund", description="Money back")
    browser, is_lead = enter(hire(desk, role)), role is Role.LEAD
    assert ("/settings/tags/new" in browser.get("/settings/tags").get_data(as_text=True)) is is_lead
    page = browser.get(f"/settings/tags/{number}").get_data(as_text=True)
    assert "Money back" in page
    for sign in ("<textarea", f"/settings/tags/{number}/merge", f"/settings/tags/{number}/delete"):
        assert (sign in page) is is_lead
    if is_lead:
        return
    for path in ("/settings/tags/new", f"/settings/tags/{number}/merge", f"/settings/tags/{number}/delete"):
        assert browser.get(path).status_code == 403
        with desk.watched() as trail:
            assert browser.post(path, name="X").status_code == 403
            assert browser.post(f"/settings/tags/{number}", name="X").status_code == 403
        assert trail.types == []


def test_tags_of_another_account_are_not_there(desk: Desk, client: Browser) -> None:
    other = open_desk(desk.session, "other")
    theirs, mine = make(other, "theirs"), make(desk, "mine")
    for path in ("", "/merge", "/delete"):
        assert client.get(f"/settings/tags/{theirs}{path}").status_code == 404
    for path in ("", "/delete"):
        assert client.post(f"/settings/tags/{theirs}{path}", name="X").status_code == 404
    assert client.post(f"/settings/tags/{mine}/merge", source=theirs).status_code == 404
    assert b"theirs" not in client.get(f"/settings/tags/{mine}/merge?source={theirs}").data
    assert b"theirs" not in client.get("/settings/tags").data
    with other.acting():
        assert other.session.get_one(Tag, theirs).name == "theirs"


def test_pages_are_cheap_and_the_log_leads_to_them(app: Flask, desk: Desk, client: Browser) -> None:
    number = make(desk, "refund", 3)
    for index in range(10):
        make(desk, f"tag {index}")
    for address in (
        "/settings/tags?sort=usage",
        f"/settings/tags/{number}",
        f"/settings/tags/{number}/merge?source={number + 1}&source={number + 2}&q=tag",
        f"/settings/tags/{number}/delete",
    ):
        with statements(app) as sent:
            assert client.get(address).status_code == 200
        assert len(sent) <= 12, (address, sent)
    assert f'href="/settings/tags/{number}"' in client.get("/settings/audit?event=tag-created").get_data(as_text=True)
