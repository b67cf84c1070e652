"""The demo's customers: people of some language, with a name, a mailbox under .example and a front door."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from faker import Faker

from seeds.stories import Cast, Language, Sender

MAILBOXES: Final = (
    "mail.example", "postbox.example", "inbox.example", "webmail.example", "letters.example", "home.example",
)  # fmt: skip

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
        self._taken: set[str] = set()
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
        return Person(name, self._mailbox(name, rng), language, city, street)

    def sender(self, sender: Sender, code: str, rng: Random) -> Person:
        """Somebody of whom a story says the name."""
        language = self._languages[code]
        return Person(sender.name, sender.email, language, rng.choice(language.cities), rng.choice(language.streets))

    def _mailbox(self, name: str, rng: Random) -> str:
        first, last = _plain(name.split()[0]), _plain(name.split()[-1])
        local = rng.choice(
            (f"{first}.{last}", f"{first}{last}", f"{first[0]}.{last}", f"{last}.{first}", f"{first}_{last}")
        )
        number = ""
        while (address := f"{local}{number}@{rng.choice(MAILBOXES)}") in self._taken:
            number = str(rng.randint(2, 99))
        self._taken.add(address)
        return address


def _plain(word: str) -> str:
    folded = unicodedata.normalize("NFKD", word.lower().replace("ß", "ss").replace("ø", "o"))
    return "".join(letter for letter in folded if letter.isascii() and letter.isalnum()) or "post"
