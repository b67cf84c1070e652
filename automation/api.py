"""The desk's time by API: its clock, moved and set; and settling, which answers when all that is due is done."""

from datetime import timedelta
from time import monotonic, sleep
from typing import Any, Final

from flask import g
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import enter
from audit.clock import desk_now, wall_now
from audit.db import db
from audit.queries import newest_id
from audit.rest.calls import Resource
from audit.rest.echoes import Moving
from audit.rest.problems import Problem
from audit.rest.shapes import Body, Moment, Shown
from audit.sessions import AuditedSession
from automation import calls, clockwork, jobs, rules, timers, upcoming, webhooks
from helpdesk.api.acting import me
from helpdesk.jobs import UNDER_WAY
from helpdesk.models import Delivery, Job
from helpdesk.spans import parse_span

resource = Resource(
    "desk_time",
    "Desk: time",
    noun="clock",
    scope="account",
    about="Each account has a clock of its own. A test freezes it, moves it, and waits until the desk has settled.",
)

#: How long settling works and waits, in seconds, before it answers that there is more to do.
PATIENCE: Final = 20.0


class ClockShown(Shown):
    """An account's clock."""

    datetime: Moving[Moment]
    rate: float
    next_due_datetime: Moving[Moment | None]


class ClockChange(Body):
    """How fast it is to run: 1 is real, 60 an hour a minute, 0 frozen."""

    rate: float = Field(strict=True, ge=0, le=clockwork.FASTEST)


class Journey(Body):
    """How far it is to go: a span such as `4h` or `1w2d`, or up to a moment; neither: to the next thing due."""

    by: str | None = Field(None, max_length=40)
    to: Moment | None = None


class Settled(Shown):
    """What was done until nothing was left to do; what failed and is tried again later is not waited for."""

    is_settled: bool
    played: int
    rules_ran: int
    calls_made: int
    last_event_id: int


@resource.call("GET /desk/clock", needs="read", gives=ClockShown, is_ours=True)
def show() -> ClockShown:
    """Show what time it is on the desk, and when something falls due next."""
    return _shown(db.session())


@resource.call(
    "PUT /desk/clock", needs="move clock", body=ClockChange, gives=ClockShown, is_ours=True,
    writes=("desk-clock-changed",), sample={"rate": 0},
)  # fmt: skip
def set_rate(body: ClockChange) -> ClockShown:
    """Let the clock run faster, slower, or stand still."""
    clockwork.set_rate(db.session(), g.account.id, body.rate, by=me(), source="api")
    return _shown(db.session())


@resource.call(
    "POST /desk/clock/advance", needs="move clock", body=Journey, must_have_body=False, gives=ClockShown, status=200,
    is_ours=True, writes=("desk-clock-changed",), sample={"by": "4h"},
)  # fmt: skip
def advance(body: Journey) -> ClockShown:
    """Let time pass: all that falls due on the way happens in order, and then this answers."""
    if body.by is not None and body.to is not None:
        raise Problem(400, "Failed to create clock", {"by": ["Say either by or to."]})
    whither: Any = parse_span(body.by) if body.by is not None else body.to
    if isinstance(whither, timedelta) and not whither:
        raise Problem(400, "Failed to create clock", {"by": ["A clock only runs forward."]})
    clockwork.advance(db.session(), g.account.id, whither, by=me(), source="api")
    return _shown(db.session())


@resource.call("POST /desk/settle", needs="read", gives=Settled, status=200, is_ours=True)
def settle() -> Settled:
    """Answer when rules have met all that happened, all that is due is done, jobs too, and mail and calls are out."""
    session, account_id, end = db.session(), g.account.id, monotonic() + PATIENCE
    played = ran = called = 0
    while True:
        ran += rules.settle(session, account_id)
        played += timers.play_due(session, account_id)
        webhooks.follow(session, account_id)
        made = calls.send_due(_open_session)
        called += made
        turns = jobs.run_due(_open_session, lambda: monotonic() > end)
        quiet = _is_quiet(session, account_id)
        if quiet or monotonic() > end:
            break
        if not made and not turns:
            sleep(0.05)  # somebody else works on it
    enter(session, account_id)
    newest = newest_id(session)
    return Settled(is_settled=quiet, played=played, rules_ran=ran, calls_made=called, last_event_id=newest)


def _open_session() -> Session:
    return AuditedSession(bind=db.engine)


def _is_quiet(session: Session, account_id: int) -> bool:
    enter(session, account_id)
    # What went wrong pauses before it is tried again: nobody waits for that.
    present = desk_now(session, account_id)
    now = Job.turn_datetime <= wall_now(), Job.scheduled_datetime <= present
    work = select(Job.id).where(Job.account_id == account_id, Job.status.in_(UNDER_WAY), *now).limit(1)
    # Tried for the first time; after a failure it waits for its time, which may be far, and what is behind it, too.
    leaves = Delivery.status == "queued", Delivery.last_error.is_(None), ~calls.is_behind_another()
    out = select(Delivery.id).where(Delivery.account_id == account_id, *leaves).limit(1)
    quiet = session.scalar(work) is None and session.scalar(out) is None
    quiet = quiet and not webhooks.is_behind(session, account_id)
    quiet = quiet and rules.is_settled(session, account_id)
    enter(session, account_id)
    quiet = quiet and not timers.is_due(session, account_id, present)
    session.rollback()
    return quiet


def _shown(session: Session) -> ClockShown:
    account_id = g.account.id
    session.rollback()
    enter(session, account_id)
    coming = upcoming.first(session, account_id)
    return ClockShown(
        datetime=desk_now(session, account_id),
        rate=clockwork.rate_of(session, account_id),
        next_due_datetime=coming.at if coming else None,
    )
