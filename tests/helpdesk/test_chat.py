"""The chat: a visitor is who their browser says, never who they type; what they write is their ticket."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk import chat, customers, integrations, merging, messages, tickets
from helpdesk.chat import Visit, Words
from helpdesk.drafts import Draft
from helpdesk.models import Customer, Delivery, Integration, Ticket
from helpdesk.refusals import Refused
from tests.desks import Desk


@pytest.fixture
def room(desk: Desk) -> int:
    """A chat; its number."""
    with desk.acting():
        return integrations.create(desk.account, "chat", "Chat", by=desk.by_admin).id


def say(desk: Desk, room: int, visit: Visit, text: str = "Hi there", **words: Any) -> Visit:
    """The visitor writes; answers the visit as their browser now has it."""
    words.setdefault("name", "Dora")
    with desk.acting("chat"):
        number = chat.write(desk.session.get_one(Integration, room), visit, Words(text=text, **words)).id
    return Visit(visit.visitor, number)


def answer(desk: Desk, ticket_id: int, text: str = "Hello Dora", *, public: bool = True, channel: str = "chat") -> None:
    """Ana answers."""
    with desk.acting():
        draft = Draft(sender=desk.ana, body_text=text, channel=channel, public=public)
        act = messages.reply if public else messages.note
        act(desk.ticket(ticket_id), draft, by=desk.by_ana)


def heard(desk: Desk, visit: Visit) -> list[str]:
    """What the visitor can read."""
    desk.session.rollback()
    ticket = chat.conversation(desk.session, desk.account, visit)
    return [message.body_text or "" for message in chat.said(desk.session, ticket)] if ticket else []


def test_a_first_word_makes_a_customer_and_a_ticket(desk: Desk, room: int) -> None:
    with desk.watched() as trail:
        visit = say(desk, room, chat.new_visit())
    assert trail.actors == [
        ("customer-created", "customer"), ("ticket-created", "customer"), ("ticket-message-created", "customer"),
        ("ticket-updated", "customer"),
    ]  # fmt: skip
    assert {event.source for event in trail.events} == {"chat"}
    assert len(trail.contexts) == 1
    ticket = desk.session.get_one(Ticket, visit.ticket_id)
    assert (ticket.channel, ticket.via, ticket.subject) == ("chat", "chat", "Chat with Dora")
    assert (ticket.messages[0].channel, ticket.messages[0].integration_id) == ("chat", room)


def test_a_typed_address_opens_nobody_s_history(desk: Desk, room: int) -> None:
    carols = desk.a_ticket().id
    visit = say(desk, room, chat.new_visit(), name="Carol Diaz", address="carol@mail.example")
    ticket = desk.session.get_one(Ticket, visit.ticket_id)
    assert ticket.customer_id != desk.carol_id
    assert (ticket.customer.email, ticket.customer.meta) == (None, {"address_given_in_chat": "carol@mail.example"})
    assert heard(desk, Visit(visit.visitor, carols)) == ["Hi there"]


def test_it_goes_on_and_a_closed_ticket_opens_again(desk: Desk, room: int) -> None:
    visit = say(desk, room, chat.new_visit())
    assert visit.ticket_id is not None
    answer(desk, visit.ticket_id)
    with desk.acting():
        tickets.close(desk.ticket(visit.ticket_id), by=desk.by_ana)
    with desk.watched() as trail:
        assert say(desk, room, visit, "One more thing") == visit
    assert trail.actors == [
        ("ticket-message-created", "customer"), ("ticket-updated", "customer"), ("ticket-reopened", "customer"),
    ]  # fmt: skip
    assert heard(desk, visit) == ["Hi there", "Hello Dora", "One more thing"]


def test_after_a_long_silence_another_ticket_begins(desk: Desk, room: int) -> None:
    visit = say(desk, room, chat.new_visit())
    assert visit.ticket_id is not None
    with desk.acting():
        tickets.close(desk.ticket(visit.ticket_id), by=desk.by_ana)
    desk.move_clock(chat.SILENCE + timedelta(minutes=1))
    later = say(desk, room, visit, "Me again")
    assert later.ticket_id != visit.ticket_id
    first, second = (desk.session.get_one(Ticket, number) for number in (visit.ticket_id, later.ticket_id))
    assert (first.customer_id, first.status) == (second.customer_id, "closed")
    # A browser that was told of the first only still finds the newest.
    assert say(desk, room, Visit(visit.visitor), "Hello?").ticket_id == later.ticket_id


def test_pressed_twice_is_said_once(desk: Desk, room: int) -> None:
    visit = chat.new_visit()
    after = say(desk, room, visit, once="a1")
    with desk.watched() as trail:
        assert say(desk, room, visit, once="a1").ticket_id == after.ticket_id
    assert trail.types == []
    say(desk, room, after, once="a2")
    assert len(heard(desk, after)) == 2


def test_what_agents_say_among_themselves_and_by_mail_stays_inside(desk: Desk, room: int) -> None:
    visit = say(desk, room, chat.new_visit())
    assert visit.ticket_id is not None
    answer(desk, visit.ticket_id, "She sounds cross", public=False)
    answer(desk, visit.ticket_id, "By mail", channel="email")
    answer(desk, visit.ticket_id, "In the chat")
    assert heard(desk, visit) == ["Hi there", "In the chat"]


def test_an_answer_in_the_chat_sends_no_mail_even_to_somebody_with_an_address(desk: Desk, room: int) -> None:
    visit = say(desk, room, chat.new_visit())
    assert visit.ticket_id is not None
    with desk.acting():
        tickets.swap_customer(desk.ticket(visit.ticket_id), desk.carol, by=desk.by_ana)
    answer(desk, visit.ticket_id)
    assert desk.session.scalars(select(Delivery)).all() == []
    assert heard(desk, visit) == ["Hi there", "Hello Dora"]
    assert say(desk, room, visit, "Thanks").ticket_id == visit.ticket_id


def test_somebody_else_s_ticket_stays_theirs(desk: Desk, room: int) -> None:
    first, second = say(desk, room, chat.new_visit()), say(desk, room, chat.new_visit(), "Other", name="Eve")
    stolen = Visit(second.visitor, first.ticket_id)
    assert heard(desk, stolen) == ["Other"]
    assert say(desk, room, stolen, "Mine").ticket_id == second.ticket_id
    assert heard(desk, Visit("made-up", first.ticket_id)) == []


def test_a_merged_conversation_goes_on_only_where_it_is_the_same_person(desk: Desk, room: int) -> None:
    visit, carols = say(desk, room, chat.new_visit()), desk.a_ticket().id
    assert visit.ticket_id is not None
    with desk.acting():
        source, into = desk.ticket(visit.ticket_id), desk.ticket(carols)
        merging.merge(source, into, subject=into.subject, customer=desk.carol, assignee=None, by=desk.by_ana)
    assert heard(desk, visit) == []  # an agent's slip shows nobody Carol's ticket
    assert say(desk, room, visit, "Still there?").ticket_id not in (carols, visit.ticket_id)


@pytest.mark.parametrize(
    ("text", "words", "sentence"),
    [
        (" \r\n ", {}, "Write something"),
        ("x" * 10_000, {}, "at most 4000"),
        ("Hi", {"name": "  "}, "Say who you are"),
        ("Hi", {"name": "x" * 10_000}, "at most 100"),
    ],
)
def test_what_is_not_sent(desk: Desk, room: int, text: str, words: dict[str, str], sentence: str) -> None:
    with desk.watched() as trail, pytest.raises(Refused, match=sentence):
        say(desk, room, chat.new_visit(), text, **words)
    assert trail.types == []


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "🎁 مرحبا", "'; DROP TABLE ticket; --", "{{7*7}}"])
def test_odd_texts_are_texts(desk: Desk, room: int, text: str) -> None:
    visit = say(desk, room, chat.new_visit(), text, name=text, address=text)
    assert heard(desk, visit) == [text]


def test_a_closed_chat_takes_nothing_in(desk: Desk, room: int) -> None:
    with desk.acting():
        integrations.deactivate(desk.session.get_one(Integration, room), by=desk.by_admin)
    with pytest.raises(Refused, match="closed"):
        say(desk, room, chat.new_visit())


def test_a_visitor_whom_an_agent_deleted_says_again_who_they_are(desk: Desk, room: int) -> None:
    visit = say(desk, room, chat.new_visit())
    with desk.acting():
        customer = desk.session.get_one(Ticket, visit.ticket_id).customer
        customers.delete(desk.session.get_one(Customer, customer.id), by=desk.by_admin)
    assert heard(desk, visit) == []
    with pytest.raises(Refused, match="Say who you are"):
        say(desk, room, visit, "Me again", name="")
    again = say(desk, room, visit, "Me again")
    assert again.ticket_id != visit.ticket_id
    assert desk.session.get_one(Ticket, again.ticket_id).customer.name == "Dora"
