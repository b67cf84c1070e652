"""How people join the demo's team and leave it: by invitations, with links in letters, for good or for some weeks."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import invitations, people, resets
from helpdesk.models import Delivery, Role
from seeds.cast import Agent
from seeds.player import Player
from seeds.staff import Staff

#: What everybody at the demo desk logs in with; it is printed when the demo starts.
DEMO_PASSWORD: Final = "plover-and-pot"

# What the first day got wrong; it is put right later, see chores.py.
MISSPELT: Final = {"nell@demo.example": "Nell Ashbey"}
BEGINNERS: Final = {"priya@demo.example": Role.LITE}

#: Whose invitation went under at first, and is sent again.
OVERLOOKED: Final = "nell@demo.example"

A_MOMENT: Final = timedelta(seconds=40)


def invite(player: Player, staff: Staff, agent: Agent, at: datetime) -> None:
    """The owner asks somebody to join the team."""
    with player.acting(at, "web"):
        staff.users[agent.email] = invitations.invite(
            staff.account,
            email=agent.email,
            name=MISSPELT.get(agent.email, agent.name),
            role=BEGINNERS.get(agent.email, Role(agent.role)),
            by=staff.by(staff.role("owner")),
        )


def remind(player: Player, staff: Staff, agent: Agent, at: datetime) -> None:
    """The owner sends the invitation again, if nobody has come."""
    if not staff.has_joined(agent):
        with player.acting(at, "web"):
            invitations.send(staff.user(agent), by=staff.by(staff.role("owner")))


def come_in(player: Player, staff: Staff, agent: Agent, remote_addr: str, at: datetime) -> None:
    """Somebody opens the letter, chooses the password, is inside, and fills in who they are."""
    if staff.has_joined(agent) or not staff.is_known(agent):
        return
    user, context = staff.user(agent), player.context()
    with player.acting(at, "web", context=context, remote_addr=remote_addr):
        invitations.accept(user, _link(player.session, "invitation", agent), DEMO_PASSWORD)
        people.log_in(user)
    staff.helpers += [agent] if agent in staff.cast.helpers else []
    player.plan(at + A_MOMENT, partial(_introduce, player, staff, agent))


def forget_password(player: Player, staff: Staff, agent: Agent, remote_addr: str, at: datetime) -> None:
    """Somebody has forgotten the password after a weekend, asks for a link, and sets the same one again."""
    user = staff.user(agent)

    def step(number: int, act: Callable[[], object]) -> None:
        def do(moment: datetime) -> None:
            with player.acting(moment, "web", remote_addr=remote_addr):
                act()

        player.plan(at + number * A_MOMENT, do)

    step(0, lambda: people.refuse_log_in(user))
    step(1, lambda: people.refuse_log_in(user))
    step(2, lambda: resets.ask(user))
    step(4, lambda: resets.finish(user, _link(player.session, "reset", agent), DEMO_PASSWORD))
    step(5, lambda: people.log_in(user))


def let_go(player: Player, staff: Staff, agent: Agent, who: Agent, at: datetime) -> None:
    """The weeks are over: what the helper still had is nobody's now."""
    if staff.has_joined(agent):
        with player.acting(at, "web"):
            people.delete(staff.user(agent), by=staff.by(who))
        staff.say_goodbye(agent)


def _introduce(player: Player, staff: Staff, agent: Agent, at: datetime) -> None:
    profile = {"bio": agent.title, "language": agent.languages[0], "timezone": staff.cast.timezone}
    with player.acting(at, "web"):
        people.update(staff.user(agent), profile=profile, by=staff.by(agent))


def _link(session: Session, page: str, agent: Agent) -> str:
    """What the newest letter's link ends with."""
    letters = select(Delivery).where(Delivery.recipient == agent.email, Delivery.status == "queued")
    for letter in session.scalars(letters.order_by(Delivery.id.desc())):
        found = re.search(rf"/{page}/([\w-]+)", letter.payload.get("body_text", ""))
        if found is not None:
            return found[1]
    raise LookupError(f"{agent.name} has no letter with a link to /{page}")
