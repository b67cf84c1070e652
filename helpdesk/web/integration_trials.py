"""A trial of an HTTP integration: the real address is called once, and nothing is written."""

from dataclasses import dataclass
from typing import Any

from flask import g
from sqlalchemy import select

from audit.db import db
from helpdesk import calling, integrations, lookups, outgoing
from helpdesk.forms.integrations import HttpForm
from helpdesk.models import Integration, Ticket
from helpdesk.refusals import Refused


@dataclass(frozen=True)
class Tried:
    """How a trial went."""

    call: outgoing.Call | None
    answer: outgoing.Answer | None
    problem: str | None
    example: int | None  #: the ticket whose values were filled in


def run(form: HttpForm, held: Integration | None) -> Tried:
    """Call what the form says, with the newest ticket as an example."""
    try:
        wanted = form.changes(held)
        http, headers = integrations.checked_http(wanted["http"]), integrations.checked_headers(wanted["headers"])
    except Refused as refusal:
        return Tried(None, None, f"{refusal} Nothing was sent.", None)
    secret = wanted.get("hmac_secret", held.hmac_secret if held is not None else None)
    draft = Integration(type="http", http=http, headers=headers, hmac_secret=secret)  # in no session: never written
    ticket = _example()
    values: dict[str, Any] = lookups.of_ticket(ticket) if ticket is not None else {}
    number = ticket.id if ticket is not None else None
    values = {"trigger": "trial", **values}
    db.session.rollback()  # no transaction is open while we talk
    try:
        call = calling.call_of(draft, values, {"X-Desk-Trigger": "trial"})
        answer = outgoing.send(call)
    except (outgoing.Unsendable, outgoing.Unanswered) as problem:
        return Tried(None, None, str(problem), number)
    return Tried(call, answer, None, number)


def _example() -> Ticket | None:
    return db.session.scalar(
        select(Ticket).where(Ticket.account_id == g.account.id).order_by(Ticket.updated_datetime.desc()).limit(1)
    )
