"""Classrooms: trainees with an account of their own each, and the one place that says what a trainer may read there."""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from audit.action import enter
from audit.actors import Actor
from audit.log import event_table
from helpdesk import accounts, passwords, people
from helpdesk.accounts import Place
from helpdesk.models import Account, DrillResult, Role, Seat, User
from helpdesk.permissions import may
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of

#: Trainees of a classroom: more than fit into a room.
MOST: Final = 60
#: Letters that nobody mistakes for another when they copy them from paper.
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"

_event = event_table.c


@dataclass(frozen=True)
class Trainee:
    """Somebody in a classroom, as their trainer sees them."""

    account_id: int
    place: Place
    domain: str
    name: str
    email: str
    password_hash: str | None
    is_put_away: bool  #: this is an account from before a reset
    last_seen: datetime | None  #: by the clock on the wall
    events: int  #: since they first logged in
    drills: int  #: that they answered
    score: int  #: questions answered right
    out_of: int  #: questions asked


def new_name(session: Session) -> str:
    """A name for another classroom, short enough to be called out."""
    name = "".join(secrets.choice(LETTERS) for _ in range(4))
    return name if trainer_of(session, name) is None else new_name(session)


def address_of(place: Place) -> str:
    """The address with which a trainee logs in, whichever account is theirs at the moment."""
    return f"trainee-{place.number}@{accounts.CLASSROOM}{place.classroom}.example"


def password_of(secret: str, place: Place) -> str:
    """A trainee's password, made from the server's secret: nothing is stored, and the sheet can be printed again."""
    digest = hmac.digest(secret.encode(), f"classroom {place.classroom} {place.number}".encode(), hashlib.sha256)
    letters = "".join(LETTERS[byte % len(LETTERS)] for byte in digest[:12])
    return "-".join((letters[:4], letters[4:8], letters[8:]))


def knows_password(trainee: Trainee, secret: str) -> bool:
    """Whether the password on the sheet opens the account: trainees may have set one of their own."""
    return passwords.matches(trainee.password_hash, password_of(secret, trainee.place))


def open_to(session: Session, trainer_id: int, role: str, account_id: int) -> Trainee | None:
    """The trainee in whose account this team member may read, as the trainer of their classroom; else None."""
    if not may(role, "hold classrooms"):
        return None
    found = _trainees(session, Seat.trainer_id == trainer_id, Seat.account_id == account_id)
    return found[0] if found else None


def trainees(session: Session, trainer_id: int, classroom: str | None = None) -> list[Trainee]:
    """Who sits in a trainer's classrooms, the newest classroom first; or in this one."""
    only = (Seat.classroom == classroom,) if classroom is not None else ()
    return _trainees(session, Seat.trainer_id == trainer_id, Account.archived_datetime.is_(None), *only)


def earlier(session: Session, place: Place) -> list[Trainee]:
    """The accounts that this place had before it was reset, the newest first."""
    here = Seat.classroom == place.classroom, Seat.number == place.number
    return _trainees(session, *here, Account.archived_datetime.is_not(None))[::-1]


def drills_of(session: Session, trainee: Trainee) -> list[DrillResult]:
    """What a trainee answered in drills, the newest first."""
    answered = select(DrillResult).where(
        DrillResult.account_id == trainee.account_id, DrillResult.answered_datetime.is_not(None)
    )
    with _across(session):
        return list(session.scalars(answered.order_by(DrillResult.id.desc())))


def trainer_of(session: Session, classroom: str) -> int | None:
    """Whose classroom this is, if there is one of that name."""
    with _across(session):
        return session.scalar(select(Seat.trainer_id).where(Seat.classroom == classroom).limit(1))


def places(session: Session, classroom: str) -> dict[Place, int]:
    """The places of a classroom, and how many accounts each has had."""
    seats = select(Seat.trainer_id, Seat.classroom, Seat.number, func.count()).where(Seat.classroom == classroom)
    with _across(session):
        rows = session.execute(seats.group_by(Seat.trainer_id, Seat.classroom, Seat.number).order_by(Seat.number))
        return {Place(*row[:3]): row[3] for row in rows}


def vacate(account: Account, *, by: Actor) -> Place:
    """Put a trainee's account away and free its log-in for the one that takes its place; its log stays."""
    session = session_of(account)
    if account.archived_datetime is not None:
        raise Refused("This account was reset already, so nothing was done. Look at the list of trainees again.")
    seat = session.scalars(select(Seat).where(Seat.account_id == account.id)).one()
    place = Place(seat.trainer_id, seat.classroom, seat.number)
    address = address_of(place)
    with _across(session):
        holder = people.by_email(session, address)
    if holder is not None and holder.account_id != account.id:
        raise Refused(f"{address} was taken in another account, so nothing was reset. Have it changed there first.")
    # An account that is put away keeps no log-in of the classroom, not even one that was another trainee's.
    _, _, domain = address.partition("@")
    theirs = User.account_id == account.id, User.email_key.endswith(f"@{domain}")
    for user in session.scalars(select(User).where(*theirs)):
        people.update(user, email=f"{user.email.partition('@')[0]}+{account.id}@{domain}", by=by)
    accounts.archive(account, by=by)
    return place


def _trainees(session: Session, *wanted: Any) -> list[Trainee]:
    first = _of_owner(func.min(_event.id)).where(_event.type == "user-logged-in").scalar_subquery()
    since = _event.id >= first
    seen = _of_owner(func.max(_event.recorded_datetime, type_=_event.recorded_datetime.type)).where(since)
    events = select(func.count()).select_from(event_table).where(_event.account_id == Seat.account_id, since)
    found = (
        select(
            Seat, Account.domain, User.name, User.email, User.password_hash, Account.archived_datetime.is_not(None),
            seen.scalar_subquery(), events.correlate(Seat, User).scalar_subquery(),
            *(_drilled(each) for each in (func.count(), func.sum(DrillResult.score), func.sum(DrillResult.of))),
        )
        .join(Account, Account.id == Seat.account_id)
        .join(User, (User.account_id == Account.id) & (User.role == Role.OWNER.value))
        .where(*wanted)
        .order_by(func.min(Seat.id).over(partition_by=Seat.classroom).desc(), Seat.number, Seat.id)
    )  # fmt: skip
    with _across(session):
        return [
            Trainee(
                seat.account_id, Place(seat.trainer_id, seat.classroom, seat.number), *told[:-3],
                *(number or 0 for number in told[-3:]),
            )
            for seat, *told in session.execute(found)
        ]  # fmt: skip


def _of_owner(what: Any) -> Select[Any]:
    """Of the trainee's own events."""
    return select(what).where(_event.account_id == Seat.account_id, _event.user_id == User.id).correlate(Seat, User)


def _drilled(what: Any) -> Any:
    answered = select(what).select_from(DrillResult).where(DrillResult.account_id == Seat.account_id)
    return answered.where(DrillResult.answered_datetime.is_not(None)).correlate(Seat).scalar_subquery()


@contextmanager
def _across(session: Session) -> Iterator[None]:
    """Look across the accounts, and come back to the one that was entered."""
    entered = session.info.get("account_id")
    enter(session, None)
    try:
        yield
    finally:
        enter(session, entered)
