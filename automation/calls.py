"""Makes the calls that are queued: at least once, under a stable id, signed, and later again if nobody answers."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import Any, Final

from sqlalchemy import ColumnElement, case, select, update
from sqlalchemy.orm import Session, aliased

from audit.action import enter, now
from audit.actors import Actor
from audit.clock import desk_now, wall_now
from automation.deliveries import LONGEST_ERROR, Claim, claim_next
from automation.smtp import OpenSession
from helpdesk import calling, integrations, lookups, notices, outgoing
from helpdesk.desk import acting
from helpdesk.models import Account, Delivery, Integration, Ticket
from helpdesk.outgoing import Answer, Call, Unanswered, Unsendable

#: How long to wait after the first failure, the second, and so on, by the desk's clock; then it is given up.
PAUSES: Final = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
#: After so many calls in a row that did not work, the desk switches an integration off.
MOST_FAILURES: Final = integrations.MOST_FAILURES
#: A desk's clock on its way does not wait for an integration again that took longer than this, in seconds.
PATIENCE: Final = 2.0
#: So much of an answer is kept, and of so many tries.
LONGEST_KEPT: Final = 2000
MOST_KEPT: Final = 10
#: Answers after which the same call may work later.
_PASSING: Final = frozenset({408, 425, 429})

BY_THE_DESK: Final = Actor.system("webhooks")
SWITCHED_OFF: Final = "The integration was switched off before this was sent."
NOT_AGAIN: Final = "It did not work, and the integration was switched off before it was tried again."
GONE: Final = "The integration was deleted before this was sent."

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """How a try went: done, or not and why, and whether it is worth another one."""

    done: bool
    said: str  #: the answer's first line, or what went wrong
    again: bool = False
    counts: bool = True  #: whether it says something about the other side
    sent: Call | None = None  #: what was asked
    answer: Answer | None = None  #: and what was answered
    seconds: float = 0


def send_due(open_session: OpenSession, limit: int = 100) -> int:
    """Make the calls that are due, of each desk by its own clock; answers how many were tried.

    Who did not answer is left alone until the next tick, so that others need not wait for it.
    """
    silent: set[int] = set()
    tried = 0
    for account_id in _accounts_that_wait(open_session):
        while tried < limit:
            with open_session() as session:
                claim = _claim(session, account_id, silent)
                if claim is None:
                    break
                tried += 1
                _make_or_note(session, claim, silent)
    return tried


def try_again(session: Session, account_id: int, number: int) -> int | None:
    """Make a call whose time has come, if nobody else does; answers its integration, if that kept us waiting."""
    enter(session, account_id)
    claim = _claim(session, account_id, set(), Delivery.id == number)
    if claim is None:
        return None
    began, silent = monotonic(), set[int]()
    _make_or_note(session, claim, silent)
    return next(iter(silent), None) if monotonic() - began > PATIENCE else None


def is_behind_another() -> ColumnElement[bool]:
    """Of calls that wait for an earlier one about the same ticket."""
    earlier = aliased(Delivery)
    return (
        select(earlier.id)
        .where(
            earlier.account_id == Delivery.account_id,
            earlier.ticket_id == Delivery.ticket_id,
            earlier.integration_id == Delivery.integration_id,
            earlier.status == "queued",
            earlier.id < Delivery.id,
        )
        .exists()
    )


def _accounts_that_wait(open_session: OpenSession) -> list[int]:
    with open_session() as session:
        enter(session, None)
        waiting = select(Delivery.account_id).where(Delivery.status == "queued", Delivery.kind == "webhook").distinct()
        found = sorted(session.scalars(waiting))
        session.rollback()
    return found


def _claim(session: Session, account_id: int, silent: set[int], *more: ColumnElement[bool]) -> Claim | None:
    """The next call of a desk that its clock has come to, and that waits for no earlier one."""
    enter(session, account_id)
    present = desk_now(session, account_id)
    due = Delivery.due_datetime.is_(None) | (Delivery.due_datetime <= present)
    others = Delivery.integration_id.is_(None) | Delivery.integration_id.not_in(silent)
    return claim_next(session, "webhook", Delivery.account_id == account_id, due, others, ~is_behind_another(), *more)


def _make_or_note(session: Session, claim: Claim, silent: set[int]) -> None:
    try:
        _make(session, claim, silent)
    except Exception as error:
        _log.exception("Delivery %d broke", claim.delivery_id)
        broken = Outcome(False, f"{type(error).__name__}: {error}", again=True, counts=False)
        _note(session, claim, broken)


def _make(session: Session, claim: Claim, silent: set[int]) -> None:
    enter(session, claim.account_id)
    delivery = session.get_one(Delivery, claim.delivery_id)
    integration_id = delivery.integration_id
    call = _call(session, delivery)
    session.rollback()  # no transaction is open while we talk
    began = monotonic()
    outcome = call if isinstance(call, Outcome) else _outcome(call)
    if isinstance(call, Call):
        outcome = replace(outcome, sent=call, seconds=monotonic() - began)
    if not outcome.done and outcome.counts and integration_id is not None:
        silent.add(integration_id)
    _note(session, claim, outcome)


def _call(session: Session, delivery: Delivery) -> Call | Outcome:
    payload = delivery.payload
    own = {"X-Desk-Delivery-Id": delivery.stable_id, "Idempotency-Key": delivery.stable_id}
    if payload.get("again"):
        own["X-Desk-Redelivery-Of"] = payload["again"]
    if payload.get("trigger"):
        own["X-Desk-Trigger"] = payload["trigger"]
    body, method = (payload.get("body") or "").encode(), payload.get("method") or "POST"
    if delivery.integration_id is None:  # a macro's
        return Call(method, delivery.recipient, {**(payload.get("headers") or {}), **own}, body)
    integration = session.get(Integration, delivery.integration_id)
    if integration is None:
        return Outcome(False, GONE, counts=False)
    if integration.deactivated_datetime is not None:
        return Outcome(False, SWITCHED_OFF, counts=False)
    ticket = session.get(Ticket, delivery.ticket_id) if delivery.ticket_id else None
    values = lookups.of_ticket(ticket) if ticket is not None else {}
    try:
        headers = calling.headers_of(integration, values, body, payload.get("content_type"), own)
    except Unsendable as problem:
        return Outcome(False, str(problem))
    return Call(method, delivery.recipient, headers, body)


def _outcome(call: Call) -> Outcome:
    try:
        answer = outgoing.send(call)
    except Unsendable as problem:
        return Outcome(False, str(problem))
    except Unanswered as problem:
        return Outcome(False, str(problem), again=True)
    if answer.is_fine:
        return Outcome(True, answer.line, answer=answer)
    again = answer.status >= 500 or answer.status in _PASSING
    return Outcome(False, _complaint(answer), again=again, answer=answer)


def _complaint(answer: Answer) -> str:
    if 300 <= answer.status < 400:
        return f"It answered {answer.line}, and redirects are not followed."
    start = " ".join(answer.text.split())[:200]
    return f"It answered {answer.line}{f': {start}' if start else '.'}"


def _note(session: Session, claim: Claim, outcome: Outcome) -> None:
    """Write down how it went, unless the lease ran out and somebody else has it now."""
    with acting(session, claim.account_id, source="automation"):
        delivery = session.get(Delivery, claim.delivery_id, with_for_update=True, populate_existing=True)
        if delivery is None or delivery.attempts != claim.attempt or delivery.status != "queued":
            return
        again = outcome.again and claim.attempt <= len(PAUSES)
        delivery.status = "sent" if outcome.done else "queued" if again else "failed"
        delivery.next_attempt_datetime = wall_now() if again else None
        delivery.due_datetime = now(session) + PAUSES[claim.attempt - 1] if again else None
        delivery.last_error = None if outcome.done else outcome.said[:LONGEST_ERROR]
        delivery.sent_datetime = now(session) if outcome.done else None
        delivery.payload = _told(delivery, outcome)
        if delivery.integration_id is not None and outcome.counts:
            _count(session, delivery.integration_id, outcome)


def _told(delivery: Delivery, outcome: Outcome) -> dict[str, Any]:
    """What is kept of a call: of an integration's all that was asked and answered, of a macro's only how it went."""
    payload = delivery.payload
    if delivery.integration_id is None:
        if delivery.status == "queued":
            return payload
        return {"method": payload.get("method"), "answer": outcome.said[:100] if outcome.done else None}
    tried = {
        "at": wall_now().isoformat(timespec="milliseconds"),
        "ms": round(outcome.seconds * 1000),
        "said": outcome.said[:LONGEST_ERROR],
        "headers": _shown(outcome.sent.headers) if outcome.sent else None,
        "body": outcome.answer.text[:LONGEST_KEPT] if outcome.answer else None,
        "done": outcome.done,
    }
    tries = [*payload.get("tries", []), tried][-MOST_KEPT:]
    return {**payload, "tries": tries, "answer": outcome.said[:100] if outcome.done else None}


def _shown(headers: Mapping[str, str]) -> dict[str, str]:
    # The integration's own headers open doors; those of the desk may be seen.
    own = ("x-desk-", "content-type", "idempotency-key", "user-agent")
    return {name: value if name.lower().startswith(own) else "•••" for name, value in headers.items()}


def _count(session: Session, integration_id: int, outcome: Outcome) -> None:
    integration = session.get(Integration, integration_id, with_for_update=True, populate_existing=True)
    if integration is None:
        return
    if outcome.done:
        if integration.failures_in_a_row:
            integration.failures_in_a_row = 0
        return
    integration.failures_in_a_row += 1
    if integration.failures_in_a_row >= MOST_FAILURES and integration.deactivated_datetime is None:
        integrations.deactivate(integration, by=BY_THE_DESK)
        _drop_waiting(session, integration)
        _tell(session, integration, outcome)


def _drop_waiting(session: Session, integration: Integration) -> None:
    session.flush()
    session.execute(
        update(Delivery)
        .where(
            Delivery.account_id == integration.account_id,
            Delivery.integration_id == integration.id,
            Delivery.status == "queued",
        )
        .values(
            status="failed",
            last_error=case((Delivery.attempts > 0, NOT_AGAIN), else_=SWITCHED_OFF),
            next_attempt_datetime=None,
            due_datetime=None,
        )
        .execution_options(synchronize_session=False)
    )


def _tell(session: Session, integration: Integration, outcome: Outcome) -> None:
    notices.to_admins(
        session.get_one(Account, integration.account_id),
        purpose="integration",
        subject=f"{integration.name} was switched off",
        text=f"{MOST_FAILURES} calls in a row did not work, so the desk switched the integration {integration.name}"
        f" off. The last one: {outcome.said}\n\nPut it right, then switch it on again:",
        path=f"/settings/integrations/{integration.id}",
    )
