"""Mailboxes of people who are made up: all under .example, no two alike."""

import unicodedata
from collections.abc import Iterable
from random import Random
from typing import Final

MAILBOXES: Final = (
    "mail.example", "postbox.example", "inbox.example", "webmail.example", "letters.example", "home.example",
)  # fmt: skip


class Mailboxes:
    """Gives out addresses."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def draw(self, name: str, rng: Random) -> str:
        """An address that suits this name, and that nobody else has."""
        first, last = plain(name.split()[0]), plain(name.split()[-1])
        local = rng.choice(
            (f"{first}.{last}", f"{first}{last}", f"{first[0]}.{last}", f"{last}.{first}", f"{first}_{last}")
        )
        number = ""
        while (address := f"{local}{number}@{rng.choice(MAILBOXES)}") in self._taken:
            number = str(rng.randint(2, 9999))
        self._taken.add(address)
        return address


def plain(word: str) -> str:
    """A word in the letters that addresses are made of."""
    folded = unicodedata.normalize("NFKD", word.lower().replace("ß", "ss").replace("ø", "o"))
    return "".join(letter for letter in folded if letter.isascii() and letter.isalnum()) or "post"
