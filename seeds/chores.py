"""What happens at the demo desk besides tickets: things are renamed, reworded, put right, tried out and given up."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Final

from sqlalchemy import select

from audit.actors import Actor
from helpdesk import accounts, customers, keys, macros, people, settings, tags, teams
from helpdesk.models import ApiKey, Role, Tag
from seeds.attendance import plan_break_in
from seeds.office import DEMO_PASSWORD, FIRST_TAG_NAMES, MISSPELT, actions_of, add_macro, make_key
from seeds.player import Player
from seeds.staff import Staff
from seeds.stories import Agent

Chore = Callable[[Player, Staff, Agent, datetime], None]

A_WHILE: Final = timedelta(minutes=4)

OPENING_HOURS: Final = [
    {"days": "1,2,3,4,5", "from_time": "08:00", "to_time": "19:00"},
    {"days": "6,7", "from_time": "10:00", "to_time": "16:00"},
]


def plan_chores(player: Player, staff: Staff, start: datetime, until: datetime, rng: Random) -> None:
    """Spread them over the time of the world; each waits for the shift of whoever does it."""
    free: dict[str, datetime] = {}
    for share, who, act in _todo(staff):
        at = staff.rota.work_at(who, max(start + (until - start) * share, free.get(who.email, start)), rng)
        player.plan(at, partial(act, player, staff, who))
        free[who.email] = at + A_WHILE  # one after the other, however short the world
    night = staff.rota.local(start + (until - start) * 0.76).date()
    plan_break_in(player, staff, staff.rota.moment(night, 3, 12))


def _todo(staff: Staff) -> list[tuple[float, Agent, Chore]]:
    owner, admin, lead, trade = staff.role("owner"), staff.role("admin"), staff.role("lead"), staff.lead_of("Trade")
    return [
        (0.00, admin, _spell_name),
        (0.02, admin, _make_key),
        (0.06, owner, _rename_account),
        (0.11, lead, _rename_tag),
        (0.14, trade, partial(_add_company, "Nettle & Rye", "kitchen@nettle-and-rye.example")),
        (0.18, admin, _widen_hours),
        (0.22, lead, _reword_macro),
        (0.27, admin, _complete_team),
        (0.31, staff.named("tom@demo.example"), _change_password),
        (0.36, admin, _promote),
        (0.40, lead, _describe_tag),
        (0.44, admin, partial(_try_surveys, True)),
        (0.48, trade, partial(_add_company, "Saltbox Stores", "buying@saltbox-stores.example")),
        (0.52, admin, _revoke_key),
        (0.57, admin, _make_macro),
        (0.63, trade, partial(_note_terms, "kitchen@nettle-and-rye.example")),
        (0.70, admin, partial(_try_surveys, False)),
        (0.82, trade, partial(_add_company, "Minnow Press", "office@minnow-press.example")),
        (0.91, trade, partial(_note_terms, "buying@saltbox-stores.example")),
    ]


@contextmanager
def _by_hand(player: Player, staff: Staff, who: Agent, at: datetime) -> Iterator[Actor]:
    with player.acting(at, "web"):
        yield staff.by(who)


# ── The account, its people and keys ─────────────────────────────────────────────────────────────────────────────────


def _rename_account(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    with _by_hand(player, staff, who, at) as by:
        accounts.rename(staff.account, staff.cast.name, by=by)


def _widen_hours(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    hours = {"timezone": staff.cast.timezone, "business_hours": OPENING_HOURS}
    with _by_hand(player, staff, who, at) as by:
        settings.change(staff.account, "business-hours", hours, by=by)


def _try_surveys(enabled: bool, player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    with _by_hand(player, staff, who, at) as by:
        settings.change(staff.account, "satisfaction-surveys", {"enabled": enabled, "delay_hours": 24}, by=by)


def _spell_name(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    for email in MISSPELT:
        agent = staff.named(email)
        with _by_hand(player, staff, who, at) as by:
            people.update(staff.user(agent), name=agent.name, by=by)


def _promote(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    agent = staff.named("priya@demo.example")
    with _by_hand(player, staff, who, at) as by:
        people.update(staff.user(agent), role=Role(agent.role), by=by)


def _change_password(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    with _by_hand(player, staff, who, at) as by:
        people.change_password(staff.user(who), DEMO_PASSWORD, by=by)


def _make_key(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    make_key(player, staff, who, "Spreadsheet", at)


def _revoke_key(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    with _by_hand(player, staff, who, at) as by:
        own = select(ApiKey).where(ApiKey.user_id == staff.user(who).id).order_by(ApiKey.id).limit(1)
        keys.revoke(player.session.scalars(own).one(), by=by)


def _complete_team(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    members = [staff.user(agent) for agent in staff.cast.agents if "Orders" in agent.teams]
    with _by_hand(player, staff, who, at) as by:
        teams.set_members(staff.teams["Orders"], members, by=by)


# ── Tags and macros ──────────────────────────────────────────────────────────────────────────────────────────────────


def _rename_tag(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    for name, first in FIRST_TAG_NAMES.items():
        with _by_hand(player, staff, who, at) as by:
            tags.rename(player.session.scalars(select(Tag).where(Tag.name == first)).one(), name, by=by)
        staff.tags.pop(name)


def _describe_tag(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """A tag that came up by being used is given its colour."""
    sheet = next(tag for tag in staff.cast.tags if tag.name == "duplicate")
    with _by_hand(player, staff, who, at) as by:
        tag = player.session.scalar(select(Tag).where(Tag.name == sheet.name))
        if tag is None:
            tags.create(staff.account, sheet.name, color=sheet.colour, description=sheet.description, by=by)
        else:
            tags.describe(tag, color=sheet.colour, description=sheet.description, by=by)


def _reword_macro(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    sheet = next(macro for macro in staff.cast.macros if macro.name == "Where is my order")
    macro = staff.macros.get(sheet.name)
    if macro is not None:
        with _by_hand(player, staff, who, at) as by:
            macros.reword(macro, sheet.name, actions_of(sheet, staff), by=by)


def _make_macro(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    for sheet in staff.cast.macros:
        if sheet.name not in staff.macros:
            add_macro(player, staff, sheet, at)


# ── Customers by hand ────────────────────────────────────────────────────────────────────────────────────────────────


def _add_company(name: str, email: str, player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    with _by_hand(player, staff, who, at) as by:
        customers.create(staff.account, name=name, email=email, language="en", by=by)


def _note_terms(email: str, player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    with _by_hand(player, staff, who, at) as by:
        customer = customers.find(staff.account, email)
        if customer is not None:
            customers.update(customer, {"note": "Thirty days to pay. Collects on Thursdays."}, by=by)
