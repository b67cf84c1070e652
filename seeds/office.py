"""How the demo desk is opened and set up on its first day: people, teams, tags, macros, shop, chat, settings."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final

from audit.actors import Actor
from audit.clock import set_clock
from automation.simulator.rota import Rota
from helpdesk import accounts, keys, macros, people, settings, tags, teams
from seeds import furniture, joining
from seeds.book import load_book
from seeds.cast import Agent, Cast, MacroSheet, TagSheet, TeamSheet
from seeds.joining import OVERLOOKED
from seeds.player import Player
from seeds.staff import Staff

#: What everybody at the demo desk logs in with; it is printed when the demo starts.
DEMO_PASSWORD: Final = joining.DEMO_PASSWORD

SIGN_UP: Final = Actor.system("sign-up")

#: With it the shop's own program tells the desk of orders, see orders.py.
KEY_OF_THE_SHOP: Final = "Shop: orders"

# What the first day got wrong, or had not thought of yet; it is put right later, see chores.py.
FIRST_NAME_OF_SHOP: Final = "Plover and Pot"
NOT_YET_MEMBERS: Final = {"jonas@demo.example": "Orders"}
FIRST_TAG_NAMES: Final = {"advice": "question"}
TAGS_MADE_LATER: Final = frozenset({"duplicate"})
FIRST_MACRO_NAMES: Final = {"Where is my order": "Where is my parcel"}
MACROS_MADE_LATER: Final = frozenset({"Care for stoneware"})

#: When, after the account was opened, the owner finds the button that switches it off, and sends a letter again.
CURIOSITY: Final = timedelta(hours=3, minutes=36)
SECOND_LETTER: Final = timedelta(hours=2, minutes=50)


def first_day(rota: Rota, cast: Cast, traffic: datetime) -> date:
    """The last day of the owner's that is over before the first ticket comes."""
    owner = next(agent for agent in cast.agents if agent.role == "owner")
    day = rota.local(traffic).date() - timedelta(days=1)
    while rota.shift(owner, day) is None:
        day -= timedelta(days=1)
    return day


def sign_up(player: Player, cast: Cast, rota: Rota, at: datetime) -> Staff:
    """The founder opens the account. Its clock stands meanwhile, so that no timer of a running desk meddles."""
    owner = next(agent for agent in cast.agents if agent.role == "owner")
    opening = accounts.Opening(
        name=FIRST_NAME_OF_SHOP,
        domain=cast.domain,
        mail_address=cast.support,
        owner_name=owner.name,
        owner_email=owner.email,
        password=DEMO_PASSWORD,
    )
    chain = player.context()
    with player.acting(at, "web", context=chain):
        account, user = accounts.open_account(player.session, opening, by=SIGN_UP)
        set_clock(player.session, account.id, desk=at, rate=0)
    player.account_id = account.id
    with player.acting(at, "web", context=chain, remote_addr=address_of(owner, cast)):
        people.log_in(user)
    return Staff(cast, rota, account, users={owner.email: user})


def address_of(agent: Agent, cast: Cast) -> str:
    """The network address an agent works from; such numbers are kept for examples (RFC 5737)."""
    return f"192.0.2.{20 + (*cast.agents, *cast.helpers).index(agent)}"


def plan_first_day(player: Player, staff: Staff, start: datetime, rng: Random) -> None:
    """The owner brings in the others and says when the shop is open; the admin does the rest."""
    clock = start

    def then(minutes: float, act: Callable[[datetime], None]) -> None:
        nonlocal clock
        clock += timedelta(minutes=minutes * (0.6 + 0.8 * rng.random()))
        player.plan(clock, act)

    owner, admin = staff.role("owner"), staff.role("admin")
    # The admin comes first: it is the admin who goes on.
    for agent in sorted(staff.cast.agents, key=lambda agent: agent is not admin):
        if agent is not owner:
            then(2.5, partial(joining.invite, player, staff, agent))
    then(5, partial(_set_hours, player, staff))
    then(4, partial(make_key, player, staff, owner, KEY_OF_THE_SHOP))
    then(6, partial(log_in, player, staff, admin))
    then(3, partial(furniture.connect_shop, player, staff))
    then(2, partial(furniture.connect_chat, player, staff))
    for card in reversed(load_book().widgets):
        then(2, partial(furniture.put_up_card, card, player, staff))
    for team in staff.cast.teams:
        then(4, partial(_add_team, player, staff, team))
    for tag in staff.cast.tags:
        if tag.name not in TAGS_MADE_LATER:
            then(1.3, partial(_add_tag, player, staff, tag))
    for macro in staff.cast.macros:
        if macro.name not in MACROS_MADE_LATER:
            then(7, partial(add_macro, player, staff, macro))
    player.plan(start + SECOND_LETTER, partial(joining.remind, player, staff, staff.named(OVERLOOKED)))
    for minutes, act in ((0, _switch_off), (2, _switch_on)):
        player.plan(start + CURIOSITY + timedelta(minutes=minutes), partial(act, player, staff))
    for agent in staff.cast.agents:
        _plan_first_shift(player, staff, agent, start, rng)


def _plan_first_shift(player: Player, staff: Staff, agent: Agent, start: datetime, rng: Random) -> None:
    """Who is in reads their letter at some time; the others when they come for the first time."""
    shift = staff.rota.shift(agent, staff.rota.local(start).date())
    if shift is None:
        return
    if agent.role not in ("owner", "admin"):
        read = SECOND_LETTER if agent.email == OVERLOOKED else timedelta(minutes=50)
        moment = max(start + read, shift[0]) + timedelta(minutes=4 + 36 * rng.random())
        player.plan(min(moment, shift[1]), partial(log_in, player, staff, agent))
    player.plan(shift[1] + timedelta(minutes=3), partial(log_out, player, staff, agent))


def log_in(player: Player, staff: Staff, agent: Agent, at: datetime) -> None:
    """An agent begins the day; the first one with the invitation."""
    if not staff.has_joined(agent):
        joining.come_in(player, staff, agent, address_of(agent, staff.cast), at)
        return
    with player.acting(at, "web", remote_addr=address_of(agent, staff.cast)):
        people.log_in(staff.user(agent))


def log_out(player: Player, staff: Staff, agent: Agent, at: datetime) -> None:
    """An agent leaves the desk."""
    if not staff.has_joined(agent):
        return
    with player.acting(at, "web", remote_addr=address_of(agent, staff.cast)):
        people.log_out(staff.user(agent))


def make_key(player: Player, staff: Staff, who: Agent, name: str, at: datetime) -> None:
    """Somebody makes an API key, for a program that acts in their name."""
    with player.acting(at, "web"):
        keys.create(staff.user(who), name=name, by=staff.by(who))


def actions_of(macro: MacroSheet, staff: Staff) -> list[dict[str, Any]]:
    """What a macro does, with tags and teams as they are called and numbered by now."""
    return [
        {
            "name": action.name,
            "title": action.title,
            "type": action.type,
            "arguments": _arguments(action.arguments, staff),
        }
        for action in macro.actions
    ]


def add_macro(player: Player, staff: Staff, sheet: MacroSheet, at: datetime) -> None:
    """The admin makes a macro."""
    name = FIRST_MACRO_NAMES.get(sheet.name, sheet.name)
    with player.acting(at, "web"):
        by = staff.by(staff.role("admin"))
        staff.macros[sheet.name] = macros.create(
            staff.account, name, actions_of(sheet, staff), intent=sheet.intent, by=by
        )


def _arguments(given: Any, staff: Staff) -> dict[str, Any]:
    arguments = dict(given)
    if "tags" in arguments:
        arguments["tags"] = ",".join(staff.tag_names(arguments["tags"].split(",")))
    if "assignee_team" in arguments:
        arguments["assignee_team"] = {"id": staff.teams[arguments["assignee_team"]["name"]].id}
    return arguments


def _switch_off(player: Player, staff: Staff, at: datetime) -> None:
    """ "What does this do?" It logs everybody out, and refuses their mail."""
    with player.acting(at, "web"):
        accounts.deactivate(staff.account, by=staff.by(staff.role("owner")))


def _switch_on(player: Player, staff: Staff, at: datetime) -> None:
    owner, admin = staff.role("owner"), staff.role("admin")
    with player.acting(at, "web", remote_addr=address_of(owner, staff.cast)):
        accounts.reactivate(staff.account, by=staff.by(owner))
        people.log_in(staff.user(owner))
    player.plan(at + timedelta(minutes=4), partial(log_in, player, staff, admin))


def _set_hours(player: Player, staff: Staff, at: datetime) -> None:
    hours = {
        "timezone": staff.cast.timezone,
        "business_hours": [{"days": "1,2,3,4,5", "from_time": "09:00", "to_time": "17:00"}],
    }
    with player.acting(at, "web"):
        settings.change(staff.account, "business-hours", hours, by=staff.by(staff.role("owner")))


def _add_team(player: Player, staff: Staff, sheet: TeamSheet, at: datetime) -> None:
    members = [
        agent
        for agent in staff.cast.agents
        if sheet.name in agent.teams and NOT_YET_MEMBERS.get(agent.email) != sheet.name
    ]
    with player.acting(at, "web"):
        staff.teams[sheet.name] = teams.create(
            staff.account,
            sheet.name,
            emoji=sheet.emoji,
            description=sheet.description,
            members=[staff.user(agent) for agent in members],
            by=staff.by(staff.role("admin")),
        )


def _add_tag(player: Player, staff: Staff, sheet: TagSheet, at: datetime) -> None:
    name = FIRST_TAG_NAMES.get(sheet.name, sheet.name)
    staff.tags[sheet.name] = name
    by = staff.by(staff.role("admin"))
    with player.acting(at, "web"):
        tags.create(staff.account, name, color=sheet.colour, description=sheet.description, by=by)
