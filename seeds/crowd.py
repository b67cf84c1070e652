"""The demo's customers: people of some language, with a name, a mailbox under .example and a front door."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from faker import Faker

from automation.simulator.mailboxes import Mailboxes
from seeds.cast import Cast, Language
from seeds.plot import Sender

#: How many of those who write or buy have done so before.
FAITHFUL: Final = 0.35


@dataclass(frozen=True)
class Person:
    """Somebody outside."""

    name: str
    email: str
    language: Language
    city: str
    street: str

    @property
    def firstname(self) -> str:
        """What friends call them."""
        return self.name.split()[0]

    @property
    def lastname(self) -> str:
        """What stands on the door."""
        return self.name.split()[-1]


class Crowd:
    """Makes people up, no two with one address, and remembers who has written or bought before."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self._fakers: Mapping[str, Faker] = {code: Faker(language.locale) for code, language in cast.languages.items()}
        for code, faker in self._fakers.items():
            faker.seed_instance(f"{seed} {code}")
        self._languages = cast.languages
        self._mailboxes = Mailboxes()
        self._regulars: dict[str, list[Person]] = {code: [] for code in cast.languages}

    def somebody(self, code: str, rng: Random) -> Person:
        """Somebody who writes or buys: mostly a new face."""
        known = self._regulars[code]
        if known and rng.random() < FAITHFUL:
            return rng.choice(known)
        person = self.stranger(code, rng)
        known.append(person)
        return person

    def stranger(self, code: str, rng: Random) -> Person:
        """Somebody who was never here."""
        faker, language = self._fakers[code], self._languages[code]
        name = f"{faker.first_name()} {faker.last_name()}"
        city, street = rng.choice(language.cities), rng.choice(language.streets)
        return Person(name, self._mailboxes.draw(name, rng), language, city, street)

    def sender(self, sender: Sender, code: str, rng: Random) -> Person:
        """Somebody of whom a story says the name."""
        language = self._languages[code]
        return Person(sender.name, sender.email, language, rng.choice(language.cities), rng.choice(language.streets))
