"""Sends what is queued to leave by mail: at least once, under a stable Message-ID, and later again if it can't now.

Calls by HTTP wait in the same queue; `calls` makes them.
"""

import logging
import smtplib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from audit.action import begin, enter
from audit.clock import desk_now, wall_now
from automation import webhooks
from automation.envelopes import NothingToSend, envelope_for
from automation.smtp import OpenSession
from helpdesk.mail.compose import compose
from helpdesk.models import Account, Delivery

#: How long one sender has a mail for itself; far longer than a conversation with a server may last.
LEASE: Final = timedelta(minutes=15)
#: How long to wait after the first failure, the second, and so on: five days in all.
PAUSES: Final = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    *[timedelta(hours=6)] * 20,
)
SECONDS_TO_ANSWER: Final = 60.0
LONGEST_ERROR: Final = 500

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Route:
    """Where mail goes: a mail server, which may be the demo's trap."""

    host: str
    port: int
    is_trap: bool = False


@dataclass(frozen=True)
class Claim:
    """Something that is ours to send for a while."""

    delivery_id: int
    account_id: int
    attempt: int


class Undeliverable(Exception):
    """It will never go; the message says why."""


def send_due(open_session: OpenSession, route: Route, limit: int = 100) -> int:
    """Send what is due, one mail after the other; answers how many were tried."""
    for tried in range(limit):
        with open_session() as session:
            claim = claim_next(session)
            if claim is None:
                return tried
            try:
                _send(session, claim, route)
            except Exception as error:
                # Not a word to the customer's server yet, or none that it took: it is tried again in any case.
                _log.exception("Delivery %d broke", claim.delivery_id)
                put_off(session, claim, f"{type(error).__name__}: {error}")
    return limit


def claim_next(session: Session, kind: str = "mail", *conditions: ColumnElement[bool]) -> Claim | None:
    """Take the mail (or call) that has waited longest; nobody else gets it until the lease has run out."""
    now = wall_now()
    waiting = (
        select(Delivery)
        .where(Delivery.status == "queued", Delivery.kind == kind, Delivery.next_attempt_datetime <= now, *conditions)
        .order_by(Delivery.next_attempt_datetime, Delivery.id)
        .limit(1)
    )
    enter(session, None)
    if session.scalar(waiting) is None:  # mostly: then nobody who writes has to wait for us
        session.rollback()
        return None
    try:
        begin(session, None, source="automation")
        delivery = session.scalar(waiting.with_for_update(skip_locked=True))
        if delivery is None:
            session.rollback()
            return None
        delivery.attempts += 1
        delivery.next_attempt_datetime = now + LEASE
        claim = Claim(delivery.id, delivery.account_id, delivery.attempts)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    return claim


def put_off(session: Session, claim: Claim, why: str) -> None:
    """Note what went wrong and when to try again; after the last pause it has failed."""
    if claim.attempt > len(PAUSES):
        _settle(session, claim, "failed", None, f"Given up after {claim.attempt} attempts. {why}")
    else:
        _settle(session, claim, "queued", wall_now() + PAUSES[claim.attempt - 1], why)


def _send(session: Session, claim: Claim, route: Route) -> None:
    try:
        sender, recipient, mail = _written(session, claim, route)
        session.rollback()  # no transaction is open while we talk
        _hand_over(route, sender, recipient, mail)
    except Undeliverable as error:
        _settle(session, claim, "failed", None, str(error))
    except (OSError, smtplib.SMTPException) as error:
        put_off(session, claim, _in_words(error))
    else:
        _settle(session, claim, "sent", None, None)


def _written(session: Session, claim: Claim, route: Route) -> tuple[str, str, EmailMessage]:
    enter(session, claim.account_id)
    delivery = session.get_one(Delivery, claim.delivery_id)
    if _is_made_up(delivery.recipient) and not route.is_trap:
        raise Undeliverable(
            f"{delivery.recipient} is made up: mail for addresses under .example only goes to the demo's mail trap."
        )
    account = session.get_one(Account, claim.account_id)
    try:
        return account.mail_address, delivery.recipient, compose(envelope_for(session, delivery))
    except (NothingToSend, ValueError) as error:
        raise Undeliverable(str(error)) from error


def _is_made_up(address: str) -> bool:
    return address.lower().rstrip(".").endswith((".example", "@example"))


def _hand_over(route: Route, sender: str, recipient: str, mail: EmailMessage) -> None:
    server = smtplib.SMTP(route.host, route.port, timeout=SECONDS_TO_ANSWER, local_hostname="localhost")
    try:
        server.send_message(mail, sender, [recipient])
    except smtplib.SMTPNotSupportedError as error:
        raise Undeliverable(f"The mail server can't take this address: {error}") from error
    except smtplib.SMTPRecipientsRefused as refusal:
        code, words = refusal.recipients[recipient]
        _refused(code, words)
    except smtplib.SMTPResponseException as refusal:
        _refused(refusal.smtp_code, refusal.smtp_error)
    finally:
        # Whatever is said at the door no longer matters: the mail was taken, or it was not.
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
        server.close()


def _refused(code: int, words: bytes | str) -> None:
    """A "no" for ever is one that begins with 5 (RFC 5321, 4.2.1)."""
    sentence = f"The mail server said {code} {_text(words)}"
    if 500 <= code < 600:
        raise Undeliverable(sentence)
    raise OSError(sentence)


def _in_words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return f"The mail server hung up: {error}"
    return str(error) if isinstance(error, OSError) and error.errno is None else f"{type(error).__name__}: {error}"


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words


def _sent_at(session: Session, delivery: Delivery) -> datetime:
    """Now, on the desk's clock: on another it would be sent before it was written, or long after."""
    return max(desk_now(session, delivery.account_id), delivery.created_datetime)


def _settle(session: Session, claim: Claim, status: str, again: datetime | None, error: str | None) -> None:
    """Write down how it went, unless the lease ran out and somebody else has it now."""
    try:
        begin(session, None, source="automation")
        delivery = session.get(Delivery, claim.delivery_id, with_for_update=True, populate_existing=True)
        if delivery is not None and delivery.attempts == claim.attempt and delivery.status == "queued":
            delivery.status = status
            delivery.next_attempt_datetime = again
            delivery.last_error = error[:LONGEST_ERROR] if error else None
            delivery.sent_datetime = _sent_at(session, delivery) if status == "sent" else None
            if status == "failed" and delivery.ticket_message_id is not None:
                webhooks.tell_failed(session, delivery)
            if status != "queued":
                delivery.payload = {}  # a letter's link is nobody's business any more
        session.commit()
    except BaseException:
        session.rollback()
        raise
