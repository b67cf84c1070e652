"""Broken, huge and hostile mails: all of them are read, none of them raises, nothing of them is lost."""

import base64
import logging
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.mail import parse as parse_module
from helpdesk.mail.body import LONGEST_TEXT
from helpdesk.mail.mime import DEEPEST, MOST_PARTS
from helpdesk.mail.parse import IncomingMail, parse
from tests.helpdesk.mail.mails import assert_storable, library_mails, multipart, raw_mail

PLAIN = "Content-Type: text/plain"
HTML = "Content-Type: text/html"
SEEDS = [
    raw_mail("Subject: =?utf-8?q?a=C3=BC?=", "Message-ID: <a@b>", f"{PLAIN}; charset=utf-8", body="ü"),
    multipart("alternative", f"{PLAIN}; format=flowed\n\na \nb", f"{HTML}\n\n<p>a<b>c"),
    multipart("mixed", "Content-Type: message/rfc822\n\nSubject: x\n\ny", "Content-Disposition: x; filename*=a''b\n\n"),
    multipart("related", f"{HTML}\n\n<img src=cid:a>", "Content-ID: <a>\nContent-Type: image/png\n\nx"),
    raw_mail(f"{HTML}; charset=gb2312", "Content-Transfer-Encoding: base64", body="PGI+xOO6wzwvYj4="),
    raw_mail("In-Reply-To: <a@b>", body="Yes\n\nOn Mon, 1 Jan 2024 at 10:00, a <a@b> wrote:\n> x\n-- \nsig"),
]
SPLICES = [
    b"\x00", b"\xff", b"\r", b"\n", b"\r\n\r\n", b"=?", b"?=", b'"', b"<", b">", b"(", b";", b"%", b"*", b"=", b":",
    b" ", b"\t", b"@", b"--cut", b"--cut--", b"\xe2\x82", b"\x1b$B", b"\xed\xa0\x80", b"&#xD800;", b"charset=",
    b"boundary=", b"utf-7", b"idna", b"9" * 30, b"[#1]", b"base64", b"quoted-printable", b"message/rfc822",
    b"From ", b"Subject: ", b"Content-Type: multipart/mixed", b"Content-Type: text/html",
]  # fmt: skip
MIXTURES = st.lists(st.one_of(st.sampled_from(SPLICES), st.binary(max_size=9)))
WOUNDS = st.lists(st.tuples(st.integers(0, 600), st.integers(0, 9), st.sampled_from(SPLICES)), max_size=6)


@pytest.fixture(autouse=True)
def a_defect_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """`parse` hands over an unread mail when the reading raises; here the raising itself is to be seen."""
    monkeypatch.setattr(parse_module, "_unread", _no_excuse)


def _no_excuse(raw: bytes) -> IncomingMail:
    raise AssertionError(f"A mail of {len(raw)} bytes could not be read.")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        (b"\r\n\r\n", ""),
        (b"\x00" * 100, ""),
        (b"just words", "just words"),
        (b"\r\n\r\nSubject: after blank lines\r\n\r\nwords", "words"),
        (b"\xef\xbb\xbfSubject: after a byte order mark\r\n\r\nwords", "words"),
        (b"From anna Mon May  6 10:00:00 2024\nSubject: of a mailbox file\n\nwords", "words"),
        (b"Subject: no blank line\nthese are words", "these are words"),
        (b"Subject: bare returns\rX: y\r\rwords\rmore", "words\nmore"),
        (b": no name\n\nwords", ": no name\n\nwords"),
        (b"Subject : space before the colon\n\nwords", "words"),
        (b"Subject: x\x00y\n\nwor\x00ds \xed\xa0\x80", "words í\xa0€"),
        (b"Content-Type: multipart/mixed\n\nno boundary at all", "no boundary at all"),
        (b'Content-Type: multipart/mixed; boundary=""\n\n--\n\nwords', "--\n\nwords"),
        (b"Content-Type: multipart/mixed; boundary=a\n\n--b\nContent-Type: text/plain\n\nwords\n--b--", "words"),
        (b"Content-Type: multipart/mixed; boundary=a\n\npreamble\n--a\n\nno end", "no end"),
        (b"Content-Type: multipart/mixed; boundary=a\n\n--a--\n\nepilogue", "--a--\n\nepilogue"),
        (b"Content-Type: multipart/mixed; boundary=a\n\n--a\n--a\n\nwords\n--a--", "words"),
        (b"Content-Type: text/plain; charset*=''; charset*0*=%\n\nwords", "words"),
        (b'Content-Type: /;;=="\n\nwords', "words"),
        (b"Content-Transfer-Encoding: base64\n\n====", ""),
    ],
)
def test_broken_mails_say_what_they_can(raw: bytes, text: str) -> None:
    mail = parse(raw)
    assert mail.body_text == text
    assert_storable(mail)


def test_header_lines_without_end() -> None:
    for head in (b"Subject: " + b"x" * 3_000_000, b"X: y\n" * 200_000, b"To: " + b"a@b.example," * 100_000):
        mail = parse(head + b"\nMessage-ID: <a@b>\n\nwords")
        assert_storable(mail)
        assert len(mail.to) < 5000


def test_deeply_nested_parts_are_kept_unread() -> None:
    levels = (f'Content-Type: multipart/mixed; boundary="b{n}"\n\nx\n--b{n}\n'.encode() for n in range(5000))
    mail = parse(b"".join(levels) + b"\nsecret words")
    assert DEEPEST < 5000
    assert len(mail.attachments) == 1
    assert b"secret words" in mail.attachments[0].content


def test_of_too_many_parts_the_rest_stays_together() -> None:
    mail = parse(multipart("mixed", *(f"Content-Type: x/y\n\npart {number}." for number in range(5000))))
    assert len(mail.attachments) == MOST_PARTS
    assert mail.attachments[-1].name == "rest-of-the-mail.txt"
    assert b"part 98.\r\n--cut" not in mail.attachments[-1].content
    assert b"part 99.\r\n--cut" in mail.attachments[-1].content
    assert b"part 4999." in mail.attachments[-1].content


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_text_longer_than_anybody_reads_is_cut_and_attached_whole(kind: str) -> None:
    mail = parse(raw_mail(f"Content-Type: text/{kind}", body="long words " * 100_000))
    assert len(mail.body_text) <= LONGEST_TEXT
    assert len(mail.stripped_text) <= LONGEST_TEXT
    assert [len(file.content) for file in mail.attachments] == [1_100_000]


def test_a_large_attachment() -> None:
    content = random.Random(1).randbytes(18_000_000)
    encoded = base64.encodebytes(content)
    assert len(encoded) > 24_000_000
    mail = parse(
        multipart("mixed", "\nwords", b"Content-Type: x/y; name=big\nContent-Transfer-Encoding: base64\n\n" + encoded)
    )
    assert mail.body_text == "words"
    assert [file.content == content for file in mail.attachments] == [True]


def test_every_mail_of_the_library_s_own_tests_is_read() -> None:
    mails = {name: parse(raw) for name, raw in library_mails().items()}
    for mail in mails.values():
        assert_storable(mail)
    assert mails["msg_01.txt"].message_id == "15090.61304.110929.45684@aaa.zzz.org"
    assert [file.name for file in mails["msg_07.txt"].attachments] == ["dingusfish.gif"]
    assert mails["msg_10.txt"].body_text.count("encoded message") == 4
    assert mails["msg_16.txt"].is_automatic
    assert mails["msg_31.txt"].body_text == "message 1\n\nmessage 2"
    assert mails["msg_35.txt"].body_text == "counter to RFC 2822, there's no separating newline here"
    assert [file.name for file in mails["msg_46.txt"].attachments] == ["GroupwiseForwardingTest.eml"]


def test_every_mail_of_the_library_s_own_tests_is_read_with_wounds() -> None:
    chance = random.Random(20240506)
    for raw in library_mails().values():
        for _ in range(6):
            assert_storable(parse(_wounded(raw[:20_000], chance)))


def _wounded(raw: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 8)):
        start = chance.randrange(len(raw) + 1)
        end = chance.choice([start, start + 1, start + chance.randrange(60)])
        raw = raw[:start] + chance.choice([b"", *SPLICES, raw[end : end + 50]]) + raw[end:]
    return raw


@given(st.binary(max_size=2000))
@settings(max_examples=150, deadline=None)
def test_no_bytes_raise(raw: bytes) -> None:
    assert_storable(parse(raw))


@given(MIXTURES)
@settings(max_examples=200, deadline=None)
def test_no_mixture_of_what_mails_are_made_of_raises(pieces: list[bytes]) -> None:
    assert_storable(parse(b"".join(pieces)))


@given(st.sampled_from(SEEDS), WOUNDS)
@settings(max_examples=300, deadline=None)
def test_no_wounded_mail_raises(raw: bytes, splices: list[tuple[int, int, bytes]]) -> None:
    for start, length, splice in splices:
        raw = raw[:start] + splice + raw[start + length :]
    assert_storable(parse(raw))


def test_even_a_defect_of_ours_costs_nobody_their_mail(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.undo()

    def defect(part: object) -> object:
        raise RecursionError("as an example")

    monkeypatch.setattr(parse_module, "read_body", defect)
    with caplog.at_level(logging.ERROR):
        mail = parse(b"Subject: x\x00\r\n\r\nwords")
    assert mail.body_text == "Subject: x\n\nwords"
    assert [(file.name, file.content) for file in mail.attachments] == [("message.eml", b"Subject: x\x00\r\n\r\nwords")]
    assert "could not be read" in caplog.text
    assert_storable(mail)
