"""The inbox as pages: search, sorting, a ticket beside its list, many at once, undo, what is new, and who looks."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from audit.clock import wall_now
from helpdesk import marks, messages, tickets
from helpdesk.drafts import Draft
from helpdesk.models import Role
from tests.desks import Desk, open_desk
from tests.helpdesk.web.browsers import HTMX, Browser, hire, statements


def text(response: object) -> str:
    """What the page says."""
    return response.get_data(as_text=True)  # type: ignore[attr-defined]


def numbers(page: str) -> list[int]:
    """The tickets of a list, in order."""
    return [int(number) for number in re.findall(r'data-row="(\d+)"', page)]


def pulse_of(page: str) -> str:
    """Where a page asks for news."""
    found = re.search(r'hx-get="(/pulse[^"]+)"', page)
    assert found is not None
    return found[1].replace("&amp;", "&")


def say(desk: Desk, number: int, words: str) -> None:
    """Carol writes once more."""
    with desk.acting("email"):
        messages.receive(desk.ticket(number), Draft(sender=desk.carol, body_text=words), by=desk.by_carol)


# ---- Search


def test_a_search_marks_what_it_found_and_looks_everywhere(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket("The Größe of it").id
    say(desk, number, "I wonder about the dishwasher, <b>really</b>")
    with desk.acting():
        tickets.trash(desk.ticket(number), by=desk.by_ana)
    page = text(client.get("/tickets?q=grosse+DISH".replace("grosse", "größe")))
    assert numbers(page) == [number]
    assert "<mark>Größe</mark>" in page
    assert "<mark>dishwasher</mark>, &lt;b&gt;" in page
    assert numbers(text(client.get("/tickets?q=dish&view=inbox"))) == []
    assert numbers(text(client.get("/tickets?q=dish&view=trash"))) == [number]
    assert b"Search everywhere" in client.get("/tickets?q=dish&view=inbox").data
    assert f"/tickets/{number}?q=dish" in text(client.get("/tickets?q=dish"))


@pytest.mark.parametrize(
    "written",
    ['"', "<script>alert(1)</script>", "{{ 7*7 }}", "' OR 1=1 --", "x" * 5000, "🎉", "\u202e", "%00", "NEAR("],
)
def test_whatever_is_searched_for_is_text(client: Browser, written: str) -> None:
    response = client.get("/tickets", query_string={"q": written})
    assert response.status_code == 200
    assert b"<script>alert" not in response.data


def test_a_number_leads_the_results(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket("Asked by number").id
    talks = desk.a_ticket(f"About {number}").id
    assert numbers(text(client.get(f"/tickets?q=%23{number}")))[0] == number
    assert set(numbers(text(client.get(f"/tickets?q={number}")))) >= {number, talks}


def test_nobody_finds_another_account_s_tickets(desk: Desk, client: Browser) -> None:
    other = open_desk(desk.session, "other")
    theirs = other.a_ticket("Kiln secrets").id
    for query in ("kiln", f"#{theirs}", "carol"):
        assert "Kiln" not in text(client.get("/tickets", query_string={"q": query}))


# ---- A ticket beside its list


def test_a_ticket_opens_beside_its_list(desk: Desk, client: Browser) -> None:
    number, other = desk.a_ticket("This one").id, desk.a_ticket("Another").id
    page = text(client.get(f"/tickets/{number}?view=unassigned&sort=created-up"))
    assert "Oldest ticket first" in page
    assert {number, other} <= set(numbers(page))
    assert page.index('id="list-pane"') < page.index('id="ticket-page"')
    assert re.search(rf'href="/tickets/{number}\?[^"]*"[^>]*aria-current="true"', page)
    assert f"/tickets/{other}?view=unassigned&amp;sort=created-up" in page
    pane = text(client.fragment(f"/tickets/{number}?view=unassigned"))
    assert pane.lstrip().startswith("<article")
    assert f'hx-target="#row-{number}"' in pane


@pytest.mark.parametrize("address", ["?view=nonsense", "?sort=nonsense", "?view=inbox&sort=x", "?q=x&view=nonsense"])
def test_lists_that_are_none(desk: Desk, client: Browser, address: str) -> None:
    number = desk.a_ticket().id
    assert client.get(f"/tickets{address}").status_code == 404
    assert client.get(f"/tickets/{number}{address}").status_code == 404


def test_what_is_pressed_leads_back_to_the_same_list(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket().id
    referrer = f"http://localhost/tickets/{number}?view=all&sort=priority"
    response = client.client.post(f"/tickets/{number}/close", headers={"Referer": referrer})
    assert response.headers["Location"] == f"/tickets/{number}?view=all&sort=priority"
    away = client.client.post(f"/tickets/{number}/reopen", headers={"Referer": "http://localhost/tags?view=all"})
    assert away.headers["Location"] == f"/tickets/{number}"


def test_a_verb_draws_the_ticket_s_row_anew(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket().id
    here = {**HTMX, "HX-Current-URL": f"http://localhost/tickets/{number}?view=inbox"}
    answer = text(client.client.post(f"/tickets/{number}/close", headers=here))
    assert f'hx-target="#row-{number}"' in answer
    assert "Not in Inbox any more" in answer
    here["HX-Current-URL"] = f"http://localhost/tickets/{number}?view=all"
    assert "any more" not in text(client.client.post(f"/tickets/{number}/spam", headers=here))


# ---- Unread, and who looks


def test_opening_a_ticket_reads_it(desk: Desk, client: Browser, enter: Callable[[str], Browser]) -> None:
    number = desk.a_ticket().id
    assert "row-unread" in text(client.get("/tickets"))
    client.get(f"/tickets/{number}")
    row = re.search(rf'<li id="row-{number}" class="([^"]*)"', text(client.get("/tickets")))
    assert row is not None
    assert "row-unread" not in row[1]
    assert "row-unread" in text(enter("ben@demo.example").get("/tickets"))
    before = desk.last_event_id()
    answer = client.press(f"/tickets/{number}/unread")
    assert answer.headers["HX-Push-Url"] == "/tickets?view=inbox"
    assert "row-unread" in text(client.get("/tickets"))
    assert desk.last_event_id() == before


def test_everybody_may_mark_as_unread_and_nobody_elsewhere(desk: Desk, enter: Callable[[str], Browser]) -> None:
    other = open_desk(desk.session, "other")
    theirs, mine = other.a_ticket().id, desk.a_ticket().id
    observer = enter(hire(desk, Role.OBSERVER))
    assert observer.post(f"/tickets/{mine}/unread").status_code == 303
    assert observer.post(f"/tickets/{theirs}/unread").status_code == 404


def test_who_looks_is_told_and_forgotten(
    desk: Desk, client: Browser, enter: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = desk.a_ticket().id
    ben = enter("ben@demo.example")

    def watch(page: str) -> str:
        found = re.search(rf'hx-get="(/tickets/{number}/trail\?newest=[^"]*)"', page)
        assert found is not None
        return found[1].replace("&amp;", "&")

    address = watch(text(client.get(f"/tickets/{number}")))
    assert client.fragment(address).status_code == 204
    ben.get(f"/tickets/{number}")
    answer = text(client.fragment(address))
    assert "Ben Okafor is looking at this" in answer
    address = watch(answer)
    assert client.fragment(address).status_code == 204
    later = wall_now() + timedelta(seconds=30)
    monkeypatch.setattr(marks, "wall_now", lambda: later)
    assert "looking at this" not in text(client.fragment(address)).replace("data-", "")


# ---- News


def test_rows_are_drawn_anew_where_they_stand_and_new_ones_wait(desk: Desk, client: Browser) -> None:
    first, second = desk.a_ticket("Stays").id, desk.a_ticket("Goes").id
    address = pulse_of(text(client.get("/tickets?view=inbox")))
    with desk.acting():
        tickets.assign(desk.ticket(first), desk.ben, by=desk.by_ben)
    with desk.acting():
        tickets.close(desk.ticket(second), by=desk.by_ben)
    third = desk.a_ticket("Just came").id
    answer = text(client.fragment(address))
    assert f'hx-target="#row-{first}"' in answer
    assert "Ben Okafor" in answer
    assert "Not in Inbox any more" in answer
    waiting = re.search(r'data-waiting="([\d,]*)"', answer)
    assert waiting is not None
    assert set(waiting[1].split(",")) == {str(first), str(third)}  # the page shows the first one already
    again = pulse_of(answer)
    assert client.fragment(again).status_code == 204
    with desk.acting("api"):
        tickets.erase(desk.ticket(third), by=desk.by_ana)
    answer = text(client.fragment(again))
    assert f"Ticket {third} was deleted for good" in answer
    assert f'hx-target="#row-{first}"' not in answer  # told before


def test_the_pulse_asks_little_while_nothing_happens(app: Flask, desk: Desk, client: Browser) -> None:
    desk.a_ticket()
    address = pulse_of(text(client.get("/tickets")))
    with statements(app) as sent:
        assert client.fragment(address).status_code == 204
    assert len(sent) == 1, sent


@pytest.mark.parametrize("query", ["last=x&list=1&since=x", "list=1&since=1&last=1&view=nonsense", "list=1", "sort=x"])
def test_a_pulse_that_makes_no_sense_is_no_error(client: Browser, query: str) -> None:
    assert client.fragment(f"/pulse?{query}").status_code in (200, 204)


# ---- Many at once


def test_many_are_closed_with_one_press(desk: Desk, client: Browser) -> None:
    chosen = [desk.a_ticket().id for _ in range(3)]
    with desk.acting():
        tickets.close(desk.ticket(chosen[0]), by=desk.by_ana)
    with desk.watched() as trail:
        answer = text(client.press("/tickets/bulk", view="inbox", deed="close", ticket=chosen))
    assert trail.types == ["ticket-updated", "ticket-closed"] * 2
    assert len(trail.contexts) == 1
    assert "2 closed, 1 was closed already" in answer
    assert "Ticket closed</a> ×2" in answer
    assert "4 events" in answer
    assert all(f'hx-target="#row-{number}"' in answer for number in chosen)
    assert 'value="' + str(next(iter(trail.contexts))) + '">Undo</button>' in answer


@pytest.mark.parametrize(
    ("deed", "form", "event"),
    [
        ("snooze:tomorrow", {}, "ticket-snoozed"),
        ("snooze:own", {"until": "2026-06-01T09:00"}, "ticket-snoozed"),
        ("assign:{ben}", {}, "ticket-assigned"),
        ("assign-team:{team}", {}, "ticket-team-assigned"),
        ("tag", {"names": "refund, vip"}, "ticket-tags-added"),
        ("priority:high", {}, "ticket-updated"),
        ("spam", {}, "ticket-marked-spam"),
        ("trash", {}, "ticket-trashed"),
    ],
)
def test_what_can_be_done_with_many(desk: Desk, client: Browser, deed: str, form: dict[str, str], event: str) -> None:
    chosen = [desk.a_ticket().id for _ in range(2)]
    named = deed.format(ben=desk.ben_id, team=desk.team_id)
    with desk.watched() as trail:
        assert client.press("/tickets/bulk", view="inbox", deed=named, ticket=chosen, **form).status_code == 200
    assert trail.types.count(event) == 2
    assert {line.actor_name for line in trail.events} == {"Olive Owner"}
    assert len(trail.contexts) == 1


def test_all_of_a_view_are_meant_when_somebody_says_so(desk: Desk, client: Browser) -> None:
    for _ in range(4):
        desk.a_ticket()
    spam = desk.a_ticket().id
    with desk.acting():
        tickets.mark_spam(desk.ticket(spam), by=desk.by_ana)
    answer = client.press("/tickets/bulk", view="spam", deed="trash", all="yes")
    assert "1 moved to the trash" in text(answer)
    assert desk.ticket(spam).is_trashed


def test_very_many_are_a_job(desk: Desk, client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpdesk.bulk.AT_ONCE", 2)
    chosen = [desk.a_ticket().id for _ in range(3)]
    with desk.watched() as trail:
        answer = text(client.press("/tickets/bulk", view="inbox", deed="close", ticket=chosen))
    assert trail.types == []
    assert "This takes a while: 3 tickets" in answer
    job = re.search(r'href="(/jobs/\d+)"', answer)
    assert job is not None
    assert "3 tickets: close" in text(client.get(job[1]))


def test_deleting_many_asks_with_numbers_first(desk: Desk, client: Browser) -> None:
    chosen = [desk.a_ticket().id for _ in range(3)]
    with desk.acting():
        for number in chosen[:2]:
            tickets.trash(desk.ticket(number), by=desk.by_ana)
    asked = client.press("/tickets/bulk", view="all", deed="delete", ticket=chosen)
    assert asked.headers["HX-Retarget"] == "#dialog"
    assert "Delete 2 tickets for good?" in text(asked)
    assert "2 messages" in text(asked)
    assert "1 of those you selected is not in the trash" in text(asked)
    done = text(client.press("/tickets/bulk", view="all", deed="delete", ticket=chosen, sure="yes"))
    assert "2 deleted for good, 1 refused" in done
    assert "Only a ticket in the trash" in done
    assert "Undo" not in done
    assert "Delete 2 tickets" not in text(client.press("/tickets/bulk", view="all", deed="delete", ticket=chosen))


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"deed": "nonsense", "ticket": "1"}, 422),
        ({"deed": "undo", "ticket": "1"}, 422),
        ({}, 422),
        ({"deed": "close"}, 409),
        ({"deed": "close", "ticket": "x"}, 409),
        ({"deed": "close", "ticket": "9" * 30}, 409),
        ({"deed": "tag", "ticket": "1", "names": " , "}, 409),
        ({"deed": "snooze:never", "ticket": "1"}, 409),
        ({"deed": "assign:99999", "ticket": "1"}, 409),
        ({"deed": "assign:x", "ticket": "1"}, 409),
        ({"deed": "macro:1", "ticket": "1"}, 409),
        ({"deed": "close", "ticket": "1", "view": "nonsense"}, 404),
    ],
)
def test_a_bulk_that_makes_no_sense_changes_nothing(
    desk: Desk, client: Browser, form: dict[str, str], status: int
) -> None:
    desk.a_ticket()
    with desk.watched() as trail:
        assert client.press("/tickets/bulk", **{"view": "inbox", **form}).status_code == status
    assert trail.types == []


def test_who_may_not_sees_no_bar_and_changes_nothing(desk: Desk, enter: Callable[[str], Browser]) -> None:
    number = desk.a_ticket().id
    observer, lite = enter(hire(desk, Role.OBSERVER)), enter(hire(desk, Role.LITE))
    page = text(observer.get("/tickets"))
    assert "data-bulk" not in page
    assert "data-select" not in page
    with desk.watched() as trail:
        assert observer.post("/tickets/bulk", deed="close", ticket=number).status_code == 403
        assert observer.get("/tickets/bulk/assign").status_code == 403
        assert lite.post("/tickets/bulk", deed="delete", ticket=number, sure="yes").status_code == 403
    assert trail.types == []


def test_the_menus_offer_what_there_is(desk: Desk, client: Browser) -> None:
    assert "Ben Okafor" in text(client.fragment("/tickets/bulk/assign"))
    assert "Returns" in text(client.fragment("/tickets/bulk/assign"))
    assert "In 3 hours" in text(client.fragment("/tickets/bulk/snooze"))
    assert "bulk-tags" in text(client.fragment("/tickets/bulk/tags"))
    assert "Mark as unread" in text(client.fragment("/tickets/bulk/more"))
    assert client.get("/tickets/bulk/nonsense").status_code == 404


# ---- Undo


def undo_of(answer: str) -> str | None:
    """What an Undo button sends."""
    found = re.search(r'name="context" value="([^"]+)">Undo', answer)
    return found[1] if found else None


def test_undo_is_offered_and_does_what_it_says(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket().id
    context = undo_of(text(client.press(f"/tickets/{number}/close")))
    assert context is not None
    with desk.watched() as trail:
        answer = text(client.press("/tickets/undo", context=context))
    assert trail.lines == [("ticket-updated", "Olive Owner"), ("ticket-reopened", "Olive Owner")]
    assert "1 undone" in answer
    assert undo_of(answer) is None
    again = text(client.press("/tickets/undo", context=context))
    assert "1 refused" in again
    assert "has changed since" in again


def test_without_scripts_undo_stands_on_the_next_page(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket().id
    client.post(f"/tickets/{number}/trash")
    context = undo_of(text(client.get(f"/tickets/{number}")))
    assert context is not None
    assert client.post("/tickets/undo", context=context).status_code == 303
    assert not desk.ticket(number).is_trashed


def test_what_can_not_be_undone_offers_nothing(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket().id
    assert undo_of(text(client.press(f"/tickets/{number}/note", body_text="For us"))) is None
    assert undo_of(text(client.press(f"/tickets/{number}/reopen"))) is None  # nothing changed
    assert client.post("/tickets/undo", context="x").status_code == 404
    assert client.press("/tickets/undo", context="00000000-0000-4000-8000-000000000000").status_code == 409


def test_nobody_undoes_another_s_deed(desk: Desk, client: Browser, enter: Callable[[str], Browser]) -> None:
    number = desk.a_ticket().id
    context = undo_of(text(client.press(f"/tickets/{number}/close")))
    ben = enter("ben@demo.example")
    with desk.watched() as trail:
        assert ben.press("/tickets/undo", context=context).status_code == 409
    assert trail.types == []


# ---- Keys


def test_every_page_brings_the_sheet_of_keys(client: Browser) -> None:
    for address in ("/tickets", "/mail"):
        page = text(client.get(address))
        assert 'data-keys="g i"' in page
        assert 'id="search"' in page
