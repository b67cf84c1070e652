"""Files that come with a mail: their names, their kinds, and mails inside mails."""

import pytest

from helpdesk.mail.files import safe_file_name
from helpdesk.mail.parse import parse
from tests.helpdesk.mail.mails import assert_storable, multipart, raw_mail


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ("Content-Disposition: attachment; filename=bill.pdf", "bill.pdf"),
        ("Content-Type: application/pdf; name=bill.pdf", "bill.pdf"),
        (
            'Content-Disposition: attachment; filename="=?utf-8?q?Rechnung_f=C3=BCr_Anna=2Epdf?="',
            "Rechnung für Anna.pdf",
        ),
        ("Content-Disposition: attachment; filename*=utf-8''gr%C3%BCn.pdf; filename=plain.pdf", "grün.pdf"),
        ("Content-Disposition: attachment; filename*=iso-8859-1'de'gr%FCn.pdf", "grün.pdf"),
        ("Content-Disposition: attachment; filename*=x-none''gr%C3%BCn.pdf", "grün.pdf"),
        (
            "Content-Disposition: attachment; filename*0=one-; filename*1=two-; filename*2=three.pdf",
            "one-two-three.pdf",
        ),
        ("Content-Disposition: attachment; filename*0*=utf-8''gr%C3; filename*1*=%BCn.pdf", "grün.pdf"),
        ("Content-Disposition: attachment; filename=grün.pdf", "grün.pdf"),
        ('Content-Disposition: attachment; filename="../../etc/passwd"', "passwd"),
        ('Content-Disposition: attachment; filename="C:\\\\Users\\\\anna\\\\bill.pdf"', "bill.pdf"),
        ('Content-Disposition: attachment; filename=".htaccess"', "htaccess"),
        ('Content-Disposition: attachment; filename="con.txt"', "_con.txt"),
        ('Content-Disposition: attachment; filename="a\u202efdp.exe"', "afdp.exe"),
        ('Content-Disposition: attachment; filename="a<b>:c|d?.pdf"', "a_b__c_d_.pdf"),
        ('Content-Disposition: attachment; filename=".."\nContent-Type: application/pdf', "attachment.pdf"),
        (f'Content-Disposition: attachment; filename="{"x" * 300}.pdf"', "x" * 116 + ".pdf"),
        (f'Content-Disposition: attachment; filename="{"x" * 300}"', "x" * 120),
        ("Content-Type: image/jpeg", "attachment.jpg"),
        ("Content-Type: x/y", "attachment.bin"),
        ("Content-Disposition: attachment\nContent-Type: nonsense", "attachment.txt"),
        ("Content-Disposition: attachment; filename*" + "9" * 5000 + "*=x", "attachment.txt"),
        ("Content-Type: application/ms-tnef; name=winmail.dat", "winmail.dat"),
        ("Content-Type: text/calendar; method=REQUEST", "attachment.ics"),
    ],
)
def test_names_are_read_in_every_writing_and_made_safe(headers: str, name: str) -> None:
    mail = parse(multipart("mixed", f"{headers}\n\ncontent"))
    assert [(file.name, file.content) for file in mail.attachments] == [(name, b"content")]
    assert_storable(mail)


def test_a_safe_name_stays_as_it_is() -> None:
    for name in ("bill.pdf", "a.b.tar.gz", "Größe (2).png", "x" * 120, "_con.txt"):
        assert safe_file_name(name, "application/pdf") == name


def test_a_mail_inside_the_mail_is_a_file_named_after_its_subject() -> None:
    inner = b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe/hi?=\r\nFrom: x@y.example\r\n\r\ninner words"
    mail = parse(multipart("mixed", "\nouter words", b"Content-Type: message/rfc822\n\n" + inner))
    assert mail.body_text == "outer words"
    assert [(file.name, file.content_type, file.content) for file in mail.attachments] == [
        ("Grüße_hi.eml", "message/rfc822", inner)
    ]


def test_the_mails_of_a_digest_are_mails() -> None:
    mail = parse(multipart("digest", "\nSubject: one\n\n1", "\nFrom: x@y.example\n\n2"))
    assert [file.name for file in mail.attachments] == ["one.eml", "message.eml"]


def test_a_signature_of_cryptography_is_a_file_beside_the_signed_words() -> None:
    mail = parse(multipart("signed", "\nsigned words", "Content-Type: application/pgp-signature; name=s.asc\n\nPGP"))
    assert mail.body_text == "signed words"
    assert [file.name for file in mail.attachments] == ["s.asc"]


def test_a_text_that_is_sent_as_a_file_is_a_file() -> None:
    attached = "Content-Type: text/plain\nContent-Disposition: attachment; filename=log.txt\n\nlog"
    named = "Content-Type: text/html; name=page.html\n\n<b>page</b>"
    mail = parse(multipart("mixed", "\nwords", attached, named))
    assert (mail.body_text, mail.body_html) == ("words", None)
    files = [(file.name, file.content) for file in mail.attachments]
    assert files == [("log.txt", b"log"), ("page.html", b"<b>page</b>")]


def test_a_mail_that_is_nothing_but_a_file() -> None:
    mail = parse(raw_mail("Content-Type: application/pdf; name=scan.pdf", body=b"%PDF"))
    assert (mail.body_text, mail.body_html, mail.stripped_text) == ("", None, "")
    assert [(file.name, file.content) for file in mail.attachments] == [("scan.pdf", b"%PDF")]


def test_words_written_once_more_for_clever_programs_are_not_shown_twice() -> None:
    parts = ("Content-Type: text/plain\n\nwords", "Content-Type: text/x-amp-html\n\n<html amp4email>words")
    mail = parse(multipart("alternative", *parts))
    assert (mail.body_text, mail.attachments) == ("words", ())
