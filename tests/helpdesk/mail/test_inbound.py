"""Mail that comes in: whose it is, which ticket it continues, and that none is lost or taken twice."""

from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, func, select

from audit.actors import Actor
from helpdesk import customers, merging, messages, tickets
from helpdesk.drafts import Draft
from helpdesk.mail import inbound
from helpdesk.mail.parse import parse
from helpdesk.models import Account, Attachment, Customer, StoredFile, Ticket, TicketMessage
from tests.desks import Desk, open_desk, open_session


def a_mail(
    body: str = "Where is it?",
    *,
    sender: str | None = "Dora Ek <dora@mail.example>",
    subject: str = "My parcel",
    message_id: str | None = "first@mail.example",
    **headers: str,
) -> bytes:
    """A simple mail; underscores in header names stand for dashes."""
    lines = [f"To: support@demo.example\r\nSubject: {subject}\r\n"]
    if sender is not None:
        lines.append(f"From: {sender}\r\n")
    if message_id is not None:
        lines.append(f"Message-ID: <{message_id}>\r\n")
    lines += [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    return ("".join(lines) + "\r\n" + body).encode()


def take(desk: Desk, raw: bytes) -> Ticket:
    """Take a mail in, as the mail server does."""
    number = inbound.take_in(desk.session, desk.account_id, parse(raw))
    return desk.session.get_one(Ticket, number)


def count(desk: Desk, model: type) -> int:
    """How many rows there are."""
    return desk.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_mail_from_an_unknown_address_makes_customer_and_ticket(desk: Desk) -> None:
    with desk.watched() as trail:
        ticket = take(desk, a_mail())
    assert trail.types == ["customer-created", "ticket-created", "ticket-message-created", "ticket-updated"]
    assert {event.user_id for event in trail.events} == {None}
    assert {(event.actor_kind, event.actor_name) for event in trail.events} == {("customer", "Dora Ek")}
    assert {event.source for event in trail.events} == {"email"}
    assert len(trail.contexts) == 1
    assert trail["customer-created"].actor_id == trail["customer-created"].object_id == ticket.customer_id
    assert (ticket.subject, ticket.via, ticket.channel, ticket.from_agent) == ("My parcel", "email", "email", False)
    (message,) = ticket.messages
    assert (message.sender_address, message.message_id) == ("dora@mail.example", "first@mail.example")
    assert message.source == {
        "type": "email",
        "from": {"name": "Dora Ek", "address": "dora@mail.example"},
        "to": [{"name": "", "address": "support@demo.example"}],
        "cc": [],
        "bcc": [],
    }


def test_a_mail_from_a_known_address_whatever_its_capitals_is_that_customers(desk: Desk) -> None:
    with desk.watched() as trail:
        ticket = take(desk, a_mail(sender="CAROL@Mail.Example"))
    assert ticket.customer_id == desk.carol_id
    assert "customer-created" not in trail.types


def test_an_answer_continues_its_thread_and_reopens_it(desk: Desk) -> None:
    number = take(desk, a_mail()).id
    with desk.acting():
        ticket = desk.ticket(number)
        reply = messages.reply(ticket, Draft(sender=desk.ana, body_text="Tomorrow."), by=desk.by_ana)
        tickets.close(ticket, by=desk.by_ana)
        said = reply.message_id
    with desk.watched() as trail:
        ticket = take(desk, a_mail("Thanks!", message_id="second@mail.example", In_Reply_To=f"<{said}>"))
    assert ticket.id == number
    assert ticket.is_open
    assert trail.types == ["ticket-message-created", "ticket-updated", "ticket-reopened"]
    assert [message.in_reply_to for message in ticket.messages] == [None, None, said]


def test_references_and_the_number_in_the_subject_lead_to_the_ticket_too(desk: Desk) -> None:
    number = take(desk, a_mail()).id
    by_references = take(
        desk, a_mail("one", message_id="2@mail.example", References="<unknown@x.example> <first@mail.example>")
    )
    by_number = take(desk, a_mail("two", message_id="3@mail.example", subject=f"Re: My parcel [#{number}]"))
    assert {by_references.id, by_number.id} == {number}


def test_mails_follow_their_ticket_through_a_merge(desk: Desk) -> None:
    source = take(desk, a_mail()).id
    target = desk.a_ticket().id
    with desk.acting():
        merging.merge(
            desk.ticket(source), desk.ticket(target), subject="One", customer=desk.carol, assignee=None, by=desk.by_ana
        )
    answer = take(desk, a_mail("one", message_id="2@mail.example", In_Reply_To="<first@mail.example>"))
    by_number = take(desk, a_mail("two", message_id="3@mail.example", subject=f"Re: My parcel [#{source}]"))
    assert {answer.id, by_number.id} == {target}


def test_the_number_of_another_accounts_ticket_leads_nowhere(desk: Desk, engine: Engine) -> None:
    other_session = open_session(engine)
    other = open_desk(other_session, "other")
    foreign = other.a_ticket().id
    other_session.close()
    ticket = take(desk, a_mail(subject=f"Hello [#{foreign}]", In_Reply_To="<nothing@other.example>"))
    assert ticket.id != foreign
    assert ticket.account_id == desk.account_id


def test_the_same_mail_again_writes_nothing(desk: Desk) -> None:
    number = take(desk, a_mail()).id
    with desk.watched() as trail:
        assert take(desk, a_mail()).id == number
    assert trail.types == []


def test_another_mail_with_the_same_message_id_is_not_lost(desk: Desk) -> None:
    first = take(desk, a_mail("Scan 1", sender="scanner@mail.example", message_id="scan@mail.example"))
    second = take(desk, a_mail("Scan 2", sender="scanner@mail.example", message_id="scan@mail.example"))
    assert first.id != second.id


def test_a_strangers_mail_that_borrows_the_id_of_our_answer_is_not_lost(desk: Desk) -> None:
    number = take(desk, a_mail()).id
    with desk.acting():
        reply = messages.reply(desk.ticket(number), Draft(sender=desk.ana, body_text="Tomorrow."), by=desk.by_ana)
        ours = reply.message_id
    stranger = a_mail("Something else", sender="eve@mail.example", message_id=ours)
    assert take(desk, stranger).id != number


def test_mails_without_a_message_id_are_all_taken_in(desk: Desk) -> None:
    assert take(desk, a_mail(message_id=None)).id != take(desk, a_mail(message_id=None)).id


def test_our_own_words_coming_back_are_not_taken_in_again(desk: Desk) -> None:
    number = take(desk, a_mail()).id
    with desk.acting():
        reply = messages.reply(desk.ticket(number), Draft(sender=desk.ana, body_text="Tomorrow."), by=desk.by_ana)
        said = reply.message_id
    with desk.watched() as trail:
        looped = a_mail("Tomorrow.", sender="Demo shop <support@demo.example>", message_id=said)
        assert take(desk, looped).id == number
    assert trail.types == []


def test_a_form_that_sends_as_the_desk_names_the_customer_in_reply_to(desk: Desk) -> None:
    ticket = take(desk, a_mail(sender="Shop form <support@demo.example>", Reply_To="Finn <finn@mail.example>"))
    assert ticket.customer.email == "finn@mail.example"
    assert ticket.messages[0].is_automatic


def test_mail_from_a_team_member_is_the_customers_act(desk: Desk) -> None:
    number = take(desk, a_mail()).id
    answer = a_mail(
        "I'll do it", sender="ana@demo.example", message_id="2@x.example", In_Reply_To="<first@mail.example>"
    )
    with desk.watched() as trail:
        ticket = take(desk, answer)
    assert ticket.id == number
    assert {event.user_id for event in trail.events} == {None}
    assert not ticket.messages[-1].from_agent


@pytest.mark.parametrize("headers", [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"Return_Path": "<>"}])
def test_what_a_machine_sent_is_taken_in_and_marked(desk: Desk, headers: dict[str, str]) -> None:
    ticket = take(desk, a_mail("I am away.", **headers))
    assert ticket.messages[0].is_automatic


def test_mail_without_a_sender_belongs_to_the_unknown_one(desk: Desk) -> None:
    first = take(desk, a_mail("one", sender=None, message_id=None))
    second = take(desk, a_mail("two", sender="nobody in particular", message_id=None))
    assert first.customer.name == inbound.UNKNOWN_SENDER
    assert first.customer_id == second.customer_id
    assert first.customer.email is None


def test_the_envelope_tells_who_wrote_if_the_mail_does_not(desk: Desk) -> None:
    ticket = take(desk, a_mail(sender=None, Return_Path="<gus@mail.example>"))
    assert ticket.customer.email == "gus@mail.example"


def test_an_address_that_no_customer_can_have_loses_no_mail(desk: Desk) -> None:
    ticket = take(desk, a_mail(sender='"a b"@mail.example'))
    assert ticket.customer.name == inbound.UNKNOWN_SENDER


def test_spam_and_trash_marks_stay_when_the_customer_writes_again(desk: Desk) -> None:
    number = take(desk, a_mail()).id
    with desk.acting():
        ticket = desk.ticket(number)
        tickets.mark_spam(ticket, by=desk.by_ana)
        tickets.trash(ticket, by=desk.by_ana)
        tickets.close(ticket, by=desk.by_ana)
    ticket = take(desk, a_mail("Again", message_id="2@x.example", In_Reply_To="<first@mail.example>"))
    assert ticket.id == number
    assert ticket.is_open
    assert ticket.spam
    assert ticket.is_trashed


def test_files_come_along_and_are_stored_once(desk: Desk) -> None:
    parts = "\r\n".join(
        [
            "--b",
            "Content-Type: text/plain",
            "",
            "Look",
            "--b",
            'Content-Type: image/png; name="tear.png"',
            "Content-Disposition: attachment; filename=tear.png",
            "Content-Transfer-Encoding: base64",
            "",
            "iVBORw0KGgo=",
            "--b--",
            "",
        ]
    )
    kind = {"MIME_Version": "1.0", "Content_Type": "multipart/mixed; boundary=b"}
    ticket = take(desk, a_mail(parts, **kind))
    take(desk, a_mail(parts, message_id="again@mail.example", subject="Again", **kind))
    (attachment,) = ticket.messages[0].attachments
    assert (attachment.name, attachment.content_type) == ("tear.png", "image/png")
    assert (count(desk, Attachment), count(desk, StoredFile)) == (2, 1)
    assert desk.session.scalars(select(StoredFile.content)).one() == b"\x89PNG\r\n\x1a\n"


def test_an_empty_mail_is_a_message_too(desk: Desk) -> None:
    ticket = take(desk, a_mail("", subject=""))
    assert (ticket.subject, ticket.messages[0].body_text) == (None, "")


def test_two_mails_of_one_stranger_at_once_make_one_customer(desk: Desk, engine: Engine) -> None:
    def deliver(raw: bytes) -> None:
        with open_session(engine) as session:
            together.wait()
            inbound.take_in(session, desk.account_id, parse(raw))

    same = [a_mail(message_id="same@mail.example")] * 4
    raws = [*same, *(a_mail(f"mail {number}", message_id=f"{number}@mail.example") for number in range(4))]
    together = Barrier(len(raws))
    threads = [Thread(target=deliver, args=(raw,)) for raw in raws]
    desk.session.rollback()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    dora = desk.session.scalars(select(Customer).where(Customer.email == "dora@mail.example")).one()
    assert count(desk, TicketMessage) == 1 + 5  # the welcome's, the four as one, and the four others
    assert len(desk.session.scalars(select(Ticket).where(Ticket.customer_id == dora.id)).all()) == 5


def test_a_collision_with_another_writer_is_no_loss(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody makes the customer by another way, between our look and our write."""
    awaited, calls = customers.awaited, []

    def blind_at_first(account: Account, email: str) -> Customer | None:
        calls.append(email)
        return None if len(calls) <= 2 else awaited(account, email)

    take(desk, a_mail())
    monkeypatch.setattr(customers, "awaited", blind_at_first)
    ticket = take(desk, a_mail("Again", message_id="2@mail.example"))
    assert ticket.customer.email == "dora@mail.example"
    assert count(desk, Customer) == 3


def test_what_cannot_be_read_goes_in_as_it_came(desk: Desk) -> None:
    raw = a_mail("\x00\x01")
    ticket_id = inbound.take_in(desk.session, desk.account_id, inbound.unreadable(raw, parse(raw)))
    message = desk.session.get_one(Ticket, ticket_id).messages[0]
    assert message.body_text == inbound.UNREADABLE
    assert message.attachments[0].name == "message.eml"
    assert desk.session.scalars(select(StoredFile.content)).one() == raw


def test_the_customer_is_known_by_name_where_an_actor_is_asked_for(desk: Desk) -> None:
    with desk.watched() as trail:
        take(desk, a_mail(sender="plain@mail.example"))
    created = trail["ticket-created"]
    assert Actor(created.actor_kind, created.actor_id, created.actor_name).name == "plain@mail.example"
