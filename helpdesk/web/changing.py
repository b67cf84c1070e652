"""How a page changes a ticket: one action, on the ticket as it is, by who is logged in, or not at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from flask import Response, abort, g, request
from sqlalchemy.orm import Session

from audit.actors import Actor
from audit.base import AccountScoped
from audit.db import db
from audit.ledger import sealed_since
from helpdesk import desk
from helpdesk.models import Ticket
from helpdesk.permissions import Action
from helpdesk.refusals import Refused
from helpdesk.web import answers
from helpdesk.web.races import Stale, refuse_stale

View = TypeVar("View", bound=Callable[..., Any])
Row = TypeVar("Row", bound=AccountScoped)

#: What a view does to the ticket that it was given.
Act = Callable[[Ticket, Actor], object]


def needs(action: Action) -> Callable[[View], View]:
    """Let only those in who may do this."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not g.user.may(action):
                abort(403, f"Nothing was done: the role {g.user.role} may not do this. Ask an admin of the account.")
            return view(*args, **kwargs)

        guarded.needs = action  # type: ignore[attr-defined]  # read by the test of roles
        return guarded  # type: ignore[return-value]

    return guard


@contextmanager
def acting() -> Iterator[Session]:
    """One action of who is logged in; what fell due before is not told as theirs."""
    session = db.session()
    with desk.acting(session, g.account.id, source="web", remote_addr=request.remote_addr) as action:
        sealed_since(session)
        g.last_context = action.context
        yield session


def me() -> Actor:
    """Who is logged in, as the one who acts."""
    return Actor.user(g.user)


def held(session: Session, ticket_id: int) -> Ticket:
    """The ticket, held for the action, or 404."""
    ticket = session.get(Ticket, ticket_id, with_for_update=True)
    if ticket is None or ticket.account_id != g.account.id:
        abort(404, f"There is no ticket {ticket_id} here, so nothing was done: it was deleted, or never existed.")
    return ticket


def held_row(session: Session, model: type[Row], number: int, what: str) -> Row:
    """A row of this account, held for the action, or 404; `what` is what a person calls it ("tag")."""
    row = session.get(model, number, with_for_update=True)
    if row is None or row.account_id != g.account.id:
        abort(404, f"There is no {what} {number} here, so nothing was done: it was deleted, or never existed.")
    return row


def change(ticket_id: int, said: str, act: Act, *, only_if_unchanged: bool = True) -> Response:
    """Do this to the ticket and answer with it; a verb that would overwrite needs the version that was seen."""
    try:
        with acting() as session:
            ticket = held(session, ticket_id)
            if only_if_unchanged:
                refuse_stale(session, ticket, request.form.get("row_version"), g.user.id)
            act(ticket, me())
    except (Refused, Stale) as refusal:
        return answers.refused(ticket_id, str(refusal), request.form.get("body_text"))
    return answers.done(ticket_id, said)
