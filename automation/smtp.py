"""The desk's mail server: what customers send arrives here, and is accepted only once it is committed."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from ipaddress import ip_address
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from aiosmtpd.smtp import Envelope
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, InterfaceError, InternalError, OperationalError, TimeoutError
from sqlalchemy.orm import Session

from audit.action import enter
from helpdesk.config import Config
from helpdesk.mail import inbound
from helpdesk.mail.addresses import valid_address
from helpdesk.mail.listener import CannotListen, Handler, Listener
from helpdesk.mail.parse import parse
from helpdesk.models import Account
from helpdesk.refusals import Busy

#: Opens a session of the application for the length of a `with`.
OpenSession = Callable[[], AbstractContextManager[Session]]

Answer = TypeVar("Answer")

_TRY_LATER: Final = "451 4.3.0 The desk can't take mail at the moment, please try again later"
# Reading a mail and writing it down both take the interpreter: more threads would only wait for each other.
_WORKERS: Final = 4
# The database is away or busy, or the desk's clock is being moved; anything else is about the mail itself.
_PASSING: Final = (Busy, OperationalError, InterfaceError, InternalError, IntegrityError, TimeoutError, ConnectionError)

_log = logging.getLogger(__name__)


class MailServer:
    """Listens for mail on the configured port and hands it to the accounts it is for."""

    def __init__(self, config: Config, open_session: OpenSession) -> None:
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="incoming mail")
        desk = _Desk(open_session, self._pool)
        self._listener = Listener(
            desk,
            config.smtp_host,
            config.smtp_port,
            hostname=_hostname(config.base_url),
            is_shared=not config.is_embedded,  # any number of workers
        )

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._listener.port

    def start(self) -> None:
        """Listen; raises CannotListen with a sentence that says what to set."""
        try:
            self._listener.start()
        except CannotListen as error:
            self._pool.shutdown()
            raise CannotListen(
                f"The desk can't listen for mail on {error}. Set SMTP_PORT (or SMTP_HOST) to something else."
            ) from None

    def stop(self) -> None:
        """Hang up; what is being put away is put away first."""
        self._listener.stop()
        self._pool.shutdown()


class _Desk(Handler):
    """Knows the accounts' addresses, and puts mail into their tickets."""

    def __init__(self, open_session: OpenSession, pool: ThreadPoolExecutor) -> None:
        self._open_session = open_session
        self._pool = pool

    async def refuse_recipient(self, address: str) -> str | None:
        try:
            account_id = await self._in_thread(account_for, address)
        except Exception:
            _log.exception("A recipient could not be looked up")
            return _TRY_LATER
        return None if account_id is not None else "550 5.1.1 There is no desk with this address"

    async def take(self, envelope: Envelope) -> str:
        raw = _with_return_path(envelope.mail_from or "", envelope.original_content or b"")
        try:
            await self._in_thread(deliver, list(envelope.rcpt_tos), raw)
        except Exception:
            _log.exception("A mail of %d bytes could not be taken in, its sender is asked to try again", len(raw))
            return _TRY_LATER
        return "250 2.0.0 Taken in"

    async def _in_thread(self, work: Callable[..., Answer], *arguments: Any) -> Answer:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, partial(self._with_session, work, *arguments))

    def _with_session(self, work: Callable[..., Answer], *arguments: Any) -> Answer:
        with self._open_session() as session:
            return work(session, *arguments)


def account_for(session: Session, address: str) -> int | None:
    """The number of the account that takes mail at this address; deactivated and archived ones take none."""
    known = valid_address(address)
    if known is None:
        return None
    enter(session, None)
    active = select(Account.id, Account.mail_address).where(
        Account.deactivated_datetime.is_(None), Account.archived_datetime.is_(None)
    )
    return next((row.id for row in session.execute(active) if valid_address(row.mail_address) == known), None)


def deliver(session: Session, recipients: list[str], raw: bytes) -> list[int]:
    """Take a mail in once for each account that it is for; answers the tickets' numbers."""
    mail = parse(raw)
    numbers = []
    for account_id in _accounts_for(session, recipients):
        try:
            numbers.append(inbound.take_in(session, account_id, mail))
        except _PASSING:
            raise
        except Exception:
            # Nobody loses a mail because we can't make sense of it.
            _log.exception("A mail could not be taken in as it is, and goes in as an attachment")
            numbers.append(inbound.take_in(session, account_id, inbound.unreadable(raw, mail)))
    return numbers


def _accounts_for(session: Session, recipients: list[str]) -> list[int]:
    found = dict.fromkeys(account_for(session, address) for address in recipients)
    known = [number for number in found if number is not None]
    if len(known) < len(found):
        raise LookupError("an account was deactivated while a mail for it was on its way")
    return known


def _with_return_path(sender: str, content: bytes) -> bytes:
    bare = sender.strip("<>").encode("utf-8", "surrogateescape")
    return b"Return-Path: <" + bare + b">\r\n" + content


def _hostname(base_url: str) -> str:
    """What the server calls itself: the desk's public name, and never the machine's own."""
    name = urlsplit(base_url).hostname or "localhost"
    try:
        return f"[{ip_address(name)}]"
    except ValueError:
        return name
