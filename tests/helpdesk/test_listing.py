"""Lists in every order, read by keyset, with what is new for whom: the same on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import true

from audit.action import enter
from audit.clock import wall_now
from helpdesk import marks, messages, search, tags, tickets
from helpdesk.drafts import Draft
from helpdesk.web import listing, orders
from helpdesk.web.listing import Row
from helpdesk.web.orders import ORDERS
from tests.desks import Desk, open_desk


def rows(desk: Desk, order: str = "updated", user_id: int | None = None) -> dict[int, Row]:
    """All tickets in an order, page by page."""
    desk.session.rollback()
    enter(desk.session, desk.account_id)
    found: list[Row] = []
    after = None
    while True:
        page = listing.page_of(desk.session, user_id or desk.ana_id, true(), ORDERS[order], after=after)
        found += page.rows
        assert page.next is None or listing.is_cursor(ORDERS[order], page.next)
        if page.next is None:
            break
        after = page.next
    assert len({row.id for row in found}) == len(found)
    return {row.id: row for row in found}


def say(desk: Desk, number: int, words: str = "And another thing") -> None:
    """Carol writes once more."""
    with desk.acting("email"):
        messages.receive(desk.ticket(number), Draft(sender=desk.carol, body_text=words), by=desk.by_carol)


def answer(desk: Desk, number: int) -> None:
    """Ana answers."""
    with desk.acting():
        messages.reply(desk.ticket(number), Draft(sender=desk.ana, body_text="Yes"), by=desk.by_ana)


@pytest.fixture
def three(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Three tickets, a minute apart; pages are short, so that every order is read in several."""
    monkeypatch.setattr(listing, "PAGE", 2)
    made = []
    for name in ("first", "second", "third"):
        desk.move_clock(timedelta(minutes=1))
        made.append(desk.a_ticket(name).id)
    return made


def test_every_order_shows_every_ticket_once(desk: Desk, three: list[int]) -> None:
    with desk.acting():
        tickets.snooze(desk.ticket(three[1]), desk.now() + timedelta(days=1), by=desk.by_ana)
    with desk.acting():
        tickets.close(desk.ticket(three[2]), by=desk.by_ana)
    everything = set(rows(desk))
    assert everything >= set(three)
    for name in ORDERS:
        assert set(rows(desk, name)) == everything, name


def in_order(desk: Desk, order: str, wanted: list[int]) -> list[int]:
    """These tickets as an order has them."""
    return [number for number in rows(desk, order) if number in wanted]


def test_by_change_by_birth_and_by_message(desk: Desk, three: list[int]) -> None:
    first, second, third = three
    desk.move_clock(timedelta(minutes=1))
    with desk.acting():
        tickets.set_priority(desk.ticket(second), "low", by=desk.by_ana)
    desk.move_clock(timedelta(minutes=1))
    answer(desk, first)
    assert in_order(desk, "updated", three) == [first, second, third]
    assert in_order(desk, "updated-up", three) == [third, second, first]
    assert in_order(desk, "created", three) == [third, second, first]
    assert in_order(desk, "created-up", three) == [first, second, third]
    assert in_order(desk, "message", three) == [first, third, second]


def test_by_urgency(desk: Desk, three: list[int]) -> None:
    first, second, third = three
    for number, priority in ((first, "low"), (second, "critical"), (third, "high")):
        with desk.acting():
            tickets.set_priority(desk.ticket(number), priority, by=desk.by_ana)
    assert in_order(desk, "priority", three) == [second, third, first]


def test_who_waits_longest_comes_first_and_who_was_answered_last(desk: Desk, three: list[int]) -> None:
    first, second, third = three
    desk.move_clock(timedelta(minutes=1))
    answer(desk, first)
    assert in_order(desk, "waiting", three) == [second, third, first]
    assert [row.waits for row in rows(desk, "waiting").values() if row.id in three] == [True, True, False]
    desk.move_clock(timedelta(minutes=1))
    say(desk, first)
    assert in_order(desk, "waiting", three) == [second, third, first]


def test_who_wakes_soonest_comes_first_and_who_never_sleeps_last(desk: Desk, three: list[int]) -> None:
    first, second, third = three
    for number, days in ((first, 9), (third, 1)):
        with desk.acting():
            tickets.snooze(desk.ticket(number), desk.now() + timedelta(days=days), by=desk.by_ana)
    assert in_order(desk, "wakes", three) == [third, first, second]
    assert in_order(desk, "wakes-down", three) == [first, third, second]
    assert orders.order_of("snooze_datetime", "asc").name == "wakes"
    assert orders.order_of("no_such_column", "asc") is orders.USUAL


def test_the_number_that_was_asked_for_comes_first_in_any_order(desk: Desk, three: list[int]) -> None:
    enter(desk.session, desk.account_id)
    for name in ORDERS:
        asked = search.ask(str(three[1]))
        first = search.exact_first(desk.session, asked)
        page = listing.page_of(desk.session, desk.ana_id, true(), ORDERS[name], first=first)
        assert page.rows[0].id == three[1], name
        again = listing.page_of(desk.session, desk.ana_id, true(), ORDERS[name], first=first, after=page.next)
        assert three[1] not in {row.id for row in again.rows}


@pytest.mark.parametrize("written", ["", "x", "1", "1-2-3-4-5", "-1-2", "1-", "9" * 40 + "-1", "9" * 18 + "-1", "١-٢"])
def test_a_place_that_can_not_be_is_none(written: str) -> None:
    assert not listing.is_cursor(orders.USUAL, written)


def test_tags_come_with_their_colours_in_the_order_in_which_they_were_put_on(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.acting():
        tags.create(desk.account, "zebra", color="#112233", by=desk.by_ana)
        tags.put_on(desk.ticket(number), ["zebra", 'odd "quotes"', "ant"], by=desk.by_ana)
    assert rows(desk)[number].tags == [("zebra", "#112233"), ('odd "quotes"', None), ("ant", None)]
    bare = desk.a_ticket().id
    assert rows(desk)[bare].tags == []


def read(desk: Desk, number: int) -> None:
    """Ana opens it."""
    marks.note_read(desk.session, desk.account_id, desk.ana_id, number, desk.now())


@pytest.mark.parametrize("span", [timedelta(0), timedelta(minutes=5)], ids=["clock stands", "clock runs"])
def test_a_ticket_is_unread_until_it_is_opened_and_again_when_the_customer_writes(desk: Desk, span: timedelta) -> None:
    number = desk.a_ticket().id
    assert rows(desk)[number].unread
    read(desk, number)
    assert not rows(desk)[number].unread
    assert rows(desk, user_id=desk.ben_id)[number].unread
    desk.move_clock(span) if span else None
    say(desk, number)
    assert rows(desk)[number].unread
    read(desk, number)
    with desk.acting():
        tickets.set_priority(desk.ticket(number), "high", by=desk.by_ben)
    assert not rows(desk)[number].unread


def test_what_is_done_was_no_news_unless_somebody_says_so(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ben)
    assert not rows(desk)[number].unread
    marks.note_unread(desk.session, desk.account_id, desk.ana_id, [number])
    assert rows(desk)[number].unread
    read(desk, number)
    assert not rows(desk)[number].unread


def test_marks_are_nobody_s_history(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail:
        read(desk, number)
        marks.note_unread(desk.session, desk.account_id, desk.ana_id, [number])
        marks.note_look(desk.session, desk.account_id, desk.ana_id, number)
    assert trail.types == []


def test_who_looks_is_known_for_a_while(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    number, now = desk.a_ticket().id, wall_now()
    monkeypatch.setattr(marks, "wall_now", lambda: now)
    marks.note_look(desk.session, desk.account_id, desk.ben_id, number)
    assert rows(desk, user_id=desk.ben_id)[number].unread  # to look is not to read
    looking = marks.who_looks(desk.session, desk.account_id, number)
    assert {name for name, _ in looking.values()} == {"Ben Okafor"}
    monkeypatch.setattr(marks, "wall_now", lambda: now + timedelta(seconds=26))
    assert marks.who_looks(desk.session, desk.account_id, number) == {}


def test_another_account_s_ticket_gets_no_mark(desk: Desk) -> None:
    other = open_desk(desk.session, "other")
    theirs = other.a_ticket().id
    marks.note_read(desk.session, desk.account_id, desk.ana_id, theirs, desk.now())
    marks.note_unread(desk.session, desk.account_id, desk.ana_id, [theirs, 99999])
    assert marks.who_looks(desk.session, desk.account_id, theirs) == {}
    assert theirs not in rows(desk)


def test_rows_tell_whether_they_still_belong(desk: Desk) -> None:
    number, other = desk.a_ticket().id, desk.a_ticket().id
    with desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ana)
    enter(desk.session, desk.account_id)
    inbox = listing.VIEWS["inbox"].condition
    found = listing.rows_of(desk.session, desk.ana_id, [number, other, 99999], inbox)
    assert {row.id: row.belongs for row in found} == {number: False, other: True}
    assert set(listing.numbers_of(desk.session, inbox, 10)) >= {other}
    assert number not in listing.numbers_of(desk.session, inbox, 10)
