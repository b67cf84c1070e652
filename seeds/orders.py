"""The shop's own program tells the desk by API who has bought something, with the owner's key."""

from datetime import datetime
from functools import partial
from random import Random
from typing import Any, Final

from helpdesk import customers
from seeds.arrivals import Arrivals
from seeds.thread import World

#: Most people who buy have nothing to ask.
ORDERS_A_TICKET: Final = 7
LANGUAGES: Final = {"en": 78, "de": 11, "fr": 6, "es": 5}

#: Where the shop's program runs (RFC 5737: such numbers are kept for examples).
PROGRAM: Final = "198.51.100.7"


def plan_orders(world: World, arrivals: Arrivals, tickets: int, rng: Random) -> None:
    """Let people buy, at the hours at which people write."""
    moments = sorted(arrivals.draw("day", rng) for _ in range(round(tickets * ORDERS_A_TICKET)))
    for number, at in enumerate(moments, 30001):
        (language,) = rng.choices(list(LANGUAGES), list(LANGUAGES.values()))
        world.player.plan(at, partial(_bought, world, language, f"PP-{number}", rng))


def _bought(world: World, language: str, order: str, rng: Random, at: datetime) -> None:
    owner = world.staff.role("owner")
    person = world.crowd.somebody(language, rng)
    with world.player.acting(at, "api", remote_addr=PROGRAM):
        by, known = world.staff.by(owner), world.customers.get(person.email)
        if known is None:
            profile = {"language": language, "meta": _meta(None, order)}
            added = customers.create(world.staff.account, name=person.name, email=person.email, by=by, **profile)
            world.customers[person.email] = added
        else:
            customers.update(known, {"meta": _meta(known.meta, order)}, by=by)


def _meta(before: dict[str, Any] | None, order: str) -> dict[str, Any]:
    return {"orders": (before or {}).get("orders", 0) + 1, "last_order": order}
