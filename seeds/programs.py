"""What a program of the admin's does at the demo desk: it takes tickets out, and once it brought macros in."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from automation import jobs as machine
from helpdesk import files, jobs, tables
from helpdesk.models import ApiKey, Ticket
from seeds.cast import Agent
from seeds.office import make_key
from seeds.player import Player
from seeds.staff import Staff
from seeds.words import CONTENT

KEY: Final = "Weekly export"
MACROS: Final = "macros.csv"
#: So shortly before the world ends the work is asked for that is done when it has ended.
BEFORE: Final = timedelta(minutes=4)


def begin(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """The program gets its key."""
    make_key(player, staff, who, KEY, at)


def plan_work(player: Player, staff: Staff, until: datetime) -> None:
    """It asks for work shortly before the world ends."""
    player.plan(until - BEFORE, partial(_bring_macros, player, staff))
    player.plan(until - BEFORE / 2, partial(_take_tickets, player, staff))


def work_off(session: Session, account_id: int) -> None:
    """Do what was asked for."""
    while (claim := machine.take(session, account_id)) is not None:
        machine.work_on(session, claim)


def _bring_macros(player: Player, staff: Staff, at: datetime) -> None:
    digest = files.store(player.session, staff.account.id, (CONTENT / MACROS).read_bytes())
    asked = {"url": files.address(digest, MACROS)}
    _ask(player, staff, at, tables.MACROS_IN, {"title": "Import macros", "digest": digest, "tickets": []}, asked)


def _take_tickets(player: Player, staff: Staff, at: datetime) -> None:
    filters = "eq(ticket.status, 'closed')"
    closed = select(Ticket.id).where(Ticket.status == "closed").order_by(Ticket.id)
    numbers = list(player.session.scalars(closed))
    params = {"title": f"{len(numbers):,} tickets: export", "tickets": numbers}
    _ask(player, staff, at, tables.TICKETS_OUT, params, {"view": {"filters": filters}})


def _ask(player: Player, staff: Staff, at: datetime, type_: str, params: dict[str, Any], asked: dict[str, Any]) -> None:
    admin, session = staff.role("admin"), player.session
    own = select(ApiKey).where(ApiKey.name == KEY, ApiKey.user_id == staff.user(admin).id)
    with player.acting(at, "api"):
        for key in session.scalars(own):
            key.last_used_datetime = at
        total, by = len(params["tickets"]), staff.by(admin)
        jobs.queue(session, staff.account.id, type_, {**params, "asked": asked}, by=by, total=total, begins=at)
