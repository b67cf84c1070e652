"""A customer's mail is read: who wrote it, what it says, what it answers, what came with it."""

import base64
from datetime import UTC, datetime

import pytest

from helpdesk.mail.parse import IncomingMail, Mailbox, parse
from tests.helpdesk.mail.mails import assert_storable, multipart, raw_mail

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(40)
PNG_BASE64 = base64.b64encode(PNG).decode()


def read(*headers: str, body: str | bytes = "") -> IncomingMail:
    mail = parse(raw_mail(*headers, body=body))
    assert_storable(mail)
    return mail


def test_a_customer_asks_something() -> None:
    mail = read(
        "Cc: Shop <shop@shop.example>, boss@customer.example",
        "Reply-To: Anna at home <anna@home.example>",
        "Subject: Where is my =?utf-8?q?gr=C3=BCner?= hat?",
        "Date: Mon, 6 May 2024 10:30:00 +0200",
        "Message-ID: <abc-1@customer.example>",
        "X-Secret: is not kept",
        "Content-Type: text/plain; charset=utf-8",
        body="I ordered it a week ago. Größe 57.\n\nAnna\n",
    )
    assert mail == IncomingMail(
        sender_name="Anna Berg",
        sender_address="anna@customer.example",
        reply_to=Mailbox("Anna at home", "anna@home.example"),
        to=(Mailbox("", "desk@shop.example"),),
        cc=(Mailbox("Shop", "shop@shop.example"), Mailbox("", "boss@customer.example")),
        subject="Where is my grüner hat?",
        message_id="abc-1@customer.example",
        body_text="I ordered it a week ago. Größe 57.\n\nAnna",
        stripped_text="I ordered it a week ago. Größe 57.\n\nAnna",
        date=datetime(2024, 5, 6, 8, 30, tzinfo=UTC),
        headers=mail.headers,
    )
    assert mail.headers["message-id"] == "<abc-1@customer.example>"
    assert "x-secret" not in mail.headers


def test_the_customer_answers_and_the_thread_is_known() -> None:
    mail = read(
        "Subject: AW: Your hat [#4213]",
        "In-Reply-To: <two@shop.example>",
        "References: <one@shop.example>\r\n <two@sh\r\n op.example> <one@shop.example> <" + "x" * 300 + "@a.example>",
        body="It came!\n\nAm 06.05.24 um 12:00 schrieb Desk:\n> Did it come?\n",
    )
    assert mail.in_reply_to == ("two@shop.example",)
    assert mail.references == ("one@shop.example", "two@shop.example")
    assert mail.ticket_number == 4213
    assert mail.stripped_text == "It came!"
    assert "Did it come?" in mail.body_text


def test_a_forwarded_mail_is_content_and_not_history() -> None:
    body = "See below\n\nFrom: x@y.example\nSent: Monday\nTo: me\nSubject: Hat\n\nThe hat was sold."
    assert read("Subject: Fwd: Hat", body=body).stripped_text == body
    assert read("Subject: Re: Hat", body=body).stripped_text == "See below"


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        ("Re: hat [#1]", 1),
        ("Re: hat [#9223372036854775807]", 2**63 - 1),
        ("Re: hat [#9223372036854775808]", None),
        ("Re: [#7] hat [#99999999999999999999999]", 7),
        ("Re: [#7] hat [#8]", 8),
        ("[#0] [#-1] [# 5] #5 [#x] [#٣]", None),
        ("hat", None),
    ],
)
def test_the_ticket_number_of_a_subject(subject: str, number: int | None) -> None:
    assert read(f"Subject: {subject}").ticket_number == number


@pytest.mark.parametrize(
    ("header", "name", "address"),
    [
        ('"Berg, Anna" <A@B.Example>', "Berg, Anna", "a@b.example"),
        ("Berg, Anna <a@b.example>", "Berg, Anna", "a@b.example"),
        ("a@b.example (Anna (home) Berg)", "Anna (home) Berg", "a@b.example"),
        ("=?iso-8859-1?Q?M=FCller=2C?= Hans <a@b.example>", "Müller, Hans", "a@b.example"),
        ('"=?utf-8?B?TcO8bGxlcg==?=" <a@b.example>', "Müller", "a@b.example"),
        ("=?utf-8?b?4oI=?= =?utf-8?b?rA==?= <a@b.example>", "€", "a@b.example"),
        ("=?utf-8?Q?Müller,_Hans?= <a@b.example>", "Müller, Hans", "a@b.example"),
        ("=?x-nonsense?q?Anna?= <a@b.example>", "Anna", "a@b.example"),
        ("=?utf-8?q?Anna=0D=0ABcc=3A_x=00?= <a@b.example>", "Anna Bcc: x", "a@b.example"),
        ("Anna a@b.example", "Anna", "a@b.example"),
        ("Anna <a@b.example", "Anna", "a@b.example"),
        ('"a@b.example" <evil@x.example>', "a@b.example", "evil@x.example"),
        ('"\\"Anna\\"" <"a b"@b.example>', '"Anna"', '"a b"@b.example'),
        ("Shop: a@b.example, c@d.example;", "", "a@b.example"),
        ("nobody, a..b@docomo.example", "", "a..b@docomo.example"),
        ("jürgen@Münster.example", "", "jürgen@xn--mnster-3ya.example"),
        ("a@straße.example", "", "a@xn--strae-oqa.example"),
        ("Anna", "", None),
        ("", "", None),
        ("a@b@c.example", "", None),
        ("a@b.example)c@d.example", "", None),
        ("<a@-b-.example>", "", None),
        (f"<{'a' * 250}@b.example>", "", None),
    ],
)
def test_whoever_writes_is_read_however_they_write_it(header: str, name: str, address: str | None) -> None:
    mail = parse(f"From: {header}\r\n\r\nHello".encode())
    assert (mail.sender_name, mail.sender_address) == (name, address)
    assert_storable(mail)


def test_a_from_that_is_useless_leaves_the_sender_header() -> None:
    mail = parse(b"From: The management\r\nSender: Office <office@b.example>\r\n\r\nHello")
    assert (mail.sender_name, mail.sender_address) == ("Office", "office@b.example")


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("=?utf-8?q?caf=C3=A9?=", "café"),
        ("=?utf-8?Q?with space?=", "with space"),
        ("=?UTF-8*de?B?R3LDvMOfZQ?=", "Grüße"),
        ("a =?utf-8?q?b?= =?utf-8?q?c?= d", "a bc d"),
        ("=?gb2312?b?xOO6ww==?=", "你好"),
        ("=?utf-8?b?!!!?= left", "left"),
        ("=?utf-8?q?never ends", "=?utf-8?q?never ends"),
        ("tab\tand\r\n  fold", "tab and fold"),
        ("=?utf-8?q?a=0Ab=E2=80=AEc=00?=", "a bc"),
        ("=?utf-7?q?+2AA-?=", "\ufffd"),
        ("x" * 2000, "x" * 998),
        ("   ", None),
    ],
)
def test_subjects(written: str, read_as: str | None) -> None:
    assert read(f"Subject: {written}").subject == read_as


@pytest.mark.parametrize(
    ("raw", "read_as"),
    [("Grüße €".encode(), "Grüße €"), ("Grüße €".encode("cp1252"), "Grüße €"), ("こ".encode("iso2022_jp"), "こ")],
)
def test_headers_and_bodies_without_any_charset(raw: bytes, read_as: str) -> None:
    mail = parse(b"Subject: " + raw + b"\r\n\r\n" + raw)
    assert (mail.subject, mail.body_text) == (read_as, read_as)


@pytest.mark.parametrize(
    ("charset", "content", "text"),
    [
        ("utf-8", "Grüße".encode(), "Grüße"),
        ('"UTF8"', "Grüße".encode(), "Grüße"),
        ("utf8mb4", "Grüße 🎩".encode(), "Grüße 🎩"),
        ("iso-8859-1", b"\x93Gr\xfc\xdfe\x94", "“Grüße”"),
        ("us-ascii", "Grüße".encode(), "Grüße"),
        ("x-unknown", b"Gr\xfc\xdfe", "Grüße"),
        ("windows1252", b"Gr\xfc\xdfe", "Grüße"),
        ("cp-850", b"Gr\x81\xe1e", "Grüße"),
        ("iso88592", b"\xb1", "ą"),
        ("gb2312", "你好镕".encode("gb18030"), "你好镕"),
        ("ks_c_5601-1987", "안녕똠".encode("cp949"), "안녕똠"),
        ("Shift_JIS", "①".encode("cp932"), "①"),
        ("iso-2022-jp", "こんにちは".encode("iso2022_jp"), "こんにちは"),
        ("iso-8859-8-i", "שלום".encode("iso-8859-8"), "שלום"),
        ("utf-16", "Grüße".encode("utf-16"), "Grüße"),
        ("utf-8", b"Gr\xfc\xdfe", "Grüße"),
        ("iso-2022-kr", "Grüße".encode(), "Grüße"),
        ("utf-8", "Grüße".encode() + b"\xe2\x82", "Grüße\ufffd"),
        ("utf-7", b"+2AA-a\x00b", "\ufffdab"),
        ("base64", "Grüße".encode(), "Grüße"),
        ("punycode", b"a-b", "a-b"),
        ("\x00", "Grüße".encode(), "Grüße"),
        ("9" * 5000, "Grüße".encode(), "Grüße"),
    ],
)
def test_charsets_as_senders_name_them(charset: str, content: bytes, text: str) -> None:
    assert read(f"Content-Type: text/plain; charset={charset}", body=content).body_text == text


@pytest.mark.parametrize(
    ("encoding", "content", "text"),
    [
        ("base64", base64.b64encode("Grüße".encode()), "Grüße"),
        ("base64", b"R3L\nDvM\nO fZ!Q", "Grüße"),
        ("BASE64 ", b"R3I=\nw7zDnw==\nZQ==", "Grüße"),
        ("base64", b"A", ""),
        ("quoted-printable", b"Gr=C3=BC=C3=9Fe=\n!", "Grüße!"),
        ("quoted-printable", b"50=% and =XY and =", "50=% and =XY and"),
        ("x-uuencode", b"begin 644 a\n'1W+#O,.?90``\n`\nend\n", "Grüße"),
        ("x-uuencode", b"no such thing", "no such thing"),
        ("nonsense", "Grüße".encode(), "Grüße"),
    ],
)
def test_transfer_encodings_also_broken_ones(encoding: str, content: bytes, text: str) -> None:
    mail = read(f"Content-Transfer-Encoding: {encoding}", "Content-Type: text/plain; charset=utf-8", body=content)
    assert mail.body_text == text


def test_flowed_lines_become_paragraphs_again() -> None:
    body = "This is one \nparagraph.\n> quoted \n> too\n  stuffed\n-- \nAnna"
    mail = read("Content-Type: text/plain; format=flowed", body=body)
    assert mail.body_text == "This is one paragraph.\n> quoted too\n stuffed\n-- \nAnna"
    assert read("Content-Type: text/plain; format=flowed; delsp=yes", body="long \nword").body_text == "longword"


@pytest.mark.parametrize(
    ("date", "read_as"),
    [
        ("Mon, 6 May 2024 10:30:00 +0200", datetime(2024, 5, 6, 8, 30, tzinfo=UTC)),
        ("Mon, 6 May 2024 10:30:00 -0000", datetime(2024, 5, 6, 10, 30, tzinfo=UTC)),
        ("6 May 2024 10:30 GMT (summer)", datetime(2024, 5, 6, 10, 30, tzinfo=UTC)),
        ("Fri, 31 Dec 9999 23:59:59 -1200", None),
        ("Mon, 32 May 2024 10:30:00 +9999999", None),
        ("yesterday", None),
    ],
)
def test_dates(date: str, read_as: datetime | None) -> None:
    assert read(f"Date: {date}").date == read_as


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: Auto-Generated (failure)",
        "Precedence: Bulk",
        "Precedence: auto_reply",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        "List-Id: Hats <hats.lists.example>",
        "Return-Path: <>",
        "Return-Path:",
        "Content-Type: multipart/report; boundary=cut",
        "X-Autoreply: yes",
    ],
)
def test_what_a_machine_sent_is_known_as_such(header: str) -> None:
    assert read(header, body="--cut\n\nI am away.\n--cut--").is_automatic


def test_people_are_no_machines() -> None:
    for header in ("Auto-Submitted: no", "Precedence: first-class", "Return-Path: <anna@customer.example>", "X: y"):
        assert not read(header).is_automatic
    assert parse(b"From: MAILER-DAEMON@mx.example\r\n\r\n").is_automatic


def test_of_a_text_and_its_html_twin_both_are_kept() -> None:
    mail = parse(
        multipart(
            "alternative", "Content-Type: text/plain\n\nHello *you*", "Content-Type: text/html\n\n<p>Hello <b>you</b>"
        )
    )
    assert (mail.body_text, mail.body_html) == ("Hello *you*", "<p>Hello <b>you</b></p>")
    assert mail.attachments == ()


def test_an_empty_text_twin_gives_way_to_the_html() -> None:
    mail = parse(multipart("alternative", "\n\n", "Content-Type: text/html\n\n<p>Hello</p>"))
    assert mail.body_text == "Hello"


def test_texts_around_an_attachment_are_one_text() -> None:
    mail = parse(
        multipart(
            "mixed",
            "Content-Type: text/plain\n\nBefore\n",
            'Content-Type: application/pdf; name="bill.pdf"\nContent-Transfer-Encoding: base64\n\nJVBERg==',
            "Content-Type: text/html\n\n<i>After</i>",
        )
    )
    assert mail.body_text == "Before\n\nAfter"
    assert mail.body_html == "<p>Before<br></p>\n<i>After</i>"
    assert [(file.name, file.content_type, file.content) for file in mail.attachments] == [
        ("bill.pdf", "application/pdf", b"%PDF")
    ]


def test_pictures_inside_the_text() -> None:
    picture = f"Content-Type: image/png\nContent-ID: <hat@1>\nContent-Transfer-Encoding: base64\n\n{PNG_BASE64}"
    unused = "Content-Type: image/png\nContent-ID: <unused>\nContent-Disposition: inline; filename=u.png\n\nx"
    html = f'Content-Type: text/html\n\n<img src="cid:hat@1"><img src="data:image/png;base64,{PNG_BASE64}">'
    mail = parse(multipart("related", html, picture, unused))
    assert mail.body_html == '<img src="cid:hat@1"><img src="cid:image-1@data">'
    assert [(file.name, file.content_id, file.inline) for file in mail.attachments] == [
        ("image-1.png", "image-1@data", True),
        ("attachment.png", "hat@1", True),
        ("u.png", "unused", False),
    ]
    assert [file.content for file in mail.attachments[:2]] == [PNG, PNG]
    assert_storable(mail)
