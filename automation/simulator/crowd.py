"""The people outside who are simulated: names and mailboxes, made up from a seed."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Final

from automation.simulator.mailboxes import Mailboxes

LANGUAGE: Final = "en"
LOCALE: Final = "en_GB"
#: How many of those who write or buy have done so before, and how many of them are remembered.
FAITHFUL: Final = 0.3
REMEMBERED: Final = 2000


@dataclass(frozen=True)
class Person:
    """Somebody outside."""

    name: str
    email: str

    @property
    def firstname(self) -> str:
        """What friends call them."""
        return self.name.split()[0]


class Crowd:
    """Makes people up, no two with one address, and remembers who was here before."""

    def __init__(self, seed: str, taken: Iterable[str] = ()) -> None:
        from faker import Faker  # it takes a while to load, and most commands make nobody up

        self._faker = Faker(LOCALE)
        self._faker.seed_instance(seed)
        self._rng = Random(f"{seed} crowd")
        self._mailboxes = Mailboxes(taken)
        self._regulars: list[Person] = []

    def somebody(self) -> Person:
        """Somebody who writes or buys: mostly a new face."""
        rng = self._rng
        if self._regulars and rng.random() < FAITHFUL:
            return rng.choice(self._regulars)
        name = self.name()
        person = Person(name, self._mailboxes.draw(name, rng))
        if len(self._regulars) < REMEMBERED:
            self._regulars.append(person)
        else:
            self._regulars[rng.randrange(REMEMBERED)] = person
        return person

    def spammer(self, name: str) -> Person:
        """Somebody who sends junk, from an address that nobody sees again."""
        return Person(name, self._mailboxes.draw(name, self._rng))

    def name(self) -> str:
        """A first name and a last one."""
        return f"{self._faker.first_name()} {self._faker.last_name()}"
