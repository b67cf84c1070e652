"""What the tests of mail share: writing raw mails by hand, CPython's own awkward ones, and what always must hold."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import pytest

from helpdesk.mail.parse import IncomingMail

MULTIPART = 'Content-Type: multipart/{}; boundary="cut"'


def raw_mail(*headers: str, body: str | bytes = "") -> bytes:
    """A mail from a customer with these headers, as it comes over the wire."""
    head = "\r\n".join(["From: Anna Berg <anna@customer.example>", "To: desk@shop.example", *headers, "", ""])
    content = body.encode() if isinstance(body, str) else body
    return head.encode() + content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def multipart(kind: str, *parts: str | bytes, headers: tuple[str, ...] = ()) -> bytes:
    """A mail of several parts, each written with its headers, a blank line and its body."""
    pieces = [part.encode() if isinstance(part, str) else part for part in parts]
    body = b"".join(b"--cut\n" + piece + b"\n" for piece in pieces) + b"--cut--\n"
    return raw_mail(*headers, MULTIPART.format(kind), body=body)


def library_mails() -> dict[str, bytes]:
    """Every file that CPython tests its own mail package with; without them the test fails and never skips."""
    try:
        folder = files("test.test_email") / "data"
        found = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    except (ImportError, OSError):
        found = {}
    if len([name for name in found if name.startswith("msg_")]) < 40:
        pytest.fail(
            "This Python lacks the mails of its own test suite (test.test_email.data), on which the desk's mail is"
            " tried. Install them: on Debian and Ubuntu they are in the package libpython3-testsuite."
        )
    return found


def assert_storable(mail: IncomingMail) -> None:
    """Whatever came in, the database takes it: valid UTF-8, no NUL, one-line fields in one line, sizes kept."""
    for text in _strings(mail):
        text.encode("utf-8")
        assert "\x00" not in text
    for name in ("sender_name", "sender_address", "subject", "message_id"):
        value = getattr(mail, name)
        assert value is None or len(value.splitlines()) <= 1
    assert mail.subject is None or 0 < len(mail.subject) <= 998
    assert mail.message_id is None or 0 < len(mail.message_id) <= 255
    assert mail.sender_address is None or mail.sender_address == mail.sender_address.lower()
    assert mail.ticket_number is None or 1 <= mail.ticket_number < 2**63
    assert mail.date is None or mail.date.utcoffset() == datetime.now(UTC).utcoffset()
    for attachment in mail.attachments:
        assert attachment.name
        assert not set(attachment.name) & set('/\\:\r\n\t"')
        assert not attachment.name.startswith(".")
        assert attachment.content_type.count("/") == 1


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _strings(getattr(value, field.name))
    elif isinstance(value, dict):
        yield from _strings(tuple(value.items()))
    elif isinstance(value, tuple):
        for item in value:
            yield from _strings(item)
