"""What happens at the demo desk besides tickets: things are renamed, reworded, put right, tried out and given up."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final

from sqlalchemy import select

from audit.actors import Actor
from helpdesk import accounts, custom_fields, customers, keys, macros, people, searches, settings, tags, teams
from helpdesk.models import ApiKey, CustomField, Role, Tag
from seeds import furniture, joining, programs, ruling, tidying
from seeds.attendance import plan_break_in
from seeds.book import load_book
from seeds.cast import Agent
from seeds.joining import DEMO_PASSWORD, MISSPELT
from seeds.office import FIRST_TAG_NAMES, actions_of, add_macro, address_of, make_key
from seeds.player import Player
from seeds.staff import Staff

Chore = Callable[[Player, Staff, Agent, datetime], None]

A_WHILE: Final = timedelta(minutes=4)

OPENING_HOURS: Final = [
    {"days": "1,2,3,4,5", "from_time": "08:00", "to_time": "19:00"},
    {"days": "6,7", "from_time": "10:00", "to_time": "16:00"},
]

#: A field of the desk's own on tickets.
REASON: Final = "Contact reason"
REASONS: Final = ["Where is it?", "Return", "Broken", "Wholesale", "Praise"]


def plan_chores(player: Player, staff: Staff, start: datetime, until: datetime, rng: Random) -> None:
    """Spread them over the time of the world; each waits for the shift of whoever does it."""
    free: dict[str, datetime] = {}
    for share, who, act in sorted(_todo(staff), key=lambda chore: chore[0]):
        at = staff.rota.work_at(who, max(start + (until - start) * share, free.get(who.email, start)), rng)
        player.plan(at, partial(act, player, staff, who))
        free[who.email] = at + A_WHILE  # one after the other, however short the world
    night = staff.rota.local(start + (until - start) * 0.76).date()
    plan_break_in(player, staff, staff.rota.moment(night, 3, 12))
    evening = staff.rota.local(start + (until - start) * 0.58).date()
    tidying.plan_junk(player, staff, staff.rota.moment(evening, 21, 48), rng)


def _todo(staff: Staff) -> list[tuple[float, Agent, Chore]]:
    owner, admin, lead, trade = staff.role("owner"), staff.role("admin"), staff.role("lead"), staff.lead_of("Trade")
    tom, claire, mateo = (staff.named(f"{name}@demo.example") for name in ("tom", "claire", "mateo"))
    (helper,), (bell, tracking), book = staff.cast.helpers, load_book().hooks, load_book()
    passing = next(view for view in book.views if view.until is not None)
    return [
        (0.00, admin, _spell_name),
        (0.02, admin, _make_key),
        (0.03, admin, partial(_ask_how_it_was, True, 48)),
        (0.04, owner, partial(_invite_helper, helper)),
        (0.05, lead, partial(furniture.make_views, False)),
        (0.06, owner, _rename_account),
        (0.08, lead, tidying.make_passing_macros),
        (0.09, admin, partial(furniture.connect, bell)),
        (0.10, admin, _make_field),
        (0.11, lead, _rename_tag),
        (0.12, admin, partial(furniture.readdress, bell)),
        (0.14, trade, partial(_add_company, "Nettle & Rye", "kitchen@nettle-and-rye.example")),
        (0.16, admin, partial(furniture.switch, False, bell)),
        (0.18, admin, _widen_hours),
        (0.20, admin, furniture.arrange_cards),
        (0.22, lead, _reword_macro),
        (0.24, claire, _forget_password),
        (0.27, admin, _complete_team),
        (0.29, admin, tidying.try_team),
        (0.30, lead, partial(furniture.make_views, True)),
        (0.31, tom, _change_password),
        (0.33, lead, tidying.make_tag),
        (0.34, admin, _widen_field),
        (0.36, admin, _promote),
        (0.38, mateo, tidying.invent_tag),
        (0.40, lead, _describe_tag),
        (0.42, admin, tidying.enlarge_team),
        (0.44, admin, partial(_ask_how_it_was, True, 24)),
        (0.46, lead, partial(tidying.clear_macros, True)),
        (0.48, trade, partial(_add_company, book.twins.name, book.twins.email)),
        (0.50, admin, partial(furniture.connect, tracking)),
        (0.52, admin, _revoke_key),
        (0.55, lead, tidying.merge_tag),
        (0.57, admin, _make_macro),
        (0.59, admin, partial(furniture.switch, False, tracking)),
        (0.61, trade, tidying.enter_twice),
        (0.63, trade, partial(_note_terms, "kitchen@nettle-and-rye.example")),
        (0.64, admin, tidying.dissolve_team),
        (0.66, lead, furniture.change_views),
        (0.67, admin, partial(furniture.switch, True, tracking)),
        (0.70, admin, partial(_ask_how_it_was, True, 12)),
        (0.72, trade, tidying.add_phone),
        (0.74, admin, partial(_part_with, helper)),
        (0.75, lead, partial(tidying.clear_macros, False)),
        (0.77, admin, furniture.take_down_cards),
        (0.78, admin, partial(furniture.readdress, tracking)),
        (0.80, lead, tidying.delete_tag),
        (0.82, trade, partial(_add_company, "Minnow Press", "office@minnow-press.example")),
        (0.84, admin, partial(furniture.disconnect, bell)),
        (0.86, admin, tidying.sweep),
        (0.865, admin, _keep_searches),
        (0.868, admin, _take_log_along),
        (0.87, trade, tidying.join_twins),
        (0.88, admin, partial(furniture.switch, False, tracking)),
        (passing.until or 0.9, lead, partial(furniture.drop_view, passing)),
        (0.89, admin, programs.begin),
        (0.91, trade, partial(_note_terms, "buying@saltbox-stores.example")),
        (0.93, lead, furniture.move_views),
        *ruling.chores(lead, admin),
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


def _ask_how_it_was(enabled: bool, hours: int, player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    asked = {"enabled": enabled, "delay_hours": hours}
    with _by_hand(player, staff, who, at) as by:
        settings.change(staff.account, "satisfaction-surveys", asked, by=by)


def _keep_searches(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    with _by_hand(player, staff, who, at) as by:
        for name, address in (
            ("What nobody did", "member=none"),
            ("Thrown away", "event=*-deleted&event=ticket-trashed"),
        ):
            searches.save(staff.account, name, address, is_shared=True, by=by)


def _take_log_along(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    with _by_hand(player, staff, who, at) as by:
        accounts.export_log(staff.account, {"format": "csv", "filter": "type:*-deleted", "after": 0}, by=by)


def _invite_helper(helper: Agent, player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    joining.invite(player, staff, helper, at)


def _part_with(helper: Agent, player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """On a day of the admin's, after the helper's last shift."""
    day = staff.rota.local(at).date()
    shift = staff.rota.shift(helper, day)
    moment = max(at, shift[1] + timedelta(minutes=40)) if shift else at
    player.plan(moment, partial(joining.let_go, player, staff, helper, who))


def _forget_password(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    if staff.has_joined(who):
        joining.forget_password(player, staff, who, address_of(who, staff.cast), at)


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
    if not staff.has_joined(who):
        return
    with _by_hand(player, staff, who, at) as by:
        people.change_password(staff.user(who), DEMO_PASSWORD, by=by)


def _make_key(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    make_key(player, staff, who, "Spreadsheet", at)


def _make_field(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    """By a program of the admin's; the same as any team would count its tickets by."""
    with player.acting(at, "api"):
        custom_fields.create(staff.account, "Ticket", REASON, _asking(REASONS[:-1]), by=staff.by(who))


def _widen_field(player: Player, staff: Staff, who: Agent, at: datetime) -> None:
    with player.acting(at, "api"):
        (field,) = player.session.scalars(select(CustomField).where(CustomField.label == REASON))
        custom_fields.update(field, {"definition": _asking(REASONS)}, by=staff.by(who))


def _asking(choices: list[str]) -> dict[str, Any]:
    return {"data_type": "text", "input_settings": {"input_type": "dropdown", "choices": choices}}


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
            macros.update(macro, sheet.name, actions_of(sheet, staff), intent=sheet.intent, by=by)


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
