"""Reads what a mail's headers say about it: subject, ids, date, and whether a machine wrote it."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from helpdesk.mail.addresses import Mailbox, read_mailboxes
from helpdesk.mail.charsets import clean_line, decode_words
from helpdesk.mail.mime import Part

LONGEST_ID = 255
_LARGEST_TICKET_NUMBER = 2**63 - 1
_LONGEST_STORED = 2000
_MOST_REFERENCES = 200
_IN_BRACKETS = re.compile(r"<([^<>]*)>")
_ID = re.compile(r"[!-;=?-~]{1,255}")
_TICKET_NUMBER = re.compile(r"\[#([0-9]{1,19})\]")
_REPLY = re.compile(r"\s*(?:re|aw|antw|antwort|sv|réf|rép|odp)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_FORWARD = re.compile(r"\s*(?:fwd?|wg|tr|weitergeleitet|transféré)\s*:", re.IGNORECASE)
_MACHINES = re.compile(r"(?:mailer-daemon|postmaster|bounces?|listserv|majordomo|owner-.*|.*-owner|.*-request)@.*")
_AUTOMATIC_PRECEDENCES = {"bulk", "junk", "list", "auto_reply"}
_ONLY_MACHINES_SEND = (
    "list-id",
    "list-unsubscribe",
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply",
    "x-failed-recipients",
)
_STORED = (
    "from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references",
    "return-path", "auto-submitted", "precedence", "list-id", "x-mailer", "user-agent", "content-type",
    "authentication-results", "x-spam-flag", "x-spam-score", "x-spam-status",
)  # fmt: skip


def mailboxes(mail: Part, name: str) -> tuple[Mailbox, ...]:
    """Everybody named with a valid address in all headers of that name."""
    return tuple(mailbox for value in mail.headers.get(name, ()) for mailbox in read_mailboxes(value))


def sender_of(mail: Part) -> Mailbox | None:
    """Who wrote the mail: the first valid address of From, else of Sender (RFC 5322, 3.6.2)."""
    return next(iter(mailboxes(mail, "from") + mailboxes(mail, "sender")), None)


def subject_of(mail: Part) -> str | None:
    """The subject as one clean line of at most 998 characters; None where it is absent or blank."""
    return clean_line(decode_words(mail.header("subject"))) or None


def ids_in(mail: Part, name: str) -> tuple[str, ...]:
    """The message ids in a header (RFC 5322, 3.6.4) without brackets, each once; ids over 255 long are left out."""
    value = " ".join(mail.headers.get(name, ()))
    written = _IN_BRACKETS.findall(value) or [word for word in value.split() if "@" in word]
    ids = (re.sub(r"\s+", "", identifier) for identifier in written)
    return tuple(dict.fromkeys(identifier for identifier in ids if _ID.fullmatch(identifier)))[:_MOST_REFERENCES]


def message_id_of(mail: Part) -> str | None:
    """The mail's own id without brackets; None where there is none, or none that can be compared."""
    bare = mail.header("message-id").strip()
    return next(iter(ids_in(mail, "message-id")), bare if _ID.fullmatch(bare) else None)


def ticket_number_in(subject: str | None) -> int | None:
    """The ticket a subject names as `[#123]`: the last one if several, since the desk writes its own at the end."""
    numbers = [int(digits) for digits in _TICKET_NUMBER.findall(subject or "")]
    return next((number for number in reversed(numbers) if 1 <= number <= _LARGEST_TICKET_NUMBER), None)


def date_of(mail: Part) -> datetime | None:
    """When the sender says it was written, in UTC; None where that can't be read. A missing zone counts as UTC."""
    try:
        written = parsedate_to_datetime(mail.header("date")[:200])
        return written.replace(tzinfo=UTC) if written.tzinfo is None else written.astimezone(UTC)
    except Exception:  # the library raises many kinds on broken dates
        return None


def is_answer(mail: Part, subject: str | None) -> bool:
    """Whether the mail answers another one."""
    return bool(ids_in(mail, "in-reply-to") or ids_in(mail, "references") or _REPLY.match(subject or ""))


def is_forward(subject: str | None) -> bool:
    """Whether the mail hands another one on, whose words then are its content and not its history."""
    return bool(_FORWARD.match(subject or ""))


def is_automatic(mail: Part) -> bool:
    """Whether a machine sent it, so that no machine may answer.

    Auto-Submitted (RFC 3834, 5), Precedence, List-Id (RFC 2919), reports (RFC 6522), an empty return path (RFC 5321,
    4.5.5), mailer daemons, and the headers that auto-responders and Exchange add of their own.
    """
    submitted = re.split(r"[;\s(]", mail.header("auto-submitted").strip().lower())[0]
    suppressed = mail.header("x-auto-response-suppress").strip().lower()
    sender = sender_of(mail)
    return (
        submitted not in {"", "no"}
        or mail.header("precedence").strip().lower() in _AUTOMATIC_PRECEDENCES
        or suppressed not in {"", "none"}
        or any(name in mail.headers for name in _ONLY_MACHINES_SEND)
        or mail.content_type == "multipart/report"
        or any(path.replace(" ", "") in {"", "<>"} for path in mail.headers.get("return-path", ()))
        or bool(sender and _MACHINES.fullmatch(sender.address))
    )


def stored_headers(mail: Part) -> dict[str, str]:
    """The few headers worth keeping, by lower-case name, as they came but clean and of bounded length."""
    return {name: clean_line(mail.header(name), _LONGEST_STORED) for name in _STORED if name in mail.headers}
