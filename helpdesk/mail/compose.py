"""Writes the mail that goes out, so that every mail program reads it as it was meant."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal

from helpdesk.mail.addresses import ascii_domain, valid_address
from helpdesk.mail.charsets import clean_line, clean_text
from helpdesk.mail.files import safe_file_name

__all__ = ["OutgoingAttachment", "OutgoingMail", "compose", "new_message_id", "reply_subject"]

_MOST_REFERENCES = 20
_LONGEST_ID = 255
_LONGEST_SUBJECT = 998
_LONGEST_NAME = 200
_WIDTH = 76
_ID = re.compile(r"[!-;=?-~]+")
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")
_DOT_ATOM = re.compile(r"""[^\s()<>@,;:\\".\[\]]+(?:\.[^\s()<>@,;:\\".\[\]]+)*""")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_SAFE_UNIQUE = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_LONGEST_UNIQUE = 64
_ANSWERED = re.compile(r"(?:re|aw|antw|antwort|sv|réf|rép)\s*(?:\[\d+\])?\s*:\s*", re.IGNORECASE)
_MARKER = re.compile(r"\s*\[#\d+\]")

# The library's own folding loses the quotes of long names (CPython issue 80222) and encodes long ids in References and
# In-Reply-To, so that no program finds the thread again (100991): headers are folded here, and kept as they are.
_POLICY = SMTP.clone(refold_source="none")


@dataclass(frozen=True)
class OutgoingAttachment:
    """A file that goes out with a mail."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class OutgoingMail:
    """What a mail shall say. Ids are without their brackets, people are (name, address), a name may be empty.

    `auto_submitted` marks what no person sent (RFC 3834, 5). Without a `date` it is dated with the moment of composing.
    """

    from_name: str
    from_address: str
    to: Sequence[tuple[str, str]]
    subject: str
    body_text: str
    message_id: str
    cc: Sequence[tuple[str, str]] = ()
    reply_to: tuple[str, str] | None = None
    body_html: str | None = None
    in_reply_to: str | None = None
    references: Sequence[str] = ()
    auto_submitted: Literal["auto-replied", "auto-generated"] | None = None
    attachments: Sequence[OutgoingAttachment] = ()
    date: datetime | None = None


def compose(mail: OutgoingMail) -> EmailMessage:
    """The mail as RFC 5322 and MIME want it, in ASCII throughout unless an address itself needs RFC 6531.

    Line breaks and controls in names and subjects become spaces. Raises ValueError, with a sentence, for an address
    that is none (an address with a line break in it is none), for a message id that is none, and for nobody to send to.
    """
    if not mail.to and not mail.cc:
        raise ValueError("A mail needs somebody to go to.")
    head = "".join(_headers(mail)) + "\r\n"
    policy = _POLICY if head.isascii() else _POLICY.clone(utf8=True)
    message = message_from_bytes(head.encode("utf-8"), policy=policy)
    message.set_content(clean_text(mail.body_text), charset="utf-8", cte="quoted-printable")
    if mail.body_html is not None:
        html = clean_text(mail.body_html)
        message.add_alternative(html, subtype="html", charset="utf-8", cte="quoted-printable")
    for file in mail.attachments:
        maintype, _, subtype = _sendable_type(file.content_type).partition("/")
        name = safe_file_name(file.name, file.content_type)
        message.add_attachment(file.content, maintype=maintype, subtype=subtype, filename=name)
    return message


def reply_subject(subject: str | None, ticket_id: int) -> str:
    """`Re: subject [#id]`, with that prefix and that marker exactly once, however often it was answered before."""
    words = clean_line(subject or "")
    before = ""
    while words != before:
        before = words
        words = _MARKER.sub("", words).strip()
        if answered := _ANSWERED.match(words):
            words = words[answered.end() :]
    marker = f"[#{ticket_id}]"
    return " ".join(f"Re: {words[: _LONGEST_SUBJECT - len(marker) - 5]} {marker}".split())


def new_message_id(account_domain: str, unique: str) -> str:
    """The message id (without brackets) that belongs to `unique` in that domain: the same for the same arguments.

    Texts that can't stand in an id are replaced by their SHA-256. Raises ValueError for a domain that is none.
    """
    domain = ascii_domain(account_domain)
    if domain is None or len(domain) >= _LONGEST_ID - _LONGEST_UNIQUE:
        raise ValueError(f"{clean_line(account_domain, 100)!r} is no domain a message id can end in.")
    if _SAFE_UNIQUE.fullmatch(unique) and len(unique) < _LONGEST_UNIQUE:
        return f"{unique}@{domain}"
    return f"{hashlib.sha256(unique.encode('utf-8', 'surrogatepass')).hexdigest()}@{domain}"


def _headers(mail: OutgoingMail) -> Iterable[str]:
    yield _folded("From", _mailbox_words([(mail.from_name, mail.from_address)]))
    yield _folded("To", _mailbox_words(mail.to) or ["undisclosed-recipients:;"])
    if mail.cc:
        yield _folded("Cc", _mailbox_words(mail.cc))
    if mail.reply_to:
        yield _folded("Reply-To", _mailbox_words([mail.reply_to]))
    yield _folded("Subject", _text_words(clean_line(mail.subject, _LONGEST_SUBJECT)))
    yield _folded("Date", [format_datetime((mail.date or datetime.now(UTC)).astimezone(UTC))])
    yield _folded("Message-ID", [_required_id(mail.message_id)])
    answered = _known_ids([mail.in_reply_to or ""])
    if answered:
        yield _folded("In-Reply-To", answered)
    if thread := _thread(mail, answered):
        yield _folded("References", thread)
    if mail.auto_submitted:
        yield _folded("Auto-Submitted", [mail.auto_submitted])
        yield _folded("X-Auto-Response-Suppress", ["OOF,", "AutoReply"])  # Exchange knows only this one


def _thread(mail: OutgoingMail, answered: list[str]) -> list[str]:
    """The ids of References (RFC 5322, 3.6.4), ending in the mail that is answered; of a long thread, its two ends."""
    ids = [identifier for identifier in _known_ids(mail.references) if identifier not in answered] + answered
    return ids if len(ids) <= _MOST_REFERENCES else [ids[0], *ids[1 - _MOST_REFERENCES :]]


def _known_ids(ids: Iterable[str]) -> list[str]:
    bare = (identifier.strip().removeprefix("<").removesuffix(">") for identifier in ids)
    return [f"<{identifier}>" for identifier in dict.fromkeys(bare) if _is_id(identifier)]


def _required_id(identifier: str) -> str:
    ids = _known_ids([identifier])
    if not ids:
        raise ValueError(f"{clean_line(identifier, 100)!r} is no message id.")
    return ids[0]


def _is_id(identifier: str) -> bool:
    return bool(_ID.fullmatch(identifier)) and len(identifier) <= _LONGEST_ID


def _mailbox_words(people: Iterable[tuple[str, str]]) -> list[str]:
    words: list[str] = []
    for name, address in people:
        known = None if clean_line(address) != address.strip() else valid_address(address)
        if known is None:
            raise ValueError(f"{clean_line(address, 100)!r} is no e-mail address.")
        words += [*_name_words(clean_line(name, _LONGEST_NAME)), f"<{_written(known)}>,"]
    return [*words[:-1], words[-1].removesuffix(",")] if words else []


def _written(address: str) -> str:
    """Local parts such as `a..b` exist, and must be quoted to be correct."""
    local, _, domain = address.rpartition("@")
    if _DOT_ATOM.fullmatch(local) or local.startswith('"'):
        return address
    return f'"{local}"@{domain}'


def _name_words(name: str) -> list[str]:
    if not name:
        return []
    if not name.isascii() or "=?" in name:
        return _encoded_words(name)
    if _PLAIN_NAME.fullmatch(name):
        return name.split(" ")
    return ['"' + re.sub(r'(["\\])', r"\\\1", name) + '"']


def _text_words(text: str) -> list[str]:
    words = text.split(" ")
    is_plain = text.isascii() and "=?" not in text and all(len(word) <= _WIDTH for word in words)
    return words if is_plain else _encoded_words(text)


def _encoded_words(text: str) -> list[str]:
    return Header(text, "utf-8", maxlinelen=_WIDTH - 1).encode(linesep="\n").split()


def _folded(name: str, words: Iterable[str]) -> str:
    """The header, broken between words wherever a line would grow longer than `_WIDTH`."""
    lines = [f"{name}:"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > _WIDTH and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines) + "\r\n"


def _sendable_type(content_type: str) -> str:
    """Types that may not be sent in base64 (RFC 2046, 5) or are none go as plain bytes."""
    known = content_type.strip().lower()
    if _TYPE.fullmatch(known) and not known.startswith(("message/", "multipart/")):
        return known
    return "application/octet-stream"
