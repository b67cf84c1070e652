"""Merging by hand: the other ticket is found, what will happen is shown, and just that happens."""

import pytest

from audit.action import enter
from helpdesk import messages, tags, tickets
from helpdesk.drafts import Draft
from helpdesk.models import Ticket, TicketAlias
from tests.desks import Desk, open_desk
from tests.helpdesk.web.browsers import Browser


def two(desk: Desk) -> tuple[int, int]:
    """A ticket of Carol's, and a later one with everything on it."""
    into, source = desk.a_ticket("My order 991").id, desk.a_ticket("Where is it?").id
    with desk.acting():
        ticket = desk.ticket(source)
        tickets.assign(ticket, desk.ana, by=desk.by_ana)
        tickets.assign_team(ticket, desk.team, by=desk.by_ana)
        tags.put_on(ticket, ["late"], by=desk.by_ana)
    with desk.acting():
        tags.put_on(desk.ticket(into), ["vip"], by=desk.by_ana)
        messages.reply(desk.ticket(into), Draft(sender=desk.ana, body_text="One moment"), by=desk.by_ana)
    return into, source


def test_tickets_of_the_same_customer_are_offered_first(desk: Desk, client: Browser) -> None:
    into, source = two(desk)
    page = client.fragment(f"/tickets/{into}/merge").get_data(as_text=True)
    assert "Other tickets of Carol Diaz" in page
    assert f"/merge?other={source}" in page
    assert f"/merge?other={into}" not in page


@pytest.mark.parametrize("words", ["where is", "carol@mail", "Diaz", "#{source}", "{source}"])
def test_the_other_ticket_is_found_by_number_subject_and_customer(desk: Desk, client: Browser, words: str) -> None:
    into, source = two(desk)
    page = client.fragment(f"/tickets/{into}/merge?q={words.format(source=source).replace('#', '%23')}")
    assert f"/merge?other={source}" in page.get_data(as_text=True)


def test_what_nothing_fits_says_so(desk: Desk, client: Browser) -> None:
    into, _ = two(desk)
    page = client.fragment(f"/tickets/{into}/merge?q=%3Cb%3Ezebra%25").get_data(as_text=True)
    assert "No other ticket fits “&lt;b&gt;zebra%”" in page


def test_what_will_happen_is_shown_before_it_happens(desk: Desk, client: Browser) -> None:
    into, source = two(desk)
    with desk.watched() as trail:
        page = client.fragment(f"/tickets/{into}/merge?other={source}").get_data(as_text=True)
    assert trail.types == []
    assert f"The 1 message of #{source} comes to #{into}, which then has 3" in page
    assert page.index("Carol Diaz</strong>") < page.index("One moment")
    assert page.count("outlook-comes") == 1
    assert "+ " in page[page.index("the tags of both") :]
    assert f"#{source} is deleted, and its number leads here" in page
    assert "There is no undo" in page


@pytest.mark.parametrize("picked", ["this", "other"])
def test_each_thing_is_kept_from_the_one_that_was_picked(desk: Desk, client: Browser, picked: str) -> None:
    into, source = two(desk)
    desk.session.rollback()
    wanted = desk.session.get_one(Ticket, source if picked == "other" else into)
    kept = (wanted.subject, wanted.customer_id, wanted.assignee_user_id, wanted.assignee_team_id)
    form = dict.fromkeys(("subject", "customer", "assignee", "team"), picked)
    with desk.watched() as trail:
        assert client.press(f"/tickets/{into}/merge", other=str(source), **form).status_code == 200
    assert trail.types == ["ticket-updated", "ticket-merged", "ticket-deleted"]
    assert len(trail.contexts) == 1
    ticket = desk.session.get_one(Ticket, into)
    assert (ticket.subject, ticket.customer_id, ticket.assignee_user_id, ticket.assignee_team_id) == kept
    assert [tag.name for tag in ticket.tags] == ["vip", "late"]
    assert desk.session.query(TicketAlias).one().former_id == source


def test_another_accounts_ticket_is_never_offered(desk: Desk, client: Browser) -> None:
    other = open_desk(desk.session, "other")
    foreign = other.a_ticket("Somebody else's secret").id
    enter(desk.session, desk.account_id)
    into, _ = two(desk)
    for query in (f"q={foreign}", "q=secret", "q=Carol"):
        assert b"secret</span>" not in client.fragment(f"/tickets/{into}/merge?{query}").data
    assert b"There is no ticket" in client.fragment(f"/tickets/{into}/merge?other={foreign}").data


def test_a_ticket_changes_hands_to_somebody_new_in_one_action(desk: Desk, client: Browser) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail:
        answer = client.press(f"/tickets/{number}/new-customer", name="Nora New", email="nora@mail.example")
    assert answer.status_code == 200
    assert trail.types == ["customer-created", "ticket-updated", "ticket-customer-updated"]
    assert len(trail.contexts) == 1
    assert desk.session.get_one(Ticket, number).customer.email == "nora@mail.example"


@pytest.mark.parametrize(
    ("email", "status", "said"),
    [
        ("", 422, "Enter the address"),
        ("carol@mail.example", 409, "already"),
        ("no address", 409, "no e-mail address"),
        ("<script>@x", 409, "Nothing was changed"),
        ("a@b.example\r\nBcc: x@y.example", 409, "Nothing was changed"),
    ],
)
def test_somebody_new_who_can_not_be_is_refused_with_what_was_typed(
    desk: Desk, client: Browser, email: str, status: int, said: str
) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail:
        answer = client.press(f"/tickets/{number}/new-customer", name="Nora <b>", email=email)
        plain = client.post(f"/tickets/{number}/new-customer", name="Nora <b>", email=email)
    assert (answer.status_code, plain.status_code) == (status, status)
    assert answer.headers["HX-Retarget"] == "#dialog"
    for page in (answer.get_data(as_text=True), plain.get_data(as_text=True)):
        assert said in page
        assert "Nora &lt;b&gt;" in page
    assert trail.types == []
