"""What a ticket's verbs do besides writing their events; the sequences themselves are the scenes' business."""

from datetime import timedelta

from sqlalchemy import select

from helpdesk import customers, merging, messages, tags, tickets
from helpdesk.drafts import Draft
from helpdesk.models import Delivery, Ticket, TicketAlias
from tests.desks import Desk


def queued(desk: Desk) -> list[str]:
    """Whereto mail is on its way."""
    desk.session.rollback()
    return list(desk.session.scalars(select(Delivery.recipient).order_by(Delivery.id)))


def test_a_ticket_that_an_agent_opens_by_mail_reaches_the_customer(desk: Desk) -> None:
    with desk.acting():
        words = Draft(sender=desk.ana, body_text="Your parcel came back to us. Shall we send it again?")
        opening = tickets.Opening(customer=desk.carol, subject="Your parcel", from_agent=True, messages=(words,))
        tickets.create(desk.account, opening, by=desk.by_ana)
    assert queued(desk) == ["carol@mail.example"]


def test_a_ticket_is_born_with_what_is_said_in_it_and_the_update_tells_how_much(desk: Desk) -> None:
    words = tuple(Draft(sender=desk.carol, body_text=text, via="email") for text in ("Where is it?", "Still waiting."))
    with desk.watched() as trail, desk.acting("email"):
        opening = tickets.Opening(customer=desk.carol, subject="Late", messages=words)
        number = tickets.create(desk.account, opening, by=desk.by_carol).id
    assert trail.types == ["ticket-created", *["ticket-message-created"] * 2, "ticket-updated"]
    born, told = (trail[type_].changes[f"Ticket:{number}"] for type_ in ("ticket-created", "ticket-updated"))
    assert (told["messages_count"], told["excerpt"]) == ([None, 2], [None, "Still waiting."])
    assert not born.keys() & told.keys()
    assert born["row_version"] == [None, 1], "written once, not made and then changed"
    assert desk.ticket(number).row_version == 1


def test_what_a_customer_writes_and_what_is_noted_is_not_mailed(desk: Desk) -> None:
    ticket = desk.a_ticket()
    with desk.acting():
        note = Draft(sender=desk.ana, body_text="Careful, she is cross.", public=False)
        messages.note(desk.ticket(ticket.id), note, by=desk.by_ana)
    assert queued(desk) == []


def test_a_merged_ticket_has_both_threads_in_order_of_time_and_the_tags_of_both(desk: Desk) -> None:
    older = desk.a_ticket("First").id
    desk.move_clock(timedelta(minutes=5))
    newer = desk.a_ticket("Second").id
    desk.move_clock(timedelta(minutes=5))
    with desk.acting():
        tags.put_on(desk.ticket(older), ["late"], by=desk.by_ana)
        tags.put_on(desk.ticket(newer), ["late", "vip"], by=desk.by_ana)
    with desk.acting("email"):
        draft = Draft(sender=desk.carol, body_text="Still waiting.", via="email")
        messages.receive(desk.ticket(older), draft, by=desk.by_carol)
    with desk.acting():
        merging.merge(
            desk.ticket(newer),
            desk.ticket(older),
            subject="Second",
            customer=desk.carol,
            assignee=desk.ben,
            by=desk.by_ana,
        )
    ticket = desk.session.get_one(Ticket, older)
    times = [message.created_datetime for message in ticket.messages]
    assert len(times) == ticket.messages_count == 3
    assert times == sorted(times)
    assert [tag.name for tag in ticket.tags] == ["late", "vip"]
    assert (ticket.subject, ticket.assignee_user_id) == ("Second", desk.ben_id)


def test_the_number_of_a_merged_ticket_leads_to_the_one_that_lives_on_also_through_two_merges(desk: Desk) -> None:
    first, second, third = (desk.a_ticket(name).id for name in ("One", "Two", "Three"))
    for source, into in ((first, second), (second, third)):
        with desk.acting():
            merging.merge(
                desk.ticket(source),
                desk.ticket(into),
                subject="One",
                customer=desk.carol,
                assignee=None,
                by=desk.by_ana,
            )
    led = desk.session.execute(select(TicketAlias.former_id, TicketAlias.ticket_id).order_by(TicketAlias.former_id))
    assert [tuple(row) for row in led] == [(first, third), (second, third)]


def test_a_swapped_customer_gets_the_next_answer(desk: Desk) -> None:
    ticket = desk.a_ticket()
    with desk.acting():
        sister = customers.create(desk.account, name="Dora Diaz", email="dora@mail.example", by=desk.by_ana)
        tickets.swap_customer(desk.ticket(ticket.id), sister, by=desk.by_ana)
    with desk.acting():
        words = Draft(sender=desk.ana, body_text="Dear Dora, it is on its way.")
        messages.reply(desk.ticket(ticket.id), words, by=desk.by_ana)
    assert queued(desk) == ["dora@mail.example"]


def test_numbers_on_a_ticket_follow_its_messages(desk: Desk) -> None:
    ticket = desk.a_ticket()
    with desk.acting("api"):
        messages.delete(desk.ticket(ticket.id).messages[0], by=desk.by_ana)
    left = desk.session.get_one(Ticket, ticket.id)
    assert (left.messages_count, left.excerpt, left.last_message_datetime) == (0, None, None)
