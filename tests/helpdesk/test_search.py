"""Search finds tickets by what was written, on both databases alike, one account at a time, and by the index."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from audit.action import enter
from helpdesk import customers, merging, messages, search, tickets
from helpdesk.drafts import Draft
from helpdesk.models import Ticket
from tests.desks import Desk, open_desk
from tests.outside import outside


def found(desk: Desk, written: str) -> set[int]:
    """The tickets that a search finds."""
    session = look(desk)
    return set(session.scalars(select(Ticket.id).where(search.condition(session, search.ask(written)))))


def look(desk: Desk) -> Session:
    """The session, as a page has it."""
    desk.session.rollback()
    enter(desk.session, desk.account_id)
    return desk.session


def say(desk: Desk, number: int, words: str) -> None:
    """Carol writes once more."""
    with desk.acting("email"):
        messages.receive(desk.ticket(number), Draft(sender=desk.carol, body_text=words), by=desk.by_carol)


@pytest.fixture
def mug(desk: Desk) -> int:
    """A ticket about a mug."""
    number = desk.a_ticket("Die Größe of the BLUE mug").id
    say(desk, number, "Naïve question: is mug-42 dishwasher safe? See https://shop.example/mugs/42")
    desk.a_ticket("Something else")
    return number


@pytest.mark.parametrize(
    "written",
    [
        "größe",
        "GROßE",
        "blue mug",
        "mug blue",
        "dishwasher",
        "dish",
        "naive",
        "NAÏVE quest",
        "mug-42",
        '"dishwasher safe"',
        "blue dishwasher",
        "shop.example",
        "mugs/4",
        "größe dish",
    ],
)
def test_words_are_found_wherever_they_stand(desk: Desk, mug: int, written: str) -> None:
    assert found(desk, written) == {mug}


@pytest.mark.parametrize("written", ["blue elephant", '"safe dishwasher"', "ug", "dis mug"])
def test_all_words_must_stand_and_only_the_last_may_go_on(desk: Desk, mug: int, written: str) -> None:
    assert found(desk, written) == set()


def test_customers_are_found_by_name_and_by_any_address(desk: Desk, mug: int) -> None:
    other = desk.a_ticket("From somebody else").id
    with desk.acting():
        customer = customers.create(desk.account, name="Zoë 100%", email="Zoe@Elsewhere.example", by=desk.by_ana)
        tickets.swap_customer(desk.ticket(other), customer, by=desk.by_ana)
    for written in ("zoë", "100%", "zoe@else", "ELSEWHERE", "Zoë somebody"):
        assert found(desk, written) == {other}, written
    assert mug in found(desk, "carol")
    assert found(desk, "10_%") == set()


def test_numbers_are_found_first_also_of_tickets_that_were_merged(desk: Desk, mug: int) -> None:
    gone, session = desk.a_ticket("Goes").id, look(desk)
    with desk.acting():
        source, into = desk.ticket(gone), desk.ticket(mug)
        merging.merge(source, into, subject="Mug", customer=desk.carol, assignee=None, by=desk.by_ana)
    talks = desk.a_ticket(f"About ticket {mug}").id
    assert found(desk, f"#{gone}") == {mug}
    session = look(desk)
    asked = search.ask(str(mug))
    first = search.exact_first(session, asked)
    ordered = session.scalars(
        select(Ticket.id).where(search.condition(session, asked)).order_by(first.desc(), Ticket.id.desc())
    ).all()
    assert ordered == [mug, talks]


HOSTILE = [
    "", " ", '"', '""', "'", "''; DROP TABLE ticket", "* OR *", "NEAR(a b)", "a AND (b OR", "col:x", "-x", "^x",
    "{a b}",
    "!!!", "&|!():*<->", "\\", "a\\'b:*", "🎉", "%", "_", "#", "#0", "#99999999999999999999", "9" * 400, "x" * 10_000,
    "a " * 5_000, "\u202egnp", "<script>alert(1)</script>", "{{ 7*7 }}", "NOT", "OR", "mug NOT", "ﬁ", "ß", "\u0301",
]  # fmt: skip


@pytest.mark.parametrize("written", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_is_written_is_no_error(desk: Desk, written: str) -> None:
    session = look(desk)
    asked = search.ask(written)
    numbers = list(session.scalars(select(Ticket.id).where(search.condition(session, asked))))
    search.passages(session, asked, numbers or [1])


def test_the_index_follows_what_happens_to_tickets(desk: Desk, mug: int) -> None:
    with desk.acting():
        tickets.set_subject(desk.ticket(mug), "A teapot, after all", by=desk.by_ana)
    assert found(desk, "größe") == set()
    assert found(desk, "teapot") == {mug}
    into = desk.a_ticket("Lives on").id
    with desk.acting():
        source = desk.ticket(mug)
        merging.merge(source, desk.ticket(into), subject="Both", customer=desk.carol, assignee=None, by=desk.by_ana)
    assert found(desk, "dishwasher") == {into}
    assert found(desk, "teapot") == set()
    with desk.acting("api"):
        tickets.erase(desk.ticket(into), by=desk.by_ana)
    assert found(desk, "dishwasher") == set()
    with outside(desk.session.get_bind().engine.url) as run:
        assert run("SELECT count(*) FROM ticket_words WHERE rowid = ?" if _is_sqlite(desk) else
                   "SELECT count(*) FROM ticket_words WHERE id = ?", into) == [(0,)]  # fmt: skip


def test_the_passage_is_the_newest_message_with_a_word(desk: Desk, mug: int) -> None:
    say(desk, mug, "The dishwasher broke it.")
    say(desk, mug, "Never mind.")
    session = look(desk)
    assert search.passages(session, search.ask("dishwasher"), [mug]) == {mug: "The dishwasher broke it."}


def test_a_long_message_is_indexed(desk: Desk) -> None:
    number = desk.a_ticket("Long").id
    say(desk, number, "word " * 30_000 + "needle " + "x" * 3_000)
    assert found(desk, "word") == {number}


def test_two_accounts_never_see_each_other(desk: Desk) -> None:
    other = open_desk(desk.session, "other")
    theirs = other.a_ticket("Secret plans").id
    say(other, theirs, "Nobody must read about the kiln")
    mine = desk.a_ticket("Secret santa").id
    assert found(desk, "secret") == {mine}
    assert found(other, "secret") == {theirs}
    assert found(desk, "kiln") == set()
    assert found(desk, f"#{theirs}") == set()
    assert search.passages(look(desk), search.ask("kiln"), [theirs]) == {}


def test_the_application_can_not_read_the_words_of_others(desk: Desk, engine: Engine) -> None:
    if _is_sqlite(desk):
        return
    desk.a_ticket("Anything")
    session = look(desk)
    for statement in ("SELECT * FROM ticket_words", "SELECT * FROM message_words", "DELETE FROM ticket_words"):
        with pytest.raises(Exception, match="permission denied"), session.begin_nested():
            session.connection().exec_driver_sql(statement)
    session.rollback()
    enter(session, None)
    assert session.execute(text("SELECT count(*) FROM found_in_ticket_words('anything')")).scalar() == 0


def test_the_index_is_used(desk: Desk) -> None:
    for index in range(30):
        desk.a_ticket(f"Ticket number {index}")
    url = desk.session.get_bind().engine.url
    with outside(url) as run:
        if _is_sqlite(desk):
            plan = run("EXPLAIN QUERY PLAN SELECT rowid FROM message_words WHERE message_words MATCH ?", '"arrived"')
            assert "VIRTUAL TABLE INDEX" in str(plan)
            return
        run("SELECT set_config('enable_seqscan', 'off', false)")
        for table in ("message_words", "ticket_words"):
            (body,) = run("SELECT prosrc FROM pg_proc WHERE proname = ?", f"found_in_{table}")[0]
            run(f"SELECT set_config('desk.account', '{desk.account_id}', false)")
            plan = run("EXPLAIN " + body.replace("asked", "'arrived'"))
            assert f"Bitmap Index Scan on ix_{table}" in str(plan)


def test_search_says_nothing_of_the_future(desk: Desk) -> None:
    """Words come and go with their row in one transaction: what is rolled back was never found."""

    def break_down() -> None:
        with desk.acting():
            tickets.create(desk.account, tickets.Opening(customer=desk.carol, subject="Ghost"), by=desk.by_ana)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_down()
    desk.move_clock(timedelta(minutes=1))
    assert found(desk, "ghost") == set()


def _is_sqlite(desk: Desk) -> bool:
    return desk.session.get_bind().dialect.name == "sqlite"
