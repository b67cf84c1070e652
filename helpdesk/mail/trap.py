"""The demo's mail trap: a real mail server that delivers nothing, and keeps what it caught for a page to show."""

import asyncio
import json
import logging
import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from aiosmtpd.smtp import Envelope

from audit.clock import wall_now
from helpdesk.config import instance_folder
from helpdesk.mail.addresses import valid_address
from helpdesk.mail.listener import Handler, Listener
from helpdesk.mail.parse import parse

#: Older mails make room for newer ones.
MOST_KEPT: Final = 5000

_ID: Final = re.compile(r"[0-9]{20}-[0-9a-f]{12}")
_ENDING: Final = ".mail"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CaughtMail:
    """A mail that left the desk and went no further."""

    id: str
    received: datetime
    sender: str  #: of the envelope, as `recipients` are; "" for a bounce
    recipients: list[str]
    subject: str
    message_id: str | None
    in_reply_to: str | None
    body_text: str
    raw: str


def folder() -> Path:
    """Where caught mails lie."""
    return instance_folder() / "mail"


def caught(account_mail_address: str | None, limit: int = 100) -> list[CaughtMail]:
    """The newest mails that this address sent or was sent (None: all mails), newest first."""
    found = (_read(path, account_mail_address) for path in _newest_first())
    mails: list[CaughtMail] = []
    for mail in found:
        if len(mails) == limit:
            break
        if mail is not None:
            mails.append(mail)
    return mails


def read(mail_id: str, account_mail_address: str | None) -> CaughtMail | None:
    """One mail, if there is such a one and this address sent it or was sent it (None: whosever it is)."""
    if not _ID.fullmatch(mail_id):
        return None
    return _read(folder() / f"{mail_id}{_ENDING}", account_mail_address)


def store(sender: str, recipients: list[str], raw: bytes) -> str:
    """Keep a mail; it is there whole or not at all."""
    home = folder()
    home.mkdir(parents=True, exist_ok=True)
    moment = wall_now()
    mail_id = f"{int(moment.timestamp() * 1_000_000):020d}-{uuid.uuid4().hex[:12]}"
    envelope = {"received": moment.isoformat(), "sender": sender, "recipients": recipients}
    fresh = home / f".{mail_id}"
    with fresh.open("wb") as file:
        file.write(json.dumps(envelope).encode() + b"\n" + raw)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(home / f"{mail_id}{_ENDING}")
    for old in list(_newest_first())[MOST_KEPT:]:
        old.unlink(missing_ok=True)
    return mail_id


def empty() -> int:
    """Throw away all that was caught; answers how much it was."""
    held = list(_newest_first())
    for path in held:
        path.unlink(missing_ok=True)
    return len(held)


def listen(host: str = "127.0.0.1", port: int = 0) -> Listener:
    """Start a trap on a free port; the caller stops it."""
    listener = Listener(_Catcher(), host, port)
    listener.start()
    return listener


class _Catcher(Handler):
    async def refuse_recipient(self, address: str) -> str | None:
        return None

    async def take(self, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        sender = (envelope.mail_from or "").strip("<>")
        try:
            await asyncio.to_thread(store, sender, list(envelope.rcpt_tos), content)
        except OSError as error:
            _log.error("The mail trap can't keep a mail: %s", error)
            return "452 4.3.1 The mail trap has no room, please try again later"
        return "250 2.0.0 Caught"


def _newest_first() -> Iterator[Path]:
    paths = (path for path in folder().glob(f"*{_ENDING}") if _ID.fullmatch(path.stem))
    yield from sorted(paths, reverse=True)


def _read(path: Path, address: str | None) -> CaughtMail | None:
    try:
        with path.open("rb") as file:
            envelope: dict[str, Any] = json.loads(file.readline())
            if not _concerns(envelope, address):
                return None
            raw = file.read()
    except (FileNotFoundError, ValueError):  # made room for newer ones, or is no mail of ours
        return None
    mail = parse(raw)
    return CaughtMail(
        id=path.name.removesuffix(_ENDING),
        received=datetime.fromisoformat(envelope["received"]).astimezone(UTC),
        sender=envelope["sender"],
        recipients=envelope["recipients"],
        subject=mail.subject or "",
        message_id=mail.message_id,
        in_reply_to=next(iter(mail.in_reply_to), None),
        body_text=mail.body_text,
        raw=raw.decode("utf-8", "replace"),
    )


def _concerns(envelope: dict[str, Any], address: str | None) -> bool:
    if address is None:
        return True
    wanted = valid_address(address)
    return wanted is not None and wanted in map(valid_address, [envelope["sender"], *envelope["recipients"]])
