"""When agents log in and out, and who tries the door with a wrong key."""

from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import Final

from helpdesk import people
from seeds.cast import Agent
from seeds.office import address_of, log_in, log_out
from seeds.player import Player
from seeds.staff import Staff

#: How often somebody mistypes the password in the morning, logs in anew after lunch, goes home without logging out.
MISTYPED: Final = 0.06
AGAIN: Final = 0.6
LEFT_OPEN: Final = 0.15

MINUTE: Final = timedelta(minutes=1)

#: Where a stranger sits who tries the addresses that every shop has.
STRANGER: Final = "203.0.113.66"
TRIED: Final = (("admin", 3), ("owner", 4))


def plan_attendance(player: Player, staff: Staff, first: date, until: datetime, rng: Random) -> None:
    """Every shift of everybody, from this day on."""
    day = first
    while (night := staff.rota.moment(day, 0)) <= until:
        for agent in (*staff.cast.agents, *staff.cast.helpers):
            shift = staff.rota.shift(agent, day)
            if shift is not None:
                _plan_shift(player, staff, agent, shift, rng)
        day = (staff.rota.local(night) + timedelta(hours=26)).date()


def plan_break_in(player: Player, staff: Staff, night: datetime) -> None:
    """Somebody tries to log in as others, fails, and gives up."""
    at = night
    for role, times in TRIED:
        for _ in range(times):
            player.plan(at, partial(_fail, player, staff, staff.role(role), STRANGER))
            at += timedelta(seconds=7.5)


def _plan_shift(player: Player, staff: Staff, agent: Agent, shift: tuple[datetime, datetime], rng: Random) -> None:
    come, go = shift[0] + 5 * MINUTE * rng.random(), shift[1] + 12 * MINUTE * rng.random()
    if rng.random() < MISTYPED:
        player.plan(come - 0.5 * MINUTE, partial(_fail, player, staff, agent, address_of(agent, staff.cast)))
    player.plan(come, partial(log_in, player, staff, agent))
    if shift[1] - shift[0] > timedelta(hours=6) and rng.random() < AGAIN:
        noon = come + (shift[1] - shift[0]) / 2 + 30 * MINUTE * rng.random()
        player.plan(noon, partial(log_in, player, staff, agent))
    if rng.random() >= LEFT_OPEN:
        player.plan(go, partial(log_out, player, staff, agent))


def _fail(player: Player, staff: Staff, agent: Agent, remote_addr: str, at: datetime) -> None:
    if not staff.has_joined(agent):
        return
    with player.acting(at, "web", remote_addr=remote_addr):
        people.refuse_log_in(staff.user(agent))
