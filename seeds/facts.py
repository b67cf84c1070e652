"""What the texts of one ticket speak of: order, product, days, names. Within a ticket a name always means the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from seeds.cast import Agent, Cast, Product
from seeds.crowd import Person
from seeds.plot import Kind, Story
from seeds.words import PHRASES, fill

POSTAGE: Final = Decimal("5.90")


@dataclass(frozen=True)
class Purchase:
    """What was bought, as the shop's books have it."""

    number: str
    day: datetime
    items: list[dict[str, Any]]


def made_up(
    cast: Cast, story: Story, person: Person, other: Person, start: datetime, taken: set[str], rng: Random
) -> tuple[dict[str, str], Purchase]:
    """A value for every placeholder that doesn't depend on who writes, and the order that they speak of."""
    product, other_product = _two_products(cast, story, rng)
    colours = rng.sample(product.colours, 2) if product.colours else ["", ""]
    carrier, quantity, language = rng.choice(cast.carriers), rng.randint(2, 12), person.language
    # Where the texts speak of the product's price alone, that is what is paid back.
    alone = story.has(Kind.REFUND_ORDER) and not story.speaks_of("{amount}")
    items = [
        (product.name, product.price, 1 if alone else rng.randint(1, 3)),
        (other_product.name, other_product.price, 0 if alone else rng.randint(0, 1)),
        ("Postage", POSTAGE, 0 if alone else 1),
    ]
    amount = sum((price * count for _, price, count in items), Decimal(0))
    day = start - timedelta(days=rng.randint(4, 11))
    other_city = rng.choice([city for city in language.cities if city != person.city])
    values = {
        "firstname": person.firstname,
        "lastname": person.lastname,
        "name": person.name,
        "email": person.email,
        "other_firstname": other.firstname,
        "other_name": other.name,
        "other_email": other.email,
        "shop": cast.name,
        "support": cast.support,
        "company": rng.choice(cast.companies),
        "order": _number(24000, 29999, taken, rng),
        "other_order": _number(18000, 23999, taken, rng),
        "invoice": f"{start:%Y}-{rng.randint(1000, 4999)}",
        "product": product.name,
        "other_product": other_product.name,
        "colour": colours[0],
        "other_colour": colours[1],
        "quantity": str(quantity),
        "price": language.money(product.price),
        "amount": language.money(amount),
        "carrier": carrier.name,
        "tracking": f"{carrier.tracking}{rng.randint(10**8, 10**9 - 1)}",
        "city": person.city,
        "street": person.street,
        "other_city": other_city,
        "other_street": rng.choice([street for street in language.streets if street != person.street]),
        "date": language.day(day.date()),
        "due": language.day((start + timedelta(days=rng.randint(-2, 1))).date()),
        "soon": language.day(_working_day(start, rng).date()),
        "code": rng.choice(cast.codes),
    }
    bought = [
        {"name": name, "quantity": count, "price_cents": int(price * 100)} for name, price, count in items if count
    ]
    return values | people(cast), Purchase(values["order"], day, bought)


def people(cast: Cast) -> dict[str, str]:
    """First names of those of whom there is one, or of whom the first will do."""
    first = {agent.role: agent.name.split()[0] for agent in reversed(cast.agents)}
    return {role: first[role] for role in ("owner", "admin", "observer")}


def phrases(person: Person, rng: Random) -> dict[str, str]:
    """How the two sides of this ticket say hello and goodbye."""
    return {name: rng.choice(person.language.phrases[name]) for name in PHRASES}


def spoken(
    text: str, facts: Mapping[str, str], phrases: Mapping[str, str], agent: Agent, colleague: Agent, lead: Agent
) -> str:
    """A text of the ticket in the mouth of this agent, or of the customer who writes to this agent."""
    names = {"agent": agent, "colleague": colleague, "lead": lead}
    values = {**facts, **{name: who.name.split()[0] for name, who in names.items()}}
    return fill(text, values | {name: fill(phrase, values) for name, phrase in phrases.items()}).strip()


def _number(first: int, last: int, taken: set[str], rng: Random) -> str:
    while (number := f"PP-{rng.randint(first, last)}") in taken:
        pass
    taken.add(number)
    return number


def _two_products(cast: Cast, story: Story, rng: Random) -> tuple[Product, Product]:
    choice = story.products or cast.products
    product = rng.choice(choice)
    return product, rng.choice([other for other in choice if other is not product] or list(cast.products))


def _working_day(start: datetime, rng: Random) -> datetime:
    days = [start + timedelta(days=number) for number in range(1, 7)]
    return rng.choice([day for day in days if day.weekday() < 5])
