"""Mail that goes out: threaded, tried again, given up, and never by two at once."""

import smtplib
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from threading import Barrier, Thread

import pytest
from aiosmtpd.smtp import Envelope
from sqlalchemy import Engine, select

from audit.action import begin, enter
from audit.actors import Actor
from audit.clock import desk_now, wall_now
from automation import deliveries
from automation.deliveries import LEASE, PAUSES, Route, claim_next, send_due
from helpdesk import messages, tickets
from helpdesk.drafts import Draft, File
from helpdesk.mail import inbound
from helpdesk.mail.listener import Handler, Listener
from helpdesk.mail.parse import parse
from helpdesk.models import Delivery, Ticket, TicketMessage
from tests.desks import Desk, open_session


class Post(Handler):
    """A mail server that keeps what it gets, or answers what the test tells it to."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str | None, list[str]]] = []
        self.to_recipients: str | None = None
        self.to_mails = "250 Thank you"

    async def refuse_recipient(self, _address: str) -> str | None:
        return self.to_recipients

    async def take(self, envelope: Envelope) -> str:
        if self.to_mails.startswith("250"):
            mail = message_from_bytes(envelope.original_content or b"", policy=default)
            self.mails.append(mail)
            self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        return self.to_mails


@pytest.fixture
def post() -> Post:
    """What the mail server of the test does."""
    return Post()


@pytest.fixture
def route(post: Post) -> Iterator[Route]:
    """The way to the mail server; like the demo's trap it may be given made-up addresses."""
    listener = Listener(post, "127.0.0.1", 0)
    listener.start()
    yield Route("127.0.0.1", listener.port, is_trap=True)
    listener.stop()


def write_in(desk: Desk, message_id: str = "1@mail.example", body: str = "Where is it?", **headers: str) -> int:
    """Dora writes; answers the ticket's number."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = ["From: Dora Ek <dora@mail.example>", "Subject: My parcel", f"Message-ID: <{message_id}>", *lines]
    raw = "\r\n".join([*head, "", body]).encode()
    return inbound.take_in(desk.session, desk.account_id, parse(raw))


def reply(desk: Desk, ticket_id: int, body: str = "Tomorrow.", **draft: object) -> str:
    """Ana answers; answers the reply's Message-ID."""
    with desk.acting():
        said = messages.reply(
            desk.ticket(ticket_id),
            Draft(sender=desk.ana, body_text=body, **draft),  # type: ignore[arg-type]
            by=desk.by_ana,
        )
        assert said.message_id is not None
        return said.message_id


def send(engine: Engine, route: Route) -> int:
    """One tick of the outbox."""
    return send_due(lambda: open_session(engine), route)


def the_delivery(desk: Desk) -> Delivery:
    """The only one there is, as it stands."""
    desk.session.rollback()
    enter(desk.session, desk.account_id)
    return desk.session.scalars(select(Delivery).execution_options(populate_existing=True)).one()


def let_time_pass(desk: Desk, span: timedelta) -> None:
    """Wall time goes by for all that waits."""
    begin(desk.session, None, source="automation")
    for delivery in desk.session.scalars(select(Delivery).where(Delivery.next_attempt_datetime.is_not(None))):
        assert delivery.next_attempt_datetime is not None
        delivery.next_attempt_datetime -= span
    desk.session.commit()


def test_a_reply_goes_out_in_its_thread(desk: Desk, engine: Engine, post: Post, route: Route) -> None:
    number = write_in(desk)
    first = reply(desk, number)
    write_in(desk, "2@mail.example", "Still nothing", In_Reply_To=f"<{first}>")
    files = (File("label.pdf", "application/pdf", b"%PDF-1.7"),)
    second = reply(desk, number, "See https://shop.example/x?a=1&b=2.\n\nBest <Ana>", files=files)
    assert send(engine, route) == 2
    assert send(engine, route) == 0
    mail = post.mails[1]
    assert mail["Message-ID"] == f"<{second}>"
    assert mail["In-Reply-To"] == "<2@mail.example>"
    assert mail["References"].split() == ["<1@mail.example>", f"<{first}>", "<2@mail.example>"]
    assert mail["Subject"] == f"Re: My parcel [#{number}]"
    assert mail["From"] == "Ana Lopez via Demo shop <support@demo.example>"
    assert mail["Reply-To"] == "Demo shop <support@demo.example>"
    assert mail["To"] == "Dora Ek <dora@mail.example>"
    assert mail["Auto-Submitted"] is None
    assert post.envelopes[1] == ("support@demo.example", ["dora@mail.example"])
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert "Best <Ana>" in text.get_content()
    assert html is not None
    assert "Best &lt;Ana&gt;" in html.get_content()
    assert '<a href="https://shop.example/x?a=1&amp;b=2">' in html.get_content()
    (label,) = mail.iter_attachments()
    assert (label.get_filename(), label.get_content()) == ("label.pdf", b"%PDF-1.7")


def test_the_answer_to_a_mail_that_went_out_finds_its_ticket(
    desk: Desk, engine: Engine, post: Post, route: Route
) -> None:
    number = write_in(desk)
    reply(desk, number)
    send(engine, route)
    answered = post.mails[0]["Message-ID"]
    assert write_in(desk, "2@mail.example", "Thanks", In_Reply_To=answered) == number


def test_a_first_word_from_the_desk_answers_nothing(desk: Desk, engine: Engine, post: Post, route: Route) -> None:
    with desk.acting():
        opening = tickets.Opening(customer=desk.carol, subject="Recall of your kettle", from_agent=True)
        number = tickets.create(desk.account, opening, by=desk.by_ana).id
    reply(desk, number)
    send(engine, route)
    assert post.mails[0]["Subject"] == f"Recall of your kettle [#{number}]"
    assert post.mails[0]["In-Reply-To"] is None


def test_what_a_machine_writes_says_so(desk: Desk, engine: Engine, post: Post, route: Route) -> None:
    number = write_in(desk)
    with desk.acting():
        draft = Draft(body_text="We got your mail.", is_automatic=True)
        messages.reply(desk.ticket(number), draft, by=Actor.system("welcome"))
    send(engine, route)
    assert post.mails[0]["Auto-Submitted"] == "auto-replied"
    assert post.mails[0]["From"] == "Demo shop <support@demo.example>"


def test_a_server_that_is_away_is_tried_again_later(desk: Desk, engine: Engine, post: Post, route: Route) -> None:
    reply(desk, write_in(desk))
    post.to_mails = "451 Busy"
    for attempt, pause in enumerate(PAUSES[:3], start=1):
        assert send(engine, route) == 1
        assert send(engine, route) == 0
        delivery = the_delivery(desk)
        assert (delivery.status, delivery.attempts, delivery.last_error) == (
            "queued",
            attempt,
            "The mail server said 451 Busy",
        )
        assert delivery.next_attempt_datetime is not None
        assert abs(delivery.next_attempt_datetime - wall_now() - pause) < timedelta(seconds=20)
        let_time_pass(desk, pause)
    post.to_mails = "250 At last"
    assert send(engine, route) == 1
    delivery = the_delivery(desk)
    assert (delivery.status, delivery.attempts, delivery.last_error) == ("sent", 4, None)
    assert delivery.sent_datetime == desk_now(desk.session, desk.account_id)  # the desk's own clock, which stands still
    assert len(post.mails) == 1


def test_nobody_there_is_tried_again_too(desk: Desk, engine: Engine) -> None:
    reply(desk, write_in(desk))
    with smtplib.socket.socket() as unused:  # type: ignore[attr-defined]
        unused.bind(("127.0.0.1", 0))
        assert send(engine, Route("127.0.0.1", unused.getsockname()[1], is_trap=True)) == 1
    assert the_delivery(desk).status == "queued"
    assert "refused" in (the_delivery(desk).last_error or "")


def test_five_days_are_enough(desk: Desk, engine: Engine, post: Post, route: Route) -> None:
    assert timedelta(days=5) <= sum(PAUSES, timedelta(0)) <= timedelta(days=6)
    reply(desk, write_in(desk))
    post.to_recipients = "450 Not now"
    for pause in PAUSES:
        send(engine, route)
        let_time_pass(desk, pause)
    assert send(engine, route) == 1
    delivery = the_delivery(desk)
    assert (delivery.status, delivery.next_attempt_datetime) == ("failed", None)
    assert delivery.last_error == f"Given up after {len(PAUSES) + 1} attempts. The mail server said 450 Not now"


@pytest.mark.parametrize("where", ["to_recipients", "to_mails"])
def test_no_is_no(desk: Desk, engine: Engine, post: Post, route: Route, where: str) -> None:
    reply(desk, write_in(desk))
    setattr(post, where, "550 No such mailbox")
    assert send(engine, route) == 1
    let_time_pass(desk, timedelta(days=1))
    assert send(engine, route) == 0
    delivery = the_delivery(desk)
    assert (delivery.status, delivery.last_error) == ("failed", "The mail server said 550 No such mailbox")


def test_made_up_addresses_go_to_the_trap_only(desk: Desk, engine: Engine, post: Post, route: Route) -> None:
    reply(desk, write_in(desk))
    assert send(engine, Route(route.host, route.port)) == 1
    delivery = the_delivery(desk)
    assert delivery.status == "failed"
    assert "dora@mail.example is made up" in (delivery.last_error or "")
    assert post.mails == []


def test_a_message_that_was_deleted_meanwhile_is_not_sent(desk: Desk, engine: Engine, post: Post, route: Route) -> None:
    said = reply(desk, write_in(desk))
    with desk.acting():
        message = desk.session.scalars(select(TicketMessage).where(TicketMessage.message_id == said)).one()
        messages.delete(message, by=desk.by_ana)
    send(engine, route)
    assert (the_delivery(desk).status, post.mails) == ("failed", [])


def test_a_crash_after_sending_sends_the_same_mail_again(
    desk: Desk, engine: Engine, post: Post, route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = reply(desk, write_in(desk))

    def die(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(deliveries, "_settle", die)
        with pytest.raises(SystemExit):
            send(engine, route)
    assert send(engine, route) == 0  # the dead one's lease still runs
    let_time_pass(desk, LEASE)
    assert send(engine, route) == 1
    assert [mail["Message-ID"] for mail in post.mails] == [f"<{said}>", f"<{said}>"]
    assert the_delivery(desk).status == "sent"


def test_whoever_comes_back_after_the_lease_does_not_undo_what_the_next_one_did(desk: Desk, engine: Engine) -> None:
    reply(desk, write_in(desk))
    with open_session(engine) as slow, open_session(engine) as quick:
        late = claim_next(slow)
        assert late is not None
        let_time_pass(desk, LEASE)
        second = claim_next(quick)
        assert second is not None
        deliveries._settle(quick, second, "sent", None, None)
        deliveries.put_off(slow, late, "too slow")
    assert (the_delivery(desk).status, the_delivery(desk).last_error) == ("sent", None)


def test_two_workers_never_send_the_same_mail(desk: Desk, engine: Engine, post: Post, route: Route) -> None:
    number = write_in(desk)
    said = [reply(desk, number, f"Reply {index}") for index in range(40)]
    together = Barrier(4)

    def work() -> None:
        together.wait()
        send(engine, route)

    workers = [Thread(target=work) for _ in range(4)]
    desk.session.rollback()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sorted(mail["Message-ID"] for mail in post.mails) == sorted(f"<{each}>" for each in said)


def test_the_desk_does_not_write_to_itself(desk: Desk, engine: Engine, post: Post, route: Route) -> None:
    raw = b"From: support@demo.example\r\nSubject: Loop\r\nMessage-ID: <9@demo.example>\r\n\r\nHello"
    number = inbound.take_in(desk.session, desk.account_id, parse(raw))
    reply(desk, number)
    assert send(engine, route) == 0


def test_what_breaks_on_our_side_is_tried_again(
    desk: Desk,
    engine: Engine,
    route: Route,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    reply(desk, write_in(desk))

    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(deliveries, "envelope_for", broken)
    assert send(engine, route) == 1
    assert (the_delivery(desk).status, the_delivery(desk).last_error) == ("queued", "RuntimeError: a bug")
    assert desk.session.scalars(select(Ticket.id)).first() is not None
