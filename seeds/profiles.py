"""What agents put down on a customer's profile once they have answered, so that the next one knows."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from helpdesk import customers
from seeds.book import load_book
from seeds.cast import Agent
from seeds.thread import Thread

#: How many answers leave something worth noting.
WORTH_NOTING: Final = 0.2


def plan_note(thread: Thread, who: Agent, at: datetime) -> None:
    """Let the agent note something, while the answer is still fresh."""
    if thread.rng.random() < WORTH_NOTING and thread.customer.note is None:
        soon = at + timedelta(seconds=40 + 80 * thread.rng.random())
        thread.world.player.plan(soon, partial(_note, thread, who, thread.rng.choice(load_book().notes)))


def _note(thread: Thread, who: Agent, note: str, at: datetime) -> None:
    if thread.world.staff.has_left(who):
        return
    with thread.world.player.acting(at, "web"):
        customers.update(thread.customer, {"note": note}, by=thread.by(who))
