"""How a call acts: one action as the key's user, on things of their account, or not at all."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from flask import g, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.actors import Actor
from audit.base import AccountScoped
from audit.db import db
from audit.ledger import sealed_since
from audit.rest.problems import Problem
from helpdesk import desk
from helpdesk.api import repeats
from helpdesk.models import Account

Row = TypeVar("Row", bound=AccountScoped)


@contextmanager
def acting() -> Iterator[Session]:
    """One action of the key's user; what fell due before is not told as theirs."""
    session = db.session()
    with desk.acting(session, g.account.id, source="api", remote_addr=request.remote_addr):
        repeats.hold(session)
        sealed_since(session)
        yield session


@contextmanager
def making() -> Iterator[Session]:
    """The same, when what was made is shown at once: it is held on to as it was written, and not read anew."""
    session = db.session()
    session.expire_on_commit = False
    try:
        with acting():
            yield session
    finally:
        session.expire_on_commit = True


def me() -> Actor:
    """The key's user, as the one who acts."""
    return Actor.user(g.user)


def account(session: Session) -> Account:
    """The account of the key."""
    return session.get_one(Account, g.account.id)


def held(session: Session, model: type[Row], number: int) -> Row:
    """A row of this account, held for the action, or 404."""
    return _there(session.get(model, number, with_for_update=True))


def found(session: Session, model: type[Row], number: int) -> Row:
    """A row of this account to look at, or 404."""
    return _there(session.get(model, number))


def all_held(session: Session, model: type[Row], numbers: list[int]) -> list[Row]:
    """Rows of this account, held for the action in the order of their numbers, or 404 for all of them."""
    return [held(session, model, number) for number in sorted(set(numbers))]


def named(session: Session, model: Any, numbers: list[int], field: str, failed: str) -> list[Any]:
    """Rows of this account that a body names, in its order, or 400."""
    rows = {row.id: row for row in session.scalars(select(model).where(model.id.in_(numbers)))} if numbers else {}
    missing = [number for number in numbers if number not in rows]
    if missing:
        noun = re.sub("(?<=[a-z])(?=[A-Z])", " ", model.__name__).lower()
        raise Problem(400, failed, {field: [f"There is no {noun} {missing[0]}."]})
    return [rows[number] for number in numbers]


def _there(row: Row | None) -> Row:
    if row is None or row.account_id != g.account.id:
        raise Problem(404)
    return row
