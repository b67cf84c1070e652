"""Everybody and everything that the stories of the demo world draw on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from automation.simulator.rota import Shift
from seeds.words import fill


@dataclass(frozen=True, slots=True)
class Agent:
    """A team member, with a role and a shift."""

    name: str
    email: str
    role: str
    title: str
    teams: tuple[str, ...]
    languages: tuple[str, ...]
    shift: Shift


@dataclass(frozen=True, slots=True)
class TeamSheet:
    """A team of agents."""

    name: str
    emoji: str
    description: str


@dataclass(frozen=True, slots=True)
class TagSheet:
    """A tag, with the colour that people chose for it."""

    name: str
    colour: str
    description: str


@dataclass(frozen=True, slots=True)
class MacroAction:
    """One step of a macro; teams stand in its arguments by name."""

    name: str
    title: str
    type: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MacroSheet:
    """A macro: a name and the steps it takes."""

    name: str
    intent: str | None
    actions: tuple[MacroAction, ...]


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who carries parcels, and how their tracking numbers begin."""

    name: str
    tracking: str


@dataclass(frozen=True, slots=True)
class Product:
    """A thing the shop sells; stories choose it by one of its kinds."""

    name: str
    price: Decimal
    kinds: tuple[str, ...]
    colours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Language:
    """How people of one language greet, live, and write days and money."""

    code: str
    locale: str
    phrases: Mapping[str, tuple[str, ...]]
    cities: tuple[str, ...]
    streets: tuple[str, ...]
    months: tuple[str, ...]
    day_pattern: str
    money_pattern: str
    decimal: str

    def day(self, when: date) -> str:
        """The day as people write it: 3 March, 3. März."""
        return fill(self.day_pattern, {"day": str(when.day), "month": self.months[when.month - 1]})

    def money(self, amount: Decimal) -> str:
        """The sum as people write it: €24.00, 24,00 €."""
        return fill(self.money_pattern, {"amount": f"{amount:.2f}".replace(".", self.decimal)})


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody and everything the stories draw on."""

    name: str
    domain: str
    support: str
    timezone: str
    teams: tuple[TeamSheet, ...]
    agents: tuple[Agent, ...]
    helpers: tuple[Agent, ...]  # who are there for a while only, and are gone in the end
    tags: tuple[TagSheet, ...]
    macros: tuple[MacroSheet, ...]
    products: tuple[Product, ...]
    carriers: tuple[Carrier, ...]
    codes: tuple[str, ...]
    companies: tuple[str, ...]
    languages: Mapping[str, Language]
