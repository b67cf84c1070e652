"""The desk's own mail is written so that every program, and ours above all, reads it as it was meant."""

import smtplib
from collections.abc import Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.mail.addresses import valid_address
from helpdesk.mail.charsets import clean_line, clean_text
from helpdesk.mail.compose import OutgoingAttachment, OutgoingMail, compose, new_message_id, reply_subject
from helpdesk.mail.files import safe_file_name
from helpdesk.mail.headers import ticket_number_in
from helpdesk.mail.parse import IncomingMail, parse
from tests.helpdesk.mail.mails import assert_storable

LONG_NAME = "Müller, Hans (“the Hat”) – who has served the shop at the old town’s gate since many, many years"


def outgoing(**changes: Any) -> OutgoingMail:
    known: dict[str, Any] = {
        "from_name": "Hat shop",
        "from_address": "desk@shop.example",
        "to": [("Anna Berg", "anna@customer.example")],
        "subject": "Re: hat [#7]",
        "body_text": "It is on its way.\n\n-- \nYour hat shop",
        "message_id": "two@shop.example",
        "date": datetime(2024, 5, 6, 8, 30, tzinfo=UTC),
    }
    return OutgoingMail(**(known | changes))


def arrived(mail: OutgoingMail) -> IncomingMail:
    raw = bytes(compose(mail))
    assert raw.isascii() or not mail.to[0][1].isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    read = parse(raw)
    assert_storable(read)
    return read


def test_an_agent_s_reply_arrives() -> None:
    read = arrived(
        outgoing(
            cc=[("", "boss@customer.example")],
            reply_to=("Hats", "hats@shop.example"),
            body_html="<p>It is on its <b>way</b>.</p>",
            in_reply_to="one@customer.example",
            references=["zero@shop.example", "one@customer.example"],
            attachments=[OutgoingAttachment("Größe & Preis.pdf", "application/pdf", b"%PDF\x00\xff")],
        )
    )
    assert (read.sender_name, read.sender_address) == ("Hat shop", "desk@shop.example")
    assert read.to == (("Anna Berg", "anna@customer.example"),)
    assert read.cc == (("", "boss@customer.example"),)
    assert read.reply_to == ("Hats", "hats@shop.example")
    assert (read.subject, read.ticket_number) == ("Re: hat [#7]", 7)
    assert (read.message_id, read.in_reply_to) == ("two@shop.example", ("one@customer.example",))
    assert read.references == ("zero@shop.example", "one@customer.example")
    assert read.body_text == "It is on its way.\n\n-- \nYour hat shop"
    assert read.stripped_text == "It is on its way."
    assert read.body_html == "<p>It is on its <b>way</b>.</p>"
    assert read.date == datetime(2024, 5, 6, 8, 30, tzinfo=UTC)
    assert [(file.name, file.content_type, file.content) for file in read.attachments] == [
        ("Größe & Preis.pdf", "application/pdf", b"%PDF\x00\xff")
    ]
    assert not read.is_automatic


def test_other_programs_read_it_too() -> None:
    ids = ["x" * 90 + "@a.example", "y" * 90 + "@b.example"]
    raw = bytes(compose(outgoing(to=[(LONG_NAME, "h@münster.example")], subject="Größe " * 40, references=ids)))
    read = message_from_bytes(raw, policy=default)
    name, address = parseaddr(message_from_bytes(raw)["To"])
    assert (str(make_header(decode_header(name))), address) == (LONG_NAME, "h@xn--mnster-3ya.example")
    assert read["To"].addresses[0].addr_spec == "h@xn--mnster-3ya.example"
    assert read["Subject"] == ("Größe " * 40).strip()
    assert b"References: <" + ids[0].encode() + b">\r\n <" + ids[1].encode() + b">\r\n" in raw
    assert read["Date"].datetime == datetime(2024, 5, 6, 8, 30, tzinfo=UTC)
    assert read["MIME-Version"] == "1.0"
    assert read.get_content().splitlines() == ["It is on its way.", "", "-- ", "Your hat shop"]


def test_smtplib_sends_what_was_composed(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(smtplib.SMTP, "ehlo_or_helo_if_needed", lambda _: None)
    monkeypatch.setattr(smtplib.SMTP, "sendmail", lambda _, *what: sent.append(what))
    message = compose(outgoing(to=[(LONG_NAME, "h@münster.example")], references=["x" * 90 + "@a.example"]))
    smtplib.SMTP().send_message(message)
    assert sent[0][:2] == ("desk@shop.example", ["h@xn--mnster-3ya.example"])
    assert sent[0][2] == bytes(message)


def test_what_no_person_sent_says_so_and_is_known_again() -> None:
    for flag in ("auto-replied", "auto-generated"):
        message = compose(outgoing(auto_submitted=flag))
        assert message["Auto-Submitted"] == flag
        assert parse(bytes(message)).is_automatic


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\r\n ", "\n\n"])
def test_no_line_end_smuggles_a_header_in(end: str) -> None:
    evil = f"x{end}Bcc: evil@evil.example{end}{end}<script>"
    attachments = [OutgoingAttachment(evil, evil, b"content")]
    people = {"from_name": evil, "to": [(evil, "anna@customer.example")], "reply_to": (evil, "hats@shop.example")}
    ids = {"references": [evil], "in_reply_to": evil}
    message = compose(outgoing(subject=evil, attachments=attachments, **people, **ids))
    read = message_from_bytes(bytes(message), policy=default)
    assert "Bcc" not in read
    assert read["Subject"] == clean_line(evil)
    assert [part["Bcc"] for part in read.walk()] == [None] * 3
    for address in (evil, f"anna@customer.example{end}", f"anna@customer.example{end}Bcc: x@y.example"):
        if address.strip() != "anna@customer.example":
            with pytest.raises(ValueError, match="is no e-mail address"):
                compose(outgoing(to=[("Anna", address)]))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"to": []}, "A mail needs somebody to go to"),
        ({"from_address": "desk"}, "'desk' is no e-mail address"),
        ({"to": [("", "")]}, "'' is no e-mail address"),
        ({"message_id": "a b"}, "'a b' is no message id"),
        ({"message_id": ""}, "'' is no message id"),
    ],
)
def test_what_can_t_be_sent_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        compose(outgoing(**changes))


def test_a_long_thread_keeps_its_two_ends() -> None:
    ids = [f"{number}@shop.example" for number in range(500)]
    read = arrived(outgoing(references=[*ids, ids[3]], in_reply_to=f"<{ids[499]}>"))
    assert read.references == (ids[0], *ids[-19:])
    assert arrived(outgoing(references=["a@b", "a b", "", "é@b"], in_reply_to="c@d")).references == ("a@b", "c@d")
    assert arrived(outgoing(in_reply_to="c@d")).references == ("c@d",)


def test_an_address_beyond_ascii_is_written_as_rfc_6531_wants_it() -> None:
    read = arrived(outgoing(to=[("Jürgen", "jürgen@münster.example")]))
    assert read.to == (("Jürgen", "jürgen@xn--mnster-3ya.example"),)


def test_without_a_date_it_is_dated_now() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    date = arrived(outgoing(date=None)).date
    assert date is not None
    assert before <= date <= datetime.now(UTC)


def test_kinds_of_files_that_may_not_travel_in_base64_travel_as_bytes() -> None:
    kinds = ("message/rfc822", "multipart/mixed", "nonsense", "a/b\r\nBcc: x", "TEXT/CSV")
    read = arrived(outgoing(attachments=[OutgoingAttachment("a.eml", kind, b"x: y\n\nz") for kind in kinds]))
    assert [file.content_type for file in read.attachments] == ["application/octet-stream"] * 4 + ["text/csv"]
    assert {file.content for file in read.attachments} == {b"x: y\n\nz"}


@pytest.mark.parametrize(
    ("subject", "answered"),
    [
        ("Hat", "Re: Hat [#7]"),
        ("Re: Hat [#7]", "Re: Hat [#7]"),
        ("RE: AW: Antw: Re[2]: hat [#3] and [#7] coat", "Re: hat and coat [#7]"),
        ("Réf : chapeau", "Re: chapeau [#7]"),
        ("Fwd: Re: Hat", "Re: Fwd: Re: Hat [#7]"),
        ("Hat\r\nBcc: x", "Re: Hat Bcc: x [#7]"),
        ("Rendezvous: noon", "Re: Rendezvous: noon [#7]"),
        ("[[#1]#2]", "Re: [#7]"),
        ("", "Re: [#7]"),
        (None, "Re: [#7]"),
    ],
)
def test_subjects_of_replies(subject: str | None, answered: str) -> None:
    assert reply_subject(subject, 7) == answered


@given(st.text(), st.integers(1, 2**63 - 1))
def test_a_reply_to_a_reply_has_the_same_subject(subject: str, ticket_id: int) -> None:
    answered = reply_subject(subject, ticket_id)
    assert reply_subject(answered, ticket_id) == answered
    assert ticket_number_in(answered) == ticket_id


@given(st.text(), st.text())
def test_message_ids_are_valid_and_belong_to_their_text(one: str, other: str) -> None:
    ids = [new_message_id("Münster.example", text) for text in (one, other)]
    assert arrived(outgoing(message_id=ids[0])).message_id == ids[0] == new_message_id("münster.example", one)
    assert ids[0].endswith("@xn--mnster-3ya.example")
    assert (ids[0] == ids[1]) is (one == other)


def test_message_ids_keep_a_text_that_can_stand_in_one() -> None:
    assert new_message_id("shop.example", "ticket-7.message-12") == "ticket-7.message-12@shop.example"
    for domain in ("", "a b", "a..b", "x" * 64, "evil>\r\nBcc: x", ".".join(["x" * 60] * 4)):
        with pytest.raises(ValueError, match="is no domain"):
            new_message_id(domain, "x")


LOCALS = ["anna", "a.b+c", "a..b", ".a.", "o'neil", '"a b"', '"a\\"\\\\b"', "{x}", "jürgen", "a=?b?="]
DOMAINS = ["b.example", "x", "münster.example", "B.Example"]
ADDRESSES = st.tuples(st.sampled_from(LOCALS), st.sampled_from(DOMAINS)).map("@".join)
# A name that stands in single quotes loses them when read: Outlook puts them there.
NAMES = st.one_of(st.text(max_size=80), st.text("aü ,;:<>@\"'()\\=?_-.", max_size=250), st.just(LONG_NAME)).filter(
    lambda name: "'" not in clean_line(name, 200)[:1]
)
PEOPLE = st.lists(st.tuples(NAMES, ADDRESSES), max_size=4)
IDS = st.lists(st.from_regex(r"[!-;=?-~]{1,40}@[a-z.-]{1,80}", fullmatch=True), max_size=18, unique=True)
KINDS = st.sampled_from(["a/b", "text/plain", "image/png"])
FILES = st.lists(st.tuples(st.text(max_size=150), KINDS, st.binary()), max_size=3)
LINES = st.sampled_from([".", "From x", "--cut", "=3D", " ", "x\r", "ü" * 90, "y" * 1200])
BODIES = st.one_of(st.text(), st.lists(LINES).map("\n".join))


@given(NAMES, ADDRESSES, PEOPLE, PEOPLE, st.text(), BODIES, IDS, FILES)
@settings(max_examples=150, deadline=None)
def test_whatever_is_written_is_read_again(
    name: str, address: str, to: list[tuple[str, str]], cc: list[tuple[str, str]], subject: str, body: str,
    ids: list[str], files: list[tuple[str, str, bytes]],
) -> None:  # fmt: skip
    mail = outgoing(
        from_name=name, from_address=address, to=[("Anna", address), *to], cc=cc, subject=subject, body_text=body,
        references=ids, attachments=[OutgoingAttachment(*file) for file in files],
    )  # fmt: skip
    read = parse(bytes(compose(mail)))
    assert_storable(read)
    assert (read.sender_name, read.sender_address) == (clean_line(name, 200), valid_address(address))
    assert list(read.to) == _known([("Anna", address), *to])
    assert list(read.cc) == _known(cc)
    assert read.subject == (clean_line(subject) or None)
    assert read.body_text == clean_text(body).strip("\n").rstrip()
    assert list(read.references) == ids
    assert [(file.name, file.content_type, file.content) for file in read.attachments] == [
        (safe_file_name(given_name, kind), kind, content) for given_name, kind, content in files
    ]
    assert read.date == mail.date
    assert not read.is_automatic


def _known(people: Sequence[tuple[str, str]]) -> list[tuple[str, str | None]]:
    return [(clean_line(name, 200), valid_address(address)) for name, address in people]
