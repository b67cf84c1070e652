"""The sign that a team or a view has before its name: one emoji."""

import unicodedata
from typing import Final

from helpdesk.refusals import Refused

#: A family or a flag is made of up to fourteen characters, and looks like one.
LONGEST_EMOJI: Final = 14

_JOINTS: Final = frozenset({"\N{ZERO WIDTH JOINER}", *map(chr, range(0xE0020, 0xE0080))})


def decoration(emoji: str | None) -> dict[str, str] | None:
    """What a decoration holds for this emoji, None for none; raises Refused for what is no sign."""
    tidy = "".join((emoji or "").split())
    if not tidy:
        return None
    if len(tidy) > LONGEST_EMOJI or not _is_sign(tidy):
        raise Refused("An emoji is one sign, such as 📦. Write a word in the name instead.", "decoration.emoji")
    return {"emoji": tidy}


def _is_sign(text: str) -> bool:
    # Signs (So) with what colours and joins them; a digit is part of a keycap such as 1️⃣, a letter is part of none.
    kinds = {unicodedata.category(each) for each in text if each not in _JOINTS}
    return bool(kinds & {"So", "Me", "Sm"}) and kinds <= {"So", "Me", "Sm", "Sk", "Mn", "Nd"} and not text.isascii()
