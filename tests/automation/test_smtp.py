"""The desk's mail server, spoken to over real sockets."""

import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from email.message import EmailMessage

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from audit.action import begin
from audit.clock import wall_now
from audit.ledger import record
from automation import smtp
from automation.smtp import MailServer
from helpdesk import config as settings
from helpdesk import tickets
from helpdesk.config import Config
from helpdesk.events import ACCOUNT_DEACTIVATED
from helpdesk.mail import inbound
from helpdesk.mail.listener import LARGEST_MAIL, MOST_CONNECTIONS, CannotListen
from helpdesk.mail.parse import IncomingMail
from helpdesk.models import Account, StoredFile, Ticket, TicketMessage
from tests.desks import Desk, open_desk, open_session

DESK = "support@demo.example"
DORA = "dora@mail.example"


def a_config() -> Config:
    """A configuration whose mail server takes any free port."""
    return replace(settings.from_environment({}), smtp_port=0, base_url="https://desk.example")


@pytest.fixture
def server(desk: Desk, engine: Engine) -> Iterator[MailServer]:
    """A mail server on the test's database."""
    desk.session.rollback()
    server = MailServer(a_config(), lambda: open_session(engine))
    server.start()
    yield server
    server.stop()


@contextmanager
def talking_to(server: MailServer) -> Iterator[smtplib.SMTP]:
    """A conversation with the server."""
    with smtplib.SMTP("127.0.0.1", server.port, timeout=60, local_hostname="localhost") as client:
        yield client


def a_mail(body: str = "Where is it?", message_id: str = "<1@mail.example>", **headers: str) -> EmailMessage:
    """A mail as a mail program writes it."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Dora Ek <{DORA}>", DESK, "My parcel"
    mail["Message-ID"] = message_id
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(body)
    return mail


def all_tickets(desk: Desk) -> list[Ticket]:
    """The tickets that came by mail."""
    desk.session.rollback()
    return list(desk.session.scalars(select(Ticket).where(Ticket.via == "email").order_by(Ticket.id)))


def test_a_mail_becomes_a_ticket(desk: Desk, server: MailServer) -> None:
    with talking_to(server) as client:
        client.send_message(a_mail("Größe?"))
    (ticket,) = all_tickets(desk)
    (message,) = ticket.messages
    assert (ticket.subject, ticket.customer.name) == ("My parcel", "Dora Ek")
    assert (message.body_text or "").strip() == "Größe?"
    assert (message.headers or {})["return-path"] == f"<{DORA}>"


def test_an_answer_reopens_and_the_same_mail_again_changes_nothing(desk: Desk, server: MailServer) -> None:
    with talking_to(server) as client:
        client.send_message(a_mail())
        (ticket,) = all_tickets(desk)
        with desk.acting():
            tickets.close(desk.ticket(ticket.id), by=desk.by_ana)
        answer = a_mail("Still nothing", "<2@mail.example>", In_Reply_To="<1@mail.example>")
        with desk.watched() as trail:
            client.send_message(answer)
            client.send_message(answer)
    assert trail.types == ["ticket-message-created", "ticket-updated", "ticket-reopened"]
    (ticket,) = all_tickets(desk)
    assert len(ticket.messages) == 2


def test_an_address_that_no_desk_has_is_refused(server: MailServer) -> None:
    with talking_to(server) as client:
        client.ehlo()
        client.mail(DORA)
        assert client.rcpt("sales@demo.example") == (550, b"5.1.1 There is no desk with this address")
        assert client.rcpt("SUPPORT@Demo.Example")[0] == 250


def test_a_deactivated_desk_takes_no_mail(desk: Desk, server: MailServer) -> None:
    assert smtp.account_for(desk.session, DESK) == desk.account_id
    with desk.acting():
        account = desk.session.get_one(Account, desk.account_id)
        account.deactivated_datetime = wall_now()
        record(ACCOUNT_DEACTIVATED, account, by=desk.by_admin)
    with talking_to(server) as client:
        client.ehlo()
        client.mail(DORA)
        assert client.rcpt(DESK)[0] == 550


def test_each_account_it_is_for_gets_the_mail(desk: Desk, engine: Engine, server: MailServer) -> None:
    with open_session(engine) as session:
        open_desk(session, "other")
    with talking_to(server) as client:
        client.send_message(a_mail(), DORA, [DESK, "support@other.example"])
    with open_session(engine) as session:
        begin(session, None, source="cli")
        found = session.scalars(select(Ticket.account_id).where(Ticket.via == "email"))
        assert len(set(found)) == 2


def test_the_limit_is_announced_and_held(desk: Desk, server: MailServer) -> None:
    with talking_to(server) as client:
        client.ehlo()
        assert client.esmtp_features["size"] == str(LARGEST_MAIL)
        with pytest.raises(smtplib.SMTPSenderRefused) as refusal:
            client.sendmail(DORA, DESK, b"x" * (LARGEST_MAIL + 1), mail_options=[f"SIZE={LARGEST_MAIL + 1}"])
        assert refusal.value.smtp_code == 552
        # Whoever doesn't say how large it is gets the same answer, at the end.
        client.mail(DORA)
        client.rcpt(DESK)
        lines = b"Subject: large\r\n\r\n" + (b"x" * 998 + b"\r\n") * (LARGEST_MAIL // 1000 + 1)
        assert client.data(lines)[0] == 552
        client.send_message(a_mail("Small enough"))
    assert [ticket.subject for ticket in all_tickets(desk)] == ["My parcel"]


def test_a_mail_close_to_the_limit_is_taken(desk: Desk, server: MailServer) -> None:
    mail = a_mail()
    mail.add_attachment(b"\x00" * (LARGEST_MAIL * 70 // 100), maintype="application", subtype="zip", filename="a.zip")
    with talking_to(server) as client:
        client.send_message(mail)
    assert desk.session.scalars(select(func.length(StoredFile.content))).one() == LARGEST_MAIL * 70 // 100


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no headers at all",
        b"Subject: =?utf-8?q?broken\r\nContent-Type: text/plain; charset=no-such\r\n\r\n\xff\xfe\x00",
        b"From: dora@mail.example\r\nSubject: \xe4\xf6\xfc\r\n\r\n\xe4\xf6\xfc",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/alternative\r\n\r\n",
        b"Subject: long line\r\n\r\n" + b"x" * 200_000,
        b"From: \xf0\x9f\x98\x80 <dora@mail.example>\r\nContent-Type: text/html; charset=iso-2022-jp\r\n\r\n<b>\x1b$B",
    ],
)
def test_odd_mails_are_taken_in_too(desk: Desk, server: MailServer, raw: bytes) -> None:
    with talking_to(server) as client:
        client.ehlo()
        assert client.mail(DORA, ["BODY=8BITMIME"])[0] == 250
        assert client.rcpt(DESK)[0] == 250
        assert client.data(raw)[0] == 250
    (ticket,) = all_tickets(desk)
    assert ticket.customer.email == DORA


def test_a_bounce_with_an_empty_sender_is_taken_in_and_marked(desk: Desk, server: MailServer) -> None:
    with talking_to(server) as client:
        client.ehlo()
        assert client.docmd("MAIL", "FROM:<>")[0] == 250
        assert client.rcpt(DESK)[0] == 250
        assert client.data(b"From: mailer-daemon@mail.example\r\nSubject: Undelivered\r\n\r\nSorry")[0] == 250
    (ticket,) = all_tickets(desk)
    assert ticket.messages[0].is_automatic


def test_addresses_and_subjects_beyond_ascii(desk: Desk, server: MailServer) -> None:
    with talking_to(server) as client:
        client.ehlo()
        assert client.has_extn("smtputf8")
        mail = a_mail()
        del mail["From"]
        mail["From"] = "Jürgen <jürgen@mail.example>"
        client.send_message(mail, "jürgen@mail.example", [DESK])
    (ticket,) = all_tickets(desk)
    assert ticket.customer.email == "jürgen@mail.example"


def test_what_makes_no_sense_to_us_goes_in_as_an_attachment(
    desk: Desk, server: MailServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    draft = inbound._draft

    def stumble(account: Account, mail: IncomingMail, *rest: object) -> object:
        if mail.body_text != inbound.UNREADABLE:
            raise ValueError("no idea")
        return draft(account, mail, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(inbound, "_draft", stumble)
    with talking_to(server) as client:
        client.send_message(a_mail("Odd"))
    (ticket,) = all_tickets(desk)
    assert ticket.messages[0].attachments[0].name == "message.eml"
    assert b"Odd" in desk.session.scalars(select(StoredFile.content)).one()
    assert "could not be taken in as it is" in caplog.text


def test_a_mail_is_accepted_only_when_the_database_has_it(
    desk: Desk, server: MailServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_disk(_session: Session) -> None:
        raise OperationalError("COMMIT", {}, Exception("disk full"))

    with talking_to(server) as client:
        client.ehlo()
        with monkeypatch.context() as broken:
            broken.setattr(Session, "commit", no_disk)
            client.mail(DORA)
            client.rcpt(DESK)
            assert client.data(a_mail().as_bytes())[0] == 451
        assert all_tickets(desk) == []
        client.send_message(a_mail())
    assert len(all_tickets(desk)) == 1
    assert "asked to try again" in caplog.text


def test_no_database_is_no_reason_to_lose_mail(caplog: pytest.LogCaptureFixture) -> None:
    def no_session() -> Session:
        raise OperationalError("connect", {}, Exception("nobody there"))

    server = MailServer(a_config(), no_session)
    server.start()
    try:
        with talking_to(server) as client:
            client.ehlo()
            client.mail(DORA)
            assert client.rcpt(DESK)[0] == 451
    finally:
        server.stop()


def test_a_desk_that_closes_between_recipient_and_mail_loses_nothing(desk: Desk) -> None:
    with pytest.raises(LookupError):
        smtp.deliver(desk.session, [DESK, "gone@demo.example"], a_mail().as_bytes())
    assert all_tickets(desk) == []


def test_the_server_says_its_public_name_only(server: MailServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        greeting = line.recv(1000)
    assert greeting == b"220 desk.example helpdesk\r\n"


def test_too_many_connections_are_asked_to_come_back(server: MailServer) -> None:
    lines = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(MOST_CONNECTIONS)]
    try:
        for line in lines:
            assert line.recv(1000).startswith(b"220 ")
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as one_more:
            assert one_more.recv(1000).startswith(b"421 ")
            assert one_more.recv(1000) == b""
    finally:
        for line in lines:
            line.close()
    with talking_to(server) as client:
        assert client.noop()[0] == 250


def test_a_taken_port_is_a_sentence(server: MailServer) -> None:
    second = MailServer(replace(a_config(), smtp_port=server.port), open_session)  # type: ignore[arg-type]
    with pytest.raises(CannotListen, match="SMTP_PORT"):
        second.start()
    second.stop()


def test_stopping_hangs_up(desk: Desk, engine: Engine) -> None:
    server = MailServer(a_config(), lambda: open_session(engine))
    server.start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        assert line.recv(1000).startswith(b"220 ")
        server.stop()
        with suppress(ConnectionResetError):
            assert line.recv(1000) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=1)


def test_a_mail_that_is_just_being_put_away_is_put_away(desk: Desk, server: MailServer) -> None:
    with talking_to(server) as client:
        for number in range(5):
            client.send_message(a_mail(message_id=f"<{number}@mail.example>"))
    server.stop()
    desk.session.rollback()
    assert desk.session.scalar(select(func.count()).select_from(TicketMessage).where(TicketMessage.via == "email")) == 5
