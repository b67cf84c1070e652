"""Read the demo world's people and shop from the files in content/, and refuse what makes no sense."""

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from automation.simulator.rota import Shift
from seeds.cast import Agent, Carrier, Cast, Language, MacroAction, MacroSheet, Product, TagSheet, TeamSheet
from seeds.sheets import Sheet, read_sheet, twice
from seeds.words import CONTENT, PHRASES, placeholders

ROLES = ("owner", "admin", "lead", "basic", "lite", "observer")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MACRO_ACTIONS = (
    "setResponseText", "addTags", "removeTags", "setTags", "setStatus", "snoozeTicket", "setAssignee",
    "setTeamAssignee", "setPriority", "setSubject", "addInternalNote",
)  # fmt: skip
MACRO_VARIABLES = (
    "ticket.id", "ticket.subject", "ticket.customer.firstname", "ticket.customer.lastname", "ticket.customer.name",
    "ticket.customer.email", "current_user.id", "current_user.firstname", "current_user.name", "current_user.email",
)  # fmt: skip


def load_cast(folder: Path = CONTENT) -> Cast:
    """Read and check everybody and everything but the stories."""
    people, shop = read_sheet(folder, "cast.toml"), read_sheet(folder, "shop.toml")
    account = people.sheet("account")
    languages = _languages(read_sheet(folder, "languages.toml"))
    teams = tuple(_team(sheet) for sheet in people.sheets("teams", "team"))
    tags = tuple(_tag(sheet) for sheet in people.sheets("tags", "tag"))
    names = {team.name for team in teams}
    cast = Cast(
        name=account.text("name"),
        domain=account.text("domain"),
        support=account.address("support"),
        timezone=account.text("timezone"),
        teams=teams,
        agents=tuple(_agent(sheet, names, languages) for sheet in people.sheets("agents", "agent")),
        helpers=tuple(_agent(sheet, names, languages) for sheet in people.sheets("helpers", "helper")),
        tags=tags,
        macros=tuple(_macro(s, {tag.name for tag in tags}, names) for s in people.sheets("macros", "macro")),
        products=tuple(_product(sheet) for sheet in shop.sheets("products", "product")),
        carriers=tuple(_carrier(sheet) for sheet in shop.sheets("carriers", "carrier")),
        codes=shop.texts("codes"),
        companies=shop.texts("companies"),
        languages=languages,
    )
    if shop.text("name") != cast.name or not shop.text("about"):
        raise shop.fault(f"the shop and the account have one name, {cast.name!r}")
    for sheet in (account, people, shop):
        sheet.finish()
    twice(people, [agent.email for agent in (*cast.agents, *cast.helpers)])
    for group in (cast.teams, cast.agents, cast.tags, cast.macros):
        twice(people, [item.name for item in group])
    return cast


def _team(sheet: Sheet) -> TeamSheet:
    team = TeamSheet(sheet.text("name"), sheet.text("emoji"), sheet.text("description"))
    sheet.finish()
    return team


def _tag(sheet: Sheet) -> TagSheet:
    tag = TagSheet(sheet.text("name"), sheet.text("colour"), sheet.text("description"))
    if not re.fullmatch(r"#[0-9a-f]{6}", tag.colour):
        raise sheet.fault(f"'colour' is {tag.colour!r}; write it like #1565c0")
    sheet.finish()
    return tag


def _agent(sheet: Sheet, teams: set[str], languages: Mapping[str, Language]) -> Agent:
    agent = Agent(
        name=sheet.text("name"),
        email=sheet.address("email"),
        role=sheet.choice("role", ROLES),
        title=sheet.text("title"),
        teams=sheet.texts("teams", among=teams),
        languages=sheet.texts("languages", among=languages),
        shift=_shift(sheet.sheet("shift")),
    )
    sheet.finish()
    return agent


def _shift(sheet: Sheet) -> Shift:
    days = frozenset(DAYS.index(day) for day in sheet.texts("days", among=DAYS))
    shift = Shift(sheet.take("from", int), sheet.take("to", int), days)
    if not (0 <= shift.start < shift.end <= 24 and days):
        raise sheet.fault("a shift begins before it ends, between 0 and 24, on at least one day")
    sheet.finish()
    return shift


def _macro(sheet: Sheet, tags: set[str], teams: set[str]) -> MacroSheet:
    actions = tuple(_macro_action(action, tags, teams) for action in sheet.sheets("actions", "action"))
    macro = MacroSheet(sheet.text("name"), sheet.maybe("intent"), actions)
    sheet.finish()
    return macro


def _macro_action(sheet: Sheet, tags: set[str], teams: set[str]) -> MacroAction:
    arguments = sheet.take("arguments", dict)
    action = MacroAction(sheet.choice("name", MACRO_ACTIONS), sheet.text("title"), sheet.text("type"), arguments)
    for variable in re.findall(r"\{\{(.*?)\}\}", repr(arguments)):
        if variable.strip() not in MACRO_VARIABLES:
            raise sheet.fault(f"nobody knows the variable {variable.strip()!r}")
    if unknown := set(filter(None, str(arguments.get("tags", "")).split(","))) - tags:
        raise sheet.fault(f"there is no tag {min(unknown)!r}")
    team = arguments.get("assignee_team", {}).get("name")
    if team is not None and team not in teams:
        raise sheet.fault(f"there is no team {team!r}")
    sheet.finish()
    return action


def _product(sheet: Sheet) -> Product:
    price = Decimal(sheet.take("price", (int, Decimal)))
    colours = sheet.texts("colours") if sheet.has("colours") else ()
    product = Product(sheet.text("name"), price, sheet.texts("kinds"), colours)
    if price <= 0 or len(colours) == 1:
        raise sheet.fault("a product has a price above nothing, and no colours or at least two")
    sheet.finish()
    return product


def _carrier(sheet: Sheet) -> Carrier:
    carrier = Carrier(sheet.text("name"), sheet.text("tracking"))
    sheet.finish()
    return carrier


def _languages(sheet: Sheet) -> dict[str, Language]:
    return {code: _language(code, sheet.sheet(code)) for code in sheet.names()}


def _language(code: str, sheet: Sheet) -> Language:
    language = Language(
        code=code,
        locale=sheet.text("locale"),
        phrases={phrase: sheet.templates(phrase) for phrase in PHRASES},
        cities=sheet.texts("cities"),
        streets=sheet.texts("streets"),
        months=sheet.texts("months"),
        day_pattern=sheet.text("day"),
        money_pattern=sheet.text("money"),
        decimal=sheet.text("decimal"),
    )
    if len(language.months) != 12 or min(len(language.cities), len(language.streets)) < 2:
        raise sheet.fault("a language has twelve months and at least two cities and streets")
    if placeholders(language.day_pattern) != {"day", "month"} or placeholders(language.money_pattern) != {"amount"}:
        raise sheet.fault("'day' holds {day} and {month}, 'money' holds {amount}")
    sheet.finish()
    return language
